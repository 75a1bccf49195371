//! Where the elements of a stream, or the value of a future, go over from who writes them to the host, which reads them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::stores::suspension::Parcel;

/// Between the one that writes, which wasmtime polls, and the one that reads.
#[derive(Default)]
pub(super) struct Port(Mutex<State>);

#[derive(Default)]
struct State {
    /// Whether there is a reader that waits.
    is_read: bool,
    /// How many elements are wanted at most, if some are.
    wanted: Option<usize>,
    /// What has come, and nobody has taken yet.
    arrived: Option<Parcel>,
    /// Nobody writes any more.
    is_over: bool,
    /// Nobody reads any more.
    is_closed: bool,
    /// Wakes who writes.
    writer: Option<Waker>,
    /// Wakes who reads.
    reader: Option<Waker>,
}

/// What the reader wants.
pub(super) enum Wants {
    /// Nothing now: the writer is woken when it does.
    Nothing,
    /// At most so many elements.
    Elements(usize),
    /// It has gone.
    Gone,
}

/// What the reader gets.
pub(super) enum Arrived {
    /// What has come. Those who send and take it know its type.
    Parcel(Parcel),
    /// The end.
    End,
}

impl Port {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the reader wants. `context` is that of the writer.
    pub(super) fn wants(&self, context: &Context<'_>) -> Wants {
        let mut state = self.lock();
        if state.is_closed {
            return Wants::Gone;
        }
        match state.wanted.filter(|_| state.arrived.is_none()) {
            Some(count) => Wants::Elements(count),
            None => {
                state.writer = Some(context.waker().clone());
                Wants::Nothing
            }
        }
    }

    /// Brings the reader something.
    pub(super) fn bring(&self, parcel: Parcel) {
        let mut state = self.lock();
        (state.arrived, state.wanted) = (Some(parcel), None);
        wake(state.reader.take());
    }

    /// Nobody writes any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.is_over = true;
        wake(state.reader.take());
    }

    /// A reader wants at most so many elements from now on. Says no where there is one already.
    pub(super) fn want(&self, count: usize) -> bool {
        let mut state = self.lock();
        if state.is_read {
            return false;
        }
        (state.is_read, state.wanted) = (true, Some(count));
        wake(state.writer.take());
        true
    }

    /// The reader has stopped to wait. What comes meanwhile is there for the next one.
    pub(super) fn rest(&self) {
        let mut state = self.lock();
        (state.is_read, state.wanted, state.reader) = (false, None, None);
    }

    /// What has come, if anything has.
    pub(super) fn take(&self) -> Option<Arrived> {
        let mut state = self.lock();
        let arrived = state.arrived.take().map(Arrived::Parcel);
        arrived.or_else(|| state.is_over.then_some(Arrived::End))
    }

    /// The same, which waits.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Arrived> {
        if let Some(arrived) = self.take() {
            return Poll::Ready(arrived);
        }
        self.lock().reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Nobody reads any more. What has come is gone.
    pub(super) fn close(&self) {
        let left = {
            let mut state = self.lock();
            state.is_closed = true;
            wake(state.writer.take());
            state.arrived.take()
        };
        // The port is free again.
        drop(left);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
