//! The lines of a guest's source: read of DWARF, which is a stranger's bytes.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

use std::sync::Arc;

use trimaran::{
    Caller, Component, ComponentLinker, Config, DebugInfo, Engine, Extern, Frame, FrameSymbol, Func, FuncType,
    HostFunction, Instance, Linker, Module, Result, Store, Val, ValType, WasmtimeError, untrusted_config, wat2wasm,
};

/// Of C, by clang: see `divide.c` beside it.
const DIVIDE: &[u8] = include_bytes!("../modules/divide.wasm");

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, ..Config::default() }).unwrap()
}

fn symbol(name: &str, line: u32, column: u32) -> FrameSymbol {
    let file = Some("/guest/divide.c".to_owned());
    FrameSymbol { name: Some(name.to_owned()), file, line: Some(line), column: Some(column) }
}

fn trap_of(module: &Module) -> Vec<Frame> {
    let store = Store::new(&module.engine().unwrap()).unwrap();
    let linker = Linker::new(&module.engine().unwrap()).unwrap();
    linker.define_unknown_imports_as_traps(module).unwrap();
    let instance = linker.instantiate(&store, module).unwrap();
    let func = instance.export(&store, "mean_of_first").unwrap().into_func("mean_of_first").unwrap();
    match func.call(&store, vec![Val::I32 { value: 0 }]) {
        Err(WasmtimeError::Trap { frames, .. }) => frames,
        other => panic!("{:?}", other.err()),
    }
}

/// Each frame's functions, innermost first, where they stand.
#[test]
fn functions_that_were_inlined_have_their_own_lines() {
    let frames = trap_of(&Module::new(&engine(), DIVIDE).unwrap());
    let symbols = |frame: &Frame| frame.debug_info.as_ref().unwrap().symbols(frame.module_offset.unwrap());
    assert_eq!(symbols(&frames[0]), [symbol("divide", 7, 17), symbol("mean", 15, 10)]);
    assert_eq!(symbols(&frames[1]), [symbol("mean_of_first", 20, 10)]);
    assert_eq!(frames[0].to_string().split(" (").last(), Some("/guest/divide.c:7:17)"));
    assert_eq!(symbol("divide", 7, 17).to_string(), "divide at /guest/divide.c:7:17");
    // Frames are compared by where they stand.
    let read: Vec<_> = frames.iter().map(|frame| Frame { debug_info: None, ..frame.clone() }).collect();
    assert_ne!(read, frames);
}

/// An engine that keeps none of it gives none, and what is kept goes with an artifact.
#[test]
fn what_is_kept() {
    let engine = engine();
    let module = Module::new(&engine, DIVIDE).unwrap();
    let offset = trap_of(&module)[0].module_offset.unwrap();
    let artifact = module.serialize().unwrap();
    let again = Module::deserialize(&engine, &artifact).unwrap();
    let symbols = again.debug_info().unwrap().unwrap().symbols(offset);
    assert_eq!(symbols[0], symbol("divide", 7, 17));
    for far in [0, u64::MAX, DIVIDE.len() as u64] {
        assert_eq!(again.debug_info().unwrap().unwrap().symbols(far), []);
    }
    // Another engine reads the artifact, and keeps nothing of it.
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let silent = Engine::new(Config { target, wasm_backtrace_details: Some(false), ..Config::default() }).unwrap();
    assert!(Module::deserialize(&silent, &artifact).unwrap().debug_info().unwrap().is_none());
    assert!(Module::new(&silent, DIVIDE).unwrap().debug_info().unwrap().is_none());
    assert!(Module::new(&Engine::new(untrusted_config()).unwrap(), DIVIDE).unwrap().debug_info().unwrap().is_none());
    assert!(module.release().is_ok() && matches!(module.debug_info(), Err(WasmtimeError::Closed { .. })));
}

