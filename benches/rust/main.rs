//! Prints a line a row: `row<TAB>who<TAB>nanoseconds`, for `tools/bench`. `wasmtime` is the limit that no binding
//! can pass; `core` is what Trimaran adds to it before a language does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark checks by panicking")]

mod component;
mod surface;

use std::hint::black_box;
use std::time::Instant;

use trimaran::adapter::{Slot, SlotFunction};
use trimaran::{Engine, Extern, Func, FuncType, Instance, Module, Result, Store, ValType};

const WORKLOAD: &[u8] = include_bytes!("../workload.wat");
const HOST: &[u8] = include_bytes!("../host.wat");
/// How often a run calls the host.
const CALLS: i32 = 1000;
const ROUNDS: usize = 90;

/// The least time of one call, of many rounds that take about 2 ms each: others may use the machine in the longer ones.
fn measure(row: &str, who: &str, call: impl FnMut()) {
    measure_each(row, who, 1, call);
}

/// The same, where each call does something so many times.
fn measure_each(row: &str, who: &str, times: i32, mut call: impl FnMut()) {
    // One row alone, for a profiler.
    if std::env::args().nth(2).is_some_and(|wanted| wanted != row) {
        return;
    }
    let mut once = |count: u32| {
        let start = Instant::now();
        for _ in 0..count {
            call();
        }
        start.elapsed()
    };
    let mut count = 1;
    while once(count).as_millis() < 1 {
        count *= 2;
    }
    let rounds = (0..ROUNDS).map(|_| once(count * 2).as_nanos() as f64 / f64::from(count * 2));
    println!("{row}\t{who}\t{:.1}", rounds.fold(f64::INFINITY, f64::min) / f64::from(times));
}

fn limit() {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, WORKLOAD).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
    let nop = instance.get_typed_func::<(), ()>(&mut store, "nop").unwrap();
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").unwrap();
    let sum = instance.get_typed_func::<(f64, f64, f64, f64), f64>(&mut store, "sum").unwrap();
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    assert_eq!(add.call(&mut store, (40, 2)).unwrap(), 42);
    measure("() -> ()", "wasmtime", || nop.call(&mut store, ()).unwrap());
    measure("(i32, i32) -> i32", "wasmtime", || {
        black_box(add.call(&mut store, black_box((40, 2))).unwrap());
    });
    measure("(f64 x 4) -> f64", "wasmtime", || {
        black_box(sum.call(&mut store, black_box((1.0, 2.0, 3.0, 4.0))).unwrap());
    });
    for (name, size) in [("16 B", 16), ("64 KiB", 1 << 16), ("16 MiB", 1 << 24)] {
        let mut buffer = vec![7; size];
        measure(&format!("read {name}"), "wasmtime", || {
            memory.read(&store, 0, black_box(&mut buffer)).unwrap();
        });
        measure(&format!("write {name}"), "wasmtime", || {
            memory.write(&mut store, 0, black_box(&buffer)).unwrap();
        });
    }
    measure("size", "wasmtime", || {
        black_box(memory.size(&store));
    });
    let (global, table) =
        (instance.get_global(&mut store, "counter").unwrap(), instance.get_table(&mut store, "table").unwrap());
    measure("global get", "wasmtime", || {
        black_box(global.get(&mut store));
    });
    measure("global set", "wasmtime", || global.set(&mut store, black_box(wasmtime::Val::I32(7))).unwrap());
    measure("table get", "wasmtime", || {
        black_box(table.get(&mut store, 0));
    });
    measure("table size", "wasmtime", || {
        black_box(table.size(&store));
    });
    let data = memory.data_ptr(&store);
    measure("view load i32", "wasmtime", || {
        // SAFETY: the memory is there, and has more bytes.
        black_box(unsafe { black_box(data).cast::<i32>().read_unaligned() });
    });
    let inc = wasmtime::Func::wrap(&mut store, |value: i32| value + 1);
    let guest = wasmtime::Module::new(&engine, HOST).unwrap();
    let guest = wasmtime::Instance::new(&mut store, &guest, &[inc.into()]).unwrap();
    let run = guest.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    measure_each("host callback (i32)", "wasmtime", CALLS, || assert_eq!(run.call(&mut store, CALLS).unwrap(), CALLS));
    measure("instantiate", "wasmtime", || {
        let mut store = wasmtime::Store::new(&engine, ());
        black_box(wasmtime::Instance::new(&mut store, &module, &[]).unwrap());
    });
}

