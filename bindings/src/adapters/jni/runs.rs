//! Runs: calls of guests that go on step by step. The package steps them in the caller's own coroutine
//! (`dev.trimaran.internal.Running`), and finds an async host function by its number in the guest's store.

use std::any::Any;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jlongArray, jobject, jsize};
use trimaran::adapter::{Owned, Run, Slot, SlotFunction, Step, Token, ValKind, swap_working_for};
use trimaran::{Extern, Func, Instance, InstancePre, Linker, Module, Result, Store, Val, WasmtimeError};

use super::callback::Callback;
use super::generated::{kept, octets, parsed_func_type};
use super::host::keep_thrown;
use super::{at, both, give};
use crate::adapters::let_go;
use crate::adapters::surface::parsed;

// What a step came to, as `Running` has it too. Of a run that has just begun, it lies in the free bits of the pointer.
const DONE: jint = 0;
const WAITS: jint = 1;
const HOST: jint = 2;
const TURN: jint = 3;

/// How many numbers of the JVM's a slot has.
const NUMBERS: usize = 2;

/// What an async host function is to the package.
struct AsyncBody {
    /// Where the package's store has it.
    number: jlong,
    results: Arc<[ValKind]>,
}

// SAFETY: it leaves the slots as they are, and gives no result.
unsafe impl SlotFunction for AsyncBody {
    fn call(&self, _store: &Store, _call_id: u64, _slots: &mut [Slot]) -> Result<()> {
        Err(WasmtimeError::Unexpected { reason: "an async host function was called as another one".to_owned() })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// What a run gives in the end, as it lies in slots. What is a reference or a pointer becomes the package's.
trait Given {
    fn slots(self) -> Vec<Slot>;
}

impl Given for Vec<Val> {
    fn slots(self) -> Vec<Slot> {
        self.into_iter().map(Slot::of).collect()
    }
}

impl Given for Arc<Instance> {
    fn slots(self) -> Vec<Slot> {
        vec![Slot { low: Arc::into_raw(self) as u64, high: 0 }]
    }
}

/// A run, whatever it gives.
trait Steps: Send + Sync {
    fn step(&self, answer: Option<Result<Vec<Val>>>, waker: &Waker) -> Result<Step<Vec<Slot>>>;
    fn cancel(&self);
}

impl<T: Given + Send + 'static> Steps for Run<T> {
    fn step(&self, answer: Option<Result<Vec<Val>>>, waker: &Waker) -> Result<Step<Vec<Slot>>> {
        Ok(match Run::step(self, answer, waker)? {
            Step::Waits => Step::Waits,
            Step::Turn => Step::Turn,
            Step::Host(call, token) => Step::Host(call, token),
            Step::Done(given) => Step::Done(given.slots()),
        })
    }

    fn cancel(&self) {
        Run::cancel(self);
    }
}

/// What a guest asks of an async host function.
#[derive(Default)]
struct Asked {
    /// Until the package has fetched them.
    arguments: Vec<Val>,
    /// The kinds of what the answer has to bring.
    results: Option<Arc<[ValKind]>>,
}

/// A run, as the package has it.
pub(super) struct Started {
    run: Box<dyn Steps>,
    asked: Mutex<Asked>,
}

impl Started {
    /// Steps the run, and leaves what it came to in the frame: the results, or the number of the async host function that the guest
    /// calls, and its token.
    fn step(
        &self,
        env: *mut JNIEnv,
        mut answer: Option<Result<Vec<Val>>>,
        waker: &Waker,
        frame: jlongArray,
    ) -> Result<jint> {
        loop {
            let (call, token) = match self.run.step(answer.take(), waker)? {
                Step::Waits => return Ok(WAITS),
                Step::Turn => return Ok(TURN),
                Step::Done(slots) => {
                    put(env, frame, &slots)?;
                    return Ok(DONE);
                }
                Step::Host(call, token) => (call, token),
            };
            let body = call.function().and_then(SlotFunction::as_any).and_then(<dyn Any>::downcast_ref::<AsyncBody>);
            let Some(AsyncBody { number, results }) = body else {
                let reason = "an async host function has nothing to do".to_owned();
                answer = Some(Err(WasmtimeError::Unexpected { reason }));
                continue;
            };
            let told = [*number, token.run as jlong, token.call.cast_signed()];
            let results = Some(Arc::clone(results));
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) =
                Asked { arguments: call.into_arguments(), results };
            jni!(env, SetLongArrayRegion, frame, 0, told.len() as jsize, told.as_ptr());
            return Ok(HOST);
        }
    }

