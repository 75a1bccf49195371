//! The store: where instances live, what they may use, and how long.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::errors::error::natural;
use crate::host::func::{Bodiless, HostDefinition};
use crate::interruption::interrupt::Interrupts;
use crate::interruption::interrupt::Watch;
use crate::limits::store_limits::StoreLimits;
use crate::objects::reference::{HostObject, Root};
use crate::process::{signals, stack};
use crate::wasi::config::Wasi;
use crate::{Engine, Extern, InterruptHandle, Memory, Result, WasiConfig, WasmtimeError};
use trimaran_gate::{DropQueue, Gate, HostCallId, Inside, this_thread};

use crate::stores::data::{Guest, StoreData, StoreId};
use crate::stores::entry::HOST_STACK;

/// Holds instances and everything that they own: memories, tables, globals, functions.
///
/// Any thread may use a store, one at a time: another thread waits for its turn. If the first thread stays in one host
/// function for 30 seconds, or for the store's timeout, the other one fails with `Busy`, since that function may wait for
/// it. A host function may use the store that called it, to any depth. Objects of one store do not work with another.
/// Close a store to free its memory at once.
#[derive(uniffi::Object)]
pub struct Store {
    pub(super) id: StoreId,
    pub(super) engine: wasmtime::Engine,
    /// What has to be left of a stack for a guest and its host, in bytes.
    pub(super) guest_room: usize,
    pub(super) gate: Gate<Guest>,
    /// Where its guests' stack goes on, while a host function of theirs runs on another one.
    pub(super) waiting: Mutex<Option<stack::Part>>,
    /// Whether there is such a place. For the thread that is inside, which need not look for it otherwise.
    pub(super) is_split: AtomicBool,
    pub(super) counts_fuel: bool,
    /// What was left when it was last set, or the host last called. For who must not wait for the thread that is inside.
    pub(super) fuel_seen: AtomicU64,
    /// What a guest pays for calling the host.
    pub(super) host_call_fuel: AtomicU64,
    /// What can stop its guests, if anything can.
    pub(super) interrupts: Option<Arc<Interrupts>>,
    /// Asks the language whether a thread may wait for the store, or go on with a guest.
    pub(super) watch: OnceLock<Arc<dyn Watch>>,
}

#[uniffi::export]
impl Store {
    /// Makes an empty store.
    #[uniffi::constructor]
    pub fn new(engine: &Engine) -> Result<Arc<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        signals::stay_in_front();
        let (guest_room, reserved) = (engine.guest_stack().saturating_add(HOST_STACK), engine.reserved());
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
                guest_room,
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

    /// The fuel that is left, in units. It never waits: while another thread is in the store, it is the fuel that was left
    /// when the guest last called a host function. Fails with `Config` unless `Config.consume_fuel` is set.
    #[cfg_attr(false, brief)]
    pub fn fuel(&self) -> Result<u64> {
        let hold = self.try_hold();
        if hold.is_none() && self.counts_fuel {
            self.check_open()?;
            return Ok(self.fuel_seen.load(Ordering::Relaxed));
        }
        self.enter(|context| context.get_fuel().map_err(|_| no_fuel()))
    }

    /// Sets the price of each call of a host function from now on, in units of fuel. At first it is 0. A guest that cannot
    /// pay traps with `OutOfFuel`, and the store does not call the function. Fails with `Config` unless `Config.consume_fuel`
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

    /// Lets guests run until the engine's epoch has advanced by `ticks`. Then they trap with
    /// `Interrupt`. At first there is no such deadline. Fails with `Config` unless `Config.epoch_interruption` is set.
    pub fn set_epoch_deadline(&self, ticks: i64) -> Result<()> {
        let ticks = natural(ticks, "the epoch deadline")?;
        self.check_open()?;
        self.interrupts()?.set_deadline(ticks);
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

    /// A handle that stops the guest of this store from any thread. Fails with `Config` unless
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

    /// Collects garbage now: references that nothing holds any more.
    pub fn gc(&self) -> Result<()> {
        self.enter(|mut context| context.gc(None).map_err(WasmtimeError::no_room))
    }

    /// What the instance that made a host call exports under `name`; none where it exports nothing of that name, or the
    /// host itself made the call. Fails with `Escaped` once the call has returned, and on any other thread.
    #[cfg_attr(false, brief)]
    pub fn caller_export(&self, pass: u64, name: &str) -> Result<Option<Extern>> {
        self.enter_with(HostCallId(pass), |caller| {
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
        self.gate.check_pass(HostCallId(pass)).map_err(WasmtimeError::from)
    }

    /// Closes the store, after the thread that is inside has left it. When this returns, the store's memory is free, and
    /// every later use of the store or of its objects fails with `Closed`. Closing twice does nothing.
    ///
    /// In a host function that this store called, later uses fail at once, and the memory is free when the
    /// outermost call has returned. If views of its memories exist, it is free when the last of them goes.
    ///
    /// While it waits for another thread to leave, it ends as a call does that waits for the store: by what interrupts its
    /// thread, or a deadline. Then it fails with that, the store is closed, and its memory is back when that thread has left.
    pub fn release(&self) -> Result<()> {
        self.gate.close_as(&|| self.may_wait())
    }

    /// Whether the store is closed.
    #[cfg_attr(false, brief)]
    pub fn is_released(&self) -> Result<bool> {
        Ok(self.gate.check_open().is_err())
    }
}

impl Store {
    /// Whether the instance that made a host call exports `memory` under `name`. One without a byte is not known again. Fails
    /// as `caller_export` does.
    pub fn caller_has(&self, pass: u64, name: &str, memory: &Memory) -> Result<bool> {
        self.enter_with(HostCallId(pass), |caller| {
            let Some(caller) = caller else { return Ok(false) };
            let found = caller.get_export(name).and_then(wasmtime::Extern::into_memory);
            Ok(found.is_some_and(|found| memory.is_of(self) && memory.is_just(&found, &*caller)))
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
    pub(super) fn may_wait(&self) -> Result<()> {
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
    #[inline(always)]
    pub(crate) fn check_open(&self) -> Result<()> {
        self.gate.check_open().map_err(WasmtimeError::from)
    }

    /// Fails with `WrongStore` unless `owner` is this store, and with `Closed` after close.
    #[inline(always)]
    pub(crate) fn check_owner(&self, owner: StoreId, what: &str) -> Result<()> {
        if owner == self.id { self.check_open() } else { Err(wrong_store(what)) }
    }

    /// Somebody looks at a memory of this store from outside now. For whoever is inside.
    pub(crate) fn pin(&self) {
        self.gate.pin();
    }

    /// Nobody does so any more. See `access`.
    pub(crate) fn unpin(&self) {
        self.gate.unpin();
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
}

#[cold]
fn wrong_store(what: &str) -> WasmtimeError {
    WasmtimeError::WrongStore { what: what.to_owned() }
}

fn no_fuel() -> WasmtimeError {
    WasmtimeError::Config { reason: "fuel needs an engine with consume_fuel".to_owned() }
}
