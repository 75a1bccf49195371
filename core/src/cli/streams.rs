//! What the commands share: input, output, and failures.

use std::io::Write;

use camino::Utf8Path;
use getopts::Matches;

use crate::compile::file;
use crate::{Result, WasmtimeError};

/// Why a command failed.
pub(super) enum Failure {
    /// The arguments are wrong; the text says how.
    Usage(String),
    /// The command failed with this error.
    Error(WasmtimeError),
    /// The guest has ended: the status of this program, and a message if there is one.
    Exit(i32, Option<String>),
}

impl From<WasmtimeError> for Failure {
    fn from(error: WasmtimeError) -> Self {
        Self::Error(error)
    }
}

/// The path and the bytes of the file that the first argument names; `-` is the standard input. `judge` decides how large it
/// may be.
pub(super) fn input(matches: &Matches, judge: file::Judge) -> Result<(&Utf8Path, Vec<u8>), Failure> {
    let path = matches.free.first().ok_or_else(|| Failure::Usage("the file is missing".to_owned()))?;
    let path = Utf8Path::new(path);
    let read = match path.as_str() {
        "-" => file::read_stdin(path, judge),
        _ => file::read(path, judge),
    };
    Ok((path, read.map_err(|error| error.in_file(path))?))
}

/// Fails if there are more than `count` arguments.
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
    written.map_err(|error| WasmtimeError::io("standard output".into(), &error).into())
}
