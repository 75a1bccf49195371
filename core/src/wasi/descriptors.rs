//! The file descriptors of one store's guests: the numbers that they know, and what stands behind each.

use std::collections::{BTreeMap, BTreeSet};

use wasmtime_wasi::p1::types::{Errno, Error, Fd};

use crate::wasi::host_file::HostFile;
use crate::wasi::memory_open::MemoryOpen;

/// What a guest has opened.
pub(super) enum Descriptor {
    /// A standard stream, a file or a directory of the host, which wasmtime-wasi has under a number of its own.
    Host(HostFile),
    /// A file or folder in memory.
    Memory(MemoryOpen),
}

/// The descriptors that there are, by the guests' numbers.
pub(super) struct Descriptors {
    used: BTreeMap<u32, Descriptor>,
    free: BTreeSet<u32>,
}

impl Descriptors {
    /// The descriptors that guests begin with, from 0 on.
    pub(super) fn new(first: impl IntoIterator<Item = Descriptor>) -> Self {
        Self { used: (0..).zip(first).collect(), free: BTreeSet::new() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.used.len() as u64
    }

    pub(super) fn get(&mut self, fd: Fd) -> Result<&mut Descriptor, Error> {
        self.used.get_mut(&fd.into()).ok_or_else(|| Errno::Badf.into())
    }

    /// Two of them, which may be the same.
    pub(super) fn both(&self, one: Fd, other: Fd) -> Result<(&Descriptor, &Descriptor), Error> {
        let get = |fd: Fd| self.used.get(&fd.into()).ok_or(Errno::Badf);
        Ok((get(one)?, get(other)?))
    }

    /// Gives what is opened a number: the greatest one that was given back, as wasmtime-wasi does, or else the next one.
    pub(super) fn push(&mut self, descriptor: Descriptor) -> Result<Fd, Error> {
        let next = || self.used.last_key_value().map_or(Some(0), |(last, _)| last.checked_add(1));
        let number = self.free.pop_last().or_else(next).ok_or(Errno::Mfile)?;
        self.used.insert(number, descriptor);
        Ok(number.into())
    }

    pub(super) fn remove(&mut self, fd: Fd) -> Result<Descriptor, Error> {
        let number = fd.into();
        let descriptor = self.used.remove(&number).ok_or(Errno::Badf)?;
        self.free.insert(number);
        Ok(descriptor)
    }

    /// Gives a descriptor another number, which is free.
    pub(super) fn renumber(&mut self, from: Fd, to: Fd) -> Result<(), Error> {
        let descriptor = self.remove(from)?;
        self.free.remove(&to.into());
        self.used.insert(to.into(), descriptor);
        Ok(())
    }
}
