//! Values: numbers by their bits, so that no language changes a NaN.

use json_from_wast::{AnyRef, Const, ContRef, CoreConst, ExnRef, ExternRef, FloatConst, FuncRef, V128};
use serde_json::{Value, json};

/// What is passed to a function.
pub(crate) fn argument(value: &Const<'_>) -> Value {
    match value {
        Const::Core(value) => exact(value),
        Const::Component(_) => json!(["unsupported"]),
    }
}

fn exact(value: &CoreConst) -> Value {
    match value {
        CoreConst::I32 { value } => json!(["i32", value.0.cast_unsigned().to_string()]),
        CoreConst::I64 { value } => json!(["i64", value.0.cast_unsigned().to_string()]),
        CoreConst::F32 { value } => json!(["f32", value.to_bits().to_string()]),
        CoreConst::F64 { value } => json!(["f64", value.to_bits().to_string()]),
        CoreConst::V128(value) => json!(["v128", value.to_u128().to_string()]),
        CoreConst::ExternRef { value: Some(ExternRef::Host(number)) } => json!(["host", number.0.to_string()]),
        CoreConst::ExternRef { .. }
        | CoreConst::FuncRef { value: Some(FuncRef::Null) }
        | CoreConst::AnyRef { value: Some(AnyRef::Null) }
        | CoreConst::NullRef
        | CoreConst::NullFuncRef
        | CoreConst::NullExternRef
        | CoreConst::NullExnRef
        | CoreConst::ExnRef { value: Some(ExnRef::Null) }
        | CoreConst::ContRef { value: Some(ContRef::Null) }
        | CoreConst::NullContRef
        | CoreConst::RefNull => json!(["null"]),
        _ => json!(["unsupported"]),
    }
}

/// What a result has to be like.
pub(crate) fn pattern(value: &Const<'_>) -> Value {
    match value {
        Const::Core(value) => like(value),
        Const::Component(_) => json!(["unsupported"]),
    }
}

fn like(value: &CoreConst) -> Value {
    match value {
        CoreConst::F32 { value } => json!(["f32", float(value)]),
        CoreConst::F64 { value } => json!(["f64", float(value)]),
        CoreConst::V128(V128::F32 { value }) => json!(["f32x4", value.map(|lane| float(&lane))]),
        CoreConst::V128(V128::F64 { value }) => json!(["f64x2", value.map(|lane| float(&lane))]),
        CoreConst::Either { values } => json!(["either", values.iter().map(like).collect::<Vec<_>>()]),
        CoreConst::ExternRef { value: None } => json!(["ref", "extern"]),
        CoreConst::FuncRef { value: None | Some(FuncRef::Index(_)) } => json!(["ref", "func"]),
        CoreConst::AnyRef { value: None | Some(AnyRef::Host(_)) } => json!(["ref", "any"]),
        CoreConst::EqRef => json!(["ref", "eq"]),
        CoreConst::ArrayRef => json!(["ref", "array"]),
        CoreConst::StructRef => json!(["ref", "struct"]),
        CoreConst::I31Ref => json!(["ref", "i31"]),
        CoreConst::ExnRef { value: None } => json!(["ref", "exn"]),
        other => exact(other),
    }
}

/// The bits of a float, or what kind of NaN it has to be.
fn float<F: json_from_wast::Float>(value: &FloatConst<F>) -> String {
    match value {
        FloatConst::ArithmeticNan => "nan:arithmetic".to_owned(),
        FloatConst::CanonicalNan => "nan:canonical".to_owned(),
        FloatConst::Value(value) => value.to_bits().to_string(),
    }
}
