//! The lane for Swift: C functions, declared in `include/trimaran_lane.h`.
//!
//! Objects are opened once, from a handle that the generated code cloned, and closed once. A call gives 0, or 1 with an
//! error to take over.

use std::slice;
use std::sync::Arc;

use trimaran::{Func, Memory, Result, Slot, Store, WasmtimeError};

use super::{entry, error_bytes, open};

/// A serialised error. `trimaran_error_free` takes it back.
#[repr(C)]
pub struct LaneError {
    data: *mut u8,
    length: usize,
}

/// Writes the error where the caller wants it, and gives the status.
///
/// # Safety
/// `error` points to room for one.
unsafe fn status(result: Result<()>, error: *mut LaneError) -> i32 {
    let Err(failure) = result else { return 0 };
    let bytes = Box::leak(error_bytes(failure).into_boxed_slice());
    // SAFETY: by the contract.
    unsafe { error.write(LaneError { data: bytes.as_mut_ptr(), length: bytes.len() }) };
    1
}

/// Takes an error's memory back.
///
/// # Safety
/// `error` came out of a call of the lane and was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_error_free(error: LaneError) {
    let bytes = std::ptr::slice_from_raw_parts_mut(error.data, error.length);
    // SAFETY: `status` leaked a box of just this size.
    drop(unsafe { Box::from_raw(bytes) });
}

macro_rules! objects {
    ($($ty:ty, $open:ident, $close:ident;)*) => {
        $(
            /// Takes over a cloned handle; null where there is no such object.
            ///
            /// # Safety
            /// As for `open`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $open(handle: u64) -> *const $ty {
                // SAFETY: by the contract.
                unsafe { open::<$ty>(handle) }.map_or(std::ptr::null(), Arc::into_raw)
            }

            /// Lets go of an object.
            ///
            /// # Safety
            /// The pointer came from the function that opens this kind, and is not used again.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $close(object: *const $ty) {
                // SAFETY: by the contract.
                drop(unsafe { Arc::from_raw(object) });
            }
        )*
    };
}

objects! {
    Store, trimaran_store_open, trimaran_store_close;
    Func, trimaran_func_open, trimaran_func_close;
    Memory, trimaran_memory_open, trimaran_memory_close;
}

/// Writes what a function takes and then what it gives into `kinds`, up to `capacity`, and how many of each.
///
/// # Safety
/// The objects are open; there is room for `capacity` kinds, two counts and an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_signature(
    func: *const Func,
    store: *const Store,
    kinds: *mut u8,
    capacity: usize,
    counts: *mut [usize; 2],
    error: *mut LaneError,
) -> i32 {
    let work = || {
        // SAFETY: open, by the contract.
        let (func, store) = unsafe { (&*func, &*store) };
        let signature = func.signature(store)?;
        let all = signature.params().iter().chain(signature.results());
        for (index, kind) in all.take(capacity).enumerate() {
            // SAFETY: there is room for `capacity`, and `index` is below it.
            unsafe { kinds.add(index).write(*kind as u8) };
        }
        // SAFETY: by the contract.
        unsafe { counts.write([signature.params().len(), signature.results().len()]) };
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

/// Calls a function on `count` slots, in place.
///
/// # Safety
/// The objects are open; `slots` are `count` slots that nobody else touches; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_call(
    func: *const Func,
    store: *const Store,
    slots: *mut Slot,
    count: usize,
    error: *mut LaneError,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (func, store, slots) = unsafe { (&*func, &*store, slice::from_raw_parts_mut(slots, count)) };
        func.call_slots(store, slots)
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

/// Calls a function once for each row. A row is `width` slots; rows lie one after the other and are overwritten with
/// their results. The row that failed is left in `failed`.
///
/// # Safety
/// The objects are open; `slots` are `rows * width` slots that nobody else touches; there is room for a number and
/// for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_call_rows(
    func: *const Func,
    store: *const Store,
    slots: *mut Slot,
    rows: usize,
    width: usize,
    failed: *mut usize,
    error: *mut LaneError,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (func, store) = unsafe { (&*func, &*store) };
        if func.signature(store)?.width() != width {
            return Err(WasmtimeError::Unexpected { reason: "a row of another width".to_owned() });
        }
        let at = |row: usize| slots.wrapping_add(row * width);
        func.call_rows(
            store,
            rows,
            // SAFETY: row by row within the slots of the contract.
            |row, given| given.copy_from_slice(unsafe { slice::from_raw_parts(at(row), width) }),
            // SAFETY: as above; the other borrow has ended.
            |row, found| unsafe { slice::from_raw_parts_mut(at(row), width) }.copy_from_slice(found),
        )
        .map_err(|(row, error)| {
            // SAFETY: by the contract.
            unsafe { failed.write(row) };
            error
        })
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

/// Copies `length` bytes out, beginning at `start`.
///
/// # Safety
/// The objects are open; `buffer` is room for `length` bytes that nobody else touches; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_memory_read(
    memory: *const Memory,
    store: *const Store,
    start: i64,
    buffer: *mut u8,
    length: usize,
    error: *mut LaneError,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (memory, store, buffer) = unsafe { (&*memory, &*store, slice::from_raw_parts_mut(buffer, length)) };
        memory.read_into(store, start, buffer)
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

/// Copies `length` bytes in, beginning at `start`.
///
/// # Safety
/// The objects are open; `data` are `length` bytes that nobody writes meanwhile; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_memory_write(
    memory: *const Memory,
    store: *const Store,
    data: *const u8,
    length: usize,
    start: i64,
    error: *mut LaneError,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (memory, store, data) = unsafe { (&*memory, &*store, slice::from_raw_parts(data, length)) };
        memory.write(store, data, start)
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

macro_rules! sizes {
    ($($name:ident: $method:ident;)*) => {
        $(
            /// Leaves the size in `size`.
            ///
            /// # Safety
            /// The objects are open; there is room for a number and for an error.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                memory: *const Memory,
                store: *const Store,
                size: *mut u64,
                error: *mut LaneError,
            ) -> i32 {
                let work = || {
                    // SAFETY: by the contract.
                    let (memory, store) = unsafe { (&*memory, &*store) };
                    let found = memory.$method(store)?;
                    // SAFETY: by the contract.
                    unsafe { size.write(found) };
                    Ok(())
                };
                // SAFETY: by the contract.
                unsafe { status(entry(work), error) }
            }
        )*
    };
}

sizes! {
    trimaran_memory_size: size;
    trimaran_memory_data_len: data_len;
}
