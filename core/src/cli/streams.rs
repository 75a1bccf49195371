//! What the commands share: their input, their output, and how they fail.

use std::io::Write;

use camino::Utf8Path;
use getopts::Matches;

use crate::compile::file;
use crate::{Result, WasmtimeError};

/// What a command fails with.
pub(super) enum Failure {
    /// It was called wrongly: what is wrong.
    Usage(String),
    /// It could not be done.
    Error(WasmtimeError),
    /// The guest ended itself, or was ended: the status, and what there is to say.
    Exit(i32, Option<String>),
}

impl From<WasmtimeError> for Failure {
    fn from(error: WasmtimeError) -> Self {
        Self::Error(error)
    }
}

/// The file that a command is about, as its first argument names it; `-` is the standard input. `judge` says how large it may be.
pub(super) fn input(matches: &Matches, judge: file::Judge) -> Result<(&Utf8Path, Vec<u8>), Failure> {
    let path = matches.free.first().ok_or_else(|| Failure::Usage("the file is missing".to_owned()))?;
    let path = Utf8Path::new(path);
    let read = match path.as_str() {
        "-" => file::read_from(std::io::stdin(), None, path, judge),
        _ => file::read(path, judge),
    };
    Ok((path, read?))
}

/// Fails where more is said than the command takes.
pub(super) fn only(matches: &Matches, count: usize) -> Result<(), Failure> {
    match matches.free.get(count) {
        Some(more) => Err(Failure::Usage(format!("`{more}` is too much: expected {count} argument"))),
        None => Ok(()),
    }
}

pub(super) fn print(text: &str) -> Result<(), Failure> {
    write(text.as_bytes())
}

pub(super) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| io("standard output".into(), &error).into())
}

pub(super) fn io(path: &Utf8Path, error: &std::io::Error) -> WasmtimeError {
    WasmtimeError::Io { path: path.to_owned(), reason: error.to_string() }
}
