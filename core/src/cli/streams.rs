//! What the commands share: input, output, what a guest runs in, and failures.

use std::io::Write;
use std::sync::Arc;

use camino::Utf8Path;
use getopts::Matches;

use crate::compile::beginnings::{Kind, Sort};
use crate::compile::{file, wat};
use crate::{Engine, Result, Store, WasmtimeError};

/// What a program runs in.
pub(super) struct Started<'a> {
    pub(super) engine: Arc<Engine>,
    pub(super) store: Arc<Store>,
    pub(super) path: &'a Utf8Path,
}

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

/// How large a file with a module or a component may be that begins so. A program loads what is compiled: the command line has no use
/// for it.
pub(super) fn module_size(head: &[u8]) -> Result<(u64, &'static str)> {
    if let Some(kind) = Kind::of(head) {
        let what = kind.words();
        let reason =
            format!("this is a {what}, which only a program can load: give the file that it was compiled from");
        return Err(WasmtimeError::Compile { reason });
    }
    wat::size(head, Sort::Module)
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
