//! Calls of functions that components export.

use std::mem::ManuallyDrop;
use std::slice;
use std::sync::Arc;

use trimaran::adapter::{Arguments, GivenResource, ResourceValue};
use trimaran::{ComponentFunc, ComponentResource, Store};

use super::component_values::{Given, Taken, leave};
use super::{Bytes, entry, lent, opened, status};

/// Calls a function of a component.
///
/// # Safety
/// The objects are alive; `given` and what it points to are readable until this returns; `taken` and the pointer for the error may be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_func_call(
    func: *const ComponentFunc,
    store: *const Store,
    given: *const Given,
    taken: *mut Taken,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller lends the values until this returns.
        let given = unsafe { opened(given)? };
        // SAFETY: the caller lends the values until this returns, and this is the one call that takes the objects over.
        let resources = unsafe { given.resources()? };
        // SAFETY: the caller keeps the objects alive until this returns.
        let (func, store) = unsafe { (opened(func)?, opened(store)?) };
        // SAFETY: the caller lends the values until this returns.
        let (bytes, beside) = unsafe { (given.bytes(), given.beside()) };
        let received = func.call(store, &Arguments { bytes, beside: &beside, arrays: None, resources: &resources })?;
        // SAFETY: the caller gives room for the values.
        unsafe { leave(received, taken) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Whether a function is plain: see core/src/component/abi/plain.rs.
///
/// # Safety
/// The function is alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_func_is_plain(func: *const ComponentFunc) -> bool {
    // SAFETY: the caller keeps the function alive until this returns.
    unsafe { opened(func) }.is_ok_and(ComponentFunc::is_plain)
}

/// Calls a plain function, with a slot for each argument. That of a handle is 0: there is one at most, of a guest's resource.
///
/// # Safety
/// The objects are alive, the resource among them unless it is null; the slots are readable until this returns; the result and the
/// pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_func_call_plain(
    func: *const ComponentFunc,
    store: *const Store,
    slots: *const u64,
    count: usize,
    resource: *const ComponentResource,
    is_own: bool,
    result: *mut u64,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller keeps the objects alive, and lends the slots, until this returns.
        let (func, store, slots) = unsafe { (opened(func)?, opened(store)?, lent(slots, count)) };
        let found = if resource.is_null() {
            func.call_plain(store, slots, &[])?
        } else {
            // SAFETY: the pointer came out of an `Arc`, whose hold stays the caller's, since this one is not dropped.
            let value = ResourceValue::Guest(unsafe { Arc::from_raw(resource) });
            let given = ManuallyDrop::new(GivenResource { value, is_own });
            func.call_plain(store, slots, slice::from_ref(&*given))?
        };
        // SAFETY: the caller gives room for the result.
        unsafe { result.write(found) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
