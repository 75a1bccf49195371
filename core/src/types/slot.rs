//! Slots: how values lie in memory on the lane.

use std::sync::Arc;

use uniffi::Handle;
use wasmtime::ValRaw;

use crate::{Func, Reference, Val};

/// Room for one value of any type, at its low end. The high end of what is narrower is of no account.
///
/// A reference is a handle of UniFFI's, to a `Func` or a `Reference`, and 0 for null; its `high` is the number of its
/// `Kind`, or 0 for a null of whatever type is asked for.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    /// Bits 0 to 63.
    pub low: u64,
    /// Bits 64 to 127, of a vector.
    pub high: u64,
}

// A slot stands for wasmtime's own, which has the bytes of every machine in little-endian order.
const _: () = assert!(size_of::<Slot>() == size_of::<ValRaw>() && align_of::<Slot>() >= align_of::<ValRaw>());
const _: () = assert!(cfg!(target_endian = "little"));

/// The type of a value, as far as a slot is concerned.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 32-bit integer.
    I32 = 0,
    /// A 64-bit integer.
    I64 = 1,
    /// A 32-bit float.
    F32 = 2,
    /// A 64-bit float.
    F64 = 3,
    /// A vector of 128 bits.
    V128 = 4,
    /// A reference to a function.
    FuncRef = 5,
    /// A reference to a value of the host.
    ExternRef = 6,
    /// A reference to a garbage-collected value.
    AnyRef = 7,
    /// A reference to an exception.
    ExnRef = 8,
    /// A reference to a continuation, which wasmtime has no value for.
    ContRef = 9,
}

impl Kind {
    pub(crate) fn of(ty: &wasmtime::ValType) -> Self {
        match ty {
            wasmtime::ValType::I32 => Self::I32,
            wasmtime::ValType::I64 => Self::I64,
            wasmtime::ValType::F32 => Self::F32,
            wasmtime::ValType::F64 => Self::F64,
            wasmtime::ValType::V128 => Self::V128,
            wasmtime::ValType::Ref(ty) => match ty.heap_type().top() {
                wasmtime::HeapType::Func => Self::FuncRef,
                wasmtime::HeapType::Extern => Self::ExternRef,
                wasmtime::HeapType::Exn => Self::ExnRef,
                wasmtime::HeapType::Cont => Self::ContRef,
                _ => Self::AnyRef,
            },
        }
    }

    fn of_number(number: u64) -> Option<Self> {
        [Self::FuncRef, Self::ExternRef, Self::AnyRef, Self::ExnRef].into_iter().find(|kind| *kind as u64 == number)
    }

    /// Whether it is no reference.
    pub fn is_plain(self) -> bool {
        (self as u8) < Kind::FuncRef as u8
    }
}

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    params: Box<[Kind]>,
    results: Box<[Kind]>,
    width: usize,
    is_plain: bool,
}

impl Signature {
    /// What it takes.
    pub fn params(&self) -> &[Kind] {
        &self.params
    }

    /// What it gives.
    pub fn results(&self) -> &[Kind] {
        &self.results
    }

    /// How many slots a call needs: parameters and results use the same ones.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether it has no references.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub(crate) fn of(ty: &wasmtime::FuncType) -> Self {
        let params: Box<[Kind]> = ty.params().map(|ty| Kind::of(&ty)).collect();
        let results: Box<[Kind]> = ty.results().map(|ty| Kind::of(&ty)).collect();
        let is_plain = params.iter().chain(&results).all(|kind| kind.is_plain());
        Self { width: params.len().max(results.len()), params, results, is_plain }
    }
}

/// Whose the handle in a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owned {
    /// The caller's, who keeps the object meanwhile.
    ByCaller,
    /// Ours, from now on.
    ByUs,
}

impl Slot {
    /// A value of a number or of a vector, or a reference with a handle that belongs to whoever takes the slot.
    pub(crate) fn of(value: Val) -> Self {
        fn reference<T: Send + Sync>(object: Option<Arc<T>>, kind: Kind) -> Slot {
            Slot { low: object.map_or(0, |object| Handle::from_arc(object).as_raw()), high: kind as u64 }
        }
        let low = match value {
            Val::I32 { value } => u64::from(value.cast_unsigned()),
            Val::I64 { value } => value.cast_unsigned(),
            Val::F32 { bits } => u64::from(bits),
            Val::F64 { bits } => bits,
            Val::V128 { low, high } => return Self { low, high },
            Val::FuncRef { func } => return reference(func, Kind::FuncRef),
            Val::ExternRef { value } => return reference(value, Kind::ExternRef),
            Val::AnyRef { value } => return reference(value, Kind::AnyRef),
            Val::ExnRef { value } => return reference(value, Kind::ExnRef),
            Val::Null => return Self::default(),
        };
        Self { low, high: 0 }
    }

