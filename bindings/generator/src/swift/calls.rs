//! A method, a constructor or a function: it calls C, and gives what that left, or throws.

use std::fmt::Write as _;

use super::docs;
use super::types::{case, field, named, number, reading, value, writing};
use crate::crossing::{Crossing, Operation};
use crate::model::{Method, Model, Param, Type};
use crate::names::camel;

/// The parts of a call, which the parameters add to.
#[derive(Default)]
struct Call {
    params: Vec<String>,
    /// Lines that stand before.
    before: Vec<String>,
    arguments: Vec<String>,
    /// Texts, which are lent around the call.
    texts: Vec<String>,
    /// What has to live until the call has ended.
    kept: Vec<String>,
}

/// Writes it, in the struct of its class.
pub fn call(out: &mut String, model: &Model, class: Option<&str>, method: &Method) {
    let operation = Operation { class, method };
    let has_text = method.params.iter().any(|param| matches!(Crossing::of(model, &param.ty), Crossing::Text));
    let mut call = Call::default();
    if operation.has_receiver() {
        call.object("self", "pointer".to_owned(), "this".to_owned(), has_text);
    }
    for param in &method.params {
        call.param(model, param, has_text);
    }
    let left = Left::of(model, method.result.as_ref(), method.fails);
    call.before.extend(left.before);
    call.before.push("var error = trimaran_bytes()".to_owned());
    call.arguments.extend(left.arguments);
    call.arguments.push("&error".to_owned());

    let indent = if class.is_some() { "    " } else { "  " };
    out.push('\n');
    docs(out, indent, &method.named.docs);
    let throws = if method.fails { " throws(WasmtimeError)" } else { "" };
    let params = call.params.join(", ");
    let is_init = class.is_some() && !operation.has_receiver() && method.named.name == "new";
    _ = match (is_init, operation.has_receiver()) {
        (true, _) => writeln!(out, "{indent}package init({params}){throws} {{"),
        (_, true) => {
            writeln!(out, "{indent}package func {}({params}){throws}{} {{", case(&field(&method.named.name)), left.ty)
        }
        (_, false) => {
            writeln!(out, "{indent}package static func {}({params}){throws}{} {{", field(&method.named.name), left.ty)
        }
    };
    for line in &call.before {
        _ = writeln!(out, "{indent}  {line}");
    }
    _ = write!(out, "{indent}  let status = ");
    for text in &call.texts {
        _ = write!(out, "{text}.withUTF8 {{ {text} in ");
    }
    _ = writeln!(out, "{}({}){}", operation.symbol(), call.arguments.join(", "), " }".repeat(call.texts.len()));
    for kept in &call.kept {
        _ = writeln!(out, "{indent}  keep({kept})");
    }
    let failed = if method.fails { "throw WasmtimeError(taking: error)" } else { "failed(error)" };
    _ = writeln!(out, "{indent}  if status != 0 {{ {failed} }}");
    if is_init {
        _ = writeln!(out, "{indent}  self.pointer = made(result)");
    } else if let Some(end) = left.end {
        _ = writeln!(out, "{indent}  return {end}");
    }
    _ = writeln!(out, "{indent}}}");
}

impl Call {
    /// An object that is lent. A closure cannot hold what cannot be copied, but its pointer.
    fn object(&mut self, name: &str, pointer: String, copy: String, has_text: bool) {
        if has_text {
            self.before.push(format!("let {copy} = {pointer}"));
            self.arguments.push(copy);
        } else {
            self.arguments.push(pointer);
        }
        self.kept.push(name.to_owned());
    }

