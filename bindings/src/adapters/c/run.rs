//! Runs: calls of guests that the language's own tasks step, and the async host functions that they wait for.

use std::any::Any;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use trimaran::adapter::{HostCall, OfStore, Owned, Run, Slot, SlotFunction, Step, Token, ValKind};
use trimaran::{Extern, Func, FuncType, Instance, InstancePre, Linker, Module, Result, Store, Val, WasmtimeError};

use super::super::surface::parsed;
use super::host::{Context, Release};
use super::{Bytes, Value, entry, lent, let_go, opened, shared, status};

/// An async host function: the language knows it by its context, and runs it.
struct Body(Context);

// SAFETY: it leaves no reference in the slots.
unsafe impl SlotFunction for Body {
    fn call(&self, _: &Store, _: u64, _: &mut [Slot]) -> Result<()> {
        Err(WasmtimeError::Unexpected { reason: "an async host function was called as another one".to_owned() })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// Makes an async host function, of a serialised type.
///
/// # Safety
/// The store is alive; the type is readable; the pointers for a function and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_async_host(
    store: *const Store,
    ty: *const u8,
    ty_length: usize,
    func: *mut *const Func,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives that many bytes, and nothing changes them until this returns.
        let ty = parsed::<FuncType>(unsafe { lent(ty, ty_length) })?;
        // SAFETY: the caller keeps the store alive until this returns.
        let made = Func::async_host(unsafe { opened(store)? }, ty)?;
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { func.write(Arc::into_raw(made)) };
        Ok(())
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Gives an async host function its context, which is let go of when the store goes, or at once where this fails.
///
/// # Safety
/// The objects are alive; `release` may be called with `context` on any thread; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_attach_async(
    func: *const Func,
    store: *const Store,
    release: Release,
    context: *mut c_void,
    error: *mut Bytes,
) -> i32 {
    let body = Body(Context { pointer: context, release });
    let work = || {
        // SAFETY: the caller keeps the objects alive until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        func.attach(store, Box::new(body))
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// A guest that goes on step by step, and what its last step has left.
pub struct GuestRun {
    run: Started,
    left: Mutex<Left>,
}

enum Started {
    Call(Run<Vec<Val>>),
    Instance(Run<Arc<Instance>>),
}

impl From<Started> for GuestRun {
    fn from(run: Started) -> Self {
        // A task of Swift's may go on with it on whichever thread of the pool is free.
        match &run {
            Started::Call(run) => run.goes_on_anywhere(),
            Started::Instance(run) => run.goes_on_anywhere(),
        }
        Self { run, left: Mutex::default() }
    }
}

/// What the language looks at until the next step.
#[derive(Default)]
struct Left {
    /// It keeps the host function that is called.
    call: Option<HostCall>,
    values: Vec<Value>,
}

// SAFETY: the handles in the values are those of objects that may be used on any thread.
unsafe impl Send for Left {}

/// What a step came to. See the header.
#[repr(C)]
pub struct Stepped {
    came: i32,
    context: *mut c_void,
    store: u64,
    run: u64,
    call: u64,
    values: *const Value,
    count: usize,
    object: *const c_void,
}

/// What a host function answers. See the header.
#[repr(C)]
pub struct Answer {
    values: *const Value,
    count: usize,
    thrown: u64,
}

/// Is called when a run is to be stepped again. See the header.
#[repr(C)]
pub struct WakerOfLanguage {
    wake: unsafe extern "C" fn(context: *mut c_void),
    release: Release,
    context: *mut c_void,
}

impl WakerOfLanguage {
    /// A waker of Rust's.
    ///
    /// # Safety
    /// It is null, or one that the language does not use again.
    pub(super) unsafe fn taken(waker: *const Self) -> Option<Waker> {
        // SAFETY: the contract of this function.
        unsafe { waker.as_ref() }.map(|waker| {
            let context = Context { pointer: waker.context, release: waker.release };
            Waker::from(Arc::new(Wakes { wake: waker.wake, context }))
        })
    }
}

struct Wakes {
    wake: unsafe extern "C" fn(context: *mut c_void),
    context: Context,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        // SAFETY: the function came with this context, which is still there.
        unsafe { (self.wake)(self.context.pointer) }
    }
}

/// A value as it crosses. A handle in it is its receiver's.
fn crossing(value: &Val) -> Value {
    let kind = match value {
        Val::I32 { .. } => ValKind::I32,
        Val::I64 { .. } => ValKind::I64,
        Val::F32 { .. } => ValKind::F32,
        Val::F64 { .. } => ValKind::F64,
        Val::V128 { .. } => ValKind::V128,
        Val::FuncRef { .. } => ValKind::FuncRef,
        Val::ExternRef { .. } => ValKind::ExternRef,
        Val::AnyRef { .. } => ValKind::AnyRef,
        Val::ExnRef { .. } => ValKind::ExnRef,
        Val::Null => ValKind::ContRef,
    };
    Value { slot: Slot::of(value.clone()), kind: kind as u8 }
}

/// The values that the language lends.
///
/// # Safety
/// `values` are `count` of them, which nothing changes meanwhile; a reference among them is 0 or alive, of the kind that its slot
/// names.
unsafe fn values(values: *const Value, count: usize) -> Vec<Val> {
    const NUMBERS: [ValKind; 5] = [ValKind::I32, ValKind::I64, ValKind::F32, ValKind::F64, ValKind::V128];
    // SAFETY: the contract of this function.
    let values = unsafe { lent(values, count) };
    let kind = |value: &Value| NUMBERS.get(usize::from(value.kind)).copied().unwrap_or(ValKind::ContRef);
    // SAFETY: the contract of this function says that a handle is alive; `ContRef` stands for what its slot names.
    values.iter().map(|value| unsafe { value.slot.value(kind(value), Owned::ByCaller) }).collect()
}

/// Leaves a run that `start` makes in a store. It comes from the async host call of the store that the present task works for, if any.
///
/// # Safety
/// The store is alive; the pointers for a run and for an error may be written to.
pub(super) unsafe fn started<S, R: From<S>>(
    store: *const Store,
    run: *mut *mut R,
    error: *mut Bytes,
    start: impl FnOnce(&Arc<Store>, Option<Token>) -> Result<S>,
) -> i32 {
    let work = || {
        // SAFETY: the caller keeps the store alive until this returns.
        let store = unsafe { shared(store)? };
        let made = Box::new(R::from(start(&store, store.works_for())?));
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { run.write(Box::into_raw(made)) };
        Ok(())
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Makes a call of a function that goes on step by step.
///
/// # Safety
/// The objects are alive; the values are as `values` asks; the pointers for a run and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_start(
    func: *const Func,
    store: *const Store,
    arguments: *const Value,
    count: usize,
    run: *mut *mut GuestRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the objects alive, and lends the values, until this returns.
    let start = |store: &_, of| unsafe { opened(func)?.start(store, values(arguments, count), of).map(Started::Call) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// Makes an instance step by step, of serialised imports.
///
/// # Safety
/// The objects are alive; the imports are readable; the pointers for a run and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_instance_start(
    store: *const Store,
    module: *const Module,
    imports: *const u8,
    length: usize,
    run: *mut *mut GuestRun,
    error: *mut Bytes,
) -> i32 {
    let start = |store: &_, of| {
        // SAFETY: the caller gives that many bytes, and nothing changes them until this returns.
        let imports = parsed::<Vec<Extern>>(unsafe { lent(imports, length) })?;
        // SAFETY: the caller keeps the module alive until this returns.
        Instance::start(store, unsafe { opened(module)? }, &imports, of).map(Started::Instance)
    };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// The same of a linker's items.
///
/// # Safety
/// The objects are alive; the pointers for a run and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_linker_start(
    linker: *const Linker,
    store: *const Store,
    module: *const Module,
    run: *mut *mut GuestRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the objects alive until this returns.
    let start = |store: &_, of| unsafe { opened(linker)?.start(store, opened(module)?, of).map(Started::Instance) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// The same of a module whose imports were found before.
///
/// # Safety
/// As of `trimaran_linker_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_instance_pre_start(
    pre: *const InstancePre,
    store: *const Store,
    run: *mut *mut GuestRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the objects alive until this returns.
    let start = |store: &_, of| unsafe { opened(pre)?.start(store, of).map(Started::Instance) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

impl Stepped {
    /// That came to nothing yet.
    const WAITS: Self = Self {
        came: 0,
        context: std::ptr::null_mut(),
        store: 0,
        run: 0,
        call: 0,
        values: std::ptr::null(),
        count: 0,
        object: std::ptr::null(),
    };
}

impl GuestRun {
    /// Steps the run, and keeps what that came to for the language.
    fn step(&self, answer: Option<Result<Vec<Val>>>, waker: &Waker) -> Result<Stepped> {
        match &self.run {
            Started::Call(run) => self
                .step_of(run, answer, waker, |results, left, _| left.values = results.iter().map(crossing).collect()),
            Started::Instance(run) => self.step_of(run, answer, waker, |instance, _, stepped| {
                stepped.object = Arc::into_raw(instance).cast();
            }),
        }
    }

    fn step_of<T: Send + 'static>(
        &self,
        run: &Run<T>,
        answer: Option<Result<Vec<Val>>>,
        waker: &Waker,
        done: impl FnOnce(T, &mut Left, &mut Stepped),
    ) -> Result<Stepped> {
        let step = run.step(answer, waker)?;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = Left::default();
        let mut stepped = Stepped::WAITS;
        match step {
            Step::Waits => {}
            Step::Host(call, token) => {
                let body = call.function().and_then(SlotFunction::as_any).and_then(<dyn Any>::downcast_ref::<Body>);
                let body = body.ok_or_else(|| WasmtimeError::Unexpected {
                    reason: "an async host function that its package does not know".to_owned(),
                })?;
                (stepped.came, stepped.context) = (1, body.0.pointer);
                (stepped.store, stepped.run, stepped.call) = (run.store().store_number(), token.run as u64, token.call);
                left.values = call.arguments().iter().map(crossing).collect();
                left.call = Some(call);
            }
            Step::Turn => stepped.came = 2,
            Step::Later(time) => (stepped.came, stepped.call) = (4, nanoseconds(time)),
            Step::Done(given) => {
                stepped.came = 3;
                done(given, &mut left, &mut stepped);
            }
        }
        (stepped.values, stepped.count) = (left.values.as_ptr(), left.values.len());
        Ok(stepped)
    }
}

/// How long a guest sleeps, as a step says it.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Steps a run.
///
/// # Safety
/// The run is alive, and no other thread steps it; answer and waker are null, or as the header says; the pointers for what the step
/// came to and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_run_step(
    run: *mut GuestRun,
    answer: *const Answer,
    waker: *const WakerOfLanguage,
    step: *mut Stepped,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives null, or a waker that it does not use again.
    let waker = unsafe { WakerOfLanguage::taken(waker) };
    let work = || {
        // SAFETY: the caller keeps the run alive until this returns.
        let run = unsafe { opened(run.cast_const())? };
        // SAFETY: the caller gives null, or an answer that nothing changes until this returns.
        let answer = unsafe { answer.as_ref() }.map(|answer| match answer.thrown {
            // SAFETY: the contract of this function.
            0 => Ok(unsafe { values(answer.values, answer.count) }),
            thrown => Err(WasmtimeError::thrown(thrown)),
        });
        let stepped = run.step(answer, waker.as_ref().unwrap_or(Waker::noop()))?;
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { step.write(stepped) };
        Ok(())
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Lets go of a run, which ends its guest where it is not over.
///
/// # Safety
/// It came from here, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_run_free(run: *mut GuestRun) {
    // SAFETY: the caller gives what `trimaran_func_start` made, once.
    let_go(unsafe { Box::from_raw(run) });
}

/// Leaves which async host call of a store the present task works for, and gives whether there is one.
type WorksFor = unsafe extern "C" fn(store: u64, run: *mut u64, call: *mut u64) -> bool;

static WORKS_FOR: OnceLock<WorksFor> = OnceLock::new();

/// Has the library ask the language which async host call a task works for. The first function that is given stays.
///
/// # Safety
/// `tell` may be called on any thread, for as long as the process lasts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_tell_works_for(tell: WorksFor) {
    _ = WORKS_FOR.set(tell);
    trimaran::adapter::ask_tasks(|store| {
        let tell = WORKS_FOR.get()?;
        let (mut run, mut call) = (0, 0);
        // SAFETY: the caller of `trimaran_tell_works_for` says that it may be called; both pointers may be written to.
        let is_there = unsafe { tell(store, &raw mut run, &raw mut call) };
        is_there.then_some(Token { run: usize::try_from(run).ok()?, call })
    });
}
