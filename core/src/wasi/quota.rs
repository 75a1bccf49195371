//! What a store's guests may add to a directory of the host: bytes, and files and folders.
//!
//! Each operation that makes files larger or smaller, or adds or removes one, looks at the files before and after it. Meanwhile no
//! other store with a quota on the same directory does such an operation. A file that is removed while it is open counts until its
//! last descriptor is closed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};

use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::{Ciovec, Errno, Error, Fd, Fdflags, Filestat, Filetype, Lookupflags, Oflags, Rights};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::process::fork::{self, Locked};
use crate::wasi::wait::try_now;

/// How long a path may be, in bytes.
const LONGEST_PATH: u32 = 1 << 16;

/// How many descriptors with a quota have a file of a directory open, by the file.
type Opened = Mutex<HashMap<u64, u64>>;

/// What the guests of one store may add to a directory, and what they have added.
pub(super) struct Quota {
    max_bytes: u64,
    max_files: u64,
    used: Mutex<Used>,
    opened: Arc<Opened>,
}

#[derive(Default)]
struct Used {
    bytes: u64,
    files: u64,
}

/// An operation: the directory is this store's until it ends.
pub(super) struct Turn<'a> {
    quota: &'a Quota,
    used: Locked<'a, Used>,
    opened: Locked<'a, HashMap<u64, u64>>,
    host: &'a mut WasiP1Ctx,
}

/// A path of a guest, in a memory that no other thread changes.
pub(super) struct OwnPath(Vec<u8>);

impl OwnPath {
    pub(super) fn new(memory: &GuestMemory<'_>, path: GuestPtr<str>) -> Result<Self, Error> {
        if path.len() > LONGEST_PATH {
            return Err(Errno::Nametoolong.into());
        }
        Ok(Self(memory.as_cow_str(path)?.into_owned().into_bytes()))
    }

    pub(super) fn parts(&mut self) -> (GuestMemory<'_>, GuestPtr<str>) {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        (GuestMemory::Unshared(&mut self.0), GuestPtr::new((0, length)))
    }

    /// Both in one memory.
    fn and(mut self, other: Self) -> (Vec<u8>, GuestPtr<str>, GuestPtr<str>) {
        let [first, second] = [&self, &other].map(|path| u32::try_from(path.0.len()).unwrap_or(u32::MAX));
        self.0.extend(other.0);
        (self.0, GuestPtr::new((0, first)), GuestPtr::new((first, second)))
    }
}

/// What a function gives that need not wait: files are written on this thread.
fn done<R>(call: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
    try_now(pin!(call)).unwrap_or_else(|| Err(Errno::Again.into()))
}

fn nothing() -> GuestMemory<'static> {
    GuestMemory::Unshared(&mut [])
}

fn is_file(status: &Filestat) -> bool {
    status.filetype == Filetype::RegularFile
}

impl Quota {
    /// The quota of one store on this directory. Fails where the system does not find it.
    pub(super) fn new(directory: &Path, max_bytes: Option<u64>, max_files: Option<u64>) -> std::io::Result<Self> {
        Ok(Self {
            max_bytes: max_bytes.unwrap_or(u64::MAX),
            max_files: max_files.unwrap_or(u64::MAX),
            used: Mutex::default(),
            opened: shared(directory.canonicalize()?),
        })
    }

    pub(super) fn turn<'a>(&'a self, host: &'a mut WasiP1Ctx) -> Turn<'a> {
        let opened = fork::lock(&self.opened);
        let used = fork::lock(&self.used);
        Turn { quota: self, used, opened, host }
    }

    /// Files that were open are not any more, without a look at them.
    pub(super) fn forget(&self, file: u64) {
        let mut opened = fork::lock(&self.opened);
        one_less(&mut opened, file);
    }
}

/// The open files of a directory, which all its quotas share.
fn shared(directory: PathBuf) -> Arc<Opened> {
    static DIRECTORIES: Mutex<Option<HashMap<PathBuf, Weak<Opened>>>> = Mutex::new(None);
    let mut directories = fork::lock(&DIRECTORIES);
    let directories = directories.get_or_insert_default();
    directories.retain(|_, opened| opened.strong_count() != 0);
    if let Some(opened) = directories.get(&directory).and_then(Weak::upgrade) {
        return opened;
    }
    let opened = Arc::default();
    directories.insert(directory, Arc::downgrade(&opened));
    opened
}

/// One descriptor less has this file open. Whether it was the last.
fn one_less(opened: &mut HashMap<u64, u64>, file: u64) -> bool {
    let left = opened.get(&file).map_or(0, |count| count.saturating_sub(1));
    if left == 0 {
        opened.remove(&file);
    } else {
        opened.insert(file, left);
    }
    left == 0
}