    /// The answer that lies in the slots, of which references become ours.
    fn answer(&self, env: *mut JNIEnv, slots: jlongArray) -> Result<Vec<Val>> {
        let kinds = self.asked.lock().unwrap_or_else(PoisonError::into_inner).results.take();
        let kinds = kinds.ok_or_else(|| unexpected("an answer to no question"))?;
        let slots = taken(env, slots);
        if slots.len() < kinds.len() {
            return Err(unexpected("too few slots"));
        }
        // SAFETY: the package has put living handles there, or 0, and gives them away.
        Ok(slots.iter().zip(&*kinds).map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect())
    }
}

#[cold]
fn unexpected(reason: &str) -> WasmtimeError {
    WasmtimeError::Unexpected { reason: reason.to_owned() }
}

/// The slots of an array.
fn taken(env: *mut JNIEnv, array: jlongArray) -> Vec<Slot> {
    let length = jni!(env, GetArrayLength, array);
    let mut slots = vec![Slot::default(); usize::try_from(length).unwrap_or_default() / NUMBERS];
    jni!(env, GetLongArrayRegion, array, 0, length & !1, slots.as_mut_ptr().cast());
    slots
}

/// Leaves the slots in an array, which has room for them. References become the package's.
fn put(env: *mut JNIEnv, array: jlongArray, slots: &[Slot]) -> Result<()> {
    let length = jsize::try_from(slots.len() * NUMBERS).unwrap_or(jsize::MAX);
    if length > jni!(env, GetArrayLength, array) {
        return Err(unexpected("an array has no room for the values"));
    }
    jni!(env, SetLongArrayRegion, array, 0, length, slots.as_ptr().cast());
    Ok(())
}

/// The async host call that a run comes from, if it comes from one: its number is not 0.
fn token(run: jlong, call: jlong) -> Option<Token> {
    (call != 0).then_some(Token { run: run as usize, call: call.cast_unsigned() })
}

/// The first step. The pointer of the run, with what the step came to in its free bits; 0 where it is done.
fn begin(env: *mut JNIEnv, run: Box<dyn Steps>, frame: jlongArray) -> Result<jlong> {
    const { assert!(align_of::<Started>() > TURN as usize) };
    let started = Started { run, asked: Mutex::default() };
    Ok(match started.step(env, None, Waker::noop(), frame)? {
        DONE => 0,
        came => Box::into_raw(Box::new(started)) as jlong | jlong::from(came),
    })
}

/// Begins a call with the arguments in the slots of the frame, which have room for the results and for three numbers. Of
/// references, they are living handles.
pub(super) extern "system" fn start_func(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let slots = taken(env, frame);
        let given = slots.iter().zip(func.signature(store)?.params());
        // SAFETY: the package keeps what it passes until this returns.
        let arguments = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByCaller) }).collect();
        begin(env, Box::new(func.start(&kept(store), arguments, token(run, call))?), frame)
    })
}

/// The same with any values, as UniFFI serialises them: they are converted, or refused.
pub(super) extern "system" fn start_func_values(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    values: jbyteArray,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let arguments = parsed::<Vec<Val>>(&octets(env, values))?;
        begin(env, Box::new(func.start(&kept(store), arguments, token(run, call))?), frame)
    })
}

/// Begins to instantiate a module with its imports, as UniFFI serialises them. Gives the pointer of the instance.
pub(super) extern "system" fn start_instance(
    env: *mut JNIEnv,
    _class: jclass,
    module: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    imports: jbyteArray,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (module, store) = unsafe { both::<Module>(module, store) };
        let imports = parsed::<Vec<Extern>>(&octets(env, imports))?;
        begin(env, Box::new(Instance::start(&kept(store), module, &imports, token(run, call))?), frame)
    })
}

/// The same by a linker.
pub(super) extern "system" fn start_linked(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    store: jlong,
    module: jlong,
    run: jlong,
    call: jlong,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps all three open for the call.
        let ((linker, store), module) = unsafe { (both::<Linker>(linker, store), at::<Module>(module)) };
        begin(env, Box::new(linker.start(&kept(store), module, token(run, call))?), frame)
    })
}

