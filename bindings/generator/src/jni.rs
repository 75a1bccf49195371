//! Writes the native half of the JNI: a function for each operation, and one table of them all for the class
//! `dev.trimaran.internal.ffi.Native`.

mod crossing;

use std::fmt::Write as _;

pub use crossing::Kind;

use crate::crossing::Crossing;
use crate::model::{Enum, Method, Model, Named, Param, Pass, Receiver, Type};
use crate::names::{camel, snake};

/// An operation, under the name that it has across.
pub struct Operation<'a> {
    /// The object or the enum that it belongs to; none for a function.
    pub owner: Option<&'a Named>,
    /// Whether that is an enum, which crosses as bytes.
    pub is_of_enum: bool,
    pub method: &'a Method,
}

impl Operation<'_> {
    /// The name of the native method, in Kotlin and in the JNI table.
    pub fn native_name(&self) -> String {
        camel(&self.name())
    }

    fn name(&self) -> String {
        match self.owner {
            Some(owner) => format!("{}_{}", snake(&owner.name), self.method.named.name),
            None => self.method.named.name.clone(),
        }
    }

    /// How the core is called.
    fn call(&self, given: &str) -> String {
        let name = &self.method.rust_name;
        match (self.owner, self.method.receiver) {
            (_, Receiver::Shared) => format!("kept(this).{name}({given})"),
            (_, Receiver::Reference) => format!("this.{name}({given})"),
            (Some(owner), Receiver::None) => format!("{}::{name}({given})", owner.name),
            (None, Receiver::None) => format!("trimaran::{name}({given})"),
        }
    }
}

/// All operations that are generated, in the order of the model.
pub fn operations(model: &Model) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for object in &model.objects {
        let methods = object.constructors.iter().chain(&object.methods);
        all.extend(methods.map(|method| Operation { owner: Some(&object.named), is_of_enum: false, method }));
    }
    for choice in &model.enums {
        let methods = choice.methods.iter();
        all.extend(methods.map(|method| Operation { owner: Some(&choice.named), is_of_enum: true, method }));
    }
    all.extend(model.functions.iter().map(|method| Operation { owner: None, is_of_enum: false, method }));
    all.retain(|made| !made.method.is_by_hand("kotlin"));
    all
}

/// The names of the records and enums that can be shown as text.
pub fn shown(model: &Model) -> impl Iterator<Item = &Named> {
    let records = model.records.iter().map(|record| &record.named);
    records.chain(model.enums.iter().map(|choice| &choice.named)).filter(|named| named.is_shown)
}

/// The functions and their table, in Rust.
pub fn rust(model: &Model) -> String {
    let mut out =
        String::from("// Generated from the exports of the core, by bindings/generator: do not change it.\n\n");
    let mut table = Vec::new();
    for made in operations(model) {
        function(&mut out, model, &made);
        table.push((made.native_name(), signature(model, &made), made.name()));
    }
    for object in &model.objects {
        let (name, class) = (snake(&object.named.name), &object.named.name);
        let _ = writeln!(
            out,
            "extern \"system\" fn {name}_clone(_env: *mut JNIEnv, _class: jclass, this: jlong) -> jlong {{\n    // SAFETY: the package keeps it for the call.\n    shared(kept(unsafe {{ at::<{class}>(this) }}))\n}}\n\nextern \"system\" fn {name}_free(_env: *mut JNIEnv, _class: jclass, this: jlong) {{\n    // SAFETY: the package frees each pointer that it was given once, when nothing uses it any more.\n    let_go(unsafe {{ Arc::from_raw(this as *const {class}) }});\n}}\n"
        );
        table.push((camel(&format!("{name}_clone")), "(J)J".to_owned(), format!("{name}_clone")));
        table.push((camel(&format!("{name}_free")), "(J)V".to_owned(), format!("{name}_free")));
    }
    for choice in &model.enums {
        union(&mut out, choice);
    }
    for named in shown(model) {
        let (name, ty) = (snake(&named.name), &named.name);
        let _ = writeln!(
            out,
            "extern \"system\" fn {name}_show(env: *mut JNIEnv, _class: jclass, this: jbyteArray) -> jbyteArray {{\n    run(env, null_mut(), || {{\n        let this = parsed::<{ty}>(&octets(env, this))?;\n        Ok(array(env, this.to_string().as_bytes()))\n    }})\n}}\n"
        );
        table.push((camel(&format!("{name}_show")), "([B)[B".to_owned(), format!("{name}_show")));
    }
    let _ = writeln!(
        out,
        "/// What the class `Native` gets.\npub(super) const GENERATED: [(&CStr, &CStr, *const c_void); {}] = [",
        table.len()
    );
    for (name, signature, function) in table {
        let _ = writeln!(out, "    (c\"{name}\", c\"{signature}\", {function} as *const c_void),");
    }
    out.push_str("];\n");
    out
}

