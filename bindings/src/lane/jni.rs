//! The lane for Kotlin: the native methods of the class `dev.trimaran.internal.Lane`.
//!
//! `jni-sys` alone, for what is called millions of times. The class registers its methods in the library that JNA has
//! loaded already: so there is one library in the process, whichever way it was found.
//! An error is thrown as `dev.trimaran.internal.LaneException` with the serialised error in it. Pointers are those of
//! `open…`, closed once.

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{
    JNIEnv, JNINativeMethod, jarray, jbyteArray, jclass, jint, jlong, jlongArray, jobject, jobjectArray, jsize,
    jthrowable,
};
use trimaran::{Func, Global, Kind, Memory, Result, SharedMemory, Slot, Store, Table, WasmtimeError};

use super::{entry, error_bytes, open};

/// A function of the environment. Each is there in every JVM since 1.6; without it there is nothing to go on with.
macro_rules! jni {
    ($env:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the environment is the one that the JVM passed to this very call.
        unsafe { ((**$env).v1_6.$name)($env $(, $argument)*) }
    };
}

mod host;
mod linker;
mod shared;
mod values;
mod view;
mod watch;

/// The result of an entry, or its error thrown in the JVM and a result that nobody looks at.
fn give<R: Default>(env: *mut JNIEnv, work: impl FnOnce() -> Result<R>) -> R {
    entry(work).unwrap_or_else(|error| {
        throw(env, *error, NO_ROW);
        R::default()
    })
}

const NO_ROW: jint = -1;

#[cold]
fn throw(env: *mut JNIEnv, error: WasmtimeError, row: jint) {
    if jni!(env, ExceptionCheck) {
        return;
    }
    let bytes = error_bytes(error);
    let Some(array) = byte_array(env, &bytes) else { return };
    let class = jni!(env, FindClass, c"dev/trimaran/internal/LaneException".as_ptr());
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

/// A new array; none where the JVM has no room and has thrown its own error.
fn byte_array(env: *mut JNIEnv, bytes: &[u8]) -> Option<jbyteArray> {
    let length = jsize::try_from(bytes.len()).ok()?;
    let array = jni!(env, NewByteArray, length);
    if array.is_null() {
        return None;
    }
    jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
    Some(array)
}

/// The object behind a pointer.
///
/// # Safety
/// The pointer came from `open…` for this kind and is closed only when no call uses it.
unsafe fn at<'a, T>(object: jlong) -> &'a T {
    // SAFETY: by the contract.
    unsafe { &*(object as *const T) }
}

/// An object and the store that it is used with.
///
/// # Safety
/// As for `at`, for both.
unsafe fn both<'a, T>(object: jlong, store: jlong) -> (&'a T, &'a Store) {
    // SAFETY: by the contract.
    unsafe { (at(object), at(store)) }
}

macro_rules! objects {
    ($($ty:ty, $open:ident, $close:ident;)*) => {
        $(
            /// Takes over a cloned handle; 0 where there is no such object.
            extern "system" fn $open(_env: *mut JNIEnv, _class: jclass, handle: jlong) -> jlong {
                // SAFETY: `Lane` is private to the package, which passes a handle that it has just cloned.
                unsafe { open::<$ty>(handle.cast_unsigned()) }.map_or(0, |object| Arc::into_raw(object) as jlong)
            }

            /// Lets go of an object.
            extern "system" fn $close(_env: *mut JNIEnv, _class: jclass, object: jlong) {
                // SAFETY: the package closes each pointer that it opened once, when nothing uses it any more.
                drop(unsafe { Arc::from_raw(object as *const $ty) });
            }
        )*
    };
}

objects! {
    Store, open_store, close_store;
    Func, open_func, close_func;
    Memory, open_memory, close_memory;
    SharedMemory, open_shared_memory, close_shared_memory;
    Global, open_global, close_global;
    Table, open_table, close_table;
}