struct Increment;

// SAFETY: it gives a number.
unsafe impl SlotFunction for Increment {
    fn call(&self, _store: &Store, _pass: u64, slots: &mut [Slot]) -> Result<()> {
        slots[0].low = u64::from(slots[0].low as u32 + 1);
        Ok(())
    }
}

fn core() {
    let engine = Engine::new(trimaran::Config::default()).unwrap();
    let module = Module::new(&engine, WORKLOAD).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let func = |name| match instance.export(&store, name).unwrap() {
        Extern::OfFunc { func } => func,
        _ => panic!("expected a function"),
    };
    let Extern::OfMemory { memory } = instance.export(&store, "memory").unwrap() else { panic!("expected a memory") };
    let (nop, add, sum) = (func("nop"), func("add"), func("sum"));
    let int = |low| Slot { low, high: 0 };
    let float = |value: f64| Slot { low: value.to_bits(), high: 0 };
    measure("() -> ()", "core", || nop.call_slots(&store, &mut []).unwrap());
    measure("(i32, i32) -> i32", "core", || {
        let mut slots = black_box([int(40), int(2)]);
        add.call_slots(&store, &mut slots).unwrap();
        assert_eq!(slots[0].low, 42);
    });
    store.begin_turn().unwrap();
    measure("(i32, i32) -> i32, in a turn", "core", || {
        let mut slots = black_box([int(40), int(2)]);
        add.call_slots(&store, &mut slots).unwrap();
        assert_eq!(slots[0].low, 42);
    });
    store.end_turn().unwrap();
    measure("(f64 x 4) -> f64", "core", || {
        let mut slots = black_box([float(1.0), float(2.0), float(3.0), float(4.0)]);
        sum.call_slots(&store, &mut slots).unwrap();
        assert_eq!(slots[0], float(10.0));
    });
    measure("batch of 1000", "core", || {
        let mut total = 0;
        let fill = |row: usize, slots: &mut [Slot]| slots.copy_from_slice(&[int(row as u64), int(1)]);
        add.call_rows(&store, 1000, fill, |_, slots| total += slots[0].low).unwrap();
        assert_eq!(total, 500_500);
    });
    for (name, size) in [("16 B", 16), ("64 KiB", 1 << 16), ("16 MiB", 1 << 24)] {
        let mut buffer = vec![7; size];
        measure(&format!("read {name}"), "core", || memory.read_into(&store, 0, black_box(&mut buffer)).unwrap());
        measure(&format!("write {name}"), "core", || memory.write(&store, black_box(&buffer), 0).unwrap());
    }
    measure("size", "core", || {
        black_box(memory.size(&store).unwrap());
    });
    let Extern::OfGlobal { global } = instance.export(&store, "counter").unwrap() else { panic!("expected a global") };
    let Extern::OfTable { table } = instance.export(&store, "table").unwrap() else { panic!("expected a table") };
    measure("global get", "core", || {
        black_box(global.get_slot(&store).unwrap());
    });
    // SAFETY: it is a number.
    measure("global set", "core", || unsafe { global.set_slot(&store, black_box(int(7))).unwrap() });
    measure("table get", "core", || {
        black_box(table.get(&store, 0).unwrap());
    });
    measure("table size", "core", || {
        black_box(table.size(&store).unwrap());
    });
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32] };
    let inc = Func::host(&store, ty).unwrap();
    inc.attach(&store, Box::new(Increment)).unwrap();
    let guest = Module::new(&engine, HOST).unwrap();
    let guest = Instance::new(&store, &guest, vec![Extern::OfFunc { func: inc }]).unwrap();
    let Extern::OfFunc { func: run } = guest.export(&store, "run").unwrap() else { panic!("expected a function") };
    measure_each("host callback (i32)", "core", CALLS, || {
        let mut slots = [int(CALLS as u64)];
        run.call_slots(&store, &mut slots).unwrap();
        assert_eq!(slots[0].low as i32, CALLS);
    });
    measure("instantiate", "core", || {
        let store = Store::new(&engine).unwrap();
        black_box(Instance::new(&store, &module, Vec::new()).unwrap());
    });
}

fn main() {
    // Components alone, where they are asked for.
    if std::env::args().nth(1).as_deref() == Some("component") {
        component::limit();
        return component::core();
    }
    limit();
    surface::limit();
    component::limit();
    core();
    surface::core();
    component::core();
}
