//! Commands about components: they become steps of the shared cases, whose runner every language has.

use std::collections::HashMap;

use anyhow::Result;
use serde_json::{Value, json};
use wasmparser::{ComponentExternalKind, Parser, Payload};
use wast::component::WastVal;
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::token::Id;
use wast::{QuoteWat, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::command::code;
use crate::composed::{Registered, composed};

/// What a component exports that others can import from it.
type Exports = Vec<(String, ComponentExternalKind)>;

/// A component that the file has defined, by its number.
#[derive(Clone)]
struct Definition {
    number: usize,
    exports: Exports,
    bytes: Vec<u8>,
}

/// An instance: its number, what it exports, and its component.
type Made = (usize, Exports, Vec<u8>);

/// The components of one file. An instance has a store of its own: a trap poisons the store.
#[derive(Default)]
pub(crate) struct Components {
    count: usize,
    is_started: bool,
    definitions: HashMap<String, Definition>,
    last_definition: Option<Definition>,
    /// The definition of each instance, which has the same number as its store.
    instances: HashMap<String, Made>,
    /// The instance that was made last, if it is of a component.
    current: Option<Made>,
    /// The components of the instances that others import, by the names that they were registered with.
    registered: Registered,
}

/// The bytes of a component, or its text where that is a mistake already.
enum Source {
    Bytes(Vec<u8>),
    Text(String),
}

impl Components {
    /// The steps of a directive, and whether it is an assertion. None, where it is not about a component.
    pub(crate) fn directive(
        &mut self,
        directive: &mut WastDirective<'_>,
        contents: &str,
    ) -> Option<Result<(Value, bool)>> {
        let found = match directive {
            WastDirective::Module(wat) if is_component(wat) => {
                let name = wat.name();
                self.define(source(wat, contents)).map(|(definition, mut steps)| {
                    steps.extend(self.instantiate(&definition, name));
                    (steps, false)
                })
            }
            WastDirective::ModuleDefinition(wat) if is_component(wat) => {
                let name = wat.name();
                self.define(source(wat, contents)).map(|(definition, steps)| {
                    if let Some(name) = name {
                        self.definitions.insert(name.name().to_owned(), definition.clone());
                    }
                    self.last_definition = Some(definition);
                    (steps, false)
                })
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let definition = match module {
                    Some(name) => self.definitions.get(name.name()).cloned(),
                    None => self.last_definition.clone(),
                }?;
                Ok((self.instantiate(&definition, *instance), false))
            }
            WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. }
                if is_component(module) =>
            {
                Ok((vec![self.refused(source(module, contents))], true))
            }
            WastDirective::AssertUnlinkable { module: wat @ Wat::Component(_), .. } => {
                let source = encoded(wat, contents);
                // A function of the host has the type that a component imports: what instances say of it is checked where one component
                // has both.
                let both = if let Source::Bytes(bytes) = &source { composed(bytes, &self.registered) } else { None };
                match both {
                    Some(both) => Ok((vec![self.refused(Source::Bytes(both))], true)),
                    None => self.define(source).map(|(definition, mut steps)| {
                        steps.extend(with_error(self.instantiate(&definition, None), &json!({"variant": "Link"})));
                        (steps, true)
                    }),
                }
            }
            WastDirective::AssertTrap { exec: WastExecute::Wat(wat @ Wat::Component(_)), message, .. } => {
                self.define(encoded(wat, contents)).map(|(definition, mut steps)| {
                    steps.extend(with_error(self.instantiate(&definition, None), &trap(message)));
                    (steps, true)
                })
            }
            WastDirective::AssertTrap { exec: WastExecute::Invoke(call), message, .. } => {
                Ok((with_error(self.invoke(call, None)?, &trap(message)), true))
            }
            WastDirective::AssertReturn { exec: WastExecute::Invoke(call), results, .. } => {
                Ok((self.invoke(call, expected(results))?, true))
            }
            WastDirective::Invoke(call) => Ok((self.invoke(call, None)?, false)),
            WastDirective::Register { name, module, .. } => Ok((self.register(name, *module)?, false)),
            _ => return None,
        };
        Some(found.map(|(steps, is_assertion)| (Value::Array(self.started(steps)), is_assertion)))
    }

    /// Notes that the instance that was made last is of a module.
    pub(crate) fn forget(&mut self, directive: &WastDirective<'_>) {
        if matches!(directive, WastDirective::Module(_) | WastDirective::ModuleInstance { .. }) {
            self.current = None;
        }
        if matches!(directive, WastDirective::ModuleDefinition(_)) {
            self.last_definition = None;
        }
    }

    /// The steps, behind those that each file begins with.
    fn started(&mut self, steps: Vec<Value>) -> Vec<Value> {
        if std::mem::replace(&mut self.is_started, true) {
            return steps;
        }
        let mut all = vec![
            json!({"op": "engine", "as": "engine"}),
            json!({"op": "component_linker", "engine": "engine", "as": "linker"}),
            json!({"op": "component_shadowing", "linker": "linker", "allow": true}),
        ];
        all.extend(steps);
        all
    }

    fn number(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn define(&mut self, source: Source) -> Result<(Definition, Vec<Value>)> {
        let number = self.number();
        let steps = vec![compile(number, &source)];
        let bytes = if let Source::Bytes(bytes) = source { bytes } else { Vec::new() };
        Ok((Definition { number, exports: exports(&bytes)?, bytes }, steps))
    }

    fn refused(&mut self, source: Source) -> Value {
        let number = self.number();
        let variant = if matches!(source, Source::Bytes(_)) { "Compile" } else { "Syntax" };
        let steps = with_error(vec![compile(number, &source)], &json!({"variant": variant}));
        steps.into_iter().next().unwrap_or_default()
    }

    fn instantiate(&mut self, definition: &Definition, name: Option<Id<'_>>) -> Vec<Value> {
        let number = self.number();
        let made = (number, definition.exports.clone(), definition.bytes.clone());
        if let Some(name) = name {
            self.instances.insert(name.name().to_owned(), made.clone());
        }
        self.current = Some(made);
        let component = definition.number;
        vec![
            json!({"op": "store", "engine": "engine", "as": format!("s{number}")}),
            json!({"op": "component_link", "linker": "linker", "store": format!("s{number}"),
                "component": format!("c{component}"), "as": format!("i{number}")}),
        ]
    }

    fn instance(&self, name: Option<Id<'_>>) -> Option<&Made> {
        match name {
            Some(name) => self.instances.get(name.name()),
            None => self.current.as_ref(),
        }
    }

    fn invoke(&self, call: &WastInvoke<'_>, expected: Option<Value>) -> Option<Vec<Value>> {
        let (number, ..) = self.instance(call.module)?;
        let (store, instance) = (format!("s{number}"), format!("i{number}"));
        // A float is written as in a module.
        let argument = |argument: &WastArg<'_>| match argument {
            WastArg::Component(value) => shown(value),
            WastArg::Core(WastArgCore::F32(value)) => shown(&WastVal::F32(*value)),
            WastArg::Core(WastArgCore::F64(value)) => shown(&WastVal::F64(*value)),
            _ => json!(["unsupported"]),
        };
        let arguments: Vec<_> = call.args.iter().map(argument).collect();
        Some(vec![
            json!({"op": "component_func", "store": store, "instance": instance, "path": [call.name], "as": "f"}),
            json!({"op": "component_call", "store": store, "func": "f", "args": arguments, "result": expected}),
        ])
    }

    /// Gives others what an instance exports: its modules, and its functions by functions of the host.
    fn register(&mut self, name: &str, of: Option<Id<'_>>) -> Option<Vec<Value>> {
        let (number, exports, bytes) = self.instance(of)?.clone();
        self.registered.insert(name.to_owned(), bytes);
        let (store, instance) = (format!("s{number}"), format!("i{number}"));
        let mut steps = vec![json!({"op": "component_define_instance", "linker": "linker", "path": [name]})];
        for (index, (export, kind)) in exports.iter().enumerate() {
            let kept = format!("x{number}-{index}");
            match kind {
                ComponentExternalKind::Module => steps.extend([
                    json!({"op": "component_module", "store": store, "instance": instance, "path": [export], "as": kept}),
                    json!({"op": "component_define_module", "linker": "linker", "path": [name], "name": export, "module": kept}),
                ]),
                ComponentExternalKind::Func => steps.extend([
                    json!({"op": "component_func", "store": store, "instance": instance, "path": [export], "as": kept}),
                    json!({"op": "component_define", "linker": "linker", "path": [name], "name": export,
                        "body": {"op": "forward", "func": kept, "store": store}}),
                ]),
                _ => {}
            }
        }
        Some(steps)
    }
}

