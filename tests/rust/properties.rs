//! Difficult values keep all their bits, and references their objects: into guests, out of guests, and mixed.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, Global, GlobalType, HeapType, HostFunction, Instance, Limits,
    Module, RefType, Reference, Result, Store, Table, TableType, Val, ValType,
};

/// A value before there is a store for it.
#[derive(Debug, Clone)]
enum Item {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u64, u64),
    Null(HeapType),
    Func,
    /// A value of the host.
    Host,
    I31(i32),
    /// What the maker exports under that name, of that number.
    Made(HeapType, &'static str, i32),
}

/// Zero, the smallest and the largest, subnormal and normal, infinity, and NaNs of every kind, with either sign.
fn float(exponent: u32, mantissa: u32) -> impl Strategy<Value = u64> {
    let (top, quiet) = (1_u64 << mantissa, 1_u64 << (mantissa - 1));
    let infinity = ((1_u64 << exponent) - 1) << mantissa;
    let magnitude = prop_oneof![
        Just(0),
        Just(1),
        Just(top - 1),
        Just(top),
        Just(infinity - 1),
        Just(infinity),
        Just(infinity | 1),
        Just(infinity | (quiet - 1)),
        Just(infinity | quiet),
        Just(infinity | (top - 1)),
        (1..top).prop_map(move |payload| infinity | payload),
        0..(infinity + top),
    ];
    (magnitude, any::<bool>()).prop_map(move |(bits, sign)| bits | u64::from(sign) << (exponent + mantissa))
}

fn f32_bits() -> impl Strategy<Value = u32> {
    float(8, 23).prop_map(|bits| bits as u32)
}

fn long() -> impl Strategy<Value = u64> {
    let edges = [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 31, 1 << 32, 1 << 53, (1 << 53) + 1];
    prop_oneof![proptest::sample::select(edges.to_vec()), any::<u64>()]
}

/// The half of a vector: two lanes of floats, one of a double, or an integer.
fn half() -> impl Strategy<Value = u64> {
    let lanes = (f32_bits(), f32_bits()).prop_map(|(low, high)| u64::from(high) << 32 | u64::from(low));
    prop_oneof![lanes, float(11, 52), long()]
}

fn item() -> impl Strategy<Value = Item> {
    let int = prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(1 << 31), Just((1_u32 << 31) - 1), any::<u32>()];
    let heaps = [
        HeapType::Func,
        HeapType::Extern,
        HeapType::Any,
        HeapType::Eq,
        HeapType::I31,
        HeapType::Struct,
        HeapType::Array,
        HeapType::Exn,
    ];
    let made = [
        (HeapType::Struct, "struct"),
        (HeapType::Eq, "struct"),
        (HeapType::Array, "array"),
        (HeapType::Any, "array"),
        (HeapType::Extern, "extern"),
        (HeapType::Exn, "exn"),
    ];
    prop_oneof![
        int.prop_map(Item::I32),
        long().prop_map(Item::I64),
        f32_bits().prop_map(Item::F32),
        float(11, 52).prop_map(Item::F64),
        (half(), half()).prop_map(|(low, high)| Item::V128(low, high)),
        proptest::sample::select(heaps.to_vec()).prop_map(Item::Null),
        Just(Item::Func),
        Just(Item::Host),
        prop_oneof![Just(-1_i32 << 30), Just((1 << 30) - 1), Just(0), -1_i32 << 30..1 << 30].prop_map(Item::I31),
        (proptest::sample::select(made.to_vec()), any::<i32>())
            .prop_map(|((heap, name), number)| Item::Made(heap, name, number)),
    ]
}

impl Item {
    fn ty(&self) -> ValType {
        let heap = match self {
            Self::I32(_) => return ValType::I32,
            Self::I64(_) => return ValType::I64,
            Self::F32(_) => return ValType::F32,
            Self::F64(_) => return ValType::F64,
            Self::V128(..) => return ValType::V128,
            Self::Func => HeapType::Func,
            Self::Host => HeapType::Extern,
            Self::I31(_) => HeapType::I31,
            Self::Null(heap) | Self::Made(heap, ..) => heap.clone(),
        };
        ValType::Ref { ty: RefType { nullable: true, heap } }
    }

