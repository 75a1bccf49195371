//! What a guest has opened in a directory in memory: the functions of WASI for it, as wasmtime-wasi has them for the host.

use std::sync::Arc;

use wasmtime_wasi::p1::types::{
    Advice, Ciovec, Errno, Error, Fd, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Iovec, Prestat, PrestatDir,
    Riflags, Rights, Roflags, Sdflags, Siflags, Whence,
};
use wiggle::{GuestMemory, GuestPtr};

use crate::MemoryDirectory;
use crate::wasi::guest_memory::pieces;
use crate::wasi::memory_tree::{Node, ROOT, Tree, now};
use crate::wasi::read_dir::{self, Entry};

/// A file or folder in memory that is open.
pub(super) struct MemoryOpen {
    pub(super) directory: Arc<MemoryDirectory>,
    pub(super) node: u64,
    pub(super) position: u64,
    pub(super) flags: Fdflags,
    pub(super) can_read: bool,
    pub(super) can_write: bool,
    /// Whether guests may change nothing here.
    pub(super) is_read_only: bool,
    /// The name for guests, of a directory that was granted.
    pub(super) granted: Option<String>,
}

impl Drop for MemoryOpen {
    fn drop(&mut self) {
        self.directory.lock().closed(self.node);
    }
}

impl MemoryOpen {
    /// The directory that a guest begins with.
    pub(super) fn granted(directory: Arc<MemoryDirectory>, guest_path: String, is_read_only: bool) -> Self {
        directory.lock().opened(ROOT);
        Self {
            directory,
            node: ROOT,
            position: 0,
            flags: Fdflags::empty(),
            can_read: true,
            can_write: !is_read_only,
            is_read_only,
            granted: Some(guest_path),
        }
    }

    pub(super) fn may_change(&self) -> Result<(), Errno> {
        if self.is_read_only { Err(Errno::Perm) } else { Ok(()) }
    }

    /// Fails for what is no file.
    fn file<'a>(&self, tree: &'a Tree) -> Result<&'a [u8], Errno> {
        tree.get(self.node)?.bytes().map_err(|_| Errno::Badf)
    }

    pub(super) fn status(&self, tree: &Tree, number: u64) -> Result<Filestat, Errno> {
        let node = tree.get(number)?;
        Ok(Filestat {
            dev: self.directory.device,
            ino: number,
            filetype: filetype(node),
            nlink: node.links(),
            size: node.bytes().map_or(0, |bytes| bytes.len() as u64),
            atim: node.accessed,
            mtim: node.modified,
            ctim: node.modified,
        })
    }

    fn read_at(&self, memory: &mut GuestMemory<'_>, vectors: GuestPtr<[Iovec]>, position: u64) -> Result<u32, Error> {
        let pieces = pieces(memory, vectors, |vector| (vector.buf, vector.buf_len))?;
        let tree = self.directory.lock();
        let bytes = self.file(&tree)?;
        if !self.can_read {
            return Err(Errno::Badf.into());
        }
        let mut left = usize::try_from(position).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
        let mut done = 0_u32;
        for piece in pieces {
            let room = (piece.len() as usize).min(u32::MAX.wrapping_sub(done) as usize);
            let (next, rest) = left.split_at(room.min(left.len()));
            let length = u32::try_from(next.len())?;
            memory.copy_from_slice(next, piece.as_ptr().as_array(length))?;
            done += length;
            left = rest;
        }
        Ok(done)
    }

    /// Writes what fits; the place behind it comes with it.
    fn write_at(
        &self,
        memory: &GuestMemory<'_>,
        vectors: GuestPtr<[Ciovec]>,
        position: u64,
    ) -> Result<(u32, u64), Error> {
        let pieces = pieces(memory, vectors, |vector| (vector.buf, vector.buf_len))?;
        let mut tree = self.directory.lock();
        let size = self.file(&tree)?.len() as u64;
        if !self.can_write {
            return Err(Errno::Badf.into());
        }
        let mut at = if self.flags.contains(Fdflags::APPEND) { size } else { position };
        let mut done = 0_u32;
        for piece in pieces {
            let wanted = u64::from(piece.len().min(u32::MAX - done));
            let fitting = match tree.fitting(self.node, at, wanted) {
                Err(Errno::Dquot) if done != 0 => break,
                other => u32::try_from(other?)?,
            };
            // Read before anything changes: a guest's pointer may be wrong.
            let from = memory.as_cow(piece.as_ptr().as_array(fitting))?;
            match tree.bytes_at(self.node, at, fitting.into()) {
                Err(Errno::Nospc) if done != 0 => break,
                to => to?.copy_from_slice(&from),
            }
            at += u64::from(fitting);
            done += fitting;
            if u64::from(fitting) < wanted {
                break;
            }
        }
        Ok((done, at))
    }
}

