//! Values of the suite, and how they match results.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use trimaran::{HeapType, HostObject, RefType, Reference, Result, Store, Val};

use crate::script::Stop;

/// The objects of the host that the suite counts.
#[derive(Default)]
pub(crate) struct Host(RefCell<HashMap<String, HostObject>>);

impl Host {
    fn object(&self, number: &str) -> HostObject {
        let mut all = self.0.borrow_mut();
        Arc::clone(all.entry(number.to_owned()).or_insert_with(|| Arc::new(number.to_owned())))
    }
}

/// A value that is passed to a function.
pub(crate) fn argument(value: &Value, store: &Store, hosts: &Host) -> Result<Val, Stop> {
    let bits = value[1].as_str().unwrap_or_default();
    Ok(match value[0].as_str().unwrap() {
        "i32" => Val::I32 { value: bits.parse::<u32>().unwrap().cast_signed() },
        "i64" => Val::I64 { value: bits.parse::<u64>().unwrap().cast_signed() },
        "f32" => Val::F32 { bits: bits.parse().unwrap() },
        "f64" => Val::F64 { bits: bits.parse().unwrap() },
        "v128" => {
            let bits: u128 = bits.parse().unwrap();
            Val::V128 { low: bits as u64, high: (bits >> 64) as u64 }
        }
        "null" => Val::Null,
        "host" => Reference::of_host(store, hosts.object(bits)).and_then(Reference::value)?,
        unknown => return Err(format!("unknown value `{unknown}`").into()),
    })
}

/// Whether a result is as it has to be.
pub(crate) fn matches(pattern: &Value, value: &Val, store: &Store, hosts: &Host) -> bool {
    let kind = pattern[0].as_str().unwrap();
    let text = pattern[1].as_str().unwrap_or_default();
    match (kind, value) {
        ("either", value) => pattern[1].as_array().unwrap().iter().any(|pattern| matches(pattern, value, store, hosts)),
        ("i32", Val::I32 { value }) => text == value.cast_unsigned().to_string(),
        ("i64", Val::I64 { value }) => text == value.cast_unsigned().to_string(),
        ("f32", Val::F32 { bits }) => float32(text, *bits),
        ("f64", Val::F64 { bits }) => float64(text, *bits),
        ("v128", Val::V128 { low, high }) => text == (u128::from(*high) << 64 | u128::from(*low)).to_string(),
        ("f32x4", Val::V128 { low, high }) => {
            let lanes = [*low as u32, (*low >> 32) as u32, *high as u32, (*high >> 32) as u32];
            lanes.into_iter().enumerate().all(|(index, lane)| float32(pattern[1][index].as_str().unwrap(), lane))
        }
        ("f64x2", Val::V128 { low, high }) => {
            let lanes = [*low, *high];
            lanes.into_iter().enumerate().all(|(index, lane)| float64(pattern[1][index].as_str().unwrap(), lane))
        }
        (
            "null",
            Val::Null
            | Val::FuncRef { func: None }
            | Val::ExternRef { value: None }
            | Val::AnyRef { value: None }
            | Val::ExnRef { value: None },
        ) => true,
        ("host", Val::ExternRef { value: Some(reference) }) => {
            let object = reference.host_object(store).unwrap();
            object.is_some_and(|object| Arc::ptr_eq(&object, &hosts.object(text)))
        }
        ("ref", Val::FuncRef { func: Some(_) }) => text == "func",
        ("ref", Val::ExternRef { value: Some(_) }) => text == "extern",
        ("ref", Val::ExnRef { value: Some(_) }) => text == "exn",
        ("ref", Val::AnyRef { value: Some(reference) }) => {
            let heap = match text {
                "any" => HeapType::Any,
                "eq" => HeapType::Eq,
                "i31" => HeapType::I31,
                "struct" => HeapType::Struct,
                "array" => HeapType::Array,
                _ => return false,
            };
            reference.matches(store, RefType { nullable: false, heap }).unwrap()
        }
        _ => false,
    }
}

/// The bits of a float, or a kind of NaN (core specification, section 4.3.3).
fn float32(pattern: &str, bits: u32) -> bool {
    match pattern {
        "nan:canonical" => bits & 0x7fff_ffff == 0x7fc0_0000,
        "nan:arithmetic" => bits & 0x7fc0_0000 == 0x7fc0_0000,
        exact => exact == bits.to_string(),
    }
}

fn float64(pattern: &str, bits: u64) -> bool {
    match pattern {
        "nan:canonical" => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        "nan:arithmetic" => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        exact => exact == bits.to_string(),
    }
}

pub(crate) fn show(value: &Val) -> String {
    match value {
        Val::I32 { value } => format!("i32 {}", value.cast_unsigned()),
        Val::I64 { value } => format!("i64 {}", value.cast_unsigned()),
        Val::F32 { bits } => format!("f32 {bits}"),
        Val::F64 { bits } => format!("f64 {bits}"),
        Val::V128 { low, high } => format!("v128 {}", u128::from(*high) << 64 | u128::from(*low)),
        Val::FuncRef { func: Some(_) } => "a function".to_owned(),
        Val::ExternRef { value: Some(_) } => "an externref".to_owned(),
        Val::AnyRef { value: Some(_) } => "an anyref".to_owned(),
        Val::ExnRef { value: Some(_) } => "an exnref".to_owned(),
        _ => "null".to_owned(),
    }
}
