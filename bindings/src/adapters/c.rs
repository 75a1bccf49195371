//! What Swift calls: C functions. `surface` has those that the generator writes from the exports of the core. Those that
//! are special are here, by hand, and declared in `include/trimaran_by_hand.h`.
//!
//! An object is the pointer of an `Arc`, of which the caller has a hold. A call gives 0, or 1 with an error to take over.

mod component_drop;
mod component_func;
mod component_host;
mod component_run;
mod component_stream;
mod component_values;
mod events;
mod host;
mod http;
mod interrupt_check;
mod linker;
mod run;
mod sink;
mod source;
mod surface;
mod thread;
mod values;
mod view;

use std::slice;
use std::sync::Arc;

use trimaran::adapter::{Slot, ValKind, columns};
use trimaran::{Func, FuncType, Instance, Memory, Result, SharedMemory, Store, WasmtimeError};

use self::surface::{Bytes, text};
use super::surface::parsed;
use super::{Failure, entry, error_bytes, let_go};

/// Writes the error where the caller wants it, in its serialised form, and gives the status.
///
/// # Safety
/// `error` may be written to.
unsafe fn status(result: Result<(), Failure>, error: *mut Bytes) -> i32 {
    let Err(failure) = result else { return 0 };
    // SAFETY: the contract says that the pointer for the result may be written to.
    unsafe { error.write(Bytes::of(error_bytes(*failure))) };
    1
}

/// An object that the caller has.
///
/// # Safety
/// The pointer came from here, and the caller holds the object for as long as the reference lives; or it is null.
unsafe fn opened<'a, T>(object: *const T) -> Result<&'a T> {
    // SAFETY: the caller gives null, or an object that it holds for as long as the reference lives.
    unsafe { object.as_ref() }.ok_or_else(no_object)
}

/// One more hold on an object that the caller has.
///
/// # Safety
/// As for `opened`, for the call alone.
unsafe fn shared<T>(object: *const T) -> Result<Arc<T>> {
    // SAFETY: the pointer is null or of an object that the caller keeps alive: the contract of this function.
    unsafe { shared_or_none(object) }.ok_or_else(no_object)
}

/// The same; none for null.
///
/// # Safety
/// As for `shared`.
unsafe fn shared_or_none<T>(object: *const T) -> Option<Arc<T>> {
    if object.is_null() {
        return None;
    }
    // SAFETY: the pointer came out of an `Arc` from here, which the caller still holds. This makes one more.
    unsafe {
        Arc::increment_strong_count(object);
        Some(Arc::from_raw(object))
    }
}

fn no_object() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "an object that is not there".to_owned() }
}

/// What lies at a pointer, which may be null where there is nothing.
///
/// # Safety
/// As for `slice::from_raw_parts`, unless `length` is 0.
unsafe fn lent<'a, T>(data: *const T, length: usize) -> &'a [T] {
    // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
    if length == 0 { &[] } else { unsafe { slice::from_raw_parts(data, length) } }
}

/// The same, to write.
///
/// # Safety
/// As for `slice::from_raw_parts_mut`, unless `length` is 0.
unsafe fn lent_mut<'a, T>(data: *mut T, length: usize) -> &'a mut [T] {
    // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
    if length == 0 { &mut [] } else { unsafe { slice::from_raw_parts_mut(data, length) } }
}

/// Calls a function on `count` slots, in place.
///
/// # Safety
/// The objects are alive; `slots` are `count` slots that nothing else touches, with living handles where there are
/// references; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_call_slots(
    func: *const Func,
    store: *const Store,
    slots: *mut Slot,
    count: usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
        let slots = unsafe { lent_mut(slots, count) };
        // SAFETY: the slots hold what the function's parameters say: the contract of this function.
        unsafe { func.call_references(store, slots) }
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// A number and what it is, by the number of its `ValKind`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    slot: Slot,
    kind: u8,
}

/// How many values `trimaran_func_call_values` takes and gives at most.
const MOST_VALUES: usize = 16;

