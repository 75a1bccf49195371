//! The JNI: the native methods of the classes `dev.trimaran.internal.ffi.Native`, which the generator writes, and
//! `dev.trimaran.internal.NativeByHand`, whose bodies are special and written here.
//!
//! `jni-sys` alone, for what is called millions of times. An object is the pointer of its `Arc`: a call borrows it,
//! the package owns one that comes out, and frees it once. An error is thrown as `dev.trimaran.internal.NativeException`, with
//! its sentence and then the serialised error in it.

use std::ffi::{CStr, c_void};

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jint, jlong, jsize, jthrowable};
use trimaran::{Result, Store, WasmtimeError};

use self::linker::define_func;
use super::surface::told;
use super::{entry, let_go};

/// A function of the environment. Each is there in every JVM since 1.6; without it there is nothing to go on with.
macro_rules! jni {
    ($env:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the environment is the one that the JVM passed to this very call.
        unsafe { ((**$env).v1_6.$name)($env $(, $argument)*) }
    };
}

mod callback;
mod checks;
mod component_arrays;
mod component_drop;
mod component_exchange;
mod component_func;
mod component_host;
mod component_runs;
mod component_source;
mod component_stream;
mod events;
mod func;
mod generated;
mod host;
mod http;
mod identity;
mod image;
mod interrupt_check;
mod linker;
mod memory;
mod runs;
mod shared;
mod sink;
mod source;
mod system;
mod values;
mod view;
mod waiting_host;

/// The result of an entry. Where it fails, its error is thrown in the JVM, which ignores the result.
fn give<R: Default>(env: *mut JNIEnv, work: impl FnOnce() -> Result<R>) -> R {
    entry(work).unwrap_or_else(|error| {
        throw(env, *error, NO_ROW);
        R::default()
    })
}

/// The same, with the result that the JVM ignores.
fn run<R>(env: *mut JNIEnv, nothing: R, work: impl FnOnce() -> Result<R>) -> R {
    entry(work).unwrap_or_else(|error| {
        throw(env, *error, NO_ROW);
        nothing
    })
}

const NO_ROW: jint = -1;

#[cold]
fn throw(env: *mut JNIEnv, error: WasmtimeError, row: jint) {
    if jni!(env, ExceptionCheck) {
        return;
    }
    let bytes = told(error);
    let Some(array) = byte_array(env, &bytes) else { return };
    let class = jni!(env, FindClass, c"dev/trimaran/internal/NativeException".as_ptr());
    if class.is_null() {
        return;
    }
    let constructor = jni!(env, GetMethodID, class, c"<init>".as_ptr(), c"([BI)V".as_ptr());
    if constructor.is_null() {
        return;
    }
    let exception: jthrowable = jni!(env, NewObject, class, constructor, array, row);
    if !exception.is_null() {
        jni!(env, Throw, exception);
    }
}

/// A new array; `None` where the JVM has no memory and has thrown its own error.
fn byte_array(env: *mut JNIEnv, bytes: &[u8]) -> Option<jbyteArray> {
    let length = jsize::try_from(bytes.len()).ok()?;
    let array = jni!(env, NewByteArray, length);
    if array.is_null() {
        return None;
    }
    jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
    Some(array)
}

/// An array for the JVM, if it has memory for it.
#[derive(Default)]
struct Found(Option<jbyteArray>);

/// The object behind a pointer.
///
/// # Safety
/// The pointer is that of an `Arc` of a `T` which the package holds until the call returns.
unsafe fn at<'a, T>(object: jlong) -> &'a T {
    // SAFETY: the package holds the `Arc` behind that pointer until the call returns: the contract of this function.
    unsafe { &*(object as *const T) }
}

/// An object and the store that it is used with.
///
/// # Safety
/// As for `at`, for both.
unsafe fn both<'a, T>(object: jlong, store: jlong) -> (&'a T, &'a Store) {
    // SAFETY: the package holds both until the call returns: the contract of this function.
    unsafe { (at(object), at(store)) }
}

/// What the stores and modules of this process hold outside of the JVM's heap, in bytes.
extern "system" fn held_bytes(_env: *mut JNIEnv, _class: jclass) -> jlong {
    jlong::try_from(trimaran::adapter::held_bytes()).unwrap_or(jlong::MAX)
}

/// Whether an instantiation failed for want of memory before any of the guest's code ran.
extern "system" fn was_refused(_env: *mut JNIEnv, _class: jclass) -> jboolean {
    trimaran::adapter::was_refused()
}

/// Whether no thread is in the store, or this one is.
extern "system" fn is_free(env: *mut JNIEnv, _class: jclass, store: jlong) -> jboolean {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store: &Store = unsafe { at(store) };
        Ok(store.try_hold().is_some())
    })
}

