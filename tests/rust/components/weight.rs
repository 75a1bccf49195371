//! Components that claim far more than they weigh: what is made of them is bounded.

use std::time::Instant;

use trimaran::{Component, ComponentLinker, Config, Engine, Store, WasmtimeError, component_type_text};

use super::{call, engine};

/// A type whose tree has 2^`levels` leaves, as `$t`.
fn doubled(levels: usize) -> String {
    let mut text = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..=levels {
        let inner = level - 1;
        text += &format!("(type $t{level} (tuple $t{inner} $t{inner}))");
    }
    text
}

#[test]
fn a_type_costs_what_its_bytes_cost() {
    let engine = engine();
    // Its tree has 2^17 leaves; the table has a type for each level.
    let text = format!(
        "(component {} (type $l (list $t16)) (type $o (option $t16)) (import \"f\" (func (param \"x\" $l))) (import \"g\" (func (param \"x\" $o))))",
        doubled(16)
    );
    let component = Component::new(&engine, text.as_bytes()).unwrap();
    let types = component.types().unwrap();
    assert!(types.nodes.len() < 40, "{}", types.nodes.len());
    assert!(component_type_text(types).unwrap().len() <= 2048);
    let linker = ComponentLinker::new(&engine).unwrap();
    let Err(WasmtimeError::Link { reason, .. }) = linker.instantiate_pre(&component) else { panic!() };
    assert!(reason.len() < 4096);
}

#[test]
fn functions_share_the_plans_of_their_types() {
    let engine = engine();
    let fields: String = (0..500).map(|index| format!("u{} ", [8, 16, 32, 64][index % 4])).collect();
    let imports: String = (0..900).map(|index| format!("(import \"f{index}\" (func (param \"x\" $t)))")).collect();
    let component =
        Component::new(&engine, format!("(component (type $t (tuple {fields})) {imports})").as_bytes()).unwrap();
    let begin = Instant::now();
    let types = component.types().unwrap();
    // A node for the tuple, four for its parts, and one for the function, which is the same for all.
    assert!(types.nodes.len() < 20, "{}", types.nodes.len());
    // A million parts would be told otherwise.
    println!("{:?}", begin.elapsed());
}

#[test]
fn instances_of_instances_are_told_up_to_a_limit() {
    let engine = engine();
    let mut text = "(type $i0 (instance (export \"f\" (func)) (export \"g\" (func))))".to_owned();
    for level in 1..18 {
        let inner = level - 1;
        text += &format!(
            "(type $i{level} (instance (alias outer 1 $i{inner} (type $x)) (export \"a\" (instance (type $x))) (export \"b\" (instance (type $x)))))"
        );
    }
    let text = format!("(component {text} (import \"i\" (instance (type $i17))))");
    match Component::new(&engine, text.as_bytes()) {
        Err(WasmtimeError::Compile { .. } | WasmtimeError::Limit { .. }) => {}
        Err(other) => panic!("{other}"),
        Ok(component) => {
            let Err(WasmtimeError::Limit { .. }) = component.types() else { panic!() };
            let linker = ComponentLinker::new(&engine).unwrap();
            let Err(WasmtimeError::Limit { .. } | WasmtimeError::Link { .. }) = linker.instantiate_pre(&component)
            else {
                panic!()
            };
            let Err(WasmtimeError::Limit { .. }) = linker.define_unknown_imports_as_traps(&component) else { panic!() };
        }
    }
}

