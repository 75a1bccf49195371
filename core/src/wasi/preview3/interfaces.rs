//! Defines the interfaces of WASI 0.3.

use wasmtime::component::Linker;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p3::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, waiting};

/// Defines the interfaces of the world `wasi:cli/imports`, in a linker whose components may be async.
pub(crate) fn define<T: WasiHost + WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    clocks::types::add_to_linker::<T, WasiClocks>(linker, T::clocks)?;
    clocks::system_clock::add_to_linker::<T, WasiClocks>(linker, T::clocks)?;
    clocks::monotonic_clock::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    filesystem::types::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    filesystem::preopens::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    random::random::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    random::insecure::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, |host| host.ctx().ctx.random())?;
    cli::exit::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::environment::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::stdin::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    cli::stdout::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    cli::stderr::add_to_linker::<T, HasWaiting>(linker, waiting)?;
    cli::terminal_input::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_output::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    // Nothing of the network is granted: what makes a socket and what looks up a name fails with an error code, without waiting.
    sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::types::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    Ok(())
}
