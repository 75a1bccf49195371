//! Reads files that hold modules, and no more of them than the limits allow. They may be pipes or devices.

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
/// Fails with `Limit` for a larger file, of which it reads no more, with `Io`, and as `judge` does.
pub(crate) fn read(path: &Utf8Path, judge: impl FnOnce(&[u8]) -> Result<(u64, &'static str)>) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| WasmtimeError::io(path, &error))?;
    // A pipe or a device has no length.
    let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    read_from(file, length, path, judge)
}

/// The same, from any reader; `path` is its name in errors.
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
    source.take(most).read_to_end(bytes).map(drop).map_err(|error| WasmtimeError::io(path, &error))
}
