//! Values.

use std::sync::Arc;

use crate::stores::root::Root;
use crate::types::slot::ValKind;
use crate::{Func, Reference, Result, WasmtimeError};

/// A value of WebAssembly. Floats and vectors are carried by their bits, so that no NaN is changed on the way.
#[derive(Clone, uniffi::Enum)]
pub enum Val {
    /// A 32-bit integer. WebAssembly gives it no sign; this is its signed reading.
    I32 {
        /// The number.
        value: i32,
    },
    /// A 64-bit integer. WebAssembly gives it no sign; this is its signed reading.
    I64 {
        /// The number.
        value: i64,
    },
    /// A 32-bit float.
    F32 {
        /// Its bits, as in IEEE 754.
        bits: u32,
    },
    /// A 64-bit float.
    F64 {
        /// Its bits, as in IEEE 754.
        bits: u64,
    },
    /// A vector of 128 bits.
    V128 {
        /// Bits 0 to 63.
        low: u64,
        /// Bits 64 to 127.
        high: u64,
    },
    /// A reference to a function, or null.
    FuncRef {
        /// The function; none is null.
        func: Option<Arc<Func>>,
    },
    /// A reference to a value of the host, or null.
    ExternRef {
        /// The reference; none is null.
        value: Option<Arc<Reference>>,
    },
    /// A reference to a garbage-collected value, or null.
    AnyRef {
        /// The reference; none is null.
        value: Option<Arc<Reference>>,
    },
    /// A reference to an exception, or null.
    ExnRef {
        /// The reference; none is null.
        value: Option<Arc<Reference>>,
    },
    /// A null reference of whatever type its place asks for.
    Null,
}

impl Val {
    /// A reference that is no function's, or the null of its kind.
    pub(crate) fn of_reference(kind: ValKind, value: Option<Arc<Reference>>) -> Self {
        // What a reference is, it knows itself: the kind is only asked for a null.
        if let Some(value) = value {
            return value.value().unwrap_or(Self::Null);
        }
        match kind {
            ValKind::ExternRef => Self::ExternRef { value: None },
            ValKind::ExnRef => Self::ExnRef { value: None },
            _ => Self::AnyRef { value: None },
        }
    }

    /// Whether it is a number or a vector of that very kind.
    pub(crate) fn is_plain(&self, kind: ValKind) -> bool {
        matches!(
            (self, kind),
            (Self::I32 { .. }, ValKind::I32)
                | (Self::I64 { .. }, ValKind::I64)
                | (Self::F32 { .. }, ValKind::F32)
                | (Self::F64 { .. }, ValKind::F64)
                | (Self::V128 { .. }, ValKind::V128)
        )
    }

    /// Whether this is a null reference.
    pub(super) fn is_null(&self) -> bool {
        matches!(
            self,
            Self::Null
                | Self::FuncRef { func: None }
                | Self::ExternRef { value: None }
                | Self::AnyRef { value: None }
                | Self::ExnRef { value: None }
        )
    }

    /// The word for what this is, in messages.
    pub(super) fn word(&self) -> String {
        let word = match self {
            Self::I32 { .. } => "an i32",
            Self::I64 { .. } => "an i64",
            Self::F32 { .. } => "an f32",
            Self::F64 { .. } => "an f64",
            Self::V128 { .. } => "a v128",
            Self::FuncRef { .. } => "a funcref",
            Self::ExternRef { .. } => "an externref",
            Self::AnyRef { .. } => "an anyref",
            Self::ExnRef { .. } => "an exnref",
            Self::Null => "null",
        };
        word.to_owned()
    }
}

#[uniffi::export]
impl Reference {
    /// The reference as a value, to pass it on.
    #[cfg_attr(false, worded)]
    pub fn value(self: Arc<Self>) -> Result<Val> {
        Ok(match &self.root {
            Some(Root::Extern(_)) => Val::ExternRef { value: Some(self) },
            Some(Root::Any(_) | Root::I31(_)) => Val::AnyRef { value: Some(self) },
            Some(Root::Exn(_)) => Val::ExnRef { value: Some(self) },
            None => return Err(WasmtimeError::Closed { what: "reference".to_owned() }),
        })
    }
}
