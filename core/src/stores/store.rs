//! A store, what wasmtime keeps for it, and the callbacks of its host functions: the types that refer to each other, and what
//! each of the other files needs of them.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use trimaran_gate::{DropQueue, Gate, Guarded, Inside, Paused};
use wasmtime::{AsContext, AsContextMut, StoreContextMut};
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::errors::spelling::Spelled;
use crate::events::listener::Events;
use crate::interruption::interrupt::{Interrupts, SteppedRun};
use crate::interruption::interrupt_check::InterruptCheck;
use crate::limits::store_limiter::StoreLimiter;
use crate::process::{failpoint, stack};
use crate::stores::components::{Components, DroppedResources};
use crate::stores::fiber::Fiber;
use crate::stores::host_objects::HostObjects;
use crate::stores::root::Root;
use crate::stores::suspension::{Parcel, Suspension};
use crate::traps::symbols::Kept;
use crate::types::slot::Slot;
use crate::wasi::context::Wasi;
use crate::wasi::functions::WasiHost;
use crate::wasi::http::state::Http;
use crate::wasi::preview1::Preview1;
use crate::wasi::wait::Rests;
use crate::{Engine, HostObject, Result, WasmtimeError};

/// The number of a store, which no other store of this process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(pub(super) u64);

/// What belongs to one store. Adapters say which one when they show an object to a person.
pub trait OfStore {
    /// The number of its store, which no other store of this process has.
    fn store_number(&self) -> u64;
}

macro_rules! of_store {
    ($ty:ty) => {
        impl $crate::stores::store::OfStore for $ty {
            fn store_number(&self) -> u64 {
                self.owner.number()
            }
        }
    };
}
pub(crate) use of_store;

impl StoreId {
    pub(crate) const fn number(self) -> u64 {
        self.0
    }
}

/// Holds instances and everything that they own: memories, tables, globals, functions.
///
/// Any thread may use a store, one at a time: another thread waits for its turn. If the first thread stays in one host
/// function for 30 seconds, or for the store's timeout, the other one fails with `Busy`, since that function may wait for
/// it. A host function may use the store that called it, as deep as `Config.max_wasm_stack` and the thread's stack have room: then the
/// call fails with `Trap` or `Limit`. Objects of one store do not work with another. Close a store to free its memory at once.
#[derive(uniffi::Object)]
pub struct Store {
    pub(super) id: StoreId,
    pub(super) engine: wasmtime::Engine,
    /// The engine itself, if it is a shared one: then there is no second one for its configuration while this is there.
    #[expect(dead_code, reason = "it is kept")]
    pub(super) shared_engine: Option<Arc<Engine>>,
    /// How many bytes of a stack a guest and its host functions need.
    pub(super) needed_stack: usize,
    pub(super) gate: Gate<Guest>,
    /// The free part of a guest's own stack, while a host function of that guest runs on the thread's stack.
    pub(super) waiting: Mutex<Option<stack::Part>>,
    /// Whether `waiting` has such a part. The thread that is inside reads this first, and takes the lock only then.
    pub(super) is_split: AtomicBool,
    pub(super) counts_fuel: bool,
    /// The fuel that was left when the host last set it or was last called. Reading it needs no turn.
    pub(super) fuel_seen: AtomicU64,
    /// The price of a host call, in units of fuel.
    pub(super) host_call_fuel: AtomicU64,
    /// What can stop its guests, if anything can.
    pub(super) interrupts: Option<Arc<Interrupts>>,
    /// Asks the language whether a thread may wait for the store, or go on with a guest.
    pub(super) interrupt_check: OnceLock<Arc<dyn InterruptCheck>>,
    /// By which the language finds its own object of this store.
    pub(super) language_store: OnceLock<Box<dyn Any + Send + Sync>>,
    /// Whether wasmtime has to be told what instances that were refused have given back.
    pub(super) has_returned: AtomicBool,
    pub(crate) events: Arc<Events>,
    /// Whether each call by the host is told.
    pub(crate) tells_calls: bool,
    /// Whether nothing can stop its guests, and nobody is told of its calls.
    pub(super) is_plain: bool,
    /// What lies between the steps of its guests, once one may go on step by step.
    pub(super) suspension: OnceLock<Arc<Suspension<Calling>>>,
    /// Whether its guests run on fibers. It is written inside, and stays.
    pub(super) is_on_fibers: AtomicBool,
    /// The numbers of the linkers' host functions that have their callbacks here, so that nobody enters the store to see that.
    pub(crate) bound_hosts: Mutex<HashSet<u64>>,
    /// The handles of components that a language has let go of.
    pub(crate) dropped_resources: Arc<DroppedResources>,
    /// The objects of the host that guests of components have handles of.
    pub(super) host_objects: Arc<HostObjects>,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.host_objects.leave();
    }
}

