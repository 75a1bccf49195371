//! WASI 0.2 for components. Wasmtime-wasi does what is asked of the host; whatever may wait, waits on the guest's own thread and ends
//! when the guest is interrupted (`docs/adr/0021-wasi-waits-on-its-own-thread.md`).

mod clocks;
mod files;
mod io;

use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks as clock_types, filesystem, random, sockets, sync};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::functions::WasiHost;
use crate::wasi::wait::{self, pause, try_now};

/// WASI's context for a call that may wait.
pub(super) struct Waiting<'a> {
    pub(super) view: WasiCtxView<'a>,
    pub(super) interrupts: Option<Arc<Interrupts>>,
    /// Whether the store's limits allow another descriptor.
    pub(super) may_open: bool,
    /// How many descriptors guests of components have opened.
    pub(super) opened: &'a mut u64,
}

fn waiting<T: WasiHost>(host: &mut T) -> Waiting<'_> {
    let (interrupts, may_open) = (host.interrupts(), host.may_open());
    let (preview1, opened) = host.wasi_of_components();
    Waiting { view: preview1.context.ctx(), interrupts, may_open, opened }
}

/// Says that `Waiting` is what these interfaces work with.
struct HasWaiting;

impl HasData for HasWaiting {
    type Data<'a> = Waiting<'a>;
}

/// Runs a call of wasmtime-wasi's to its end, and asks meanwhile whether the guest has to end.
fn wait<R>(interrupts: Option<&Interrupts>, call: impl Future<Output = R>) -> wasmtime::Result<R> {
    let mut call = pin!(call);
    loop {
        wait::forget_deadline();
        if let Some(done) = try_now(call.as_mut()) {
            // A guest may call WASI again and again without a loop of its own, where an interrupt would find it.
            interrupts.map_or(Ok(()), Interrupts::check)?;
            return Ok(done);
        }
        pause(wait::deadline(), interrupts)?;
    }
}

/// Defines the interfaces of the world `wasi:cli/imports`.
pub(crate) fn define<T: WasiHost + WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi_io::bindings::wasi::io::error::add_to_linker::<T, io::HasTable>(linker, |host| host.ctx().table)?;
    sync::io::poll::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    sync::io::streams::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    clock_types::wall_clock::add_to_linker::<T, WasiClocks>(linker, T::clocks)?;
    clock_types::monotonic_clock::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    filesystem::preopens::add_to_linker::<T, WasiFilesystem>(linker, T::filesystem)?;
    sync::filesystem::types::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    random::random::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    random::insecure::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    cli::exit::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::environment::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::stdin::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::stdout::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::stderr::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_input::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_output::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    // Nothing of the network is granted: each function fails with an error code.
    sockets::instance_network::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::network::add_to_linker::<T, WasiSockets>(linker, &sockets::network::LinkOptions::default(), T::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sync::sockets::tcp::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sync::sockets::udp::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::udp_create_socket::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    Ok(())
}