/// What the class `NativeByHand` gets.
const SPECIAL: &[(&CStr, &CStr, *const c_void)] = &[
    (c"heldBytes", c"()J", held_bytes as *const c_void),
    (c"wasRefused", c"()Z", was_refused as *const c_void),
    (c"isFree", c"(J)Z", is_free as *const c_void),
    (c"storeNumber", c"(IJ)J", identity::store_number as *const c_void),
    (c"attach", c"(JJLdev/trimaran/HostCallback;)V", host::attach as *const c_void),
    (c"callerHas", c"(JJLjava/lang/String;J)Z", checks::caller_has as *const c_void),
    (c"checkType", c"(JJ[BLjava/lang/String;)V", checks::check_type as *const c_void),
    (c"wrongExport", c"(Ljava/lang/String;II)V", checks::wrong_export as *const c_void),
    (c"noCallerExport", c"(Ljava/lang/String;)V", checks::no_caller_export as *const c_void),
    (c"negative", c"(Ljava/lang/String;Ljava/lang/String;)V", checks::negative as *const c_void),
    (c"notBetween", c"(Ljava/lang/String;Ljava/lang/String;JJ)V", checks::not_between as *const c_void),
    (c"neverMade", c"()V", checks::never_made as *const c_void),
    (c"halfPair", c"()V", checks::half_pair as *const c_void),
    (c"unexpected", c"([B)V", checks::unexpected as *const c_void),
    (c"instanceCheck", c"(JJ)V", checks::instance_check as *const c_void),
    (c"defineFunc", c"(JLjava/lang/String;Ljava/lang/String;[BLjava/lang/Object;Z)V", define_func as *const c_void),
    (c"watch", c"(JLdev/trimaran/Store;)V", interrupt_check::watch as *const c_void),
    (c"timeIsOver", c"()V", interrupt_check::time_is_over as *const c_void),
    (c"newSink", c"(Ldev/trimaran/internal/Sink;)J", sink::new_sink as *const c_void),
    (c"newHandler", c"(Ldev/trimaran/internal/Answering;)J", http::new_handler as *const c_void),
    (c"newListener", c"(Ldev/trimaran/internal/Listening;)J", events::new_listener as *const c_void),
    (c"newSource", c"(Ldev/trimaran/internal/ffi/InputSource;)J", source::new_source as *const c_void),
    (c"takeThrown", c"(J)Ljava/lang/Throwable;", host::take_thrown as *const c_void),
    (c"globalKind", c"(JJ)I", values::global_kind as *const c_void),
    (c"globalGet", c"(JJ)J", values::global_get as *const c_void),
    (c"globalSet", c"(JJJ)V", values::global_set as *const c_void),
    (c"globalGetSlot", c"(JJ[J)V", values::global_get_slot as *const c_void),
    (c"globalSetSlot", c"(JJJJ)V", values::global_set_slot as *const c_void),
    (c"tableKind", c"(JJ)I", values::table_kind as *const c_void),
    (c"tableGet", c"(JJJ)J", values::table_get as *const c_void),
    (c"tableFunc", c"(JJJ)J", values::table_func as *const c_void),
    (c"tableFuncSlot", c"(JJJ[J)V", values::table_func_slot as *const c_void),
    (c"tableSet", c"(JJJJJ)V", values::table_set as *const c_void),
    (c"newExtern", c"(JLjava/lang/Object;)J", values::new_extern as *const c_void),
    (c"externObject", c"(JJ)Ljava/lang/Object;", values::extern_object as *const c_void),
    (c"view", c"(JJJJ[J)Ljava/nio/ByteBuffer;", view::view as *const c_void),
    (c"sharedView", c"(JJJ[J)Ljava/nio/ByteBuffer;", view::shared_view as *const c_void),
    (c"closeView", c"(J)V", view::close_view as *const c_void),
    (c"sharedRead", c"(JJJ)[B", shared::read as *const c_void),
    (c"sharedReadInto", c"(JJ[B)V", shared::read_into as *const c_void),
    (c"sharedWrite", c"(J[BIIJ)V", shared::write as *const c_void),
    (c"sharedWriteBuffer", c"(JLjava/nio/ByteBuffer;IIJ)V", shared::write_buffer as *const c_void),
    (c"signature", c"(JJ)[B", func::signature as *const c_void),
    (c"call0", c"(JJ)J", func::call0 as *const c_void),
    (c"call1", c"(JJJ)J", func::call1 as *const c_void),
    (c"call2", c"(JJJJ)J", func::call2 as *const c_void),
    (c"call3", c"(JJJJJ)J", func::call3 as *const c_void),
    (c"call4", c"(JJJJJJ)J", func::call4 as *const c_void),
    (c"call5", c"(JJJJJJJ)J", func::call5 as *const c_void),
    (c"call6", c"(JJJJJJJJ)J", func::call6 as *const c_void),
    (c"callSlots", c"(JJ[J)V", func::call_slots as *const c_void),
    (c"startFunc", c"(JJJJ[J)J", runs::start_func as *const c_void),
    (c"startFuncValues", c"(JJJJ[B[J)J", runs::start_func_values as *const c_void),
    (c"startInstance", c"(JJJJ[B[J)J", runs::start_instance as *const c_void),
    (c"startLinked", c"(JJJJJ[J)J", runs::start_linked as *const c_void),
    (c"startPrepared", c"(JJJJ[J)J", runs::start_prepared as *const c_void),
    (c"stepRun", c"(J[JLdev/trimaran/internal/Waking;[J)I", runs::step_run as *const c_void),
    (c"runArguments", c"(J[J)V", runs::run_arguments as *const c_void),
    (c"runGoesOnAnywhere", c"(J)V", runs::run_goes_on_anywhere as *const c_void),
    (c"cancelRun", c"(J)V", runs::cancel_run as *const c_void),
    (c"freeRun", c"(J)V", runs::free_run as *const c_void),
    (c"newWaitingFunc", c"(J[B)J", waiting_host::new_waiting_func as *const c_void),
    (c"attachWaiting", c"(JJJ)V", waiting_host::attach_waiting as *const c_void),
    (c"swapWork", c"([J)V", runs::swap_work as *const c_void),
    (c"checkColumns", c"(JJI)V", func::check_columns as *const c_void),
    (c"map", c"(JJ[Ljava/lang/Object;[Ljava/lang/Object;I)V", func::map as *const c_void),
    (c"newExchange", c"()J", component_exchange::new_exchange as *const c_void),
    (c"freeExchange", c"(J)V", component_exchange::free_exchange as *const c_void),
    (c"exchangeInput", c"(JI)Ljava/nio/ByteBuffer;", component_exchange::exchange_input as *const c_void),
    (c"exchangeOutput", c"(J)Ljava/nio/ByteBuffer;", component_exchange::exchange_output as *const c_void),
    (c"exchangeResource", c"(JI)J", component_exchange::exchange_resource as *const c_void),
    (c"exchangeObject", c"(JI)Ljava/lang/Object;", component_exchange::exchange_object as *const c_void),
    (c"clearExchange", c"(J)V", component_exchange::clear_exchange as *const c_void),
    (
        c"componentCall",
        c"(JJJII[Ljava/lang/Object;[Ljava/lang/Object;[Ljava/lang/Object;)I",
        component_func::call as *const c_void,
    ),
    (c"isPlain", c"(J)Z", component_func::is_plain as *const c_void),
    (c"componentCallPlain", c"(JJIJJJJ)J", component_func::call_plain as *const c_void),
    (c"componentCallMethod", c"(JJJZIJJJJ)J", component_func::call_method as *const c_void),
    (c"areOfHost", c"(J)[B", component_func::are_of_host as *const c_void),
    (c"defineComponentFunc", c"(J[BLjava/lang/String;Ljava/lang/Object;ZZ)V", component_host::define as *const c_void),
    (c"newResourceType", c"(Ljava/lang/Object;)J", component_drop::new_resource_type as *const c_void),
    (c"startComponentFunc", c"(JJJJJII[Ljava/lang/Object;[J)J", component_runs::start_component_func as *const c_void),
    (c"streamRead", c"(JJJI)J", component_stream::read as *const c_void),
    (c"startStreamRead", c"(JJJJJI[J)J", component_stream::start_read as *const c_void),
    (c"startComponent", c"(JJJJ[J)J", component_runs::start_component as *const c_void),
    (c"runResult", c"(JJ)J", component_runs::run_result as *const c_void),
    (c"runHost", c"(J[Ljava/lang/Object;)V", component_runs::run_host as *const c_void),
    (c"runCall", c"(JJ)J", component_runs::run_call as *const c_void),
    (c"runReply", c"(JJII[Ljava/lang/Object;)V", component_runs::run_reply as *const c_void),
    (c"runRefuse", c"(J[B[B)V", component_runs::run_refuse as *const c_void),
    (c"hostArguments", c"(JJ)J", component_host::host_arguments as *const c_void),
    (c"hostReply", c"(JJII[Ljava/lang/Object;)V", component_host::host_reply as *const c_void),
    (c"refuseHostResult", c"(J[B[B)V", component_host::refuse_host_result as *const c_void),
    (c"read", c"(JJJJ)[B", memory::read as *const c_void),
    (c"readInto", c"(JJJ[B)V", memory::read_into as *const c_void),
    (c"write", c"(JJ[BIIJ)V", memory::write as *const c_void),
    (c"writeBuffer", c"(JJLjava/nio/ByteBuffer;IIJ)V", memory::write_buffer as *const c_void),
];
