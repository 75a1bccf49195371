//! Calls that may wait: they do so on the guest's own thread, and end when the guest is interrupted
//! (`docs/adr/0021-wasi-waits-on-its-own-thread.md`).

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::p2::bindings::sync::filesystem::types::HostDirectoryEntryStream;
use wasmtime_wasi::p2::bindings::sync::io::streams::{HostInputStream, HostOutputStream};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::functions::WasiHost;
use crate::wasi::preview1::Preview1;
use crate::wasi::preview3::streaming::Kind;
use crate::wasi::wait::{self, pause, try_now};

/// What a call works with that may wait, or that is about files.
pub(in crate::wasi) struct Waiting<'a> {
    pub(in crate::wasi) preview1: &'a mut Preview1,
    pub(super) interrupts: Option<Arc<Interrupts>>,
    /// Whether the store's limits allow another descriptor.
    pub(super) may_open: bool,
    /// The numbers of the resources that keep a file or a directory open.
    pub(super) opened: &'a mut HashSet<u32>,
}

pub(in crate::wasi) fn waiting<T: WasiHost>(host: &mut T) -> Waiting<'_> {
    if host.wasi().streaming.has_left() {
        let (preview1, opened) = host.wasi_of_components();
        // What is wrong with one is told when it is used.
        _ = Waiting { preview1, interrupts: None, may_open: false, opened }.drop_left();
    }
    let (interrupts, may_open) = (host.interrupts(), host.may_open());
    let (preview1, opened) = host.wasi_of_components();
    Waiting { preview1, interrupts, may_open, opened }
}

impl Waiting<'_> {
    /// Drops what streams of WASI 0.3 have left behind. It counts as open until then.
    fn drop_left(&mut self) -> wasmtime::Result<()> {
        for (kind, number) in self.preview1.streaming.take_left() {
            match kind {
                Kind::Input => HostInputStream::drop(self, Resource::new_own(number))?,
                Kind::Output => HostOutputStream::drop(self, Resource::new_own(number))?,
                Kind::Entries => HostDirectoryEntryStream::drop(self, Resource::new_own(number))?,
            }
        }
        Ok(())
    }
}

/// Says that `Waiting` is what these interfaces work with.
pub(in crate::wasi) struct HasWaiting;

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
