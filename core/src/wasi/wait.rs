//! Waits on the guest's own thread in short slices, and checks between them whether the guest has to end.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::interruption::interrupt::Interrupts;
use crate::process::descriptor;

/// How long a call waits before it checks again whether the guest has to end.
const SLICE: Duration = Duration::from_millis(10);

/// The result of a call, if it need not wait. Nothing wakes this thread, so the caller tries again after each pause.
pub(super) fn try_now<R>(call: Pin<&mut impl Future<Output = R>>) -> Option<R> {
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Waits a slice, but not beyond `until`. It ends early when a stream of the host is ready, if the guest waits for that. Fails where
/// the guest has to end.
pub(super) fn pause(until: Option<Instant>, interrupts: Option<&Interrupts>) -> wasmtime::Result<()> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let awaited = descriptor::take_awaited();
    // A guest that nothing can interrupt may sleep the whole time at once.
    let most = if interrupts.is_some() || awaited.is_some() { SLICE } else { left.unwrap_or(SLICE) };
    let time = left.map_or(most, |left| left.min(most));
    match awaited {
        Some(awaited) => _ = awaited.wait(time),
        None => std::thread::sleep(time),
    }
    interrupts.map_or(Ok(()), Interrupts::go_on)
}
