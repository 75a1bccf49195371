//! Linkers: what their host functions do, C functions with a context.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::adapter::{HostBody, UnboundHostFunc};
use trimaran::{Func, FuncType, Linker, Result, Store, WasmtimeError};

use super::super::surface::parsed;
use super::host::{Context, Release};
use super::surface::text;
use super::{Bytes, entry, lent, opened, status};

/// Attaches to the function, which it owns from then on, what it does in a store, of which the language gave the context. Gives 0,
/// or 1 and the number under which the language keeps what was thrown.
type Bind = unsafe extern "C" fn(context: *mut c_void, func: *const Func, store: *mut c_void, thrown: *mut u64) -> i32;

struct Body {
    bind: Bind,
    context: Context,
}

impl HostBody for Body {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        let missing = || WasmtimeError::Unexpected { reason: "a store that its package does not know".to_owned() };
        let home = store.language_store::<Context>().ok_or_else(missing)?;
        let func = Arc::into_raw(host.func(store)?);
        let mut thrown = 0;
        // SAFETY: the function came with this context, which is still there, as that of the store is; it owns the function.
        match unsafe { (self.bind)(self.context.pointer, func, home.pointer, &raw mut thrown) } {
            0 => Ok(true),
            _ => Err(WasmtimeError::thrown(thrown)),
        }
    }
}

/// Defines a host function, an async one where it `waits`. The context is let go of when nothing can call the function any more, or at once where this fails.
///
/// # Safety
/// The linker is alive; the names and the type are readable; `bind` and `release` may be called with `context` on any thread;
/// there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_linker_define_host(
    linker: *const Linker,
    module: *const u8,
    module_length: usize,
    name: *const u8,
    name_length: usize,
    ty: *const u8,
    ty_length: usize,
    bind: Bind,
    release: Release,
    context: *mut c_void,
    waits: bool,
    error: *mut Bytes,
) -> i32 {
    let body = Body { bind, context: Context { pointer: context, release } };
    let work = || {
        // SAFETY: the caller keeps the linker alive until this returns.
        let linker = unsafe { opened(linker)? };
        // SAFETY: the caller gives that many bytes, and nothing else changes them until this returns.
        let (module, name) = unsafe { (text(module, module_length)?, text(name, name_length)?) };
        // SAFETY: the caller gives that many bytes, and nothing else changes them until this returns.
        let ty = parsed::<FuncType>(unsafe { lent(ty, ty_length) })?;
        if waits {
            return linker.define_async_func_with(module, name, ty, Box::new(body));
        }
        linker.define_func_with(module, name, ty, Box::new(body))
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}

/// Has a store know the context by which the language finds its own object of it. The store lets go of it when it goes, or at
/// once where it has one.
///
/// # Safety
/// The store is alive; `release` may be called with `context` on any thread; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_store_set_language_store(
    store: *const Store,
    release: Release,
    context: *mut c_void,
    error: *mut Bytes,
) -> i32 {
    let context = Context { pointer: context, release };
    let work = || {
        // SAFETY: the caller keeps the store alive until this returns.
        unsafe { opened(store)? }.set_language_store(Box::new(context));
        Ok(())
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(work), error) }
}