fn filetype(node: &Node) -> Filetype {
    if node.is_folder() { Filetype::Directory } else { Filetype::RegularFile }
}

/// Which of its times a file gets.
pub(super) fn stamp(node: &mut Node, accessed: u64, modified: u64, flags: Fstflags) -> Result<(), Errno> {
    let time = |set: Fstflags, to_now: Fstflags, given| match (flags.contains(set), flags.contains(to_now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Some(given)),
        (false, true) => Ok(Some(now())),
        (false, false) => Ok(None),
    };
    let accessed = time(Fstflags::ATIM, Fstflags::ATIM_NOW, accessed)?;
    let modified = time(Fstflags::MTIM, Fstflags::MTIM_NOW, modified)?;
    node.accessed = accessed.unwrap_or(node.accessed);
    node.modified = modified.unwrap_or(node.modified);
    Ok(())
}

/// Functions of WASI of one descriptor, by their names there.
impl MemoryOpen {
    pub(super) fn fd_advise(&mut self, _: &mut GuestMemory<'_>, _: u64, _: u64, _: Advice) -> Result<(), Error> {
        self.file(&self.directory.lock())?;
        Ok(())
    }

    pub(super) fn fd_allocate(&mut self, _: &mut GuestMemory<'_>, offset: u64, length: u64) -> Result<(), Error> {
        let mut tree = self.directory.lock();
        let size = self.file(&tree)?.len() as u64;
        if !self.can_write {
            return Err(Errno::Badf.into());
        }
        let end = offset.checked_add(length).ok_or(Errno::Fbig)?;
        if end > size { Ok(tree.resize(self.node, end)?) } else { Ok(()) }
    }

    pub(super) fn fd_datasync(&mut self, memory: &mut GuestMemory<'_>) -> Result<(), Error> {
        self.fd_sync(memory)
    }

    pub(super) fn fd_sync(&mut self, _: &mut GuestMemory<'_>) -> Result<(), Error> {
        self.file(&self.directory.lock())?;
        Ok(())
    }

    pub(super) fn fd_fdstat_get(&mut self, _: &mut GuestMemory<'_>) -> Result<Fdstat, Error> {
        let tree = self.directory.lock();
        let fs_filetype = filetype(tree.get(self.node)?);
        let mut rights = Rights::all();
        if fs_filetype == Filetype::Directory {
            rights &= !(Rights::FD_SEEK | Rights::FD_FILESTAT_SET_SIZE | Rights::PATH_FILESTAT_SET_SIZE);
        }
        if !self.can_read {
            rights &= !(Rights::FD_READ | Rights::FD_READDIR);
        }
        if !self.can_write {
            rights &= !Rights::FD_WRITE;
        }
        // Programs ask the granted directory what they may do with what is in it.
        let fs_rights_inheriting = if self.granted.is_some() { Rights::all() } else { rights };
        Ok(Fdstat { fs_filetype, fs_flags: self.flags, fs_rights_base: rights, fs_rights_inheriting })
    }

    pub(super) fn fd_fdstat_set_flags(&mut self, _: &mut GuestMemory<'_>, flags: Fdflags) -> Result<(), Error> {
        self.file(&self.directory.lock())?;
        if flags.intersects(Fdflags::DSYNC | Fdflags::SYNC | Fdflags::RSYNC) {
            return Err(Errno::Inval.into());
        }
        self.flags = flags;
        Ok(())
    }

    pub(super) fn fd_fdstat_set_rights(&mut self, _: &mut GuestMemory<'_>, _: Rights, _: Rights) -> Result<(), Error> {
        Err(Errno::Notsup.into())
    }

    pub(super) fn fd_filestat_get(&mut self, _: &mut GuestMemory<'_>) -> Result<Filestat, Error> {
        Ok(self.status(&self.directory.lock(), self.node)?)
    }

    pub(super) fn fd_filestat_set_size(&mut self, _: &mut GuestMemory<'_>, size: u64) -> Result<(), Error> {
        let mut tree = self.directory.lock();
        self.file(&tree)?;
        self.may_change()?;
        if !self.can_write {
            return Err(Errno::Inval.into());
        }
        Ok(tree.resize(self.node, size)?)
    }

