//! WASI's functions that may wait. They run on the guest's own thread, need no other thread, and end when the guest is
//! interrupted.
//!
//! Wasmtime-wasi would run them on tokio's threads, which a child of a fork does not have. See
//! `docs/adr/0021-wasi-waits-on-its-own-thread.md`.

use std::pin::pin;
use std::sync::Arc;

use wasmtime::{AsContextMut, Caller, Extern, Linker};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p0::{self, wasi_unstable};
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self, WasiSnapshotPreview1};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wiggle::GuestMemory;

use crate::interruption::interrupt::Interrupts;
use crate::wasi::wait::{pause, try_now};
use crate::wasi::{paths, poll};

/// What these functions need of a store.
pub(crate) trait WasiHost: Send + 'static {
    /// WASI's context.
    fn wasi(&mut self) -> &mut WasiP1Ctx;
    /// Whether the store's limits allow another file descriptor.
    fn may_open(&self) -> bool;
    /// A guest has opened a file descriptor.
    fn opened(&mut self);
    /// A guest has closed a file descriptor.
    fn closed(&mut self);
    /// What interrupts the guests of the store, if they can be interrupted.
    fn interrupts(&self) -> Option<Arc<Interrupts>>;
}

/// The names that guests import WASI by: that of preview 1, and that of preview 0, which compilers of 2019 used.
const WASI: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// Defines functions that may wait.
macro_rules! define_waiting {
    ($linker:ident, $module:ident, $functions:ident: $($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        $linker.func_wrap($module, stringify!($name), |mut caller: Caller<'_, T>, $($argument: $type),*| {
            run(&mut caller, async |wasi, memory| $functions::$name(wasi, memory, $($argument),*).await)
        })?;
    )* };
}

/// Defines the functions of one preview that differ from wasmtime-wasi's. They have the same parameters in both previews.
macro_rules! define_preview {
    ($linker:ident, $module:ident, $functions:ident, $layout:expr) => {
        define_waiting! { $linker, $module, $functions:
            fd_advise(fd: i32, offset: i64, length: i64, advice: i32);
            fd_datasync(fd: i32);
            fd_fdstat_get(fd: i32, status: i32);
            fd_filestat_get(fd: i32, status: i32);
            fd_filestat_set_size(fd: i32, size: i64);
            fd_filestat_set_times(fd: i32, accessed: i64, modified: i64, flags: i32);
            fd_pread(fd: i32, vectors: i32, count: i32, offset: i64, read: i32);
            fd_pwrite(fd: i32, vectors: i32, count: i32, offset: i64, written: i32);
            fd_read(fd: i32, vectors: i32, count: i32, read: i32);
            fd_readdir(fd: i32, buffer: i32, length: i32, cookie: i64, used: i32);
            fd_seek(fd: i32, offset: i64, whence: i32, position: i32);
            fd_sync(fd: i32);
            fd_write(fd: i32, vectors: i32, count: i32, written: i32);
            path_create_directory(fd: i32, path: i32, length: i32);
            path_filestat_set_times(
                fd: i32, flags: i32, path: i32, length: i32, accessed: i64, modified: i64, times: i32
            );
            path_link(from: i32, flags: i32, old: i32, old_length: i32, to: i32, new: i32, new_length: i32);
            path_readlink(fd: i32, path: i32, length: i32, buffer: i32, size: i32, used: i32);
            path_rename(from: i32, old: i32, old_length: i32, to: i32, new: i32, new_length: i32);
            path_symlink(old: i32, old_length: i32, fd: i32, new: i32, new_length: i32);
            path_unlink_file(fd: i32, path: i32, length: i32);
        }
        $linker.func_wrap(
            $module,
            "path_filestat_get",
            |mut caller: Caller<'_, T>, fd: i32, flags: i32, path: i32, length: i32, status: i32| {
                run(&mut caller, async |wasi, memory| {
                    let flags = paths::lookup_flags(memory, flags, path, length);
                    $functions::path_filestat_get(wasi, memory, fd, flags, path, length, status).await
                })
            },
        )?;
        $linker.func_wrap(
            $module,
            "path_remove_directory",
            |mut caller: Caller<'_, T>, fd: i32, path: i32, length: i32| {
                run(&mut caller, async |wasi, memory| {
                    let length = paths::length_without_slashes(memory, path, length);
                    $functions::path_remove_directory(wasi, memory, fd, path, length).await
                })
            },
        )?;
        $linker.func_wrap(
            $module,
            "path_open",
            |mut caller: Caller<'_, T>,
             fd: i32,
             lookup: i32,
             path: i32,
             length: i32,
             open: i32,
             rights: i64,
             inherited: i64,
             flags: i32,
             opened: i32| {
                open_descriptor(&mut caller, async |wasi, memory| {
                    $functions::path_open(
                        wasi, memory, fd, lookup, path, length, open, rights, inherited, flags, opened,
                    )
                    .await
                })
            },
        )?;
        $linker.func_wrap($module, "fd_close", |mut caller: Caller<'_, T>, fd: i32| {
            let done = run(&mut caller, async |wasi, memory| $functions::fd_close(wasi, memory, fd).await);
            one_less(&mut caller, done)
        })?;
        $linker.func_wrap($module, "fd_renumber", |mut caller: Caller<'_, T>, from: i32, to: i32| {
            let done = run(&mut caller, async |wasi, memory| $functions::fd_renumber(wasi, memory, from, to).await);
            // The descriptor that `to` named before is closed.
            if from == to { done } else { one_less(&mut caller, done) }
        })?;
        // It does not wait, but many bytes take long.
        $linker.func_wrap($module, "random_get", |mut caller: Caller<'_, T>, buffer: i32, length: i32| {
            let (buffer, length) = (buffer.cast_unsigned(), length.cast_unsigned());
            with_parts(&mut caller, |wasi, memory, interrupts| random(wasi, memory, interrupts, buffer, length))
        })?;
        $linker.func_wrap(
            $module,
            "poll_oneoff",
            |mut caller: Caller<'_, T>, wanted: i32, events: i32, count: i32, happened: i32| {
                let fuel = caller.as_context_mut().hostcall_fuel();
                with_parts(&mut caller, |wasi, memory, interrupts| {
                    let call = poll::Call { wanted, events, count, happened, layout: $layout };
                    poll::run(wasi, memory, interrupts, fuel, call)
                })
            },
        )?;
        $linker.func_wrap($module, "proc_exit", |status: i32| -> wasmtime::Result<()> {
            Err(I32Exit(exit_status(status)).into())
        })?;
    };
}

