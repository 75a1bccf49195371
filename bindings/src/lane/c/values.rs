//! Globals, tables, and values of the host as references.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::{Global, Reference, Result, Store, Table, WasmtimeError};
use uniffi::{Handle, RustBuffer};

use super::super::shared;
use super::host::{Context, Release};
use super::{Value, entry, if_plain, opened, status};

/// Declares entries with two open objects, that leave something where the caller wants it.
macro_rules! found {
    ($($(#[doc = $doc:literal])+ $name:ident($object:ident: $ty:ty $(, $argument:ident: $kind:ty)*) -> $result:ty = $work:expr;)*) => {
        $(
            $(#[doc = $doc])+
            ///
            /// # Safety
            /// The objects are open; there is room for what is found and for an error.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                $object: *const $ty,
                store: *const Store,
                $($argument: $kind,)*
                found: *mut $result,
                error: *mut RustBuffer,
            ) -> i32 {
                let work = || {
                    // SAFETY: by the contract.
                    let (object, store) = unsafe { (opened($object)?, opened(store)?) };
                    let work: fn(&$ty, &Store, $($kind),*) -> Result<$result> = $work;
                    let result = work(object, store, $($argument),*)?;
                    // SAFETY: by the contract.
                    unsafe { found.write(result) };
                    Ok(())
                };
                // SAFETY: by the contract.
                unsafe { status(entry(work), error) }
            }
        )*
    };
}

found! {
    /// Leaves the value of a global. A handle in it is the caller's from then on.
    trimaran_global_get(global: Global) -> Value =
        |global, store| Ok(Value { kind: global.kind(store)? as u8, slot: global.get_slot(store)? });
    /// Leaves the size of a table, in elements.
    trimaran_table_size(table: Table) -> u64 = Table::size;
    /// Leaves an element of a table. A handle in it is the caller's from then on.
    trimaran_table_get(table: Table, index: i64) -> Value =
        |table, store, index| Ok(Value { kind: table.kind(store)? as u8, slot: table.get_slot(store, index)? });
}

/// Changes the value of a global. Gives `NOT_PLAIN`, and has done nothing, where the value is not simply a number of its
/// type.
///
/// # Safety
/// The objects are open; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_global_set(
    global: *const Global,
    store: *const Store,
    value: Value,
    error: *mut RustBuffer,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (global, store) = unsafe { (opened(global)?, opened(store)?) };
        let kind = global.kind(store)?;
        let is_plain = kind.is_plain() && kind as u8 == value.kind;
        if is_plain {
            // SAFETY: it is no reference.
            unsafe { global.set_slot(store, value.slot)? };
        }
        Ok(is_plain)
    };
    // SAFETY: by the contract.
    unsafe { if_plain(work, error) }
}

/// Changes an element of a table. Gives `NOT_PLAIN`, and has done nothing, where the value is neither a null nor a reference
/// of the table's own kind. The handle stays the caller's.
///
/// # Safety
/// The objects are open; the handle is a living one of its kind; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_table_set(
    table: *const Table,
    store: *const Store,
    index: i64,
    value: Value,
    error: *mut RustBuffer,
) -> i32 {
    let work = || {
        // SAFETY: by the contract.
        let (table, store) = unsafe { (opened(table)?, opened(store)?) };
        let is_plain = value.slot.low == 0 || table.kind(store)? as u8 == value.kind;
        if is_plain {
            // SAFETY: by the contract, and it is of the table's kind.
            unsafe { table.set_slot(store, index, value.slot)? };
        }
        Ok(is_plain)
    };
    // SAFETY: by the contract.
    unsafe { if_plain(work, error) }
}

/// Makes a reference to an object of the host, and leaves a handle of it, which is the caller's. The object is let go of
/// when nobody refers to it any more, or at once where this fails.
///
/// # Safety
/// The store is open; `release` may be called with `object` on any thread; there is room for a handle and for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_extern_new(
    store: *const Store,
    object: *mut c_void,
    release: Release,
    reference: *mut u64,
    error: *mut RustBuffer,
) -> i32 {
    let context = Context { pointer: object, release };
    let work = || {
        // SAFETY: by the contract.
        let made = Reference::of_host(unsafe { opened(store)? }, Arc::new(context))?;
        // SAFETY: by the contract.
        unsafe { reference.write(Handle::from_arc(made).as_raw()) };
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}

/// Takes another hold on an object, which the language lets go of itself.
type Retain = unsafe extern "C" fn(object: *mut c_void);

/// Leaves the object of the host that a reference refers to; null where it refers to something else. The object has been
/// retained for the caller by then: once this has returned, another thread may close the store, and the store's hold on the
/// object is gone.
///
/// # Safety
/// The store is open; `reference` is a handle of a living one; `retain` may be called with an object of the store on this
/// thread; there is room for an address and for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_extern_object(
    store: *const Store,
    reference: u64,
    retain: Retain,
    object: *mut *mut c_void,
    error: *mut RustBuffer,
) -> i32 {
    let work = || {
        let none = || WasmtimeError::Unexpected { reason: "a reference that could not be opened".to_owned() };
        // SAFETY: by the contract.
        let store = unsafe { opened(store)? };
        // SAFETY: by the contract, it lives.
        let reference = unsafe { shared::<Reference>(reference) };
        let found = reference.ok_or_else(none)?.host_object(store)?;
        // `found` holds the object until this ends.
        let pointer = found.as_ref().and_then(|object| object.downcast_ref::<Context>()).map(|context| context.pointer);
        // SAFETY: by the contract, and the object is still there.
        unsafe {
            pointer.inspect(|pointer| retain(*pointer));
            object.write(pointer.unwrap_or(std::ptr::null_mut()));
        }
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { status(entry(work), error) }
}