    pub(super) fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        accessed: u64,
        modified: u64,
        flags: Fstflags,
    ) -> Result<(), Error> {
        self.may_change()?;
        Ok(stamp(self.directory.lock().get_mut(self.node)?, accessed, modified, flags)?)
    }

    pub(super) fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        vectors: GuestPtr<[Iovec]>,
        offset: u64,
    ) -> Result<u32, Error> {
        self.read_at(memory, vectors, offset)
    }

    pub(super) fn fd_read(&mut self, memory: &mut GuestMemory<'_>, vectors: GuestPtr<[Iovec]>) -> Result<u32, Error> {
        let read = self.read_at(memory, vectors, self.position)?;
        self.position = self.position.saturating_add(read.into());
        Ok(read)
    }

    pub(super) fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        vectors: GuestPtr<[Ciovec]>,
        offset: u64,
    ) -> Result<u32, Error> {
        self.write_at(memory, vectors, offset).map(|(written, _)| written)
    }

    pub(super) fn fd_write(&mut self, memory: &mut GuestMemory<'_>, vectors: GuestPtr<[Ciovec]>) -> Result<u32, Error> {
        let (written, position) = self.write_at(memory, vectors, self.position)?;
        self.position = position;
        Ok(written)
    }

    pub(super) fn fd_prestat_get(&mut self, _: &mut GuestMemory<'_>) -> Result<Prestat, Error> {
        let name = self.granted.as_ref().ok_or(Errno::Badf)?;
        Ok(Prestat::Dir(PrestatDir { pr_name_len: u32::try_from(name.len())? }))
    }

    pub(super) fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        path: GuestPtr<u8>,
        length: u32,
    ) -> Result<(), Error> {
        let name = self.granted.as_ref().ok_or(Errno::Notdir)?.as_bytes();
        let own = u32::try_from(name.len())?;
        if own > length {
            return Err(Errno::Nametoolong.into());
        }
        Ok(memory.copy_from_slice(name, path.as_array(own))?)
    }

    pub(super) fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        buffer: GuestPtr<u8>,
        length: u32,
        cookie: u64,
    ) -> Result<u32, Error> {
        const DOTS: u64 = 2;
        let mut entries = Vec::new();
        {
            let tree = self.directory.lock();
            let names = tree.get(self.node)?.names().map_err(|_| Errno::Badf)?;
            for (next, name) in [(1, "."), (2, "..")] {
                let (name, filetype) = (name.to_owned(), Filetype::Directory);
                entries.push(Entry { next, inode: self.node, filetype, name });
            }
            // By their numbers, which no removal changes: a guest that removes what it has read misses nothing.
            let mut children: Vec<_> = names.iter().filter(|(_, node)| **node + DOTS > cookie).collect();
            children.sort_unstable_by_key(|(_, node)| **node);
            for (name, node) in children {
                let filetype = filetype(tree.get(*node)?);
                entries.push(Entry { next: node + DOTS, inode: *node, filetype, name: name.clone() });
            }
        }
        read_dir::write(entries.into_iter().filter(|entry| entry.next > cookie), memory, buffer, length)
    }

    pub(super) fn fd_seek(&mut self, _: &mut GuestMemory<'_>, offset: i64, whence: Whence) -> Result<u64, Error> {
        let size = self.file(&self.directory.lock())?.len() as u64;
        let from = match whence {
            Whence::Set => 0,
            Whence::Cur => self.position,
            Whence::End => size,
        };
        self.position = from.checked_add_signed(offset).ok_or(Errno::Inval)?;
        Ok(self.position)
    }

    pub(super) fn fd_tell(&mut self, _: &mut GuestMemory<'_>) -> Result<u64, Error> {
        self.file(&self.directory.lock())?;
        Ok(self.position)
    }

    pub(super) fn sock_accept(&mut self, _: &mut GuestMemory<'_>, _: Fdflags) -> Result<Fd, Error> {
        Err(Errno::Notsock.into())
    }

    pub(super) fn sock_recv(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: GuestPtr<[Iovec]>,
        _: Riflags,
    ) -> Result<(u32, Roflags), Error> {
        Err(Errno::Notsock.into())
    }

    pub(super) fn sock_send(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: GuestPtr<[Ciovec]>,
        _: Siflags,
    ) -> Result<u32, Error> {
        Err(Errno::Notsock.into())
    }

    pub(super) fn sock_shutdown(&mut self, _: &mut GuestMemory<'_>, _: Sdflags) -> Result<(), Error> {
        Err(Errno::Notsock.into())
    }
}