/// The two ways of an enum of objects, if it is one.
fn union(out: &mut String, choice: &Enum) {
    let Some(objects) = choice.union() else { return };
    let (name, ty) = (snake(&choice.named.name), &choice.named.name);
    let _ = writeln!(out, "/// The pointer of an object, with the place of its variant in the bits that are free.");
    let _ = writeln!(out, "fn {name}_given(found: {ty}) -> jlong {{\n    match found {{");
    for (place, (variant, field, class)) in objects.iter().enumerate() {
        let (variant, field) = (&variant.name, &field.name);
        let _ = writeln!(out, "        {ty}::{variant} {{ {field} }} => tagged::<{class}>({field}, {place}),");
    }
    let _ = writeln!(out, "    }}\n}}\n");
    let _ = writeln!(
        out,
        "/// # Safety\n/// The package keeps the object for the call: one of the class that the low bits name.\nunsafe fn {name}_taken(pointer: jlong) -> {ty} {{\n    let this = pointer & !TAG;\n    // SAFETY: by the contract.\n    unsafe {{\n        match pointer & TAG {{"
    );
    for (place, (variant, field, class)) in objects.iter().enumerate() {
        let last = place + 1 == objects.len();
        let pattern = if last { "_".to_owned() } else { place.to_string() };
        let (variant, field) = (&variant.name, &field.name);
        let _ = writeln!(out, "            {pattern} => {ty}::{variant} {{ {field}: kept(at::<{class}>(this)) }},");
    }
    let _ = writeln!(out, "        }}\n    }}\n}}\n");
}

fn function(out: &mut String, model: &Model, made: &Operation<'_>) {
    let method = made.method;
    let _ = writeln!(out, "extern \"system\" fn {}(\n    env: *mut JNIEnv,\n    _class: jclass,", made.name());
    if method.receiver != Receiver::None {
        let _ = writeln!(out, "    this: {},", if made.is_of_enum { "jbyteArray" } else { "jlong" });
    }
    for Param { name, ty, .. } in &method.params {
        let crossing = Crossing::of(model, ty);
        if let Crossing::OptionalNumber(_) = crossing {
            let _ = writeln!(out, "    has_{name}: jboolean,");
        }
        let _ = writeln!(out, "    {name}: {},", crossing.taken().rust);
    }
    let result = method.result.as_ref().map(|ty| Crossing::of(model, ty));
    if let Some(Crossing::OptionalNumber(_)) = result {
        out.push_str("    buffer: jlongArray,\n");
    }
    let (kind, nothing) = match result {
        Some(crossing) => (format!(" -> {}", crossing.given().rust), crossing.nothing()),
        None => (String::new(), "()"),
    };
    let _ = writeln!(out, "){kind} {{\n    run(env, {nothing}, || {{");
    if method.receiver != Receiver::None {
        let class = made.owner.map(|owner| owner.name.as_str()).unwrap_or_default();
        if made.is_of_enum {
            let _ = writeln!(out, "        let this = parsed::<{class}>(&octets(env, this))?;");
        } else {
            out.push_str("        // SAFETY: the package keeps it for the call.\n");
            let _ = writeln!(out, "        let this = unsafe {{ at::<{class}>(this) }};");
        }
    }
    let given: Vec<_> = method.params.iter().map(|param| argument(out, model, param)).collect();
    let mark = if method.fails { "?" } else { "" };
    let call = made.call(&given.join(", ")) + mark;
    match result {
        None => {
            let _ = writeln!(out, "        {call};\n        Ok(())");
        }
        Some(crossing) => {
            let _ = writeln!(out, "        let found = {call};\n        Ok({})", give(crossing));
        }
    }
    out.push_str("    })\n}\n\n");
}

