//! Which store an object belongs to, for what a person is shown of it.

use jni_sys::{JNIEnv, jclass, jint, jlong};
use trimaran::adapter::OfStore;
use trimaran::{
    ComponentFunc, ComponentInstance, ComponentResource, ComponentStream, Func, Global, Instance, Memory, Reference,
    Result, Store, Table, Tag, WasmtimeError,
};

use super::{at, give};

/// The number of the store that an object belongs to, or of a store. `kind` is its class: its place in `Owned` of the package.
pub(super) extern "system" fn store_number(env: *mut JNIEnv, _class: jclass, kind: jint, object: jlong) -> jlong {
    // SAFETY: the package keeps the object for the call, and says of which class it is.
    give(env, || unsafe {
        let number = match kind {
            0 => of::<Store>(object),
            1 => of::<Func>(object),
            2 => of::<Memory>(object),
            3 => of::<Global>(object),
            4 => of::<Table>(object),
            5 => of::<Tag>(object),
            6 => of::<Instance>(object),
            7 => of::<Reference>(object),
            8 => of::<ComponentInstance>(object),
            9 => of::<ComponentFunc>(object),
            10 => of::<ComponentResource>(object),
            11 => of::<ComponentStream>(object),
            _ => return unknown(kind),
        };
        Ok(number.cast_signed())
    })
}

fn unknown(kind: jint) -> Result<jlong> {
    Err(WasmtimeError::Unexpected { reason: format!("no objects of a store have the number {kind}") })
}

/// # Safety
/// As for `at`.
unsafe fn of<T: OfStore>(object: jlong) -> u64 {
    // SAFETY: the contract of this function.
    unsafe { at::<T>(object) }.store_number()
}
