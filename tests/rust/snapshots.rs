//! Snapshots of instances: what they hold, what is refused, and real modules that go on in a copy as they would have themselves.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use trimaran::{
    Caller, Config, Engine, Extern, ExternType, Func, FuncType, HostFunction, Instance, Linker, Module, ModuleLimits,
    Result, Store, StoreLimits, Val, WasmtimeError, wat2wasm,
};
use wasmparser::{DataKind, ElementItems, ElementKind, Parser, Payload};

fn engine() -> Arc<Engine> {
    engine_with(Config::default())
}

fn engine_with(config: Config) -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config {
        target,
        wasm_gc: Some(true),
        wasm_function_references: Some(true),
        wasm_exceptions: Some(true),
        wasm_tail_call: Some(true),
        wasm_memory64: Some(true),
        wasm_multi_memory: Some(true),
        wasm_custom_page_sizes: Some(true),
        wasm_wide_arithmetic: Some(true),
        ..config
    })
    .unwrap()
}

struct Started {
    store: Arc<Store>,
    instance: Arc<Instance>,
}

impl Started {
    fn new(module: &Module) -> Self {
        let store = Store::new(&module.engine().unwrap()).unwrap();
        let instance = Instance::new(&store, module, Vec::new()).unwrap();
        Self { store, instance }
    }

    /// Of a module in the text format, for snapshots.
    fn of(wat: &str) -> Self {
        Self::new(&Module::for_snapshots(&engine(), wat.as_bytes()).unwrap())
    }

    fn call(&self, name: &str, arguments: &[i32]) -> Result<Vec<Val>> {
        let func = self.instance.export(&self.store, name)?.into_func(name)?;
        func.call(&self.store, arguments.iter().map(|value| Val::I32 { value: *value }).collect())
    }

    fn number(&self, name: &str, arguments: &[i32]) -> i32 {
        match self.call(name, arguments).unwrap()[..] {
            [Val::I32 { value }] => value,
            _ => panic!("no i32"),
        }
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        self.instance.snapshot(&self.store, Vec::new())
    }

    /// The same in an instance of its own, in a store of its own.
    fn restored(&self) -> Self {
        Self::new(&Module::new(&engine(), &self.snapshot().unwrap()).unwrap())
    }

    fn refusal(&self) -> String {
        match self.snapshot() {
            Err(WasmtimeError::Unsupported { reason }) => reason,
            other => panic!("{:?}", other.map(|bytes| bytes.len())),
        }
    }
}

