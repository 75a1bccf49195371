//! Functions of the host that components call: C functions with a context.

use std::any::Any;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use trimaran::adapter::{ComponentHostFunction, HostFuncType, PlainHostFunction, Received, Reply, spare};
use trimaran::{ComponentLinker, Result, Store, WasmtimeError};

use super::super::surface::{parsed, serialised};
use super::component_values::{Given, Taken, leave, trimaran_component_values_free};
use super::host::{Context, Release};
use super::surface::text;
use super::{Bytes, entry, lent, opened, status};

/// Makes what the language keeps for a type that a function is imported by: its names in words, and the serialised type. Null, and
/// the number under which the language keeps what was thrown, where it cannot.
pub(super) type Prepare = unsafe extern "C" fn(
    context: *mut c_void,
    name: *const u8,
    name_length: usize,
    types: *const u8,
    types_length: usize,
    thrown: *mut u64,
) -> *mut c_void;

/// How many bytes of a result the language leaves without a call back.
const SMALL: usize = 512;

/// Room for a result of few bytes, without resources.
#[repr(C)]
pub struct Small {
    /// How many bytes there are; more than there is room for where the result was given otherwise.
    length: usize,
    bytes: [MaybeUninit<u8>; SMALL],
}

impl Small {
    /// Its bytes, if it was used.
    ///
    /// # Safety
    /// As many bytes are written as `length` says, if there is room for those.
    unsafe fn bytes(&self) -> Option<&[u8]> {
        let used = self.bytes.get(..self.length)?;
        // SAFETY: the contract of this function says that these bytes are written. A `MaybeUninit<u8>` is laid out as a `u8`.
        Some(unsafe { std::slice::from_raw_parts(used.as_ptr().cast(), used.len()) })
    }
}

/// Runs with the arguments, and leaves its result in the room for a small one, or gives it by `trimaran_component_reply_give`. Gives 0,
/// or 1 and the number under which the language keeps what was thrown.
pub(super) type Call = unsafe extern "C" fn(
    context: *mut c_void,
    prepared: *mut c_void,
    store: *mut c_void,
    arguments: *const Taken,
    small: *mut Small,
    reply: *mut Reply,
    thrown: *mut u64,
) -> i32;

/// Runs a plain function with a slot for each argument, and leaves that of its result. Gives 0, or 1 and the number under which the
/// language keeps what was thrown.
pub(super) type CallPlain = unsafe extern "C" fn(
    context: *mut c_void,
    prepared: *mut c_void,
    store: *mut c_void,
    arguments: *const u64,
    count: usize,
    result: *mut u64,
    thrown: *mut u64,
) -> i32;

pub(super) struct Body {
    pub(super) prepare: Prepare,
    pub(super) call: Call,
    /// Missing where the language reads and writes the stream itself.
    pub(super) call_plain: Option<CallPlain>,
    pub(super) context: Context,
    /// Whether the type is prepared when the function is linked.
    pub(super) is_checked: bool,
    /// Whether it is an async one, which the language runs itself.
    pub(super) waits: bool,
}

impl Body {
    /// What the language has made of the type.
    pub(super) fn prepared<'a>(&self, ty: &'a HostFuncType) -> Result<&'a Context> {
        let known = || ty.of_language.get().and_then(|made| made.downcast_ref::<Context>());
        if let Some(known) = known() {
            return Ok(known);
        }
        let types = serialised(ty.types()?);
        let mut thrown = 0;
        let (name, context) = (&ty.name, self.context.pointer);
        // SAFETY: the header says that it may be called on any thread; the function came with this context, which is still there; the
        // texts are borrowed for the call.
        let made =
            unsafe { (self.prepare)(context, name.as_ptr(), name.len(), types.as_ptr(), types.len(), &raw mut thrown) };
        if made.is_null() {
            return Err(WasmtimeError::thrown(thrown));
        }
        // Another thread may have been first: then this one's goes.
        _ = ty.of_language.set(Box::new(Context { pointer: made, release: self.context.release }));
        known().ok_or_else(|| WasmtimeError::Unexpected { reason: "a type of another language".to_owned() })
    }
}

impl ComponentHostFunction for Body {
    fn as_async(&self) -> Option<&dyn Any> {
        if self.waits { Some(self) } else { None }
    }

    fn bind(&self, ty: &HostFuncType) -> Result<()> {
        if self.is_checked { self.prepared(ty).map(drop) } else { Ok(()) }
    }

