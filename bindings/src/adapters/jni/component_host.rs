//! Host functions of components: objects of the class `dev.trimaran.internal.component.ComponentHost`. The package keeps them, where the
//! JVM's collector sees them, and the core has a weak reference.

use std::any::Any;
use std::sync::Arc;

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jint, jlong, jmethodID, jobject, jobjectArray, jstring, jvalue};
use trimaran::adapter::{ComponentHostFunction, HostFuncType, PlainHostFunction, Received, Reply, spare};
use trimaran::{ComponentLinker, ComponentMistake, Result, Store, WasmtimeError};

use super::super::surface::{parsed, serialised};
use super::component_exchange::Exchange;
use super::generated::{octets, text};
use super::host::{GlobalRef, closed, keep_thrown};
use super::{at, byte_array, give};

pub(super) struct Body {
    host: GlobalRef,
    codec: jmethodID,
    run: jmethodID,
    run_plain: jmethodID,
    /// Whether the package knows the type already, and compares it with a component's when that is linked. It reads and writes
    /// the values itself then, plain ones as well.
    is_typed: bool,
    /// Whether guests wait for it: then `component_runs` has it run.
    is_async: bool,
}

// SAFETY: a method's number may be used from any thread, while its class is there: the library of this class is.
unsafe impl Send for Body {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Body {}

/// One call of a host function: what the guest gives, and what it gets. The package has its address while the call lasts.
struct Crossing<'a> {
    arguments: Received,
    reply: Option<Reply>,
    ty: &'a HostFuncType,
}

impl Crossing<'_> {
    /// The call behind an address.
    ///
    /// # Safety
    /// The package has the address from the call, on this thread, which has not returned.
    unsafe fn at<'a>(crossing: jlong) -> &'a mut Self {
        // SAFETY: the contract of this function.
        unsafe { &mut *(crossing as *mut Self) }
    }
}

impl ComponentHostFunction for Body {
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply> {
        self.with_objects(store, |env, host, home| {
            self.run(env, host, home, call_id, Crossing { arguments, reply: None, ty })
        })
    }

    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        (!self.is_typed && !self.is_async).then_some(self as _)
    }

    fn as_async(&self) -> Option<&dyn Any> {
        self.is_async.then_some(self as _)
    }

    fn bind(&self, ty: &HostFuncType) -> Result<()> {
        if !self.is_typed {
            return Ok(());
        }
        self.with_host(|env, host| self.codec(env, host, ty).map(|_| ()))
    }
}

impl PlainHostFunction for Body {
    fn call_plain(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: &[u64]) -> Result<u64> {
        self.with_objects(store, |env, host, home| {
            let codec = self.codec(env, host, ty)?;
            let slot = |place: usize| arguments.get(place).copied().unwrap_or_default().cast_signed();
            // The call is only needed for a result that does not fit.
            let mut crossing = Crossing { arguments: Received::default(), reply: None, ty };
            let given = [
                jvalue { l: codec.object() },
                jvalue { l: home },
                jvalue { j: call_id.cast_signed() },
                jvalue { j: &raw mut crossing as jlong },
                jvalue { j: slot(0) },
                jvalue { j: slot(1) },
                jvalue { j: slot(2) },
                jvalue { j: slot(3) },
            ];
            let result = jni!(env, CallLongMethodA, host, self.run_plain, given.as_ptr());
            keep_thrown(env)?;
            Ok(result.cast_unsigned())
        })
    }
}

impl Body {
    /// That of an object of the package, which `held` refers to.
    pub(super) fn new(
        env: *mut JNIEnv,
        object: jobject,
        held: Option<GlobalRef>,
        (is_typed, is_async): (bool, bool),
    ) -> Result<Self> {
        let class = jni!(env, GetObjectClass, object);
        let codec = jni!(env, GetMethodID, class, c"codec".as_ptr(), c"([B)Ljava/lang/Object;".as_ptr());
        let run = c"(Ljava/lang/Object;Ldev/trimaran/Store;JJ)V";
        let run = jni!(env, GetMethodID, class, c"run".as_ptr(), run.as_ptr());
        let plain = c"(Ljava/lang/Object;Ldev/trimaran/Store;JJJJJJ)J";
        let run_plain = jni!(env, GetMethodID, class, c"runPlain".as_ptr(), plain.as_ptr());
        jni!(env, DeleteLocalRef, class);
        let full = || WasmtimeError::Limit { reason: "the JVM has no room for a host function".to_owned() };
        let held = held.filter(|_| !codec.is_null() && !run.is_null() && !run_plain.is_null());
        Ok(Self { host: held.ok_or_else(full)?, codec, run, run_plain, is_typed, is_async })
    }

    /// Runs `work` with the package's object of the function.
    pub(super) fn with_host<R>(&self, work: impl FnOnce(*mut JNIEnv, jobject) -> Result<R>) -> Result<R> {
        let env = self.host.env().ok_or_else(closed)?;
        let host = self.host.local(env);
        let done = if host.is_null() { Err(closed()) } else { work(env, host) };
        jni!(env, DeleteLocalRef, host);
        done
    }

