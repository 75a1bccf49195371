//! Who is told what happens.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::events::event::{Event, EventKind};
use crate::process::fork;
use crate::process::host_stack::on_own_stack;
use crate::{Result, WasmtimeError};

/// How many bytes of stack a callback of a language gets at least.
const CALLBACK: usize = 64 << 10;

/// Is told what happens in an engine and in its stores, on the thread on which it has happened.
#[uniffi::export(with_foreign)]
pub trait EventListener: Send + Sync {
    /// Takes an event.
    fn on_event(&self, event: Event);
}

/// A listener, and what it wants to be told.
#[derive(Clone, uniffi::Record)]
pub struct EventListening {
    /// It.
    pub listener: Arc<dyn EventListener>,
    /// Whether it is told of each call of a guest by the host as well, which makes one some microseconds slower.
    pub calls: bool,
}

/// An engine's listener.
#[derive(Default)]
pub(crate) struct Events {
    /// Whether there is one. This is read first.
    is_on: AtomicBool,
    /// Whether it wants to know of calls.
    with_calls: AtomicBool,
    listener: Mutex<Option<Arc<dyn EventListener>>>,
}

/// Something that has begun, and is told when it is over.
pub(crate) struct Begun {
    events: Arc<Events>,
    start: Instant,
}

thread_local! {
    /// Whether this thread is in a listener: what that does is not told.
    static TELLS: Cell<bool> = const { Cell::new(false) };
}

impl Events {
    pub(crate) fn set(&self, listening: Option<EventListening>) {
        let (is_on, calls) = (listening.is_some(), listening.as_ref().is_some_and(|listening| listening.calls));
        let listener = listening.map(|listening| listening.listener);
        let last = std::mem::replace(&mut *fork::lock(&self.listener), listener);
        self.with_calls.store(calls, Ordering::SeqCst);
        self.is_on.store(is_on, Ordering::SeqCst);
        // The language may run code of its own for it: not under the lock.
        drop(last);
    }

    /// Whether calls are told.
    pub(crate) fn with_calls(&self) -> bool {
        self.with_calls.load(Ordering::SeqCst)
    }

    /// Something begins; none where nobody is told.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Begun> {
        self.is_on.load(Ordering::Relaxed).then(|| Begun { events: Arc::clone(self), start: Instant::now() })
    }

    /// Does what the event is about. `name` is what its result is called, and `bytes` those that are compiled.
    pub(crate) fn around<T>(
        self: &Arc<Self>,
        (kind, bytes): (EventKind, Option<&[u8]>),
        name: impl FnOnce(&T) -> Option<String>,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let Some(begun) = self.begin() else { return work() };
        let done = work();
        let name = done.as_ref().ok().and_then(name);
        begun.end(kind, name.as_deref(), bytes.map(|bytes| bytes.len() as u64), &done);
        done
    }

    /// A guest has failed so.
    #[cold]
    pub(crate) fn failed(&self, error: &WasmtimeError) {
        if self.is_on.load(Ordering::Relaxed) && matches!(error, WasmtimeError::Trap { .. }) {
            self.tell(|| Event::new(EventKind::Trap, None, 0, None, Some(error.text())));
        }
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        let Some(listener) = fork::lock(&self.listener).clone() else { return };
        if TELLS.replace(true) {
            return;
        }
        // Where the stack has no room for it, it is not told: a listener changes nothing.
        _ = on_own_stack(CALLBACK, || {
            listener.on_event(event());
            Ok(())
        });
        TELLS.set(false);
    }
}

impl Begun {
    /// It is over. `bytes` are those that were compiled.
    pub(crate) fn end<T>(self, kind: EventKind, name: Option<&str>, bytes: Option<u64>, done: &Result<T>) {
        let nanoseconds = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let error = || done.as_ref().err().map(WasmtimeError::text);
        self.events.tell(|| Event::new(kind, name, nanoseconds, bytes, error()));
    }
}
