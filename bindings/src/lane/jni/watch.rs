//! Asking the JVM whether a guest may go on: `Thread.interrupted`.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jclass, jlong, jmethodID, jobject};
use trimaran::{Result, Store, WasmtimeError, Watch};

use super::host::{Held, keep_exception, keep_thrown};
use super::{at, give};

struct Interrupted {
    /// `java.lang.Thread`.
    thread: Held,
    interrupted: jmethodID,
    /// `java.lang.InterruptedException`.
    exception: Held,
    make: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: these are the JVM's own.
unsafe impl Send for Interrupted {}
// SAFETY: as above.
unsafe impl Sync for Interrupted {}

impl Watch for Interrupted {
    fn check(&self) -> Result<()> {
        let Some(env) = self.thread.env() else { return Ok(()) };
        let thread = self.thread.local(env);
        let is_interrupted = jni!(env, CallStaticBooleanMethodA, thread, self.interrupted, null_mut());
        jni!(env, DeleteLocalRef, thread);
        keep_thrown(env)?;
        if !is_interrupted {
            return Ok(());
        }
        let class = self.exception.local(env);
        let exception = jni!(env, NewObjectA, class, self.make, null_mut());
        jni!(env, DeleteLocalRef, class);
        keep_thrown(env)?;
        keep_exception(env, exception)
    }
}

/// Has `Thread.interrupted` asked for as long as guests of the store run, if its engine can interrupt them.
pub(super) extern "system" fn watch(env: *mut JNIEnv, _class: jclass, store: jlong) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store: &Store = unsafe { at(store) };
        let room = || WasmtimeError::Limit { reason: "the JVM has no room to watch for interrupts".to_owned() };
        let asked = Interrupted::new(env).ok_or_else(room)?;
        store.watch(|| Box::new(asked));
        Ok(())
    });
}

impl Interrupted {
    fn new(env: *mut JNIEnv) -> Option<Self> {
        let (thread, exception) = (find(env, c"java/lang/Thread")?, find(env, c"java/lang/InterruptedException")?);
        let (thread_class, exception_class) = (thread.local(env), exception.local(env));
        let interrupted = jni!(env, GetStaticMethodID, thread_class, c"interrupted".as_ptr(), c"()Z".as_ptr());
        let make = jni!(env, GetMethodID, exception_class, c"<init>".as_ptr(), c"()V".as_ptr());
        jni!(env, DeleteLocalRef, thread_class);
        jni!(env, DeleteLocalRef, exception_class);
        (!interrupted.is_null() && !make.is_null()).then_some(Self { thread, interrupted, exception, make })
    }
}

fn find(env: *mut JNIEnv, name: &std::ffi::CStr) -> Option<Held> {
    let class: jobject = jni!(env, FindClass, name.as_ptr());
    if class.is_null() {
        return None;
    }
    let held = Held::strong(env, class);
    jni!(env, DeleteLocalRef, class);
    held
}
