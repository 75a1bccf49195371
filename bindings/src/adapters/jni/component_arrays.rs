//! Arrays of the JVM with strings and lists of numbers: copied from there into a guest, and out of a guest into new ones, without a copy
//! in between. What is few bytes stands in the stream.

use std::cell::Cell;

use jni_sys::{JNIEnv, jarray, jobjectArray, jsize};
use trimaran::adapter::plan::Kind;
use trimaran::adapter::stream::Arrays;
use trimaran::{Result, WasmtimeError};

/// The arrays of one call.
pub(super) struct CallArrays {
    env: *mut JNIEnv,
    /// Those for the guest, or null.
    given: jobjectArray,
    /// Where those go that the guest gives. There are as many as have room here.
    taken: jobjectArray,
    /// How many there are.
    count: Cell<jsize>,
}

// SAFETY: wasmtime asks for `Sync` of all arguments of a call. It lowers and lifts them on the thread that called, whose environment and
// references these are, and hands them to no other one.
unsafe impl Sync for CallArrays {}

/// The element type of an array of the JVM.
enum Element {
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
}

impl Element {
    fn of(kind: Option<&Kind>) -> Option<Self> {
        Some(match kind {
            None | Some(Kind::S8 | Kind::U8) => Self::Byte,
            Some(Kind::S16 | Kind::U16) => Self::Short,
            Some(Kind::S32 | Kind::U32) => Self::Int,
            Some(Kind::S64 | Kind::U64) => Self::Long,
            Some(Kind::F32) => Self::Float,
            Some(Kind::F64) => Self::Double,
            Some(_) => return None,
        })
    }

    fn size(&self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Long | Self::Double => 8,
        }
    }
}

impl CallArrays {
    /// Those of a call on this thread, which lasts as long as the references.
    pub(super) fn new(env: *mut JNIEnv, given: jobjectArray, taken: jobjectArray) -> Self {
        Self { env, given, taken, count: Cell::new(0) }
    }

    /// Runs `work` with the array in that place.
    fn with<R>(&self, place: usize, work: impl FnOnce(jarray) -> R) -> Option<R> {
        if self.given.is_null() {
            return None;
        }
        let array = jni!(self.env, GetObjectArrayElement, self.given, jsize::try_from(place).ok()?);
        if array.is_null() {
            return None;
        }
        let done = work(array);
        jni!(self.env, DeleteLocalRef, array);
        Some(done)
    }

    /// A new array with those numbers. Null where the JVM has no room for it.
    fn made(&self, element: &Element, bytes: &[u8]) -> Option<jarray> {
        let env = self.env;
        let count = jsize::try_from(bytes.len() / element.size()).ok()?;
        let from = bytes.as_ptr();
        macro_rules! made {
            ($new:ident, $set:ident) => {{
                let array = jni!(env, $new, count);
                if !array.is_null() {
                    jni!(env, $set, array, 0, count, from.cast());
                }
                array
            }};
        }
        let array = match element {
            Element::Byte => made!(NewByteArray, SetByteArrayRegion),
            Element::Short => made!(NewShortArray, SetShortArrayRegion),
            Element::Int => made!(NewIntArray, SetIntArrayRegion),
            Element::Long => made!(NewLongArray, SetLongArrayRegion),
            Element::Float => made!(NewFloatArray, SetFloatArrayRegion),
            Element::Double => made!(NewDoubleArray, SetDoubleArrayRegion),
        };
        Some(array)
    }
}

impl Arrays for CallArrays {
    fn length(&self, place: usize) -> Option<usize> {
        let length = self.with(place, |array| jni!(self.env, GetArrayLength, array))?;
        usize::try_from(length).ok()
    }

    fn read(&self, place: usize, element: Option<&Kind>, to: &mut [u8]) -> Result<()> {
        let read = |array| {
            let element = Element::of(element)?;
            let (env, to, count) = (self.env, to.as_mut_ptr(), jsize::try_from(to.len() / element.size()).ok()?);
            // The package writes the place of an array of that very type to the stream, and the JVM checks the length.
            match element {
                Element::Byte => jni!(env, GetByteArrayRegion, array, 0, count, to.cast()),
                Element::Short => jni!(env, GetShortArrayRegion, array, 0, count, to.cast()),
                Element::Int => jni!(env, GetIntArrayRegion, array, 0, count, to.cast()),
                Element::Long => jni!(env, GetLongArrayRegion, array, 0, count, to.cast()),
                Element::Float => jni!(env, GetFloatArrayRegion, array, 0, count, to.cast()),
                Element::Double => jni!(env, GetDoubleArrayRegion, array, 0, count, to.cast()),
            }
            Some(())
        };
        self.with(place, read).flatten().ok_or_else(out_of_step)
    }

    fn take(&self, element: Option<&Kind>, bytes: &[u8]) -> Option<usize> {
        let place = self.count.get();
        if place >= jni!(self.env, GetArrayLength, self.taken) {
            return None;
        }
        let array = self.made(&Element::of(element)?, bytes)?;
        if array.is_null() {
            // There is no room for it: the package finds that out for itself, when the call is over.
            jni!(self.env, ExceptionClear);
            return None;
        }
        jni!(self.env, SetObjectArrayElement, self.taken, place, array);
        jni!(self.env, DeleteLocalRef, array);
        self.count.set(place + 1);
        usize::try_from(place).ok()
    }
}

#[cold]
fn out_of_step() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "the package and its library disagree about a component's values".to_owned() }
}
