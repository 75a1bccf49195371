//! Reads files that hold modules, and no more of them than the limits allow. They may be pipes or devices.

#[cfg(not(unix))]
use std::fs::File;
use std::io::Read;

use camino::Utf8Path;

use crate::{Result, WasmtimeError};

/// The greatest size of a module or a text without another limit, in bytes: 1 GiB, WebAssembly's own limit for a module.
pub(crate) const MODULE: u64 = 1 << 30;

/// The greatest size of a compiled module, in bytes. Machine code is several times as large as its module.
pub(crate) const ARTIFACT: u64 = 4 << 30;

/// Decides by the first bytes of a file how large it may be, and what a message calls it. Fails for any other kind of file.
pub(crate) type Judge = fn(&[u8]) -> Result<(u64, &'static str)>;

/// How many bytes a `Judge` gets.
const HEAD: u64 = 64 << 10;

/// The bytes of a file. `judge` decides by the first of them how large the file may be.
///
/// Fails with `Limit` for a larger file, of which it reads no more, with `Io`, and as `judge` does. While it waits for the other
/// side of a pipe, it asks the language whether to go on.
pub(crate) fn read(path: &Utf8Path, judge: impl FnOnce(&[u8]) -> Result<(u64, &'static str)>) -> Result<Vec<u8>> {
    let file = open(path).map_err(|error| WasmtimeError::io(path, &error))?;
    // A pipe or a device has no length.
    match file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len()) {
        None => read_from(patient(file), None, path, judge),
        length => read_from(file, length, path, judge),
    }
}

/// The same of the standard input of this process.
pub(crate) fn read_stdin(path: &Utf8Path, judge: Judge) -> Result<Vec<u8>> {
    read_from(stdin(), None, path, judge)
}

#[cfg(unix)]
use patience::{open, patient, stdin};

#[cfg(unix)]
mod patience {
    use std::fs::{File, OpenOptions};
    use std::io::{Error, Read};
    use std::sync::Arc;
    use std::time::Duration;

    use camino::Utf8Path;

    use crate::interruption::interrupt_check;
    use crate::process::descriptor::{self, Descriptor};

    /// How long a thread waits before it asks the language again whether to go on.
    const SLICE: Duration = Duration::from_millis(100);

    pub(super) fn open(path: &Utf8Path) -> std::io::Result<File> {
        descriptor::open(path.as_std_path(), OpenOptions::new().read(true), 0)
    }

    pub(super) fn patient(file: File) -> Patient {
        Patient(Descriptor::File(Arc::new(file)))
    }

    pub(super) fn stdin() -> Patient {
        Patient(Descriptor::Standard(libc::STDIN_FILENO))
    }

    /// A reader that waits in slices.
    pub(super) struct Patient(Descriptor);

    impl Read for Patient {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            loop {
                if self.0.reading().wait(SLICE)
                    && let Some(count) = self.0.read(bytes)?
                {
                    return Ok(count);
                }
                interrupt_check::check_wait().map_err(Error::other)?;
            }
        }
    }
}

#[cfg(not(unix))]
fn open(path: &Utf8Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
fn patient(file: File) -> File {
    file
}

#[cfg(not(unix))]
fn stdin() -> std::io::Stdin {
    std::io::stdin()
}

/// The same as `read`, from any reader; `path` is its name in errors.
fn read_from(
    mut source: impl Read,
    length: Option<u64>,
    path: &Utf8Path,
    judge: impl FnOnce(&[u8]) -> Result<(u64, &'static str)>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_up_to(&mut source, HEAD, &mut bytes, path)?;
    let (limit, what) = judge(&bytes)?;
    if length.is_none_or(|length| length <= limit) {
        if let Some(rest) = length.and_then(|length| usize::try_from(length).ok()?.checked_sub(bytes.len())) {
            let failed = |_| WasmtimeError::limit(format!("there is no room for the {what}, {rest} bytes more"));
            bytes.try_reserve_exact(rest.saturating_add(1)).map_err(failed)?;
        }
        let more = limit.saturating_add(1).saturating_sub(bytes.len() as u64);
        read_up_to(&mut source, more, &mut bytes, path)?;
        if bytes.len() as u64 <= limit {
            return Ok(bytes);
        }
    }
    Err(WasmtimeError::limit(format!("the {what} has more than {limit} bytes, which is the limit for one")))
}

fn read_up_to(source: &mut impl Read, most: u64, bytes: &mut Vec<u8>, path: &Utf8Path) -> Result<()> {
    let read = source.take(most).read_to_end(bytes);
    // The language's own error, where it ended the wait.
    read.map(drop).map_err(|error| error.downcast().unwrap_or_else(|error| WasmtimeError::io(path, &error)))
}
