//! Globals, tables, and objects of the JVM as references.

use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jint, jlong, jlongArray, jobject};
use trimaran::adapter::Slot;
use trimaran::{Global, Reference, Result, Store, Table, WasmtimeError};
use uniffi::Handle;

use super::host::GlobalRef;
use super::{at, both, give};

/// Declares methods on an object and its store that give a number.
macro_rules! found {
    ($($(#[doc = $doc:literal])+ $name:ident($ty:ty $(, $argument:ident: $kind:ty)*) -> $result:ty = $work:expr;)*) => {
        $(
            $(#[doc = $doc])+
            pub(super) extern "system" fn $name(
                env: *mut JNIEnv,
                _class: jclass,
                object: jlong,
                store: jlong,
                $($argument: $kind,)*
            ) -> $result {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (object, store) = unsafe { both::<$ty>(object, store) };
                    let work: fn(&$ty, &Store, $($kind),*) -> Result<$result> = $work;
                    work(object, store, $($argument),*)
                })
            }
        )*
    };
}

found! {
    /// The kind of value that a global holds.
    global_kind(Global) -> jint = |global, store| Ok(global.kind(store)? as jint);
    /// The bits of a global's number.
    global_get(Global) -> jlong = |global, store| Ok(global.get_slot(store)?.low.cast_signed());
    /// Changes a global's number.
    global_set(Global, bits: jlong) -> () = |global, store, bits| {
        if !global.kind(store)?.is_plain() {
            return Err(WasmtimeError::Unexpected { reason: "a reference as a number".to_owned() });
        }
        // SAFETY: it is no reference.
        unsafe { global.set_slot(store, Slot { low: bits.cast_unsigned(), high: 0 }) }
    };
    /// Changes a global to what is in a slot.
    global_set_slot(Global, low: jlong, high: jlong) -> () = |global, store, low, high| {
        // SAFETY: the package keeps what it passes until this returns.
        unsafe { global.set_slot(store, Slot { low: low.cast_unsigned(), high: high.cast_unsigned() }) }
    };
    /// The kind of reference that a table holds.
    table_kind(Table) -> jint = |table, store| Ok(table.kind(store)? as jint);
    /// A handle of an element of a table, which is the package's from then on; 0 for null.
    table_get(Table, index: jlong) -> jlong = |table, store, index| Ok(table.get_slot(store, index)?.low.cast_signed());
    /// What names a function in a table for as long as the store is there; 0 for null.
    table_func(Table, index: jlong) -> jlong = |table, store, index| Ok(table.func_address(store, index)?.cast_signed());
    /// Changes an element of a table to what is in a slot.
    table_set(Table, index: jlong, low: jlong, high: jlong) -> () = |table, store, index, low, high| {
        // SAFETY: the package keeps what it passes until this returns.
        unsafe { table.set_slot(store, index, Slot { low: low.cast_unsigned(), high: high.cast_unsigned() }) }
    };
}

/// Leaves the value of a global in a slot of two numbers.
pub(super) extern "system" fn global_get_slot(
    env: *mut JNIEnv,
    _class: jclass,
    global: jlong,
    store: jlong,
    slots: jlongArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (global, store) = unsafe { both::<Global>(global, store) };
        let slot = global.get_slot(store)?;
        jni!(env, SetLongArrayRegion, slots, 0, 2, (&raw const slot).cast());
        Ok(())
    });
}

/// Leaves two numbers: a handle of a function in a table, which is the package's from then on, and what names it.
pub(super) extern "system" fn table_func_slot(
    env: *mut JNIEnv,
    _class: jclass,
    table: jlong,
    store: jlong,
    index: jlong,
    numbers: jlongArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (table, store) = unsafe { both::<Table>(table, store) };
        let (slot, name) = table.func_slot(store, index)?;
        let found = [slot.low, name];
        jni!(env, SetLongArrayRegion, numbers, 0, 2, found.as_ptr().cast());
        Ok(())
    });
}

/// A handle of a reference to an object, which is the package's from then on.
pub(super) extern "system" fn new_extern(env: *mut JNIEnv, _class: jclass, store: jlong, object: jobject) -> jlong {
    give(env, || {
        // SAFETY: the package keeps the store open for the call.
        let store = unsafe { at::<Store>(store) };
        let full = || WasmtimeError::Limit { reason: "the JVM has no room for another reference".to_owned() };
        let held = GlobalRef::strong(env, object).ok_or_else(full)?;
        let made = Reference::of_host(store, Arc::new(held))?;
        Ok(Handle::from_arc(made).as_raw().cast_signed())
    })
}

/// The object that a reference refers to; null where it refers to something else. The handle stays the package's.
pub(super) extern "system" fn extern_object(
    env: *mut JNIEnv,
    _class: jclass,
    store: jlong,
    reference: jlong,
) -> jobject {
    let found = give(env, || {
        // SAFETY: the package keeps both for the call.
        let (reference, store) = unsafe { both::<Reference>(reference, store) };
        let object = reference.host_object(store)?;
        let local = object.as_ref().and_then(|object| object.downcast_ref::<GlobalRef>()).map(|held| held.local(env));
        Ok(Local(local.unwrap_or(null_mut())))
    });
    found.0
}

struct Local(jobject);

impl Default for Local {
    fn default() -> Self {
        Self(null_mut())
    }
}
