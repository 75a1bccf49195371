//! Stores whose guests go on step by step, and rest while they wait for an async host function.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use trimaran_gate::{Gate, Gated, Inside, Stop, Token, this_thread};
use wasmtime::{StoreContextMut, UpdateDeadline};

use crate::stores::fiber::{Fiber, Watch};
use crate::stores::store::{Calling, Guest, StoreData};
use crate::stores::suspension::{Begin, Suspension};
use crate::traps::carried::Interrupted;
use crate::{Interruption, Result, Store, WasmtimeError};

std::thread_local! {
    /// The async host call that this thread works for.
    static WORKS_FOR: Cell<Option<(u64, Token)>> = const { Cell::new(None) };
}

/// Tells for which async host call of a store the task works that runs on this thread.
static TASKS_CALL: OnceLock<fn(u64) -> Option<Token>> = OnceLock::new();

/// From now on, a call into a store whose guests run on fibers asks `tasks_call` for which async host call of that store, by the
/// store's number, the present task works. It may be asked on any thread, and not in a guest.
pub fn ask_tasks(tasks_call: fn(u64) -> Option<Token>) {
    // A process has one language's adapter, which sets this once.
    _ = TASKS_CALL.set(tasks_call);
}

/// What a guest does at a tick that nothing has stopped.
pub(super) fn at_a_tick(data: &StoreData) -> wasmtime::Result<UpdateDeadline> {
    let Some(suspension) = &data.suspension else { return Ok(UpdateDeadline::Continue(1)) };
    if suspension.is_stopped() {
        return Err(wasmtime::Error::new(Interrupted(Interruption::Handle)));
    }
    Ok(if suspension.may_suspend() { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
}

impl Store {
    pub(crate) fn suspension(&self) -> &Arc<Suspension<Calling>> {
        self.suspension.get_or_init(Suspension::new)
    }

    /// Whether guests of this store run on fibers, where a guest may rest in the middle of its code.
    pub(crate) fn is_on_fibers(&self) -> bool {
        self.is_on_fibers.load(Ordering::Relaxed)
    }

    /// From now on, guests of this store run on fibers, since one of them may reach an async host function. Fails with `Busy` in
    /// a host function of a guest that does not run on one.
    pub(crate) fn run_on_fibers(&self) -> Result<()> {
        if self.is_on_fibers() {
            return self.check_open();
        }
        self.gate.enter_as(this_thread(), &|| self.may_wait(), |inside| match inside {
            Inside::Root(guest) => {
                guest.0.data_mut().suspension.get_or_insert_with(|| Arc::clone(self.suspension()));
                self.is_on_fibers.store(true, Ordering::Relaxed);
                Ok(())
            }
            Inside::Caller(caller) => {
                if caller.context().data().suspension.is_some() {
                    return Ok(());
                }
                let reason = "the store runs a guest that cannot wait: give it its first async host function before, and not in a \
                              host function";
                Err(WasmtimeError::Busy { reason: reason.to_owned() })
            }
        })
    }

    /// The calls that this thread makes into this store during `work` come from that async host call.
    pub fn working_for<R>(&self, call: Token, work: impl FnOnce() -> R) -> R {
        let _outer = WorksFor { outer: WORKS_FOR.replace(Some((self.id.number(), call))) };
        work()
    }

    /// The async host call of this store that this thread, or its task, works for.
    #[inline]
    pub fn works_for(&self) -> Option<Token> {
        self.suspension.get()?;
        let number = self.id.number();
        let known = WORKS_FOR.get().filter(|(store, _)| *store == number).map(|(_, call)| call);
        known.or_else(|| TASKS_CALL.get()?(number))
    }
}

/// From now on, the calls that this thread makes into the store of that number come from that async host call, if one is given.
/// Returns what was set before, which has to be set again before the thread goes on with anything else: where the work is no
/// closure, as `Store::working_for` wants it.
pub fn swap_working_for(call: Option<(u64, Token)>) -> Option<(u64, Token)> {
    WORKS_FOR.replace(call)
}

/// For whom the thread worked before, and does again when this is dropped.
struct WorksFor {
    outer: Option<(u64, Token)>,
}

impl Drop for WorksFor {
    fn drop(&mut self) {
        WORKS_FOR.set(self.outer);
    }
}

/// A store, for the runs of its guests.
#[derive(Clone)]
pub(crate) struct SteppedStore(pub(crate) Arc<Store>);

impl Gated for SteppedStore {
    type Root = Guest;

    fn gate(&self) -> &Gate<Guest> {
        &self.0.gate
    }
}

/// A guest whose call is under way.
pub(crate) type GuestRun = trimaran_gate::Run<SteppedStore>;

/// A call of a guest, which begins by `begin` when it is first stepped, and is polled to its end. `is_concurrent` says whether its steps
/// answer the questions of tasks, and `watch` is that of a read.
pub(crate) fn run(
    store: &Arc<Store>,
    of: Option<Token>,
    (begin, watch): (Begin<Calling>, Option<Watch>),
    is_concurrent: bool,
) -> GuestRun {
    let suspension = Arc::clone(store.suspension());
    let fiber = |stop: Stop| Fiber::new(suspension, stop, (begin, watch), is_concurrent);
    GuestRun::new(SteppedStore(Arc::clone(store)), of, fiber)
}

/// The context of a guest that begins, for as long as it lasts.
///
/// # Safety
/// The guest is polled and dropped only by the gate, which does so while the store, and the guest that waits below this one, are
/// there.
pub(crate) unsafe fn context_of_guest(caller: &mut Calling) -> StoreContextMut<'static, StoreData> {
    // SAFETY: only the lifetime changes: the contract of this function. The context points into the store, and not to `caller`.
    unsafe {
        std::mem::transmute::<StoreContextMut<'_, StoreData>, StoreContextMut<'static, StoreData>>(caller.context())
    }
}
