//! Calls of functions that components export.

use trimaran::adapter::Arguments;
use trimaran::{ComponentFunc, Store};

use super::component_values::{Given, Taken, leave};
use super::{Bytes, entry, opened, status};

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
        let received = func.call(store, &Arguments { bytes, beside: &beside, resources: &resources })?;
        // SAFETY: the caller gives room for the values.
        unsafe { leave(received, taken) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