impl Store {
    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// The store as an `Arc`. `None` once no `Arc` is left, or after close.
    pub(crate) fn to_arc(&self) -> Option<Arc<Self>> {
        self.enter(|context| Ok(context.data().weak_store.upgrade())).ok().flatten()
    }

    pub(super) fn interrupts(&self) -> Result<&Arc<Interrupts>> {
        let reason = || format!("interruption needs an engine with {}", Spelled("epoch_interruption"));
        self.interrupts.as_ref().ok_or_else(|| WasmtimeError::Config { reason: reason() })
    }

    /// Sets the language's check, which the store asks now and then while a thread waits for it, and while a guest runs if
    /// the engine can interrupt guests. Returns whether it can.
    pub fn set_interrupt_check(&self, check: impl FnOnce() -> Box<dyn InterruptCheck>) -> bool {
        let interrupt_check = self.interrupt_check.get_or_init(|| check().into());
        self.interrupts.as_ref().inspect(|interrupts| interrupts.set_check(interrupt_check)).is_some()
    }

    /// Keeps what the language finds its own object of this store by: of what is set, the first.
    pub fn set_language_store(&self, found_by: Box<dyn Any + Send + Sync>) {
        _ = self.language_store.set(found_by);
    }

    /// What `set_language_store` has kept, if it is of that type.
    pub fn language_store<T: Any>(&self) -> Option<&T> {
        self.language_store.get()?.downcast_ref()
    }

    /// Fails where the guest that called the host, which returns to it now, has to end.
    #[inline]
    pub(crate) fn check_run(&self) -> wasmtime::Result<()> {
        self.interrupts.as_ref().map_or(Ok(()), |interrupts| interrupts.host_returns())
    }

    /// Notes for a profile where the guest is that has called the host.
    #[inline]
    pub(crate) fn sample(&self, context: impl AsContext) {
        if let Some(interrupts) = &self.interrupts {
            interrupts.profiled.take(context);
        }
    }

    /// Whether a thread may wait for the store any longer.
    pub(super) fn may_wait(&self) -> Result<()> {
        self.interrupts.as_ref().map_or(Ok(()), |interrupts| interrupts.may_wait())?;
        self.interrupt_check.get().map_or(Ok(()), |check| check.check())
    }

    pub(crate) fn drop_queue(&self) -> Arc<DropQueue<Root>> {
        self.gate.drop_queue()
    }

    /// The queue for host objects that are dropped inside.
    pub(crate) fn departed(&self) -> Arc<DropQueue<HostObject>> {
        self.gate.departed()
    }

    /// Fails with `Closed` after close. Takes no turn.
    #[inline(always)]
    pub(crate) fn check_open(&self) -> Result<()> {
        self.gate.check_open().map_err(WasmtimeError::from)
    }

    /// Fails with `WrongStore` unless `owner` is this store, and with `Closed` after close.
    #[inline(always)]
    pub(crate) fn check_owner(&self, owner: StoreId, what: &str) -> Result<()> {
        if owner == self.id { self.check_open() } else { Err(wrong_store(what)) }
    }

