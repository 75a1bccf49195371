//! The store: where instances live, and the way into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{AsContextMut, StoreContextMut};

use crate::access::{DropQueue, Gate, Guarded, Inside, Pass};
use crate::error::natural;
use crate::reference::Root;
use crate::{Engine, Result, WasmtimeError, stack};

/// What a store keeps for the objects in it.
#[derive(Default)]
pub(crate) struct StoreData {}

/// Tells the stores of this process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(u64);

/// Holds instances and everything that they own: memories, tables, globals, functions.
///
/// A store may be used from any thread, by one at a time: another thread waits for its turn. A host function
/// may use the store that it was called from, to any depth. Objects of one store do not work with another.
/// Close a store to give its memory back at once.
#[derive(uniffi::Object)]
pub struct Store {
    id: StoreId,
    engine: wasmtime::Engine,
    /// What guests may use of a stack, in bytes.
    guest_stack: usize,
    gate: Gate<Guest>,
}

/// What the host needs of a stack beside its guest, in bytes: our own frames, and the zones that a JVM keeps at the end
/// of every stack.
const HOST_STACK: usize = 256 << 10;

/// What stands behind the gate.
pub(crate) struct Guest(wasmtime::Store<StoreData>);

impl Guarded for Guest {
    type Caller = wasmtime::Caller<'static, StoreData>;
    type Deferred = Root;

    fn reclaim(_inside: &mut Inside<'_, Self>, root: Root) {
        // Wasmtime marks the root as dead here, and its collector sweeps it when it runs next.
        drop(root);
    }
}

#[uniffi::export]
impl Store {
    /// Makes an empty store.
    #[uniffi::constructor]
    pub fn new(engine: &Engine) -> Result<Arc<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let guest_stack = engine.guest_stack();
        let engine = engine.get()?;
        let store = wasmtime::Store::try_new(&engine, StoreData::default())
            .map_err(|error| WasmtimeError::limit(crate::error::chain(&error)))?;
        let id = StoreId(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Arc::new(Self { id, engine, guest_stack, gate: Gate::new(Guest(store)) }))
    }

    /// Gives guests `fuel` units from now on. Fails with `Config` unless `Config.consume_fuel` is set.
    pub fn set_fuel(&self, fuel: u64) -> Result<()> {
        self.enter(|mut context| {
            context
                .set_fuel(fuel)
                .map_err(|_| WasmtimeError::Config { reason: "fuel needs an engine with consume_fuel".to_owned() })
        })
    }

    /// The fuel that is left, in units. Fails with `Config` unless `Config.consume_fuel` is set.
    pub fn fuel(&self) -> Result<u64> {
        self.enter(|context| {
            context
                .get_fuel()
                .map_err(|_| WasmtimeError::Config { reason: "fuel needs an engine with consume_fuel".to_owned() })
        })
    }

    /// Lets guests run until the engine's epoch has been incremented `ticks` times; then they trap with
    /// `Interrupt`. Without `Config.epoch_interruption` it has no effect.
    pub fn set_epoch_deadline(&self, ticks: i64) -> Result<()> {
        let ticks = natural(ticks, "the epoch deadline")?;
        self.enter(|mut context| {
            context.set_epoch_deadline(ticks);
            Ok(())
        })
    }

    /// Collects garbage now: references that nobody holds any more.
    pub fn gc(&self) -> Result<()> {
        self.enter(|mut context| context.gc(None).map_err(|error| WasmtimeError::limit(crate::error::chain(&error))))
    }

    /// Closes the store, after the thread that is inside has left it. When this returns, its memory is back,
    /// and every later use of it or of what it held fails with `Closed`. Closing twice does nothing.
    ///
    /// In a host function that this store called, later uses fail at once, and the memory is back when the
    /// outermost call has returned.
    pub fn release(&self) -> Result<()> {
        self.gate.close();
        Ok(())
    }

    /// Whether the store is closed.
    pub fn is_released(&self) -> Result<bool> {
        Ok(self.gate.check_open().is_err())
    }
}

impl Store {
    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    pub(crate) fn drop_queue(&self) -> Arc<DropQueue<Root>> {
        self.gate.drop_queue()
    }

    /// Fails with `Closed` after close. Takes no turn.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.gate.check_open().map_err(WasmtimeError::refused)
    }

    /// Fails with `WrongStore` unless `owner` is this store, and with `Closed` after close.
    pub(crate) fn check_owner(&self, owner: StoreId, what: &str) -> Result<()> {
        if owner == self.id { self.check_open() } else { Err(WasmtimeError::WrongStore { what: what.to_owned() }) }
    }

    /// Takes a turn in the store. See `access`.
    pub(crate) fn enter<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.gate.enter(|inside| work(context(inside))).map_err(WasmtimeError::refused).and_then(|result| result)
    }

    /// Takes a turn in the store, to run guest code. Wasmtime lets a guest use as much stack as it is configured to,
    /// whatever the thread has: one that has less left runs the guest on a stack of its own.
    pub(crate) fn enter_guest<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        let needed = self.guest_stack.saturating_add(HOST_STACK);
        // Further in, the limit of the outermost call holds, and that call has seen to the room.
        if stack::has_room(needed) || self.gate.is_inside() {
            return self.enter(work);
        }
        stack::grow(needed.saturating_add(HOST_STACK), || self.enter(work))
    }

    /// Takes a turn by the pass of one host call, and meets the innermost caller.
    pub(crate) fn enter_with<R>(
        &self,
        pass: Pass,
        work: impl FnOnce(Option<&mut wasmtime::Caller<'static, StoreData>>) -> Result<R>,
    ) -> Result<R> {
        self.gate
            .enter_with(pass, |inside| match inside {
                Inside::Caller(caller) => work(Some(caller)),
                Inside::Root(_) => work(None),
            })
            .map_err(WasmtimeError::refused)
            .and_then(|result| result)
    }

    /// Runs a host function with its caller published.
    pub(crate) fn publish<R>(&self, caller: &mut wasmtime::Caller<'_, StoreData>, work: impl FnOnce(Pass) -> R) -> R {
        let caller = std::ptr::from_mut(caller).cast::<wasmtime::Caller<'static, StoreData>>();
        // SAFETY: only the lifetime is forgotten. The gate hands the caller out again for no longer than
        // this call lasts, and only as a context that borrows from it.
        self.gate.publish(unsafe { &mut *caller }, work)
    }
}

fn context<'a>(inside: Inside<'a, Guest>) -> StoreContextMut<'a, StoreData> {
    match inside {
        Inside::Root(guest) => guest.0.as_context_mut(),
        Inside::Caller(caller) => caller.as_context_mut(),
    }
}
