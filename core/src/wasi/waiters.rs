//! What guests wait for, and nothing wakes: whoever goes on with the guests has it polled again, by a time or every few milliseconds.
//!
//! It may be a time, or a stream of the host. No other thread watches either (`docs/adr/0043-wasi-0-3-stands-on-0-2.md`).

use std::collections::HashMap;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::{Result, WasmtimeError};

/// How long a guest waits before it looks again whether it has to end.
pub(crate) const SLICE: Duration = Duration::from_millis(10);

/// For how many things the guests of a store may wait at once.
const MOST: usize = 1000;

/// When what waits is to be polled again.
#[derive(Clone, Copy)]
pub(crate) struct Again {
    /// The time that it waits for; none where it has to be asked each time.
    pub(crate) until: Option<Instant>,
    /// Whether it looks each time whether the guest has to end.
    pub(crate) may_end: bool,
}

impl Again {
    /// The next time.
    fn next(self) -> Instant {
        let slice = Instant::now() + SLICE;
        match self.until {
            Some(until) if !self.may_end => until,
            until => until.map_or(slice, |until| until.min(slice)),
        }
    }
}

/// Something that a guest waits for.
struct Waiter {
    waker: Waker,
    /// When it is to be polled again.
    next: Instant,
    /// Whether it may be ready before, as a stream may.
    may_be_ready: bool,
}

/// What the guests of a store wait for.
#[derive(Default)]
pub(crate) struct Waiters {
    last: u64,
    there: HashMap<u64, Waiter>,
}

impl Waiters {
    /// Has what waits polled again. It keeps its number, which is 0 at first. Gives the waker that it had before, to be dropped where this is
    /// not borrowed. Fails with `Limit` where there are too many.
    pub(crate) fn add(&mut self, number: &mut u64, waker: &Waker, again: Again) -> Result<Option<Waker>> {
        if *number == 0 {
            self.last += 1;
            *number = self.last;
        }
        if self.there.len() >= MOST && !self.there.contains_key(number) {
            return Err(too_many());
        }
        let waiter = Waiter { waker: waker.clone(), next: again.next(), may_be_ready: again.until.is_none() };
        Ok(self.there.insert(*number, waiter).map(|before| before.waker))
    }

    /// It waits no longer.
    pub(crate) fn forget(&mut self, number: u64) -> Option<Waker> {
        self.there.remove(&number).map(|waiter| waiter.waker)
    }

    /// How long nothing has to be polled; none where nothing waits.
    pub(crate) fn rest(&self) -> Option<Duration> {
        let next = self.there.values().map(|waiter| waiter.next).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// The wakers of what is to be polled now. `is_ready` says that a stream has become ready.
    pub(crate) fn take_due(&mut self, is_ready: bool) -> Vec<Waker> {
        if self.there.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        let is_due = |_: &u64, waiter: &mut Waiter| waiter.next <= now || is_ready && waiter.may_be_ready;
        self.there.extract_if(is_due).map(|(_, waiter)| waiter.waker).collect()
    }
}

#[cold]
fn too_many() -> WasmtimeError {
    WasmtimeError::limit(format!(
        "the component's tasks wait for too many times and streams of WASI: expected at most {MOST} at once"
    ))
}
