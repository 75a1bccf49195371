//! Waits in short slices, and checks between them whether the guest has to end: on the guest's own thread, or while the guest rests
//! where it is stepped as a run.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::interruption::interrupt::Interrupts;
use crate::process::descriptor::{self, Awaited};
use crate::traps::carried::HostError;
use crate::wasi::waiters::{Again, SLICE};
use crate::{Result, WasmtimeError};

/// The result of a call, if it need not wait. Nothing wakes this thread, so the caller tries again after each pause.
pub(super) fn try_now<R>(call: Pin<&mut impl Future<Output = R>>) -> Option<R> {
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Has a guest rest that runs on a fiber, if it may: whoever steps it goes on with it later.
pub(crate) trait Rests: Send + Sync {
    /// Whether the guest may be suspended now: not below a synchronous call.
    fn may_rest(&self) -> bool;

    /// Notes for whoever steps the guest how long it rests, once its future is pending.
    fn note(&self, time: Duration);

    /// Has a future of the guest's event loop polled again that nothing wakes. It keeps its number, which is 0 at first. Fails with `Limit`
    /// where there are too many.
    fn poll_again(&self, number: &mut u64, waker: &Waker, again: Again) -> Result<()>;

    /// That future waits no longer.
    fn forget(&self, number: u64);
}

/// What ends a guest that waits, and what has it rest meanwhile.
pub(super) struct Patience {
    pub(super) interrupts: Option<Arc<Interrupts>>,
    pub(super) rests: Option<Arc<dyn Rests>>,
}

impl Patience {
    /// Waits a slice, as `pause` does. The guest rests for that time if it may, and otherwise this thread waits: then this is never
    /// pending.
    pub(super) async fn pause(&self, until: Option<Instant>) -> wasmtime::Result<()> {
        let interrupts = self.interrupts.as_deref();
        let Some(rests) = self.rests.as_ref().filter(|rests| rests.may_rest()) else { return pause(until, interrupts) };
        rests.note(slice(until, interrupts, descriptor::take_awaited().is_some()));
        let mut has_rested = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut has_rested, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        interrupts.map_or(Ok(()), Interrupts::go_on)
    }
}

/// How long a slice is that ends at `until` at the latest.
fn slice(until: Option<Instant>, interrupts: Option<&Interrupts>, is_awaited: bool) -> Duration {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    // A guest that nothing can interrupt may sleep the whole time at once.
    let most = if interrupts.is_some() || is_awaited { SLICE } else { left.unwrap_or(SLICE) };
    left.map_or(most, |left| left.min(most))
}

/// Waits a slice, but not beyond `until`. It ends early when a stream of the host is ready, if the guest waits for that. Fails where
/// the guest has to end.
pub(super) fn pause(until: Option<Instant>, interrupts: Option<&Interrupts>) -> wasmtime::Result<()> {
    let awaited = descriptor::take_awaited();
    _ = sleep(slice(until, interrupts, awaited.is_some()), awaited);
    interrupts.map_or(Ok(()), Interrupts::go_on)
}

/// Has this thread wait for so long, or until the stream of the host is ready that a guest waits for. Whether it is.
fn sleep(time: Duration, awaited: Option<Awaited>) -> bool {
    let Some(awaited) = awaited else {
        std::thread::sleep(time);
        return false;
    };
    awaited.wait(time)
}

/// Has this thread wait for futures of an event loop that are to be polled again after that time. Whether a stream is ready before.
pub(crate) fn rest(time: Duration) -> bool {
    sleep(time, descriptor::take_awaited())
}

/// Of a future of a guest's event loop, which waits for something that nothing wakes it for: has it polled again.
pub(super) struct Waits {
    interrupts: Option<Arc<Interrupts>>,
    rests: Option<Arc<dyn Rests>>,
    number: u64,
}

impl Waits {
    pub(super) fn new(interrupts: Option<Arc<Interrupts>>, rests: Option<Arc<dyn Rests>>) -> Self {
        Self { interrupts, rests, number: 0 }
    }

    /// It waits: until that time, or until it has been asked often enough. Fails where the guest has to end, and with `Limit` where it waits
    /// for too much.
    pub(super) fn pending(&mut self, polled: &Context<'_>, until: Option<Instant>) -> wasmtime::Result<()> {
        self.interrupts.as_deref().map_or(Ok(()), Interrupts::go_on)?;
        let again = Again { until, may_end: self.interrupts.is_some() };
        let no_loop =
            || WasmtimeError::Unexpected { reason: "a guest without an event loop was to wait in it".to_owned() };
        let rests = self.rests.as_ref().ok_or_else(no_loop);
        let noted = rests.and_then(|rests| rests.poll_again(&mut self.number, polled.waker(), again));
        noted.map_err(|error| wasmtime::Error::new(HostError(error)))
    }

    /// It waits no longer. Fails where the guest has to end: one may call WASI again and again without a loop of its own, where an interrupt
    /// would find it.
    pub(super) fn over(&mut self) -> wasmtime::Result<()> {
        self.forget();
        self.interrupts.as_deref().map_or(Ok(()), Interrupts::check)
    }

    fn forget(&self) {
        if let Some(rests) = self.rests.as_ref().filter(|_| self.number != 0) {
            rests.forget(self.number);
        }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.forget();
    }
}

std::thread_local! {
    /// The earliest time that this thread's call waits for, if it waits for one.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Notes that the call that has just said that it must wait, waits for that time, or for ever.
pub(super) fn note_deadline(time: Option<Instant>) {
    let earlier = |known: Instant| time.map_or(known, |time| time.min(known));
    DEADLINE.set(DEADLINE.get().map(earlier).or(time));
}

/// The earliest time that was noted.
pub(super) fn deadline() -> Option<Instant> {
    DEADLINE.get()
}

/// Begins anew.
pub(super) fn forget_deadline() {
    DEADLINE.set(None);
}
