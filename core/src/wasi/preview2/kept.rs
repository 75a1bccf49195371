//! Files and directories of components that preview 1's functions keep: those in memory, and those that a quota counts.
//!
//! Wasmtime-wasi's own descriptors and streams are of the host alone. The table of resources takes any type, so these lie there under the
//! resource types of WASI 0.2, and are looked for first.

use std::sync::Arc;

use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::p1::types::{Ciovec, Dirent, Error, Fd, Filestat, Filetype, Iovec, Lookupflags, Oflags, Rights};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::bindings::sync::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DirectoryEntry, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult, Pollable};
use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::wasi::preview1::Preview1;
use crate::wasi::preview2::kept_words as words;
use crate::wasi::preview2::waiting::{Waiting, wait};

/// How many bytes a list of entries is read by.
const ENTRIES: u32 = 64 << 10;

/// A descriptor of preview 1. It is closed when no file and no stream has it any more, unless it was granted.
pub(super) struct Kept {
    fd: u32,
    is_granted: bool,
}

/// A descriptor of WASI 0.2.
pub(super) struct KeptFile(Arc<Kept>);

/// An input or an output stream.
pub(super) struct KeptStream {
    pub(super) file: Arc<Kept>,
    pub(super) position: u64,
    /// Whether it writes at the end of the file, wherever that is.
    pub(super) appends: bool,
}

/// Files never make a guest wait.
#[async_trait]
impl Pollable for KeptStream {
    async fn ready(&mut self) {}
}

/// The entries of a directory that the guest has not read.
pub(super) struct KeptEntries(pub(super) std::vec::IntoIter<DirectoryEntry>);

/// Memory without a guest.
pub(super) fn nothing() -> GuestMemory<'static> {
    GuestMemory::Unshared(&mut [])
}

/// A path, and where it is in its memory.
pub(super) fn text(path: &str) -> (Vec<u8>, GuestPtr<str>) {
    // It comes from a guest's memory, whose addresses have 32 bits.
    let length = u32::try_from(path.len()).unwrap_or(u32::MAX);
    (path.as_bytes().to_vec(), GuestPtr::new((0, length)))
}

/// Two paths, and where they are in their memory.
pub(super) fn texts(one: &str, other: &str) -> (Vec<u8>, GuestPtr<str>, GuestPtr<str>) {
    let (mut bytes, first) = text(one);
    let (more, _) = text(other);
    let start = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&more);
    (bytes, first, GuestPtr::new((start, u32::try_from(more.len()).unwrap_or(u32::MAX))))
}

