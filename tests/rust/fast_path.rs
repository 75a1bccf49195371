//! Calls on raw slots have the same rules as calls with values.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::sync::Arc;

use trimaran::adapter::{Slot, ValKind};
use trimaran::{Config, Engine, Extern, Func, Instance, Module, Store, TrapCode, WasmtimeError};

const GUEST: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "swap") (param f64 v128) (result v128 f64) (local.get 1) (local.get 0))
    (func (export "divide") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
    (func (export "three") (result i32 i64 f32) (i32.const -1) (i64.const -2) (f32.const 1.5))
    (func (export "reference") (param externref)))"#;

fn guest() -> (Arc<Store>, Arc<Instance>) {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, ..Config::default() }).unwrap();
    let store = Store::new(&engine).unwrap();
    let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    (store, instance)
}

fn func(store: &Store, instance: &Instance, name: &str) -> Arc<Func> {
    match instance.export(store, name).unwrap() {
        Extern::OfFunc { func } => func,
        _ => panic!("expected a function"),
    }
}

fn low(low: u64) -> Slot {
    Slot { low, high: 0 }
}

#[test]
fn numbers_go_in_and_out_by_slots() {
    let (store, instance) = guest();
    let add = func(&store, &instance, "add");
    // What is above the 32 bits of an i32 is of no account.
    let mut slots = [low(0xffff_ffff_0000_0028), low(2)];
    add.call_slots(&store, &mut slots).unwrap();
    assert_eq!(slots[0].low as u32, 42);

    let swap = func(&store, &instance, "swap");
    let vector = Slot { low: 1, high: u64::MAX };
    // A signalling NaN keeps its bits.
    let nan = 0x7ff0_0000_0000_0001;
    let mut slots = [low(nan), vector];
    swap.call_slots(&store, &mut slots).unwrap();
    assert_eq!((slots[0], slots[1].low), (vector, nan));

    let three = func(&store, &instance, "three");
    let mut slots = [Slot::default(); 3];
    three.call_slots(&store, &mut slots).unwrap();
    assert_eq!((slots[0].low as u32, slots[1].low, slots[2].low as u32), (u32::MAX, u64::MAX - 1, 1.5_f32.to_bits()));
}

#[test]
fn a_signature_says_what_a_call_needs() {
    let (store, instance) = guest();
    let swap = func(&store, &instance, "swap");
    let signature = swap.signature(&store).unwrap();
    assert_eq!(signature.params(), [ValKind::F64, ValKind::V128]);
    assert_eq!(signature.results(), [ValKind::V128, ValKind::F64]);
    let three = func(&store, &instance, "three");
    assert_eq!(three.signature(&store).unwrap().width(), 3);
    assert!(!func(&store, &instance, "reference").signature(&store).unwrap().is_plain());
}

#[test]
fn what_slots_cannot_carry_is_refused() {
    let (store, instance) = guest();
    let reference = func(&store, &instance, "reference");
    assert!(matches!(reference.call_slots(&store, &mut [Slot::default()]), Err(WasmtimeError::Type { .. })));
    let three = func(&store, &instance, "three");
    assert!(matches!(three.call_slots(&store, &mut [Slot::default(); 2]), Err(WasmtimeError::Type { .. })));
}

#[test]
fn traps_and_misuse_are_those_of_the_surface() {
    let (store, instance) = guest();
    let divide = func(&store, &instance, "divide");
    let Err(WasmtimeError::Trap { code, frames, .. }) = divide.call_slots(&store, &mut [low(1), low(0)]) else {
        panic!("expected a trap")
    };
    assert_eq!((code, frames.len()), (Some(TrapCode::IntegerDivisionByZero), 1));

    let (other, _) = guest();
    let wrong = divide.call_slots(&other, &mut [low(1), low(1)]);
    assert_eq!(wrong, Err(WasmtimeError::WrongStore { what: "function".to_owned() }));

    store.release().unwrap();
    let closed = divide.call_slots(&store, &mut [low(1), low(1)]);
    assert_eq!(closed, Err(WasmtimeError::Closed { what: "store".to_owned() }));
}

#[test]
fn rows_stop_at_the_first_that_fails() {
    let (store, instance) = guest();
    let divide = func(&store, &instance, "divide");
    let divisors = [1_u64, 2, 5, 0, 10];
    let mut quotients = Vec::new();
    let fill = |row: usize, slots: &mut [Slot]| slots.copy_from_slice(&[low(100), low(divisors[row])]);
    let error = divide.call_rows(&store, divisors.len(), fill, |_, slots| quotients.push(slots[0].low)).unwrap_err();
    assert_eq!(error.0, 3);
    assert!(matches!(error.1, WasmtimeError::Trap { code: Some(TrapCode::IntegerDivisionByZero), .. }));
    assert_eq!(quotients, [100, 50, 20]);
}

#[test]
fn rows_in_place_do_the_same() {
    let (store, instance) = guest();
    let divide = func(&store, &instance, "divide");
    let mut slots = [low(100), low(1), low(100), low(2), low(100), low(0), low(100), low(4)];
    let error = divide.call_rows_in_place(&store, 4, &mut slots).unwrap_err();
    assert_eq!(error.0, 2);
    assert!(matches!(error.1, WasmtimeError::Trap { code: Some(TrapCode::IntegerDivisionByZero), .. }));
    // The row that failed and those behind it are as they were.
    assert_eq!([slots[0], slots[2], slots[6]], [low(100), low(50), low(100)]);
    let misfit = divide.call_rows_in_place(&store, 3, &mut slots).unwrap_err();
    assert!(matches!(misfit, (0, WasmtimeError::Type { .. })));
}
