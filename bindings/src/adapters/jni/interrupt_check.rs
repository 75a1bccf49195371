//! Asking the JVM whether a thread may go on: `Thread.interrupted`. And telling its threads apart, virtual ones as well.

use std::ptr::null_mut;
use std::sync::OnceLock;

use jni_sys::{JNIEnv, jclass, jlong, jmethodID, jobject};
use trimaran::adapter::{InterruptCheck, task};
use trimaran::{Result, Store, WasmtimeError};

use super::host::{GlobalRef, keep_exception, keep_thrown};
use super::{at, give};

/// What is asked. The classes are the JVM's own, which it never unloads.
struct Threads {
    /// `java.lang.Thread`.
    thread: GlobalRef,
    interrupted: jmethodID,
    current: jmethodID,
    id: jmethodID,
    /// `java.lang.InterruptedException`.
    exception: GlobalRef,
    make: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: these are the JVM's own.
unsafe impl Send for Threads {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Threads {}

/// Looked up once: every store asks in the same way.
static THREADS: OnceLock<Threads> = OnceLock::new();

struct Asked(&'static Threads);

impl InterruptCheck for Asked {
    fn check(&self) -> Result<()> {
        let Some(env) = self.0.thread.env() else { return Ok(()) };
        let thread = self.0.thread.local(env);
        let is_interrupted = jni!(env, CallStaticBooleanMethodA, thread, self.0.interrupted, null_mut());
        jni!(env, DeleteLocalRef, thread);
        keep_thrown(env)?;
        if !is_interrupted {
            return Ok(());
        }
        let class = self.0.exception.local(env);
        let exception = jni!(env, NewObjectA, class, self.0.make, null_mut());
        jni!(env, DeleteLocalRef, class);
        keep_thrown(env)?;
        keep_exception(env, exception)
    }
}

/// Has `Thread.interrupted` asked while a thread waits for the store, and for as long as guests of it run, if its engine can
/// interrupt them. The store also gets a weak reference to the package's own object of it.
pub(super) extern "system" fn watch(env: *mut JNIEnv, _class: jclass, store: jlong, home: jobject) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store: &Store = unsafe { at(store) };
        let room = || WasmtimeError::Limit { reason: "the JVM has no room for a store".to_owned() };
        store.set_language_store(Box::new(GlobalRef::weak(env, home).ok_or_else(room)?));
        let threads = Threads::known(env)?;
        store.set_interrupt_check(|| Box::new(Asked(threads)));
        Ok(())
    });
}

/// Fails as a call does whose time is over before it begins.
pub(super) extern "system" fn time_is_over(env: *mut JNIEnv, _class: jclass) {
    give(env, || Err::<(), _>(trimaran::adapter::time_is_over()));
}

/// Has `Thread.interrupted` asked while a thread waits in a shared memory. Where the JVM has no memory for it, nothing is
/// asked.
pub(super) fn watch_waits(env: *mut JNIEnv) {
    match Threads::known(env) {
        Ok(threads) => trimaran::adapter::watch_waits(Box::new(Asked(threads))),
        Err(_) => _ = is_thrown(env),
    }
}

impl Threads {
    fn known(env: *mut JNIEnv) -> Result<&'static Self> {
        if let Some(known) = THREADS.get() {
            return Ok(known);
        }
        let full = || WasmtimeError::Limit { reason: "the JVM has no room to watch for interrupts".to_owned() };
        let found = Self::new(env).ok_or_else(full)?;
        let known = THREADS.get_or_init(|| found);
        task::tell_apart(number);
        Ok(known)
    }

    fn new(env: *mut JNIEnv) -> Option<Self> {
        let (thread, exception) = (find(env, c"java/lang/Thread")?, find(env, c"java/lang/InterruptedException")?);
        let (thread_class, exception_class) = (thread.local(env), exception.local(env));
        let interrupted = jni!(env, GetStaticMethodID, thread_class, c"interrupted".as_ptr(), c"()Z".as_ptr());
        let signature = c"()Ljava/lang/Thread;".as_ptr();
        let current = jni!(env, GetStaticMethodID, thread_class, c"currentThread".as_ptr(), signature);
        let id = jni!(env, GetMethodID, thread_class, c"getId".as_ptr(), c"()J".as_ptr());
        let make = jni!(env, GetMethodID, exception_class, c"<init>".as_ptr(), c"()V".as_ptr());
        jni!(env, DeleteLocalRef, thread_class);
        jni!(env, DeleteLocalRef, exception_class);
        let all = [interrupted, current, id, make];
        all.iter().all(|method| !method.is_null()).then_some(Self { thread, interrupted, current, id, exception, make })
    }
}

/// Whether the JVM has thrown something, and clears it: it had no memory.
fn is_thrown(env: *mut JNIEnv) -> bool {
    let is_thrown = jni!(env, ExceptionCheck);
    if is_thrown {
        jni!(env, ExceptionClear);
    }
    is_thrown
}

/// The number of the thread, which a virtual one keeps from one carrier to the next.
fn number() -> usize {
    let id = || {
        let threads = THREADS.get()?;
        let env = threads.thread.env()?;
        let class = threads.thread.local(env);
        let thread = jni!(env, CallStaticObjectMethodA, class, threads.current, null_mut());
        let has_thread = !is_thrown(env) && !thread.is_null();
        let id = if has_thread { jni!(env, CallLongMethodA, thread, threads.id, null_mut()) } else { 0 };
        let has_id = has_thread && !is_thrown(env);
        jni!(env, DeleteLocalRef, thread);
        jni!(env, DeleteLocalRef, class);
        usize::try_from(id).ok().filter(|_| has_id)
    };
    id().unwrap_or(usize::MAX)
}

fn find(env: *mut JNIEnv, name: &std::ffi::CStr) -> Option<GlobalRef> {
    let class: jobject = jni!(env, FindClass, name.as_ptr());
    if class.is_null() {
        return None;
    }
    let held = GlobalRef::strong(env, class);
    jni!(env, DeleteLocalRef, class);
    held
}
