//! Calls of functions.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jarray, jbyteArray, jclass, jint, jlong, jlongArray, jobjectArray, jsize};
use trimaran::adapter::{Slot, ValKind, columns};
use trimaran::{Func, Result, WasmtimeError};

use super::{NO_ROW, both, byte_array, entry, give, throw};

/// How many parameters, how many results, and then the kind of each.
pub(super) extern "system" fn signature(env: *mut JNIEnv, _class: jclass, func: jlong, store: jlong) -> jbyteArray {
    let found = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let signature = func.signature(store)?;
        let count = |kinds: &[ValKind]| {
            u8::try_from(kinds.len())
                .map_err(|_| WasmtimeError::Unsupported { reason: "more than 255 parameters or results".to_owned() })
        };
        let mut bytes = vec![count(signature.params())?, count(signature.results())?];
        bytes.extend(signature.params().iter().chain(signature.results()).map(|kind| *kind as u8));
        Ok(bytes)
    });
    if found.is_empty() { null_mut() } else { byte_array(env, &found).unwrap_or(null_mut()) }
}

/// A call with as many parameters as the name says and at most one result, all in 64 bits.
macro_rules! calls {
    ($($name:ident($($argument:ident),*);)*) => {
        $(
            /// Calls a function whose signature the package knows; the result's bits, or 0.
            pub(super) extern "system" fn $name(
                env: *mut JNIEnv,
                _class: jclass,
                func: jlong,
                store: jlong,
                $($argument: jlong,)*
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (func, store) = unsafe { both::<Func>(func, store) };
                    let mut slots =
                        [$(Slot { low: $argument.cast_unsigned(), high: 0 },)* Slot::default()];
                    func.call_slots(store, &mut slots)?;
                    let [result, ..] = slots;
                    Ok(result.low.cast_signed())
                })
            }
        )*
    };
}

calls! {
    call0();
    call1(a);
    call2(a, b);
    call3(a, b, c);
    call4(a, b, c, d);
    call5(a, b, c, d, e);
    call6(a, b, c, d, e, f);
}

/// Calls a function on slots, of two numbers each, in place. Of references, they are living handles.
pub(super) extern "system" fn call_slots(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    array: jlongArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let length = jni!(env, GetArrayLength, array);
        let mut slots = vec![Slot::default(); usize::try_from(length / 2).unwrap_or_default()];
        jni!(env, GetLongArrayRegion, array, 0, length & !1, slots.as_mut_ptr().cast());
        // SAFETY: the package keeps what it passes until this returns.
        unsafe { func.call_references(store, &mut slots)? };
        jni!(env, SetLongArrayRegion, array, 0, length & !1, slots.as_ptr().cast());
        Ok(())
    });
}

/// The numbers of a column, by their bits.
enum Column {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Column {
    fn new(kind: ValKind, rows: usize) -> Result<Self> {
        Ok(match kind {
            ValKind::I32 | ValKind::F32 => Self::Narrow(zeroes(rows)?),
            _ => Self::Wide(zeroes(rows)?),
        })
    }

    fn get(&self, row: usize) -> u64 {
        match self {
            Self::Narrow(bits) => bits.get(row).copied().unwrap_or_default().into(),
            Self::Wide(bits) => bits.get(row).copied().unwrap_or_default(),
        }
    }

    fn set(&mut self, row: usize, number: u64) {
        match self {
            Self::Narrow(bits) => bits.get_mut(row).into_iter().for_each(|bits| *bits = number as u32),
            Self::Wide(bits) => bits.get_mut(row).into_iter().for_each(|bits| *bits = number),
        }
    }
}

fn zeroes<N: Default + Clone>(rows: usize) -> Result<Vec<N>> {
    let mut numbers = Vec::new();
    numbers
        .try_reserve_exact(rows)
        .map_err(|_| WasmtimeError::Limit { reason: format!("there is no room for {rows} rows") })?;
    numbers.resize(rows, N::default());
    Ok(numbers)
}

/// Copies a column out of an array of the JVM.
fn load_column(env: *mut JNIEnv, array: jarray, kind: ValKind, rows: jsize) -> Result<Column> {
    let mut column = Column::new(kind, usize::try_from(rows).unwrap_or_default())?;
    match (&mut column, kind) {
        (Column::Narrow(bits), ValKind::I32) => {
            jni!(env, GetIntArrayRegion, array, 0, rows, bits.as_mut_ptr().cast());
        }
        (Column::Narrow(bits), _) => jni!(env, GetFloatArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
        (Column::Wide(bits), ValKind::I64) => jni!(env, GetLongArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
        (Column::Wide(bits), _) => jni!(env, GetDoubleArrayRegion, array, 0, rows, bits.as_mut_ptr().cast()),
    }
    Ok(column)
}

/// Copies a column into an array of the JVM.
fn store_column(env: *mut JNIEnv, array: jarray, kind: ValKind, rows: jsize, column: &Column) {
    match (column, kind) {
        (Column::Narrow(bits), ValKind::I32) => jni!(env, SetIntArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Narrow(bits), _) => jni!(env, SetFloatArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Wide(bits), ValKind::I64) => jni!(env, SetLongArrayRegion, array, 0, rows, bits.as_ptr().cast()),
        (Column::Wide(bits), _) => jni!(env, SetDoubleArrayRegion, array, 0, rows, bits.as_ptr().cast()),
    }
}

/// Does something with an element of an array, and lets go of it: the JVM keeps only a few at a time.
fn element<R>(env: *mut JNIEnv, array: jobjectArray, index: usize, work: impl FnOnce(jarray) -> R) -> R {
    let item = jni!(env, GetObjectArrayElement, array, index as jsize);
    let result = work(item);
    jni!(env, DeleteLocalRef, item);
    result
}

/// Fails where a function cannot be called with that many columns.
pub(super) extern "system" fn check_columns(env: *mut JNIEnv, _class: jclass, func: jlong, store: jlong, count: jint) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        columns::check_count(func.signature(store)?, usize::try_from(count).unwrap_or_default())
    });
}

/// Calls a function without vectors or references once for each row. There is a column for each parameter and one for
/// each result: an array of its type, with `rows` numbers.
pub(super) extern "system" fn map(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    given: jobjectArray,
    results: jobjectArray,
    rows: jint,
) {
    let mut failed = NO_ROW;
    let done = entry(|| {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        let signature = func.signature(store)?;
        let count = usize::try_from(rows).unwrap_or_default();
        let length = |index| element(env, given, index, |array| jni!(env, GetArrayLength, array));
        let lengths = (0..signature.params().len()).map(|index| usize::try_from(length(index)).unwrap_or_default());
        columns::rows((1..).zip(lengths))?;
        let params = signature.params().iter().enumerate();
        let given = params
            .map(|(index, kind)| element(env, given, index, |array| load_column(env, array, *kind, rows)))
            .collect::<Result<Vec<_>>>()?;
        let mut found = signature.results().iter().map(|kind| Column::new(*kind, count)).collect::<Result<Vec<_>>>()?;
        func.call_rows(
            store,
            count,
            |row, slots| slots.iter_mut().zip(&given).for_each(|(slot, column)| slot.low = column.get(row)),
            |row, slots| slots.iter().zip(&mut found).for_each(|(slot, column)| column.set(row, slot.low)),
        )
        .map_err(|(row, error)| {
            failed = row as jint;
            error
        })?;
        for (index, (kind, column)) in signature.results().iter().zip(&found).enumerate() {
            element(env, results, index, |array| store_column(env, array, *kind, rows, column));
        }
        Ok(())
    });
    if let Err(error) = done {
        throw(env, *error, failed);
    }
}
