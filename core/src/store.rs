//! The store: where instances live, and the way into it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use wasmtime::{AsContextMut, StoreContextMut};

use crate::access::{DropQueue, Gate, Guarded, Inside, Pass, Turn, this_thread};
use crate::error::natural;
use crate::growth::Growth;
use crate::growth::StoreLimits;
use crate::host::{Bodiless, Body, HostDefinition};
use crate::interrupt::{Coming, Interrupts};
use crate::reference::{HostObject, Root};
use crate::wasi::Wasi;
use crate::{
    Engine, Extern, InterruptHandle, Memory, Result, WasiConfig, WasmtimeError, Watch, planted, signals, stack, task,
    unstoppable,
};

/// What a store keeps for the objects in it.
pub(crate) struct StoreData {
    /// The store itself. It lives for as long as anything runs in it: whoever entered it borrows it.
    pub(crate) home: Weak<Store>,
    pub(crate) growth: Growth,
    /// The bodies of the linkers' host functions that are used here.
    pub(crate) hosts: HashMap<u64, Arc<Body>>,
    /// The memory that a host function was given last. Most ask for the same one at each call.
    memory: Weak<Memory>,
    wasi: Wasi,
}

impl StoreData {
    fn new(reserved: u64, switches_stacks: bool) -> Self {
        let growth = Growth::new(reserved, switches_stacks);
        Self { home: Weak::new(), growth, hosts: HashMap::new(), memory: Weak::new(), wasi: Wasi::default() }
    }

    /// A store that is looked at and thrown away.
    pub(crate) fn scratch(engine: &wasmtime::Engine) -> Result<wasmtime::Store<Self>> {
        wasmtime::Store::try_new(engine, Self::new(u64::MAX, false)).map_err(WasmtimeError::no_room)
    }

    /// What guests get of WASI.
    pub(crate) fn wasi(&mut self) -> &mut wasmtime_wasi::p1::WasiP1Ctx {
        self.wasi.context()
    }

    /// Whether a guest may have another file descriptor.
    pub(crate) fn may_open(&self) -> bool {
        self.growth.may_open(self.wasi.descriptors())
    }

    /// A guest has opened a file descriptor.
    pub(crate) fn opened(&mut self) {
        self.wasi.opened();
    }

    /// A guest has closed a file descriptor.
    pub(crate) fn closed(&mut self) {
        self.wasi.closed();
    }

    /// What can stop the guests of the store, if anything can.
    pub(crate) fn interrupts(&self) -> Option<Arc<Interrupts>> {
        self.home.upgrade()?.interrupts.clone()
    }
}

/// Tells the stores of this process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(u64);

/// Holds instances and everything that they own: memories, tables, globals, functions.
///
/// A store may be used from any thread, by one at a time: another thread waits for its turn, unless the first has been in
/// one host function for 30 seconds, or for the store's timeout, which may wait for it: then it fails with `Busy`. A host
/// function may use the store that it was called from, to any depth. Objects of one store do not work with another.
/// Close a store to give its memory back at once.
#[derive(uniffi::Object)]
pub struct Store {
    id: StoreId,
    engine: wasmtime::Engine,
    /// What guests may use of a stack, in bytes.
    guest_stack: usize,
    gate: Gate<Guest>,
    /// Where its guests' stack goes on, while a host function of theirs runs on another one.
    waiting: Mutex<Option<stack::Part>>,
    /// Whether there is such a place. For the thread that is inside, which need not look for it otherwise.
    is_split: AtomicBool,
    counts_fuel: bool,
    /// What was left when it was last set, or the host last called. For who must not wait for the thread that is inside.
    fuel_seen: AtomicU64,
    /// What a guest pays for calling the host.
    host_call_fuel: AtomicU64,
    /// What can stop its guests, if anything can.
    interrupts: Option<Arc<Interrupts>>,
    /// Asks the language whether a thread may wait for the store, or go on with a guest.
    watch: OnceLock<Arc<dyn Watch>>,
}