fn refused(wat: &str) -> String {
    match Module::for_snapshots(&engine(), wat.as_bytes()) {
        Err(WasmtimeError::Unsupported { reason }) => reason,
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn memories_globals_and_tables_come_back() {
    let prepared = Started::of(
        r#"(module
            (memory 1 10) (memory $other i64 1) (memory $small 5 (pagesize 1))
            (table $t 2 funcref) (table $long i64 1 9 funcref) (table $strict 1 (ref func) (ref.func $one))
            (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 1))
            (global $f (mut f32) (f32.const 1)) (global $d (mut f64) (f64.const 1))
            (global $v (mut v128) (v128.const i64x2 1 1)) (global $r (mut funcref) (ref.null func))
            (global $n (mut anyref) (ref.null any)) (global $constant i32 (i32.const 9))
            (elem (i32.const 1) $one) (elem declare func $two) (data (i32.const 8) "abc") (data $kept "kept")
            (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
            (start $begin)
            (func $begin (i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0)))))
            (func (export "prepare")
                (drop (memory.grow (i32.const 2))) (i32.store (i32.const 196000) (i32.const 77))
                (i32.store8 $other (i64.const 65535) (i32.const 5)) (i32.store8 $small (i32.const 4) (i32.const 6))
                (global.set $i (i32.const -2)) (global.set $l (i64.const -3))
                (global.set $f (f32.reinterpret_i32 (i32.const 0x7fa00001)))
                (global.set $d (f64.reinterpret_i64 (i64.const 0x7ff4000000000001)))
                (global.set $v (v128.const i64x2 -1 2)) (global.set $r (ref.func $two))
                (global.set $n (ref.i31 (i32.const -5)))
                (table.set $t (i32.const 0) (ref.func $two)) (table.set $t (i32.const 1) (ref.null func))
                (table.set $strict (i32.const 0) (ref.func $two))
                (drop (table.grow $long (ref.func $one) (i64.const 3))))
            (type $int (func (result i32)))
            (func (export "all") (result i32)
                (i32.and (i32.eq (memory.size) (i32.const 3)) (i32.eq (i32.load (i32.const 196000)) (i32.const 77)))
                (i32.and (i32.eq (i32.load (i32.const 0)) (i32.const 1))) (i32.and (i32.eq (i32.load8_u (i32.const 9)) (i32.const 98)))
                (i32.and (i32.eq (i32.load8_u $other (i64.const 65535)) (i32.const 5)))
                (i32.and (i32.eq (i32.load8_u $small (i32.const 4)) (i32.const 6)))
                (i32.and (i32.eq (global.get $i) (i32.const -2))) (i32.and (i64.eq (global.get $l) (i64.const -3)))
                (i32.and (i32.eq (i32.reinterpret_f32 (global.get $f)) (i32.const 0x7fa00001)))
                (i32.and (i64.eq (i64.reinterpret_f64 (global.get $d)) (i64.const 0x7ff4000000000001)))
                (i32.and (i64.eq (i64x2.extract_lane 1 (global.get $v)) (i64.const 2)))
                (i32.and (i32.eq (call_ref $int (ref.cast (ref $int) (global.get $r))) (i32.const 2)))
                (i32.and (i32.eq (i31.get_s (ref.cast (ref i31) (global.get $n))) (i32.const -5)))
                (i32.and (i32.eq (call_indirect $t (type $int) (i32.const 0)) (i32.const 2)))
                (i32.and (ref.is_null (table.get $t (i32.const 1))))
                (i32.and (i32.eq (call_indirect $strict (type $int) (i32.const 0)) (i32.const 2)))
                (i32.and (i64.eq (table.size $long) (i64.const 4)))
                (i32.and (i32.eq (call_indirect $long (type $int) (i64.const 3)) (i32.const 1)))
                (i32.and (ref.is_null (table.get $long (i64.const 0)))))
            (func (export "keep") (result i32) (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 4)) (i32.load (i32.const 0)))
            (func (export "again") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))"#,
    );
    prepared.call("prepare", &[]).unwrap();
    assert_eq!(prepared.number("all", &[]), 1);
    let restored = prepared.restored();
    assert_eq!(restored.number("all", &[]), 1);
    // What one of them does does not touch the other.
    assert_eq!(restored.number("keep", &[]), i32::from_le_bytes(*b"kept"));
    assert_eq!(prepared.number("all", &[]), 1);
    // An active segment has been used: nothing is in it.
    assert!(matches!(restored.call("again", &[]), Err(WasmtimeError::Trap { .. })));
}

#[test]
fn a_snapshot_is_a_plain_module_for_older_engines() {
    let wat = r#"(module (memory 1) (table 3 funcref) (elem (i32.const 1) $f $f) (data (i32.const 3) "abc")
        (global $g (mut i32) (i32.const 0)) (func $f (export "f") (result i32) (global.get $g))
        (func (export "init") (global.set $g (i32.const 8)) (i32.store (i32.const 50000) (i32.const 1))))"#;
    let config = Config {
        wasm_bulk_memory: Some(false),
        wasm_reference_types: Some(false),
        wasm_simd: Some(false),
        wasm_relaxed_simd: Some(false),
        wasm_multi_value: Some(false),
        target: std::env::var("TRIMARAN_TEST_TARGET").ok(),
        ..Config::default()
    };
    let old = Engine::new(config).unwrap();
    let prepared = Started::new(&Module::for_snapshots(&old, wat.as_bytes()).unwrap());
    prepared.call("init", &[]).unwrap();
    let bytes = prepared.instance.snapshot(&prepared.store, vec!["init".to_owned()]).unwrap();
    assert!(bytes.len() < 1000, "{}", bytes.len());
    let module = Module::new(&old, &bytes).unwrap();
    assert_eq!(module.exports().unwrap().iter().map(|export| &*export.name).collect::<Vec<_>>(), ["f"]);
    assert_eq!(Started::new(&module).number("f", &[]), 8);
    // Of a snapshot as well.
    let again = Started::new(&Module::for_snapshots(&old, &bytes).unwrap());
    assert_eq!(Started::new(&Module::new(&old, &again.snapshot().unwrap()).unwrap()).number("f", &[]), 8);
}