impl Turn<'_> {
    /// What a path leads to, if anything is there.
    fn status(&mut self, fd: Fd, flags: Lookupflags, path: &mut OwnPath) -> Result<Option<Filestat>, Error> {
        let (mut memory, path) = path.parts();
        match done(self.host.path_filestat_get(&mut memory, fd, flags, path)) {
            Ok(status) => Ok(Some(status)),
            Err(error) => match error.downcast_ref() {
                Some(Errno::Noent) => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn status_of(&mut self, fd: Fd) -> Result<Filestat, Error> {
        done(self.host.fd_filestat_get(&mut nothing(), fd))
    }

    /// Fails where there may be no file more.
    fn admit_file(&self) -> Result<(), Errno> {
        if self.used.files >= self.quota.max_files { Err(Errno::Dquot) } else { Ok(()) }
    }

    /// Fails where there is nothing yet and may be nothing more. What is there already fails otherwise.
    fn admit_at(&mut self, fd: Fd, path: &mut OwnPath) -> Result<(), Error> {
        match self.admit_file() {
            Err(error) if self.status(fd, Lookupflags::empty(), path)?.is_none() => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn room(&self) -> u64 {
        self.quota.max_bytes.saturating_sub(self.used.bytes)
    }

    /// A file had one size, and has another one.
    fn resized(&mut self, before: u64, after: u64) {
        let sum = self.used.bytes.saturating_add(after);
        self.used.bytes = sum.saturating_sub(before);
    }

    /// A name is gone, and with its last name a file, unless that is still open.
    fn removed(&mut self, status: &Filestat) {
        if is_file(status) && status.nlink == 1 {
            if self.opened.contains_key(&status.ino) {
                return;
            }
            self.resized(status.size, 0);
        }
        self.used.files = self.used.files.saturating_sub(1);
    }

    pub(super) fn open(
        mut self,
        fd: Fd,
        lookup: Lookupflags,
        mut path: OwnPath,
        open: Oflags,
        (rights, inherited, flags): (Rights, Rights, Fdflags),
    ) -> Result<(Fd, Option<u64>), Error> {
        let changes = open.intersects(Oflags::CREAT | Oflags::TRUNC);
        let before = if changes { self.status(fd, lookup, &mut path)? } else { None };
        let is_new = open.contains(Oflags::CREAT) && before.is_none();
        if is_new {
            self.admit_file()?;
        }
        let (mut memory, path) = path.parts();
        let opened = done(self.host.path_open(&mut memory, fd, lookup, path, open, rights, inherited, flags))?;
        let after = self.status_of(opened)?;
        if is_new {
            self.used.files += 1;
        }
        if let Some(before) = before.filter(|before| changes && is_file(before) && before.ino == after.ino) {
            self.resized(before.size, after.size);
        }
        let file = is_file(&after).then_some(after.ino);
        if let Some(file) = file {
            *self.opened.entry(file).or_default() += 1;
        }
        Ok((opened, file))
    }

    /// Closes a file that it has opened.
    pub(super) fn close(mut self, fd: Fd, file: u64) -> Result<(), Error> {
        let status = self.status_of(fd);
        let is_last = one_less(&mut self.opened, file);
        done(self.host.fd_close(&mut nothing(), fd))?;
        if let Ok(status) = status
            && is_last
            && status.nlink == 0
        {
            self.resized(status.size, 0);
            self.used.files = self.used.files.saturating_sub(1);
        }
        Ok(())
    }

    pub(super) fn set_size(mut self, fd: Fd, size: u64) -> Result<(), Error> {
        let before = self.status_of(fd)?.size;
        if size.saturating_sub(before) > self.room() {
            return Err(Errno::Dquot.into());
        }
        done(self.host.fd_filestat_set_size(&mut nothing(), fd, size))?;
        let after = self.status_of(fd)?.size;
        self.resized(before, after);
        Ok(())
    }

    /// Writes at a place, or at the descriptor's own: as much as there is room for.
    pub(super) fn write(
        mut self,
        memory: &GuestMemory<'_>,
        fd: Fd,
        vectors: GuestPtr<[Ciovec]>,
        place: Option<u64>,
        most: usize,
    ) -> Result<u32, Error> {
        let before = self.status_of(fd)?.size;
        let is_appended = done(self.host.fd_fdstat_get(&mut nothing(), fd))?.fs_flags.contains(Fdflags::APPEND);
        let start = match place {
            _ if is_appended => before,
            Some(place) => place,
            None => self.host.fd_tell(&mut nothing(), fd)?,
        };
        let Some((from, length)) = first_piece(memory, vectors, most)? else {
            let (mut none, at) = (vec![0; Ciovec::guest_size() as usize], GuestPtr::new((0, 1)));
            return self.write_own(&mut none, fd, at, place);
        };
        let fitting = before.saturating_add(self.room()).saturating_sub(start).min(length.into());
        let fitting = u32::try_from(fitting)?;
        if fitting == 0 {
            return Err(Errno::Dquot.into());
        }
        // A memory of our own, which no other thread changes: a piece, and what it is of.
        let size = Ciovec::guest_size();
        let bytes = memory.as_cow(from.as_array(fitting))?;
        let mut own = Vec::new();
        own.try_reserve_exact(bytes.len() + size as usize).map_err(|_| Errno::Nomem)?;
        own.resize(size as usize, 0);
        own.extend_from_slice(&bytes);
        let piece = Ciovec { buf: GuestPtr::new(size), buf_len: fitting };
        GuestMemory::Unshared(&mut own).write(GuestPtr::new(0), piece)?;
        let written = self.write_own(&mut own, fd, GuestPtr::new((0, 1)), place);
        let after = self.status_of(fd)?.size;
        self.resized(before, after);
        written
    }

    fn write_own(
        &mut self,
        own: &mut [u8],
        fd: Fd,
        vectors: GuestPtr<[Ciovec]>,
        place: Option<u64>,
    ) -> Result<u32, Error> {
        let mut memory = GuestMemory::Unshared(own);
        match place {
            Some(place) => done(self.host.fd_pwrite(&mut memory, fd, vectors, place)),
            None => done(self.host.fd_write(&mut memory, fd, vectors)),
        }
    }

    pub(super) fn create_directory(mut self, fd: Fd, mut path: OwnPath) -> Result<(), Error> {
        self.admit_at(fd, &mut path)?;
        let (mut memory, path) = path.parts();
        done(self.host.path_create_directory(&mut memory, fd, path))?;
        self.used.files += 1;
        Ok(())
    }

    pub(super) fn symlink(mut self, old: OwnPath, fd: Fd, mut new: OwnPath) -> Result<(), Error> {
        self.admit_at(fd, &mut new)?;
        let (mut own, old, new) = old.and(new);
        done(self.host.path_symlink(&mut GuestMemory::Unshared(&mut own), old, fd, new))?;
        self.used.files += 1;
        Ok(())
    }

    pub(super) fn link(
        mut self,
        from: Fd,
        flags: Lookupflags,
        old: OwnPath,
        to: Fd,
        mut new: OwnPath,
    ) -> Result<(), Error> {
        self.admit_at(to, &mut new)?;
        let (mut own, old, new) = old.and(new);
        done(self.host.path_link(&mut GuestMemory::Unshared(&mut own), from, flags, old, to, new))?;
        self.used.files += 1;
        Ok(())
    }

    pub(super) fn remove(mut self, fd: Fd, mut path: OwnPath, is_folder: bool) -> Result<(), Error> {
        let before = self.status(fd, Lookupflags::empty(), &mut path);
        let (mut memory, path) = path.parts();
        if is_folder {
            done(self.host.path_remove_directory(&mut memory, fd, path))?;
        } else {
            done(self.host.path_unlink_file(&mut memory, fd, path))?;
        }
        if let Ok(Some(before)) = before {
            self.removed(&before);
        }
        Ok(())
    }

    pub(super) fn rename(mut self, from: Fd, mut old: OwnPath, to: Fd, mut new: OwnPath) -> Result<(), Error> {
        let source = self.status(from, Lookupflags::empty(), &mut old);
        let replaced = self.status(to, Lookupflags::empty(), &mut new);
        let (mut own, old, new) = old.and(new);
        done(self.host.path_rename(&mut GuestMemory::Unshared(&mut own), from, old, to, new))?;
        if let (Ok(Some(source)), Ok(Some(replaced))) = (source, replaced)
            && source.ino != replaced.ino
        {
            self.removed(&replaced);
        }
        Ok(())
    }
}

/// The first piece of a guest's memory that has bytes at all, as wasmtime-wasi looks for it. `Nomem` where there are more than
/// one call may write.
fn first_piece(
    memory: &GuestMemory<'_>,
    vectors: GuestPtr<[Ciovec]>,
    most: usize,
) -> Result<Option<(GuestPtr<u8>, u32)>, Error> {
    let list = vectors.len() as usize * Ciovec::guest_size() as usize;
    let most = most.checked_sub(list).ok_or(Errno::Nomem)?;
    for vector in vectors.iter() {
        let Ciovec { buf, buf_len } = memory.read(vector?)?;
        if buf_len as usize > most {
            return Err(Errno::Nomem.into());
        }
        if buf_len != 0 {
            return Ok(Some((buf, buf_len)));
        }
    }
    Ok(None)
}
