//! Defines WASI's functions. They run on the guest's own thread, need no other thread, and end when the guest is interrupted.
//!
//! Wasmtime-wasi would run them on tokio's threads, which a child of a fork does not have. See
//! `docs/adr/0021-wasi-waits-on-its-own-thread.md`.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use wasmtime::{AsContextMut, Caller, Extern, Linker};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self, WasiSnapshotPreview1};
use wiggle::{GuestMemory, GuestPtr};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::http::state::Http;
use crate::wasi::preview0;
use crate::wasi::preview1::Preview1;
use crate::wasi::stream_port::{Ask, Awaits, without_waiting};
use crate::wasi::wait::{Patience, Rests, pause, try_now};
use crate::wasi::{exit, paths, poll, random};

/// What these functions need of a store.
pub(crate) trait WasiHost: Send + 'static {
    /// WASI's context.
    fn wasi(&mut self) -> &mut Preview1;
    /// The same, and the numbers of the resources of components that keep a file or a directory open.
    fn wasi_of_components(&mut self) -> (&mut Preview1, &mut HashSet<u32>);
    /// The same, and what HTTP works with.
    fn wasi_http(&mut self) -> (&mut Preview1, &mut Http);
    /// Whether the store's limits allow another file descriptor.
    fn may_open(&self) -> bool;
    /// What interrupts the guests of the store, if they can be interrupted.
    fn interrupts(&self) -> Option<Arc<Interrupts>>;
    /// What has its guests rest, if they run on fibers.
    fn rests(&self) -> Option<Arc<dyn Rests>>;
}

/// A module that guests import WASI from.
#[derive(Clone, Copy, PartialEq)]
enum Preview {
    /// That of compilers of 2019. Its functions are those of preview 1, but that a file's status and a subscription lie
    /// otherwise in memory, and that `fd_seek` counts from elsewhere.
    Zero,
    One,
}

impl Preview {
    fn module(self) -> &'static str {
        match self {
            Self::Zero => "wasi_unstable",
            Self::One => "wasi_snapshot_preview1",
        }
    }

    fn layout(self) -> poll::Layout {
        match self {
            Self::Zero => poll::Layout::Preview0,
            Self::One => poll::Layout::Preview1,
        }
    }
}

/// Calls a function of WASI, which may be awaited, with its context, the guest's memory, what ends a guest that waits, and how many
/// bytes the call may move.
macro_rules! parts {
    ($caller:ident, |$wasi:ident, $memory:ident, $patience:ident, $fuel:ident| $call:expr) => {{
        let $patience = Patience { interrupts: $caller.data().interrupts(), rests: $caller.data().rests() };
        let fuel = $caller.as_context_mut().hostcall_fuel();
        let export = $caller.get_export("memory");
        let (mut memory, data) = match &export {
            Some(Extern::Memory(memory)) => {
                let (bytes, data) = memory.data_and_store_mut($caller.as_context_mut());
                (GuestMemory::Unshared(bytes), data)
            }
            Some(Extern::SharedMemory(memory)) => (GuestMemory::Shared(memory.data()), $caller.data_mut()),
            _ => wasmtime::bail!("missing required memory export"),
        };
        let ($wasi, $memory, $fuel) = (data.wasi(), &mut memory, fuel);
        $wasi.set_hostcall_fuel(fuel);
        let done: i32 = $call?;
        // A guest may call WASI again and again without a loop of its own, where an interrupt would find it.
        $patience.interrupts.as_deref().map_or(Ok(()), Interrupts::check)?;
        Ok::<i32, wasmtime::Error>(done)
    }};
}

/// Defines functions that may wait.
macro_rules! define_waiting {
    ($linker:ident, $module:ident: $($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        $linker.func_wrap($module, stringify!($name), |mut caller: Caller<'_, T>, $($argument: $type),*| {
            run(&mut caller, async |wasi, memory| wasi_snapshot_preview1::$name(wasi, memory, $($argument),*).await)
        })?;
    )* };
}