#[test]
fn imports_stay_and_are_given_anew() {
    let engine = engine();
    let wat = r#"(module (import "env" "base" (global i32)) (import "env" "f" (func $f (result i32)))
        (table 1 funcref) (elem (i32.const 0) $f) (memory 1) (data (global.get 0) "x")
        (global $own i32 (i32.add (global.get 0) (i32.const 1)))
        (func (export "own") (result i32) (global.get $own))
        (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "call") (result i32) (call_indirect (result i32) (i32.const 0))))"#;
    let started = |module: &Module, answer: i32, base: i32| {
        let store = Store::new(&engine).unwrap();
        let linker = Linker::new(&engine).unwrap();
        let global = |value| {
            let ty = trimaran::GlobalType { content: trimaran::ValType::I32, mutable: false };
            Extern::OfGlobal { global: trimaran::Global::new(&store, ty, Val::I32 { value }).unwrap() }
        };
        linker.define(&store, "env", "base", global(base)).unwrap();
        let func = Func::of_values(
            &store,
            &FuncType { params: vec![], results: vec![trimaran::ValType::I32] },
            Arc::new(Gives(answer)),
        );
        linker.define(&store, "env", "f", Extern::OfFunc { func: func.unwrap() }).unwrap();
        let instance = linker.instantiate(&store, module).unwrap();
        Started { store, instance }
    };
    let prepared = started(&Module::for_snapshots(&engine, wat.as_bytes()).unwrap(), 5, 100);
    let snapshot = Module::new(&engine, &prepared.snapshot().unwrap()).unwrap();
    assert_eq!(snapshot.imports().unwrap().len(), 2);
    let restored = started(&snapshot, 6, 200);
    assert_eq!((prepared.number("call", &[]), restored.number("call", &[])), (5, 6));
    assert_eq!(
        (restored.number("own", &[]), restored.number("at", &[100]), restored.number("at", &[200])),
        (101, 120, 0)
    );
}

struct Gives(i32);

impl HostFunction for Gives {
    fn call(&self, _caller: &Caller, _arguments: Vec<Val>) -> Result<Vec<Val>> {
        Ok(vec![Val::I32 { value: self.0 }])
    }
}

