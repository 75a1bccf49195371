//! The functions of preview 1, each by what stands behind its descriptor: wasmtime-wasi's for the host, ours for memory.

use std::ops::Range;

use wasmtime_wasi::p1::types::{
    Advice, Ciovec, Clockid, Errno, Error, Event, Exitcode, Fd, Fdflags, Fdstat, Filestat, Fstflags, Iovec,
    Lookupflags, Oflags, Prestat, Riflags, Rights, Roflags, Sdflags, Siflags, Signal, Subscription, Whence,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr};

use crate::wasi::descriptors::Descriptor;
use crate::wasi::guest_memory::{sizes, write_texts};
use crate::wasi::host_file::{self, HostFile};
use crate::wasi::preview1::{Pair, Preview1};
use crate::wasi::quota::OwnPath;
use crate::wasi::{read_dir, stream_port};

/// The numbers of the standard streams that are read, and of those that are written.
const INPUT: Range<u32> = 0..1;
const OUTPUTS: Range<u32> = 1..3;

/// Functions of one descriptor that wait for nothing.
macro_rules! at_once {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => { $(
        fn $name(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, $($argument: $type),*) -> Result<$result, Error> {
            match self.descriptors.get(fd)? {
                Descriptor::Host(file) => self.context.$name(memory, file.fd(), $($argument),*),
                Descriptor::Memory(open) => open.$name(memory, $($argument),*),
            }
        }
    )* };
}

/// Functions of one descriptor that may wait.
macro_rules! waiting {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => { $(
        async fn $name(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, $($argument: $type),*) -> Result<$result, Error> {
            match self.descriptors.get(fd)? {
                Descriptor::Host(file) => self.context.$name(memory, file.fd(), $($argument),*).await,
                Descriptor::Memory(open) => open.$name(memory, $($argument),*),
            }
        }
    )* };
}

impl WasiSnapshotPreview1 for Preview1 {
    fn set_hostcall_fuel(&mut self, fuel: usize) {
        self.context.set_hostcall_fuel(fuel);
        self.fuel = fuel;
    }

    fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        starts: GuestPtr<GuestPtr<u8>>,
        buffer: GuestPtr<u8>,
    ) -> Result<(), Error> {
        write_texts(&self.granted.arguments, memory, starts, buffer)
    }

    fn args_sizes_get(&mut self, _memory: &mut GuestMemory<'_>) -> Result<(u32, u32), Error> {
        sizes(&self.granted.arguments)
    }

    fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        starts: GuestPtr<GuestPtr<u8>>,
        buffer: GuestPtr<u8>,
    ) -> Result<(), Error> {
        write_texts(&self.granted.variables, memory, starts, buffer)
    }

    fn environ_sizes_get(&mut self, _memory: &mut GuestMemory<'_>) -> Result<(u32, u32), Error> {
        sizes(&self.granted.variables)
    }

    fn clock_res_get(&mut self, memory: &mut GuestMemory<'_>, clock: Clockid) -> Result<u64, Error> {
        self.context.clock_res_get(memory, clock)
    }

    fn clock_time_get(&mut self, memory: &mut GuestMemory<'_>, clock: Clockid, precision: u64) -> Result<u64, Error> {
        self.context.clock_time_get(memory, clock, precision)
    }

    at_once! {
        fd_allocate(offset: u64, length: u64) -> ();
        fd_fdstat_set_flags(flags: Fdflags) -> ();
        fd_fdstat_set_rights(rights: Rights, inherited: Rights) -> ();
        fd_prestat_get() -> Prestat;
        fd_prestat_dir_name(path: GuestPtr<u8>, length: u32) -> ();
        fd_tell() -> u64;
        sock_accept(flags: Fdflags) -> Fd;
        sock_recv(data: GuestPtr<[Iovec]>, flags: Riflags) -> (u32, Roflags);
        sock_send(data: GuestPtr<[Ciovec]>, flags: Siflags) -> u32;
        sock_shutdown(how: Sdflags) -> ();
    }

    waiting! {
        fd_advise(offset: u64, length: u64, advice: Advice) -> ();
        fd_datasync() -> ();
        fd_fdstat_get() -> Fdstat;
        fd_filestat_get() -> Filestat;
        fd_filestat_set_times(accessed: u64, modified: u64, flags: Fstflags) -> ();
        fd_pread(vectors: GuestPtr<[Iovec]>, offset: u64) -> u32;
        fd_seek(offset: i64, whence: Whence) -> u64;
        fd_sync() -> ();
        path_filestat_get(flags: Lookupflags, path: GuestPtr<str>) -> Filestat;
        path_filestat_set_times(
            flags: Lookupflags, path: GuestPtr<str>, accessed: u64, modified: u64, times: Fstflags
        ) -> ();
        path_readlink(path: GuestPtr<str>, buffer: GuestPtr<u8>, length: u32) -> u32;
    }

    async fn fd_close(&mut self, memory: &mut GuestMemory<'_>, fd: Fd) -> Result<(), Error> {
        let descriptor = self.descriptors.remove(fd)?;
        self.close(memory, descriptor).await
    }

    async fn fd_renumber(&mut self, memory: &mut GuestMemory<'_>, from: Fd, to: Fd) -> Result<(), Error> {
        self.descriptors.get(from)?;
        self.descriptors.get(to)?;
        if from == to {
            return Ok(());
        }
        let replaced = self.descriptors.remove(to)?;
        self.descriptors.renumber(from, to)?;
        self.close(memory, replaced).await
    }

    async fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        buffer: GuestPtr<u8>,
        length: u32,
        cookie: u64,
    ) -> Result<u32, Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => {
                let read = self.context.fd_readdir(memory, file.fd(), buffer, length, cookie).await;
                let (Err(error), Some(folder)) = (&read, &file.folder) else { return read };
                // No error number: it traps for a socket.
                if !matches!(error.downcast_ref(), Some(Errno::Ilseq) | None) {
                    return read;
                }
                read_dir::of_host(&mut self.context, file.fd(), folder, memory, (buffer, length, cookie))
            }
            Descriptor::Memory(open) => open.fd_readdir(memory, buffer, length, cookie),
        }
    }

    async fn fd_filestat_set_size(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, size: u64) -> Result<(), Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => match file.file_quota() {
                Some(quota) => quota.turn(&mut self.context).set_size(file.fd(), size),
                None => self.context.fd_filestat_set_size(memory, file.fd(), size).await,
            },
            Descriptor::Memory(open) => open.fd_filestat_set_size(memory, size),
        }
    }

    async fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        vectors: GuestPtr<[Ciovec]>,
        offset: u64,
    ) -> Result<u32, Error> {
        if let Some(written) = self.write_counted(memory, fd, vectors, Some(offset)) {
            return written;
        }
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => self.context.fd_pwrite(memory, file.fd(), vectors, offset).await,
            Descriptor::Memory(open) => open.fd_pwrite(memory, vectors, offset),
        }
    }

    async fn fd_read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        vectors: GuestPtr<[Iovec]>,
    ) -> Result<u32, Error> {
        if let Some(port) = self.port(fd, INPUT) {
            return stream_port::read(port, memory, vectors);
        }
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => self.context.fd_read(memory, file.fd(), vectors).await,
            Descriptor::Memory(open) => open.fd_read(memory, vectors),
        }
    }

    async fn fd_write(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        vectors: GuestPtr<[Ciovec]>,
    ) -> Result<u32, Error> {
        if let Some(port) = self.port(fd, OUTPUTS) {
            return stream_port::write(port, memory, vectors);
        }
        if let Some(written) = self.write_counted(memory, fd, vectors, None) {
            return written;
        }
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => self.context.fd_write(memory, file.fd(), vectors).await,
            Descriptor::Memory(open) => open.fd_write(memory, vectors),
        }
    }

    async fn path_create_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => match &file.quota {
                Some(quota) => {
                    let path = OwnPath::new(memory, path)?;
                    quota.turn(&mut self.context).create_directory(file.fd(), path)
                }
                None => self.context.path_create_directory(memory, file.fd(), path).await,
            },
            Descriptor::Memory(open) => open.path_create_directory(memory, path),
        }
    }

    async fn path_remove_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => match &file.quota {
                Some(quota) => {
                    let path = OwnPath::new(memory, path)?;
                    quota.turn(&mut self.context).remove(file.fd(), path, true)
                }
                None => self.context.path_remove_directory(memory, file.fd(), path).await,
            },
            Descriptor::Memory(open) => open.path_remove_directory(memory, path),
        }
    }

    async fn path_unlink_file(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => match &file.quota {
                Some(quota) => {
                    let path = OwnPath::new(memory, path)?;
                    quota.turn(&mut self.context).remove(file.fd(), path, false)
                }
                None => self.context.path_unlink_file(memory, file.fd(), path).await,
            },
            Descriptor::Memory(open) => open.path_unlink_file(memory, path),
        }
    }

    async fn path_link(
        &mut self,
        memory: &mut GuestMemory<'_>,
        from: Fd,
        flags: Lookupflags,
        old: GuestPtr<str>,
        to: Fd,
        new: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.pair(from, to)? {
            Pair::Host(from, to) => self.context.path_link(memory, from, flags, old, to, new).await,
            Pair::Counted(from, to, quota) => {
                let (old, new) = (OwnPath::new(memory, old)?, OwnPath::new(memory, new)?);
                quota.turn(&mut self.context).link(from, flags, old, to, new)
            }
            // There are no links.
            Pair::Memory => Err(Errno::Notsup.into()),
        }
    }

    async fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        lookup: Lookupflags,
        path: GuestPtr<str>,
        open: Oflags,
        rights: Rights,
        inherited: Rights,
        flags: Fdflags,
    ) -> Result<Fd, Error> {
        let context = &mut self.context;
        let opened = match self.descriptors.get(fd)? {
            Descriptor::Host(file) => {
                // Another thread may change the guest's memory between the check of a path and its use.
                let mut path = OwnPath::new(memory, path)?;
                host_file::refuse_pipe(context, file.fd(), lookup, &mut path).await?;
                let (quota, place) = (file.quota.clone(), host_file::next_resource(context)?);
                let (opened, counted) = match &quota {
                    Some(quota) => {
                        quota.turn(context).open(file.fd(), lookup, path, open, (rights, inherited, flags))?
                    }
                    None => {
                        let (mut own, path) = path.parts();
                        let call = context.path_open(&mut own, file.fd(), lookup, path, open, rights, inherited, flags);
                        (call.await?, None)
                    }
                };
                let folder = host_file::folder(context, place);
                let mut opened = HostFile::new(opened.into(), folder, quota);
                opened.counted = counted;
                Descriptor::Host(opened)
            }
            Descriptor::Memory(directory) => {
                Descriptor::Memory(directory.path_open(memory, path, open, rights, flags)?)
            }
        };
        self.descriptors.push(opened)
    }

    async fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        from: Fd,
        old: GuestPtr<str>,
        to: Fd,
        new: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.pair(from, to)? {
            Pair::Host(from, to) => self.context.path_rename(memory, from, old, to, new).await,
            Pair::Counted(from, to, quota) => {
                let (old, new) = (OwnPath::new(memory, old)?, OwnPath::new(memory, new)?);
                quota.turn(&mut self.context).rename(from, old, to, new)
            }
            Pair::Memory => match self.descriptors.both(from, to)? {
                (Descriptor::Memory(from), Descriptor::Memory(to)) => from.path_rename(memory, old, to, new),
                _ => Err(Errno::Xdev.into()),
            },
        }
    }

    async fn path_symlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old: GuestPtr<str>,
        fd: Fd,
        new: GuestPtr<str>,
    ) -> Result<(), Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => match &file.quota {
                Some(quota) => {
                    let (old, new) = (OwnPath::new(memory, old)?, OwnPath::new(memory, new)?);
                    quota.turn(&mut self.context).symlink(old, file.fd(), new)
                }
                None => self.context.path_symlink(memory, old, file.fd(), new).await,
            },
            Descriptor::Memory(open) => open.path_symlink(),
        }
    }

    /// `poll.rs` sees to what guests ask for; this is for subscriptions with wasmtime-wasi's own numbers.
    async fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        wanted: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        count: u32,
    ) -> Result<u32, Error> {
        self.context.poll_oneoff(memory, wanted, events, count).await
    }

    fn proc_exit(&mut self, memory: &mut GuestMemory<'_>, status: Exitcode) -> wasmtime::Error {
        self.context.proc_exit(memory, status)
    }

    fn proc_raise(&mut self, memory: &mut GuestMemory<'_>, signal: Signal) -> Result<(), Error> {
        self.context.proc_raise(memory, signal)
    }

    fn sched_yield(&mut self, memory: &mut GuestMemory<'_>) -> Result<(), Error> {
        self.context.sched_yield(memory)
    }

    fn random_get(&mut self, memory: &mut GuestMemory<'_>, buffer: GuestPtr<u8>, length: u32) -> Result<(), Error> {
        self.context.random_get(memory, buffer, length)
    }
}
