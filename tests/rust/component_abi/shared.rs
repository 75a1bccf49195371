//! Random types and values for the other languages: `tests/cases/component/random.json`, which has what wasmtime's own values give.
//!
//! `TRIMARAN_WRITE_CASES=1` writes the file anew, for `tools/format-cases` to format.

use std::path::Path;

use serde_json::{Value, json};
use wasmtime::component::Val;
use wasmtime::component::types::Type;

use crate::random::Random;
use crate::values::value;
use crate::{Host, Subject, engine, types};

const COMPONENTS: u64 = 60;
const ROUNDS: usize = 4;

#[test]
fn the_shared_cases_are_what_wasmtime_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/component/random.json");
    let text = file();
    if std::env::var_os("TRIMARAN_WRITE_CASES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let made: Value = serde_json::from_str(&text).unwrap();
    assert!(written == made, "the file is not what the generator makes: TRIMARAN_WRITE_CASES=1 writes it anew");
}

/// The whole file. The steps are written out, so that their fields stand in the order of the other files.
fn file() -> String {
    let engine = engine(None);
    let cases: Vec<_> = (0..COMPONENTS).map(|seed| case(&engine, seed)).collect();
    format!(
        r#"{{"given": {{"start": [{{"op": "engine", "as": "engine"}}, {{"op": "store", "engine": "engine", "as": "store"}}]}},
        "cases": [{}]}}"#,
        cases.join(",\n")
    )
}

/// A component, and calls of its functions with several values: what the host is given, and what comes back.
fn case(engine: &wasmtime::Engine, seed: u64) -> String {
    let mut random = Random::new(50_000 + seed);
    random.longest = 12;
    // `maps.json` has those.
    random.has_proposals = false;
    let encoding = ["utf8", "utf16", "latin1+utf16"][random.index(3)];
    let text = types::component(&mut random, encoding);
    let subject = Subject::new(engine, &text);
    // On few lines, and without what only people need.
    let text = json!(text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut steps = vec![format!(r#"{{"op": "component", "engine": "engine", "wat": {text}, "as": "component"}}"#)];
    for round in 0..ROUNDS {
        let arguments: Vec<_> = subject.ty.params().map(|(_, ty)| value(&mut random, &ty)).collect();
        let result = subject.ty.results().next().map(|ty| value(&mut random, &ty));
        let (mut store, f, l) = subject.instance(&arguments, result.as_ref(), Host::Wasmtime);
        let mut results = vec![Val::Bool(false); usize::from(result.is_some())];
        f.call(&mut store, &arguments, &mut results).unwrap();
        assert_eq!(results.first(), result.as_ref(), "seed {seed}");
        let ty = l.ty(&store).results().next().unwrap();
        let (list, mut given) = (value(&mut random, &ty), [Val::Bool(false)]);
        l.call(&mut store, std::slice::from_ref(&list), &mut given).unwrap();
        assert_eq!(given[0], list, "seed {seed}");

        let given: Vec<_> =
            arguments.iter().zip(subject.ty.params()).map(|(value, (_, ty))| shown(value, &ty)).collect();
        let given = json!(given);
        let result = result.zip(subject.ty.results().next()).map(|(value, ty)| shown(&value, &ty));
        let (result, list) = (json!(result), shown(&list, &ty));
        steps.push(format!(
            r#"{{"op": "component_linker", "engine": "engine", "as": "linker"}},
            {{"op": "component_define", "linker": "linker", "path": [], "name": "f",
              "body": {{"op": "collect", "as": "host-{round}", "value": {result}}}}},
            {{"op": "component_link", "linker": "linker", "store": "store", "component": "component", "as": "instance"}},
            {{"op": "component_func", "store": "store", "instance": "instance", "path": ["f"], "as": "f"}},
            {{"op": "component_func", "store": "store", "instance": "instance", "path": ["l"], "as": "l"}},
            {{"op": "component_call", "store": "store", "func": "f", "args": {given}, "result": {result}}},
            {{"op": "component_collected", "host": "host-{round}", "result": [{given}]}},
            {{"op": "component_call", "store": "store", "func": "l", "args": [{list}], "result": {list}}}"#
        ));
    }
    format!(r#"{{"id": "component {seed}", "given": ["start"], "steps": [{}]}}"#, steps.join(", "))
}

/// A value as the cases write it.
fn shown(value: &Val, ty: &Type) -> Value {
    let part = |value: &Option<Box<Val>>, ty: Option<Type>| value.as_ref().zip(ty).map(|(value, ty)| shown(value, &ty));
    let number = |kind: &str, text: String| json!([kind, text]);
    match (value, ty) {
        (Val::S8(value), _) => number("s8", value.to_string()),
        (Val::U8(value), _) => number("u8", value.to_string()),
        (Val::S16(value), _) => number("s16", value.to_string()),
        (Val::U16(value), _) => number("u16", value.to_string()),
        (Val::S32(value), _) => number("s32", value.to_string()),
        (Val::U32(value), _) => number("u32", value.to_string()),
        (Val::S64(value), _) => number("s64", value.to_string()),
        (Val::U64(value), _) => number("u64", value.to_string()),
        (Val::Float32(value), _) => number("f32", value.to_bits().to_string()),
        (Val::Float64(value), _) => number("f64", value.to_bits().to_string()),
        (Val::Bool(value), _) => json!(["bool", value]),
        (Val::Char(value), _) => json!(["char", value]),
        (Val::String(value), _) => json!(["string", value]),
        (Val::Enum(name), _) => json!(["enum", name]),
        (Val::Flags(names), _) => json!(["flags", names]),
        (Val::List(items), Type::List(list)) if matches!(list.ty(), Type::U8) => {
            let octet = |item: &Val| if let Val::U8(octet) = item { format!("{octet:02x}") } else { unreachable!() };
            json!(["bytes", items.iter().map(octet).collect::<String>()])
        }
        (Val::List(items), Type::List(list)) => {
            json!(["list", items.iter().map(|item| shown(item, &list.ty())).collect::<Vec<_>>()])
        }
        (Val::Tuple(items), Type::Tuple(tuple)) => {
            json!(["tuple", items.iter().zip(tuple.types()).map(|(item, ty)| shown(item, &ty)).collect::<Vec<_>>()])
        }
        (Val::Record(fields), Type::Record(record)) => {
            let field = |((name, value), field): (&(String, Val), _)| json!([name, shown(value, &Type::clone(field))]);
            let types: Vec<_> = record.fields().map(|field| field.ty).collect();
            json!(["record", fields.iter().zip(&types).map(field).collect::<Vec<_>>()])
        }
        (Val::Variant(name, payload), Type::Variant(variant)) => {
            let case = variant.cases().find(|case| case.name == name).unwrap();
            json!(["variant", name, part(payload, case.ty)])
        }
        (Val::Option(None), _) => json!(["none"]),
        (Val::Option(payload), Type::Option(option)) => json!(["some", part(payload, Some(option.ty()))]),
        (Val::Result(Ok(payload)), Type::Result(result)) => json!(["ok", part(payload, result.ok())]),
        (Val::Result(Err(payload)), Type::Result(result)) => json!(["err", part(payload, result.err())]),
        (other, _) => panic!("no value of a case is {other:?}"),
    }
}
