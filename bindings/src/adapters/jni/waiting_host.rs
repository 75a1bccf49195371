//! Async host functions of modules, which the package knows by their numbers: `runs` tells it which one a guest calls.

use std::any::Any;
use std::sync::Arc;

use jni_sys::{JNIEnv, jbyteArray, jclass, jlong};
use trimaran::adapter::{Slot, SlotFunction, ValKind};
use trimaran::{Func, Result, Store, WasmtimeError};

use super::generated::parsed_func_type;
use super::{at, both, give};

/// What an async host function is to the package.
pub(super) struct AsyncBody {
    /// Where the package's store has it.
    pub(super) number: jlong,
    pub(super) results: Arc<[ValKind]>,
}

// SAFETY: it leaves the slots as they are, and gives no result.
unsafe impl SlotFunction for AsyncBody {
    fn call(&self, _store: &Store, _call_id: u64, _slots: &mut [Slot]) -> Result<()> {
        Err(WasmtimeError::Unexpected { reason: "an async host function was called as another one".to_owned() })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// An async host function of a serialised type, which `attach_waiting` gives its number.
pub(super) extern "system" fn new_waiting_func(
    env: *mut JNIEnv,
    _class: jclass,
    store: jlong,
    ty: jbyteArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store = unsafe { at::<Store>(store) };
        // The package owns the function from here on.
        Ok(Arc::into_raw(Func::async_host(store, parsed_func_type(env, ty)?)?) as jlong)
    })
}

/// Gives an async host function the number that the package knows it by.
pub(super) extern "system" fn attach_waiting(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    number: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let results = func.signature(store)?.results().into();
        func.attach(store, Box::new(AsyncBody { number, results }))
    });
}