fn expected(results: &[WastRet<'_>]) -> Option<Value> {
    Some(match results {
        [] => return None,
        [WastRet::Component(value)] => shown(value),
        [WastRet::Core(WastRetCore::F32(NanPattern::Value(value)))] => shown(&WastVal::F32(*value)),
        [WastRet::Core(WastRetCore::F64(NanPattern::Value(value)))] => shown(&WastVal::F64(*value)),
        [WastRet::Core(WastRetCore::F32(_))] => json!(["f32", "nan"]),
        [WastRet::Core(WastRetCore::F64(_))] => json!(["f64", "nan"]),
        _ => json!(["unsupported"]),
    })
}

fn is_component(wat: &QuoteWat<'_>) -> bool {
    matches!(wat, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..))
}

fn source(wat: &mut QuoteWat<'_>, contents: &str) -> Source {
    match wat {
        QuoteWat::Wat(wat) => encoded(wat, contents),
        quoted => match quoted.encode() {
            Ok(bytes) => Source::Bytes(bytes),
            Err(_) => Source::Text(match quoted.to_test() {
                Ok(wast::QuoteWatTest::Text(text)) => String::from_utf8_lossy(&text).into_owned(),
                _ => String::new(),
            }),
        },
    }
}

/// What is no component even in the text format is read as it stands there.
fn encoded(wat: &mut Wat<'_>, contents: &str) -> Source {
    let start = wat.span().offset();
    wat.encode().map_or_else(|_| Source::Text(written(contents, start)), Source::Bytes)
}

