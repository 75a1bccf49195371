//! Values on their way into a guest and out of it: where nothing is lost, numbers are converted.

use wasmtime::StoreContextMut;

use crate::errors::numbers;
use crate::stores::root::Root;
use crate::stores::store::StoreData;
use crate::values::float::{narrowed, widened};
use crate::{Func, Reference, Result, Store, Val, ValType, WasmtimeError};

impl Val {
    /// The value as `ty` wants it, where nothing is lost by that. Integers of either width go into any
    /// number that holds them exactly; an i32 takes -2^31 to 2^32 - 1, since it has no sign. A float takes
    /// an integer that it holds exactly, and an f32 takes an f64, rounded to the nearest.
    pub(crate) fn to_wasmtime(
        &self,
        ty: &wasmtime::ValType,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
        place: ArgPosition,
    ) -> Result<wasmtime::Val> {
        use wasmtime::Val as Raw;
        let wrong = || {
            // Of whatever kind a null is, a type without null refuses it.
            let is_bare_null = self.is_null() && ty.as_ref().is_some_and(|ty| !ty.is_nullable());
            let found = if is_bare_null { Self::Null.word() } else { self.word() };
            WasmtimeError::wrong_type(format!("{place} is {found}: expected {}", ValType::from_wasmtime(ty)))
        };
        Ok(match (self, ty) {
            (Self::I32 { value }, wasmtime::ValType::I32) => Raw::I32(*value),
            (Self::I64 { value }, wasmtime::ValType::I64) => Raw::I64(*value),
            (Self::F32 { bits }, wasmtime::ValType::F32) => Raw::F32(*bits),
            (Self::F64 { bits }, wasmtime::ValType::F64) => Raw::F64(*bits),
            (Self::V128 { low, high }, wasmtime::ValType::V128) => {
                Raw::V128((u128::from(*high) << 64 | u128::from(*low)).into())
            }
            (Self::I32 { value }, wasmtime::ValType::I64) => Raw::I64(i64::from(*value)),
            (Self::I64 { value }, wasmtime::ValType::I32) => Raw::I32(narrow(*value, place)?),
            (Self::I32 { value }, wasmtime::ValType::F32 | wasmtime::ValType::F64) => {
                exact_float(i64::from(*value), ty, place)?
            }
            (Self::I64 { value }, wasmtime::ValType::F32 | wasmtime::ValType::F64) => exact_float(*value, ty, place)?,
            (Self::F64 { bits }, wasmtime::ValType::F32) => Raw::F32(narrowed(f64::from_bits(*bits))),
            (Self::F32 { bits }, wasmtime::ValType::F64) => Raw::F64(widened(*bits).to_bits()),
            (_, wasmtime::ValType::Ref(reference)) => {
                let value = self.reference(reference, store, context)?.ok_or_else(wrong)?;
                if !value.matches_ty(&*context, ty).map_err(|_| wrong())? {
                    return Err(wrong());
                }
                value
            }
            _ => return Err(wrong()),
        })
    }