    /// A view of one of this store's memories begins. Only for the thread that is inside.
    pub(crate) fn pin(&self) {
        self.gate.pin();
    }

    /// A view ends. Any thread may say so.
    pub(crate) fn unpin(&self) {
        self.gate.unpin();
    }

    /// Takes the price of a host call from the guest's fuel, if fuel is on, and notes what is left. Fails where it is not enough.
    pub(crate) fn charge(&self, mut context: StoreContextMut<'_, StoreData>) -> wasmtime::Result<()> {
        if !self.counts_fuel {
            return Ok(());
        }
        let (left, price) = (context.get_fuel()?, self.host_call_fuel.load(Ordering::Relaxed));
        let rest = left.checked_sub(price).ok_or(wasmtime::Trap::OutOfFuel)?;
        if price != 0 {
            context.set_fuel(rest)?;
        }
        self.fuel_seen.store(rest, Ordering::Relaxed);
        Ok(())
    }
}

#[cold]
fn wrong_store(what: &str) -> WasmtimeError {
    WasmtimeError::WrongStore { what: what.to_owned() }
}

/// What a store keeps for the objects in it.
pub(crate) struct StoreData {
    /// The store itself. The thread that entered it borrows it, so that it lives while anything runs in it.
    pub(crate) weak_store: Weak<Store>,
    pub(crate) limiter: StoreLimiter,
    /// The callbacks of the linkers' host functions that this store uses, by the number of the definition.
    pub(crate) hosts: HashMap<u64, Arc<CallbackCell>>,
    /// The `Memory` that a host function was given last: most ask for the same one at each call. Memories are made of stores, so
    /// that this file cannot name their type.
    pub(crate) last_memory: Weak<dyn Any + Send + Sync>,
    pub(crate) components: Components,
    /// What its modules say of their source files.
    pub(crate) debug_info: Kept,
    pub(crate) wasi: Wasi,
    /// What lies between the steps of its guests; none where every guest runs on the stack of its caller.
    pub(crate) suspension: Option<Arc<Suspension<Calling>>>,
}

impl StoreData {
    pub(super) fn new(engine: &wasmtime::Engine, reserved: u64, switches_stacks: bool) -> Self {
        let limiter = StoreLimiter::new(reserved, switches_stacks);
        Self {
            weak_store: Weak::new(),
            limiter,
            hosts: HashMap::new(),
            last_memory: Weak::<()>::new(),
            components: Components::new(engine),
            debug_info: Kept::default(),
            wasi: Wasi::default(),
            suspension: None,
        }
    }

    /// A temporary store, for linkers that need one to look at their items.
    pub(crate) fn scratch(engine: &wasmtime::Engine) -> Result<wasmtime::Store<Self>> {
        wasmtime::Store::try_new(engine, Self::new(engine, u64::MAX, false)).map_err(WasmtimeError::not_allocated)
    }
}

impl WasiHost for StoreData {
    fn wasi(&mut self) -> &mut Preview1 {
        self.wasi.preview1()
    }

    fn wasi_of_components(&mut self) -> (&mut Preview1, &mut HashSet<u32>) {
        self.wasi.of_components()
    }

    fn wasi_http(&mut self) -> (&mut Preview1, &mut Http) {
        self.wasi.of_http()
    }

    fn may_open(&self) -> bool {
        self.limiter.may_open(self.wasi.descriptors())
    }

    fn interrupts(&self) -> Option<Arc<Interrupts>> {
        self.weak_store.upgrade()?.interrupts.clone()
    }

    fn rests(&self) -> Option<Arc<dyn Rests>> {
        Some(Arc::clone(self.suspension.as_ref()?) as _)
    }
}

impl WasiView for StoreData {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.preview1().context.ctx()
    }
}

/// The root behind the gate: wasmtime's store.
pub(crate) struct Guest(pub(super) wasmtime::Store<StoreData>);

impl Drop for Guest {
    fn drop(&mut self) {
        failpoint::panic_at("close");
    }
}

