//! Host functions: objects of the class `dev.trimaran.HostCallback`.

use std::ffi::c_void;
use std::ptr::null_mut;

use jni_sys::{JNI_OK, JNI_VERSION_1_6, JNIEnv, JavaVM, jclass, jlong, jmethodID, jobject, jsize, jthrowable, jvalue};
use trimaran::adapter::{Slot, SlotFunction, ValKind};
use trimaran::{Func, Result, Store, WasmtimeError};

use super::super::thrown::Thrown;
use super::{both, give};

/// An object of the JVM's, held for as long as this lives.
pub(super) struct GlobalRef {
    vm: *mut JavaVM,
    reference: jobject,
    is_weak: bool,
}

// SAFETY: the JVM and its global references may be used from any thread.
unsafe impl Send for GlobalRef {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for GlobalRef {}

impl GlobalRef {
    /// `None` where the JVM has no memory, and has thrown its own error.
    pub(super) fn strong(env: *mut JNIEnv, object: jobject) -> Option<Self> {
        Self::new(env, jni!(env, NewGlobalRef, object), false)
    }

    /// The same, without keeping the object from being collected.
    pub(super) fn weak(env: *mut JNIEnv, object: jobject) -> Option<Self> {
        Self::new(env, jni!(env, NewWeakGlobalRef, object), true)
    }

    fn new(env: *mut JNIEnv, reference: jobject, is_weak: bool) -> Option<Self> {
        let mut vm = null_mut();
        let found = jni!(env, GetJavaVM, &raw mut vm) == JNI_OK && !reference.is_null();
        found.then_some(Self { vm, reference, is_weak })
    }

    /// The environment of this thread, which belongs to the JVM or, now, is made to.
    pub(super) fn env(&self) -> Option<*mut JNIEnv> {
        let mut env: *mut c_void = null_mut();
        // SAFETY: a JVM lives as long as its process, for all that is known here.
        let known = unsafe { ((**self.vm).v1_2.GetEnv)(self.vm, &raw mut env, JNI_VERSION_1_6) };
        if known != JNI_OK {
            // SAFETY: a JVM lives as long as its process, for all that is known here.
            let made = unsafe { ((**self.vm).v1_4.AttachCurrentThreadAsDaemon)(self.vm, &raw mut env, null_mut()) };
            if made != JNI_OK {
                return None;
            }
        }
        Some(env.cast())
    }

    /// The reference itself, which keeps the object: for one that is not weak.
    pub(super) fn object(&self) -> jobject {
        self.reference
    }