    /// The reference that this is, before its type is checked; none where it is no reference.
    fn reference(
        &self,
        ty: &wasmtime::RefType,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> Result<Option<wasmtime::Val>> {
        Ok(match self {
            Self::FuncRef { func: Some(func) } => Some(wasmtime::Val::FuncRef(Some(func.get(store)?))),
            Self::ExternRef { value: Some(value) }
            | Self::AnyRef { value: Some(value) }
            | Self::ExnRef { value: Some(value) } => Some(value.to_wasmtime(store, context)?),
            Self::FuncRef { func: None } => Some(wasmtime::Val::FuncRef(None)),
            Self::ExternRef { value: None } => Some(wasmtime::Val::ExternRef(None)),
            Self::AnyRef { value: None } => Some(wasmtime::Val::AnyRef(None)),
            Self::ExnRef { value: None } => Some(wasmtime::Val::ExnRef(None)),
            Self::Null => Some(match ty.heap_type().top() {
                wasmtime::HeapType::Func => wasmtime::Val::FuncRef(None),
                wasmtime::HeapType::Extern => wasmtime::Val::ExternRef(None),
                wasmtime::HeapType::Exn => wasmtime::Val::ExnRef(None),
                wasmtime::HeapType::Cont => wasmtime::Val::ContRef(None),
                _ => wasmtime::Val::AnyRef(None),
            }),
            _ => None,
        })
    }

    /// What came out of a guest.
    pub(crate) fn from_wasmtime(
        value: &wasmtime::Val,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> Result<Self> {
        Ok(match value {
            wasmtime::Val::I32(value) => Self::I32 { value: *value },
            wasmtime::Val::I64(value) => Self::I64 { value: *value },
            wasmtime::Val::F32(bits) => Self::F32 { bits: *bits },
            wasmtime::Val::F64(bits) => Self::F64 { bits: *bits },
            wasmtime::Val::V128(vector) => {
                let bits = vector.as_u128();
                Self::V128 { low: bits as u64, high: (bits >> 64) as u64 }
            }
            wasmtime::Val::FuncRef(func) => Self::FuncRef { func: func.map(|func| Func::new(store, func)) },
            wasmtime::Val::ExternRef(None) => Self::ExternRef { value: None },
            wasmtime::Val::AnyRef(None) => Self::AnyRef { value: None },
            wasmtime::Val::ExnRef(None) => Self::ExnRef { value: None },
            wasmtime::Val::ContRef(None) => Self::Null,
            wasmtime::Val::ExternRef(Some(value)) => {
                let root = value.to_owned_rooted(context).map_err(WasmtimeError::not_allocated)?;
                Self::ExternRef { value: Some(Reference::new(store, Root::Extern(root))) }
            }
            wasmtime::Val::AnyRef(Some(value)) => {
                let root = match value.as_i31(&mut *context).map_err(WasmtimeError::not_allocated)? {
                    Some(value) => Root::I31(value),
                    None => Root::Any(value.to_owned_rooted(context).map_err(WasmtimeError::not_allocated)?),
                };
                Self::AnyRef { value: Some(Reference::new(store, root)) }
            }
            wasmtime::Val::ExnRef(Some(value)) => {
                let root = value.to_owned_rooted(context).map_err(WasmtimeError::not_allocated)?;
                Self::ExnRef { value: Some(Reference::new(store, Root::Exn(root))) }
            }
            wasmtime::Val::ContRef(Some(_)) => {
                return Err(WasmtimeError::Unsupported {
                    reason: "a continuation cannot leave its guest: wasmtime 48 has no value for it".to_owned(),
                });
            }
        })
    }
}

/// Where a value stands, for messages: the third argument, the first result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArgPosition {
    pub(crate) what: &'static str,
    pub(crate) index: usize,
}

impl ArgPosition {
    /// A place without a number.
    pub(crate) const fn only(what: &'static str) -> Self {
        Self { what, index: usize::MAX }
    }
}

impl std::fmt::Display for ArgPosition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.index.checked_add(1) {
            Some(number) => write!(formatter, "{} {number}", self.what),
            None => formatter.write_str(self.what),
        }
    }
}

fn narrow(value: i64, place: ArgPosition) -> Result<i32> {
    let signed = i32::try_from(value);
    let unsigned = u32::try_from(value).map(u32::cast_signed);
    signed.or(unsigned).map_err(|_| numbers::outside(place, value, "an i32", i32::MIN, u32::MAX))
}

/// An integer as a float that is equal to it, or `Range`.
fn exact_float(value: i64, ty: &wasmtime::ValType, place: ArgPosition) -> Result<wasmtime::Val> {
    // The magnitudes up to which every integer has a float of its own.
    let (bits, fits) = match ty {
        wasmtime::ValType::F32 => (24, value.unsigned_abs() <= 1 << 24),
        _ => (53, value.unsigned_abs() <= 1 << 53),
    };
    if !fits {
        let ty = ValType::from_wasmtime(ty);
        return Err(numbers::inexact(place, value, ty, bits));
    }
    // Exact, as checked above.
    Ok(match ty {
        wasmtime::ValType::F32 => wasmtime::Val::F32((value as f32).to_bits()),
        _ => wasmtime::Val::F64((value as f64).to_bits()),
    })
}

/// The types of `count` places, for a buffer that wasmtime fills.
pub(crate) fn blank(count: usize) -> Vec<wasmtime::Val> {
    vec![wasmtime::Val::I32(0); count]
}
