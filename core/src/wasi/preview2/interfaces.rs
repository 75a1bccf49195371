//! Defines the interfaces of WASI 0.2. Wasmtime-wasi does what is asked of the host; what may wait is in files of its own here.

use wasmtime::component::Linker;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets, sync};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::http::{HasRequests, requests};
use crate::wasi::preview2::io;
use crate::wasi::preview2::waiting::{HasWaiting, waiting};

/// Defines the interfaces of the world `wasi:cli/imports`.
pub(crate) fn define<T: WasiHost + WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi_io::bindings::wasi::io::error::add_to_linker::<T, io::HasTable>(linker, |host| host.ctx().table)?;
    sync::io::poll::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    sync::io::streams::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    clocks::wall_clock::add_to_linker::<T, WasiClocks>(linker, T::clocks)?;
    clocks::monotonic_clock::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    filesystem::preopens::add_to_linker::<T, HasWaiting>(linker, waiting)?;
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
    sync::sockets::udp_create_socket::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    types::add_to_linker::<T, HasRequests>(linker, &types::LinkOptions::default(), requests)?;
    outgoing_handler::add_to_linker::<T, HasRequests>(linker, requests)?;
    Ok(())
}
