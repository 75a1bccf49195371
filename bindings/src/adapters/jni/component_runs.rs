//! Runs of components: what they cross by, between the steps that `runs` has for every guest.

use std::any::Any;
use std::sync::Arc;
use std::task::Waker;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jlongArray, jobjectArray};
use trimaran::adapter::{ComponentHostCall, HostFuncType, OwnedArguments, Received, Reply, Run, Step, spare};
use trimaran::{ComponentFunc, ComponentInstance, ComponentInstancePre, ComponentMistake, Result};

use super::super::surface::parsed;
use super::component_exchange::Exchange;
use super::component_host::Body;
use super::generated::{kept, octets};
use super::runs::{
    DONE, HOST, LATER, Started, Steps, TURN, WAITS, begin, begin_with, tell, tell_time, token, unexpected,
};
use super::{both, give};

/// What a component and the package give each other, each until the other one has fetched it.
#[derive(Default)]
pub(super) struct RunCrossing {
    /// What the component asks of an async function of the host.
    call: Option<ComponentHostCall>,
    /// The type of that function.
    ty: Option<Arc<HostFuncType>>,
    reply: Option<Reply>,
    /// What the function of the component gives in the end.
    given: Option<Received>,
}

/// What a run of a component gives in the end: a number for the frame, or values that the package fetches.
trait Given {
    fn keep(self, crossing: &mut RunCrossing) -> Option<jlong>;
}

impl Given for Received {
    fn keep(self, crossing: &mut RunCrossing) -> Option<jlong> {
        crossing.given = Some(self);
        None
    }
}

impl Given for Arc<ComponentInstance> {
    fn keep(self, _: &mut RunCrossing) -> Option<jlong> {
        // The package owns the instance from here on.
        Some(Arc::into_raw(self) as jlong)
    }
}

impl<T: Given + Send + 'static> Steps for Run<T, ComponentHostCall> {
    fn step(
        &self,
        env: *mut JNIEnv,
        started: &Started,
        _answer: jlongArray,
        waker: &Waker,
        frame: jlongArray,
    ) -> Result<jint> {
        let reply = started.crossing().reply.take();
        match Run::step(self, reply.map(Ok), waker)? {
            Step::Waits => Ok(WAITS),
            Step::Turn => Ok(TURN),
            Step::Later(time) => {
                tell_time(env, frame, time);
                Ok(LATER)
            }
            Step::Done(given) => {
                if let Some(number) = given.keep(&mut started.crossing()) {
                    jni!(env, SetLongArrayRegion, frame, 0, 1, &raw const number);
                }
                Ok(DONE)
            }
            Step::Host(call, token) => {
                let mut crossing = started.crossing();
                crossing.ty = Some(Arc::clone(call.ty()));
                crossing.call = Some(call);
                tell(env, frame, 0, token);
                Ok(HOST)
            }
        }
    }

    fn cancel(&self) {
        Run::cancel(self);
    }

    fn goes_on_anywhere(&self) {
        Run::goes_on_anywhere(self);
    }
}

/// Leaves values in an exchange: a stream, and behind it what stands beside it. The length of the stream, and in the upper half how
/// often the output has moved.
pub(super) fn leave(values: Received, exchange: &mut Exchange) -> Result<jlong> {
    let length = values.bytes.len() as jlong;
    Ok(jlong::from(exchange.copy(values)?) << 32 | length)
}

/// Begins a call of a component's function, as `component_func::call` makes one, and as `runs::start_func` begins one. Where it is done at once,
/// the values lie in the exchange, and what `leave` tells of them in the frame.
pub(super) extern "system" fn start_component_func(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    exchange: jlong,
    length: jint,
    resources: jint,
    objects: jobjectArray,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<ComponentFunc>(func, store) };
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        let resources = exchange.given(env, length, resources, objects)?.into_vec();
        let bytes = exchange.stream(length)?.to_vec();
        let arguments = OwnedArguments { bytes, beside: Vec::new(), resources };
        let run = kept(func).start(&kept(store), arguments, token(run, call))?;
        begin_values(env, run, exchange, frame)
    })
}

