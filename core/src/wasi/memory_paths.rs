//! The functions of WASI for paths in a directory in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime_wasi::p1::types::{Errno, Error, Fdflags, Filestat, Fstflags, Lookupflags, Oflags, Rights};
use wiggle::{GuestMemory, GuestPtr};

use crate::wasi::memory_open::{MemoryOpen, stamp};
use crate::wasi::memory_tree::{Content, Place, Tree};

/// By their names in WASI.
impl MemoryOpen {
    /// Does something with what a path leads to.
    fn at<R>(
        &self,
        memory: &GuestMemory<'_>,
        path: GuestPtr<str>,
        work: impl FnOnce(&mut Tree, &Place<'_>) -> Result<R, Errno>,
    ) -> Result<R, Error> {
        let path = memory.as_cow_str(path)?;
        let mut tree = self.directory.lock();
        let place = self.resolve(&tree, &path)?;
        Ok(work(&mut tree, &place)?)
    }

    fn resolve<'a>(&self, tree: &Tree, path: &'a str) -> Result<Place<'a>, Errno> {
        if !tree.get(self.node)?.is_folder() {
            return Err(Errno::Badf);
        }
        let place = tree.resolve(self.node, path)?;
        let is_file = place.found.is_some_and(|node| tree.get(node).is_ok_and(|found| !found.is_folder()));
        if is_file && place.wants_folder { Err(Errno::Notdir) } else { Ok(place) }
    }

    pub(super) fn path_create_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        path: GuestPtr<str>,
    ) -> Result<(), Error> {
        self.may_change()?;
        self.at(memory, path, |tree, place| tree.create(place, Content::Folder(BTreeMap::new())).map(|_| ()))
    }

    pub(super) fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        _: Lookupflags,
        path: GuestPtr<str>,
    ) -> Result<Filestat, Error> {
        self.at(memory, path, |tree, place| self.status(tree, place.node()?))
    }

    pub(super) fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        _: Lookupflags,
        path: GuestPtr<str>,
        accessed: u64,
        modified: u64,
        flags: Fstflags,
    ) -> Result<(), Error> {
        self.may_change()?;
        self.at(memory, path, |tree, place| stamp(tree.get_mut(place.node()?)?, accessed, modified, flags))
    }

    /// There are no links.
    pub(super) fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        path: GuestPtr<str>,
        _: GuestPtr<u8>,
        _: u32,
    ) -> Result<u32, Error> {
        self.at(memory, path, |_, place| place.node().and(Err(Errno::Inval)))
    }

    pub(super) fn path_remove_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        path: GuestPtr<str>,
    ) -> Result<(), Error> {
        self.may_change()?;
        self.at(memory, path, |tree, place| tree.remove(place, true))
    }

    pub(super) fn path_unlink_file(&mut self, memory: &mut GuestMemory<'_>, path: GuestPtr<str>) -> Result<(), Error> {
        self.may_change()?;
        self.at(memory, path, |tree, place| tree.remove(place, false))
    }

    pub(super) fn path_symlink(&self) -> Result<(), Error> {
        self.may_change()?;
        Err(Errno::Notsup.into())
    }

    pub(super) fn path_rename(
        &self,
        memory: &GuestMemory<'_>,
        old: GuestPtr<str>,
        to: &Self,
        new: GuestPtr<str>,
    ) -> Result<(), Error> {
        if !Arc::ptr_eq(&self.directory, &to.directory) {
            return Err(Errno::Xdev.into());
        }
        self.may_change()?;
        to.may_change()?;
        let (old, new) = (memory.as_cow_str(old)?, memory.as_cow_str(new)?);
        let mut tree = self.directory.lock();
        let (from, to) = (self.resolve(&tree, &old)?, to.resolve(&tree, &new)?);
        Ok(tree.rename(&from, &to)?)
    }

    pub(super) fn path_open(
        &self,
        memory: &GuestMemory<'_>,
        path: GuestPtr<str>,
        open: Oflags,
        rights: Rights,
        flags: Fdflags,
    ) -> Result<Self, Error> {
        let path = memory.as_cow_str(path)?;
        let can_write = rights.contains(Rights::FD_WRITE);
        let changes = open.intersects(Oflags::CREAT | Oflags::TRUNC);
        if flags.intersects(Fdflags::DSYNC | Fdflags::SYNC | Fdflags::RSYNC) {
            return Err(Errno::Notsup.into());
        }
        if open.contains(Oflags::DIRECTORY) && open.intersects(Oflags::CREAT | Oflags::EXCL | Oflags::TRUNC) {
            return Err(Errno::Inval.into());
        }
        if changes || can_write {
            self.may_change()?;
        }
        let mut tree = self.directory.lock();
        if !tree.get(self.node)?.is_folder() {
            return Err(Errno::Notdir.into());
        }
        let place = self.resolve(&tree, &path)?;
        let node = match place.found {
            Some(_) if open.contains(Oflags::CREAT | Oflags::EXCL) => return Err(Errno::Exist.into()),
            Some(node) => node,
            None if !open.contains(Oflags::CREAT) => return Err(Errno::Noent.into()),
            None if place.wants_folder => return Err(Errno::Isdir.into()),
            None => tree.create(&place, Content::File(Vec::new()))?,
        };
        match tree.get(node)?.is_folder() {
            true if changes || can_write => return Err(Errno::Isdir.into()),
            false if open.contains(Oflags::DIRECTORY) => return Err(Errno::Notdir.into()),
            false if open.contains(Oflags::TRUNC) => tree.resize(node, 0)?,
            _ => {}
        }
        tree.opened(node);
        drop(tree);
        Ok(Self {
            directory: Arc::clone(&self.directory),
            node,
            position: 0,
            flags,
            // As the host's files: what is not opened to be written is opened to be read.
            can_read: rights.contains(Rights::FD_READ) || !can_write,
            can_write: can_write || changes,
            is_read_only: self.is_read_only,
            granted: None,
        })
    }
}