/// The parentheses around a place of the file, up to the one that closes them.
fn written(contents: &str, place: usize) -> String {
    let start = contents.get(..place).and_then(|before| before.rfind('(')).unwrap_or(place);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for (index, letter) in contents.get(start..).unwrap_or_default().char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            '(' if !is_text => depth += 1,
            ')' if !is_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return contents.get(start..=start + index).unwrap_or_default().to_owned();
        }
    }
    contents.get(start..).unwrap_or_default().to_owned()
}

fn compile(number: usize, source: &Source) -> Value {
    let name = format!("c{number}");
    match source {
        Source::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"op": "component", "engine": "engine", "hex": hex, "as": name})
        }
        Source::Text(text) => json!({"op": "component", "engine": "engine", "wat": text, "as": name}),
    }
}

/// The steps, where the last one fails.
fn with_error(mut steps: Vec<Value>, error: &Value) -> Vec<Value> {
    if let Some(last) = steps.last_mut().and_then(Value::as_object_mut) {
        last.remove("as");
        last.remove("result");
        last.insert("error".to_owned(), error.clone());
    }
    steps
}

fn trap(message: &str) -> Value {
    if message.contains("cannot enter component instance") {
        return json!({"variant": "Poisoned"});
    }
    match code(message) {
        Some(code) => json!({"variant": "Trap", "code": code}),
        None => json!({"variant": "Trap"}),
    }
}

/// What a component exports itself, and not one that is inside it.
fn exports(bytes: &[u8]) -> Result<Exports> {
    let mut found = Exports::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export?;
                    found.push((export.name.name.to_owned(), export.kind));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A value as the shared cases write it.
fn shown(value: &WastVal<'_>) -> Value {
    let payload = |value: &Option<Box<WastVal<'_>>>| value.as_ref().map_or(Value::Null, |value| shown(value));
    let all = |values: &[WastVal<'_>]| values.iter().map(shown).collect::<Vec<_>>();
    match value {
        WastVal::Bool(value) => json!(["bool", value]),
        WastVal::U8(value) => json!(["u8", value.to_string()]),
        WastVal::S8(value) => json!(["s8", value.to_string()]),
        WastVal::U16(value) => json!(["u16", value.to_string()]),
        WastVal::S16(value) => json!(["s16", value.to_string()]),
        WastVal::U32(value) => json!(["u32", value.to_string()]),
        WastVal::S32(value) => json!(["s32", value.to_string()]),
        WastVal::U64(value) => json!(["u64", value.to_string()]),
        WastVal::S64(value) => json!(["s64", value.to_string()]),
        WastVal::F32(value) if f32::from_bits(value.bits).is_nan() => json!(["f32", "nan"]),
        WastVal::F32(value) => json!(["f32", value.bits.to_string()]),
        WastVal::F64(value) if f64::from_bits(value.bits).is_nan() => json!(["f64", "nan"]),
        WastVal::F64(value) => json!(["f64", value.bits.to_string()]),
        WastVal::Char(value) => json!(["char", value]),
        WastVal::String(value) => json!(["string", value]),
        WastVal::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item, WastVal::U8(_))) => {
            let octet =
                |item: &WastVal<'_>| if let WastVal::U8(octet) = item { format!("{octet:02x}") } else { String::new() };
            json!(["bytes", items.iter().map(octet).collect::<String>()])
        }
        WastVal::List(items) => json!(["list", all(items)]),
        WastVal::Tuple(items) => json!(["tuple", all(items)]),
        WastVal::Record(fields) => {
            json!(["record", fields.iter().map(|(name, value)| json!([name, shown(value)])).collect::<Vec<_>>()])
        }
        WastVal::Variant(name, value) => json!(["variant", name, payload(value)]),
        WastVal::Enum(name) => json!(["enum", name]),
        WastVal::Option(None) => json!(["none"]),
        WastVal::Option(Some(value)) => json!(["some", shown(value)]),
        WastVal::Result(Ok(value)) => json!(["ok", payload(value)]),
        WastVal::Result(Err(value)) => json!(["err", payload(value)]),
        WastVal::Flags(names) => json!(["flags", names]),
        WastVal::Map(_) => json!(["unsupported"]),
    }
}