    fn value(&self, guest: &Guest) -> Val {
        match self {
            Self::I32(bits) => Val::I32 { value: bits.cast_signed() },
            Self::I64(bits) => Val::I64 { value: bits.cast_signed() },
            Self::F32(bits) => Val::F32 { bits: *bits },
            Self::F64(bits) => Val::F64 { bits: *bits },
            Self::V128(low, high) => Val::V128 { low: *low, high: *high },
            Self::Null(_) => Val::Null,
            Self::Func => Val::FuncRef { func: Some(guest.maker("func")) },
            Self::Host => Reference::of_host(&guest.store, Arc::new(())).unwrap().value().unwrap(),
            Self::I31(value) => Reference::of_i31(&guest.store, *value).unwrap().value().unwrap(),
            Self::Made(_, name, number) => guest.make(name, *number),
        }
    }
}

/// Makes what only a guest can make.
const MAKER: &str = r#"(module (type $box (struct (field i32))) (type $row (array i64)) (tag $tag (param i32))
    (func (export "struct") (param i32) (result structref) (struct.new $box (local.get 0)))
    (func (export "array") (param i32) (result arrayref) (array.new $row (i64.extend_i32_s (local.get 0)) (i32.const 3)))
    (func (export "extern") (param i32) (result externref) (extern.convert_any (struct.new $box (local.get 0))))
    (func (export "exn") (param i32) (result exnref)
        (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $tag (local.get 0)))
            (unreachable)))
    (func (export "func") (param i32) (result i32) (local.get 0)))"#;

struct Guest {
    engine: Arc<Engine>,
    store: Arc<Store>,
    instance: Arc<Instance>,
}

impl Guest {
    fn new() -> Self {
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        let on = Some(true);
        let config =
            Config { target, wasm_gc: on, wasm_function_references: on, wasm_exceptions: on, ..Config::default() };
        let engine = Engine::new(config).unwrap();
        let store = Store::new(&engine).unwrap();
        let module = Module::new(&engine, MAKER.as_bytes()).unwrap();
        let instance = Instance::new(&store, &module, Vec::new()).unwrap();
        Self { engine, store, instance }
    }

    fn maker(&self, name: &str) -> Arc<Func> {
        match self.instance.export(&self.store, name).unwrap() {
            Extern::OfFunc { func } => func,
            _ => panic!("no function"),
        }
    }

    fn make(&self, name: &str, number: i32) -> Val {
        self.maker(name).call(&self.store, vec![Val::I32 { value: number }]).unwrap().remove(0)
    }

    /// Whether two values are the same, to the bit or by identity.
    fn same(&self, one: &Val, other: &Val) -> bool {
        let same = |one: &Arc<Reference>, other: &Arc<Reference>| one.same(&self.store, other).unwrap();
        match (one, other) {
            (Val::I32 { value: one }, Val::I32 { value: other }) => one == other,
            (Val::I64 { value: one }, Val::I64 { value: other }) => one == other,
            (Val::F32 { bits: one }, Val::F32 { bits: other }) => one == other,
            (Val::F64 { bits: one }, Val::F64 { bits: other }) => one == other,
            (Val::V128 { low, high }, Val::V128 { low: other, high: top }) => (low, high) == (other, top),
            (Val::FuncRef { func: Some(one) }, Val::FuncRef { func: Some(other) }) => {
                one.same(&self.store, other).unwrap()
            }
            (Val::ExternRef { value: Some(one) }, Val::ExternRef { value: Some(other) })
            | (Val::AnyRef { value: Some(one) }, Val::AnyRef { value: Some(other) })
            | (Val::ExnRef { value: Some(one) }, Val::ExnRef { value: Some(other) }) => same(one, other),
            (one, other) => is_null(one) && is_null(other),
        }
    }

