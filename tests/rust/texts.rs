//! Names, types and lists that a guest chose, in texts for people.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::Arc;

use trimaran::{
    Config, Engine, Extern, Frame, Instance, Linker, Module, ModuleLimits, Store, Val, WasmtimeError, validate,
    wat2wasm,
};

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, wasm_gc: Some(true), ..Config::default() }).unwrap()
}

fn frame(name: &str) -> Frame {
    let func_name = Some(name.to_owned());
    Frame {
        func_index: 1,
        func_name,
        module_name: None,
        func_offset: None,
        module_offset: Some(16),
        symbols: Vec::new(),
        debug_info: None,
        core_dump: None,
    }
}

#[test]
fn what_a_terminal_would_obey_is_written_out() {
    let reason = "a\u{1b}[2Jb\r\n\u{202e}c\u{9b}\u{2066}\u{200b}é漢".to_owned();
    let plain = "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{202e}c\\u{9b}\\u{2066}\\u{200b}é漢";
    assert_eq!(WasmtimeError::Type { reason }.text(), plain);
    assert_eq!(frame("\u{1b}c").to_string(), "function `\\u{1b}c` at offset 0x10 of the module");
    let trap =
        WasmtimeError::Trap { code: None, reason: "so".to_owned(), interruption: None, frames: vec![frame("a\nb")] };
    assert_eq!(trap.text(), "so, in function `a\\u{a}b` at offset 0x10 of the module");
    // What the host itself wrote has lines.
    let error = WasmtimeError::Config { reason: "cache: at\n  ^ here\u{1b}".to_owned() };
    assert_eq!(error.text(), "cache: at\n  ^ here\\u{1b}");
}

#[test]
fn texts_end() {
    let long = "é".repeat(100_000);
    assert_eq!(frame(&long).to_string(), format!("function `{}…` at offset 0x10 of the module", "é".repeat(64)));
    let text = WasmtimeError::Type { reason: long }.text();
    assert!(text.ends_with("é…") && text.len() < 17 << 10, "{}", text.len());
    let (path, reason) = (format!("a\n{}", "é".repeat(100_000)), "no\nsuch".to_owned());
    let text = WasmtimeError::Io { path: path.into(), reason, code: None }.text();
    assert!(text.starts_with("a\\u{a}é") && text.ends_with("é…: no\\u{a}such") && text.len() < 5_000, "{}", text.len());
}

/// A line of a megabyte is shown around the mistake, and no file is named where there was none.
#[test]
fn mistakes_in_long_lines() {
    let long = format!("(module\n(func {} nope {}))", "nop ".repeat(250_000), "漢".repeat(250_000));
    let text = wat2wasm(long.as_bytes()).unwrap_err().text();
    let shown: Vec<_> = text.lines().collect();
    assert_eq!(shown.len(), 3, "{text}");
    assert!(shown[0].ends_with(" (line 2, column 1000008)"), "{text}");
    assert!(shown[1].starts_with(" 2 | …") && shown[1].ends_with('…') && text.len() < 600, "{text}");
    assert!(shown[2].starts_with("   | ") && shown[2].ends_with('^') && shown[2].len() < 80, "{text}");
}

/// What is wrong with a module says in which file, and a file that is not there says why by the system's number.
#[test]
fn files_are_named() {
    let (engine, folder) = (engine(), std::env::temp_dir());
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(format!("trimaran-{}-{name}", std::process::id())).to_str().unwrap().to_owned();
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let path = file("syntax.wat", b"(module\n  (fonc))");
    let Err(WasmtimeError::Syntax { reason, line, column, excerpt }) = Module::from_file(&engine, path.clone().into())
    else {
        panic!("no mistake was found")
    };
    assert!(reason.starts_with(&format!("{path}: ")), "{reason}");
    assert_eq!((line, column, excerpt.as_str()), (2, 4, " 2 |   (fonc))\n   |    ^"));
    for (name, bytes) in
        [("valid.wat", "(module (func (result i32)))"), ("none.wasm", "nothing"), ("cut.wasm", "\0asm")]
    {
        let path = file(name, bytes.as_bytes());
        let text = Module::from_file(&engine, path.clone().into()).err().unwrap().text();
        assert!(text.starts_with(&format!("{path}: ")), "{text}");
        std::fs::remove_file(path).unwrap();
    }
    let text = Module::deserialize_file(&engine, path.clone().into()).err().unwrap().text();
    assert!(text.starts_with(&format!("{path}: not a compiled module")), "{text}");
    std::fs::remove_file(&path).unwrap();
    let Err(WasmtimeError::Io { code, .. }) = Module::from_file(&engine, path.into()) else { panic!("it is there") };
    assert_eq!(code, Some(2));
}

