//! Host functions: C functions with a context.

use std::ffi::c_void;

use trimaran::adapter::{Slot, SlotFunction};
use trimaran::{Func, Result, Store, WasmtimeError};

use super::{Bytes, entry, if_plain, opened, status};

/// Runs with the parameters in the slots, and leaves the results there. Gives 0, or 1 and the number under which the
/// language keeps what was thrown.
type Call = unsafe extern "C" fn(context: *mut c_void, call_id: u64, slots: *mut Slot, thrown: *mut u64) -> i32;

/// Lets go of a context. Any thread may do so.
pub(super) type Release = unsafe extern "C" fn(context: *mut c_void);

/// Something of the language's own, which is let go of once.
pub(super) struct Context {
    pub(super) pointer: *mut c_void,
    pub(super) release: Release,
}

// SAFETY: the header says that a context may be used and released on any thread.
unsafe impl Send for Context {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Context {}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context came with this function, and is not used again.
        unsafe { (self.release)(self.pointer) }
    }
}

struct Body {
    call: Call,
    context: Context,
}

// SAFETY: the header demands of an attached function what `SlotFunction` demands of its results.
unsafe impl SlotFunction for Body {
    fn call(&self, _store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let mut thrown = 0;
        // SAFETY: the function came with this context, which is still there; the slots are borrowed for the call.
        match unsafe { (self.call)(self.context.pointer, call_id, slots.as_mut_ptr(), &raw mut thrown) } {
            0 => Ok(()),
            _ => Err(WasmtimeError::thrown(thrown)),
        }
    }
}

/// Gives a host function its body. The context is let go of when the store goes, or at once where this fails.
///
/// # Safety
/// The objects are alive; `call` and `release` may be called with `context` on any thread, `call` leaves slots as the core
/// asks for; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_attach(
    func: *const Func,
    store: *const Store,
    call: Call,
    release: Release,
    context: *mut c_void,
    error: *mut Bytes,
) -> i32 {
    let body = Body { call, context: Context { pointer: context, release } };
    let work = || {
        // SAFETY: the caller keeps the objects alive until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        func.attach(store, Box::new(body))
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Leaves the kinds of the parameters, and after them those of the results. Gives `NOT_PLAIN`, and has done nothing, where
/// there are more of them than `capacity`.
///
/// # Safety
/// The objects are alive; `kinds` has space for `capacity` of them; the pointers for two counts and for the error may be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_func_kinds(
    func: *const Func,
    store: *const Store,
    kinds: *mut u8,
    capacity: usize,
    params: *mut usize,
    results: *mut usize,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller keeps the objects alive until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        let signature = func.signature(store)?;
        let (given, found) = (signature.params(), signature.results());
        let fits = given.len() + found.len() <= capacity;
        if fits {
            for (index, kind) in given.iter().chain(found).enumerate() {
                // SAFETY: `kinds` has space for `capacity` of them, which are not fewer, as checked.
                unsafe { kinds.add(index).write(*kind as u8) };
            }
            // SAFETY: the contract says that the pointer for the result may be written to.
            unsafe {
                params.write(given.len());
                results.write(found.len());
            }
        }
        Ok(fits)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { if_plain(work, error) }
}