#[test]
fn modules_that_keep_their_state_elsewhere_are_refused() {
    let cases = [
        (r#"(module (import "a" "b" (memory 1)))"#, "it imports the memory `a` `b`"),
        (r#"(module (import "a" "b" (table 1 funcref)))"#, "it imports the table `a` `b`"),
        (r#"(module (import "a" "b" (global (mut i32))))"#, "it imports the mutable global `a` `b`"),
        (r#"(module (memory 1) (data "x") (func (data.drop 0)))"#, "drops the passive data segment 0"),
        (r#"(module (table 1 funcref) (elem func 0) (func (elem.drop 0)))"#, "drops the passive element segment 0"),
        (
            r#"(module (type $s (struct)) (elem (ref $s) (struct.new $s)))"#,
            "the passive element segment 0 makes objects",
        ),
    ];
    for (wat, expected) in cases {
        let reason = refused(wat);
        assert!(
            reason.starts_with("instances of this module have no snapshots: ") && reason.contains(expected),
            "{reason}"
        );
    }
    if std::env::var_os("TRIMARAN_TEST_TARGET").is_none() {
        let reason = refused("(module (memory 1 1 shared))");
        assert!(reason.contains("its memory 0 is shared"), "{reason}");
    }
    // What is dropped there has nothing any more anyway.
    let wat = r#"(module (memory 1) (data (i32.const 0) "x") (elem declare func 0)
        (func (export "f") (data.drop 0) (elem.drop 0)))"#;
    Started::of(wat).restored().call("f", &[]).unwrap();
    // It is no module at all, or one that is invalid: as for any module.
    assert!(matches!(Module::for_snapshots(&engine(), b"\0asm"), Err(WasmtimeError::Compile { .. })));
    assert!(matches!(Module::for_snapshots(&engine(), b"(module"), Err(WasmtimeError::Syntax { .. })));
    let invalid = Module::for_snapshots(&engine(), b"(module (func (result i32)))");
    let plain = Module::new(&engine(), b"(module (func (result i32)))");
    assert!(matches!((invalid, plain), (Err(WasmtimeError::Compile { .. }), Err(WasmtimeError::Compile { .. }))));
}

#[test]
fn references_to_what_is_not_its_own_are_refused() {
    let engine = engine();
    let other = Started::new(&Module::new(&engine, br#"(module (func (export "f")))"#).unwrap());
    let module = Module::for_snapshots(
        &engine,
        br#"(module (table (export "t") 9 funcref) (global (export "e") (mut externref) (ref.null extern))
                (global (export "a") (mut anyref) (ref.null any)) (type $s (struct)) (table (export "x") 3 externref)
                (func (export "make") (global.set 1 (struct.new $s))) (func (export "own"))
                (tag $t) (global $caught (mut exnref) (ref.null exn))
                (func (export "catch") (global.set $caught (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable)))))"#,
    );
    let instance = Instance::new(&other.store, &module.unwrap(), Vec::new()).unwrap();
    let started = Started { store: Arc::clone(&other.store), instance };
    let store = &started.store;
    let Extern::OfTable { table } = started.instance.export(store, "t").unwrap() else { panic!("no table") };
    let Extern::OfFunc { func: foreign } = other.instance.export(store, "f").unwrap() else { panic!("no function") };
    let Extern::OfFunc { func: own } = started.instance.export(store, "own").unwrap() else { panic!("no function") };
    table.set(store, 3, Val::FuncRef { func: Some(own) }).unwrap();
    started.snapshot().unwrap();
    table.set(store, 4, Val::FuncRef { func: Some(foreign) }).unwrap();
    let reason = started.refusal();
    assert!(reason.contains("element 4 of its table 0 is a function of another instance or of the host"), "{reason}");
    table.set(store, 4, Val::FuncRef { func: None }).unwrap();
    started.snapshot().unwrap();
    started.call("make", &[]).unwrap();
    let reason = started.refusal();
    assert!(reason.contains("its global 1 is an object of the garbage collector's"), "{reason}");
    let Extern::OfGlobal { global } = started.instance.export(store, "a").unwrap() else { panic!("no global") };
    global.set(store, Val::Null).unwrap();
    started.call("catch", &[]).unwrap();
    let reason = started.refusal();
    assert!(reason.contains("its global 2 is an exception"), "{reason}");
}

#[test]
fn nobody_is_told_of_what_a_copy_exports_besides() {
    let engine = engine();
    // It has names that look like them.
    let wat = r#"(module (memory 1) (global (mut i32) (i32.const 4)) (table 1 funcref) (elem (i32.const 0) $f) (func $f)
        (func (export "_initialize")) (func (export "trimaran snapshots 0 m0") (result i32) (i32.const 1))
        (func (export "trimaran snapshots 1 ")) (func (export "trimaran snapshots ")))"#;
    let names = ["_initialize", "trimaran snapshots 0 m0", "trimaran snapshots 1 ", "trimaran snapshots "];
    let module = Module::for_snapshots(&engine, wat.as_bytes()).unwrap();
    assert_eq!(module.exports().unwrap().iter().map(|export| &*export.name).collect::<Vec<_>>(), names);
    let started = Started::new(&module);
    let exports = started.instance.exports(&started.store).unwrap();
    assert_eq!(exports.iter().map(|export| &*export.name).collect::<Vec<_>>(), names);
    assert_eq!(started.number("trimaran snapshots 0 m0", &[]), 1);
    for hidden in ["trimaran snapshots 2 m0", "trimaran snapshots 2 f0"] {
        let Err(WasmtimeError::NotFound { reason, .. }) = started.instance.export(&started.store, hidden) else {
            panic!("{hidden} is told")
        };
        assert!(reason.ends_with("the instance exports `_initialize`, `trimaran snapshots 0 m0`, `trimaran snapshots 1 `, `trimaran snapshots `"), "{reason}");
    }
    let linker = Linker::new(&engine).unwrap();
    linker.define_instance(&started.store, "one", &started.instance).unwrap();
    linker.define_module(&started.store, "two", &module).unwrap();
    let guest = |from: &str, name: &str| format!(r#"(module (import "{from}" "{name}" (memory 1)))"#);
    for from in ["one", "two"] {
        linker.get(&started.store, from, "_initialize").unwrap();
        for hidden in ["trimaran snapshots 2 m0", "trimaran snapshots 2 f0"] {
            assert!(matches!(linker.get(&started.store, from, hidden), Err(WasmtimeError::NotFound { .. })));
            let guest = Module::new(&engine, guest(from, hidden).as_bytes()).unwrap();
            assert!(matches!(linker.instantiate(&started.store, &guest), Err(WasmtimeError::Link { .. })));
        }
    }
    // A prepared instance, and a command.
    let pre = linker.instantiate_pre(&module).unwrap();
    module.release().unwrap();
    let instance = pre.instantiate(&started.store).unwrap();
    assert_eq!(instance.exports(&started.store).unwrap().len(), names.len());
    instance.snapshot(&started.store, Vec::new()).unwrap();
    let command = r#"(module (memory (export "memory") 1) (global (mut i32) (i32.const 4)) (func (export "_start"))
        (func (export "next") (result i32) (global.set 0 (i32.add (global.get 0) (i32.const 1))) (global.get 0)))"#;
    let command = Module::for_snapshots(&engine, command.as_bytes()).unwrap();
    linker.define_module(&started.store, "command", &command).unwrap();
    let Extern::OfFunc { func } = linker.get(&started.store, "command", "next").unwrap() else { panic!("no function") };
    for _ in 0..2 {
        assert!(matches!(func.call(&started.store, vec![]).unwrap()[..], [Val::I32 { value: 5 }]));
    }
    assert!(linker.get(&started.store, "command", "trimaran snapshots 0 g0").is_err());
}

#[test]
fn a_copy_is_not_serialized_and_any_other_module_has_no_snapshots() {
    let engine = engine();
    let module = Module::for_snapshots(&engine, b"(module)").unwrap();
    for refused in [module.serialize(), module.pack()] {
        assert!(matches!(refused, Err(WasmtimeError::Unsupported { .. })), "{refused:?}");
    }
    let plain = Started::new(&Module::new(&engine, b"(module)").unwrap());
    assert!(plain.refusal().contains("make it with Module.for_snapshots"));
    let started = Started::new(&module);
    let removed = started.instance.snapshot(&started.store, vec!["nothing".to_owned()]);
    assert!(matches!(removed, Err(WasmtimeError::NotFound { name, .. }) if name == "nothing"));
    module.release().unwrap();
    // The instance keeps what it needs.
    started.snapshot().unwrap();
    assert!(matches!(started.instance.snapshot(&plain.store, Vec::new()), Err(WasmtimeError::WrongStore { .. })));
    started.store.release().unwrap();
    assert!(matches!(started.snapshot(), Err(WasmtimeError::Closed { .. })));
}

/// Takes a snapshot of the guest that calls it.
struct Takes(Mutex<Option<Arc<Instance>>>, Mutex<Option<WasmtimeError>>);

impl HostFunction for Takes {
    fn call(&self, caller: &Caller, _arguments: Vec<Val>) -> Result<Vec<Val>> {
        let instance = self.0.lock().unwrap().clone();
        if let Some(instance) = instance {
            *self.1.lock().unwrap() = instance.snapshot(caller.store(), Vec::new()).err();
        }
        Ok(Vec::new())
    }
}

#[test]
fn a_guest_in_the_middle_of_a_call_has_no_snapshot_and_one_that_has_trapped_has() {
    let engine = engine();
    let wat = r#"(module (import "" "" (func $f)) (global $g (export "g") (mut i32) (i32.const 1))
        (func (export "run") (global.set $g (i32.const 2)) (call $f))
        (func (export "trap") (global.set $g (i32.const 3)) (unreachable)) (func (export "get") (result i32) (global.get $g)))"#;
    let module = Module::for_snapshots(&engine, wat.as_bytes()).unwrap();
    let store = Store::new(&engine).unwrap();
    let takes = Arc::new(Takes(Mutex::new(None), Mutex::new(None)));
    let ty = FuncType { params: vec![], results: vec![] };
    let func = Func::of_values(&store, &ty, Arc::clone(&takes) as Arc<dyn HostFunction>).unwrap();
    let given = Extern::OfFunc { func };
    let instance = Instance::new(&store, &module, vec![given.clone()]).unwrap();
    *takes.0.lock().unwrap() = Some(Arc::clone(&instance));
    let started = Started { store, instance };
    started.call("run", &[]).unwrap();
    let found = takes.1.lock().unwrap().take();
    assert!(
        matches!(&found, Some(WasmtimeError::Busy { reason }) if reason.contains("in the middle of a call")),
        "{found:?}"
    );
    assert!(matches!(started.call("trap", &[]), Err(WasmtimeError::Trap { .. })));
    let snapshot = Module::new(&engine, &started.snapshot().unwrap()).unwrap();
    let instance = Instance::new(&started.store, &snapshot, vec![given]).unwrap();
    assert_eq!(Started { instance, ..started }.number("get", &[]), 3);
}

/// One thread computes, the others take snapshots: each has the state between two calls.
#[test]
fn snapshots_on_many_threads() {
    let started = Arc::new(Started::of(
        r#"(module (memory 1) (global $g (mut i32) (i32.const 0))
            (func (export "step") (global.set $g (i32.add (global.get $g) (i32.const 1)))
                (i32.store (i32.const 40000) (global.get $g)))
            (func (export "agrees") (result i32) (i32.eq (global.get $g) (i32.load (i32.const 40000)))))"#,
    ));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(started.restored().number("agrees", &[]), 1)));
        }
        (0..20_000).for_each(|_| _ = started.call("step", &[]).unwrap());
    });
}

