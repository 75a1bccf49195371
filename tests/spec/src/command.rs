//! Commands: what a runner does, and how it has to end.

use json_from_wast::{Action, Command, WasmFile};
use serde_json::{Map, Value, json};

use crate::value::{argument, pattern};

/// A command as the runners read it.
pub(crate) fn command(proposal: &str, command: &Command<'_>) -> Value {
    let file = |file: &WasmFile<'_>| {
        // A module in the text format that was translated is read as it was written nevertheless.
        json!(format!("{proposal}/{}", file.filename))
    };
    let compile = |source, variants: &[&str]| json!({"op": "compile", "file": file(source), "error": variants});
    let (fields, is_assertion) = match command {
        Command::Module { name, file: source, .. } => {
            (json!({"op": "module", "name": name, "file": file(source)}), false)
        }
        Command::ModuleDefinition { name, file: source, .. } => {
            (json!({"op": "definition", "name": name, "file": file(source)}), false)
        }
        Command::ModuleInstance { instance, module, .. } => {
            (json!({"op": "instance", "name": instance, "of": module}), false)
        }
        Command::Register { name, as_, .. } => (json!({"op": "register", "name": name, "as": as_}), false),
        // In the text format much of what is invalid is a mistake of the text already.
        Command::AssertMalformed { file: source, .. } | Command::AssertInvalid { file: source, .. } => {
            (compile(source, &["Compile", "Syntax"]), true)
        }
        Command::AssertUnlinkable { file: source, .. } => {
            (json!({"op": "module", "file": file(source), "error": ["Link"]}), true)
        }
        Command::AssertUninstantiable { file: source, text, .. } => {
            let code = code(text);
            (json!({"op": "module", "file": file(source), "error": ["Trap"], "code": code}), true)
        }
        Command::Action { action: what, .. } => (action(what), false),
        Command::AssertReturn { action: what, expected, .. } => {
            let expected: Vec<_> = expected.iter().map(pattern).collect();
            (with(action(what), json!({"expected": expected})), true)
        }
        Command::AssertTrap { action: what, text, .. } | Command::AssertExhaustion { action: what, text, .. } => {
            (with(action(what), json!({"error": ["Trap"], "code": code(text)})), true)
        }
        Command::AssertException { action: what, .. } => {
            (with(action(what), json!({"error": ["Trap"], "code": "UncaughtException"})), true)
        }
        Command::AssertSuspension { .. }
        | Command::AssertMalformedCustom { .. }
        | Command::AssertInvalidCustom { .. }
        | Command::Thread { .. }
        | Command::Wait { .. } => (json!({"op": "unsupported"}), true),
    };
    let fields = with(fields, json!({"line": command.line(), "assert": is_assertion}));
    let Value::Object(fields) = fields else { return fields };
    Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

fn action(action: &Action<'_>) -> Value {
    match action {
        Action::Invoke { module, field, args } => {
            let args: Vec<_> = args.iter().map(argument).collect();
            json!({"op": "invoke", "module": module, "field": field, "args": args})
        }
        Action::Get { module, field } => json!({"op": "get", "module": module, "field": field}),
    }
}

/// The code of a trap by the suite's words; none for words that are not known, which any trap answers.
pub(crate) fn code(text: &str) -> Option<&'static str> {
    const CODES: &[(&str, &str)] = &[
        ("integer divide by zero", "IntegerDivisionByZero"),
        ("integer overflow", "IntegerOverflow"),
        ("invalid conversion to integer", "BadConversionToInteger"),
        ("out of bounds memory access", "MemoryOutOfBounds"),
        ("out of bounds table access", "TableOutOfBounds"),
        ("out of bounds array access", "ArrayOutOfBounds"),
        ("undefined element", "TableOutOfBounds"),
        ("uninitialized element", "IndirectCallToNull"),
        ("indirect call type mismatch", "BadSignature"),
        ("unreachable", "UnreachableCodeReached"),
        ("unaligned atomic", "HeapMisaligned"),
        ("expected shared memory", "AtomicWaitNonSharedMemory"),
        ("null reference", "NullReference"),
        ("null function reference", "NullReference"),
        ("null structure reference", "NullReference"),
        ("null array reference", "NullReference"),
        ("null i31 reference", "NullReference"),
        ("null exception reference", "NullReference"),
        ("cast failure", "CastFailure"),
        ("call stack exhausted", "StackOverflow"),
    ];
    CODES.iter().find(|(words, _)| *words == text).map(|(_, code)| *code)
}
