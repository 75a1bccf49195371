//! Runs: calls of guests that go on step by step. The package steps them in the caller's own coroutine
//! (`dev.trimaran.internal.Running`), and finds an async host function by its number in the guest's store.

use std::any::Any;
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jlongArray, jobject, jsize};
use trimaran::adapter::{Owned, Run, Slot, SlotFunction, Step, Token, ValKind, swap_working_for};
use trimaran::{Extern, Func, Instance, InstancePre, Linker, Module, Result, Val, WasmtimeError};

use super::callback::Callback;
use super::component_runs::RunCrossing;
use super::generated::{kept, octets};
use super::host::keep_thrown;
use super::waiting_host::AsyncBody;
use super::{at, both, give};
use crate::adapters::let_go;
use crate::adapters::surface::parsed;

// What a step came to, as `Running` has it too. Of a run that has just begun, it lies in the free bits of the pointer.
pub(super) const DONE: jint = 0;
pub(super) const WAITS: jint = 1;
pub(super) const HOST: jint = 2;
pub(super) const TURN: jint = 3;
/// The first number of the frame says how many nanoseconds later.
pub(super) const LATER: jint = 4;

/// How many numbers of the JVM's a slot has.
const NUMBERS: usize = 2;

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

/// A run, whatever it gives, of a guest that is a module or a component.
pub(super) trait Steps: Send + Sync {
    /// Steps it with the answer of the host function, if there was one to answer, and leaves what it came to in the frame: the
    /// results, or the number of the async host function that the guest calls, and its token.
    fn step(
        &self,
        env: *mut JNIEnv,
        started: &Started,
        answer: jlongArray,
        waker: &Waker,
        frame: jlongArray,
    ) -> Result<jint>;

    fn cancel(&self);

    fn goes_on_anywhere(&self);
}

impl<T: Given + Send + 'static> Steps for Run<T> {
    fn step(
        &self,
        env: *mut JNIEnv,
        started: &Started,
        answer: jlongArray,
        waker: &Waker,
        frame: jlongArray,
    ) -> Result<jint> {
        let mut answer =
            NonNull::new(answer).map(|slots| started.asked().answer(env, slots.as_ptr())).transpose()?.map(Ok);
        loop {
            let (call, token) = match Run::step(self, answer.take(), waker)? {
                Step::Waits => return Ok(WAITS),
                Step::Turn => return Ok(TURN),
                Step::Later(time) => {
                    tell_time(env, frame, time);
                    return Ok(LATER);
                }
                Step::Done(given) => {
                    put(env, frame, &given.slots())?;
                    return Ok(DONE);
                }
                Step::Host(call, token) => (call, token),
            };
            let body = call.function().and_then(SlotFunction::as_any).and_then(<dyn Any>::downcast_ref::<AsyncBody>);
            let Some(AsyncBody { number, results }) = body else {
                answer = Some(Err(unexpected("an async host function has nothing to do")));
                continue;
            };
            let told = *number;
            let results = Some(Arc::clone(results));
            *started.asked() = Asked { arguments: call.into_arguments(), results };
            tell(env, frame, told, token);
            return Ok(HOST);
        }
    }

    fn cancel(&self) {
        Run::cancel(self);
    }

    fn goes_on_anywhere(&self) {
        Run::goes_on_anywhere(self);
    }
}

/// Leaves in a frame for how long a guest sleeps.
pub(super) fn tell_time(env: *mut JNIEnv, frame: jlongArray, time: Duration) {
    let nanoseconds = jlong::try_from(time.as_nanos()).unwrap_or(jlong::MAX);
    jni!(env, SetLongArrayRegion, frame, 0, 1, &raw const nanoseconds);
}

/// Leaves the number of a host function, and the token of its call, in a frame.
pub(super) fn tell(env: *mut JNIEnv, frame: jlongArray, number: jlong, token: Token) {
    let told = [number, token.run as jlong, token.call.cast_signed()];
    jni!(env, SetLongArrayRegion, frame, 0, told.len() as jsize, told.as_ptr());
}

/// What a module asks of an async host function.
#[derive(Default)]
struct Asked {
    /// Until the package has fetched them.
    arguments: Vec<Val>,
    /// The kinds of what the answer has to bring.
    results: Option<Arc<[ValKind]>>,
}

