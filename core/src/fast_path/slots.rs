//! Slots and values: one made of the other.

use std::sync::Arc;

use uniffi::Handle;

use crate::types::slot::{Slot, ValKind};
use crate::{Func, Reference, Val};

/// Whose the handle in a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owned {
    /// The caller's, who keeps the object meanwhile.
    ByCaller,
    /// Ours, from now on.
    ByUs,
}

impl Slot {
    /// The number or the vector in the slot; none where that is a reference.
    pub fn number(self, kind: ValKind) -> Option<Val> {
        // SAFETY: a slot of a number or a vector has no handle.
        kind.is_plain().then(|| unsafe { self.value(kind, Owned::ByCaller) })
    }

    /// A value of a number or of a vector, or a reference with a handle that belongs to the slot's receiver.
    pub fn of(value: Val) -> Self {
        fn reference<T: Send + Sync>(object: Option<Arc<T>>, kind: ValKind) -> Slot {
            Slot { low: object.map_or(0, |object| Handle::from_arc(object).as_raw()), high: kind as u64 }
        }
        let low = match value {
            Val::I32 { value } => u64::from(value.cast_unsigned()),
            Val::I64 { value } => value.cast_unsigned(),
            Val::F32 { bits } => u64::from(bits),
            Val::F64 { bits } => bits,
            Val::V128 { low, high } => return Self { low, high },
            Val::FuncRef { func } => return reference(func, ValKind::FuncRef),
            Val::ExternRef { value } => return reference(value, ValKind::ExternRef),
            Val::AnyRef { value } => return reference(value, ValKind::AnyRef),
            Val::ExnRef { value } => return reference(value, ValKind::ExnRef),
            Val::Null => return Self::default(),
        };
        Self { low, high: 0 }
    }

    /// What is in the slot, for a place of that kind.
    ///
    /// # Safety
    /// In a place for a reference, the slot holds what the head of `Slot` says: the handle is 0 or that of a living
    /// object of the kind that `high` names, which is whose `owned` says.
    pub unsafe fn value(self, kind: ValKind, owned: Owned) -> Val {
        /// # Safety
        /// As above, for a handle of a `T`.
        unsafe fn object<T: Send + Sync>(handle: u64, owned: Owned) -> Option<Arc<T>> {
            // SAFETY: the caller says that the handle is 0 or of a living object; `from_raw` returns `None` for 0.
            let handle = unsafe { Handle::from_raw(handle) }?;
            // SAFETY: the caller says that the object is a `T`. A handle that stays the caller's is cloned first.
            Some(unsafe {
                match owned {
                    Owned::ByCaller => handle.clone_arc_handle::<T>().into_arc(),
                    Owned::ByUs => handle.into_arc(),
                }
            })
        }
        match kind {
            ValKind::I32 => Val::I32 { value: (self.low as u32).cast_signed() },
            ValKind::I64 => Val::I64 { value: self.low.cast_signed() },
            ValKind::F32 => Val::F32 { bits: self.low as u32 },
            ValKind::F64 => Val::F64 { bits: self.low },
            ValKind::V128 => Val::V128 { low: self.low, high: self.high },
            _ => match ValKind::of_number(self.high) {
                // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
                Some(ValKind::FuncRef) => Val::FuncRef { func: unsafe { object::<Func>(self.low, owned) } },
                // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
                Some(kind) => Val::of_reference(kind, unsafe { object::<Reference>(self.low, owned) }),
                None => Val::Null,
            },
        }
    }
}