    /// A local reference; null where the object has been collected.
    pub(super) fn local(&self, env: *mut JNIEnv) -> jobject {
        jni!(env, NewLocalRef, self.reference)
    }
}

impl Drop for GlobalRef {
    fn drop(&mut self) {
        if let Some(env) = self.env() {
            if self.is_weak {
                jni!(env, DeleteWeakGlobalRef, self.reference);
            } else {
                jni!(env, DeleteGlobalRef, self.reference);
            }
        }
    }
}

static THROWN: Thrown<GlobalRef> = Thrown::nothing();

/// What the JVM has thrown, under a number; nothing where it has not.
pub(super) fn keep_thrown(env: *mut JNIEnv) -> Result<()> {
    if !jni!(env, ExceptionCheck) {
        return Ok(());
    }
    let exception = jni!(env, ExceptionOccurred);
    jni!(env, ExceptionClear);
    keep_exception(env, exception)
}

/// What a guest fails with when the package has let go of its store.
pub(super) fn closed() -> WasmtimeError {
    WasmtimeError::Closed { what: "store".to_owned() }
}

/// The error that stands for an exception, of which the local reference is used up.
pub(super) fn keep_exception(env: *mut JNIEnv, exception: jobject) -> Result<()> {
    let held = GlobalRef::strong(env, exception);
    jni!(env, DeleteLocalRef, exception);
    let full = || WasmtimeError::Limit { reason: "the JVM has no room to keep what a host function threw".to_owned() };
    let held = held.ok_or_else(|| {
        jni!(env, ExceptionClear);
        full()
    })?;
    Err(THROWN.keep(held))
}

/// Takes out what was thrown; null where there is no such number.
pub(super) extern "system" fn take_thrown(env: *mut JNIEnv, _class: jclass, number: jlong) -> jthrowable {
    THROWN.take(number.cast_unsigned()).map_or(null_mut(), |held| held.local(env))
}

/// The most parameters that are passed as they are.
const MOST_DIRECT: usize = 4;

/// How a callback is called.
enum Way {
    /// By the method for so many numbers, of which it gives one or none.
    Direct,
    /// By the method for slots, so many of them.
    Slots(usize),
}

struct Body {
    callback: GlobalRef,
    method: jmethodID,
    way: Way,
}

// SAFETY: a method's number may be used from any thread, while its class is there: the library of this class is.
unsafe impl Send for Body {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Body {}

// SAFETY: the package leaves slots as the core asks for.
unsafe impl SlotFunction for Body {
    fn call(&self, _store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let env = self.callback.env().ok_or_else(closed)?;
        // The package's `Store` holds the callback, and the code that called the guest holds that `Store`.
        let callback = self.callback.local(env);
        if callback.is_null() {
            return Err(closed());
        }
        let done = match self.way {
            Way::Direct => self.direct(env, callback, call_id, slots),
            Way::Slots(count) => self.slots(env, callback, call_id, slots, count),
        };
        jni!(env, DeleteLocalRef, callback);
        done
    }
}

impl Body {
    fn direct(&self, env: *mut JNIEnv, callback: jobject, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let mut arguments = [jvalue { j: call_id.cast_signed() }; MOST_DIRECT + 1];
        for (argument, slot) in arguments.iter_mut().skip(1).zip(slots.iter()) {
            argument.j = slot.low.cast_signed();
        }
        let result = jni!(env, CallLongMethodA, callback, self.method, arguments.as_ptr());
        keep_thrown(env)?;
        if let Some(slot) = slots.first_mut() {
            *slot = Slot { low: result.cast_unsigned(), high: 0 };
        }
        Ok(())
    }

    fn slots(&self, env: *mut JNIEnv, callback: jobject, call_id: u64, slots: &mut [Slot], count: usize) -> Result<()> {
        let length = jsize::try_from(2 * count).unwrap_or_default();
        let array = jni!(env, NewLongArray, length);
        keep_thrown(env)?;
        jni!(env, SetLongArrayRegion, array, 0, length, slots.as_ptr().cast());
        let arguments = [jvalue { j: call_id.cast_signed() }, jvalue { l: array }];
        jni!(env, CallVoidMethodA, callback, self.method, arguments.as_ptr());
        let done = keep_thrown(env);
        if done.is_ok() {
            jni!(env, GetLongArrayRegion, array, 0, length, slots.as_mut_ptr().cast());
        }
        jni!(env, DeleteLocalRef, array);
        done
    }
}

/// Gives a host function its body, which the package's own store has to hold.
pub(super) extern "system" fn attach(env: *mut JNIEnv, _class: jclass, func: jlong, store: jlong, callback: jobject) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let signature = func.signature(store)?;
        let (params, results) = (signature.params(), signature.results());
        let narrow = |kinds: &[ValKind]| kinds.iter().all(|kind| kind.is_plain() && *kind != ValKind::V128);
        let is_direct = narrow(params) && narrow(results) && params.len() <= MOST_DIRECT && results.len() <= 1;
        let (name, ty, way) = match params.len() {
            0 if is_direct => (c"call0", c"(J)J", Way::Direct),
            1 if is_direct => (c"call1", c"(JJ)J", Way::Direct),
            2 if is_direct => (c"call2", c"(JJJ)J", Way::Direct),
            3 if is_direct => (c"call3", c"(JJJJ)J", Way::Direct),
            4 if is_direct => (c"call4", c"(JJJJJ)J", Way::Direct),
            _ => (c"callSlots", c"(J[J)V", Way::Slots(signature.width())),
        };
        let class = jni!(env, GetObjectClass, callback);
        let method = jni!(env, GetMethodID, class, name.as_ptr(), ty.as_ptr());
        jni!(env, DeleteLocalRef, class);
        let full = || WasmtimeError::Limit { reason: "the JVM has no room for a host function".to_owned() };
        let callback = GlobalRef::weak(env, callback).filter(|_| !method.is_null()).ok_or_else(full)?;
        func.attach(store, Box::new(Body { callback, method, way }))
    });
}
