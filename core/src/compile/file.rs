//! Files that hold modules: read no further than what is taken of them, whatever kind of file it is.

use std::fs::File;
use std::io::Read;

use camino::Utf8Path;

use crate::{Result, WasmtimeError};

/// The size of a module or a text that no limit says anything about, in bytes: that of wasm's own limit for a module, 1 GiB.
pub(crate) const MODULE: u64 = 1 << 30;

/// The size of a compiled module, in bytes. Its code is several times as large as what it was compiled from.
pub(crate) const ARTIFACT: u64 = 4 << 30;

/// Says by the first bytes of a file how many there may be, and what it is then, or why it is none.
pub(crate) type Judge = fn(&[u8]) -> Result<(u64, &'static str)>;

/// How many of the first bytes tell what a file holds.
const HEAD: u64 = 64 << 10;

/// The bytes of a file. `judge` says by the first of them how many there may be, and what they are called, or why it takes none.
///
/// Fails with `Limit` for a file that has more, of which no more is read, and with `Io`.
pub(crate) fn read(path: &Utf8Path, judge: impl FnOnce(&[u8]) -> Result<(u64, &'static str)>) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    // A pipe or a device has none: then it is read to find out.
    let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    read_from(file, length, path, judge)
}

/// The same, from anything that `path` names.
pub(crate) fn read_from(
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
            let no_room = |_| WasmtimeError::limit(format!("there is no room for the {what}, {rest} bytes more"));
            bytes.try_reserve_exact(rest.saturating_add(1)).map_err(no_room)?;
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
    source.take(most).read_to_end(bytes).map(drop).map_err(|error| failed(path, &error))
}

fn failed(path: &Utf8Path, error: &std::io::Error) -> WasmtimeError {
    WasmtimeError::Io { path: path.to_owned(), reason: error.to_string() }
}
