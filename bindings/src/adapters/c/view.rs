//! Views: the bytes of a memory where they are.

use trimaran::{Memory, Result, SharedMemory, Store, View};

use super::{Bytes, entry, let_go, opened, status};

/// Leaves a view, its first byte and its size.
///
/// # Safety
/// The pointers may be written to.
unsafe fn leave(made: View, view: *mut *mut View, base: *mut *mut u8, size: *mut usize) {
    // SAFETY: the contract says that the pointer for the result may be written to.
    unsafe {
        base.write(made.base());
        size.write(made.length());
        view.write(Box::into_raw(Box::new(made)));
    }
}

/// A length, unless it is -1.
fn given(length: i64) -> Option<i64> {
    (length != -1).then_some(length)
}

/// Makes a view of `length` bytes from `start`, or of all up to the end where `length` is -1.
///
/// # Safety
/// The objects are alive; the pointers for a view, an address, a size and the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_memory_view(
    memory: *const Memory,
    store: *const Store,
    start: i64,
    length: i64,
    view: *mut *mut View,
    base: *mut *mut u8,
    size: *mut usize,
    error: *mut Bytes,
) -> i32 {
    let work = || -> Result<()> {
        // SAFETY: the caller gives objects that stay until this returns.
        let made = unsafe { opened(memory)?.view(opened(store)?, start, given(length))? };
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { leave(made, view, base, size) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// The same of a shared memory.
///
/// # Safety
/// The memory is alive; the pointers for a view, an address, a size and the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_shared_memory_view(
    memory: *const SharedMemory,
    start: i64,
    length: i64,
    view: *mut *mut View,
    base: *mut *mut u8,
    size: *mut usize,
    error: *mut Bytes,
) -> i32 {
    let work = || -> Result<()> {
        // SAFETY: the caller gives objects that stay until this returns.
        let made = unsafe { opened(memory)?.view(start, given(length))? };
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { leave(made, view, base, size) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Lets go of a view. Any thread may do so.
///
/// # Safety
/// The view came from one of the functions above, and neither it nor its bytes are used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_view_close(view: *mut View) {
    // SAFETY: the view came from one of the functions above, and is not used again: the contract of this function.
    let_go(unsafe { Box::from_raw(view) });
}
