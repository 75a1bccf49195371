//! Runs of components: calls and instances that the language's own tasks step, and the async functions of the host that they wait for.

use std::any::Any;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use trimaran::adapter::{ComponentHostCall, OfStore, OwnedArguments, Received, Reply, Run, Step};
use trimaran::{
    Component, ComponentFunc, ComponentInstance, ComponentInstancePre, ComponentLinker, Result, Store, WasmtimeError,
};

use super::component_host::Body;
use super::component_values::{Given, Taken, leave};
use super::run::{WakerOfLanguage, nanoseconds, started};
use super::{Bytes, entry, let_go, opened, shared, status};

/// A component's guest that goes on step by step, and the call of its last step.
pub struct ComponentRun {
    run: Started,
    /// It keeps the function that is called, and what was made of its type.
    asked: Mutex<Option<ComponentHostCall>>,
}

pub(super) enum Started {
    Call(Run<Received, ComponentHostCall>),
    Instance(Run<Arc<ComponentInstance>, ComponentHostCall>),
}

impl From<Started> for ComponentRun {
    fn from(run: Started) -> Self {
        // A task of Swift's may go on with it on whichever thread of the pool is free.
        match &run {
            Started::Call(run) => run.goes_on_anywhere(),
            Started::Instance(run) => run.goes_on_anywhere(),
        }
        Self { run, asked: Mutex::default() }
    }
}

/// What a step came to. See the header.
#[repr(C)]
pub struct Stepped {
    came: i32,
    context: *mut c_void,
    prepared: *mut c_void,
    store: u64,
    run: u64,
    call: u64,
    values: Taken,
    object: *const ComponentInstance,
}

/// Makes a call of a component's function that goes on step by step. The values are copied.
///
/// # Safety
/// The objects are alive; `given` and what it points to are readable until this returns; the pointers for a run and for an error may
/// be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_func_start(
    func: *const ComponentFunc,
    store: *const Store,
    given: *const Given,
    run: *mut *mut ComponentRun,
    error: *mut Bytes,
) -> i32 {
    let start = |store: &_, of| {
        // SAFETY: the caller lends the values until this returns, and this is the one call that takes the objects over.
        let Reply { bytes, beside, resources } = unsafe { opened(given)?.copied()? };
        // SAFETY: the caller keeps the function alive until this returns.
        let func = unsafe { shared(func)? };
        func.start(store, OwnedArguments { bytes, beside, resources }, of).map(Started::Call)
    };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// Makes an instance of a component step by step, of a linker's items.
///
/// # Safety
/// The objects are alive; the pointers for a run and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_linker_start(
    linker: *const ComponentLinker,
    store: *const Store,
    component: *const Component,
    run: *mut *mut ComponentRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the objects alive until this returns.
    let start = |store: &_, of| unsafe { opened(linker)?.start(store, opened(component)?, of).map(Started::Instance) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// The same of a component whose imports were found before.
///
/// # Safety
/// As of `trimaran_component_linker_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_instance_pre_start(
    pre: *const ComponentInstancePre,
    store: *const Store,
    run: *mut *mut ComponentRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the objects alive until this returns.
    let start = |store: &_, of| unsafe { opened(pre)?.start(store, of).map(Started::Instance) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

impl ComponentRun {
    /// Steps the run, and keeps the call that that came to. Fills what the language sees, where there is room for it.
    ///
    /// # Safety
    /// `stepped` may be written to.
    unsafe fn step(&self, answer: Option<Result<Reply>>, waker: &Waker, stepped: *mut Stepped) -> Result<()> {
        match &self.run {
            Started::Call(run) => {
                // SAFETY: the contract of this function, for each of these places of it.
                self.step_of(run, answer, waker, stepped, |values| unsafe { leave(values, &raw mut (*stepped).values) })
            }
            Started::Instance(run) => {
                // SAFETY: `stepped` may be written to: the contract of this function.
                let made = |instance| unsafe { (*stepped).object = Arc::into_raw(instance) };
                self.step_of(run, answer, waker, stepped, made)
            }
        }
    }

    fn step_of<T: Send + 'static>(
        &self,
        run: &Run<T, ComponentHostCall>,
        answer: Option<Result<Reply>>,
        waker: &Waker,
        stepped: *mut Stepped,
        done: impl FnOnce(T),
    ) -> Result<()> {
        let step = run.step(answer, waker)?;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = None;
        let came = match step {
            Step::Waits => 0,
            Step::Host(mut call, token) => {
                let unknown = || WasmtimeError::Unexpected {
                    reason: "an async function of the host that its package does not know".to_owned(),
                };
                let body = call.function().and_then(<dyn Any>::downcast_ref::<Body>).ok_or_else(unknown)?;
                let (context, prepared) = (body.context.pointer, body.prepared(call.ty())?.pointer);
                let arguments = call.take_arguments();
                // SAFETY: `ComponentRun::step` says that these may be written to.
                unsafe {
                    ((*stepped).context, (*stepped).prepared) = (context, prepared);
                    (*stepped).store = run.store().store_number();
                    ((*stepped).run, (*stepped).call) = (token.run as u64, token.call);
                    leave(arguments, &raw mut (*stepped).values);
                }
                *asked = Some(call);
                1
            }
            Step::Turn => 2,
            Step::Later(time) => {
                // SAFETY: `stepped` may be written to: the contract of `step`, which alone calls this.
                unsafe { (*stepped).call = nanoseconds(time) };
                4
            }
            Step::Done(given) => {
                done(given);
                3
            }
        };
        // SAFETY: `stepped` may be written to: the contract of `step`, which alone calls this.
        unsafe { (*stepped).came = came };
        Ok(())
    }
}

/// Steps a run. The answer is copied.
///
/// # Safety
/// The run is alive, and no other thread steps it; answer and waker are null, or as the header says; the pointers for what the step
/// came to, which is all zero, and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_run_step(
    run: *mut ComponentRun,
    answer: *const Given,
    thrown: u64,
    waker: *const WakerOfLanguage,
    step: *mut Stepped,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives null, or a waker that it does not use again.
    let waker = unsafe { WakerOfLanguage::taken(waker) };
    let work = || {
        // SAFETY: the caller keeps the run alive until this returns.
        let run = unsafe { opened(run.cast_const())? };
        let answer = match thrown {
            0 if answer.is_null() => None,
            // SAFETY: the caller lends the values until this returns, and this is the one call that takes the objects over.
            0 => Some(Ok(unsafe { opened(answer)?.copied()? })),
            thrown => Some(Err(WasmtimeError::thrown(thrown))),
        };
        // SAFETY: the contract of this function.
        unsafe { run.step(answer, waker.as_ref().unwrap_or(Waker::noop()), step) }
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Lets go of a run, which ends its guest where it is not over.
///
/// # Safety
/// It came from here, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_run_free(run: *mut ComponentRun) {
    // SAFETY: the caller gives what this file made, once.
    let_go(unsafe { Box::from_raw(run) });
}