/// How many parameters, how many results, and then the kind of each.
extern "system" fn signature(env: *mut JNIEnv, _class: jclass, func: jlong, store: jlong) -> jbyteArray {
    let found = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let signature = func.signature(store)?;
        let count = |kinds: &[Kind]| {
            u8::try_from(kinds.len())
                .map_err(|_| WasmtimeError::Unsupported { reason: "more than 255 parameters or results".to_owned() })
        };
        let mut bytes = vec![count(signature.params())?, count(signature.results())?];
        bytes.extend(signature.params().iter().chain(signature.results()).map(|kind| *kind as u8));
        Ok(bytes)
    });
    if found.is_empty() { null_mut() } else { byte_array(env, &found).unwrap_or(null_mut()) }
}

/// A call with as many parameters as the name says and at most one result, all in 64 bits.
macro_rules! calls {
    ($($name:ident($($argument:ident),*);)*) => {
        $(
            /// Calls a function whose signature the package knows; the result's bits, or 0.
            extern "system" fn $name(
                env: *mut JNIEnv,
                _class: jclass,
                func: jlong,
                store: jlong,
                $($argument: jlong,)*
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (func, store) = unsafe { both::<Func>(func, store) };
                    let mut slots =
                        [$(Slot { low: $argument.cast_unsigned(), high: 0 },)* Slot::default()];
                    func.call_slots(store, &mut slots)?;
                    let [result, ..] = slots;
                    Ok(result.low.cast_signed())
                })
            }
        )*
    };
}

calls! {
    call0();
    call1(a);
    call2(a, b);
    call3(a, b, c);
    call4(a, b, c, d);
    call5(a, b, c, d, e);
    call6(a, b, c, d, e, f);
}

/// Calls a function on slots, of two numbers each, in place. Of references, they are living handles.
extern "system" fn call_slots(env: *mut JNIEnv, _class: jclass, func: jlong, store: jlong, array: jlongArray) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let length = jni!(env, GetArrayLength, array);
        let mut slots = vec![Slot::default(); usize::try_from(length / 2).unwrap_or_default()];
        jni!(env, GetLongArrayRegion, array, 0, length & !1, slots.as_mut_ptr().cast());
        // SAFETY: the package keeps what it passes until this returns.
        unsafe { func.call_references(store, &mut slots)? };
        jni!(env, SetLongArrayRegion, array, 0, length & !1, slots.as_ptr().cast());
        Ok(())
    });
}

/// The numbers of a column, by their bits.
enum Column {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Column {
    fn new(kind: Kind, rows: usize) -> Result<Self> {
        Ok(match kind {
            Kind::I32 | Kind::F32 => Self::Narrow(zeroes(rows)?),
            _ => Self::Wide(zeroes(rows)?),
        })
    }

    fn get(&self, row: usize) -> u64 {
        match self {
            Self::Narrow(bits) => bits.get(row).copied().unwrap_or_default().into(),
            Self::Wide(bits) => bits.get(row).copied().unwrap_or_default(),
        }
    }