    fn param(&mut self, model: &Model, param: &Param, has_text: bool) {
        let name = field(&param.name);
        let mut ty = value(&param.ty);
        match Crossing::of(model, &param.ty) {
            Crossing::Number(_) => self.arguments.push(name.clone()),
            Crossing::OptionalNumber(number) => {
                let zero = if *number == Type::Bool { "false" } else { "0" };
                self.arguments.push(format!("{name} != nil, {name} ?? {zero}"));
            }
            Crossing::Object(class) => {
                ty = format!("borrowing Core.{class}");
                self.object(&name, format!("{name}.pointer"), format!("{name}Pointer"), has_text);
            }
            Crossing::OptionalObject(_) => {
                self.arguments.push(format!("{name}?.core.pointer"));
                self.kept.push(name.clone());
            }
            Crossing::Union(_) => {
                self.arguments.push(format!("{name}.item"));
                self.kept.push(name.clone());
            }
            Crossing::OptionalUnion(_) => {
                self.arguments.push(format!("{name}?.item ?? trimaran_item()"));
                self.kept.push(name.clone());
            }
            Crossing::Text => {
                self.before.push(format!("var {name} = {name}"));
                self.arguments.push(format!("{name}.baseAddress, {name}.count"));
                self.texts.push(name.clone());
            }
            Crossing::Bytes => {
                ty = "UnsafeRawBufferPointer".to_owned();
                self.arguments.push(format!("{name}.start, {name}.count"));
            }
            Crossing::Serialised(given) | Crossing::OptionalText(given) => {
                self.before.push(format!("let {name} = Writer.bytes {{ {} }}", writing(given, &name, "$0")));
                self.arguments.push(format!("{name}, {name}.count"));
            }
        }
        self.params.push(format!("{}: {ty}", camel(&param.name)));
    }
}

/// What a call leaves: where, and what is made of it.
#[derive(Default)]
struct Left {
    ty: String,
    before: Vec<String>,
    arguments: Vec<String>,
    end: Option<String>,
}

impl Left {
    fn of(model: &Model, result: Option<&Type>, fails: bool) -> Self {
        let Some(ty) = result else { return Self::default() };
        // Swift may not be able to allocate what it makes of bytes. A call that cannot fail gives few bytes.
        let trying = if fails { "try" } else { "try!" };
        let mut name = value(ty);
        let (start, end) = match Crossing::of(model, ty) {
            Crossing::Number(given) => (zero(given), "result".to_owned()),
            Crossing::OptionalNumber(given) => (zero(given), "hasResult ? result : nil".to_owned()),
            Crossing::Object(class) => {
                name = format!("Core.{class}");
                ("var result: OpaquePointer?".to_owned(), format!("Core.{class}(made(result))"))
            }
            Crossing::OptionalObject(class) => (
                "var result: OpaquePointer?".to_owned(),
                format!("result.map {{ Trimaran.{class}(Core.{class}($0)) }}"),
            ),
            Crossing::Text => ("var result = trimaran_bytes()".to_owned(), format!("{trying} result.text()")),
            Crossing::Bytes => ("var result = trimaran_bytes()".to_owned(), format!("{trying} result.array()")),
            Crossing::Union(choice) => {
                ("var result = trimaran_item()".to_owned(), format!("{}(result)", named(&choice.named.name)))
            }
            Crossing::OptionalUnion(choice) => (
                "var result = trimaran_item()".to_owned(),
                format!("result.variant == 0 ? nil : {}(result)", named(&choice.named.name)),
            ),
            Crossing::Serialised(given) | Crossing::OptionalText(given) => (
                "var result = trimaran_bytes()".to_owned(),
                format!("{trying} result.read {{ {} }}", reading(given, "$0")),
            ),
        };
        let mut left = Self { ty: format!(" -> {name}"), before: vec![start], arguments: Vec::new(), end: Some(end) };
        if matches!(Crossing::of(model, ty), Crossing::OptionalNumber(_)) {
            left.before.push("var hasResult = false".to_owned());
            left.arguments.push("&hasResult".to_owned());
        }
        left.arguments.push("&result".to_owned());
        left
    }
}

fn zero(ty: &Type) -> String {
    format!("var result: {} = {}", number(ty), if *ty == Type::Bool { "false" } else { "0" })
}
