//! Functions whose values are numbers, truth values and characters alone, apart from the resource of a method. Generated code of
//! compiled languages gives each value of theirs a slot, and needs no stream.

use crate::model::{Function, FunctionKind, Model, Plain, Type};

/// How many slots a call has, that of a method's resource among them.
const MOST: usize = 4;

/// What crosses in a call of such a function.
pub(crate) struct PlainCall {
    /// The parameters, without the resource that a method is called on.
    pub(crate) params: Vec<Plain>,
    /// What it gives.
    pub(crate) result: Option<Plain>,
}

impl PlainCall {
    /// The call of a function; none where it needs a stream.
    pub(crate) fn of(function: &Function, model: &Model) -> Option<Self> {
        let slots = match function.kind {
            FunctionKind::Free | FunctionKind::Static(_) => MOST,
            FunctionKind::Method(_) => MOST - 1,
            FunctionKind::Constructor(_) => return None,
        };
        let params: Option<Vec<_>> = function.params.iter().map(|param| single(model, &param.ty)).collect();
        let params = params.filter(|params| params.len() <= slots)?;
        let result = match &function.result {
            Some(ty) => Some(single(model, ty)?),
            None => None,
        };
        Some(Self { params, result })
    }
}

/// The type behind names, if its values are one number, truth value or character each.
fn single(model: &Model, ty: &Type) -> Option<Plain> {
    match model.resolved(ty) {
        Type::Plain(Plain::String) => None,
        Type::Plain(plain) => Some(*plain),
        _ => None,
    }
}