impl Waiting<'_> {
    /// The descriptor, if preview 1 keeps it.
    pub(super) fn kept(&mut self, descriptor: &Resource<Descriptor>) -> Option<Arc<Kept>> {
        let file = Resource::<KeptFile>::new_borrow(descriptor.rep());
        self.preview1.context.ctx().table.get(&file).ok().map(|file| Arc::clone(&file.0))
    }

    /// The stream, if it is one of such a file.
    pub(super) fn kept_stream<T>(&mut self, stream: &Resource<T>) -> Option<&mut KeptStream> {
        self.preview1.context.ctx().table.get_mut(&Resource::<KeptStream>::new_borrow(stream.rep())).ok()
    }

    /// Gives a component a granted directory.
    pub(super) fn granted(&mut self, fd: u32) -> wasmtime::Result<Resource<Descriptor>> {
        let file = KeptFile(Arc::new(Kept { fd, is_granted: true }));
        Ok(Resource::new_own(self.preview1.context.ctx().table.push(file)?.rep()))
    }

    /// Calls a function of preview 1.
    pub(super) fn by_preview1<R>(
        &mut self,
        file: &Kept,
        call: impl AsyncFnOnce(&mut Preview1, Fd) -> Result<R, Error>,
    ) -> FsResult<R> {
        // What it copies is bounded by what this gives it.
        self.preview1.set_hostcall_fuel(usize::MAX >> 1);
        let interrupts = self.interrupts.clone();
        let done = wait(interrupts.as_deref(), call(&mut *self.preview1, file.fd.into())).map_err(FsError::trap)?;
        done.map_err(|error| error.downcast().map_or_else(FsError::trap, |errno| words::code(errno).into()))
    }

    /// Drops a descriptor.
    pub(super) fn drop_kept(&mut self, descriptor: &Resource<Descriptor>) -> wasmtime::Result<()> {
        let file = self.preview1.context.ctx().table.delete::<KeptFile>(Resource::new_own(descriptor.rep()))?;
        self.release(file.0)
    }

    /// Drops a stream.
    pub(super) fn drop_kept_stream<T>(&mut self, stream: &Resource<T>) -> wasmtime::Result<()> {
        let stream = self.preview1.context.ctx().table.delete::<KeptStream>(Resource::new_own(stream.rep()))?;
        self.release(stream.file)
    }

    fn release(&mut self, file: Arc<Kept>) -> wasmtime::Result<()> {
        let Some(file) = Arc::into_inner(file).filter(|file| !file.is_granted) else { return Ok(()) };
        let closed = self.by_preview1(&file, async |wasi, fd| wasi.fd_close(&mut nothing(), fd).await);
        // A module of the store may have closed it.
        closed.or_else(|error| error.downcast().map(|_| ()))
    }

    pub(super) fn open_kept(
        &mut self,
        folder: &Kept,
        lookup: PathFlags,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let (lookup, open): (Lookupflags, Oflags) = (words::lookup(lookup), words::open(open));
        let (rights, flags) = words::rights(flags);
        let (mut path, at) = text(path);
        let fd = self.by_preview1(folder, async |wasi, fd| {
            let mut memory = GuestMemory::Unshared(&mut path);
            wasi.path_open(&mut memory, fd, lookup, at, open, rights, Rights::all(), flags).await
        })?;
        let file = KeptFile(Arc::new(Kept { fd: fd.into(), is_granted: false }));
        let pushed = self.preview1.context.ctx().table.push(file).map_err(FsError::trap)?;
        Ok(Resource::new_own(pushed.rep()))
    }

    pub(super) fn flags_of_kept(&mut self, file: &Kept) -> FsResult<DescriptorFlags> {
        let status = self.by_preview1(file, async |wasi, fd| wasi.fd_fdstat_get(&mut nothing(), fd).await)?;
        Ok(words::flags(&status, self.preview1.is_read_only(file.fd)))
    }

    pub(super) fn status_of_kept(&mut self, file: &Kept) -> FsResult<Filestat> {
        self.by_preview1(file, async |wasi, fd| wasi.fd_filestat_get(&mut nothing(), fd).await)
    }

    pub(super) fn status_at_kept(&mut self, folder: &Kept, lookup: PathFlags, path: &str) -> FsResult<Filestat> {
        let (mut path, at) = text(path);
        self.by_preview1(folder, async |wasi, fd| {
            wasi.path_filestat_get(&mut GuestMemory::Unshared(&mut path), fd, words::lookup(lookup), at).await
        })
    }

    pub(super) fn stat_of_kept(&mut self, file: &Kept) -> FsResult<DescriptorStat> {
        Ok(words::stat(&self.status_of_kept(file)?))
    }

    pub(super) fn read_kept(&mut self, file: &Kept, length: u64, position: u64) -> FsResult<Vec<u8>> {
        let start = Iovec::guest_size();
        let length = u32::try_from(length).unwrap_or(u32::MAX - start);
        let mut own = vec![0; (start + length) as usize];
        let read = self.by_preview1(file, async |wasi, fd| {
            let mut memory = GuestMemory::Unshared(&mut own);
            memory.write(GuestPtr::new(0), Iovec { buf: GuestPtr::new(start), buf_len: length })?;
            wasi.fd_pread(&mut memory, fd, GuestPtr::new((0, 1)), position).await
        })?;
        own.truncate((start + read) as usize);
        Ok(own.split_off(start as usize))
    }

    /// Writes as much as there is room for, and tells how much that is.
    pub(super) fn write_kept(&mut self, file: &Kept, bytes: &[u8], position: u64) -> FsResult<u64> {
        let start = Ciovec::guest_size();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX - start);
        let mut own = vec![0; start as usize];
        own.extend_from_slice(bytes);
        let written = self.by_preview1(file, async |wasi, fd| {
            let mut memory = GuestMemory::Unshared(&mut own);
            memory.write(GuestPtr::new(0), Ciovec { buf: GuestPtr::new(start), buf_len: length })?;
            wasi.fd_pwrite(&mut memory, fd, GuestPtr::new((0, 1)), position).await
        })?;
        Ok(written.into())
    }

    pub(super) fn link_kept(
        &mut self,
        file: &Kept,
        lookup: PathFlags,
        old: &str,
        to: &Kept,
        new: &str,
    ) -> FsResult<()> {
        let (mut own, old, new) = texts(old, new);
        self.by_preview1(file, async |wasi, fd| {
            let mut memory = GuestMemory::Unshared(&mut own);
            wasi.path_link(&mut memory, fd, words::lookup(lookup), old, to.fd.into(), new).await
        })
    }

    pub(super) fn rename_kept(&mut self, from: &Kept, old: &str, to: &Kept, new: &str) -> FsResult<()> {
        let (mut own, old, new) = texts(old, new);
        self.by_preview1(from, async |wasi, fd| {
            wasi.path_rename(&mut GuestMemory::Unshared(&mut own), fd, old, to.fd.into(), new).await
        })
    }

    pub(super) fn read_link_kept(&mut self, folder: &Kept, path: &str) -> FsResult<String> {
        const LONGEST: u32 = 4096;
        let (mut own, at) = text(path);
        let start = own.len();
        own.resize(start + LONGEST as usize, 0);
        let to = u32::try_from(start).unwrap_or(u32::MAX);
        let length = self.by_preview1(folder, async |wasi, fd| {
            wasi.path_readlink(&mut GuestMemory::Unshared(&mut own), fd, at, GuestPtr::new(to), LONGEST).await
        })?;
        own.truncate(start + length as usize);
        String::from_utf8(own.split_off(start)).map_err(|_| ErrorCode::IllegalByteSequence.into())
    }

    /// All entries of a directory but `.` and `..`.
    pub(super) fn entries_of_kept(&mut self, folder: &Kept) -> FsResult<Vec<DirectoryEntry>> {
        let (mut entries, mut cookie) = (Vec::new(), 0);
        loop {
            let mut own = vec![0; ENTRIES as usize];
            let length = self.by_preview1(folder, async |wasi, fd| {
                wasi.fd_readdir(&mut GuestMemory::Unshared(&mut own), fd, GuestPtr::new(0), ENTRIES, cookie).await
            })?;
            let mut at = 0;
            while at + Dirent::guest_size() <= length {
                let name = at + Dirent::guest_size();
                // An entry lies where the one before ends. In a memory of its own it is aligned.
                let mut head = own.get(at as usize..name as usize).unwrap_or_default().to_vec();
                let entry: Dirent = GuestMemory::Unshared(&mut head)
                    .read(GuestPtr::new(0))
                    .map_err(|error| FsError::trap(wasmtime::Error::from(error)))?;
                let end = name.saturating_add(entry.d_namlen);
                if end > length {
                    break;
                }
                (at, cookie) = (end, entry.d_next);
                let Some(Ok(name)) = own.get(name as usize..end as usize).map(|name| str::from_utf8(name)) else {
                    continue;
                };
                if name != "." && name != ".." {
                    entries.push(DirectoryEntry { type_: words::descriptor_type(entry.d_type), name: name.to_owned() });
                }
            }
            // The last entry of a full buffer may be cut: the next call begins with it.
            if length < ENTRIES || at == 0 {
                return Ok(entries);
            }
        }
    }

    /// A stream of a file, which has to be open for that.
    pub(super) fn stream_of_kept<T: 'static>(
        &mut self,
        file: Arc<Kept>,
        needed: DescriptorFlags,
        position: u64,
        appends: bool,
    ) -> FsResult<Resource<T>> {
        let is_file = self.status_of_kept(&file)?.filetype == Filetype::RegularFile;
        if !is_file || !self.flags_of_kept(&file)?.contains(needed) {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let stream = KeptStream { file, position, appends };
        let pushed = self.preview1.context.ctx().table.push(stream).map_err(FsError::trap)?;
        Ok(Resource::new_own(pushed.rep()))
    }
}
