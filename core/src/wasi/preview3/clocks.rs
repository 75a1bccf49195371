//! `wasi:clocks`: the clock that guests measure and sleep by.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use wasmtime::component::Accessor;
use wasmtime_wasi::p3::bindings::clocks::monotonic_clock::{Host, HostWithStore};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, Waiting};
use crate::wasi::wait::Waits;

impl Host for Waiting<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Host::now(&mut self.clocks())
    }

    fn get_resolution(&mut self) -> wasmtime::Result<u64> {
        Host::get_resolution(&mut self.clocks())
    }
}

impl<T: WasiHost> HostWithStore<T> for HasWaiting {
    async fn wait_until(store: &Accessor<T, Self>, when: u64) -> wasmtime::Result<()> {
        let now = store.with(|mut access| Host::now(&mut access.get()))?;
        wait(store, Duration::from_nanos(when.saturating_sub(now))).await
    }

    async fn wait_for(store: &Accessor<T, Self>, time: u64) -> wasmtime::Result<()> {
        wait(store, Duration::from_nanos(time)).await
    }
}

async fn wait<T: WasiHost>(store: &Accessor<T, HasWaiting>, time: Duration) -> wasmtime::Result<()> {
    // A time that the system cannot express never comes.
    let deadline = Instant::now().checked_add(time);
    let mut waits = store.with(|mut access| waits(access.data_mut()));
    poll_fn(|polled| match deadline {
        Some(deadline) if deadline <= Instant::now() => Poll::Ready(waits.over()),
        deadline => match waits.pending(polled, deadline) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        },
    })
    .await
}

/// What has a future of that store polled again.
pub(super) fn waits<T: WasiHost>(host: &T) -> Waits {
    Waits::new(host.interrupts(), host.rests())
}
