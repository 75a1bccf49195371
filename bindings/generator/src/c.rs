//! Writes the C side: a function of Rust for each operation. `header` writes their declarations.

mod header;

use std::fmt::Write as _;

use crate::crossing::{Crossing, Operation, operations, texts};
use crate::model::{Enum, Model, Object, Param, Pass, Receiver};
use crate::names::snake;

pub use header::header;

const HEAD: &str = "// Generated from the exports of the core: see bindings/generator. Do not change it.\n\n";

/// The functions of Rust, which `bindings/src/adapters/c/surface.rs` includes.
pub fn rust(model: &Model) -> String {
    let mut out = HEAD.to_owned();
    for operation in operations(model) {
        function(&mut out, model, operation);
    }
    for object in &model.objects {
        holds(&mut out, object);
    }
    for choice in model.enums.iter().filter(|choice| choice.union().is_some()) {
        union(&mut out, choice);
    }
    for name in texts(model) {
        text(&mut out, name);
    }
    out
}

/// Writes one function: it opens what it is given, calls the core, and leaves the result.
fn function(out: &mut String, model: &Model, operation: Operation<'_>) {
    let method = operation.method;
    _ = writeln!(
        out,
        "/// `{}`.\n///\n/// # Safety\n/// As the header says.\n#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {}(",
        operation.title(),
        operation.symbol(),
    );
    if operation.has_receiver() {
        _ = writeln!(out, "    this: *const {},", operation.class.unwrap_or_default());
    }
    for param in &method.params {
        let name = &param.name;
        _ = match Crossing::of(model, &param.ty) {
            Crossing::Number(ty) => writeln!(out, "    {name}: {},", ty.rust()),
            Crossing::OptionalNumber(ty) => writeln!(out, "    has_{name}: bool,\n    {name}: {},", ty.rust()),
            Crossing::Object(class) | Crossing::OptionalObject(class) => writeln!(out, "    {name}: *const {class},"),
            Crossing::Union(_) | Crossing::OptionalUnion(_) => writeln!(out, "    {name}: Item,"),
            Crossing::Text | Crossing::OptionalText(_) | Crossing::Bytes | Crossing::Serialised(_) => {
                writeln!(out, "    {name}: *const u8,\n    {name}_length: usize,")
            }
        };
    }
    if let Some(ty) = &method.result {
        _ = match Crossing::of(model, ty) {
            Crossing::Number(ty) => writeln!(out, "    result: *mut {},", ty.rust()),
            Crossing::OptionalNumber(ty) => {
                writeln!(out, "    has_result: *mut bool,\n    result: *mut {},", ty.rust())
            }
            Crossing::Object(class) | Crossing::OptionalObject(class) => {
                writeln!(out, "    result: *mut *const {class},")
            }
            Crossing::Union(_) | Crossing::OptionalUnion(_) => writeln!(out, "    result: *mut Item,"),
            Crossing::Text | Crossing::OptionalText(_) | Crossing::Bytes | Crossing::Serialised(_) => {
                writeln!(out, "    result: *mut Bytes,")
            }
        };
    }
    out.push_str("    error: *mut Bytes,\n) -> i32 {\n    let work = || {\n");
    let mut receiver = String::new();
    if operation.has_receiver() {
        let (how, name) = match method.receiver {
            Receiver::Shared => ("shared", "this"),
            _ => ("opened", "this"),
        };
        read(out, name, &format!("{how}(this)?"));
        receiver.push_str("this.");
    } else if let Some(class) = operation.class {
        receiver = format!("{class}::");
    } else {
        receiver.push_str("trimaran::");
    }
    let given: Vec<_> = method.params.iter().map(|param| argument(out, model, param)).collect();
    let question = if method.fails { "?" } else { "" };
    let call = format!("{receiver}{}({}){question}", method.rust_name, given.join(", "));
    match &method.result {
        None => _ = writeln!(out, "        {call};"),
        Some(ty) => {
            _ = writeln!(out, "        let found = {call};");
            leave(out, Crossing::of(model, ty));
        }
    }
    out.push_str(
        "        Ok(())\n    };\n    // SAFETY: the pointer for the error may be written to, by the contract.\n    unsafe { status(entry(work), error) }\n}\n\n",
    );
}

/// Writes the line that reads something which only the contract of the function makes sound.
fn read(out: &mut String, name: &str, how: &str) {
    _ = writeln!(
        out,
        "        // SAFETY: alive for the call, by the contract.\n        let {name} = unsafe {{ {how} }};"
    );
}

/// Writes the code that converts a parameter, and returns the expression that core gets.
fn argument(out: &mut String, model: &Model, param: &Param) -> String {
    let name = &param.name;
    let (how, given) = match (Crossing::of(model, &param.ty), param.pass) {
        (Crossing::Number(_), _) => return name.clone(),
        (Crossing::OptionalNumber(_), _) => return format!("has_{name}.then_some({name})"),
        (Crossing::Object(_), Pass::Reference) => (format!("opened({name})?"), name.clone()),
        (Crossing::Object(_), Pass::Value) => (format!("shared({name})?"), name.clone()),
        (Crossing::OptionalObject(_), _) => (format!("shared_or_none({name})"), name.clone()),
        (Crossing::Text, Pass::Reference) => (format!("text({name}, {name}_length)?"), name.clone()),
        (Crossing::Text, Pass::Value) => (format!("text({name}, {name}_length)?"), format!("{name}.into()")),
        (Crossing::Bytes, Pass::Reference) => (format!("lent({name}, {name}_length)"), name.clone()),
        (Crossing::Bytes, Pass::Value) => (format!("lent({name}, {name}_length)"), format!("{name}.to_vec()")),
        (Crossing::Union(choice), _) => (format!("{}_of({name})?", snake(&choice.named.name)), name.clone()),
        (Crossing::OptionalUnion(choice), _) => (
            format!("({name}.variant != 0).then(|| {}_of({name})).transpose()?", snake(&choice.named.name)),
            name.clone(),
        ),
        (Crossing::Serialised(ty) | Crossing::OptionalText(ty), pass) => {
            let reference = if pass == Pass::Reference { "&" } else { "" };
            (format!("parsed::<{}>(lent({name}, {name}_length))?", ty.rust()), format!("{reference}{name}"))
        }
    };
    read(out, name, &how);
    given
}

