//! Which records and enums cross in which direction, so that only conversions are written that an export needs.

use std::collections::BTreeSet;

use crate::model::{Field, Method, Model, Receiver, Type};

/// The names of the records and enums that cross.
#[derive(Debug, Default)]
pub struct Reach {
    /// Those that the core gives, and the error.
    pub given: BTreeSet<String>,
    /// Those that it takes, and those that are shown.
    pub taken: BTreeSet<String>,
}

impl Reach {
    pub fn of(model: &Model) -> Self {
        let mut reach = Self::default();
        let methods = model.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
        for method in methods.chain(&model.functions) {
            method.params.iter().for_each(|param| collect(model, &param.ty, &mut reach.taken));
            method.result.iter().for_each(|ty| collect(model, ty, &mut reach.given));
        }
        for choice in &model.enums {
            let is_asked = choice.methods.iter().any(is_called_on);
            if choice.is_error {
                collect(model, &Type::Enum(choice.named.name.clone()), &mut reach.given);
            }
            if is_asked || choice.named.is_shown {
                collect(model, &Type::Enum(choice.named.name.clone()), &mut reach.taken);
            }
        }
        for record in model.records.iter().filter(|record| record.named.is_shown) {
            collect(model, &Type::Record(record.named.name.clone()), &mut reach.taken);
        }
        reach
    }
}

fn is_called_on(method: &Method) -> bool {
    method.receiver != Receiver::None
}

/// Adds a type and all that it is made of.
fn collect(model: &Model, ty: &Type, found: &mut BTreeSet<String>) {
    let name = match ty {
        Type::Option(inner) | Type::List(inner) => return collect(model, inner, found),
        Type::Record(name) | Type::Enum(name) => name,
        _ => return,
    };
    if !found.insert(name.clone()) {
        return;
    }
    let record = model.record(name).into_iter().flat_map(|record| &record.fields);
    let variants = model.choice(name).into_iter().flat_map(|choice| &choice.variants);
    let fields: Vec<&Field> = record.chain(variants.flat_map(|variant| &variant.fields)).collect();
    fields.into_iter().for_each(|field| collect(model, &field.ty, found));
}