/// Defines all of WASI: wasmtime-wasi's functions, and in place of those that may wait ones that can be interrupted.
/// `shadowing` is the linker's own setting, which this restores.
pub(crate) fn define<T: WasiHost>(linker: &mut Linker<T>, shadowing: bool) -> wasmtime::Result<()> {
    let [one, zero] = WASI;
    p1::add_to_linker_sync(linker, T::wasi)?;
    p0::add_to_linker_sync(linker, T::wasi)?;
    linker.allow_shadowing(true);
    define_preview!(linker, one, wasi_snapshot_preview1, poll::Layout::Preview1);
    define_preview!(linker, zero, wasi_unstable, poll::Layout::Preview0);
    linker.allow_shadowing(shadowing);
    Ok(())
}

/// The exit status for `proc_exit`. Wasmtime-wasi refuses a status above 125, this does not. Of a status below zero it takes
/// the low eight bits, as a process does: -1 is 255.
fn exit_status(status: i32) -> i32 {
    if status < 0 { status & 0xff } else { status }
}

/// Writes random bytes in small parts. Wasmtime-wasi would make all of them before it checks whether the guest's memory has so
/// many.
fn random(
    wasi: &mut WasiP1Ctx,
    memory: &mut GuestMemory<'_>,
    interrupts: Option<&Interrupts>,
    buffer: u32,
    length: u32,
) -> wasmtime::Result<i32> {
    const PART: u32 = 4 << 10;
    if length != 0 {
        poll::check(memory, buffer, length, 1)?;
    }
    let mut done = 0;
    loop {
        let part = PART.min(length - done);
        let (start, part_length) = ((buffer + done).cast_signed(), part.cast_signed());
        let number = wasi_snapshot_preview1::random_get(wasi, memory, start, part_length)?;
        done += part;
        if number != DONE || done == length {
            return Ok(number);
        }
        interrupts.map_or(Ok(()), Interrupts::check)?;
    }
}

/// The error number for success, in both previews.
const DONE: i32 = Errno::Success as i32;

/// Runs a function that opens a descriptor, if the limits allow one more.
fn open_descriptor<T: WasiHost>(
    caller: &mut Caller<'_, T>,
    function: impl AsyncFnOnce(&mut WasiP1Ctx, &mut GuestMemory<'_>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    if !caller.data_mut().may_open() {
        return Ok(Errno::Mfile as i32);
    }
    let done = run(caller, function);
    // After a trap the descriptor may be open all the same, so it counts.
    if matches!(done, Ok(DONE) | Err(_)) {
        caller.data_mut().opened();
    }
    done
}

/// Counts a closed descriptor, if the function succeeded.
fn one_less<T: WasiHost>(caller: &mut Caller<'_, T>, done: wasmtime::Result<i32>) -> wasmtime::Result<i32> {
    if let Ok(DONE) = done {
        caller.data_mut().closed();
    }
    done
}

/// Runs a function of WASI to its end. While it waits, this checks again and again whether the guest has to end.
fn run<T: WasiHost>(
    caller: &mut Caller<'_, T>,
    function: impl AsyncFnOnce(&mut WasiP1Ctx, &mut GuestMemory<'_>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    with_parts(caller, |wasi, memory, interrupts| {
        let mut call = pin!(function(wasi, memory));
        loop {
            if let Some(done) = try_now(call.as_mut()) {
                return done;
            }
            pause(None, interrupts)?;
        }
    })
}

/// Calls a function of WASI with its context, the guest's memory, and what interrupts the guest.
fn with_parts<T: WasiHost>(
    caller: &mut Caller<'_, T>,
    function: impl FnOnce(&mut WasiP1Ctx, &mut GuestMemory<'_>, Option<&Interrupts>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    let interrupts = caller.data().interrupts();
    let fuel = caller.as_context_mut().hostcall_fuel();
    let export = caller.get_export("memory");
    let (mut memory, data) = match &export {
        Some(Extern::Memory(memory)) => {
            let (bytes, data) = memory.data_and_store_mut(caller);
            (GuestMemory::Unshared(bytes), data)
        }
        Some(Extern::SharedMemory(memory)) => (GuestMemory::Shared(memory.data()), caller.data_mut()),
        _ => wasmtime::bail!("missing required memory export"),
    };
    let wasi = data.wasi();
    wasi.set_hostcall_fuel(fuel);
    let done = function(wasi, &mut memory, interrupts.as_deref())?;
    // A guest may call WASI again and again without a loop of its own, where an interrupt would find it.
    interrupts.map_or(Ok(()), |interrupts| interrupts.check())?;
    Ok(done)
}