#[test]
fn a_snapshot_has_a_bound() {
    let limits = ModuleLimits { size: Some(100_000), ..ModuleLimits::default() };
    let engine = engine_with(Config { module_limits: Some(limits), ..Config::default() });
    let wat = r#"(module (memory 16384) (func (export "fill") (param i32) (memory.fill (i32.const 1) (i32.const 1) (local.get 0)))
        (func (export "scatter") (param i32)
            (loop (i32.store8 (local.get 0) (i32.const 1)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4096)))))))"#;
    let started = Started::new(&Module::for_snapshots(&engine, wat.as_bytes()).unwrap());
    // A gigabyte of zeros takes nothing.
    assert!(started.snapshot().unwrap().len() < 1000);
    started.call("fill", &[90_000]).unwrap();
    assert!(started.snapshot().unwrap().len() > 90_000);
    started.call("fill", &[100_000]).unwrap();
    let Err(WasmtimeError::Limit { reason }) = started.snapshot() else { panic!("no limit") };
    assert!(reason.contains("more than 100000 bytes"), "{reason}");
    // The module itself may be as large as that, and no larger.
    let large = format!(r#"(module (memory 2) (data (i32.const 0) "{}"))"#, "x".repeat(100_000));
    assert!(matches!(Module::for_snapshots(&engine, large.as_bytes()), Err(WasmtimeError::Limit { .. })));
    // Bytes that lie far apart, in more places than a module has segments for: some of the zeros are written as well.
    let engine = engine_with(Config::default());
    let started = Started::new(&Module::for_snapshots(&engine, wat.as_bytes()).unwrap());
    started.call("scatter", &[20_000 * 4096]).unwrap();
    let bytes = started.snapshot().unwrap();
    assert!(bytes.len() < 21_000 * 4096, "{}", bytes.len());
    assert!(trimaran::module_data(&bytes).unwrap().len() <= 10_000);
    let restored = Started::new(&Module::for_snapshots(&engine, &bytes).unwrap());
    assert_eq!(state(&restored.snapshot().unwrap()).data, state(&bytes).data);
}