#[test]
fn names_in_sentences_are_cut() {
    let engine = engine();
    let name = "a-".repeat(40_000) + "b";
    let text = format!("(component (import \"{name}\" (func (param \"x\" u8))))");
    let component = Component::new(&engine, text.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let Err(error @ WasmtimeError::Link { .. }) = linker.instantiate_pre(&component) else { panic!() };
    assert!(error.text().len() < 1000, "{}", error.text().len());
}

/// Functions that give lists and strings which are longer than they are.
const LIES: &str = r#"(component
  (core module $m (memory (export "memory") 1)
    (func (export "numbers") (result i32)
      (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (i32.const 0x7fffffff)) (i32.const 8))
    (func (export "nothing") (result i32)
      (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (i32.const 0x7fffffff)) (i32.const 8)))
  (core instance $m (instantiate $m))
  (alias core export $m "memory" (core memory $memory))
  (func (export "bytes") (result (list u8)) (canon lift (core func $m "numbers") (memory $memory)))
  (func (export "numbers") (result (list u64)) (canon lift (core func $m "numbers") (memory $memory)))
  (func (export "text") (result string) (canon lift (core func $m "numbers") (memory $memory)))
  (func (export "lists") (result (list (list u8))) (canon lift (core func $m "numbers") (memory $memory))))"#;

#[test]
fn a_length_that_is_not_there_is_a_trap() {
    let engine = engine();
    let component = Component::new(&engine, LIES.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    for name in ["bytes", "numbers", "text", "lists"] {
        let store = Store::new(&engine).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        let Err(WasmtimeError::Trap { reason, .. }) = call(&instance, &store, &[name], &[]) else { panic!("{name}") };
        assert!(!reason.is_empty());
        assert_eq!(call(&instance, &store, &[name], &[]).err(), Some(WasmtimeError::Poisoned));
    }
}

/// A list of 60,000 lists of 60,000 bytes, and so on, which a guest gives at an address.
#[test]
fn a_list_of_a_fixed_length_is_looked_for_where_it_should_be() {
    let config = Config { wasm_component_model_fixed_length_lists: Some(true), ..Config::default() };
    let engine = Engine::new(config).unwrap();
    for (levels, reason) in [(1, ""), (2, "its memory has 65536"), (3, "its memory has 65536")] {
        let types: String = (1..=levels)
            .map(|level| match level {
                1 => "(type $t1 (list u8 60000))".to_owned(),
                _ => format!("(type $t{level} (list $t{} 60000))", level - 1),
            })
            .collect();
        let text = format!(
            r#"(component {types} (core module $m (memory (export "memory") 1) (func (export "give") (result i32) (i32.const 0)))
              (core instance $m (instantiate $m)) (alias core export $m "memory" (core memory $memory))
              (func (export "give") (result $t{levels}) (canon lift (core func $m "give") (memory $memory))))"#
        );
        let component = Component::new(&engine, text.as_bytes()).unwrap();
        assert!(component.types().unwrap().nodes.len() < 10);
        let store = Store::new(&engine).unwrap();
        let instance = ComponentLinker::new(&engine).unwrap().instantiate(&store, &component).unwrap();
        match call(&instance, &store, &["give"], &[]) {
            Ok(received) => assert_eq!((levels, received.bytes.len()), (1, 60004)),
            Err(WasmtimeError::Trap { reason: found, .. }) => assert!(levels > 1 && found.contains(reason), "{found}"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// A function that gives so many flags, of a byte each.
const FLAGS: &str = r#"(component
  (type $flags' (flags "a"))
  (export $flags "flags" (type $flags'))
  (core module $m (memory (export "memory") 1024)
    (func (export "give") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (local.get 0)) (i32.const 0)))
  (core instance $m (instantiate $m))
  (alias core export $m "memory" (core memory $memory))
  (func (export "give") (param "n" u32) (result (list $flags)) (canon lift (core func $m "give") (memory $memory))))"#;

#[test]
fn elements_of_a_list_cost_what_a_language_makes_of_them() {
    let engine = engine();
    let component = Component::new(&engine, FLAGS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = linker.instantiate(&store, &component).unwrap();
    let received = call(&instance, &store, &["give"], &1_000_000_u32.to_le_bytes()).unwrap();
    assert_eq!(received.bytes.len(), 4 * 1_000_001);
    // They are in the guest's memory, and less than what one call may copy.
    let Err(WasmtimeError::Trap { .. }) = call(&instance, &store, &["give"], &60_000_000_u32.to_le_bytes()) else {
        panic!()
    };
}