    /// A number or a vector of wasmtime's; none for a reference.
    pub(crate) fn of_plain(value: &wasmtime::Val) -> Option<Self> {
        let low = match value {
            wasmtime::Val::I32(value) => u64::from(value.cast_unsigned()),
            wasmtime::Val::I64(value) => value.cast_unsigned(),
            wasmtime::Val::F32(bits) => u64::from(*bits),
            wasmtime::Val::F64(bits) => *bits,
            wasmtime::Val::V128(vector) => {
                let bits = vector.as_u128();
                return Some(Self { low: bits as u64, high: (bits >> 64) as u64 });
            }
            _ => return None,
        };
        Some(Self { low, high: 0 })
    }

    /// What is in the slot, as wasmtime's number or vector of that kind; none for a reference.
    pub(crate) fn plain(self, kind: Kind) -> Option<wasmtime::Val> {
        Some(match kind {
            Kind::I32 => wasmtime::Val::I32((self.low as u32).cast_signed()),
            Kind::I64 => wasmtime::Val::I64(self.low.cast_signed()),
            Kind::F32 => wasmtime::Val::F32(self.low as u32),
            Kind::F64 => wasmtime::Val::F64(self.low),
            Kind::V128 => wasmtime::Val::V128((u128::from(self.high) << 64 | u128::from(self.low)).into()),
            _ => return None,
        })
    }

    /// The bits of the slot, as wasmtime has them.
    pub(crate) fn raw(self) -> ValRaw {
        ValRaw::v128(u128::from(self.high) << 64 | u128::from(self.low))
    }

    /// A reference of that kind, as wasmtime has it. Of its slot, only the part that the kind uses is written: the rest
    /// must not be read.
    pub(crate) fn of_reference(raw: ValRaw, kind: Kind) -> Self {
        let low = match kind {
            Kind::FuncRef => raw.get_funcref().expose_provenance() as u64,
            Kind::ExternRef => raw.get_externref().into(),
            Kind::ExnRef => raw.get_exnref().into(),
            Kind::AnyRef => raw.get_anyref().into(),
            // There is no value of another kind but null.
            _ => 0,
        };
        Self { low, high: 0 }
    }

    /// What is in the slot, for a place of that kind.
    ///
    /// # Safety
    /// In a place for a reference, the slot holds what the head of `Slot` says: the handle is 0 or that of a living
    /// object of the kind that `high` names, which is whose `owned` says.
    pub(crate) unsafe fn value(self, kind: Kind, owned: Owned) -> Val {
        /// # Safety
        /// As above, for a handle of a `T`.
        unsafe fn object<T: Send + Sync>(handle: u64, owned: Owned) -> Option<Arc<T>> {
            // SAFETY: not zero, and by the contract a living handle.
            let handle = unsafe { Handle::from_raw(handle) }?;
            // SAFETY: as above, and of a `T`. What the caller owns is cloned first.
            Some(unsafe {
                match owned {
                    Owned::ByCaller => handle.clone_arc_handle::<T>().into_arc(),
                    Owned::ByUs => handle.into_arc(),
                }
            })
        }
        match kind {
            Kind::I32 => Val::I32 { value: (self.low as u32).cast_signed() },
            Kind::I64 => Val::I64 { value: self.low.cast_signed() },
            Kind::F32 => Val::F32 { bits: self.low as u32 },
            Kind::F64 => Val::F64 { bits: self.low },
            Kind::V128 => Val::V128 { low: self.low, high: self.high },
            _ => match Kind::of_number(self.high) {
                // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
                Some(Kind::FuncRef) => Val::FuncRef { func: unsafe { object::<Func>(self.low, owned) } },
                // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
                Some(kind) => Val::of_reference(kind, unsafe { object::<Reference>(self.low, owned) }),
                None => Val::Null,
            },
        }
    }
}