/// The names of exports and imports, with what a terminal would obey.
#[test]
fn names_of_imports_and_exports() {
    let engine = engine();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    let text = r#"(module (import "m\1b" "n\0a" (func $f)) (func (export "e\1b") (call $f)))"#;
    let module = Module::new(&engine, text.as_bytes()).unwrap();
    let error = linker.instantiate(&store, &module).err().unwrap();
    assert_eq!(error.text(), "1 import is not defined in the linker: `m\\u{1b}` `n\\u{a}` (func)");
    let WasmtimeError::Link { module: from, name, .. } = error else { panic!("no Link") };
    assert_eq!((from.as_str(), name.as_str()), ("m\u{1b}", "n\n"));
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&store, &module).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&store, "e\u{1b}") else { panic!("no function") };
    let error = func.call(&store, Vec::new()).err().unwrap();
    assert_eq!(error.text(), "the guest called `m\\u{1b}` `n\\u{a}`, which is not defined in the linker");
    let error = instance.export(&store, "x").err().unwrap();
    assert_eq!(error.text(), "there is no export `x`: the instance exports `e\\u{1b}`");
    assert_eq!(module.imports().unwrap()[0].to_string(), "(import \"m\\u{1b}\" \"n\\u{a}\" (func))");
}

#[test]
fn lists_end() {
    let engine = engine();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    let imports: String = (0..5_000).map(|n| format!("(import \"m\" \"n{n}\" (func))")).collect();
    let module = Module::new(&engine, format!("(module {imports})").as_bytes()).unwrap();
    let error = linker.instantiate(&store, &module).err().unwrap().text();
    assert!(
        error.starts_with("5000 imports are not defined in the linker: `m` `n0` (func), `m` `n1` (func)"),
        "{error}"
    );
    assert!(error.ends_with("`m` `n31` (func), and 4968 more"), "{error}");
    let error = Instance::new(&store, &module, Vec::new()).err().unwrap().text();
    assert!(error.starts_with("0 imports given, 5000 wanted; missing: `m` `n0` (func)"), "{error}");
    assert!(error.ends_with("and 4968 more"), "{error}");
}

#[test]
fn types_end() {
    let engine = engine();
    let store = Store::new(&engine).unwrap();
    let fields = "(field i32)".repeat(5_000);
    let params = "(ref null $s) ".repeat(1_000);
    let text = format!("(module (type $s (struct {fields})) (func (export \"f\") (param {params})))");
    let module = Module::new(&engine, text.as_bytes()).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&store, "f") else { panic!("no function") };
    let ty = func.r#type(&store).unwrap();
    assert_eq!(ty.params.len(), 1_000);
    let one = format!("(ref null (struct{} (; and 4992 more ;)))", " (field i32)".repeat(8));
    assert_eq!(ty.params[0].to_string(), one);
    let all = format!("(func (param{} (; and 968 more ;)))", format!(" {one}").repeat(32));
    assert_eq!(ty.to_string(), all);
    let error = func.call(&store, vec![Val::F64 { bits: 0 }; 2]).err().unwrap();
    assert!(error.text().starts_with("too few arguments: (func (param (ref null (struct (field i32)"), "{error}");
    assert!(error.text().len() < 17 << 10);
    let error = func.call(&store, vec![Val::F64 { bits: 0 }; 1_000]).err().unwrap();
    assert_eq!(error.text(), format!("argument 1 is an f64: expected {one}"));
}

#[test]
fn one_type_is_not_told_a_thousand_times() {
    let engine = engine();
    let of = |imports: usize, params: usize| {
        let imports: String = (0..imports).map(|n| format!("(import \"m\" \"n{n}\" (func (type 0)))")).collect();
        let text = format!("(module (type (func (param {}))) {imports})", "i32 ".repeat(params));
        Module::new(&engine, text.as_bytes()).unwrap().imports()
    };
    assert_eq!(of(2_000, 60).unwrap().len(), 2_000);
    assert_eq!(of(90, 1_000).unwrap()[89].to_string().len(), 180);
    let error = of(900, 1_000).err().unwrap();
    assert_eq!(
        error.text(),
        "the types of the module's 900 imports have more than 157600 values: that is too many to tell them one by one"
    );
}

