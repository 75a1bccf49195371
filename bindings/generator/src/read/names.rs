//! What the names in the exports are, once all files are read.

use std::collections::HashMap;

use super::tokens::{generic, squeezed};
use super::{Error, Found, RawField, RawMethod, RawVariant, Result};
use crate::model::{Enum, Field, Foreign, Method, Model, Named, Object, Param, Pass, Record, Type, Variant};

/// The model of all that was found.
pub fn resolve(found: Found) -> Result<Model> {
    let mut model = Model::default();
    let names = Names::of(&found);
    let method = |raw: RawMethod, owner: Option<&str>| names.method(raw, owner);
    model.functions = found.functions.into_iter().map(|raw| method(raw, None)).collect::<Result<_>>()?;
    for named in found.objects {
        model.objects.push(Object { named, constructors: Vec::new(), methods: Vec::new() });
    }
    for raw in found.records {
        let fields = names.fields(raw.fields, &raw.named)?;
        model.records.push(Record { named: raw.named, is_shown: raw.is_shown, fields });
    }
    for raw in found.enums {
        let variant = |variant: RawVariant| {
            let fields = names.fields(variant.fields, &raw.named)?;
            Ok(Variant { name: variant.name, docs: variant.docs, fields })
        };
        let variants = raw.variants.into_iter().map(variant).collect::<Result<_>>()?;
        let (is_error, is_shown) = (raw.is_error, raw.is_shown);
        model.enums.push(Enum { named: raw.named, is_shown, variants, is_error, methods: Vec::new() });
    }
    for (named, methods) in found.foreign {
        let methods = methods.into_iter().map(|raw| method(raw, None)).collect::<Result<_>>()?;
        model.foreign.push(Foreign { named, methods });
    }
    for (owner, methods) in found.blocks {
        for raw in methods {
            let (place, is_constructor) = (raw.named.place.clone(), raw.is_constructor);
            let method = method(raw, Some(&owner))?;
            if let Some(object) = model.objects.iter_mut().find(|object| object.named.name == owner) {
                if is_constructor { &mut object.constructors } else { &mut object.methods }.push(method);
            } else if let Some(choice) = model.enums.iter_mut().find(|choice| choice.named.name == owner) {
                choice.methods.push(method);
            } else {
                let reason = format!("{owner} is no uniffi::Object: its methods cannot be exported");
                return Err(Error { place, reason });
            }
        }
    }
    Ok(model)
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Object,
    Record,
    Enum,
    Foreign,
}

struct Names(HashMap<String, What>);

impl Names {
    fn of(found: &Found) -> Self {
        let mut known = HashMap::new();
        known.extend(found.objects.iter().map(|named| (named.name.clone(), What::Object)));
        known.extend(found.records.iter().map(|raw| (raw.named.name.clone(), What::Record)));
        known.extend(found.enums.iter().map(|raw| (raw.named.name.clone(), What::Enum)));
        known.extend(found.foreign.iter().map(|(named, _)| (named.name.clone(), What::Foreign)));
        Self(known)
    }

    fn method(&self, raw: RawMethod, owner: Option<&str>) -> Result<Method> {
        let wrong = |what: &str, reason: String| Error {
            place: raw.named.place.clone(),
            reason: format!("{}: {what}: {reason}", raw.named.name),
        };
        let mut params = Vec::new();
        for (name, ty) in &raw.params {
            let (ty, pass) = self.of_type(ty, owner).map_err(|reason| wrong(name, reason))?;
            let default = raw.defaults.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
            let called = raw.marks.called.iter().find(|(other, _)| other == name).map(|(_, words)| words.clone());
            params.push(Param { name: name.clone(), ty, pass, default, called });
        }
        let (mut result, mut fails) = (None, false);
        if let Some(ty) = &raw.result {
            let mut inner = ty;
            let arguments = generic(ty).filter(|(name, _)| name == "Result").map(|(_, arguments)| arguments);
            if let Some(arguments) = &arguments {
                let [only] = arguments.as_slice() else {
                    return Err(wrong("the result", "a Result of another error than WasmtimeError".into()));
                };
                (inner, fails) = (only, true);
            }
            if squeezed(inner) != "()" {
                let (found, pass) = self.of_type(inner, owner).map_err(|reason| wrong("the result", reason))?;
                if pass == Pass::Reference {
                    return Err(wrong("the result", "a result cannot be borrowed".into()));
                }
                result = Some(found);
            }
        }
        if raw.is_constructor && !matches!(&result, Some(Type::Object(name)) if Some(name.as_str()) == owner) {
            return Err(wrong("the result", "a constructor gives Result<Arc<Self>>".into()));
        }
        let (rust_name, receiver, pace) = (raw.rust_name, raw.receiver, raw.pace);
        let (is_worded, by_hand) = (raw.marks.is_worded, raw.marks.by_hand);
        Ok(Method { named: raw.named, rust_name, receiver, params, result, fails, pace, is_worded, by_hand })
    }