/// The first step of a run that gives values. Where it is done at once, they lie in the exchange, and what `leave` tells of them in the frame.
pub(super) fn begin_values(
    env: *mut JNIEnv,
    run: Run<Received, ComponentHostCall>,
    exchange: &mut Exchange,
    frame: jlongArray,
) -> Result<jlong> {
    begin_with(env, Box::new(run), frame, |crossing| {
        let values = crossing.given.take().ok_or_else(|| unexpected("a component has given nothing"))?;
        let told = leave(values, exchange)?;
        jni!(env, SetLongArrayRegion, frame, 0, 1, &raw const told);
        Ok(())
    })
}

/// Begins to instantiate a component whose imports are found. Gives the pointer of the instance.
pub(super) extern "system" fn start_component(
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
        let (pre, store) = unsafe { both::<ComponentInstancePre>(pre, store) };
        begin(env, Box::new(pre.start(&kept(store), token(run, call))?), frame)
    })
}

/// Leaves what a component's function has given in an exchange, once, and tells as `leave` does.
pub(super) extern "system" fn run_result(env: *mut JNIEnv, _class: jclass, started: jlong, exchange: jlong) -> jlong {
    give(env, || {
        // SAFETY: the package frees it after this has returned, and has the exchange to itself.
        let (started, exchange) = unsafe { (Started::at(started), Exchange::at(exchange)) };
        let values = started.crossing().given.take().ok_or_else(|| unexpected("a component has given nothing"))?;
        leave(values, exchange)
    })
}

/// Puts the package's object of the async function that the component calls into an array, and what it has made of the function's type.
pub(super) extern "system" fn run_host(env: *mut JNIEnv, _class: jclass, started: jlong, found: jobjectArray) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        let started = unsafe { Started::at(started) };
        let crossing = started.crossing();
        let call = crossing.call.as_ref().ok_or_else(|| unexpected("a component asks for nothing"))?;
        let body = call.function().and_then(<dyn Any>::downcast_ref::<Body>);
        let body = body.ok_or_else(|| unexpected("an async host function has nothing to do"))?;
        body.with_host(|env, host| {
            let codec = body.codec(env, host, call.ty())?;
            jni!(env, SetObjectArrayElement, found, 0, host);
            jni!(env, SetObjectArrayElement, found, 1, codec.object());
            Ok(())
        })
    });
}

/// Leaves the arguments of the call in an exchange, once, and tells as `leave` does.
pub(super) extern "system" fn run_call(env: *mut JNIEnv, _class: jclass, started: jlong, exchange: jlong) -> jlong {
    give(env, || {
        // SAFETY: the package frees it after this has returned, and has the exchange to itself.
        let (started, exchange) = unsafe { (Started::at(started), Exchange::at(exchange)) };
        let call = started.crossing().call.take().ok_or_else(|| unexpected("a component asks for nothing"))?;
        leave(call.into_arguments(), exchange)
    })
}

/// Takes what the function gives, for the next step.
pub(super) extern "system" fn run_reply(
    env: *mut JNIEnv,
    _class: jclass,
    started: jlong,
    exchange: jlong,
    length: jint,
    resources: jint,
    objects: jobjectArray,
) {
    give(env, || {
        // SAFETY: the package frees it after this has returned, and has the exchange to itself.
        let (started, exchange) = unsafe { (Started::at(started), Exchange::at(exchange)) };
        let resources = exchange.given(env, length, resources, objects)?.into_vec();
        let mut bytes = spare::stream();
        bytes.extend_from_slice(exchange.stream(length)?);
        started.crossing().reply = Some(Reply { bytes, beside: Vec::new(), resources });
        Ok(())
    });
}

/// Fails for what the function gave that does not fit, as `component_host::refuse_host_result` does.
pub(super) extern "system" fn run_refuse(
    env: *mut JNIEnv,
    _class: jclass,
    started: jlong,
    path: jbyteArray,
    mistake: jbyteArray,
) {
    give(env, || {
        // SAFETY: the package frees it after this has returned.
        let started = unsafe { Started::at(started) };
        let path = parsed::<Vec<String>>(&octets(env, path))?;
        let mistake = parsed::<ComponentMistake>(&octets(env, mistake))?;
        let ty = started.crossing().ty.clone().ok_or_else(|| unexpected("a component asks for nothing"))?;
        Err::<(), _>(ty.refuse(&path, mistake))
    });
}