/// Frames say where code stands in the file, and their lines.
#[test]
fn a_copy_traps_where_its_file_does() {
    let engine = engine();
    let divide: &[u8] = include_bytes!("../modules/divide.wasm");
    let frames = |module: &Module| {
        let store = Store::new(&engine).unwrap();
        let linker = Linker::new(&engine).unwrap();
        linker.define_unknown_imports_as_traps(module).unwrap();
        let instance = linker.instantiate(&store, module).unwrap();
        let func = instance.export(&store, "mean_of_first").unwrap().into_func("mean_of_first").unwrap();
        let Err(WasmtimeError::Trap { frames, .. }) = func.call(&store, vec![Val::I32 { value: 0 }]) else {
            panic!("no trap")
        };
        (frames, instance.snapshot(&store, Vec::new()).ok())
    };
    let (plain, _) = frames(&Module::new(&engine, divide).unwrap());
    let (copied, snapshot) = frames(&Module::for_snapshots(&engine, divide).unwrap());
    let places = |frames: &[trimaran::Frame]| frames.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(places(&plain), places(&copied));
    assert!(plain.iter().zip(&copied).all(|(one, other)| one.module_offset == other.module_offset));
    let (restored, _) = frames(&Module::new(&engine, &snapshot.unwrap()).unwrap());
    let lines = |frames: &[trimaran::Frame]| {
        places(frames).iter().map(|text| text.split('(').next_back().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines(&plain), lines(&restored));
    assert!(lines(&restored)[0].contains("divide.c:7:17"), "{:?}", lines(&restored));
}

/// What a module begins with: all that differs between snapshots of the same module, but segments that have nothing.
#[derive(Debug, PartialEq, Default)]
struct State {
    sections: Vec<Vec<u8>>,
    elements: Vec<String>,
    data: Vec<(u32, Vec<u8>, Vec<u8>)>,
}

fn state(binary: &[u8]) -> State {
    let mut state = State::default();
    for payload in Parser::new(0).parse_all(binary) {
        match payload.unwrap() {
            Payload::TableSection(section) => state.sections.push(binary[section.range()].to_vec()),
            Payload::MemorySection(section) => state.sections.push(binary[section.range()].to_vec()),
            Payload::GlobalSection(section) => state.sections.push(binary[section.range()].to_vec()),
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.unwrap();
                    let ElementKind::Active { table_index, offset_expr } = element.kind else { continue };
                    let items = match element.items {
                        ElementItems::Functions(items) => {
                            items.into_iter().map(|item| format!("{item:?}")).collect::<Vec<_>>()
                        }
                        ElementItems::Expressions(_, items) => items
                            .into_iter()
                            .map(|item| {
                                format!("{:?}", item.unwrap().get_operators_reader().into_iter().collect::<Vec<_>>())
                            })
                            .collect(),
                    };
                    let offset = format!("{:?}", offset_expr.get_operators_reader().into_iter().collect::<Vec<_>>());
                    if !items.is_empty() {
                        state.elements.push(format!("{table_index:?} {offset} {items:?}"));
                    }
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment.unwrap();
                    let DataKind::Active { memory_index, offset_expr } = segment.kind else { continue };
                    if !segment.data.is_empty() {
                        let offset =
                            format!("{:?}", offset_expr.get_operators_reader().into_iter().collect::<Vec<_>>());
                        state.data.push((memory_index, offset.into_bytes(), segment.data.to_vec()));
                    }
                }
            }
            _ => {}
        }
    }
    state
}

