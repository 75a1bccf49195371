//! References that leave a guest and come back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::sync::Arc;

use trimaran::{Config, Engine, Extern, Func, Instance, Module, Store, Val, WasmtimeError};

struct Guest {
    store: Arc<Store>,
    instance: Arc<Instance>,
}

impl Guest {
    fn new(engine: &Engine, text: &str) -> Self {
        let store = Store::new(engine).unwrap();
        let module = Module::new(engine, text.as_bytes()).unwrap();
        let instance = Instance::new(&store, &module, Vec::new()).unwrap();
        Self { store, instance }
    }

    fn func(&self, name: &str) -> Arc<Func> {
        match self.instance.export(&self.store, name).unwrap() {
            Extern::OfFunc { func } => func,
            _ => panic!("expected a function"),
        }
    }

    fn call(&self, name: &str, arguments: Vec<Val>) -> Result<Vec<Val>, WasmtimeError> {
        self.func(name).call(&self.store, arguments)
    }
}

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let on = Some(true);
    Engine::new(Config { target, wasm_gc: on, wasm_function_references: on, ..Config::default() }).unwrap()
}

#[test]
fn functions_go_out_and_come_back() {
    let engine = engine();
    let text = r#"(module
        (type $nullary (func (result i32)))
        (func $seven (export "seven") (result i32) i32.const 7)
        (func (export "get") (result funcref) ref.func $seven)
        (func (export "run") (param (ref null $nullary)) (result i32) (call_ref $nullary (local.get 0)))
        (func (export "none") (param i64)))"#;
    let guest = Guest::new(&engine, text);
    let given = guest.call("get", Vec::new()).unwrap();
    let Val::FuncRef { func: Some(seven) } = &given[0] else { panic!("expected a function") };
    assert!(seven.same(&guest.store, &guest.func("seven")).unwrap());
    assert!(!seven.same(&guest.store, &guest.func("none")).unwrap());
    assert!(matches!(seven.call(&guest.store, Vec::new()).unwrap()[0], Val::I32 { value: 7 }));
    assert!(matches!(guest.call("run", given).unwrap()[0], Val::I32 { value: 7 }));
    let wrong = guest.call("run", vec![Val::FuncRef { func: Some(guest.func("none")) }]);
    assert!(matches!(wrong, Err(WasmtimeError::Type { .. })));
    let other = Guest::new(&engine, text);
    let foreign = guest.call("run", vec![Val::FuncRef { func: Some(other.func("seven")) }]);
    assert_eq!(foreign.err(), Some(WasmtimeError::WrongStore { what: "function".to_owned() }));
}

#[test]
fn structs_survive_collection_while_the_host_holds_them() {
    let engine = engine();
    let text = r#"(module
        (type $box (struct (field i32)))
        (func (export "make") (param i32) (result anyref) (struct.new $box (local.get 0)))
        (func (export "open") (param anyref) (result i32) (struct.get $box 0 (ref.cast (ref $box) (local.get 0)))))"#;
    let guest = Guest::new(&engine, text);
    let held = guest.call("make", vec![Val::I32 { value: 42 }]).unwrap();
    // These are dropped by another thread while nobody is inside; later entries let go of them.
    for value in 0..500 {
        let dropped = guest.call("make", vec![Val::I32 { value }]).unwrap();
        std::thread::spawn(move || drop(dropped)).join().unwrap();
    }
    guest.store.gc().unwrap();
    assert!(matches!(guest.call("open", held.clone()).unwrap()[0], Val::I32 { value: 42 }));
    let other = Guest::new(&engine, text);
    assert!(matches!(other.call("open", held.clone()), Err(WasmtimeError::WrongStore { .. })));
    guest.store.release().unwrap();
    drop(held);
}

#[test]
fn small_integers_and_external_values_go_through() {
    let guest = Guest::new(
        &engine(),
        r#"(module
        (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0)))
        (func (export "get") (param anyref) (result i32) (i31.get_s (ref.cast (ref i31) (local.get 0))))
        (func (export "wrap") (param anyref) (result externref) (extern.convert_any (local.get 0)))
        (func (export "unwrap") (param externref) (result anyref) (any.convert_extern (local.get 0))))"#,
    );
    let small = guest.call("i31", vec![Val::I32 { value: -9 }]).unwrap();
    let wrapped = guest.call("wrap", small).unwrap();
    assert!(matches!(wrapped[0], Val::ExternRef { value: Some(_) }));
    assert!(matches!(guest.call("get", wrapped.clone()), Err(WasmtimeError::Type { .. })));
    let back = guest.call("unwrap", wrapped).unwrap();
    assert!(matches!(guest.call("get", back).unwrap()[0], Val::I32 { value: -9 }));
    assert!(matches!(guest.call("get", vec![Val::Null]), Err(WasmtimeError::Trap { .. })));
}