/// Reads a parameter, and gives the argument for the core.
fn argument(out: &mut String, model: &Model, param: &Param) -> String {
    let name = &param.name;
    let crossing = Crossing::of(model, &param.ty);
    let read = match crossing {
        Crossing::Number(ty) => return cast(name, ty),
        Crossing::OptionalNumber(inner) => format!("has_{name}.then_some({})", cast(name, inner)),
        Crossing::Object(class) => match param.pass {
            Pass::Reference => format!("unsafe {{ at::<{class}>({name}) }}"),
            Pass::Value => format!("kept(unsafe {{ at::<{class}>({name}) }})"),
        },
        Crossing::OptionalObject(class) => {
            format!("unsafe {{ kept_or_none::<{class}>({name}) }}")
        }
        Crossing::Union(choice) => format!("unsafe {{ {}_taken({name}) }}", snake(&choice.named.name)),
        Crossing::OptionalUnion(choice) => {
            format!("({name} != 0).then(|| unsafe {{ {}_taken({name}) }})", snake(&choice.named.name))
        }
        Crossing::Text => match param.pass {
            Pass::Reference => format!("text(env, {name})?"),
            Pass::Value => format!("(&*text(env, {name})?).into()"),
        },
        Crossing::OptionalText(_) => {
            format!("(!{name}.is_null()).then(|| text(env, {name})).transpose()?.map(|text| (&*text).into())")
        }
        Crossing::Bytes => match param.pass {
            Pass::Reference => format!("octets(env, {name})"),
            Pass::Value => format!("octets(env, {name}).to_vec()"),
        },
        Crossing::Serialised(ty) => format!("parsed::<{}>(&octets(env, {name}))?", held(ty)),
    };
    if read.contains("unsafe") {
        out.push_str("        // SAFETY: the package keeps it for the call.\n");
    }
    let _ = writeln!(out, "        let {name} = {read};");
    match (crossing, param.pass) {
        (Crossing::Text | Crossing::Bytes, Pass::Reference) => format!("&{name}"),
        _ => name.clone(),
    }
}

/// An integer of the JVM's as one of the core's.
fn cast(name: &str, ty: &Type) -> String {
    match ty {
        Type::Int { signed: false, .. } => format!("{name}.cast_unsigned()"),
        _ => name.to_owned(),
    }
}

/// What is found, as the JVM takes it.
fn give(crossing: Crossing<'_>) -> String {
    match crossing {
        Crossing::Number(Type::Int { signed: false, .. }) => "found.cast_signed()".into(),
        Crossing::Number(_) => "found".into(),
        Crossing::OptionalNumber(Type::Float { .. }) => {
            "optional(env, buffer, found.map(|found| f64::from(found).to_bits().cast_signed()))".into()
        }
        Crossing::OptionalNumber(Type::Int { signed: false, bits: 64 }) => {
            "optional(env, buffer, found.map(u64::cast_signed))".into()
        }
        Crossing::OptionalNumber(Type::Int { signed: true, bits: 64 }) => "optional(env, buffer, found)".into(),
        Crossing::OptionalNumber(_) => "optional(env, buffer, found.map(jlong::from))".into(),
        Crossing::Object(_) => "shared(found)".into(),
        Crossing::OptionalObject(_) => "found.map_or(0, shared)".into(),
        Crossing::Union(choice) => format!("{}_given(found)", snake(&choice.named.name)),
        Crossing::OptionalUnion(choice) => format!("found.map_or(0, {}_given)", snake(&choice.named.name)),
        Crossing::Text => "array(env, found.as_bytes())".into(),
        Crossing::OptionalText(_) => "found.map_or(null_mut(), |found| array(env, found.as_bytes()))".into(),
        Crossing::Bytes => "array(env, &found)".into(),
        Crossing::Serialised(ty) => format!("array(env, &serialised::<{}>(found))", held(ty)),
    }
}

/// Rust's type of what is serialised.
fn held(ty: &Type) -> String {
    match ty {
        Type::Object(name) => format!("Arc<{name}>"),
        Type::Foreign(name) => format!("Arc<dyn {name}>"),
        Type::Option(inner) => format!("Option<{}>", held(inner)),
        Type::List(inner) => format!("Vec<{}>", held(inner)),
        other => other.rust(),
    }
}

fn signature(model: &Model, made: &Operation<'_>) -> String {
    let mut inner = String::new();
    if made.method.receiver != Receiver::None {
        inner.push_str(if made.is_of_enum { "[B" } else { "J" });
    }
    for param in &made.method.params {
        let crossing = Crossing::of(model, &param.ty);
        if let Crossing::OptionalNumber(_) = crossing {
            inner.push('Z');
        }
        inner.push_str(crossing.taken().letter);
    }
    let result = made.method.result.as_ref().map(|ty| Crossing::of(model, ty));
    if let Some(Crossing::OptionalNumber(_)) = result {
        inner.push_str("[J");
    }
    format!("({inner}){}", result.map_or("V", |crossing| crossing.given().letter))
}