    fn call(&self, store: &Store, _: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply> {
        let home = home(store)?;
        let prepared = self.prepared(ty)?;
        let mut taken = MaybeUninit::<Taken>::uninit();
        // SAFETY: there is room for the values.
        unsafe { leave(arguments, taken.as_mut_ptr()) };
        // SAFETY: `leave` has written them.
        let taken = unsafe { taken.assume_init_ref() };
        let _freed = Freed(taken);
        let (mut reply, mut thrown) = (Reply::default(), 0);
        let mut small = Small { length: usize::MAX, bytes: [const { MaybeUninit::uninit() }; SMALL] };
        // SAFETY: the function came with this context, which is still there, as are what was made of the type and the store's; the values
        // are there until `_freed` goes.
        let status = unsafe {
            let (small, reply, thrown) = (&raw mut small, &raw mut reply, &raw mut thrown);
            (self.call)(self.context.pointer, prepared.pointer, home.pointer, taken, small, reply, thrown)
        };
        if status != 0 {
            return Err(WasmtimeError::thrown(thrown));
        }
        // SAFETY: the header says that the function has written as many bytes as it says.
        if let Some(bytes) = unsafe { small.bytes() } {
            reply.bytes = spare::stream();
            reply.bytes.extend_from_slice(bytes);
        }
        Ok(reply)
    }

    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        if self.call_plain.is_some() { Some(self) } else { None }
    }
}

impl PlainHostFunction for Body {
    fn call_plain(&self, store: &Store, _: u64, ty: &HostFuncType, arguments: &[u64]) -> Result<u64> {
        let (home, prepared) = (home(store)?, self.prepared(ty)?);
        let missing = || WasmtimeError::Unexpected { reason: "a function that only has a stream".to_owned() };
        let call_plain = self.call_plain.ok_or_else(missing)?;
        let (mut result, mut thrown) = (0, 0);
        // SAFETY: the function came with this context, which is still there, as are what was made of the type and the store's.
        let status = unsafe {
            let (result, thrown) = (&raw mut result, &raw mut thrown);
            let (values, count) = (arguments.as_ptr(), arguments.len());
            call_plain(self.context.pointer, prepared.pointer, home.pointer, values, count, result, thrown)
        };
        if status == 0 { Ok(result) } else { Err(WasmtimeError::thrown(thrown)) }
    }
}

/// What the language finds its own store by.
fn home(store: &Store) -> Result<&Context> {
    let missing = || WasmtimeError::Unexpected { reason: "a store that its package does not know".to_owned() };
    store.language_store::<Context>().ok_or_else(missing)
}

/// Frees values at its end, also where a panic passes.
struct Freed<'a>(&'a Taken);

impl Drop for Freed<'_> {
    fn drop(&mut self) {
        // SAFETY: the values came from `leave`, and are freed here alone.
        unsafe { trimaran_component_values_free(self.0.owner()) }
    }
}

/// Gives the result of a host function, which is copied. Fails for an object that is not there.
///
/// # Safety
/// The reply is that of the running call, on its thread; the values are readable; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_reply_give(
    reply: *mut Reply,
    given: *const Given,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller lends the values until this returns.
        let given = unsafe { opened(given)? };
        // SAFETY: the caller lends the values until this returns, and this is the one call that takes the objects over.
        let made = unsafe { given.copied()? };
        // SAFETY: the reply is that of the call, which waits for this.
        unsafe { *reply = made };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// Defines a host function, an async one where it `waits`, in the instance of a serialised path. The context is let go of when nothing can call the function any more,
/// or at once where this fails.
///
/// # Safety
/// The linker is alive; the path and the name are readable; `prepare`, `call`, `call_plain` where it is there, and `release` may be called
/// on any thread, and `release` with what `prepare` gives as well; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_linker_define_func(
    linker: *const ComponentLinker,
    path: *const u8,
    path_length: usize,
    name: *const u8,
    name_length: usize,
    prepare: Prepare,
    call: Call,
    call_plain: Option<CallPlain>,
    release: Release,
    context: *mut c_void,
    is_checked: bool,
    waits: bool,
    error: *mut Bytes,
) -> i32 {
    let body = Body { prepare, call, call_plain, context: Context { pointer: context, release }, is_checked, waits };
    let work = || {
        // SAFETY: the caller keeps the linker alive until this returns.
        let linker = unsafe { opened(linker)? };
        // SAFETY: the caller gives that many bytes, and nothing else changes them until this returns.
        let (path, name) = unsafe { (lent(path, path_length), text(name, name_length)?) };
        linker.define_func(parsed::<Vec<String>>(path)?, name, Arc::new(body))
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