/// Names that are short and mean gigabytes; that are hard to read; and that are what they look like.
#[test]
fn a_name_costs_what_it_is_long() {
    let engine = engine();
    let store = Store::new(&engine).unwrap();
    let mut bomb = "_Z1fPFviiiiiiiiiiE".to_owned();
    for last in ["0", "2", "4", "6", "8", "A", "C", "E"] {
        bomb += &format!("PFv{}E", format!("S{last}_").repeat(10));
    }
    for (name, shown) in [
        (bomb.as_str(), bomb.as_str()),
        ("_ZN5space3fooEibc", "space::foo(int, bool, char)"),
        ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
        ("f", "f"),
        ("$x\u{1b}", "$x\u{1b}"),
        // Of a long name a frame keeps the start.
        (&"é".repeat(1_024), &"é".repeat(1_024)),
        (&"é".repeat(1_025), &format!("{}…", "é".repeat(1_024))),
    ] {
        let mut module = wat2wasm(b"(module (func (export \"f\") unreachable))").unwrap();
        let leb = |value: usize| [value as u8 | 0x80, (value >> 7) as u8];
        let map = [&[1, 0], leb(name.len()).as_slice(), name.as_bytes()].concat();
        let names = [b"\x04name\x01".as_slice(), &leb(map.len()), &map].concat();
        module = [module.as_slice(), &[0], &leb(names.len()), &names].concat();
        let module = Module::new(&engine, &module).unwrap();
        let instance = Instance::new(&store, &module, Vec::new()).unwrap();
        let Ok(Extern::OfFunc { func }) = instance.export(&store, "f") else { panic!("no function") };
        let error = func.call(&store, Vec::new()).err().unwrap();
        assert!(error.text().len() < 300, "{error}");
        let WasmtimeError::Trap { frames, .. } = error else { panic!("no trap: {error}") };
        assert_eq!(frames[0].func_name.as_deref(), Some(shown));
    }
}

/// Text is parsed where there is room, on any thread.
#[test]
fn text_that_is_nested_deeply() {
    let engine = engine();
    let nest = |word: &str, depth: usize| format!("{}{}", word.repeat(depth), ")".repeat(depth));
    let texts = [
        nest("(component ", 60),
        nest("(component ", 99),
        nest("(component ", 5_000),
        "(".repeat(100_000),
        format!("(module (func {} (nop)))", nest("(block ", 20_000)),
    ];
    for stack in [128 << 10, 256 << 10] {
        let (engine, texts) = (Arc::clone(&engine), texts.clone());
        let run = move || {
            for text in &texts {
                _ = wat2wasm(text.as_bytes());
                _ = validate(&engine, text.as_bytes());
                _ = Module::new(&engine, text.as_bytes());
                _ = engine.precompile(text.as_bytes());
            }
        };
        std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn validating_obeys_the_limits_of_an_engine() {
    let with = |module_limits| Engine::new(Config { module_limits: Some(module_limits), ..Config::default() }).unwrap();
    let limit = |engine: &Engine, bytes: &[u8]| match validate(engine, bytes) {
        Err(WasmtimeError::Limit { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let hasty = with(ModuleLimits { compile_time: Some(1), ..ModuleLimits::default() });
    let long = format!("(module {})", "(func (result i32) (i32.const 1))".repeat(200_000));
    assert_eq!(
        limit(&hasty, long.as_bytes()),
        "the module takes longer to compile than 1 ms, which is the engine's limit"
    );
    let small = with(ModuleLimits { size: Some(20), ..ModuleLimits::default() });
    assert_eq!(limit(&small, &[b' '; 201]), "the text has 201 bytes: the engine's limit is 200");
    assert_eq!(
        limit(&small, b"\0asm\x01\0\0\0\0\x0C\x0Baaaaaaaaaaa"),
        "the module has 22 bytes: the engine's limit is 20"
    );
    validate(&small, b"(module)").unwrap();
}

/// An item of a store, in a linker that prepares a module without one.
#[test]
fn an_item_of_the_wrong_type_is_told_without_its_store() {
    let engine = engine();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    let ty = trimaran::GlobalType { content: trimaran::ValType::F32, mutable: true };
    let global = trimaran::Global::new(&store, ty, Val::F32 { bits: 0 }).unwrap();
    linker.define(&store, "m", "n", Extern::OfGlobal { global }).unwrap();
    let module = Module::new(&engine, b"(module (import \"m\" \"n\" (func)))").unwrap();
    let told = |error: Option<WasmtimeError>| error.unwrap().text();
    let prepared = told(linker.instantiate_pre(&module).err());
    assert!(
        prepared.starts_with("import `m` `n` has the wrong type: expected (func), found another one ("),
        "{prepared}"
    );
    let linked = told(linker.instantiate(&store, &module).err());
    assert!(
        linked.starts_with("import `m` `n` has the wrong type: expected (func), found (global (mut f32)) ("),
        "{linked}"
    );
}
