//! Waiting on the thread that calls: a moment at a time, so that what ends a guest is seen.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::stdin;

/// How long a call waits before it asks again whether it may.
const SLICE: Duration = Duration::from_millis(10);

/// What a call gives, if it need not wait. Nothing wakes this thread: a call that waits is asked again after each pause.
pub(super) fn try_now<R>(call: Pin<&mut impl Future<Output = R>>) -> Option<R> {
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Waits a moment, and no longer than until then: for the standard input, if that is what the guest waits for. Fails where
/// the guest has to end.
pub(super) fn pause(until: Option<Instant>, interrupts: Option<&Interrupts>) -> wasmtime::Result<()> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let is_input = stdin::is_awaited();
    // What nothing can end may sleep all of its time at once.
    let most = if interrupts.is_some() || is_input { SLICE } else { left.unwrap_or(SLICE) };
    let time = left.map_or(most, |left| left.min(most));
    if is_input {
        stdin::wait(time);
    } else {
        std::thread::sleep(time);
    }
    interrupts.map_or(Ok(()), Interrupts::go_on)
}
