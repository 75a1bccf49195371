//! Which files may be written: nothing that was not generated is lost.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::header::is_generated;
use crate::{File, Problem, Result};

/// How deep a folder is looked through.
const DEPTH: usize = 8;

/// How long the name of a file may be, in bytes: what all usual file systems take.
const LONGEST: usize = 255;

/// How many bytes of a file are read for the mark in its first line.
const HEAD: u64 = 4096;

/// After how many files that were not generated the search for others ends: more than a sentence names.
const FOREIGN: usize = 32;

/// What a run leaves behind that no one wrote by hand.
const CACHES: [&str; 4] = ["__pycache__", ".mypy_cache", ".ruff_cache", ".DS_Store"];

/// Writes the files into a folder, which is made if it is not there.
///
/// Fails with `Foreign` where the folder holds a file that was not generated, unless it is forced to. Generated files that
/// are not among these are removed. A file that is as it should be is not touched.
pub fn write(folder: &Path, files: &[File], is_forced: bool) -> Result<()> {
    for part in files.iter().flat_map(|file| file.path.split('/')) {
        if part.len() > LONGEST {
            let what = format!("a file: it has more than {LONGEST} bytes");
            return Err(Problem::Name { name: part.to_owned(), what });
        }
    }
    let mut there = There { is_forced, ..There::default() };
    there.look(folder, folder, 0)?;
    if !there.foreign.is_empty() && !is_forced {
        return Err(Problem::Foreign { folder: folder.to_owned(), files: there.foreign });
    }
    for file in files {
        put(&folder.join(&file.path), &file.text)?;
    }
    let new: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
    for path in there.old.iter().filter(|path| !new.contains(&***path)) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| Problem::io(&path, &error))?;
    }
    Ok(())
}

/// Writes one file alone. Fails with `Foreign` where it is there, and was not generated, unless it is forced to.
pub fn write_file(path: &Path, file: &File, is_forced: bool) -> Result<()> {
    if !is_forced && fs::symlink_metadata(path).is_ok() && !is_generated(&head(path)) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        return Err(Problem::Foreign { folder, files: vec![file.path.clone()] });
    }
    put(path, &file.text)
}

/// What lies in a folder, by its paths in it, in order.
#[derive(Default)]
struct There {
    /// Whether all is looked through, also where nothing may be written.
    is_forced: bool,
    old: Vec<String>,
    foreign: Vec<String>,
}

impl There {
    fn look(&mut self, root: &Path, folder: &Path, depth: usize) -> Result<()> {
        if depth == 0 && !folder.exists() {
            return Ok(());
        }
        let failed = |error: std::io::Error| Problem::io(folder, &error);
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            entries.push(entry.map_err(failed)?.path());
        }
        entries.sort();
        for path in entries {
            // The folder may be one of a million files that has nothing to do with this.
            if !self.is_forced && self.foreign.len() > FOREIGN {
                return Ok(());
            }
            if path.file_name().is_some_and(|name| CACHES.iter().any(|cache| name == *cache)) {
                continue;
            }
            // A link is a file here, whatever it leads to: nothing is written through it without being asked.
            let is_folder = fs::symlink_metadata(&path).map_err(failed)?.is_dir();
            if is_folder && depth < DEPTH {
                self.look(root, &path, depth + 1)?;
                continue;
            }
            let name = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            let name = parts.join("/");
            if is_generated(&head(&path)) { self.old.push(name) } else { self.foreign.push(name) }
        }
        Ok(())
    }
}

/// How a file begins, as far as its mark may stand. What cannot be read, or is no file, was not generated: to open a pipe would wait
/// for who writes to it.
fn head(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
        && let Ok(file) = fs::File::open(path)
        && file.take(HEAD).read_to_end(&mut bytes).is_err()
    {
        bytes.clear();
    }
    bytes
}

/// Writes one file, unless it has that text already.
fn put(path: &Path, text: &str) -> Result<()> {
    let is_as_long = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == text.len() as u64);
    if is_as_long && fs::read(path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Problem::io(folder, &error))?;
    }
    fs::write(path, text).map_err(|error| Problem::io(path, &error))
}