/// What the host needs of a stack beside its guest, in bytes: our own frames, and the zones that a JVM keeps at the end
/// of every stack.
const HOST_STACK: usize = 256 << 10;

/// What has to be left of the thread's own stack for a host function, in bytes. A JVM wants most of it for its zones.
pub(crate) const HOST_CALL: usize = 64 << 10;

/// What stands behind the gate.
pub(crate) struct Guest(wasmtime::Store<StoreData>);

impl Drop for Guest {
    fn drop(&mut self) {
        planted::panic_at("close");
    }
}

impl Guarded for Guest {
    type Caller = wasmtime::Caller<'static, StoreData>;
    type Deferred = Root;
    type Departed = HostObject;

    fn reclaim(_inside: &mut Inside<'_, Self>, root: Root) {
        planted::panic_at("drop");
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
        signals::stay_in_front();
        let (guest_stack, reserved) = (engine.guest_stack(), engine.reserved());
        let (counts_fuel, switches_stacks) = (engine.counts_fuel(), engine.switches_stacks());
        let interrupts = engine.epochs().map(Interrupts::new);
        let engine = engine.get()?;
        let data = StoreData::new(reserved, switches_stacks);
        let mut store = wasmtime::Store::try_new(&engine, data).map_err(WasmtimeError::no_room)?;
        store.limiter(|data| &mut data.growth);
        if let Some(interrupts) = &interrupts {
            let interrupts = Arc::clone(interrupts);
            store.epoch_deadline_callback(move |_| {
                interrupts.go_on()?;
                Ok(wasmtime::UpdateDeadline::Continue(1))
            });
        }
        let id = StoreId(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Arc::new_cyclic(|home| {
            store.data_mut().home = Weak::clone(home);
            let pins = store.data().growth.pins();
            let (gate, waiting) = (Gate::new(Guest(store), pins), Mutex::new(None));
            let (is_split, fuel_seen, host_call_fuel) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
            Self {
                id,
                engine,
                guest_stack,
                gate,
                waiting,
                is_split,
                counts_fuel,
                fuel_seen,
                host_call_fuel,
                interrupts,
                watch: OnceLock::new(),
            }
        }))
    }

    /// Gives guests `fuel` units from now on. Fails with `Config` unless `Config.consume_fuel` is set.
    #[cfg_attr(false, brief)]
    pub fn set_fuel(&self, fuel: u64) -> Result<()> {
        self.enter(|mut context| {
            context.set_fuel(fuel).map_err(|_| no_fuel())?;
            self.fuel_seen.store(fuel, Ordering::Relaxed);
            Ok(())
        })
    }

    /// The fuel that is left, in units. While another thread is in the store it does not wait for that one: then it is what
    /// was left when the guest last called a host function. Fails with `Config` unless `Config.consume_fuel` is set.
    #[cfg_attr(false, brief)]
    pub fn fuel(&self) -> Result<u64> {
        let hold = self.try_hold();
        if hold.is_none() && self.counts_fuel {
            self.check_open()?;
            return Ok(self.fuel_seen.load(Ordering::Relaxed));
        }
        self.enter(|context| context.get_fuel().map_err(|_| no_fuel()))
    }

    /// What a guest pays for each call of a host function from now on, in units of fuel; at first nothing. A guest that
    /// cannot pay traps with `OutOfFuel`, and the function is not called. Fails with `Config` unless `Config.consume_fuel`
    /// is set.
    #[cfg_attr(false, brief)]
    pub fn set_host_call_fuel(&self, fuel: u64) -> Result<()> {
        self.check_open()?;
        if !self.counts_fuel {
            return Err(no_fuel());
        }
        self.host_call_fuel.store(fuel, Ordering::Relaxed);
        Ok(())
    }

