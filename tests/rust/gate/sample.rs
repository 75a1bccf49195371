//! What the gate guards in these tests: a count, and how often things were let go of.

#[cfg(loom)]
use loom::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
#[cfg(not(loom))]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use std::convert::Infallible;
use std::ptr::NonNull;

use trimaran_gate::{Guarded, Inside, Paused};

/// The root, as a store is.
pub(crate) struct Root {
    pub(crate) count: usize,
    gone: Arc<AtomicUsize>,
}

impl Root {
    pub(crate) fn new(gone: &Arc<AtomicUsize>) -> Self {
        Self { count: 0, gone: Arc::clone(gone) }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.gone.fetch_add(1, SeqCst);
    }
}

/// What a host function is given, as wasmtime's `Caller` is: it borrows the root.
pub(crate) struct Caller(pub(crate) *mut Root);

/// A value that belongs inside, as a rooted reference does.
pub(crate) struct Late(pub(crate) Arc<AtomicUsize>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Guarded for Root {
    type Caller = Caller;
    type Deferred = Late;
    type Departed = Late;
    type Fiber = Infallible;
    type Answer = Infallible;
    type Event = Infallible;

    fn reclaim(_inside: &mut Inside<'_, Self>, late: Late) {
        drop(late);
    }

    fn resume(_: NonNull<Self>, _: &mut [Infallible], answer: Option<Infallible>) -> Paused<Infallible> {
        match answer.unwrap() {}
    }

    fn visit(_: NonNull<Self>, _: &mut [Infallible], _: &mut dyn FnMut(&mut Caller)) {}

    fn unwind(_: NonNull<Self>, _: &mut [Infallible]) {}
}

/// The root, from wherever the entry arrived.
pub(crate) fn root(inside: Inside<'_, Root>) -> &mut Root {
    match inside {
        Inside::Root(root) => root,
        // SAFETY: a caller is made of the `&mut Root` of the entry below it, which is not used meanwhile.
        Inside::Caller(caller) => unsafe { &mut *caller.0 },
    }
}