    fn fields(&self, fields: Vec<RawField>, owner: &Named) -> Result<Vec<Field>> {
        let wrong = |name: &str, reason: String| Error {
            place: owner.place.clone(),
            reason: format!("{}.{name}: {reason}", owner.name),
        };
        let resolve = |field: RawField| match self.of_type(&field.ty, None) {
            Ok((ty, Pass::Value)) => {
                Ok(Field { name: field.name, docs: field.docs, also: field.also, ty, default: field.default })
            }
            Ok(_) => Err(wrong(&field.name, "a field cannot be borrowed".to_owned())),
            Err(reason) => Err(wrong(&field.name, reason)),
        };
        fields.into_iter().map(resolve).collect()
    }

    fn of_type(&self, ty: &syn::Type, owner: Option<&str>) -> std::result::Result<(Type, Pass), String> {
        if let syn::Type::Reference(reference) = ty {
            if reference.mutability.is_some() {
                return Err(format!("`{}`: nothing crosses by `&mut`", squeezed(ty)));
            }
            let inner = squeezed(&reference.elem);
            return match inner.as_str() {
                "str" => Ok((Type::Text, Pass::Reference)),
                "[u8]" => Ok((Type::Bytes, Pass::Reference)),
                name if self.0.get(name) == Some(&What::Object) => Ok((Type::Object(inner), Pass::Reference)),
                _ => Err(format!("`&{inner}`: only objects, `&str` and `&[u8]` cross by reference")),
            };
        }
        if let Some((name, arguments)) = generic(ty) {
            let [inner] = arguments.as_slice() else {
                return Err(format!("the generator does not know `{}`", squeezed(ty)));
            };
            return match name.as_str() {
                "Vec" if squeezed(inner) == "u8" => Ok((Type::Bytes, Pass::Value)),
                "Vec" => Ok((Type::List(Box::new(self.value(inner, owner)?)), Pass::Value)),
                "Option" => Ok((Type::Option(Box::new(self.value(inner, owner)?)), Pass::Value)),
                "Arc" => self.shared(inner, owner).map(|ty| (ty, Pass::Value)),
                _ => Err(format!("the generator does not know `{}`", squeezed(ty))),
            };
        }
        let name = squeezed(ty);
        let int = |signed| name.get(1..).and_then(|bits| bits.parse().ok()).map(|bits| Type::Int { signed, bits });
        let found = match name.as_str() {
            "bool" => Some(Type::Bool),
            "String" | "Utf8PathBuf" => Some(Type::Text),
            "i8" | "i16" | "i32" | "i64" => int(true),
            "u8" | "u16" | "u32" | "u64" => int(false),
            "f32" => Some(Type::Float { bits: 32 }),
            "f64" => Some(Type::Float { bits: 64 }),
            _ => match self.0.get(&name) {
                Some(What::Record) => Some(Type::Record(name.clone())),
                Some(What::Enum) => Some(Type::Enum(name.clone())),
                Some(What::Object | What::Foreign) => {
                    return Err(format!("`{name}` crosses as `&{name}` or `Arc<{name}>`"));
                }
                None => None,
            },
        };
        found.map(|ty| (ty, Pass::Value)).ok_or_else(|| format!("the generator does not know `{name}`"))
    }

    fn value(&self, ty: &syn::Type, owner: Option<&str>) -> std::result::Result<Type, String> {
        match self.of_type(ty, owner)? {
            (ty, Pass::Value) => Ok(ty),
            (_, Pass::Reference) => Err(format!("`{}`: a reference inside another type", squeezed(ty))),
        }
    }

    fn shared(&self, inner: &syn::Type, owner: Option<&str>) -> std::result::Result<Type, String> {
        let name = squeezed(inner);
        if let Some(name) = name.strip_prefix("dyn ") {
            return match self.0.get(name) {
                Some(What::Foreign) => Ok(Type::Foreign(name.to_owned())),
                _ => Err(format!("`{name}` is no exported trait")),
            };
        }
        let name = if name == "Self" { owner.unwrap_or_default().to_owned() } else { name };
        match self.0.get(&name) {
            Some(What::Object) => Ok(Type::Object(name)),
            _ => Err(format!("`Arc<{name}>`: {name} is no uniffi::Object")),
        }
    }
}
