//! The adapters of the languages: each turns a language's arguments into those of the core, calls it, and turns its result back.
//!
//! An adapter decides nothing. The core has every rule, and one sentence for every error.

#[cfg(not(feature = "python"))]
mod c;
#[cfg(not(any(feature = "python", target_os = "ios")))]
mod jni;
#[cfg(feature = "python")]
pub(crate) mod python;
#[cfg(not(feature = "python"))]
mod surface;
#[cfg(any(feature = "python", not(target_os = "ios")))]
mod thrown;

use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "python")]
use std::sync::Arc;

use trimaran::adapter::panic_at;
use trimaran::{Result, UniFfiTag, WasmtimeError};
#[cfg(not(feature = "python"))]
use uniffi::Lower;
#[cfg(feature = "python")]
use uniffi::{Handle, Lift};

/// The object behind a handle that the generated code has cloned for an adapter; none for a handle of nothing.
///
/// # Safety
/// The handle is one that UniFFI gave out for a `T` of this library, cloned for this call, and not used again.
#[cfg(feature = "python")]
pub(crate) unsafe fn open<T>(handle: u64) -> Option<Arc<T>>
where
    Arc<T>: Lift<UniFfiTag, FfiType = Handle>,
{
    // SAFETY: the caller says that UniFFI made the handle for a `T` and that it was cloned for this call; 0 gives `None`.
    let handle = unsafe { Handle::from_raw(handle) }?;
    <Arc<T> as Lift<UniFfiTag>>::try_lift(handle).ok()
}

/// An error as the surface serialises it: the generated code makes the very same object of it.
#[cfg(not(feature = "python"))]
pub(crate) fn error_bytes(error: WasmtimeError) -> Vec<u8> {
    let mut bytes = Vec::new();
    <WasmtimeError as Lower<UniFfiTag>>::write(error, &mut bytes);
    bytes
}

/// Lets go of an object. That may run anything that a store holds, and a panic must not leave the library. There is no one
/// to tell of it here; Rust has written it to the standard error output.
pub(crate) fn let_go<T>(object: T) {
    _ = entry(|| {
        drop(object);
        Ok(())
    });
}

/// What an entry failed with. A `Result` with a pointer in it is handed up in registers, one with the error itself is
/// copied at each step.
pub(crate) type Failure = Box<WasmtimeError>;

/// Runs an entry of an adapter. A panic must not leave the library.
pub(crate) fn entry<R>(work: impl FnOnce() -> Result<R>) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(|| work().inspect_err(|_| panic_at("entry")).map_err(Box::new)))
        .unwrap_or_else(|panic| Err(Box::new(WasmtimeError::from_panic(panic.as_ref()))))
}
