//! Calls that may wait: they do so on the guest's own thread, and end when the guest is interrupted
//! (`docs/adr/0021-wasi-waits-on-its-own-thread.md`).

use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::HasData;
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

pub(super) fn waiting<T: WasiHost>(host: &mut T) -> Waiting<'_> {
    let (interrupts, may_open) = (host.interrupts(), host.may_open());
    let (preview1, opened) = host.wasi_of_components();
    Waiting { view: preview1.context.ctx(), interrupts, may_open, opened }
}

/// Says that `Waiting` is what these interfaces work with.
pub(super) struct HasWaiting;

impl HasData for HasWaiting {
    type Data<'a> = Waiting<'a>;
}

/// Runs a call of wasmtime-wasi's to its end, and asks meanwhile whether the guest has to end.
pub(super) fn wait<R>(interrupts: Option<&Interrupts>, call: impl Future<Output = R>) -> wasmtime::Result<R> {
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