    /// Lets guests run until the engine's epoch has been incremented `ticks` times; then they trap with
    /// `Interrupt`. At first there is no such deadline. Without `Config.epoch_interruption` it has no effect.
    pub fn set_epoch_deadline(&self, ticks: i64) -> Result<()> {
        let ticks = natural(ticks, "the epoch deadline")?;
        self.check_open()?;
        if let Some(interrupts) = &self.interrupts {
            interrupts.set_deadline(ticks);
        }
        Ok(())
    }

    /// How long each later run of a guest may take, in milliseconds, from the outermost call, instantiation or program
    /// to its end; none is for ever. The time begins when the caller is in the store, so that waiting for it does not count.
    /// A guest that takes longer traps with `Interrupt` and the interruption `TimeLimit`, some 20 ms later at most.
    ///
    /// It takes effect in a guest's loops and calls, in an atomic wait, in a sleep or a read of WASI, and when a host function
    /// returns, which is not interrupted: what it takes counts. It covers this store alone: a guest of another store that a host
    /// function runs has that store's own limit. Fails with `Config` unless `Config.epoch_interruption` is set.
    pub fn set_timeout(&self, milliseconds: Option<u64>) -> Result<()> {
        self.check_open()?;
        self.interrupts()?.set_timeout(milliseconds);
        // Who waits for a guest that its host does not give back waits no longer than that.
        self.gate.set_patience(milliseconds.unwrap_or(u64::MAX));
        Ok(())
    }

    /// The calls that this thread makes into the store from now on have so many milliseconds together, until `end_deadline`
    /// with the number that this gives. All of it counts: waiting for the store, guests, host functions, and what lies between
    /// two calls. A guest whose time is over traps with `Interrupt` and the interruption `TimeLimit`, some 20 ms later at most,
    /// and so does every later call. Without a time, it only makes the calls one: an `InterruptHandle` that is used between
    /// two of them ends the later ones. Other threads are not affected. Deadlines may lie in each other: the earliest counts.
    ///
    /// Fails with `Config` unless `Config.epoch_interruption` is set.
    pub fn begin_deadline(&self, milliseconds: Option<u64>) -> Result<u64> {
        self.check_open()?;
        self.interrupts()?.begin_deadline(milliseconds)
    }

    /// Ends a deadline. One that has ended already is none; the store may be closed.
    #[cfg_attr(false, brief)]
    pub fn end_deadline(&self, deadline: u64) -> Result<()> {
        self.interrupts()?.end_deadline(deadline);
        Ok(())
    }

    /// Something that stops the guest of this store from any thread. Fails with `Config` unless
    /// `Config.epoch_interruption` is set.
    pub fn interrupt_handle(&self) -> Result<Arc<InterruptHandle>> {
        self.check_open()?;
        Ok(InterruptHandle::new(self.interrupts()?))
    }

    /// Limits what guests may use from now on; what is not set has no limit but the machine's.
    ///
    /// Past a limit, `memory.grow` and `table.grow` give -1 in a guest, and trap where that is asked for; growing from the
    /// host and instantiating fail with `Limit`. A shared memory grows without its store being asked: an instance that has one,
    /// of its own or imported, whose maximum is greater than `memory_size`, is refused with `Limit`.
    ///
    /// Fails with `Limit` where the store has such an instance already, with `Config` where `Config.wasm_stack_switching` lets
    /// guests take memory that `memory_size` would not bound, and with `Busy` in a host function.
    pub fn set_limits(&self, limits: StoreLimits) -> Result<()> {
        self.gate.enter_as(this_thread(), &|| self.may_wait(), |inside| match inside {
            Inside::Root(guest) => {
                guest.0.data_mut().growth.set_limits(limits)?;
                // Wasmtime asks for the numbers of things here, and only here.
                guest.0.limiter(|data| &mut data.growth);
                Ok(())
            }
            Inside::Caller(_) => Err(WasmtimeError::Busy {
                reason: "the store runs a guest: set its limits before, and not in a host function".to_owned(),
            }),
        })
    }