/// What became of a module.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Outcome {
    Same,
    /// There is no instance of it, or no snapshot.
    None,
}

const FUEL: u64 = 3_000_000;

/// Calls each function that the module exports, with nothing or ones, and tells what came of it.
fn call_all(instance: &Instance, store: &Store, module: &Module, number: u64) -> Vec<String> {
    let mut told = Vec::new();
    for export in module.exports().unwrap() {
        let ExternType::OfFunc { ty } = &export.ty else { continue };
        let value = |ty: &trimaran::ValType| match ty {
            trimaran::ValType::I32 => Some(Val::I32 { value: number as i32 }),
            trimaran::ValType::I64 => Some(Val::I64 { value: number as i64 }),
            trimaran::ValType::F32 => Some(Val::F32 { bits: 0x3f80_0000 }),
            trimaran::ValType::F64 => Some(Val::F64 { bits: 0x3ff0_0000_0000_0000 }),
            _ => None,
        };
        let Some(arguments) = ty.params.iter().map(value).collect::<Option<Vec<_>>>() else { continue };
        store.set_fuel(FUEL).unwrap();
        let func = instance.export(store, &export.name).unwrap().into_func(&export.name).unwrap();
        let outcome = match func.call(store, arguments) {
            Ok(values) => values.iter().map(shown).collect::<Vec<_>>().join(" "),
            Err(WasmtimeError::Trap { code, .. }) => format!("{code:?}"),
            Err(WasmtimeError::Exit { status }) => format!("exit {status}"),
            Err(other) => format!("{other:?}").split(' ').next().unwrap().to_owned(),
        };
        told.push(format!("{}: {outcome}, {} fuel left", export.name, store.fuel().unwrap()));
    }
    told
}

fn shown(value: &Val) -> String {
    match value {
        Val::I32 { value } => value.to_string(),
        Val::I64 { value } => value.to_string(),
        Val::F32 { bits } => bits.to_string(),
        Val::F64 { bits } => bits.to_string(),
        Val::Null => "null".to_owned(),
        _ => "another value".to_owned(),
    }
}

