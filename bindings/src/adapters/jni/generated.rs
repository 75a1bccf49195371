//! What the generator writes, and what that stands on.

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{JNIEnv, jboolean, jbyte, jbyteArray, jclass, jdouble, jfloat, jint, jlong, jlongArray, jshort, jstring};
use trimaran::*;

use super::super::let_go;
use super::super::surface::{parsed, serialised};
use super::{at, byte_array, run};

include!(concat!(env!("OUT_DIR"), "/jni.rs"));

/// One more hold on an object that the package has.
pub(super) fn kept<T>(object: &T) -> Arc<T> {
    let object = std::ptr::from_ref(object);
    // SAFETY: what the package has is the pointer of an `Arc`, which it holds for the call.
    unsafe {
        Arc::increment_strong_count(object);
        Arc::from_raw(object)
    }
}

/// The same, or none for 0.
///
/// # Safety
/// As for `at`, unless it is 0.
#[allow(dead_code, reason = "for operations that take an object or none, of which there may be none")]
unsafe fn kept_or_none<T>(object: jlong) -> Option<Arc<T>> {
    // SAFETY: the package holds the object behind a pointer that is not 0 until the call returns: the contract of this
    // function.
    (object != 0).then(|| kept(unsafe { at::<T>(object) }))
}

/// The pointer of an object, which is the package's own from then on.
fn shared<T>(object: Arc<T>) -> jlong {
    Arc::into_raw(object) as jlong
}

/// The bits of a pointer that say of which class the object is.
const TAG: jlong = 7;

/// The pointer of an object, with the place of its class in the bits that are free.
fn tagged<T>(object: Arc<T>, place: jlong) -> jlong {
    const { assert!(align_of::<T>() > TAG as usize) };
    shared(object) | place
}

/// A new array; null where the JVM has no memory and has thrown its own error.
fn array(env: *mut JNIEnv, bytes: &[u8]) -> jbyteArray {
    byte_array(env, bytes).unwrap_or(null_mut())
}

/// What fits in here is copied without an allocation.
const SMALL: usize = 256;

/// A text that was copied out of a string.
#[expect(clippy::large_enum_variant, reason = "it lies on the stack, for one call")]
pub(super) enum Text {
    /// Of ASCII alone.
    Small([u8; SMALL], usize),
    Large(String),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            // SAFETY: `text` has put as many bytes of ASCII there.
            Self::Small(bytes, length) => unsafe { str::from_utf8_unchecked(bytes.get_unchecked(..*length)) },
            Self::Large(text) => text,
        }
    }
}

/// The text of a string.
pub(super) fn text(env: *mut JNIEnv, string: jstring) -> Result<Text> {
    let length = jni!(env, GetStringLength, string);
    let count = usize::try_from(length).unwrap_or_default();
    let mut small = [0_u16; SMALL];
    let mut large = Vec::new();
    let units = match small.get_mut(..count) {
        Some(units) => units,
        None => {
            large.resize(count, 0);
            large.as_mut_slice()
        }
    };
    jni!(env, GetStringRegion, string, 0, length, units.as_mut_ptr());
    if units.len() <= SMALL && units.iter().all(|unit| *unit < 0x80) {
        let mut bytes = [0; SMALL];
        bytes.iter_mut().zip(&*units).for_each(|(byte, unit)| *byte = *unit as u8);
        return Ok(Text::Small(bytes, count));
    }
    let wrong = |_| trimaran::adapter::misuse::half_pair();
    String::from_utf16(units).map(Text::Large).map_err(wrong)
}

/// Bytes that were copied out of an array.
#[expect(clippy::large_enum_variant, reason = "it lies on the stack, for one call")]
pub(super) enum Octets {
    Small([MaybeUninit<u8>; SMALL], usize),
    Large(Vec<u8>),
}

impl Deref for Octets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            // SAFETY: the JVM has written so many, and the buffer has space for them.
            Self::Small(bytes, length) => unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), *length) },
            Self::Large(bytes) => bytes,
        }
    }
}

/// The type of a function, as the package has serialised it.
pub(super) fn parsed_func_type(env: *mut JNIEnv, bytes: jbyteArray) -> Result<FuncType> {
    parsed::<FuncType>(&octets(env, bytes))
}

pub(super) fn octets(env: *mut JNIEnv, array: jbyteArray) -> Octets {
    let length = jni!(env, GetArrayLength, array);
    let count = usize::try_from(length).unwrap_or_default();
    if count <= SMALL {
        let mut bytes = [MaybeUninit::uninit(); SMALL];
        jni!(env, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast());
        return Octets::Small(bytes, count);
    }
    let mut bytes = vec![0_u8; count];
    jni!(env, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast());
    Octets::Large(bytes)
}

/// Writes a number into the buffer, if there is one. Returns whether there is.
fn optional(env: *mut JNIEnv, buffer: jlongArray, number: Option<jlong>) -> jboolean {
    let Some(number) = number else { return false };
    jni!(env, SetLongArrayRegion, buffer, 0, 1, &raw const number);
    true
}