/// What a host function fails with has the calls of the guest.
#[test]
fn errors_of_host_functions_have_the_guest_s_calls() {
    let engine = engine();
    let (store, module) = (Store::new(&engine).unwrap(), Module::new(&engine, DIVIDE).unwrap());
    struct Fails;
    impl HostFunction for Fails {
        fn call(&self, _: &Caller, _: Vec<Val>) -> Result<Vec<Val>> {
            Err(WasmtimeError::Host { reason: "no answer".to_owned(), thrown: None, frames: Vec::new() })
        }
    }
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32] };
    let ask = Func::of_values(&store, &ty, Arc::new(Fails)).unwrap();
    let instance = Instance::new(&store, &module, vec![Extern::OfFunc { func: ask }]).unwrap();
    let func = instance.export(&store, "call_host").unwrap().into_func("call_host").unwrap();
    match func.call(&store, vec![Val::I32 { value: 0 }]) {
        Err(WasmtimeError::Host { reason, frames, .. }) => {
            assert_eq!(reason, "no answer");
            assert!(frames[0].to_string().ends_with("(/guest/divide.c:30:10)"), "{}", frames[0]);
        }
        other => panic!("{:?}", other.err()),
    }
}

/// The DWARF of a module in a component, whose code has its offset in the component.
#[test]
fn modules_of_components() {
    let engine = engine();
    let (abbreviations, entries) = (escaped(&ABBREVIATIONS), escaped(&unit(0, &function(0, 0x1000))));
    let text = format!(
        r#"(component
          (core module $m (func (export "f") unreachable)
            (@custom ".debug_abbrev" "{abbreviations}") (@custom ".debug_info" "{entries}"))
          (core instance $i (instantiate $m))
          (func (export "f") (canon lift (core func $i "f"))))"#
    );
    let component = Component::new(&engine, text.as_bytes()).unwrap();
    let component = Component::deserialize(&engine, &component.serialize().unwrap()).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = ComponentLinker::new(&engine).unwrap().instantiate(&store, &component).unwrap();
    component.release().unwrap();
    drop(component);
    let func = instance.func(&store, vec!["f".to_owned()]).unwrap();
    let error = func.call(&store, &Default::default()).err().unwrap();
    assert!(error.text().contains("0:") && error.text().contains(" - g"), "{}", error.text());
}

/// A wrong byte anywhere gives other lines, or none.
#[test]
fn wrong_bytes() {
    let engine = engine();
    let start = DIVIDE.windows(10).position(|bytes| bytes == b".debug_loc").unwrap();
    let end = DIVIDE.windows(9).position(|bytes| bytes == b"producers").unwrap();
    let offset = trap_of(&Module::new(&engine, DIVIDE).unwrap())[0].module_offset.unwrap();
    let mut lost = 0;
    for place in start..end {
        for wrong in [0, 0x7f, 0x80, 0xff] {
            let mut bytes = DIVIDE.to_vec();
            bytes[place] = wrong;
            // The module does not compile where a section has another length.
            let Ok(module) = Module::new(&engine, &bytes) else { continue };
            let symbols = module.debug_info().unwrap().map(|info| info.symbols(offset)).unwrap_or_default();
            lost += u32::from(symbols.is_empty());
            assert!(symbols.len() <= 32);
        }
    }
    assert!(lost > 100, "{lost}");
}

/// `(code, tag, children, attributes)` in a table of abbreviations: a unit and three functions.
const ABBREVIATIONS: [u8; 46] = [
    1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0, 0, // a unit: its address, and how long it is
    2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0, // a function: name, address, length
    3, 0x1d, 1, 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0, // one that was inlined: origin, address, length
    4, 0x2e, 0, 0x55, 0x17, 0, 0, // a function of several ranges
    5, 0x34, 0, 0, 0, // a variable
    0, 0, 0,
];

/// A unit of 4 GiB of code: its header, and its entries.
fn unit(abbreviations: u32, entries: &[u8]) -> Vec<u8> {
    let mut body = vec![4, 0];
    body.extend(abbreviations.to_le_bytes());
    body.push(4);
    body.push(1);
    body.extend([0_u32, 0x00ff_ffff].iter().flat_map(|number| number.to_le_bytes()));
    body.extend(entries);
    let mut unit = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    unit.extend(body);
    unit
}

