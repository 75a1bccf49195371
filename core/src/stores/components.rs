//! What a store keeps for the components in it: the objects of the host that guests have handles of, the handles that a language
//! has let go of, and which instance runs.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::ResourceAny;

use crate::process::in_task::InTask;
use crate::stores::fiber::in_a_task;
use crate::stores::host_objects::HostObjects;
use crate::stores::questions::Parcel;
use crate::{Result, WasmtimeError};

/// What a store keeps for its components.
#[derive(Default)]
pub(crate) struct Components {
    pub(crate) objects: Arc<HostObjects>,
    /// The instances in the store, each in the place that its state knows.
    instances: Vec<Arc<InstanceState>>,
    /// The place of the instance that called the host last, or is called now.
    pub(crate) running: Option<usize>,
    shut: Arc<Shut>,
}

/// What a call of a component looks at first. One word, which is 0 where nothing is to be seen.
#[derive(Debug, Default)]
pub(crate) struct Shut(AtomicU8);

impl Shut {
    /// A guest of a component has failed, or was ended. Wasmtime keeps others out of a store in which a guest has trapped, and not
    /// where a guest's values were none, which is a trap as well.
    const POISONED: u8 = 1;
    /// Components have tasks. Wasmtime calls none of such a store on a thread that polls a task.
    const HAS_TASKS: u8 = 2;
    /// The host does what it does with an object that a guest has dropped.
    const DROPPING: u8 = 4;

    pub(crate) fn poison(&self) {
        self.0.fetch_or(Self::POISONED, Ordering::Relaxed);
    }

    fn is_poisoned(&self) -> bool {
        self.0.load(Ordering::Relaxed) & Self::POISONED != 0
    }

    /// The host does something with an object that a guest has dropped, until the result is dropped.
    pub(crate) fn dropping(self: &Arc<Self>) -> Dropping {
        self.0.fetch_or(Self::DROPPING, Ordering::Relaxed);
        Dropping(Arc::clone(self))
    }

    #[cold]
    fn check(&self) -> Result<()> {
        if self.is_poisoned() {
            return Err(WasmtimeError::Poisoned);
        }
        if self.0.load(Ordering::Relaxed) & Self::DROPPING != 0 {
            return Err(in_a_drop());
        }
        if InTask::is_none() { Ok(()) } else { Err(in_a_task()) }
    }
}

/// The host does something with an object that a guest has dropped: no component of the store is entered meanwhile.
pub(crate) struct Dropping(Arc<Shut>);

impl Drop for Dropping {
    fn drop(&mut self) {
        self.0.0.fetch_and(!Shut::DROPPING, Ordering::Relaxed);
    }
}

#[cold]
fn in_a_drop() -> WasmtimeError {
    let reason = "a guest has dropped a resource of the host, and no component of the store can be entered before the host has done what it \
                  does then: do it when that function has returned";
    WasmtimeError::Busy { reason: reason.to_owned() }
}

impl Components {
    pub(crate) fn new(engine: &wasmtime::Engine) -> Self {
        let made = Self::default();
        if engine.get_concurrency_support() {
            made.shut.0.store(Shut::HAS_TASKS, Ordering::Relaxed);
        }
        made
    }

    /// The state of a new instance.
    pub(crate) fn add_instance(&mut self) -> Arc<InstanceState> {
        let state = Arc::new(InstanceState { is_busy: AtomicBool::new(false), place: Some(self.instances.len()) });
        self.instances.push(Arc::clone(&state));
        state
    }

    /// Fails with `Poisoned` where a guest of a component has failed, or was ended, and with `Busy` in a function of the host that a
    /// task has called, of whatever store.
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        if self.shut.0.load(Ordering::Relaxed) == 0 { Ok(()) } else { self.shut.check() }
    }

    /// Whether a guest of a component has failed, or was ended.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.shut.is_poisoned()
    }

    /// What says so, for who cannot reach the store when a guest is ended.
    pub(crate) fn shut(&self) -> &Arc<Shut> {
        &self.shut
    }

    /// The instance that called the host last, or is called now.
    pub(crate) fn running(&self) -> Option<Arc<InstanceState>> {
        self.instances.get(self.running?).map(Arc::clone)
    }
}

/// Whether an instance of a component is in a call, and which one of its store's it is.
#[derive(Debug, Default)]
pub(crate) struct InstanceState {
    is_busy: AtomicBool,
    /// Its place in its store.
    place: Option<usize>,
}

impl InstanceState {
    /// Begins a call. Fails with `Busy` where the instance is in one. Only for the thread that is in the store.
    pub(crate) fn begin(&self) -> Result<()> {
        self.check()?;
        self.is_busy.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Fails with `Busy` where the instance is in a call. Only for the thread that is in the store.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.is_busy.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(WasmtimeError::Busy {
            reason:
                "the component's instance is in a call, and the component model lets nobody in before that is over: \
                     call it when the host function has returned, or use another instance"
                    .to_owned(),
        })
    }

    /// Ends a call.
    pub(crate) fn end(&self) {
        self.is_busy.store(false, Ordering::Relaxed);
    }

    /// Its place in its store, by which the store knows which instance runs.
    pub(crate) fn place(&self) -> Option<usize> {
        self.place
    }
}

/// What a language has let go of.
#[derive(Default)]
pub(crate) struct Dropped {
    /// Handles of resources, whose destructors are to run.
    pub(crate) handles: Vec<(ResourceAny, Arc<InstanceState>)>,
    /// Ends of streams and of futures that are read. Those who send and take them know their type.
    pub(crate) ends: Vec<Parcel>,
}

/// The handles that a language has let go of, until a thread can run their destructors.
#[derive(Default)]
pub(crate) struct DroppedResources {
    /// Whether there may be some: each call looks.
    is_filled: AtomicBool,
    /// Whether the store is closed: none of its handles can be used.
    is_closed: AtomicBool,
    dropped: Mutex<Dropped>,
}

impl DroppedResources {
    pub(crate) fn push(&self, resource: ResourceAny, state: Arc<InstanceState>) {
        self.add(|dropped| dropped.handles.push((resource, state)));
    }

    /// The same for the end of a stream or of a future.
    pub(crate) fn push_end(&self, end: Parcel) {
        self.add(|dropped| dropped.ends.push(end));
    }

    fn add(&self, push: impl FnOnce(&mut Dropped)) {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        push(&mut dropped);
        self.is_filled.store(true, Ordering::Release);
    }

    /// Notes that the store is closed.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// The ends alone.
    pub(crate) fn take_ends(&self) -> Vec<Parcel> {
        if !self.is_filled.load(Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut self.dropped.lock().unwrap_or_else(PoisonError::into_inner).ends)
    }

    pub(crate) fn take(&self) -> Dropped {
        if !self.is_filled.load(Ordering::Acquire) {
            return Dropped::default();
        }
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_filled.store(false, Ordering::Relaxed);
        std::mem::take(&mut *dropped)
    }
}
