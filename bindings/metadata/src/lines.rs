//! The metadata as text, in the words of the generator's model.

use std::collections::HashSet;

use uniffi_meta::{
    DefaultValueMetadata as Default, FieldMetadata, FnParamMetadata, LiteralMetadata as Literal, Metadata, Type,
};

/// The lines, sorted.
pub fn of(metadata: &[Metadata]) -> Vec<String> {
    let errors: HashSet<&str> = metadata.iter().filter_map(thrown).collect();
    let mut lines: Vec<String> = metadata.iter().flat_map(|item| item_lines(item, &errors)).collect();
    lines.sort();
    lines
}

/// The name of what an item fails with.
fn thrown(item: &Metadata) -> Option<&str> {
    match item {
        Metadata::Func(item) => item.throws.as_ref(),
        Metadata::Constructor(item) => item.throws.as_ref(),
        Metadata::Method(item) => item.throws.as_ref(),
        Metadata::TraitMethod(item) => item.throws.as_ref(),
        _ => None,
    }?
    .name()
}

fn item_lines(item: &Metadata, errors: &HashSet<&str>) -> Vec<String> {
    match item {
        Metadata::Func(item) => {
            vec![format!("function {}{}", item.name, signature(&item.inputs, item.return_type.as_ref(), &item.throws))]
        }
        Metadata::Object(item) => {
            let kind = if item.imp.has_callback_interface() { "interface" } else { "class" };
            vec![format!("{kind} {}", item.name)]
        }
        Metadata::CallbackInterface(item) => vec![format!("interface {}", item.name)],
        Metadata::Constructor(item) => {
            let made = signature(&item.inputs, None, &None);
            let throws = error(&item.throws);
            vec![format!("constructor {}.{}{made} -> {}{throws}", item.self_name, item.name, item.self_name)]
        }
        Metadata::Method(item) => {
            let signature = signature(&item.inputs, item.return_type.as_ref(), &item.throws);
            vec![format!("method {}.{}{signature}", item.self_name, item.name)]
        }
        Metadata::TraitMethod(item) => {
            let signature = signature(&item.inputs, item.return_type.as_ref(), &item.throws);
            vec![format!("method {}.{}{signature}", item.trait_name, item.name)]
        }
        Metadata::Record(item) => {
            let fields = item.fields.iter().map(|field| {
                let default = initial(field.default.as_ref(), &field.ty);
                format!("field {}.{}: {}{default}", item.name, field.name, shown(&field.ty))
            });
            std::iter::once(format!("record {}", item.name)).chain(fields).collect()
        }
        Metadata::Enum(item) => {
            let kind = if errors.contains(item.name.as_str()) { "error" } else { "enum" };
            let variants = item
                .variants
                .iter()
                .map(|variant| format!("variant {}.{}{}", item.name, variant.name, payload(&variant.fields)));
            std::iter::once(format!("{kind} {}", item.name)).chain(variants).collect()
        }
        // Traits of Rust that a language has by its own means, and what has no name of its own.
        Metadata::Namespace(_)
        | Metadata::UdlFile(_)
        | Metadata::CustomType(_)
        | Metadata::UniffiTrait(_)
        | Metadata::ObjectTraitImpl(_) => Vec::new(),
    }
}

fn payload(fields: &[FieldMetadata]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.name, shown(&field.ty))).collect();
    if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) }
}

fn signature(inputs: &[FnParamMetadata], result: Option<&Type>, throws: &Option<Type>) -> String {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|input| format!("{}: {}{}", input.name, shown(&input.ty), initial(input.default.as_ref(), &input.ty)))
        .collect();
    let result = result.map(|result| format!(" -> {}", shown(result))).unwrap_or_default();
    format!("({}){result}{}", inputs.join(", "), error(throws))
}

fn error(throws: &Option<Type>) -> String {
    throws.as_ref().and_then(Type::name).map(|error| format!(" throws {error}")).unwrap_or_default()
}

/// A type in Rust's words.
fn shown(ty: &Type) -> String {
    match ty {
        Type::UInt8 => "u8".into(),
        Type::Int8 => "i8".into(),
        Type::UInt16 => "u16".into(),
        Type::Int16 => "i16".into(),
        Type::UInt32 => "u32".into(),
        Type::Int32 => "i32".into(),
        Type::UInt64 => "u64".into(),
        Type::Int64 => "i64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Boolean => "bool".into(),
        Type::String => "String".into(),
        Type::Bytes => "Vec<u8>".into(),
        Type::Optional { inner_type } => format!("Option<{}>", shown(inner_type)),
        Type::Sequence { inner_type } => format!("Vec<{}>", shown(inner_type)),
        Type::Box { inner_type } => shown(inner_type),
        // A path, which crosses as text.
        Type::Custom { builtin, .. } => shown(builtin),
        other => other.name().map_or_else(|| format!("{other:?}"), str::to_owned),
    }
}

fn initial(value: Option<&Default>, ty: &Type) -> String {
    let text = match (value, ty) {
        (None, _) => return String::new(),
        (Some(Default::Default), Type::Optional { .. }) => "None".into(),
        (Some(Default::Default), Type::Sequence { .. }) => "[]".into(),
        (Some(Default::Default), _) => "default".into(),
        (Some(Default::Literal(literal)), _) => match literal {
            Literal::Boolean(value) => value.to_string(),
            Literal::String(value) => format!("{value:?}"),
            Literal::UInt(value, ..) => value.to_string(),
            Literal::Int(value, ..) => value.to_string(),
            Literal::Float(value, _) => value.clone(),
            Literal::Enum(variant, _) => variant.clone(),
            Literal::EmptySequence => "[]".into(),
            Literal::None => "None".into(),
            other => format!("{other:?}"),
        },
    };
    format!(" = {text}")
}
