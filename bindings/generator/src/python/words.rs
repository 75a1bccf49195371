//! What the core's exports do not say, and Python's package wants to know. Whatever is not listed has a rule.

use crate::model::{Method, Model, Param, Type};
use crate::names::snake;

/// The classes whose struct is written by hand; generated methods stand beside its own.
const CLASSES: [&str; 3] = ["Store", "Func", "Instance"];

/// Bodies that are special, and written by hand.
const BODIES: [&str; 12] = [
    "Store.new",
    // Texts are decoded where they lie.
    "Memory.read_string",
    "InstancePre.instantiate",
    "InstancePre.host",
    "InstancePre.hosts",
    "Linker.instantiate",
    "Linker.host",
    "Linker.hosts",
    "Linker.get",
    "Linker.get_default",
    "Linker.define_module",
    // Host functions are given their results by slots.
    "Func.convert_results",
];

/// What the package words in its own way, with properties, other names or plain objects: private here, with an underscore.
const PRIVATE: [&str; 46] = [
    "Engine.config",
    "Engine.precompile",
    "Engine.release",
    "Func.call",
    "Global.get",
    "Global.set",
    "Instance.export",
    "Instance.exports",
    "InstancePre.release",
    "Linker.allow_shadowing",
    "Linker.define_func",
    "Linker.instantiate_pre",
    "Linker.release",
    "Memory.read",
    "Memory.write",
    "SharedMemory.read",
    "SharedMemory.write",
    "Memory.data_ptr",
    "Module.engine",
    "Module.exports",
    "Module.imports",
    "Module.name",
    "Module.release",
    "Reference.fields",
    "Reference.value",
    "SharedMemory.data_ptr",
    "SharedMemory.release",
    "SharedMemory.wait32",
    "SharedMemory.wait64",
    "Store.caller_check",
    "Store.caller_export",
    "Store.fuel",
    "Store.is_released",
    "Store.release",
    "Store.set_epoch_deadline",
    "Store.set_limits",
    "Store.set_timeout",
    "Store.set_wasi",
    "Table.fill",
    "Table.get",
    "Table.grow",
    "Table.set",
    "Store.begin_deadline",
    "Store.end_deadline",
    "Store.begin_turn",
    "Store.end_turn",
];

/// The classes with methods that are written by hand.
const WITH_BODIES: [&str; 9] =
    ["Store", "Func", "Instance", "InstancePre", "Linker", "Memory", "SharedMemory", "Global", "Table"];

/// Whether a class has methods that are written by hand.
pub fn has_bodies(class: &str) -> bool {
    WITH_BODIES.contains(&class)
}

/// The module of the package that has the public class.
pub fn module(class: &str) -> String {
    match class {
        "Global" => "global_".to_owned(),
        "OutputPipe" => "output".to_owned(),
        "InterruptHandle" => "interrupt".to_owned(),
        other => snake(other),
    }
}

/// Whether the struct of a class is written by hand.
pub fn has_class_by_hand(class: &str) -> bool {
    CLASSES.contains(&class)
}

/// Whether the body of a method is written by hand.
pub fn is_by_hand(class: &str, method: &str) -> bool {
    BODIES.contains(&format!("{class}.{method}").as_str())
}

/// The name of a method in the extension module.
pub fn method(class: &str, name: &str) -> String {
    if PRIVATE.contains(&format!("{class}.{name}").as_str()) { format!("_{name}") } else { name.to_owned() }
}

/// The name of a parameter. One of Python's own words gets an underscore.
pub fn name(param: &str) -> String {
    const RESERVED: [&str; 9] = ["class", "def", "from", "global", "import", "is", "lambda", "pass", "with"];
    if RESERVED.contains(&param) { format!("{param}_") } else { param.to_owned() }
}

/// How a parameter is called in a sentence.
pub fn param(class: &str, method: &str, param: &str) -> String {
    let known = match (class, method, param) {
        ("Table", "grow", "delta") => "the number of elements to grow by",
        (_, _, "delta") => "the number of pages to grow by",
        ("Memory", "copy_within", "source") => "the offset",
        ("Memory" | "SharedMemory", _, "start" | "offset") => "the offset",
        (_, _, "source_index") => "the index in the source",
        (_, _, "expected") => "the expected value",
        (_, "precompile" | "validate" | "custom_sections", "bytes") | ("Module", "new", "bytes") => "the module",
        (_, "unpack", "bytes") => "the packed module",
        (_, "wat2wasm", _) => "the text",
        ("Linker", "define" | "define_func", "module") => "the module's name",
        (_, _, "ty") => "the type",
        ("Store", _, "ticks") => "the epoch deadline",
        (_, _, "milliseconds" | "timeout_ms") => "the timeout",
        _ => return format!("the {}", param.replace('_', " ")),
    };
    known.to_owned()
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

/// Documentation in Python's words: `Fails with` is `Raises`, and a variant is its class.
pub fn docs(model: &Model, lines: &[String]) -> Vec<String> {
    let variants = || model.error().into_iter().flat_map(|error| &error.variants);
    let line = |line: &String| {
        let mut line = line.replace("Fails with", "Raises").replace("Fails as", "Raises as");
        for variant in variants() {
            let (name, class) = (format!("`{}`", variant.name), format!("`{}`", error(&variant.name)));
            line = line.replace(&format!("Raises {name}"), &format!("Raises {class}"));
            line = line.replace(&format!("with {name}"), &class);
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