impl Asked {
    /// The answer that lies in the slots, of which references become ours.
    fn answer(&mut self, env: *mut JNIEnv, slots: jlongArray) -> Result<Vec<Val>> {
        let kinds = self.results.take().ok_or_else(|| unexpected("an answer to no question"))?;
        let slots = taken(env, slots);
        if slots.len() < kinds.len() {
            return Err(unexpected("too few slots"));
        }
        // SAFETY: the package has put living handles there, or 0, and gives them away.
        Ok(slots.iter().zip(&*kinds).map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect())
    }
}

/// A run, as the package has it.
pub(super) struct Started {
    run: Box<dyn Steps>,
    asked: Mutex<Asked>,
    crossing: Mutex<RunCrossing>,
}

impl Started {
    /// # Safety
    /// The package has the pointer from `begin`, and frees it after the call has returned.
    pub(super) unsafe fn at<'a>(started: jlong) -> &'a Self {
        // SAFETY: the contract of this function.
        unsafe { at(started) }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What crosses for a component.
    pub(super) fn crossing(&self) -> MutexGuard<'_, RunCrossing> {
        self.crossing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, env: *mut JNIEnv, answer: jlongArray, waker: &Waker, frame: jlongArray) -> Result<jint> {
        self.run.step(env, self, answer, waker, frame)
    }
}

#[cold]
pub(super) fn unexpected(reason: &str) -> WasmtimeError {
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
pub(super) fn token(run: jlong, call: jlong) -> Option<Token> {
    (call != 0).then_some(Token { run: run as usize, call: call.cast_unsigned() })
}

/// The first step. The pointer of the run, with what the step came to in its free bits; 0 where it is done.
pub(super) fn begin(env: *mut JNIEnv, run: Box<dyn Steps>, frame: jlongArray) -> Result<jlong> {
    begin_with(env, run, frame, |_| Ok(()))
}

/// The same. Where it is done, `done` takes what a component has given.
pub(super) fn begin_with(
    env: *mut JNIEnv,
    run: Box<dyn Steps>,
    frame: jlongArray,
    done: impl FnOnce(&mut RunCrossing) -> Result<()>,
) -> Result<jlong> {
    const { assert!(align_of::<Started>() > LATER as usize) };
    let started = Started { run, asked: Mutex::default(), crossing: Mutex::default() };
    Ok(match started.step(env, null_mut(), Waker::noop(), frame)? {
        DONE => {
            done(&mut started.crossing())?;
            0
        }
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
        let started = unsafe { Started::at(started) };
        if waking.is_null() {
            return started.step(env, answer, Waker::noop(), frame);
        }
        let callback = Callback::new(env, waking, c"wake", c"()V");
        if callback.is_none() {
            keep_thrown(env)?;
        }
        let callback = callback.ok_or_else(|| unexpected("there is nothing to wake"))?;
        started.step(env, answer, &Waker::from(Arc::new(Waking(callback))), frame)
    })
}

/// Leaves the arguments of the async host call in slots, once. References become the package's.
pub(super) extern "system" fn run_arguments(env: *mut JNIEnv, _class: jclass, started: jlong, slots: jlongArray) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        let started = unsafe { Started::at(started) };
        let arguments = std::mem::take(&mut started.asked().arguments);
        put(env, slots, &arguments.slots())
    });
}

/// Has the guest of a run end, on any thread and without waiting.
pub(super) extern "system" fn cancel_run(env: *mut JNIEnv, _class: jclass, started: jlong) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        unsafe { Started::at(started) }.run.cancel();
        Ok(())
    });
}

/// Says that any thread may go on with a run: its coroutine is of a dispatcher with several.
pub(super) extern "system" fn run_goes_on_anywhere(env: *mut JNIEnv, _class: jclass, started: jlong) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        unsafe { Started::at(started) }.run.goes_on_anywhere();
        Ok(())
    });
}

/// Frees a run; its guest unwinds, if it is not over.
pub(super) extern "system" fn free_run(_env: *mut JNIEnv, _class: jclass, started: jlong) {
    // SAFETY: it is what `begin` gave, and the package frees it once.
    let_go(unsafe { Box::from_raw(started as *mut Started) });
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