    /// Lets guests of this store have what `config` says of WASI, from now on. Files and directories are opened now.
    ///
    /// Fails with `Io` for a file or directory that cannot be opened.
    pub fn set_wasi(&self, config: WasiConfig) -> Result<()> {
        let wasi = Wasi::new(config)?;
        self.enter(|mut context| {
            context.data_mut().wasi = wasi;
            Ok(())
        })
    }

    /// Collects garbage now: references that nobody holds any more.
    pub fn gc(&self) -> Result<()> {
        self.enter(|mut context| context.gc(None).map_err(WasmtimeError::no_room))
    }

    /// What the instance that made a host call exports under `name`; none where it exports nothing of that name, or the
    /// host itself made the call. Fails with `Escaped` once the call has returned, and on any other thread.
    #[cfg_attr(false, brief)]
    pub fn caller_export(&self, pass: u64, name: &str) -> Result<Option<Extern>> {
        self.enter_with(Pass(pass), |caller| {
            let Some(caller) = caller else { return Ok(None) };
            Ok(caller.get_export(name).map(|item| match item {
                wasmtime::Extern::Memory(memory) => Extern::OfMemory { memory: self.known_memory(caller, memory) },
                other => Extern::from_wasmtime(self, other),
            }))
        })
    }

    /// Fails with `Escaped` once a host call has returned, and on any other thread than its own.
    #[cfg_attr(false, brief)]
    pub fn caller_check(&self, pass: u64) -> Result<()> {
        self.gate.check_pass(Pass(pass)).map_err(WasmtimeError::from)
    }

    /// Closes the store, after the thread that is inside has left it. When this returns, its memory is back,
    /// and every later use of it or of what it held fails with `Closed`. Closing twice does nothing.
    ///
    /// In a host function that this store called, later uses fail at once, and the memory is back when the
    /// outermost call has returned. While views of its memories are out, it is back when the last of them goes.
    pub fn release(&self) -> Result<()> {
        self.gate.close().map_err(WasmtimeError::from)
    }

    /// Whether the store is closed.
    #[cfg_attr(false, brief)]
    pub fn is_released(&self) -> Result<bool> {
        Ok(self.gate.check_open().is_err())
    }
}

impl Store {
    /// Whether the instance that made a host call exports `memory` under `name`, as far as their bytes tell: those of two
    /// memories never lie at the same place, unless there are none. Fails as `caller_export` does.
    pub fn caller_has(&self, pass: u64, name: &str, memory: &Memory) -> Result<bool> {
        self.enter_with(Pass(pass), |caller| {
            let Some(caller) = caller else { return Ok(false) };
            let found = caller.get_export(name).and_then(wasmtime::Extern::into_memory);
            Ok(found.is_some_and(|found| memory.lies_where(self, found, caller)))
        })
    }

    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// The store, for whoever has to keep it. Only where somebody is inside, who borrows it.
    pub(crate) fn home(&self) -> Option<Arc<Self>> {
        self.enter(|context| Ok(context.data().home.upgrade())).ok().flatten()
    }

    fn interrupts(&self) -> Result<&Arc<Interrupts>> {
        let reason = || "interruption needs an engine with epoch_interruption".to_owned();
        self.interrupts.as_ref().ok_or_else(|| WasmtimeError::Config { reason: reason() })
    }

    /// Has the language asked whether a thread may go on: every now and then while it waits for the store, and while a guest
    /// runs, if the engine can interrupt one; this says whether it can.
    pub fn watch(&self, watch: impl FnOnce() -> Box<dyn Watch>) -> bool {
        let watch = self.watch.get_or_init(|| watch().into());
        self.interrupts.as_ref().inspect(|interrupts| interrupts.set_watch(watch)).is_some()
    }

    /// Fails where the guest that called the host has to end.
    #[inline]
    pub(crate) fn check_run(&self) -> wasmtime::Result<()> {
        self.interrupts.as_ref().map_or(Ok(()), |interrupts| interrupts.check())
    }

