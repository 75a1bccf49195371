//! Asking the language whether a guest may go on: C functions with a context.

use std::ffi::c_void;

use trimaran::adapter::InterruptCheck;
use trimaran::{Result, Store, WasmtimeError};

use super::host::{Context, Release};
use super::{Bytes, entry, opened, status};

/// Gives 0 where the guest may go on, or 1 and the number under which the language keeps what it threw.
type Check = unsafe extern "C" fn(context: *mut c_void, thrown: *mut u64) -> i32;

struct Asked {
    check: Check,
    context: Context,
}

impl InterruptCheck for Asked {
    fn check(&self) -> Result<()> {
        let mut thrown = 0;
        // SAFETY: the function came with this context, which is still there.
        match unsafe { (self.check)(self.context.pointer, &raw mut thrown) } {
            0 => Ok(()),
            _ => Err(WasmtimeError::thrown(thrown)),
        }
    }

    /// Swift looks at its task's flag.
    fn is_cheap(&self) -> bool {
        true
    }
}

/// Makes the core ask the language, while guests of the store run, whether they may go on, if its engine can interrupt them.
/// The store releases the context when it goes, or at once if it has a check already.
///
/// # Safety
/// The store is alive; `check` and `release` may be called with `context` on any thread; the pointer for the error may be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_store_watch(
    store: *const Store,
    check: Check,
    release: Release,
    context: *mut c_void,
    error: *mut Bytes,
) -> i32 {
    let asked = Asked { check, context: Context { pointer: context, release } };
    let work = || {
        // SAFETY: the caller keeps the store alive until this returns.
        let store = unsafe { opened(store)? };
        store.set_interrupt_check(|| Box::new(asked));
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Has the language asked while a thread waits in a shared memory. The first function that is given stays.
///
/// # Safety
/// `check` may be called with `context` on any thread, for as long as the process lasts; `release` may be called with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_watch_waits(check: Check, release: Release, context: *mut c_void) {
    trimaran::adapter::watch_waits(Box::new(Asked { check, context: Context { pointer: context, release } }));
}
