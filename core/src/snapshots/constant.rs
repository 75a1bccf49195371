//! Constant expressions for values and offsets.

use wasm_encoder::{ConstExpr, HeapType, Ieee32, Ieee64, Instruction};

use crate::snapshots::state::{Reference, Value};

/// The value; a null is of the type that `null` says.
pub(super) fn value(value: Value, null: HeapType) -> ConstExpr {
    match value {
        Value::I32(value) => ConstExpr::i32_const(value),
        Value::I64(value) => ConstExpr::i64_const(value),
        Value::F32(bits) => ConstExpr::f32_const(Ieee32::new(bits)),
        Value::F64(bits) => ConstExpr::f64_const(Ieee64::new(bits)),
        Value::V128(bits) => ConstExpr::v128_const(bits.cast_signed()),
        Value::Ref(found) => reference(found, null),
    }
}

pub(super) fn reference(reference: Reference, null: HeapType) -> ConstExpr {
    match reference {
        Reference::Null => ConstExpr::ref_null(null),
        Reference::Func(index) => ConstExpr::ref_func(index),
        Reference::I31(value) => ConstExpr::extended([Instruction::I32Const(value), Instruction::RefI31]),
    }
}