/// The same of a module whose imports are found.
pub(super) extern "system" fn start_prepared(
    env: *mut JNIEnv,
    _class: jclass,
    pre: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (pre, store) = unsafe { both::<InstancePre>(pre, store) };
        begin(env, Box::new(pre.start(&kept(store), token(run, call))?), frame)
    })
}

/// An object of the package that is woken when a run may have its turn.
struct Waking(Callback);

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        _ = self.0.run(|env, object, method| {
            jni!(env, CallVoidMethod, object, method);
            // The package's method throws nothing but what the JVM does where it has no room left.
            if jni!(env, ExceptionCheck) {
                jni!(env, ExceptionClear);
            }
            Ok(())
        });
    }
}

/// Steps a run, with the slots of the answer where it asked for one. Where it waits for its turn, `waking` is woken, if there is one.
pub(super) extern "system" fn step_run(
    env: *mut JNIEnv,
    _class: jclass,
    started: jlong,
    answer: jlongArray,
    waking: jobject,
    frame: jlongArray,
) -> jint {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        let started = unsafe { at::<Started>(started) };
        let answer = NonNull::new(answer).map(|slots| started.answer(env, slots.as_ptr())).transpose()?;
        if waking.is_null() {
            return started.step(env, answer.map(Ok), Waker::noop(), frame);
        }
        let callback = Callback::new(env, waking, c"wake", c"()V");
        if callback.is_none() {
            keep_thrown(env)?;
        }
        let callback = callback.ok_or_else(|| unexpected("there is nothing to wake"))?;
        started.step(env, answer.map(Ok), &Waker::from(Arc::new(Waking(callback))), frame)
    })
}

/// Leaves the arguments of the async host call in slots, once. References become the package's.
pub(super) extern "system" fn run_arguments(env: *mut JNIEnv, _class: jclass, started: jlong, slots: jlongArray) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        let started = unsafe { at::<Started>(started) };
        let arguments = std::mem::take(&mut started.asked.lock().unwrap_or_else(PoisonError::into_inner).arguments);
        put(env, slots, &arguments.slots())
    });
}

/// Has the guest of a run end, on any thread and without waiting.
pub(super) extern "system" fn cancel_run(env: *mut JNIEnv, _class: jclass, started: jlong) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        unsafe { at::<Started>(started) }.run.cancel();
        Ok(())
    });
}

/// Frees a run; its guest unwinds, if it is not over.
pub(super) extern "system" fn free_run(_env: *mut JNIEnv, _class: jclass, started: jlong) {
    // SAFETY: it is what `begin` gave, and the package frees it once.
    let_go(unsafe { Box::from_raw(started as *mut Started) });
}

/// An async host function of a serialised type, which `attach_waiting` gives its number.
pub(super) extern "system" fn new_waiting_func(
    env: *mut JNIEnv,
    _class: jclass,
    store: jlong,
    ty: jbyteArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store = unsafe { at::<Store>(store) };
        // The package owns the function from here on.
        Ok(Arc::into_raw(Func::async_host(store, parsed_func_type(env, ty)?)?) as jlong)
    })
}

/// Gives an async host function the number that the package knows it by.
pub(super) extern "system" fn attach_waiting(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    number: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let results = func.signature(store)?.results().into();
        func.attach(store, Box::new(AsyncBody { number, results }))
    });
}

/// Has this thread work for an async host call of a store: three numbers, of the store, of the run and of the call, which is 0 for
/// none. Leaves there for which one it has worked.
pub(super) extern "system" fn swap_work(env: *mut JNIEnv, _class: jclass, numbers: jlongArray) {
    give(env, || {
        let mut found = [0; 3];
        jni!(env, GetLongArrayRegion, numbers, 0, 3, found.as_mut_ptr());
        let [store, run, call] = found;
        let before = swap_working_for(token(run, call).map(|token| (store.cast_unsigned(), token)));
        let told =
            before.map_or([0; 3], |(store, token)| [store.cast_signed(), token.run as jlong, token.call.cast_signed()]);
        jni!(env, SetLongArrayRegion, numbers, 0, 3, told.as_ptr());
        Ok(())
    });
}