/// Writes what leaves a result where the caller wants it.
fn leave(out: &mut String, crossing: Crossing<'_>) {
    let value = match crossing {
        Crossing::Number(_) => "found".to_owned(),
        Crossing::OptionalNumber(_) => {
            out.push_str(
                "        // SAFETY: the contract says that the pointers for the result may be written to.\n        unsafe { has_result.write(found.is_some()) };\n",
            );
            "found.unwrap_or_default()".to_owned()
        }
        Crossing::Object(_) => "Arc::into_raw(found)".to_owned(),
        Crossing::OptionalObject(_) => "found.map_or(std::ptr::null(), Arc::into_raw)".to_owned(),
        Crossing::Text => "Bytes::of(found.into_bytes())".to_owned(),
        Crossing::Bytes => "Bytes::of(found)".to_owned(),
        Crossing::Union(choice) => format!("{}_item(found)", snake(&choice.named.name)),
        Crossing::OptionalUnion(choice) => format!("found.map_or(Item::NONE, {}_item)", snake(&choice.named.name)),
        Crossing::Serialised(_) | Crossing::OptionalText(_) => "Bytes::of(serialised(found))".to_owned(),
    };
    _ = writeln!(
        out,
        "        // SAFETY: the contract says that the pointer for the result may be written to.\n        unsafe {{ result.write({value}) }};"
    );
}

/// Writes what takes one more hold on an object, and what lets go of one.
fn holds(out: &mut String, object: &Object) {
    let (name, snake) = (&object.named.name, snake(&object.named.name));
    _ = write!(
        out,
        "/// One more hold on an object.\n///\n/// # Safety\n/// The object is alive.\n#[unsafe(no_mangle)]\n\
         pub unsafe extern \"C\" fn trimaran_{snake}_keep(this: *const {name}) {{\n    \
         // SAFETY: it came out of an `Arc` that is still held, by the contract.\n    \
         unsafe {{ Arc::increment_strong_count(this) }};\n}}\n\n\
         /// Lets go of one hold on an object.\n///\n/// # Safety\n/// The hold is the caller's, and not used again.\n#[unsafe(no_mangle)]\n\
         pub unsafe extern \"C\" fn trimaran_{snake}_free(this: *const {name}) {{\n    \
         // SAFETY: it came out of an `Arc`, and by the contract the hold is used once.\n    \
         let_go(unsafe {{ Arc::from_raw(this) }});\n}}\n\n",
    );
}

/// Writes what makes an item of an enum of objects, and the enum of an item.
fn union(out: &mut String, choice: &Enum) {
    let (name, snake) = (&choice.named.name, snake(&choice.named.name));
    let objects = choice.union().unwrap_or_default();
    _ = write!(out, "fn {snake}_item(found: {name}) -> Item {{\n    match found {{\n");
    for (number, (variant, field, _)) in (1..).zip(&objects) {
        _ = writeln!(
            out,
            "        {name}::{} {{ {} }} => Item {{ variant: {number}, object: Arc::into_raw({}).cast() }},",
            variant.name, field.name, field.name
        );
    }
    _ = write!(
        out,
        "    }}\n}}\n\n/// # Safety\n/// The object is alive, and of the kind that the variant says.\nunsafe fn {snake}_of(item: Item) -> Result<{name}> {{\n    match item.variant {{\n"
    );
    for (number, (variant, field, class)) in (1..).zip(&objects) {
        _ = writeln!(
            out,
            "        // SAFETY: by the contract.\n        {number} => Ok({name}::{} {{ {}: unsafe {{ shared(item.object.cast::<{class}>())? }} }}),",
            variant.name, field.name
        );
    }
    _ = write!(out, "        other => Err(unknown(\"{name}\", other)),\n    }}\n}}\n\n");
}

/// Writes the function that returns the text of a record or enum.
fn text(out: &mut String, name: &str) {
    _ = write!(
        out,
        "/// The text of a `{name}`.\n///\n/// # Safety\n/// As the header says.\n#[unsafe(no_mangle)]\n\
         pub unsafe extern \"C\" fn trimaran_{}_text(\n    value: *const u8,\n    value_length: usize,\n    result: *mut Bytes,\n    error: *mut Bytes,\n) -> i32 {{\n    \
         let work = || {{\n        // SAFETY: there for the call, by the contract.\n        \
         let value = parsed::<{name}>(unsafe {{ lent(value, value_length) }})?;\n        \
         // SAFETY: the contract says that the pointer for the result may be written to.\n        \
         unsafe {{ result.write(Bytes::of(value.to_string().into_bytes())) }};\n        Ok(())\n    }};\n    \
         // SAFETY: the pointer for the error may be written to, by the contract.\n    unsafe {{ status(entry(work), error) }}\n}}\n\n",
        snake(name)
    );
}