/// The status of values that only the surface can judge.
const NOT_PLAIN: i32 = 2;

/// Runs an entry that says whether it took the call. Where it did not, it has done nothing.
///
/// # Safety
/// `error` may be written to.
unsafe fn if_plain(work: impl FnOnce() -> Result<bool>, error: *mut Bytes) -> i32 {
    match entry(work) {
        Ok(true) => 0,
        Ok(false) => NOT_PLAIN,
        // SAFETY: the contract says that the pointer for the error may be written to.
        Err(failure) => unsafe { status(Err(failure), error) },
    }
}

/// Calls a function with `count` values, and leaves its results in their place and how many they are in `count`.
/// Gives `NOT_PLAIN`, and has done nothing, where they are not simply what the function takes.
///
/// # Safety
/// The objects are alive; `values` is a buffer for `MOST_VALUES` that nothing else touches, of which the first `count` are
/// there; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_call_values(
    func: *const Func,
    store: *const Store,
    values: *mut Value,
    count: *mut usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller keeps the objects alive until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        let signature = func.signature(store)?;
        // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
        let given = unsafe { lent(values, *count) };
        let mut slots = [Slot::default(); MOST_VALUES];
        let Some(used) = slots.get_mut(..signature.width()) else { return Ok(false) };
        if !signature.is_plain() || signature.params().len() != given.len() {
            return Ok(false);
        }
        for ((slot, value), kind) in used.iter_mut().zip(given).zip(signature.params()) {
            let Some(number) = converted(value, *kind) else { return Ok(false) };
            *slot = number;
        }
        func.call_slots(store, used)?;
        for (index, (slot, kind)) in used.iter().zip(signature.results()).enumerate() {
            // SAFETY: the contract says that `values` is a buffer for `MOST_VALUES`, and `used` has at most as many.
            unsafe { values.add(index).write(Value { slot: *slot, kind: *kind as u8 }) };
        }
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { count.write(signature.results().len()) };
        Ok(true)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { if_plain(work, error) }
}

/// A number as a function wants it, where it is clear that it fits.
fn converted(value: &Value, kind: ValKind) -> Option<Slot> {
    const I32: u8 = ValKind::I32 as u8;
    const I64: u8 = ValKind::I64 as u8;
    const F64: u8 = ValKind::F64 as u8;
    let low = value.slot.low;
    let number = match (value.kind, kind) {
        (given, wanted) if given == wanted as u8 => return Some(value.slot),
        (I32, ValKind::I64) => i64::from(low.cast_signed() as i32).cast_unsigned(),
        // An i32 has no sign: it takes what fits with or without one.
        (I64, ValKind::I32) if (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&low.cast_signed()) => low,
        (F64, ValKind::F32) if !f64::from_bits(low).is_nan() => u64::from((f64::from_bits(low) as f32).to_bits()),
        _ => return None,
    };
    Some(Slot { low: number, high: 0 })
}

