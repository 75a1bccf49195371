//! `fd_readdir` of a directory where wasmtime-wasi fails for one entry: a name that is no UTF-8, or a socket. The names that a
//! guest cannot use are left out, and it reads all others.

use std::fs::File;
use std::pin::pin;

use cap_primitives::fs::read_base_dir;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::{Dirent, Errno, Error, Fd, Filestat, Filetype, Lookupflags};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::wasi::wait::try_now;

/// An entry, as a guest reads it.
pub(super) struct Entry {
    /// Where the next call goes on after it.
    pub(super) next: u64,
    pub(super) inode: u64,
    pub(super) filetype: Filetype,
    pub(super) name: String,
}

/// Reads the entries of a directory of the host.
pub(super) fn of_host(
    context: &mut WasiP1Ctx,
    fd: Fd,
    folder: &File,
    memory: &mut GuestMemory<'_>,
    (buffer, length, cookie): (GuestPtr<u8>, u32, u64),
) -> Result<u32, Error> {
    let io = |_| Error::from(Errno::Io);
    let own = now(context.fd_filestat_get(&mut GuestMemory::Unshared(&mut []), fd))?.ino;
    let mut entries = vec![
        Entry { next: 1, inode: own, filetype: Filetype::Directory, name: ".".to_owned() },
        Entry { next: 2, inode: own, filetype: Filetype::Directory, name: "..".to_owned() },
    ];
    for entry in read_base_dir(folder).map_err(io)? {
        let Ok(name) = entry.map_err(io)?.file_name().into_string() else { continue };
        // What is no file for a guest, such as a socket, has a name all the same.
        let (inode, filetype) = status(context, fd, &name).map_or((0, Filetype::Unknown), |of| (of.ino, of.filetype));
        entries.push(Entry { next: entries.len() as u64 + 1, inode, filetype, name });
    }
    write(entries.into_iter().filter(|entry| entry.next > cookie), memory, buffer, length)
}

/// The status of a file that a directory has under this name; a link is not followed.
fn status(context: &mut WasiP1Ctx, fd: Fd, name: &str) -> Result<Filestat, Error> {
    let mut bytes = name.as_bytes().to_vec();
    let length = u32::try_from(bytes.len())?;
    let mut memory = GuestMemory::Unshared(&mut bytes);
    now(context.path_filestat_get(&mut memory, fd, Lookupflags::empty(), GuestPtr::new((0, length))))
}

/// What a function gives that need not wait: files are asked on this thread.
fn now<R>(call: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
    try_now(pin!(call)).unwrap_or_else(|| Err(Errno::Again.into()))
}

/// Writes entries, one after the other, until the guest's room is full: the last one may be cut. Gives how much was written.
pub(super) fn write(
    entries: impl Iterator<Item = Entry>,
    memory: &mut GuestMemory<'_>,
    buffer: GuestPtr<u8>,
    length: u32,
) -> Result<u32, Error> {
    let mut used = 0;
    for Entry { next, inode, filetype, name } in entries {
        let mut bytes = vec![0; Dirent::guest_size() as usize];
        let entry = Dirent { d_next: next, d_ino: inode, d_namlen: u32::try_from(name.len())?, d_type: filetype };
        GuestMemory::Unshared(&mut bytes).write(GuestPtr::new(0), entry)?;
        bytes.extend(name.into_bytes());
        bytes.truncate((length - used) as usize);
        let written = u32::try_from(bytes.len())?;
        memory.copy_from_slice(&bytes, buffer.add(used)?.as_array(written))?;
        used += written;
        if used == length {
            break;
        }
    }
    Ok(used)
}