    fn set(&mut self, row: usize, number: u64) {
        match self {
            Self::Narrow(bits) => bits.get_mut(row).into_iter().for_each(|bits| *bits = number as u32),
            Self::Wide(bits) => bits.get_mut(row).into_iter().for_each(|bits| *bits = number),
        }
    }
}

fn zeroes<N: Default + Clone>(rows: usize) -> Result<Vec<N>> {
    let mut numbers = Vec::new();
    numbers
        .try_reserve_exact(rows)
        .map_err(|_| WasmtimeError::Limit { reason: format!("there is no room for {rows} rows") })?;
    numbers.resize(rows, N::default());
    Ok(numbers)
}

/// Copies a column out of an array of the JVM.
fn load_column(env: *mut JNIEnv, array: jarray, kind: Kind, rows: jsize) -> Result<Column> {
    let mut column = Column::new(kind, usize::try_from(rows).unwrap_or_default())?;
    match (&mut column, kind) {
        (Column::Narrow(bits), Kind::I32) => {
            jni!(env, GetIntArrayRegion, array, 0, rows, bits.as_mut_ptr().cast());
        }
        (Column::Narrow(bits), _) => jni!(env, GetFloatArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
        (Column::Wide(bits), Kind::I64) => jni!(env, GetLongArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
        (Column::Wide(bits), _) => jni!(env, GetDoubleArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
    }
    Ok(column)
}

/// Copies a column into an array of the JVM.
fn store_column(env: *mut JNIEnv, array: jarray, kind: Kind, rows: jsize, column: &Column) {
    match (column, kind) {
        (Column::Narrow(bits), Kind::I32) => jni!(env, SetIntArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Narrow(bits), _) => jni!(env, SetFloatArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Wide(bits), Kind::I64) => jni!(env, SetLongArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Wide(bits), _) => jni!(env, SetDoubleArrayRegion, array, 0, rows, bits.as_ptr().cast()),
    }
}

/// Does something with an element of an array, and lets go of it: the JVM has room for a few at a time.
fn element<R>(env: *mut JNIEnv, array: jobjectArray, index: usize, work: impl FnOnce(jarray) -> R) -> R {
    let item = jni!(env, GetObjectArrayElement, array, index as jsize);
    let result = work(item);
    jni!(env, DeleteLocalRef, item);
    result
}

/// Calls a function without vectors or references once for each row. There is a column for each parameter and one for
/// each result: an array of its type, with `rows` numbers.
extern "system" fn map(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    columns: jobjectArray,
    results: jobjectArray,
    rows: jint,
) {
    let mut failed = NO_ROW;
    let done = entry(|| {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let signature = func.signature(store)?;
        let count = usize::try_from(rows).unwrap_or_default();
        let given = signature.params().iter().enumerate();
        let given = given
            .map(|(index, kind)| element(env, columns, index, |array| load_column(env, array, *kind, rows)))
            .collect::<Result<Vec<_>>>()?;
        let mut found = signature.results().iter().map(|kind| Column::new(*kind, count)).collect::<Result<Vec<_>>>()?;
        func.call_rows(
            store,
            count,
            |row, slots| slots.iter_mut().zip(&given).for_each(|(slot, column)| slot.low = column.get(row)),
            |row, slots| slots.iter().zip(&mut found).for_each(|(slot, column)| column.set(row, slot.low)),
        )
        .map_err(|(row, error)| {
            failed = row as jint;
            error
        })?;
        for (index, (kind, column)) in signature.results().iter().zip(&found).enumerate() {
            element(env, results, index, |array| store_column(env, array, *kind, rows, column));
        }
        Ok(())
    });
    if let Err(error) = done {
        throw(env, *error, failed);
    }
}

/// Copies `length` bytes out, beginning at `start`.
extern "system" fn read(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    length: jlong,
) -> jbyteArray {
    let array = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        // Straight from the guest's bytes: the JVM's only wait here is for room.
        memory.show(store, start, length, |bytes| Found(byte_array(env, bytes)))
    });
    array.0.unwrap_or(null_mut())
}

#[derive(Default)]
struct Found(Option<jbyteArray>);

/// Fills `array` with what begins at `start`.
extern "system" fn read_into(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    array: jbyteArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        let length = jni!(env, GetArrayLength, array);
        memory.show(store, start, i64::from(length), |bytes| {
            jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
        })
    });
}

/// Copies `length` bytes of `array` from `offset` on in, beginning at `start`.
extern "system" fn write(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    array: jbyteArray,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        memory.fill_with(store, start, i64::from(length), |bytes| {
            jni!(env, GetByteArrayRegion, array, offset, length, bytes.as_mut_ptr().cast());
        })
    });
}

/// Copies `length` bytes of a direct buffer from `offset` on in, beginning at `start`.
extern "system" fn write_buffer(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    buffer: jobject,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        let base: *const u8 = jni!(env, GetDirectBufferAddress, buffer).cast_const().cast();
        let (offset, length) = (usize::try_from(offset), usize::try_from(length));
        let (false, Ok(offset), Ok(length)) = (base.is_null(), offset, length) else {
            return Err(WasmtimeError::Unexpected { reason: "a buffer that is not direct".to_owned() });
        };
        // SAFETY: the package passes a part of the buffer, and the JVM keeps an argument until the call returns. Should
        // another thread write it meanwhile, its bytes are one or the other, as with every copy in the JVM.
        let data = unsafe { std::slice::from_raw_parts(base.add(offset), length) };
        memory.write(store, data, start)
    });
}