/// Fails where columns of these lengths are not equally long.
///
/// # Safety
/// `lengths` are `count` numbers; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_check_columns(lengths: *const usize, count: usize, error: *mut Bytes) -> i32 {
    // SAFETY: the caller gives that many numbers, and nothing changes them until this returns.
    let work = || columns::rows((1..).zip(unsafe { lent(lengths, count) }.iter().copied())).map(drop);
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Calls a function once for each row. A row is `width` slots; rows lie one after the other and are overwritten with
/// their results. The row that failed is left in `failed`.
///
/// # Safety
/// The objects are alive; `slots` are `rows * width` slots that nothing else touches; the pointers for a number and
/// for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_call_rows(
    func: *const Func,
    store: *const Store,
    slots: *mut Slot,
    rows: usize,
    width: usize,
    failed: *mut usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        if func.signature(store)?.width() != width {
            return Err(WasmtimeError::Unexpected { reason: "a row of another width".to_owned() });
        }
        // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
        let slots = unsafe { lent_mut(slots, rows.saturating_mul(width)) };
        func.call_rows_in_place(store, rows, slots).map_err(|(row, error)| {
            // SAFETY: the contract says that the pointer for the result may be written to.
            unsafe { failed.write(row) };
            error
        })
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Fails where a function is of another type than the serialised one.
///
/// # Safety
/// The objects are alive; the type is readable; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_check_type(
    func: *const Func,
    store: *const Store,
    wanted: *const u8,
    length: usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        // SAFETY: the caller gives that many bytes, and nothing changes them until this returns.
        func.check_type(store, &parsed::<FuncType>(unsafe { lent(wanted, length) })?, "")
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Fails for an export that is of one kind, and was asked for as another one: the numbers of two variants of `Extern`.
///
/// # Safety
/// The name is readable; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_wrong_export(
    name: *const u8,
    length: usize,
    found: i32,
    expected: i32,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives that many bytes, and nothing changes them until this returns.
    let work = || Err(trimaran::adapter::wrong_export(unsafe { text(name, length)? }, found, expected));
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Fails for a name by which a calling instance exports nothing.
///
/// # Safety
/// As for `trimaran_wrong_export`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_no_caller_export(name: *const u8, length: usize, error: *mut Bytes) -> i32 {
    // SAFETY: the caller gives that many bytes, and nothing changes them until this returns.
    let work = || Err(trimaran::adapter::no_caller_export(unsafe { text(name, length)? }));
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Fails for a number below 0, as it is shown.
///
/// # Safety
/// Both texts are readable; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_negative(
    what: *const u8,
    length: usize,
    number: *const u8,
    digits: usize,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives that many bytes of both, and nothing changes them until this returns.
    let work =
        || Err(trimaran::adapter::numbers::negative(unsafe { text(what, length)? }, unsafe { text(number, digits)? }));
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Fails where the store is another one, or closed.
///
/// # Safety
/// The objects are alive; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_instance_check(
    instance: *const Instance,
    store: *const Store,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives objects that stay until this returns.
    let work = || unsafe { opened(instance)?.check(opened(store)?) };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Copies `length` bytes out, beginning at `start`.
///
/// # Safety
/// The objects are alive; `buffer` has `length` bytes that nothing else touches; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_memory_read_into(
    memory: *const Memory,
    store: *const Store,
    start: i64,
    buffer: *mut u8,
    length: usize,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives what `filled` asks for.
    unsafe {
        filled(memory, store, buffer, length, error, |memory, store, buffer| memory.read_into(store, start, buffer))
    }
}

/// As `trimaran_memory_read_into`. Fails where the bytes are not UTF-8.
///
/// # Safety
/// As of that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_memory_read_string_into(
    memory: *const Memory,
    store: *const Store,
    start: i64,
    buffer: *mut u8,
    length: usize,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller gives what `filled` asks for.
    unsafe {
        filled(memory, store, buffer, length, error, |memory, store, buffer| {
            memory.read_string_into(store, start, buffer)
        })
    }
}

/// Fills `buffer` out of a memory, by `read`.
///
/// # Safety
/// The objects are alive; `buffer` is room for `length` bytes that nothing else touches; there is room for an error.
#[inline(always)]
unsafe fn filled(
    memory: *const Memory,
    store: *const Store,
    buffer: *mut u8,
    length: usize,
    error: *mut Bytes,
    read: impl FnOnce(&Memory, &Store, &mut [u8]) -> Result<()>,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (memory, store) = unsafe { (opened(memory)?, opened(store)?) };
        // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
        let buffer = unsafe { lent_mut(buffer, length) };
        read(memory, store, buffer)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Copies `length` bytes out of a shared memory, beginning at `start`.
///
/// # Safety
/// The memory is alive; `buffer` has `length` bytes that nothing else touches; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_shared_memory_read_into(
    memory: *const SharedMemory,
    start: i64,
    buffer: *mut u8,
    length: usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (memory, buffer) = unsafe { (opened(memory)?, lent_mut(buffer, length)) };
        memory.read_into(start, buffer)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
