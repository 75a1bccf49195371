//! What the commands share: their input, their output, and how they fail.

use std::io::{Read, Write};

use getopts::Matches;

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

/// The file that a command is about, as its first argument names it; `-` is the standard input.
pub(super) fn input(matches: &Matches) -> Result<(&str, Vec<u8>), Failure> {
    let path = matches.free.first().ok_or_else(|| Failure::Usage("the file is missing".to_owned()))?;
    let mut bytes = Vec::new();
    let read = match path.as_str() {
        "-" => std::io::stdin().read_to_end(&mut bytes).map(|_| bytes),
        path => std::fs::read(path),
    };
    Ok((path, read.map_err(|error| io(path, &error))?))
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
    written.map_err(|error| io("standard output", &error).into())
}

pub(super) fn io(path: &str, error: &std::io::Error) -> WasmtimeError {
    WasmtimeError::Io { path: path.to_owned(), reason: error.to_string() }
}