/// Defines functions that read or write a descriptor by vectors.
macro_rules! define_vectored {
    ($linker:ident, $module:ident: $($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        $linker.func_wrap(
            $module,
            stringify!($name),
            |mut caller: Caller<'_, T>, fd: i32, vectors: i32, count: i32, $($argument: $type),*| {
                run(&mut caller, async |wasi, memory| {
                    wasi.admit_vectors(count.cast_unsigned());
                    wasi_snapshot_preview1::$name(wasi, memory, fd, vectors, count, $($argument),*).await
                })
            },
        )?;
    )* };
}

/// Defines functions that do not wait.
macro_rules! define_at_once {
    ($linker:ident, $module:ident: $($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        $linker.func_wrap($module, stringify!($name), |mut caller: Caller<'_, T>, $($argument: $type),*| {
            with_parts(&mut caller, |wasi, memory, _| wasi_snapshot_preview1::$name(wasi, memory, $($argument),*))
        })?;
    )* };
}

/// Defines all of WASI, both previews, and what can end the functions that may wait. Afterwards the linker lets definitions be
/// replaced or not, as `shadowing` says.
pub(crate) fn define<T: WasiHost>(linker: &mut Linker<T>, shadowing: bool) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    for preview in [Preview::One, Preview::Zero] {
        define_simple(linker, preview.module())?;
        define_files(linker, preview)?;
        define_others(linker, preview)?;
    }
    linker.allow_shadowing(shadowing);
    Ok(())
}

/// Defines what does in both previews what wasmtime-wasi does.
fn define_simple<T: WasiHost>(linker: &mut Linker<T>, module: &str) -> wasmtime::Result<()> {
    define_at_once! { linker, module:
        args_get(starts: i32, buffer: i32);
        args_sizes_get(count: i32, size: i32);
        clock_res_get(clock: i32, resolution: i32);
        clock_time_get(clock: i32, precision: i64, time: i32);
        environ_get(starts: i32, buffer: i32);
        environ_sizes_get(count: i32, size: i32);
        fd_allocate(fd: i32, offset: i64, length: i64);
        fd_fdstat_set_flags(fd: i32, flags: i32);
        fd_fdstat_set_rights(fd: i32, rights: i64, inherited: i64);
        fd_prestat_get(fd: i32, status: i32);
        fd_prestat_dir_name(fd: i32, path: i32, length: i32);
        fd_tell(fd: i32, position: i32);
        proc_raise(signal: i32);
        sched_yield();
        sock_recv(fd: i32, data: i32, count: i32, flags: i32, read: i32, flags_out: i32);
        sock_send(fd: i32, data: i32, count: i32, flags: i32, written: i32);
        sock_shutdown(fd: i32, how: i32);
    }
    define_waiting! { linker, module:
        fd_advise(fd: i32, offset: i64, length: i64, advice: i32);
        fd_close(fd: i32);
        fd_datasync(fd: i32);
        fd_fdstat_get(fd: i32, status: i32);
        fd_filestat_set_size(fd: i32, size: i64);
        fd_filestat_set_times(fd: i32, accessed: i64, modified: i64, flags: i32);
        fd_readdir(fd: i32, buffer: i32, length: i32, cookie: i64, used: i32);
        fd_renumber(from: i32, to: i32);
        fd_sync(fd: i32);
        path_create_directory(fd: i32, path: i32, length: i32);
        path_filestat_set_times(fd: i32, flags: i32, path: i32, length: i32, accessed: i64, modified: i64, times: i32);
        path_link(from: i32, flags: i32, old: i32, old_length: i32, to: i32, new: i32, new_length: i32);
        path_readlink(fd: i32, path: i32, length: i32, buffer: i32, size: i32, used: i32);
        path_rename(from: i32, old: i32, old_length: i32, to: i32, new: i32, new_length: i32);
        path_symlink(old: i32, old_length: i32, fd: i32, new: i32, new_length: i32);
        path_unlink_file(fd: i32, path: i32, length: i32);
    }
    define_vectored! { linker, module:
        fd_pread(offset: i64, read: i32);
        fd_pwrite(offset: i64, written: i32);
        fd_read(read: i32);
        fd_write(written: i32);
    }
    Ok(())
}