/// An instance goes on, and so does its snapshot: both do the same.
fn compare(engine: &Arc<Engine>, binary: &[u8]) -> Outcome {
    let Ok(module) = Module::for_snapshots(engine, binary) else { return Outcome::None };
    let linker = Linker::new(engine).unwrap();
    // Not WASI: what it holds is no part of a snapshot.
    let started = |module: &Module| {
        let store = Store::new(engine).unwrap();
        store.set_fuel(FUEL).unwrap();
        store.set_limits(StoreLimits { memory_size: Some(64 << 20), ..StoreLimits::default() }).unwrap();
        linker.define_unknown_imports_as_traps(module).unwrap();
        Some(Started { instance: linker.instantiate(&store, module).ok()?, store })
    };
    let Some(first) = started(&module) else { return Outcome::None };
    call_all(&first.instance, &first.store, &module, 1);
    let Ok(snapshot) = first.snapshot() else { return Outcome::None };
    // As a plain one, and as one whose state is read again.
    let plain = Module::new(engine, &snapshot).unwrap_or_else(|error| panic!("{error}"));
    let copy = Module::for_snapshots(engine, &snapshot).unwrap_or_else(|error| panic!("{error}"));
    let second = started(&copy).expect("an instance");
    assert_eq!(state(&second.snapshot().unwrap()), state(&snapshot));
    for number in [2, 100] {
        let expected = call_all(&first.instance, &first.store, &module, number);
        assert_eq!(call_all(&second.instance, &second.store, &module, number), expected);
    }
    match (first.snapshot(), second.snapshot()) {
        (Ok(one), Ok(other)) => assert_eq!(state(&one), state(&other)),
        (one, other) => assert_eq!(one.err(), other.err()),
    }
    started(&plain).expect("an instance");
    Outcome::Same
}

/// Compares all files, on a few threads, and returns how many there are and how many have gone on in a snapshot.
fn compare_all(files: &[PathBuf]) -> (usize, usize) {
    let engine = engine_with(Config { consume_fuel: Some(true), ..Config::default() });
    let (left, same) = (Mutex::new(files.iter()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(file) = left.lock().unwrap().next() else { return };
                    let outcome = catch_unwind(AssertUnwindSafe(|| compare(&engine, &fs::read(file).unwrap())));
                    match outcome.unwrap_or_else(|_| panic!("{}", file.display())) {
                        Outcome::Same => *same.lock().unwrap() += 1,
                        Outcome::None => {}
                    }
                }
            });
        }
    });
    (files.len(), same.into_inner().unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn files(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, extensions, found);
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|other| extension == *other)) {
            found.push(path);
        }
    }
}

#[test]
fn modules_of_the_tests_go_on_in_their_snapshots() {
    let mut found = Vec::new();
    files(&root().join("tests/modules"), &["wat", "wasm"], &mut found);
    files(&root().join("tests/programs"), &["wat"], &mut found);
    let (all, same) = compare_all(&found);
    println!("{same} of {all}");
    assert!(same >= 8, "{same} of {all}");
}

/// The official suite and generated modules, where `tools/spec` has brought them.
#[test]
fn modules_of_the_official_suite_go_on_in_their_snapshots() {
    let folder = std::env::var_os("TRIMARAN_SPEC").map_or(root().join("target/spec"), PathBuf::from);
    let mut found = Vec::new();
    files(&folder, &["wasm"], &mut found);
    if found.is_empty() {
        println!("the official suite is not here: tools/spec brings it");
        return;
    }
    let (all, same) = compare_all(&found);
    println!("{same} of {all}");
    assert!(same * 4 >= all, "{same} of {all}");
}

/// Bytes of a module that are changed at random: an error, or a module as good as any.
#[test]
fn changed_bytes_are_no_panic() {
    let engine = engine_with(Config { consume_fuel: Some(true), ..Config::default() });
    let wat = r#"(module (memory 1 2) (table 4 funcref) (table $x (ref null func) (elem $f)) (global $g (mut funcref) (ref.func $f))
        (elem (i32.const 1) $f) (elem $p func $f) (data (i32.const 7) "seven") (data "passive") (tag $t)
        (func $f (export "f") (global.set $g (ref.null func)) (table.init $p (i32.const 0) (i32.const 0) (i32.const 1)))
        (start $f))"#;
    let binary = wat2wasm(wat.as_bytes()).unwrap();
    let (mut seed, mut same) = (0x2545_f491_4f6c_dd1d_u64, 0);
    for _ in 0..3000 {
        let mut changed = binary.clone();
        for _ in 0..2 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let place = (seed % changed.len() as u64) as usize;
            changed[place] = (seed >> 32) as u8;
        }
        same += usize::from(compare(&engine, &changed) == Outcome::Same);
    }
    assert!(same > 100, "{same}");
}