    /// Runs `work` with the package's objects of the function and of the store.
    fn with_objects<R>(
        &self,
        store: &Store,
        work: impl FnOnce(*mut JNIEnv, jobject, jobject) -> Result<R>,
    ) -> Result<R> {
        let env = self.host.env().ok_or_else(closed)?;
        let home = store.language_store::<GlobalRef>().ok_or_else(closed)?;
        // The package's `Store` holds the host function, and the code that called the guest holds that `Store`.
        let (host, home) = (self.host.local(env), home.local(env));
        let done = if host.is_null() || home.is_null() { Err(closed()) } else { work(env, host, home) };
        jni!(env, DeleteLocalRef, host);
        jni!(env, DeleteLocalRef, home);
        done
    }

    fn run(
        &self,
        env: *mut JNIEnv,
        host: jobject,
        home: jobject,
        call_id: u64,
        mut crossing: Crossing<'_>,
    ) -> Result<Reply> {
        let codec = self.codec(env, host, crossing.ty)?;
        let address = &raw mut crossing as jlong;
        let arguments = [
            jvalue { l: codec.object() },
            jvalue { l: home },
            jvalue { j: call_id.cast_signed() },
            jvalue { j: address },
        ];
        jni!(env, CallVoidMethodA, host, self.run, arguments.as_ptr());
        keep_thrown(env)?;
        let nothing = || WasmtimeError::Unexpected { reason: "the host function gave nothing".to_owned() };
        crossing.reply.ok_or_else(nothing)
    }

    /// What the package has made of the function's type, once for all calls.
    pub(super) fn codec<'a>(&self, env: *mut JNIEnv, host: jobject, ty: &'a HostFuncType) -> Result<&'a GlobalRef> {
        let known = || ty.of_language.get().and_then(|known| known.downcast_ref());
        if let Some(codec) = known() {
            return Ok(codec);
        }
        let full = || WasmtimeError::Limit { reason: "the JVM has no room for a host function".to_owned() };
        let types = byte_array(env, &serialised(ty.types()?));
        keep_thrown(env)?;
        let types = types.ok_or_else(full)?;
        let made = jni!(env, CallObjectMethodA, host, self.codec, [jvalue { l: types }].as_ptr());
        jni!(env, DeleteLocalRef, types);
        keep_thrown(env)?;
        let held = GlobalRef::strong(env, made);
        jni!(env, DeleteLocalRef, made);
        // Another thread may have been faster.
        _ = ty.of_language.set(Box::new(held.ok_or_else(full)?));
        known().ok_or_else(full)
    }
}

/// Defines a host function in the instance of that path, whose names are serialised.
pub(super) extern "system" fn define(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    path: jbyteArray,
    name: jstring,
    host: jobject,
    is_typed: jboolean,
    is_async: jboolean,
) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let linker: &ComponentLinker = unsafe { at(linker) };
        let (path, name) = (parsed::<Vec<String>>(&octets(env, path))?, text(env, name)?);
        let body = Body::new(env, host, GlobalRef::weak(env, host), (is_typed, is_async))?;
        linker.define_func(path, &name, Arc::new(body))
    });
}

/// Leaves the arguments of a call in the exchange: a stream, and behind it what stands beside it. Gives the length of the stream, and in
/// the upper half how often the output has moved.
pub(super) extern "system" fn host_arguments(
    env: *mut JNIEnv,
    _class: jclass,
    crossing: jlong,
    exchange: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package is in that call, and has the exchange to itself.
        let (crossing, exchange) = unsafe { (Crossing::at(crossing), Exchange::at(exchange)) };
        let arguments = std::mem::take(&mut crossing.arguments);
        let length = arguments.bytes.len() as jlong;
        Ok(jlong::from(exchange.copy(arguments)?) << 32 | length)
    })
}

/// Takes what a host function gives, as a call takes arguments.
pub(super) extern "system" fn host_reply(
    env: *mut JNIEnv,
    _class: jclass,
    crossing: jlong,
    exchange: jlong,
    length: jint,
    resources: jint,
    objects: jobjectArray,
) {
    give(env, || {
        // SAFETY: the package is in that call, and has the exchange to itself.
        let (crossing, exchange) = unsafe { (Crossing::at(crossing), Exchange::at(exchange)) };
        let resources = exchange.given(env, length, resources, objects)?.into_vec();
        let mut bytes = spare::stream();
        bytes.extend_from_slice(exchange.stream(length)?);
        crossing.reply = Some(Reply { bytes, beside: Vec::new(), resources });
        Ok(())
    });
}

/// Fails for what a host function gave that does not fit: the path to it and the mistake, each serialised.
pub(super) extern "system" fn refuse_host_result(
    env: *mut JNIEnv,
    _class: jclass,
    crossing: jlong,
    path: jbyteArray,
    mistake: jbyteArray,
) {
    give(env, || {
        // SAFETY: the package is in that call.
        let crossing = unsafe { Crossing::at(crossing) };
        let path = parsed::<Vec<String>>(&octets(env, path))?;
        let mistake = parsed::<ComponentMistake>(&octets(env, mistake))?;
        Err::<(), _>(crossing.ty.refuse(&path, mistake))
    });
}
