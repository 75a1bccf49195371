//! What the core's exports do not say, and Python's package wants to know. Whatever is not listed has a rule.

use crate::model::{Method, Model, Param, Type};
use crate::names::snake;

/// The classes whose struct is written by hand; generated methods stand beside its own.
const CLASSES: [&str; 4] = ["Store", "Func", "Instance", "ComponentFunc"];

/// The public name of a class of `trimaran.component`; none for a class of `trimaran` itself.
pub fn of_component(class: &str) -> Option<&str> {
    match class.strip_prefix("Component")? {
        "" => Some(class),
        name => Some(name),
    }
}

/// The module of the package that has the public class.
pub fn module(class: &str) -> String {
    if let Some(name) = of_component(class) {
        return format!("component.{}", snake(name));
    }
    match class {
        "Bodies" => "_bodies".to_owned(),
        "Global" => "global_".to_owned(),
        "HttpRequest" => "http".to_owned(),
        "OutputPipe" => "output".to_owned(),
        "StreamPort" => "_streams".to_owned(),
        "InterruptHandle" => "interrupt".to_owned(),
        other => snake(other),
    }
}

/// Whether the struct of a class is written by hand.
pub fn has_class_by_hand(class: &str) -> bool {
    CLASSES.contains(&class)
}

/// The name of a method in the extension module. What the package words in its own way gets an underscore, as do all methods of
/// components: those classes have other names here.
pub fn method(class: &str, method: &Method) -> String {
    let name = &method.named.name;
    if method.is_worded || of_component(class).is_some() { format!("_{name}") } else { name.to_owned() }
}

/// The name of a parameter. One of Python's own words gets an underscore.
pub fn name(param: &str) -> String {
    const RESERVED: [&str; 9] = ["class", "def", "from", "global", "import", "is", "lambda", "pass", "with"];
    if RESERVED.contains(&param) { format!("{param}_") } else { param.to_owned() }
}

/// How a parameter is called in a sentence.
pub fn param(param: &Param) -> String {
    let known = match param.name.as_str() {
        "start" => "the offset",
        "expected" => "the expected value",
        "ty" => "the type",
        "milliseconds" | "timeout_ms" => "the timeout",
        name => return param.called.clone().unwrap_or_else(|| format!("the {}", name.replace('_', " "))),
    };
    param.called.clone().unwrap_or_else(|| known.to_owned())
}

/// How an item of a list is called in a sentence, before its place.
pub fn item(param: &str) -> &str {
    match param {
        "imports" => "import",
        "arguments" => "argument",
        other => other,
    }
}

/// Whether a number is a value, which says the range of its type, and no place or count.
pub fn is_value(param: &Param) -> bool {
    matches!(param.name.as_str(), "value" | "expected")
}

/// The class of an error in Python.
fn error(variant: &str) -> String {
    match variant {
        "Syntax" => "WatSyntaxError".into(),
        "Type" => "WasmTypeError".into(),
        "Exit" => "ExitTrap".into(),
        "Trap" => "Trap".into(),
        other => format!("{other}Error"),
    }
}

/// What a sentence says of an error, in Python's words: `fails with` is `raises`, and a variant is its class.
pub fn failing(model: &Model, line: &str) -> String {
    let variants = model.error().into_iter().flat_map(|error| &error.variants);
    variants.fold(line.to_owned(), |line, variant| {
        line.replace(&format!("fails with `{}`", variant.name), &format!("raises `{}`", error(&variant.name)))
    })
}

/// Documentation in Python's words: `Fails with` is `Raises`, and a variant is its class.
pub fn docs(model: &Model, lines: &[String]) -> Vec<String> {
    let variants = || model.error().into_iter().flat_map(|error| &error.variants);
    // What stands before a name that is a constant here.
    let places = [("code", "TrapCode"), ("with", "TrapCode"), ("interruption", "Interruption")];
    let constants = || {
        places.into_iter().flat_map(|(before, name)| {
            let choices = model.enums.iter().filter(move |choice| choice.named.name == name);
            choices.flat_map(move |choice| choice.variants.iter().map(move |one| (before, name, one.name.as_str())))
        })
    };
    let line = |line: &String| {
        let mut line = line.replace("Fails with", "Raises").replace("Fails as", "Raises as");
        for variant in variants() {
            let (name, class) = (format!("`{}`", variant.name), format!("`{}`", error(&variant.name)));
            line = line.replace(&format!("Raises {name}"), &format!("Raises {class}"));
            line = line.replace(&format!("with {name}"), &class);
            line = line.replace(&format!("or {name}"), &format!("or {class}"));
        }
        for (before, choice, variant) in constants() {
            let constant = format!("`{choice}.{}`", snake(variant).to_uppercase());
            line = line.replace(&format!("{before} `{variant}`"), &format!("{before} {constant}"));
        }
        line
    };
    lines.iter().map(line).collect()
}

/// The parameters that say how long a brief method takes: bytes, lists, and lengths of ranges.
pub fn lengths(method: &Method) -> Vec<&Param> {
    let counts = |param: &&Param| match &param.ty {
        Type::Bytes | Type::List(_) => true,
        Type::Int { .. } | Type::Option(_) => param.name == "length",
        _ => false,
    };
    method.params.iter().filter(counts).collect()
}
