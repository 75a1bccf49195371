//! Components with wasmtime's static types, the limit of the rows about components, and by what the core adds to that.

use std::hint::black_box;
use std::sync::Arc;

use trimaran::adapter::{
    Arguments, ComponentHostFunction, GivenResource, HostFuncType, PlainHostFunction, Received, Reply, spare,
};
use trimaran::{ComponentFunc, ComponentLinker};
use wasmtime::component::{Component, ComponentType, Instance, Lift, Linker, Lower, ResourceAny};
use wasmtime::{Engine, Store};

use crate::{CALLS, measure, measure_each};

const COMPONENT: &[u8] = include_bytes!("../component.wat");

#[derive(ComponentType, Lift, Lower, Clone, PartialEq, Debug)]
#[component(record)]
struct Point {
    a: u32,
    b: i64,
    c: f32,
    d: f64,
    e: bool,
    f: u16,
    name: String,
}

fn point() -> Point {
    Point { a: 1, b: -2, c: 3.5, d: 4.5, e: true, f: 6, name: "seven".to_owned() }
}

pub fn limit() {
    // As an engine of ours has it, unless its configuration asks for more.
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false);
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, COMPONENT).unwrap();
    let mut linker = Linker::new(&engine);
    linker.root().func_wrap("double", |_, (n,): (u32,)| Ok((n.wrapping_mul(2),))).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    calls(&mut store, &instance);
    values(&mut store, &instance);
    let pre = linker.instantiate_pre(&component).unwrap();
    measure("component new store and instance", "wasmtime", || {
        black_box(pre.instantiate(&mut Store::new(&engine, ())).unwrap());
    });
}

fn calls(store: &mut Store<()>, instance: &Instance) {
    let add = instance.get_typed_func::<(u32, u32), (u32,)>(&mut *store, "add").unwrap();
    measure("component (u32, u32) -> u32", "wasmtime", || {
        assert_eq!(add.call(&mut *store, black_box((40, 2))).unwrap().0, 42);
    });
    let host = instance.get_typed_func::<(u32,), (u32,)>(&mut *store, "host").unwrap();
    measure_each("component host call", "wasmtime", CALLS, || {
        host.call(&mut *store, (CALLS.cast_unsigned(),)).unwrap();
    });
    let make = instance.get_typed_func::<(u32,), (ResourceAny,)>(&mut *store, "[constructor]counter").unwrap();
    let get = instance.get_typed_func::<(ResourceAny,), (u32,)>(&mut *store, "[method]counter.get").unwrap();
    let (counter,) = make.call(&mut *store, (7,)).unwrap();
    measure("component resource method", "wasmtime", || {
        assert_eq!(get.call(&mut *store, (counter,)).unwrap().0, 7);
    });
}

fn values(store: &mut Store<()>, instance: &Instance) {
    let string = instance.get_typed_func::<(&str,), (String,)>(&mut *store, "string").unwrap();
    for (name, size) in [("16 B", 16), ("64 KiB", 1 << 16)] {
        let text = "x".repeat(size);
        measure(&format!("component string {name}"), "wasmtime", || {
            assert_eq!(string.call(&mut *store, (&text,)).unwrap().0.len(), size);
        });
    }
    let bytes = instance.get_typed_func::<(&[u8],), (Vec<u8>,)>(&mut *store, "bytes").unwrap();
    let octets = vec![7_u8; 1 << 16];
    measure("component list<u8> 64 KiB", "wasmtime", || {
        assert_eq!(bytes.call(&mut *store, (&octets,)).unwrap().0.len(), 1 << 16);
    });
    let floats = instance.get_typed_func::<(&[f64],), (Vec<f64>,)>(&mut *store, "floats").unwrap();
    let numbers = vec![7_f64; 1 << 16];
    measure("component list<f64> 64 Ki", "wasmtime", || {
        assert_eq!(floats.call(&mut *store, (&numbers,)).unwrap().0.len(), 1 << 16);
    });
    let record = instance.get_typed_func::<(Point,), (Point,)>(&mut *store, "record").unwrap();
    let one = point();
    measure("component record", "wasmtime", || {
        assert_eq!(record.call(&mut *store, (black_box(one.clone()),)).unwrap().0.a, 1);
    });
    let records = instance.get_typed_func::<(&[Point],), (Vec<Point>,)>(&mut *store, "records").unwrap();
    let many = vec![point(); 1000];
    measure("component 1000 records", "wasmtime", || {
        assert_eq!(records.call(&mut *store, (&many,)).unwrap().0.len(), 1000);
    });
}

/// The host function `double`.
struct Double;

impl ComponentHostFunction for Double {
    fn call(&self, _: &trimaran::Store, _: u64, _: &HostFuncType, mut arguments: Received) -> trimaran::Result<Reply> {
        let number = u32::from_le_bytes(*arguments.bytes.first_chunk().unwrap());
        arguments.give_back();
        let mut bytes = spare::stream();
        bytes.extend_from_slice(&number.wrapping_mul(2).to_le_bytes());
        Ok(Reply { bytes, ..Reply::default() })
    }

    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        Some(self)
    }
}

impl PlainHostFunction for Double {
    fn call_plain(&self, _: &trimaran::Store, _: u64, _: &HostFuncType, arguments: &[u64]) -> trimaran::Result<u64> {
        Ok(u64::from((arguments[0] as u32).wrapping_mul(2)))
    }
}

pub fn core() {
    let engine = trimaran::Engine::new(trimaran::Config::default()).unwrap();
    let component = trimaran::Component::new(&engine, COMPONENT).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_func(Vec::new(), "double", Arc::new(Double)).unwrap();
    let store = trimaran::Store::new(&engine).unwrap();
    let instance = linker.instantiate(&store, &component).unwrap();
    let func = |name: &str| instance.func(&store, vec![name.to_owned()]).unwrap();
    let call = |func: &ComponentFunc, bytes: &[u8], resources: &[GivenResource]| {
        func.call(&store, &Arguments { bytes, resources, ..Arguments::default() }).unwrap()
    };
    let number = |func: &ComponentFunc, slots: &[u64], resources: &[GivenResource], expected: u64| {
        assert_eq!(func.call_plain(&store, slots, resources).unwrap(), expected);
    };
    let add = func("add");
    measure("component (u32, u32) -> u32", "core", || number(&add, black_box(&[40, 2]), &[], 42));
    measure("component (u32, u32) -> u32, as a stream", "core", || {
        let mut received = call(&add, black_box(&[40, 0, 0, 0, 2, 0, 0, 0]), &[]);
        assert_eq!(received.bytes, 42_u32.to_le_bytes());
        received.give_back();
    });
    let host = func("host");
    measure_each("component host call", "core", CALLS, || number(&host, &[CALLS as u64], &[], 0));
    let mut made = call(&func("[constructor]counter"), &7_u32.to_le_bytes(), &[]);
    let counter = [GivenResource { value: made.resources.remove(0), is_own: false }];
    let get = func("[method]counter.get");
    measure("component resource method", "core", || number(&get, &[0], &counter, 7));
}