    /// Whether a thread may wait for the store any longer.
    fn may_wait(&self) -> Result<()> {
        self.interrupts.as_ref().map_or(Ok(()), |interrupts| interrupts.may_wait())?;
        self.watch.get().map_or(Ok(()), |watch| watch.check())
    }

    /// Those that have no body here yet.
    pub(crate) fn bodiless(&self, hosts: &[Arc<HostDefinition>]) -> Result<Vec<Bodiless>> {
        self.enter(|context| {
            let missing = hosts.iter().filter(|host| !host.has_body(context.data()));
            Ok(missing.map(|host| Bodiless::new(Arc::clone(host))).collect())
        })
    }

    pub(crate) fn drop_queue(&self) -> Arc<DropQueue<Root>> {
        self.gate.drop_queue()
    }

    /// Where objects of the host go that are dropped inside.
    pub(crate) fn departed(&self) -> Arc<DropQueue<HostObject>> {
        self.gate.departed()
    }

    /// Fails with `Closed` after close. Takes no turn.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.gate.check_open().map_err(WasmtimeError::from)
    }

    /// Fails with `WrongStore` unless `owner` is this store, and with `Closed` after close.
    pub(crate) fn check_owner(&self, owner: StoreId, what: &str) -> Result<()> {
        if owner == self.id { self.check_open() } else { Err(WasmtimeError::WrongStore { what: what.to_owned() }) }
    }

    /// Takes a turn in the store. See `access`.
    #[inline(always)]
    pub(crate) fn enter<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.enter_as(this_thread(), work)
    }

    #[inline(always)]
    fn enter_as<R>(&self, me: usize, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        self.gate.enter_as(me, &|| self.may_wait(), |inside| work(context(inside)?))
    }

    /// Takes a turn in the store, to run guest code. Wasmtime lets a guest use as much stack as it is configured to,
    /// whatever the thread has: one that has less left runs the guest on a stack of its own.
    pub(crate) fn enter_guest<R>(&self, work: impl FnOnce(StoreContextMut<'_, StoreData>) -> Result<R>) -> Result<R> {
        let me = this_thread();
        task::check()?;
        if self.gate.is_mine(me) {
            let enter = || self.enter_as(me, work);
            // Further in, the limit of the outermost call holds: the guest goes on where that call has seen to the room.
            return match self.waiting() {
                None => enter(),
                Some(guest) => {
                    // It stands there from now on: what the host does next on this thread must not take the same part.
                    let _taken = Waiting::taken(self);
                    // SAFETY: `host_call` put it there for a host function of this store, which runs on this thread, as it
                    // is inside, and takes it away before that function returns. Nothing runs there, since it was noted.
                    unsafe { stack::on(guest, enter) }
                }
            };
        }
        let coming = self.interrupts.as_ref().map(|interrupts| interrupts.announce());
        let enter = || {
            self.gate.enter_as(me, &|| self.may_wait(), |inside| {
                // Inside, since it is state of the run: a caller that waits must not write it.
                let _running = coming.map(Coming::begin).transpose()?;
                work(context(inside)?)
            })
        };
        let _unstoppable = if self.interrupts.is_none() { unstoppable::enter(me) } else { None };
        let needed = self.guest_stack.saturating_add(HOST_STACK);
        if stack::has_room(needed) {
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

    /// Says where the guest's stack goes on, and tells where it went on before.
    fn wait_at(&self, guest: Option<stack::Part>) -> Option<stack::Part> {
        self.is_split.store(guest.is_some(), Ordering::Relaxed);
        std::mem::replace(&mut *self.lock_waiting(), guest)
    }

    /// Takes a turn in the store if that needs no waiting. Until it is dropped, nothing that this thread does with the store
    /// waits for another one.
    pub fn try_hold(&self) -> Option<Hold<'_>> {
        self.gate.try_turn().map(Hold)
    }

    /// Somebody looks at a memory of this store from outside now. For whoever is inside.
    pub(crate) fn pin(&self) {
        self.gate.pin();
    }

    /// Nobody does so any more. See `access`.
    pub(crate) fn unpin(&self) {
        self.gate.unpin();
    }

    /// Takes a turn by the pass of one host call, and meets the innermost caller.
    pub(crate) fn enter_with<R>(
        &self,
        pass: Pass,
        work: impl FnOnce(Option<&mut wasmtime::Caller<'static, StoreData>>) -> Result<R>,
    ) -> Result<R> {
        task::check()?;
        self.gate
            .enter_with(pass, |inside| match inside {
                Inside::Caller(caller) => work(Some(caller)),
                Inside::Root(_) => work(None),
            })
            .map_err(WasmtimeError::from)
            .and_then(|result| result)
    }

    /// The object of a memory: the one that a host function was given last, as long as that lives, if it is of this very memory.
    fn known_memory(&self, caller: &mut wasmtime::Caller<'_, StoreData>, memory: wasmtime::Memory) -> Arc<Memory> {
        let known = caller.data().memory.upgrade();
        if let Some(known) = known.filter(|known| known.is_just(&memory, &*caller)) {
            return known;
        }
        let made = Memory::from_wasmtime(self, memory);
        caller.data_mut().memory = Arc::downgrade(&made);
        made
    }

    /// Has the guest that calls the host pay for it, where it has to, and notes what it has left. Fails where it cannot pay.
    pub(crate) fn charge(&self, caller: &mut wasmtime::Caller<'_, StoreData>) -> wasmtime::Result<()> {
        if !self.counts_fuel {
            return Ok(());
        }
        let (left, price) = (caller.get_fuel()?, self.host_call_fuel.load(Ordering::Relaxed));
        let rest = left.checked_sub(price).ok_or(wasmtime::Trap::OutOfFuel)?;
        if price != 0 {
            caller.set_fuel(rest)?;
        }
        self.fuel_seen.store(rest, Ordering::Relaxed);
        Ok(())
    }

    /// Runs a host function with its caller published, on the thread's own stack. Gives nothing where that has no room
    /// left.
    pub(crate) fn host_call<R>(
        &self,
        caller: &mut wasmtime::Caller<'_, StoreData>,
        work: impl FnOnce(Pass) -> R,
    ) -> Option<R> {
        let caller = std::ptr::from_mut(caller).cast::<wasmtime::Caller<'static, StoreData>>();
        stack::on_own(HOST_CALL, |guest| {
            let _guest = guest.map(|guest| Waiting::new(self, guest));
            // SAFETY: only the lifetime is forgotten. The gate hands the caller out again for no longer than
            // this call lasts, and only as a context that borrows from it.
            self.gate.publish(unsafe { &mut *caller }, work)
        })
    }
}

fn no_fuel() -> WasmtimeError {
    WasmtimeError::Config { reason: "fuel needs an engine with consume_fuel".to_owned() }
}

/// Runs the host's `work` on the thread's own stack, where WASI calls it. The store cannot be entered meanwhile.
/// Fails with `Limit` where `needed` bytes are not left there.
pub(crate) fn on_own_stack(needed: usize, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let too_deep = || WasmtimeError::limit("the thread's stack has no room for a call of the host");
    let _host = task::Host::now();
    stack::on_own(needed, |_| work()).unwrap_or_else(|| Err(too_deep()))
}

/// Where the guest's stack goes on is another place for now, or none.
struct Waiting<'a> {
    store: &'a Store,
    outer: Option<stack::Part>,
}

impl<'a> Waiting<'a> {
    fn new(store: &'a Store, guest: stack::Part) -> Self {
        Self { store, outer: store.wait_at(Some(guest)) }
    }

    /// A guest goes on in that part, which is free no more.
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
        Inside::Caller(caller) => {
            // Another task of this thread would find a caller whose stack has been put away.
            task::check()?;
            Ok(caller.as_context_mut())
        }
    }
}
