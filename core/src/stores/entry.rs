//! The ways into a store: for its settings, for guests, and for the host functions that they call.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use wasmtime::{AsContextMut, StoreContextMut};

use trimaran_gate::{HostCallId, Inside, Turn, this_thread};

use crate::events::event::EventKind;
use crate::interruption::interrupt::AnnouncedRun;
use crate::process::stack::HOST_CALL;
use crate::process::{signal_check, stack, task, unstoppable};
use crate::stores::store::{Calling, Guest, StoreData};
use crate::{Result, Store, WasmtimeError};

/// How many bytes of a stack the host needs beside its guest: for this library's frames, and for the zones that a JVM keeps at
/// the end of every stack.
pub(super) const HOST_STACK: usize = 256 << 10;

/// The name of a function that the host calls, if it was found by one.
pub(crate) type Called = Option<Arc<str>>;

impl Store {
    /// Takes a turn in the store: see the crate `trimaran-gate`.
    #[inline(always)]
    pub(crate) fn enter<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.enter_as(this_thread(), work)
    }

    #[inline(always)]
    fn enter_as<R>(&self, me: usize, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.gate.enter_as(me, &|| self.may_wait(), |inside| work(context(inside)?))
    }

    /// Takes a turn in the store between its guests. Fails with `Busy` while one runs or waits, which is in the middle of something.
    pub(crate) fn enter_idle<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.gate.enter_as(this_thread(), &|| self.may_wait(), |inside| match inside {
            Inside::Root(guest) => work(guest.0.as_context_mut()),
            Inside::Caller(_) => Err(WasmtimeError::Busy {
                reason: "a guest of the store is in the middle of a call, whose stack a snapshot would not have: take it when the \
                         call is over"
                    .to_owned(),
            }),
        })
    }

    /// Takes a turn in the store, to run guest code. Wasmtime lets a guest use as much stack as the engine is
    /// configured for, however much the thread has. Where the thread has less left, the guest runs on a new stack.
    // Inlined, so that the plain call of a guest moves nothing through memory on its way.
    #[inline(always)]
    pub(crate) fn enter_guest<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.enter_guest_now(None::<fn() -> Called>, work).map_err(|error| self.noted(error))
    }

    /// The same for a function that the host calls: a listener may want to know which one.
    #[inline(always)]
    pub(crate) fn call_guest<R>(
        &self,
        called: impl FnOnce() -> Called,
        work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        self.enter_guest_now(Some(called), work).map_err(|error| self.noted(error))
    }

    #[inline(always)]
    fn enter_guest_now<R>(
        &self,
        called: Option<impl FnOnce() -> Called>,
        work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        let me = this_thread();
        task::check()?;
        if self.is_plain
            && stack::has_space(self.needed_stack)
            && let Some(mut entry) = self.gate.enter_plainly(me)
        {
            signal_check::now_and_then();
            let _unstoppable = unstoppable::enter(me);
            if let Some(guest) = entry.root() {
                return work(guest.0.as_context_mut());
            }
        }
        self.enter_guest_in_any_way(me, called, work)
    }

    /// The same for a guest that a host function calls, that can be interrupted, or that needs a new stack.
    #[inline(never)]
    fn enter_guest_in_any_way<R>(
        &self,
        me: usize,
        called: Option<impl FnOnce() -> Called>,
        work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        let begun = called.filter(|_| self.tells_calls).and_then(|called| Some((called, self.events.begin()?)));
        let done = self.enter_guest_stoppably(me, work);
        if let Some((called, begun)) = begun {
            begun.end(EventKind::Call, called().as_deref(), None, &done);
        }
        done
    }

    #[inline(always)]
    fn enter_guest_stoppably<R>(
        &self,
        me: usize,
        work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        // In a host function and in a turn that is kept as well: both may last, and the host does anything meanwhile.
        signal_check::now_and_then();
        if self.gate.is_within(me) {
            let enter = || self.enter_as(me, work);
            // An inner guest runs on the outermost call's stack, whose room that call has checked, and within that call's limit.
            return match self.waiting() {
                None => enter(),
                Some(guest) => {
                    // The guest uses that part from now on: a later entry on this thread must not use it as well.
                    let _taken = Waiting::taken(self);
                    // SAFETY: `host_call` noted this part for a host function of this store, which runs on this thread and
                    // has not returned: `host_call` removes the note before it does. `Waiting::taken` keeps others off it.
                    unsafe { stack::on(guest, enter) }
                }
            };
        }
        let _kept = self.gate.guest_runs(me);
        let coming = self.interrupts.as_ref().map(|interrupts| interrupts.announce());
        // A language may be asked for it: on the thread's own stack.
        let works_for = self.works_for();
        let enter = || {
            self.gate.call_as(me, works_for, &|| self.may_wait(), |inside| {
                // Only the thread that is inside writes the state of the run. A nested guest has that of the outermost one.
                let begins = coming.filter(|_| matches!(inside, Inside::Root(_)));
                let _running = begins.map(AnnouncedRun::begin).transpose()?;
                work(context(inside)?)
            })
        };
        let _unstoppable = if self.interrupts.is_none() { unstoppable::enter(me) } else { None };
        let needed = self.needed_stack;
        if stack::has_space(needed) {
            return enter();
        }
        stack::grow(needed.saturating_add(HOST_STACK), enter)?
    }

    fn waiting(&self) -> Option<stack::Part> {
        if self.is_split.load(Ordering::Relaxed) { *self.lock_waiting() } else { None }
    }

    fn lock_waiting(&self) -> MutexGuard<'_, Option<stack::Part>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the free part of the guest's stack, and returns the part that was noted before.
    fn wait_at(&self, guest: Option<stack::Part>) -> Option<stack::Part> {
        self.is_split.store(guest.is_some(), Ordering::Relaxed);
        std::mem::replace(&mut *self.lock_waiting(), guest)
    }

    /// Takes a turn in the store if that needs no waiting. Until it is dropped, nothing that this thread does with the store
    /// waits for another one.
    pub fn try_hold(&self) -> Option<Hold<'_>> {
        self.gate.try_turn().map(Hold)
    }

    /// Takes a turn in one host call, and gives `work` the innermost caller; none where that is a component, or the host.
    pub(crate) fn enter_with<R>(
        &self,
        call_id: HostCallId,
        work: impl FnOnce(Option<&mut wasmtime::Caller<'static, StoreData>>) -> Result<R>,
    ) -> Result<R> {
        task::check()?;
        let in_call = |inside: Inside<'_, Guest>| match inside {
            Inside::Caller(calling) => work(calling.caller()),
            Inside::Root(_) => work(None),
        };
        if self.suspension.get().is_some() && self.gate.check_call(call_id).is_err() {
            // An async one, on any thread.
            return self.gate.enter_of_as(call_id.0, &|| self.may_wait(), in_call);
        }
        self.gate.enter_with_as(call_id, in_call)
    }

    /// Fails where that host call has returned, and, unless it is an async one, on any thread but the one that it runs on.
    pub(crate) fn check_host_call(&self, call_id: HostCallId) -> Result<()> {
        if self.suspension.get().is_some() && self.gate.check_call(call_id).is_err() {
            return self.gate.enter_of_as(call_id.0, &|| self.may_wait(), |_| Ok(()));
        }
        self.gate.check_call(call_id).map_err(WasmtimeError::from)
    }

    /// Runs a host function with its caller published, on the thread's own stack. Returns `None` where that has no room
    /// left.
    pub(crate) fn host_call<R>(
        &self,
        caller: &mut wasmtime::Caller<'_, StoreData>,
        work: impl FnOnce(HostCallId) -> R,
    ) -> Option<R> {
        self.publish(Calling::Module(NonNull::from(caller).cast()), work)
    }

    /// The same for a host function that a component calls.
    pub(crate) fn component_call<R>(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        work: impl FnOnce(HostCallId) -> R,
    ) -> Option<R> {
        self.publish(Calling::Component(NonNull::from(context).cast()), work)
    }

    fn publish<R>(&self, mut calling: Calling, work: impl FnOnce(HostCallId) -> R) -> Option<R> {
        stack::on_own(HOST_CALL, |guest| {
            let _guest = guest.map(|guest| Waiting::new(self, guest));
            self.gate.publish(&mut calling, work)
        })
    }
}

/// Until this is dropped, `Store::waiting` has another part of the guest's stack, or none.
struct Waiting<'a> {
    store: &'a Store,
    outer: Option<stack::Part>,
}

impl<'a> Waiting<'a> {
    fn new(store: &'a Store, guest: stack::Part) -> Self {
        Self { store, outer: store.wait_at(Some(guest)) }
    }

    /// A guest runs in the part that was noted: it is no longer free.
    fn taken(store: &'a Store) -> Self {
        Self { store, outer: store.wait_at(None) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.store.wait_at(self.outer);
    }
}

/// A turn in a store, kept by its thread.
pub struct Hold<'a>(#[expect(dead_code, reason = "it is kept")] Turn<'a, Guest>);

#[inline(always)]
fn context(inside: Inside<'_, Guest>) -> Result<StoreContextMut<'_, StoreData>> {
    match inside {
        Inside::Root(guest) => Ok(guest.0.as_context_mut()),
        Inside::Caller(calling) => {
            // For another task of this thread, the caller's stack may be copied away.
            task::check()?;
            Ok(calling.context())
        }
    }
}
