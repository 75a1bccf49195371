//! Plain functions, whose values each have a slot: they give what the same functions give by streams.

use std::fmt::Write as _;
use std::sync::Arc;

use trimaran::adapter::{Arguments, ComponentHostFunction, HostFuncType, PlainHostFunction, Received, Reply};
use trimaran::{Component, ComponentInstance, ComponentLinker, Result, Store, WasmtimeError};

use super::{call, engine, host};

/// Each type, the one of its flat value, its size in a stream, and some values.
const TYPES: &[(&str, &str, usize, &[u64])] = &[
    ("bool", "i32", 1, &[0, 1]),
    ("s8", "i32", 1, &[0, 0x7f, 0x80, 0xff]),
    ("u8", "i32", 1, &[0, 0x7f, 0x80, 0xff]),
    ("s16", "i32", 2, &[0, 0x7fff, 0x8000, 0xffff]),
    ("u16", "i32", 2, &[0, 0x7fff, 0x8000, 0xffff]),
    ("s32", "i32", 4, &[0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]),
    ("u32", "i32", 4, &[0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]),
    ("s64", "i64", 8, &[0, i64::MAX as u64, i64::MIN as u64, u64::MAX]),
    ("u64", "i64", 8, &[0, i64::MAX as u64, i64::MIN as u64, u64::MAX]),
    // A signalling NaN among them.
    ("f32", "f32", 4, &[0, 0x8000_0000, 0x3f80_0000, 0x7fa0_0001, 0xff80_0000]),
    ("f64", "f64", 8, &[0, 1 << 63, 0x3ff0 << 48, 0x7ff4_0000_0000_0001]),
    ("char", "i32", 4, &[0, 0x41, 0xd7ff, 0xe000, 0x10_ffff]),
];

/// Has a function of each type's name, which gives what the host's function gives for its argument.
fn echoes() -> String {
    let (mut imports, mut core, mut lowered, mut exports) = Default::default();
    for (ty, flat, ..) in TYPES {
        let add = |to: &mut String, text: String| to.push_str(&text);
        add(&mut imports, format!("(import \"h-{ty}\" (func $h-{ty} (param \"x\" {ty}) (result {ty})))"));
        add(&mut imports, format!("(core func $c-{ty} (canon lower (func $h-{ty})))"));
        add(&mut core, format!("(import \"\" \"{ty}\" (func $i-{ty} (param {flat}) (result {flat})))"));
        add(&mut lowered, format!("(export \"{ty}\" (func $c-{ty}))"));
        let lifted = format!("(param \"x\" {ty}) (result {ty}) (canon lift (core func $m \"{ty}\"))");
        add(&mut exports, format!("(func (export \"{ty}\") {lifted})"));
    }
    for (ty, flat, ..) in TYPES {
        let body = format!("(param {flat}) (result {flat}) (call $i-{ty} (local.get 0))");
        _ = write!(core, "(func (export \"{ty}\") {body})");
    }
    format!(
        "(component {imports} (core module $m {core})
           (core instance $m (instantiate $m (with \"\" (instance {lowered})))) {exports})"
    )
}

struct Echo;

impl ComponentHostFunction for Echo {
    fn call(&self, _: &Store, _: u64, _: &HostFuncType, _: Received) -> Result<Reply> {
        panic!("it has a shorter way")
    }

    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        Some(self)
    }
}

impl PlainHostFunction for Echo {
    fn call_plain(&self, _: &Store, _: u64, _: &HostFuncType, arguments: &[u64]) -> Result<u64> {
        Ok(arguments[0])
    }
}

#[test]
fn slots_give_what_streams_give() {
    let engine = engine();
    let component = Component::new(&engine, echoes().as_bytes()).unwrap();
    for is_plain in [true, false] {
        let linker = ComponentLinker::new(&engine).unwrap();
        for (ty, ..) in TYPES {
            let function: Arc<dyn ComponentHostFunction> = match is_plain {
                true => Arc::new(Echo),
                false => host(|_, Received { bytes, .. }| Ok(Reply { bytes, ..Reply::default() })),
            };
            linker.define_func(Vec::new(), &format!("h-{ty}"), function).unwrap();
        }
        let store = Store::new(&engine).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        for (ty, _, size, values) in TYPES {
            let func = instance.func(&store, vec![(*ty).to_owned()]).unwrap();
            assert!(func.is_plain());
            for value in *values {
                assert_eq!(func.call_plain(&store, &[*value], &[]), Ok(*value), "{ty}");
                let bytes = &value.to_le_bytes()[..*size];
                let given = func.call(&store, &Arguments { bytes, ..Arguments::default() }).unwrap();
                assert_eq!(given.bytes, bytes, "{ty}");
            }
        }
    }
}

/// Numbers that fill more than their types have, and functions that are not plain.
const ODD: &str = r#"(component
  (core module $m
    (func (export "same") (param i32) (result i32) (local.get 0))
    (func (export "none") (param i32))
    (func (export "pair") (param i32 i32) (result i32) (local.get 1)))
  (core instance $m (instantiate $m))
  (func (export "low") (param "x" s8) (result s32) (canon lift (core func $m "same")))
  (func (export "u8") (param "x" u32) (result u8) (canon lift (core func $m "same")))
  (func (export "bool") (param "x" u32) (result bool) (canon lift (core func $m "same")))
  (func (export "char") (param "x" u32) (result char) (canon lift (core func $m "same")))
  (func (export "to-char") (param "x" char) (result u32) (canon lift (core func $m "same")))
  (func (export "none") (param "x" u32) (canon lift (core func $m "none")))
  (func (export "tuple") (param "x" (tuple u32 u32)) (result u32) (canon lift (core func $m "pair"))))"#;

#[test]
fn slots_hold_no_more_than_their_types() {
    let engine = engine();
    let component = Component::new(&engine, ODD.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let made = || {
        let store = Store::new(&engine).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        (store, instance)
    };
    let slot = |(store, instance): &(Arc<Store>, Arc<ComponentInstance>), name: &str, slots: &[u64]| {
        instance.func(store, vec![name.to_owned()])?.call_plain(store, slots, &[])
    };
    let at = made();
    // What is above the bits of the type means nothing.
    assert_eq!(slot(&at, "low", &[0xffff_ff80]), Ok(0xffff_ff80));
    assert_eq!(slot(&at, "low", &[0x7f]), Ok(0x7f));
    assert_eq!(slot(&at, "u8", &[u64::MAX]), Ok(0xff));
    assert_eq!(slot(&at, "bool", &[2]), Ok(1));
    assert_eq!(slot(&at, "none", &[2]), Ok(0));
    let func = at.1.func(&at.0, vec!["tuple".to_owned()]).unwrap();
    assert!(!func.is_plain());
    // Each of these is the last that its store's components are asked for.
    for (name, slots) in
        [("tuple", &[1, 2][..]), ("tuple", &[1]), ("low", &[]), ("low", &[1, 2]), ("to-char", &[0xd800])]
    {
        let Err(WasmtimeError::Unexpected { .. }) = slot(&made(), name, slots) else { panic!("{name}: {slots:?}") };
    }
    let at = made();
    let by_slot = slot(&at, "char", &[0xd800]).unwrap_err();
    assert!(matches!(by_slot, WasmtimeError::Trap { .. }), "{by_slot:?}");
    assert_eq!(slot(&at, "bool", &[1]), Err(WasmtimeError::Poisoned));
    let at = made();
    let by_stream = call(&at.1, &at.0, &["char"], &0xd800_u32.to_le_bytes()).err();
    assert_eq!(by_stream, Some(by_slot));
}
