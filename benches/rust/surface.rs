//! The rows of what a host does beside calls: texts, names, types and objects.

use std::hint::black_box;

use trimaran::adapter::{Slot, SlotFunction};
use trimaran::{Engine, Extern, Instance, Linker, Module, Result, Store};

use crate::{CALLS, WORKLOAD, measure, measure_each};

const TEXT: &[u8] = include_bytes!("../text.wat");
const TRAP: &str = "(module (func (export \"trap\") unreachable))";
const LENGTH: i64 = 16;

fn ten() -> String {
    let exports: Vec<_> = (0..10).map(|index| format!("(func (export \"f{index}\") (param i32))")).collect();
    format!("(module {})", exports.join(" "))
}

pub fn limit() {
    let who = "wasmtime";
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, WORKLOAD).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    memory.write(&mut store, 0, &vec![b'x'; 1 << 20]).unwrap();
    for (name, size) in [("16 B", 16), ("1 MiB", 1 << 20)] {
        measure(&format!("read_string {name}"), who, || {
            black_box(std::str::from_utf8(&memory.data(&store)[..size]).unwrap().to_owned());
        });
    }
    measure("fill 16 B", who, || memory.data_mut(&mut store)[black_box(0)..16].fill(7));
    measure("grow by 0", who, || {
        black_box(memory.grow(&mut store, 0).unwrap());
    });
    measure("instance.memory(name)", who, || {
        black_box(instance.get_memory(&mut store, "memory").unwrap());
    });
    measure("memory.type", who, || {
        black_box(memory.ty(&store));
    });
    let reads = wasmtime::Func::wrap(&mut store, |mut caller: wasmtime::Caller<'_, ()>, start: u32, length: u32| {
        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
        let (start, length) = (start as usize, length as usize);
        std::str::from_utf8(&memory.data(&caller)[start..start + length]).unwrap().to_owned().len() as i32
    });
    let guest = wasmtime::Module::new(&engine, TEXT).unwrap();
    let guest = wasmtime::Instance::new(&mut store, &guest, &[reads.into()]).unwrap();
    let run = guest.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    measure_each("host function reads a text", who, CALLS, || {
        assert_eq!(run.call(&mut store, CALLS).unwrap(), CALLS * 16);
    });
    let exports = wasmtime::Module::new(&engine, ten()).unwrap();
    measure("module.exports, 10 items", who, || {
        black_box(exports.exports().map(|item| (item.name().to_owned(), item.ty())).collect::<Vec<_>>());
    });
    measure("engine", who, || {
        black_box(wasmtime::Engine::default());
    });
    measure("store", who, || {
        black_box(wasmtime::Store::new(&engine, ()));
    });
    let trap = wasmtime::Module::new(&engine, TRAP).unwrap();
    let trap = wasmtime::Instance::new(&mut store, &trap, &[]).unwrap();
    let trap = trap.get_typed_func::<(), ()>(&mut store, "trap").unwrap();
    measure("trap", who, || {
        black_box(trap.call(&mut store, ()).unwrap_err());
    });
}

struct Reads;

// SAFETY: it gives a number.
unsafe impl SlotFunction for Reads {
    fn call(&self, store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let Some(Extern::OfMemory { memory }) = store.caller_export(call_id, "memory")? else {
            panic!("expected a memory")
        };
        // Of an i32, the low half counts.
        let text = memory.read_string(store, i64::from(slots[0].low as u32), i64::from(slots[1].low as u32))?;
        slots[0].low = text.len() as u64;
        Ok(())
    }
}

pub fn core() {
    let who = "core";
    let engine = Engine::new(trimaran::Config::default()).unwrap();
    let module = Module::new(&engine, WORKLOAD).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Extern::OfMemory { memory } = instance.export(&store, "memory").unwrap() else { panic!("expected a memory") };
    memory.write(&store, &vec![b'x'; 1 << 20], 0).unwrap();
    for (name, size) in [("16 B", 16), ("1 MiB", 1 << 20)] {
        measure(&format!("read_string {name}"), who, || {
            black_box(memory.read_string(&store, 0, size).unwrap());
        });
    }
    measure("fill 16 B", who, || memory.fill(&store, 7, 0, LENGTH).unwrap());
    measure("copy_within 16 B", who, || memory.copy_within(&store, 0, 64, LENGTH).unwrap());
    memory.write(&store, &[&[0; 99][..], b"!"].concat(), 0).unwrap();
    measure("find in 100 B", who, || assert_eq!(memory.find(&store, b"!", 0, Some(100)).unwrap(), Some(99)));
    measure("grow by 0", who, || assert_eq!(memory.grow(&store, 0).unwrap(), 257));
    measure("instance.memory(name)", who, || {
        black_box(instance.export(&store, "memory").unwrap());
    });
    measure("memory.type", who, || {
        black_box(memory.r#type(&store).unwrap());
    });
    measure("hexdump of 32 B", who, || {
        black_box(memory.hexdump(&store, 0, 32, 16).unwrap());
    });
    measure("bounds error", who, || {
        black_box(memory.write(&store, b"12345678", 257 << 16).unwrap_err());
    });
    let i32s = |count| vec![trimaran::ValType::I32; count];
    let reads = trimaran::Func::host(&store, trimaran::FuncType { params: i32s(2), results: i32s(1) }).unwrap();
    reads.attach(&store, Box::new(Reads)).unwrap();
    let guest =
        Instance::new(&store, &Module::new(&engine, TEXT).unwrap(), vec![Extern::OfFunc { func: reads }]).unwrap();
    let Extern::OfFunc { func: run } = guest.export(&store, "run").unwrap() else { panic!("expected a function") };
    measure_each("host function reads a text", who, CALLS, || {
        let mut slots = [Slot { low: CALLS as u64, high: 0 }];
        run.call_slots(&store, &mut slots).unwrap();
        assert_eq!(slots[0].low as i32, CALLS * 16);
    });
    let exports = Module::new(&engine, ten().as_bytes()).unwrap();
    measure("module.exports, 10 items", who, || {
        black_box(exports.exports().unwrap());
    });
    measure("engine", who, || {
        black_box(Engine::new(trimaran::Config::default()).unwrap());
    });
    measure("linker with WASI", who, || Linker::new(&engine).unwrap().define_wasi().unwrap());
    measure("store", who, || {
        black_box(Store::new(&engine).unwrap());
    });
    let trap = Instance::new(&store, &Module::new(&engine, TRAP.as_bytes()).unwrap(), Vec::new()).unwrap();
    let Extern::OfFunc { func: trap } = trap.export(&store, "trap").unwrap() else { panic!("expected a function") };
    measure("trap", who, || {
        black_box(trap.call_slots(&store, &mut []).unwrap_err());
    });
}
