//! Reads the exports out of the core's source. Only the core's own, regular style is known; anything else is an error that
//! says where it stands.

mod file;
mod names;
mod tokens;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::{Model, Named, Pace, Place, Receiver};

/// What is wrong with the source, and where.
#[derive(Debug)]
pub struct Error {
    place: Place,
    reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.place.file, self.place.line, self.reason)
    }
}

impl std::error::Error for Error {}

type Result<T> = std::result::Result<T, Error>;

/// What was read.
pub struct Source {
    pub model: Model,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
}

/// Reads all exports of the crate whose source lies in `folder`.
pub fn read(folder: &Path) -> Result<Source> {
    let mut files = Vec::new();
    find(folder, &mut files).map_err(|error| at(&folder.display().to_string(), 1, error.to_string()))?;
    files.sort();
    let mut found = Found::default();
    for path in &files {
        // As the workspace has it.
        let root = folder.parent().and_then(Path::parent).unwrap_or(folder);
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let source = std::fs::read_to_string(path).map_err(|error| at(&name, 1, error.to_string()))?;
        file::read(name, &source, &mut found)?;
    }
    Ok(Source { model: names::resolve(found)?, files })
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn at(file: &str, line: usize, reason: impl Into<String>) -> Error {
    Error { place: Place { file: file.to_owned(), line }, reason: reason.into() }
}

/// What has been found, before it is known which name is what.
#[derive(Default)]
struct Found {
    objects: Vec<Named>,
    records: Vec<RawRecord>,
    enums: Vec<RawEnum>,
    foreign: Vec<(Named, Vec<RawMethod>)>,
    functions: Vec<RawMethod>,
    /// By the type that they are of.
    blocks: Vec<(String, Vec<RawMethod>)>,
}

struct RawField {
    name: String,
    docs: Vec<String>,
    also: Vec<(String, String)>,
    ty: syn::Type,
    default: Option<String>,
}

struct RawVariant {
    name: String,
    docs: Vec<String>,
    fields: Vec<RawField>,
}

struct RawRecord {
    named: Named,
    fields: Vec<RawField>,
    is_shown: bool,
}

struct RawEnum {
    named: Named,
    is_shown: bool,
    variants: Vec<RawVariant>,
    is_error: bool,
}

struct RawMethod {
    named: Named,
    rust_name: String,
    is_constructor: bool,
    receiver: Receiver,
    params: Vec<(String, syn::Type)>,
    /// By the name of the parameter.
    defaults: Vec<(String, String)>,
    result: Option<syn::Type>,
    pace: Pace,
    marks: tokens::Marks,
}