    fn all_same(&self, one: &[Val], other: &[Val]) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.same(one, other))
    }
}

fn is_null(value: &Val) -> bool {
    matches!(
        value,
        Val::Null
            | Val::FuncRef { func: None }
            | Val::ExternRef { value: None }
            | Val::AnyRef { value: None }
            | Val::ExnRef { value: None }
    )
}

/// Keeps what it is given, and gives it back.
#[derive(Default)]
struct Echo(Mutex<Vec<Vec<Val>>>);

impl HostFunction for Echo {
    fn call(&self, _caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        self.0.lock().unwrap().push(arguments.clone());
        Ok(arguments)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arguments_and_results_of_guests_and_of_the_host(items in proptest::collection::vec(item(), 0..9)) {
        let guest = Guest::new();
        let types: Vec<_> = items.iter().map(Item::ty).collect();
        let given: Vec<_> = items.iter().map(|item| item.value(&guest)).collect();
        let echo = Arc::new(Echo::default());
        let ty = FuncType { params: types.clone(), results: types.clone() };
        let host = Func::of_values(&guest.store, &ty, Arc::clone(&echo) as Arc<dyn HostFunction>).unwrap();

        let list = types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let gets = (0..types.len()).map(|index| format!("(local.get {index})")).collect::<String>();
        let text = format!(
            "(module (import \"\" \"\" (func $host (param {list}) (result {list})))
                (func (export \"pass\") (param {list}) (result {list}) {gets})
                (func (export \"call\") (param {list}) (result {list}) (call $host {gets})))"
        );
        let module = Module::new(&guest.engine, text.as_bytes()).unwrap();
        let instance =
            Instance::new(&guest.store, &module, vec![Extern::OfFunc { func: Arc::clone(&host) }]).unwrap();
        for name in ["pass", "call"] {
            let Extern::OfFunc { func } = instance.export(&guest.store, name).unwrap() else { panic!("no function") };
            let found = func.call(&guest.store, given.clone()).unwrap();
            prop_assert!(guest.all_same(&found, &given), "{}", name);
        }
        let found = host.call(&guest.store, given.clone()).unwrap();
        prop_assert!(guest.all_same(&found, &given));
        let seen = echo.0.lock().unwrap();
        prop_assert_eq!(seen.len(), 2);
        prop_assert!(seen.iter().all(|seen| guest.all_same(seen, &given)));
    }

    #[test]
    fn globals_and_tables(first in item(), second in item()) {
        let guest = Guest::new();
        let (value, null) = (first.value(&guest), Val::Null);
        let ty = GlobalType { content: first.ty(), mutable: true };
        let global = Global::new(&guest.store, ty, value.clone()).unwrap();
        prop_assert!(guest.same(&global.get(&guest.store).unwrap(), &value));
        if second.ty() == first.ty() {
            let other = second.value(&guest);
            global.set(&guest.store, other.clone()).unwrap();
            prop_assert!(guest.same(&global.get(&guest.store).unwrap(), &other));
        }
        if let ValType::Ref { ty: element } = first.ty() {
            let ty = TableType { element, limits: Limits { min: 2, max: Some(9) }, is_64: false };
            let table = Table::new(&guest.store, ty, null.clone()).unwrap();
            table.set(&guest.store, 1, value.clone()).unwrap();
            table.grow(&guest.store, 2, value.clone()).unwrap();
            table.copy(&guest.store, 0, &table, 3, 1).unwrap();
            for (index, expected) in [&value, &value, &value, &value].into_iter().enumerate() {
                prop_assert!(guest.same(&table.get(&guest.store, index as i64).unwrap(), expected), "{}", index);
            }
            table.fill(&guest.store, 1, null.clone(), 2).unwrap();
            prop_assert!(is_null(&table.get(&guest.store, 2).unwrap()));
        }
    }
}
