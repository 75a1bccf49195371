//! Stores as their users see them: made, configured, limited, closed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use trimaran_gate::{Gate, Inside, this_thread};

use crate::errors::numbers::natural;
use crate::errors::spelling::Spelled;
use crate::interruption::interrupt::Interrupts;
use crate::process::signals;
use crate::stores::callbacks;
use crate::stores::entry::HOST_STACK;
use crate::stores::steps;
use crate::stores::store::{Guest, OfStore, StoreData, StoreId};
use crate::wasi::context::{Wasi, transfer};
use crate::{Engine, InterruptHandle, Result, Store, StoreLimits, WasiConfig, WasmtimeError};

#[uniffi::export]
impl Store {
    /// Makes an empty store.
    #[uniffi::constructor]
    #[cfg_attr(false, by_hand(python))]
    pub fn new(engine: &Engine) -> Result<Arc<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        signals::stay_in_front();
        let (needed_stack, reserved) = (engine.guest_stack().saturating_add(HOST_STACK), engine.reserved());
        let (counts_fuel, switches_stacks) = (engine.counts_fuel(), engine.switches_stacks());
        let (interrupts, events) = (engine.epochs().map(Interrupts::new), Arc::clone(engine.events()));
        let (shared_engine, engine) = (engine.shared_by(), engine.get()?);
        let data = StoreData::new(&engine, reserved, switches_stacks);
        let mut store = wasmtime::Store::try_new(&engine, data).map_err(WasmtimeError::not_allocated)?;
        store.limiter(|data| &mut data.limiter);
        if let Some(interrupts) = &interrupts {
            let interrupts = Arc::clone(interrupts);
            store.epoch_deadline_callback(move |context| {
                interrupts.profiled.take(&context);
                interrupts.go_on()?;
                steps::at_a_tick(context.data())
            });
        }
        let id = StoreId(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Arc::new_cyclic(|weak_store| {
            store.data_mut().weak_store = Weak::clone(weak_store);
            let pins = store.data().limiter.pins();
            let host_objects = Arc::clone(&store.data().components.objects);
            let (gate, waiting) = (Gate::new(Guest(store), pins), Mutex::new(None));
            let (is_split, fuel_seen, host_call_fuel) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
            let tells_calls = events.with_calls();
            Self {
                id,
                engine,
                events,
                tells_calls,
                is_plain: interrupts.is_none() && !tells_calls,
                shared_engine,
                needed_stack,
                gate,
                waiting,
                is_split,
                counts_fuel,
                fuel_seen,
                host_call_fuel,
                interrupts,
                interrupt_check: OnceLock::new(),
                language_store: OnceLock::new(),
                has_returned: AtomicBool::new(false),
                suspension: OnceLock::new(),
                is_on_fibers: AtomicBool::new(false),
                bound_hosts: Mutex::default(),
                dropped_resources: Arc::default(),
                host_objects,
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
    #[cfg_attr(false, worded)]
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
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(ticks = "the epoch deadline"))]
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
    /// It takes effect in a guest's loops and calls, in an atomic wait, in a sleep, a read or a write of WASI, and when a host function
    /// returns, which is not interrupted: what it takes counts. It covers this store alone: a guest of another store that a host
    /// function runs has that store's own limit. Fails with `Config` unless `Config.epoch_interruption` is set.
    #[cfg_attr(false, worded)]
    pub fn set_timeout(&self, milliseconds: Option<u64>) -> Result<()> {
        self.check_open()?;
        self.interrupts()?.set_timeout(milliseconds);
        // A thread that waits for a store whose host function does not return waits no longer than that.
        self.gate.set_patience(milliseconds.unwrap_or(u64::MAX));
        Ok(())
    }

    /// The calls that this thread makes into the store from now on have so many milliseconds together, until `end_deadline`
    /// with the number that this gives. All of it counts: waiting for the store, guests, host functions, and what lies between
    /// two calls. A guest whose time is over traps with `Interrupt` and the interruption `TimeLimit`, some 20 ms later at most,
    /// and so does every later call. Without a time, it only makes the calls one: an `InterruptHandle` that is used between
    /// two of them ends the later ones. Other threads are not affected. Deadlines may lie in each other: the earliest
    /// counts. Each ends with its thread at the latest.
    ///
    /// Fails with `Config` unless `Config.epoch_interruption` is set.
    #[cfg_attr(false, worded)]
    pub fn begin_deadline(&self, milliseconds: Option<u64>) -> Result<u64> {
        self.check_open()?;
        self.interrupts()?.begin_deadline(milliseconds)
    }

    /// Ends a deadline of this thread. One that has ended already is none; the store may be closed.
    ///
    /// Fails with `Busy` on another thread than the one that began it, whose deadline goes on.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn end_deadline(&self, deadline: u64) -> Result<()> {
        self.interrupts()?.end_deadline(deadline)
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
    #[cfg_attr(false, worded)]
    pub fn set_limits(&self, limits: StoreLimits) -> Result<()> {
        self.gate.enter_as(this_thread(), &|| self.may_wait(), |inside| match inside {
            Inside::Root(guest) => {
                guest.0.data_mut().limiter.set_limits(limits)?;
                // Wasmtime asks for the numbers of things here, and only here.
                guest.0.limiter(|data| &mut data.limiter);
                Ok(())
            }
            Inside::Caller(_) => Err(WasmtimeError::Busy {
                reason: "the store runs a guest: set its limits before, and not in a host function".to_owned(),
            }),
        })
    }

    /// Lets guests of this store have what `config` says of WASI, from now on. Files and directories are opened now.
    ///
    /// Fails with `Io` for a file or directory that cannot be opened, with `Range` for a number out of its range, and with `Limit` where the granted directories and the
    /// three standard streams are more than `StoreLimits.file_descriptors`: then nothing has changed.
    #[cfg_attr(false, worded)]
    pub fn set_wasi(&self, config: WasiConfig) -> Result<()> {
        let transfer = transfer(&config)?;
        let store = self.enter(|context| Ok(Weak::clone(&context.data().weak_store)))?;
        let wasi = Wasi::new(callbacks::known(config, &store))?;
        self.enter(|mut context| {
            context.data().limiter.admit_descriptors(wasi.descriptors())?;
            context.data_mut().wasi = wasi;
            context.set_hostcall_fuel(transfer);
            Ok(())
        })
    }

    /// Collects garbage now: references that nothing holds any more.
    pub fn gc(&self) -> Result<()> {
        self.enter(|mut context| context.gc(None).map_err(WasmtimeError::not_allocated))
    }

    /// Closes the store, after the thread that is inside has left it. When this returns, the store's memory is free, and
    /// every later use of the store or of its objects fails with `Closed`. Closing twice does nothing.
    ///
    /// In a host function that this store called, later uses fail at once, and the memory is free when the
    /// outermost call has returned. If views of its memories exist, it is free when the last of them goes.
    ///
    /// While it waits for another thread to leave, it ends as a call does that waits for the store: by what interrupts its
    /// thread, or a deadline. Then it fails with that, the store is closed, and its memory is back when that thread has left.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        let done = self.gate.close_as(&|| self.may_wait());
        // Also where another thread is inside for longer than this one waits, the store is closed.
        if self.gate.check_open().is_err() {
            self.dropped_resources.close();
            self.host_objects.leave();
        }
        done
    }

    /// Whether the store is closed.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn is_released(&self) -> Result<bool> {
        Ok(self.gate.check_open().is_err())
    }
}

impl Store {
    /// Has the host do what it does with the objects of its own that guests own. It is for a store that nobody uses any more, in a language whose
    /// objects are gone when the store goes.
    pub fn leave_objects(&self) {
        self.host_objects.leave();
    }
}

impl OfStore for Store {
    fn store_number(&self) -> u64 {
        self.id.number()
    }
}

impl Store {
    /// What `set_timeout` has set, in milliseconds, and 0 for ever; none where the engine cannot interrupt guests. Only
    /// the adapters use it.
    #[doc(hidden)]
    pub fn run_limit(&self) -> Option<u64> {
        self.interrupts.as_ref().map(|interrupts| interrupts.timeout())
    }
}

fn no_fuel() -> WasmtimeError {
    WasmtimeError::Config { reason: format!("fuel needs an engine with {}", Spelled("consume_fuel")) }
}
