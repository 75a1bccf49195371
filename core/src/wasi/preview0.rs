//! What preview 0 of WASI, `wasi_unstable`, has otherwise than preview 1.

use wasmtime_wasi::p1::types::{Errno, Error, Filestat, Lookupflags};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr};

use crate::wasi::guest_memory::check;
use crate::wasi::preview1::Preview1;

/// A file's status in a guest's memory: its size, its alignment, and where its parts are, in bytes. Links are counted by 32
/// bits, and in preview 1 by 64.
const STATUS: u32 = 56;
const ALIGN: usize = 8;
const INODE: u32 = 8;
const FILETYPE: u32 = 16;
const LINKS: u32 = 20;
const SIZE: u32 = 24;
const ACCESSED: u32 = 32;
const MODIFIED: u32 = 40;
const CHANGED: u32 = 48;

/// What `fd_seek` counts from, as preview 1 says it: here the position, the end, the start; there the start, the position, the
/// end.
pub(super) fn whence(whence: i32) -> i32 {
    match whence {
        0 => 1,
        1 => 2,
        2 => 0,
        // Neither has it.
        other => other,
    }
}

pub(super) async fn fd_filestat_get(
    wasi: &mut Preview1,
    memory: &mut GuestMemory<'_>,
    fd: i32,
    status: i32,
) -> wasmtime::Result<i32> {
    let found = wasi.fd_filestat_get(memory, fd.into()).await;
    told(found.and_then(|found| write(&found, memory, status.cast_unsigned())))
}

pub(super) async fn path_filestat_get(
    wasi: &mut Preview1,
    memory: &mut GuestMemory<'_>,
    fd: i32,
    flags: i32,
    path: i32,
    length: i32,
    status: i32,
) -> wasmtime::Result<i32> {
    let Ok(flags) = Lookupflags::try_from(flags) else { return Ok(Errno::Inval as i32) };
    let path = GuestPtr::<str>::new((path.cast_unsigned(), length.cast_unsigned()));
    let found = wasi.path_filestat_get(memory, fd.into(), flags, path).await;
    told(found.and_then(|found| write(&found, memory, status.cast_unsigned())))
}

fn write(found: &Filestat, memory: &mut GuestMemory<'_>, status: u32) -> Result<(), Error> {
    check(memory, status, STATUS, ALIGN)?;
    memory.write(GuestPtr::new(status), found.dev)?;
    memory.write(GuestPtr::new(status + FILETYPE), found.filetype)?;
    memory.write(GuestPtr::new(status + LINKS), u32::try_from(found.nlink).unwrap_or(u32::MAX))?;
    let numbers =
        [(INODE, found.ino), (SIZE, found.size), (ACCESSED, found.atim), (MODIFIED, found.mtim), (CHANGED, found.ctim)];
    numbers.into_iter().try_for_each(|(at, number)| Ok(memory.write(GuestPtr::new(status + at), number)?))
}

/// The error number for a guest, or why it ends.
fn told(done: Result<(), Error>) -> wasmtime::Result<i32> {
    match done {
        Ok(()) => Ok(Errno::Success as i32),
        Err(error) => Ok(error.downcast()? as i32),
    }
}
