//! One step of a case: its fields, each of which has to be used.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};
use trimaran::Val;

/// What is wrong with a step or with its outcome.
pub(crate) type Problem = String;

/// Gives the fields of a step, and knows which were never asked for.
pub(crate) struct Step<'a> {
    fields: &'a Map<String, Value>,
    used: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(step: &'a Value) -> Result<Self, Problem> {
        let fields = step.as_object().ok_or("a step has to be an object")?;
        Ok(Self { fields, used: RefCell::default() })
    }

    pub(crate) fn optional(&self, name: &'static str) -> Option<&'a Value> {
        self.used.borrow_mut().insert(name);
        self.fields.get(name)
    }

    pub(crate) fn value(&self, name: &'static str) -> Result<&'a Value, Problem> {
        self.optional(name).ok_or_else(|| format!("it has no `{name}`"))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&'a str, Problem> {
        self.value(name)?.as_str().ok_or_else(|| format!("`{name}` is no text"))
    }

    pub(crate) fn int(&self, name: &'static str) -> Result<i64, Problem> {
        self.value(name)?.as_i64().ok_or_else(|| format!("`{name}` is no integer"))
    }

    pub(crate) fn natural(&self, name: &'static str) -> Result<u64, Problem> {
        self.value(name)?.as_u64().ok_or_else(|| format!("`{name}` is no natural number"))
    }

    pub(crate) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Problem> {
        unhex(self.text(name)?)
    }

    /// Fails where a field was never asked for: a runner must not skip what it does not know.
    pub(crate) fn all_used(&self) -> Result<(), Problem> {
        let used = self.used.borrow();
        match self.fields.keys().find(|name| !used.contains(name.as_str())) {
            Some(name) => Err(format!("unknown field `{name}`")),
            None => Ok(()),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, Problem> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    pairs.map(byte).collect::<Option<_>>().ok_or_else(|| format!("`{text}` is not hex"))
}

/// A value from `[type, bits]`.
pub(crate) fn to_val(value: &Value) -> Result<Val, Problem> {
    let wrong = || format!("{value} is no value");
    let kind = value[0].as_str().ok_or_else(wrong)?;
    if kind == "null" {
        return Ok(Val::Null);
    }
    let bits: u128 = value[1].as_str().and_then(|bits| bits.parse().ok()).ok_or_else(wrong)?;
    let narrow = |width: u32| if bits >> width == 0 { Ok(bits as u64) } else { Err(wrong()) };
    Ok(match kind {
        "i32" => Val::I32 { value: (narrow(32)? as u32).cast_signed() },
        "i64" => Val::I64 { value: narrow(64)?.cast_signed() },
        "f32" => Val::F32 { bits: narrow(32)? as u32 },
        "f64" => Val::F64 { bits: narrow(64)? },
        "v128" => Val::V128 { low: bits as u64, high: (bits >> 64) as u64 },
        _ => return Err(wrong()),
    })
}

/// A value as `[type, bits]`.
pub(crate) fn from_val(value: &Val) -> Value {
    let (kind, bits) = match value {
        Val::I32 { value } => ("i32", u128::from(value.cast_unsigned())),
        Val::I64 { value } => ("i64", u128::from(value.cast_unsigned())),
        Val::F32 { bits } => ("f32", u128::from(*bits)),
        Val::F64 { bits } => ("f64", u128::from(*bits)),
        Val::V128 { low, high } => ("v128", u128::from(*high) << 64 | u128::from(*low)),
        Val::Null
        | Val::FuncRef { func: None }
        | Val::ExternRef { value: None }
        | Val::AnyRef { value: None }
        | Val::ExnRef { value: None } => return serde_json::json!(["null"]),
        _ => return serde_json::json!(["reference"]),
    };
    serde_json::json!([kind, bits.to_string()])
}
