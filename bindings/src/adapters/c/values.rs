//! Globals, tables, and values of the host as references.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::{Global, Reference, Result, Store, Table};

use super::host::{Context, Release};
use super::{Bytes, Value, entry, if_plain, opened, status};

/// Declares entries with two open objects, that leave something where the caller wants it.
macro_rules! found {
    ($($(#[doc = $doc:literal])+ $name:ident($object:ident: $ty:ty $(, $argument:ident: $kind:ty)*) -> $result:ty = $work:expr;)*) => {
        $(
            $(#[doc = $doc])+
            ///
            /// # Safety
            /// The objects are alive; the pointers for what is found and for an error may be written to.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                $object: *const $ty,
                store: *const Store,
                $($argument: $kind,)*
                found: *mut $result,
                error: *mut Bytes,
            ) -> i32 {
                let work = || {
                    // SAFETY: the caller gives objects that stay until this returns.
                    let (object, store) = unsafe { (opened($object)?, opened(store)?) };
                    let work: fn(&$ty, &Store, $($kind),*) -> Result<$result> = $work;
                    let result = work(object, store, $($argument),*)?;
                    // SAFETY: the contract says that the pointer for the result may be written to.
                    unsafe { found.write(result) };
                    Ok(())
                };
                // SAFETY: the contract says that the pointer for the error may be written to.
                unsafe { status(entry(work), error) }
            }
        )*
    };
}

found! {
    /// Leaves the value of a global. A handle in it is the caller's from then on.
    trimaran_global_get_value(global: Global) -> Value =
        |global, store| Ok(Value { kind: global.kind(store)? as u8, slot: global.get_slot(store)? });
    /// Leaves an element of a table. A handle in it is the caller's from then on.
    trimaran_table_get_value(table: Table, index: i64) -> Value =
        |table, store, index| Ok(Value { kind: table.kind(store)? as u8, slot: table.get_slot(store, index)? });
}

/// Changes the value of a global. Gives `NOT_PLAIN`, and has done nothing, where the value is not simply a number of its
/// type.
///
/// # Safety
/// The objects are alive; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_global_set_value(
    global: *const Global,
    store: *const Store,
    value: Value,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (global, store) = unsafe { (opened(global)?, opened(store)?) };
        let kind = global.kind(store)?;
        let is_plain = kind.is_plain() && kind as u8 == value.kind;
        if is_plain {
            // SAFETY: it is no reference.
            unsafe { global.set_slot(store, value.slot)? };
        }
        Ok(is_plain)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { if_plain(work, error) }
}

/// Changes an element of a table. Gives `NOT_PLAIN`, and has done nothing, where the value is neither a null nor a reference
/// of the table's own kind. The handle stays the caller's.
///
/// # Safety
/// The objects are alive; the handle is a living one of its kind; the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_table_set_value(
    table: *const Table,
    store: *const Store,
    index: i64,
    value: Value,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (table, store) = unsafe { (opened(table)?, opened(store)?) };
        let is_plain = value.slot.low == 0 || table.kind(store)? as u8 == value.kind;
        if is_plain {
            // SAFETY: the caller gives a living handle, or 0. It is of the table's kind, as checked above.
            unsafe { table.set_slot(store, index, value.slot)? };
        }
        Ok(is_plain)
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { if_plain(work, error) }
}

/// Makes a reference to an object of the host, and leaves it to the caller. The object is let go of
/// when nobody refers to it any more, or at once where this fails.
///
/// # Safety
/// The store is alive; `release` may be called with `object` on any thread; the pointers for a reference and for the error may
/// be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_extern_new(
    store: *const Store,
    object: *mut c_void,
    release: Release,
    reference: *mut *const Reference,
    error: *mut Bytes,
) -> i32 {
    let context = Context { pointer: object, release };
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let made = Reference::of_host(unsafe { opened(store)? }, Arc::new(context))?;
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { reference.write(Arc::into_raw(made)) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Takes another hold on an object, which the language lets go of itself.
type Retain = unsafe extern "C" fn(object: *mut c_void);

/// Leaves the object of the host that a reference refers to; null where it refers to something else. The object has been
/// retained for the caller by then: once this has returned, another thread may close the store, and the store's hold on the
/// object is gone.
///
/// # Safety
/// The store and the reference are alive; `retain` may be called with an object of the store on this
/// thread; the pointers for an address and for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_extern_object(
    store: *const Store,
    reference: *const Reference,
    retain: Retain,
    object: *mut *mut c_void,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller gives objects that stay until this returns.
        let (store, reference) = unsafe { (opened(store)?, opened(reference)?) };
        let found = reference.host_object(store)?;
        // `found` holds the object until this ends.
        let pointer = found.as_ref().and_then(|object| object.downcast_ref::<Context>()).map(|context| context.pointer);
        // SAFETY: `found` keeps the object, which `retain` takes; the contract says that the pointer for it may be written to.
        unsafe {
            pointer.inspect(|pointer| retain(*pointer));
            object.write(pointer.unwrap_or(std::ptr::null_mut()));
        }
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
