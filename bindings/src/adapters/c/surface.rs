//! What the generator writes from the exports of the core: a C function for each operation, declared in `trimaran.h`.
//!
//! Records, enums and lists cross in one piece, as UniFFI serialises them. An enum of objects is an `Item`.

#![allow(unreachable_pub, clippy::too_many_arguments, reason = "the generator writes what the exports ask for")]

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use trimaran::*;

use super::super::surface::{parsed, serialised};
#[allow(unused_imports, reason = "for operations that take an object or none, of which there may be none")]
use super::shared_or_none;
use super::{entry, lent, let_go, opened, shared, status};

/// Bytes that are the caller's.
#[repr(C)]
pub struct Bytes {
    data: *mut u8,
    length: usize,
    capacity: usize,
}

impl Bytes {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self { data: bytes.as_mut_ptr(), length: bytes.len(), capacity: bytes.capacity() }
    }
}

/// Frees bytes.
///
/// # Safety
/// They came from here, or are all zero, and are freed once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_bytes_free(bytes: Bytes) {
    if !bytes.data.is_null() {
        // SAFETY: the caller gives the parts of a vector that came from here, and frees them once.
        drop(unsafe { Vec::from_raw_parts(bytes.data, bytes.length, bytes.capacity) });
    }
}

/// One of several kinds of objects: the number of the variant, from 1, and the object; 0 for none.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Item {
    variant: i32,
    object: *const c_void,
}

impl Item {
    const NONE: Self = Self { variant: 0, object: std::ptr::null() };
}

/// Text that the caller lends.
///
/// # Safety
/// As for `lent`.
pub(super) unsafe fn text<'a>(data: *const u8, length: usize) -> Result<&'a str> {
    // SAFETY: the caller gives that many elements, and nothing else accesses them until this returns.
    let bytes = unsafe { lent(data, length) };
    std::str::from_utf8(bytes).map_err(|error| WasmtimeError::Encoding {
        reason: format!("the text is not UTF-8: {error}"),
        offset: error.valid_up_to() as u64,
    })
}

fn unknown(name: &str, variant: i32) -> WasmtimeError {
    WasmtimeError::Unexpected { reason: format!("there is no variant {variant} of {name}") }
}

include!(concat!(env!("OUT_DIR"), "/c.rs"));