macro_rules! sizes {
    ($($name:ident: $method:ident;)*) => {
        $(
            /// The size.
            extern "system" fn $name(env: *mut JNIEnv, _class: jclass, memory: jlong, store: jlong) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    Ok(memory.$method(store)?.cast_signed())
                })
            }
        )*
    };
}

sizes! {
    size: size;
    data_len: data_len;
}

macro_rules! numbers {
    ($($load:ident $store:ident: $bytes:ty;)*) => {
        $(
            /// Reads a number at `offset`; its bits.
            extern "system" fn $load(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    let mut bytes = [0; size_of::<$bytes>()];
                    memory.read_into(store, offset, &mut bytes)?;
                    Ok(<$bytes>::from_le_bytes(bytes) as jlong)
                })
            }

            /// Writes the low bits of a number at `offset`.
            extern "system" fn $store(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
                bits: jlong,
            ) {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    memory.write(store, &(bits as $bytes).to_le_bytes(), offset)
                });
            }
        )*
    };
}

numbers! {
    load8 store8: u8;
    load16 store16: u16;
    load32 store32: u32;
    load64 store64: u64;
}

/// What is left of the thread's stack, in bytes.
extern "system" fn stack_left(_env: *mut JNIEnv, _class: jclass) -> jlong {
    jlong::try_from(trimaran::stack_left()).unwrap_or(jlong::MAX)
}