impl Guarded for Guest {
    type Caller = Calling;
    type Deferred = Root;
    type Departed = HostObject;
    type Fiber = Fiber<Calling>;
    type Answer = Parcel;
    type Event = Result<Parcel>;

    fn reclaim(_inside: &mut Inside<'_, Self>, root: Root) {
        failpoint::panic_at("drop");
        // The drop marks the root as dead. Wasmtime's collector frees it when it runs next.
        drop(root);
    }

    fn resume(
        mut root: NonNull<Self>,
        fibers: &mut [Fiber<Calling>],
        answer: Option<Parcel>,
    ) -> Paused<Result<Parcel>> {
        Fiber::resume(fibers, answer, |fiber, begin| {
            // SAFETY: the gate lets nothing else reach the root, and the outermost guest, which is to borrow it, has not begun.
            let guest = unsafe { root.as_mut() };
            let store = guest.0.data().weak_store.upgrade();
            if store.is_some_and(|store| store.has_returned.swap(false, Ordering::Relaxed)) {
                guest.settle();
            }
            let mut context = guest.0.as_context_mut();
            let interrupts = context.data().interrupts();
            let run = interrupts.as_ref().map(SteppedRun::begin).transpose()?;
            context.data_mut().suspension.get_or_insert_with(|| Arc::clone(fiber.suspension()));
            Ok((run, begin(&mut Calling::Component(NonNull::from(&mut context).cast()))))
        })
    }

    fn visit(_root: NonNull<Self>, fibers: &mut [Fiber<Calling>], work: &mut dyn FnMut(&mut Calling)) {
        Fiber::visit(fibers, work);
    }

    fn unwind(_root: NonNull<Self>, fibers: &mut [Fiber<Calling>]) {
        Fiber::unwind(fibers);
    }
}

/// The guest that calls the host: a module's instance, or a component's.
pub(crate) enum Calling {
    Module(NonNull<wasmtime::Caller<'static, StoreData>>),
    /// Or whoever else has the store's context.
    Component(NonNull<StoreContextMut<'static, StoreData>>),
}

// SAFETY: what it points to is `Send`, as `StoreData` is, and one borrower at a time has it.
unsafe impl Send for Calling {}

impl Calling {
    pub(crate) fn context(&mut self) -> StoreContextMut<'_, StoreData> {
        // SAFETY: `Store::host_call` and `Store::component_call` make one of an exclusive reference that they hold until their host
        // function has returned. The gate hands it out to one borrower at a time, and not after that.
        unsafe {
            match self {
                Self::Module(caller) => caller.as_mut().as_context_mut(),
                Self::Component(context) => context.as_mut().as_context_mut(),
            }
        }
    }

    /// The instance of a module that calls; none where a component does.
    pub(super) fn caller(&mut self) -> Option<&mut wasmtime::Caller<'static, StoreData>> {
        match self {
            // SAFETY: as `context` says.
            Self::Module(caller) => Some(unsafe { caller.as_mut() }),
            Self::Component(_) => None,
        }
    }
}

/// A host function, on slots.
///
/// # Safety
/// For each result that is a reference, it leaves a handle as the documentation of `Slot` says. That handle belongs to the core
/// from then on.
pub unsafe trait SlotFunction: Send + Sync {
    /// Runs it. The slots hold the parameters before and the results after; handles among the parameters belong to it.
    /// `call_id` is the number of this call, for `Store::caller_export`. Its error comes out of the outer call, after
    /// the guest has unwound.
    fn call(&self, store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()>;

    /// What an async one is, for whoever steps its guest and runs it.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

/// The callback of a host function, once it is bound.
#[derive(Default)]
pub(crate) struct CallbackCell {
    pub(crate) function: OnceLock<Box<dyn SlotFunction>>,
    /// Under which name a linker defines the function, if one does, in words. Every callback for it does the same then: binding a
    /// second one is no mistake.
    pub(crate) defined: Option<Arc<str>>,
}