fn function(start: u32, length: u32) -> Vec<u8> {
    let mut entry = vec![2, b'g', 0];
    entry.extend([start, length].iter().flat_map(|number| number.to_le_bytes()));
    entry
}

fn inlined(origin: u32) -> Vec<u8> {
    let mut entry = vec![3];
    entry.extend([origin, 0, 0x1000].iter().flat_map(|number| number.to_le_bytes()));
    entry
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A module with these sections, and what reads them.
fn with(sections: &[(&str, &[u8])]) -> (Arc<Module>, Arc<DebugInfo>, u64) {
    let mut bytes = wat2wasm(b"(module (func (export \"f\") unreachable))").unwrap();
    let offset = bytes.len() as u64 - 2;
    for (name, content) in sections {
        let mut section = vec![u8::try_from(name.len()).unwrap()];
        section.extend(name.as_bytes());
        section.extend(*content);
        bytes.push(0);
        let mut length = section.len();
        while length >= 0x80 {
            bytes.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(section);
    }
    let module = Module::new(&engine(), &bytes).unwrap();
    let info = module.debug_info().unwrap().unwrap();
    (module, info, offset)
}

/// Functions that were inlined into each other a hundred thousand times: as many as a frame shows.
#[test]
fn deep_functions() {
    let mut entries = function(0, 0x1000);
    entries.extend((0..100_000).flat_map(|_| inlined(20)));
    let (_module, info, offset) = with(&[(".debug_abbrev", &ABBREVIATIONS), (".debug_info", &unit(0, &entries))]);
    let symbols = info.symbols(offset);
    assert_eq!(symbols.len(), 32);
    assert!(symbols.iter().all(|symbol| symbol.name.as_deref() == Some("g")), "{symbols:?}");
}

/// An entry that has its name of itself has none.
#[test]
fn circles_of_names() {
    let mut entries = function(0, 0x1000);
    let place = u32::try_from(unit(0, &entries).len()).unwrap();
    entries.extend(inlined(place));
    let (_module, info, offset) = with(&[(".debug_abbrev", &ABBREVIATIONS), (".debug_info", &unit(0, &entries))]);
    let names: Vec<_> = info.symbols(offset).into_iter().map(|symbol| symbol.name).collect();
    assert_eq!(names, [None, Some("g".to_owned())]);
}

/// What is small, and refers to what is long so often that reading it all would take hours, has no lines.
#[test]
fn products() {
    // Each of 100,000 functions has the same 100,000 ranges.
    let entries: Vec<u8> = (0..100_000).flat_map(|_| [4, 0, 0, 0, 0]).collect();
    let ranges: Vec<u8> = (0..100_000).flat_map(|_| [0, 0, 1, 0, 1, 0, 1, 0]).collect();
    let sections: [(&str, &[u8]); 3] =
        [(".debug_abbrev", &ABBREVIATIONS), (".debug_info", &unit(0, &entries)), (".debug_ranges", &ranges)];
    let (_module, info, offset) = with(&sections);
    assert_eq!(info.symbols(offset), []);
    // Each of 100,000 units has the same table of 30,000 abbreviations.
    let mut table: Vec<u8> = (1..30_000_u32)
        .flat_map(|code| {
            [(code & 0x7f) as u8 | 0x80, (code >> 7 & 0x7f) as u8 | 0x80, 0x80 | (code >> 14) as u8, 0, 0x34, 0, 0, 0]
        })
        .collect();
    table.extend([0, 0, 0]);
    let units: Vec<u8> = (0..100_000).flat_map(|_| unit(0, &[])).collect();
    let (_module, info, offset) = with(&[(".debug_abbrev", &table), (".debug_info", &units)]);
    assert_eq!(info.symbols(offset), []);
}
