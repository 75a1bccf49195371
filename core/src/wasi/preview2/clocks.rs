//! `wasi:clocks`: the clock that guests measure and sleep by.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::wasi::preview2::waiting::Waiting;
use crate::wasi::wait;

impl Waiting<'_> {
    pub(in crate::wasi) fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        let WasiCtxView { ctx, table } = self.preview1.context.ctx();
        WasiClocksCtxView { ctx: ctx.clocks(), table }
    }

    fn until(&mut self, duration: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        // A time that the system cannot express never comes.
        let deadline = self.preview1.context.ctx().table.push(Deadline(Instant::now().checked_add(duration)))?;
        subscribe(self.preview1.context.ctx().table, deadline)
    }
}

impl monotonic_clock::Host for Waiting<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::now(&mut self.clocks())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::resolution(&mut self.clocks())
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.now()?;
        self.until(Duration::from_nanos(when.saturating_sub(now)))
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.until(Duration::from_nanos(duration))
    }
}

/// A time that a guest waits for. Wasmtime-wasi's own needs another thread, which a child of a fork does not have.
struct Deadline(Option<Instant>);

#[async_trait]
impl Pollable for Deadline {
    async fn ready(&mut self) {
        std::future::poll_fn(|_| match self.0 {
            Some(deadline) if deadline <= Instant::now() => std::task::Poll::Ready(()),
            deadline => {
                wait::note_deadline(deadline);
                std::task::Poll::Pending
            }
        })
        .await;
    }
}