/// Defines what the previews do differently with files, and what is done otherwise here than by wasmtime-wasi.
fn define_files<T: WasiHost>(linker: &mut Linker<T>, preview: Preview) -> wasmtime::Result<()> {
    let module = preview.module();
    let is_zero = preview == Preview::Zero;
    linker.func_wrap(module, "fd_filestat_get", move |mut caller: Caller<'_, T>, fd: i32, status: i32| {
        run(&mut caller, async |wasi, memory| match is_zero {
            true => preview0::fd_filestat_get(wasi, memory, fd, status).await,
            false => wasi_snapshot_preview1::fd_filestat_get(wasi, memory, fd, status).await,
        })
    })?;
    linker.func_wrap(
        module,
        "path_filestat_get",
        move |mut caller: Caller<'_, T>, fd: i32, flags: i32, path: i32, length: i32, status: i32| {
            run(&mut caller, async |wasi, memory| {
                let flags = paths::lookup_flags(memory, flags, path, length);
                match is_zero {
                    true => preview0::path_filestat_get(wasi, memory, fd, flags, path, length, status).await,
                    false => {
                        wasi_snapshot_preview1::path_filestat_get(wasi, memory, fd, flags, path, length, status).await
                    }
                }
            })
        },
    )?;
    linker.func_wrap(
        module,
        "fd_seek",
        move |mut caller: Caller<'_, T>, fd: i32, offset: i64, whence: i32, position: i32| {
            let whence = if is_zero { preview0::whence(whence) } else { whence };
            run(&mut caller, async |wasi, memory| {
                wasi_snapshot_preview1::fd_seek(wasi, memory, fd, offset, whence, position).await
            })
        },
    )?;
    linker.func_wrap(
        module,
        "path_remove_directory",
        |mut caller: Caller<'_, T>, fd: i32, path: i32, length: i32| {
            run(&mut caller, async |wasi, memory| {
                let length = paths::length_without_slashes(memory, path, length);
                wasi_snapshot_preview1::path_remove_directory(wasi, memory, fd, path, length).await
            })
        },
    )?;
    linker.func_wrap(
        module,
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
            if !caller.data_mut().may_open() {
                return Ok(Errno::Mfile as i32);
            }
            run(&mut caller, async |wasi, memory| {
                wasi_snapshot_preview1::path_open(
                    wasi, memory, fd, lookup, path, length, open, rights, inherited, flags, opened,
                )
                .await
            })
        },
    )?;
    Ok(())
}

/// Defines what is of no file, and done otherwise here than by wasmtime-wasi.
fn define_others<T: WasiHost>(linker: &mut Linker<T>, preview: Preview) -> wasmtime::Result<()> {
    let module = preview.module();
    if preview == Preview::One {
        define_at_once! { linker, module: sock_accept(fd: i32, flags: i32, opened: i32); }
    }
    // It does not wait, and may take long.
    linker.func_wrap(module, "random_get", |mut caller: Caller<'_, T>, buffer: i32, length: i32| {
        let (buffer, length) = (buffer.cast_unsigned(), length.cast_unsigned());
        with_parts(&mut caller, |wasi, memory, interrupts| random::fill(wasi, memory, interrupts, buffer, length))
    })?;
    let layout = preview.layout();
    linker.func_wrap(
        module,
        "poll_oneoff",
        move |mut caller: Caller<'_, T>, wanted: i32, events: i32, count: i32, happened: i32| {
            let fuel = caller.as_context_mut().hostcall_fuel();
            let patience = Patience { interrupts: caller.data().interrupts(), rests: None };
            with_parts(&mut caller, |wasi, memory, _| {
                let call = poll::Call { wanted, events, count, happened, layout };
                let done = try_now(pin!(poll::run(wasi, memory, &patience, fuel, call)));
                done.unwrap_or_else(|| wasmtime::bail!("a guest that cannot rest was to"))
            })
        },
    )?;
    // Wasmtime-wasi takes no status above 125.
    linker.func_wrap(module, "proc_exit", |status: i32| -> wasmtime::Result<()> {
        Err(I32Exit(exit::of_guest(status)).into())
    })?;
    Ok(())
}

