//! `trimaran-generator api` prints what the core exports, one sorted line an item: the same lines as UniFFI's metadata of the
//! built library give (`tests/api.txt`).
//! `trimaran-generator model FOLDER` writes the exports as JSON, for tests that walk all of them, and their calls for those of
//! Swift;
//! `trimaran-generator python FOLDER` writes the stub of Python's extension module, and the classes of limits;
//! `trimaran-generator kotlin LIBRARY FOLDER` writes the private classes of the JVM's package, which fit that library, and what
//! is generated of its public ones;
//! `trimaran-generator swift FOLDER` writes those of Swift, with the header of the functions in C.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use trimaran_generator::{kotlin, read};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/src");
    let source = read(&core).map_err(|error| error.to_string())?;
    match arguments {
        ["api"] => Ok(source.model.lines().join("\n") + "\n"),
        ["model", folder] => {
            let model = ("model.json".to_owned(), trimaran_generator::json::json(&source.model));
            let walk = ("Walks.swift".to_owned(), trimaran_generator::swift::walk(&source.model));
            write(Path::new(folder), [model, walk])
        }
        ["python", folder] => {
            let by_hand = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/trimaran/_by_hand.pyi");
            let by_hand = fs::read_to_string(&by_hand).map_err(|error| format!("{}: {error}", by_hand.display()))?;
            let stub = trimaran_generator::python::stub(&source.model, &by_hand);
            let limits = trimaran_generator::python::limits(&source.model);
            write(Path::new(folder), [("_native.pyi".to_owned(), stub), ("_limits.py".to_owned(), limits)])
        }
        ["swift", folder] => {
            let header = ("trimaran.h".to_owned(), trimaran_generator::c::header(&source.model));
            let files = trimaran_generator::swift::swift(&source.model);
            write(Path::new(folder), files.into_iter().chain([header]))
        }
        ["kotlin", library, folder] => {
            let folder = Path::new(folder);
            write(&folder.join(kotlin::PLACE), kotlin::files(&source.model, &build(Path::new(library))?)?)?;
            write(&folder.join(kotlin::PUBLIC), kotlin::public(&source.model))
        }
        _ => Err("usage: trimaran-generator api, or kotlin LIBRARY FOLDER, or model|python|swift FOLDER".to_owned()),
    }
}

/// Writes files into a folder, which is made.
fn write(folder: &Path, files: impl IntoIterator<Item = (String, String)>) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(wrong)?;
    for (name, text) in files {
        fs::write(folder.join(name), text).map_err(wrong)?;
    }
    Ok(String::new())
}

/// The number that a library has of its build, in hexadecimal digits.
fn build(library: &Path) -> Result<String, String> {
    const MARK: &[u8] = b"trimaran-build:";
    const DIGITS: usize = 16;
    let wrong = |reason: String| format!("{}: {reason}", library.display());
    let bytes = fs::read(library).map_err(|error| wrong(error.to_string()))?;
    let place = bytes.windows(MARK.len()).position(|window| window == MARK);
    let place = place.ok_or_else(|| wrong("it has no number of its build".to_owned()))? + MARK.len();
    let digits = bytes.get(place..place + DIGITS).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.map(str::to_owned).ok_or_else(|| wrong("the number of its build is cut off".to_owned()))
}
