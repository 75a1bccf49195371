//! Slots: how values lie in memory on the fast path.

use std::sync::OnceLock;

use wasmtime::ValRaw;

/// Room for one value of any type, at its low end. The high end of what is narrower is of no account.
///
/// A reference is a handle of UniFFI's, to a `Func` or a `Reference`, and 0 for null; its `high` is the number of its
/// `ValKind`, or 0 for a null of whatever type is asked for.
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
pub enum ValKind {
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

impl ValKind {
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

    pub(crate) fn of_number(number: u64) -> Option<Self> {
        [Self::FuncRef, Self::ExternRef, Self::AnyRef, Self::ExnRef].into_iter().find(|kind| *kind as u64 == number)
    }

    /// Whether it is no reference.
    #[inline]
    pub fn is_plain(self) -> bool {
        (self as u8) < ValKind::FuncRef as u8
    }
}

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    params: Box<[ValKind]>,
    results: Box<[ValKind]>,
    width: usize,
    is_plain: bool,
}

impl Signature {
    /// What it takes.
    #[inline]
    pub fn params(&self) -> &[ValKind] {
        &self.params
    }

    /// What it gives.
    #[inline]
    pub fn results(&self) -> &[ValKind] {
        &self.results
    }

    /// How many slots a call needs: parameters and results use the same ones.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether it has no references.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub(crate) fn of(ty: &wasmtime::FuncType) -> Self {
        let params: Box<[ValKind]> = ty.params().map(|ty| ValKind::of(&ty)).collect();
        let results: Box<[ValKind]> = ty.results().map(|ty| ValKind::of(&ty)).collect();
        let is_plain = params.iter().chain(&results).all(|kind| kind.is_plain());
        Self { width: params.len().max(results.len()), params, results, is_plain }
    }
}

impl Slot {
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
    pub(crate) fn plain(self, kind: ValKind) -> Option<wasmtime::Val> {
        Some(match kind {
            ValKind::I32 => wasmtime::Val::I32((self.low as u32).cast_signed()),
            ValKind::I64 => wasmtime::Val::I64(self.low.cast_signed()),
            ValKind::F32 => wasmtime::Val::F32(self.low as u32),
            ValKind::F64 => wasmtime::Val::F64(self.low),
            ValKind::V128 => wasmtime::Val::V128((u128::from(self.high) << 64 | u128::from(self.low)).into()),
            _ => return None,
        })
    }

    /// The bits of the slot, as wasmtime has them.
    pub(crate) fn raw(self) -> ValRaw {
        ValRaw::v128(u128::from(self.high) << 64 | u128::from(self.low))
    }

    /// A reference of that kind, as wasmtime has it. Of its slot, only the part that the kind uses is written: the rest
    /// must not be read.
    pub(crate) fn of_reference(raw: ValRaw, kind: ValKind) -> Self {
        let low = match kind {
            ValKind::FuncRef => raw.get_funcref().expose_provenance() as u64,
            ValKind::ExternRef => raw.get_externref().into(),
            ValKind::ExnRef => raw.get_exnref().into(),
            ValKind::AnyRef => raw.get_anyref().into(),
            // There is no value of another kind but null.
            _ => 0,
        };
        Self { low, high: 0 }
    }
}

/// A signature that is looked up when it is first asked for.
#[derive(Default)]
pub(crate) struct SignatureCache(pub(crate) OnceLock<Signature>);