/// The functions that may wait for a time or for a stream.
pub(crate) const RESTING: [&str; 3] = ["fd_read", "fd_write", "poll_oneoff"];

/// Defines a function that reads or writes a descriptor by vectors, and has its guest rest while it waits.
macro_rules! define_resting_vectored {
    ($linker:ident, $module:ident, $ask:ident: $($name:ident),*) => { $(
        $linker.func_wrap_async(
            $module,
            stringify!($name),
            move |mut caller: Caller<'_, T>, (fd, vectors, count, done): (i32, i32, i32, i32)| {
                Box::new(async move {
                    loop {
                        let tried = async {
                            parts!(caller, |wasi, memory, patience, _fuel| {
                                wasi.admit_vectors(count.cast_unsigned());
                                let mut call = pin!(wasi_snapshot_preview1::$name(wasi, memory, fd, vectors, count, done));
                                loop {
                                    match try_now(call.as_mut()) {
                                        Some(done) => break done,
                                        None => patience.pause(None).await?,
                                    }
                                }
                            })
                        };
                        let awaits = match tried.await {
                            Ok(done) => return Ok(done),
                            Err(error) => error.downcast::<Awaits>()?,
                        };
                        // The guest's memory is free meanwhile.
                        $ask(&mut caller, &awaits).await?;
                        if let Some(count) = awaits.written() {
                            return with_parts(&mut caller, |_, memory, _| {
                                memory.write(GuestPtr::new(done.cast_unsigned()), count)?;
                                Ok(DONE)
                            });
                        }
                    }
                })
            },
        )?;
    )* };
}

/// Defines `RESTING` as functions that have their guests rest while they wait. `ask` asks what serves a stream that is an async one.
pub(crate) fn define_resting<T: WasiHost>(linker: &mut Linker<T>, ask: Ask<T>) -> wasmtime::Result<()> {
    for preview in [Preview::One, Preview::Zero] {
        let (module, layout) = (preview.module(), preview.layout());
        define_resting_vectored! { linker, module, ask: fd_read, fd_write }
        linker.func_wrap_async(
            module,
            "poll_oneoff",
            move |mut caller: Caller<'_, T>, (wanted, events, count, happened): (i32, i32, i32, i32)| {
                Box::new(async move {
                    parts!(caller, |wasi, memory, patience, fuel| {
                        let call = poll::Call { wanted, events, count, happened, layout };
                        poll::run(wasi, memory, &patience, fuel, call).await
                    })
                })
            },
        )?;
    }
    Ok(())
}

/// The error number for success, in both previews.
const DONE: i32 = Errno::Success as i32;

/// Runs a function of WASI as its own integration does, and asks meanwhile whether the guest has to end.
fn run<T: WasiHost>(
    caller: &mut Caller<'_, T>,
    function: impl AsyncFnOnce(&mut Preview1, &mut GuestMemory<'_>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    with_parts(caller, |wasi, memory, interrupts| {
        let mut call = pin!(function(wasi, memory));
        loop {
            if let Some(done) = try_now(call.as_mut()) {
                return done.map_err(without_waiting);
            }
            pause(None, interrupts)?;
        }
    })
}

/// Calls a function of WASI with its context, the guest's memory, and what interrupts the guest.
fn with_parts<T: WasiHost>(
    caller: &mut Caller<'_, T>,
    function: impl FnOnce(&mut Preview1, &mut GuestMemory<'_>, Option<&Interrupts>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    parts!(caller, |wasi, memory, patience, _fuel| function(wasi, memory, patience.interrupts.as_deref()))
}