/// Gives `class`, which is `Lane`, its native methods. 0 where that worked; otherwise the JVM has thrown why not.
#[unsafe(no_mangle)]
pub extern "C" fn trimaran_jni_register(env: *mut JNIEnv, class: jclass) -> jint {
    let method = |name: &CStr, signature: &CStr, entry: *mut c_void| JNINativeMethod {
        name: name.as_ptr().cast_mut(),
        signature: signature.as_ptr().cast_mut(),
        fnPtr: entry,
    };
    let methods = [
        method(c"stackLeft", c"()J", stack_left as *mut c_void),
        method(c"openStore", c"(J)J", open_store as *mut c_void),
        method(c"closeStore", c"(J)V", close_store as *mut c_void),
        method(c"openFunc", c"(J)J", open_func as *mut c_void),
        method(c"closeFunc", c"(J)V", close_func as *mut c_void),
        method(c"openMemory", c"(J)J", open_memory as *mut c_void),
        method(c"closeMemory", c"(J)V", close_memory as *mut c_void),
        method(c"openSharedMemory", c"(J)J", open_shared_memory as *mut c_void),
        method(c"closeSharedMemory", c"(J)V", close_shared_memory as *mut c_void),
        method(c"openGlobal", c"(J)J", open_global as *mut c_void),
        method(c"closeGlobal", c"(J)V", close_global as *mut c_void),
        method(c"openTable", c"(J)J", open_table as *mut c_void),
        method(c"closeTable", c"(J)V", close_table as *mut c_void),
        method(c"newStore", c"(J)J", linker::new_store as *mut c_void),
        method(c"link", c"(JJJ)J", linker::link as *mut c_void),
        method(c"linkerHosts", c"(JJJ)[J", linker::linker_hosts as *mut c_void),
        method(c"linkerHost", c"(JJJ)J", linker::linker_host as *mut c_void),
        method(c"instantiatePre", c"(JJ)J", linker::instantiate_pre as *mut c_void),
        method(c"preHosts", c"(JJ)[J", linker::pre_hosts as *mut c_void),
        method(c"preHost", c"(JJJ)J", linker::pre_host as *mut c_void),
        method(c"attach", c"(JJLdev/trimaran/internal/HostCallback;)V", host::attach as *mut c_void),
        method(c"watch", c"(J)V", watch::watch as *mut c_void),
        method(c"keepThrown", c"(Ljava/lang/Throwable;)J", host::keep_number as *mut c_void),
        method(c"takeThrown", c"(J)Ljava/lang/Throwable;", host::take_thrown as *mut c_void),
        method(c"globalKind", c"(JJ)I", values::global_kind as *mut c_void),
        method(c"globalGet", c"(JJ)J", values::global_get as *mut c_void),
        method(c"globalSet", c"(JJJ)V", values::global_set as *mut c_void),
        method(c"globalGetSlot", c"(JJ[J)V", values::global_get_slot as *mut c_void),
        method(c"globalSetSlot", c"(JJJJ)V", values::global_set_slot as *mut c_void),
        method(c"tableKind", c"(JJ)I", values::table_kind as *mut c_void),
        method(c"tableSize", c"(JJ)J", values::table_size as *mut c_void),
        method(c"tableGet", c"(JJJ)J", values::table_get as *mut c_void),
        method(c"tableFunc", c"(JJJ)J", values::table_func as *mut c_void),
        method(c"tableFuncSlot", c"(JJJ[J)V", values::table_func_slot as *mut c_void),
        method(c"tableSet", c"(JJJJJ)V", values::table_set as *mut c_void),
        method(c"newExtern", c"(JLjava/lang/Object;)J", values::new_extern as *mut c_void),
        method(c"externObject", c"(JJ)Ljava/lang/Object;", values::extern_object as *mut c_void),
        method(c"view", c"(JJJJ[J)Ljava/nio/ByteBuffer;", view::view as *mut c_void),
        method(c"sharedView", c"(JJJ[J)Ljava/nio/ByteBuffer;", view::shared_view as *mut c_void),
        method(c"closeView", c"(J)V", view::close_view as *mut c_void),
        method(c"sharedRead", c"(JJJ)[B", shared::read as *mut c_void),
        method(c"sharedReadInto", c"(JJ[B)V", shared::read_into as *mut c_void),
        method(c"sharedWrite", c"(J[BIIJ)V", shared::write as *mut c_void),
        method(c"signature", c"(JJ)[B", signature as *mut c_void),
        method(c"call0", c"(JJ)J", call0 as *mut c_void),
        method(c"call1", c"(JJJ)J", call1 as *mut c_void),
        method(c"call2", c"(JJJJ)J", call2 as *mut c_void),
        method(c"call3", c"(JJJJJ)J", call3 as *mut c_void),
        method(c"call4", c"(JJJJJJ)J", call4 as *mut c_void),
        method(c"call5", c"(JJJJJJJ)J", call5 as *mut c_void),
        method(c"call6", c"(JJJJJJJJ)J", call6 as *mut c_void),
        method(c"callSlots", c"(JJ[J)V", call_slots as *mut c_void),
        method(c"map", c"(JJ[Ljava/lang/Object;[Ljava/lang/Object;I)V", map as *mut c_void),
        method(c"read", c"(JJJJ)[B", read as *mut c_void),
        method(c"readInto", c"(JJJ[B)V", read_into as *mut c_void),
        method(c"write", c"(JJ[BIIJ)V", write as *mut c_void),
        method(c"writeBuffer", c"(JJLjava/nio/ByteBuffer;IIJ)V", write_buffer as *mut c_void),
        method(c"size", c"(JJ)J", size as *mut c_void),
        method(c"dataLen", c"(JJ)J", data_len as *mut c_void),
        method(c"load8", c"(JJJ)J", load8 as *mut c_void),
        method(c"store8", c"(JJJJ)V", store8 as *mut c_void),
        method(c"load16", c"(JJJ)J", load16 as *mut c_void),
        method(c"store16", c"(JJJJ)V", store16 as *mut c_void),
        method(c"load32", c"(JJJ)J", load32 as *mut c_void),
        method(c"store32", c"(JJJJ)V", store32 as *mut c_void),
        method(c"load64", c"(JJJ)J", load64 as *mut c_void),
        method(c"store64", c"(JJJJ)V", store64 as *mut c_void),
    ];
    jni!(env, RegisterNatives, class, methods.as_ptr(), methods.len() as jint)
}
