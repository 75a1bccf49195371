//! Allocations that fail: where a guest or a caller chooses the size, the result is an error, whichever allocation fails.
//!
//! Small ones are left alone. Where the system has not even a page, Rust ends the process, as `SECURITY.md` says.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use trimaran::{
    Config, Engine, Extern, Func, Instance, Limits, Linker, Memory, MemoryType, Module, OutputPipe, Reference, Result,
    SharedMemory, Store, TrapCode, Val, WasiConfig, WasiOutput, WasmtimeError, custom_sections, wat2wasm,
};

/// What counts as large, in bytes: more than the arguments of any function.
const LARGE: usize = 32 << 10;

thread_local! {
    /// Which of this thread's next large allocations fails, counted from 1; 0 is none.
    static FAILS: Cell<usize> = const { Cell::new(0) };
}

struct Refusing;

impl Refusing {
    fn refuses(&self, size: usize) -> bool {
        size >= LARGE
            && FAILS.with(|fails| {
                let left = fails.get();
                fails.set(left.saturating_sub(1));
                left == 1
            })
    }
}

// SAFETY: it is the system's, or gives null, as it may at any time.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the contract.
        if self.refuses(layout.size()) { std::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the contract.
        if self.refuses(layout.size()) { std::ptr::null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by the contract.
        if self.refuses(size) { std::ptr::null_mut() } else { unsafe { System.realloc(pointer, layout, size) } }
    }
}

#[global_allocator]
static HEAP: Refusing = Refusing;

/// Runs `work` with the first large allocation failing, then with the second, until none is left to fail. Gives how many there
/// were.
fn each<R>(what: &str, mut work: impl FnMut() -> Result<R>) -> usize {
    for count in 1..1000 {
        FAILS.set(count);
        let done = work();
        let is_over = FAILS.replace(0) != 0;
        match done {
            Ok(_) => {}
            Err(WasmtimeError::Limit { .. }) if !is_over => {}
            Err(error) => panic!("{what}, allocation {count}: {error}"),
        }
        if is_over {
            return count - 1;
        }
    }
    panic!("{what} never ends")
}

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (type $row (array (mut i8)))
    (memory (export "memory") 64)
    (table (export "table") 1 funcref)
    (func (export "row") (param i32) (result arrayref) (array.new $row (i32.const 7) (local.get 0)))
    (func (export "random") (param i32 i32) (result i32) (call $random (local.get 0) (local.get 1)))
    (func (export "print") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (local.get 0))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#;

struct Guest {
    engine: Arc<Engine>,
    store: Arc<Store>,
    instance: Arc<Instance>,
    memory: Arc<Memory>,
}

impl Guest {
    fn new() -> Self {
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        let engine = Engine::new(Config { target, wasm_gc: Some(true), ..Config::default() }).unwrap();
        let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
        linker.define_wasi().unwrap();
        let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
        let instance = linker.instantiate(&store, &module).unwrap();
        let Ok(Extern::OfMemory { memory }) = instance.export(&store, "memory") else { panic!("no memory") };
        memory.fill(&store, 0x61, 0, 1 << 22).unwrap();
        Self { engine, store, instance, memory }
    }

    fn call(&self, name: &str, argument: i32) -> Result<Vec<Val>> {
        self.call_with(name, &[argument])
    }

    fn call_with(&self, name: &str, arguments: &[i32]) -> Result<Vec<Val>> {
        let Extern::OfFunc { func } = self.instance.export(&self.store, name)? else { panic!("no function") };
        func.call(&self.store, arguments.iter().map(|value| Val::I32 { value: *value }).collect())
    }
}

#[test]
fn copies_of_a_memory() {
    let guest = Guest::new();
    let (store, memory, length) = (&guest.store, &guest.memory, 1 << 20);
    assert!(each("read", || memory.read(store, 0, length)) > 0);
    assert!(each("read_string", || memory.read_string(store, 0, length)) > 0);
    assert!(each("hexdump", || memory.hexdump(store, 0, length, 16)) > 0);
    assert!(
        each("read_terminated", || {
            memory.store_u8(store, length, 0)?;
            memory.read_terminated(store, 0, 0)
        }) > 0
    );
}

#[test]
fn copies_into_a_shared_memory() {
    let engine = Engine::new(Config { shared_memory: Some(true), ..Config::default() }).unwrap();
    let ty = MemoryType { limits: Limits { min: 32, max: Some(32) }, is_64: false, shared: true, page_size_log2: 16 };
    let (memory, length) = (SharedMemory::new(&engine, ty).unwrap(), 1 << 20);
    assert!(each("fill_with", || memory.write_with(0, length, |bytes| bytes.fill(7))) > 0);
    assert_eq!(memory.read(length - 1, 2).unwrap(), [7, 0]);
    let store = Store::new(&engine).unwrap();
    let seen = memory.as_memory(&store).unwrap();
    // The range is looked at before anything is made for it.
    FAILS.set(1);
    for start in [32 * 65_536 - length + 1, i64::MAX] {
        let done = memory.write_with(start, length, |_| panic!("nothing is written"));
        assert!(matches!(done, Err(WasmtimeError::Bounds { .. })), "{done:?}");
    }
    assert!(matches!(seen.copy_within(&store, 0, length, length + 1), Err(WasmtimeError::Bounds { .. })));
    seen.copy_within(&store, 0, length / 2, length).unwrap();
    memory.write(b"here", length + 9).unwrap();
    assert_eq!(seen.find(&store, b"here", 0, None), Ok(Some(length + 9)));
    assert_eq!(FAILS.replace(0), 1, "a copy of the whole was made");
}

#[test]
fn elements_of_an_array() {
    let guest = Guest::new();
    let row = guest.call("row", 1 << 20).unwrap().pop();
    let Some(Val::AnyRef { value: Some(row) }) = row else { panic!("no array") };
    let fields = |row: &Reference| row.fields(&guest.store, 0, None);
    assert!(each("fields", || fields(&row)) > 0);
    assert_eq!(fields(&row).unwrap().len(), 1 << 20);
}

#[test]
fn what_a_guest_prints() {
    let guest = Guest::new();
    let pipe = OutputPipe::new(None).unwrap();
    let stdout = Some(WasiOutput::Pipe { pipe: Arc::clone(&pipe) });
    guest.store.set_wasi(WasiConfig { stdout, ..WasiConfig::default() }).unwrap();
    // The guest is told that there is no space.
    assert!(each("print", || guest.call("print", 1 << 19)) > 0);
    assert!(each("contents", || pipe.contents()) > 0);
    // What it fails to take is still there.
    FAILS.set(1);
    assert!(matches!(pipe.take(), Err(WasmtimeError::Limit { .. })));
    FAILS.set(0);
    assert!(pipe.take().unwrap().len() >= 1 << 19);
}

#[test]
fn random_bytes() {
    let guest = Guest::new();
    /// More than there are.
    const MANY: usize = 1_000;
    // Whether it ended well, and how many large allocations it took. None fails.
    let call = |buffer: i32, length: i32| {
        FAILS.set(MANY);
        let done = guest.call_with("random", &[buffer, length]);
        let count = MANY - FAILS.replace(0);
        match done.as_deref() {
            Ok([Val::I32 { value: 0 }]) => (true, count),
            Err(WasmtimeError::Trap { code: Some(TrapCode::MemoryOutOfBounds), .. }) => (false, count),
            _ => panic!("{:?}", done.map(|_| ())),
        }
    };
    // The first calls make what the later ones work with.
    _ = (call(0, 1), call(1 << 22, 1));
    let (few, traps) = (call(0, 1), call(1 << 22, 1));
    assert_eq!((few.0, traps.0), (true, false));
    for (buffer, length) in [(0, (1 << 22) + 1), (0, (64 << 20) - 1), (-1, 1), (1, -1)] {
        assert_eq!(call(buffer, length), traps, "{buffer} {length}");
    }
    // Nothing was written, up to the end.
    assert_eq!(guest.memory.read(&guest.store, (1 << 22) - 2, 2).unwrap(), b"aa");
    for (buffer, length) in [(0, 1 << 22), (1 << 22, 0), (-1, 0), (5, 3)] {
        assert_eq!(call(buffer, length), few, "{buffer} {length}");
    }
    let bytes = guest.memory.read(&guest.store, (1 << 22) - 64, 64).unwrap();
    assert!(bytes.iter().any(|byte| *byte != 0x61));
}

#[test]
fn tables_and_instances() {
    let guest = Guest::new();
    let Ok(Extern::OfTable { table }) = guest.instance.export(&guest.store, "table") else { panic!("no table") };
    assert!(each("grow", || table.grow(&guest.store, 1 << 17, Val::Null)) > 0);
    let text = "(module (table 100000 funcref) (memory 4) (data (i32.const 0) \"a\"))";
    let module = Module::new(&guest.engine, text.as_bytes()).unwrap();
    each("instantiate", || Instance::new(&*Store::new(&guest.engine)?, &module, Vec::new()));
}

#[test]
fn functions_with_many_parameters() {
    let guest = Guest::new();
    let list = "i64 ".repeat(900);
    let text = format!("(module (func (export \"f\") (param {list}) (result i64) (local.get 899)))");
    let module = Module::new(&guest.engine, &wat2wasm(text.as_bytes()).unwrap()).unwrap();
    let instance = Instance::new(&guest.store, &module, Vec::new()).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&guest.store, "f") else { panic!("no function") };
    let arguments = vec![Val::I64 { value: 1 }; 900];
    let call = |func: &Func| func.call(&guest.store, arguments.clone());
    each("call", || call(&func));
}

#[test]
fn compiled_modules() {
    let guest = Guest::new();
    let text = format!("(module (memory 16) (data (i32.const 0) \"{}\"))", "n".repeat(1 << 19));
    let module = Module::new(&guest.engine, text.as_bytes()).unwrap();
    assert!(each("serialize", || module.serialize()) > 0);
    assert!(each("pack", || module.pack()) > 1);
    // It is what wasmtime gives.
    let compiled = guest.engine.precompile(text.as_bytes()).unwrap();
    assert_eq!(module.serialize().unwrap(), compiled);
    let binary = wat2wasm(format!("(module (@custom \"c\" \"{}\"))", "n".repeat(1 << 19)).as_bytes()).unwrap();
    assert!(each("custom_sections", || custom_sections(&binary, "c")) > 0);
}

/// A name is held once a frame, and none of them is large.
#[test]
fn names_in_a_call_stack() {
    let guest = Guest::new();
    let text = format!("(module ${0} (func ${0} (export \"f\") unreachable))", "n".repeat(90_000));
    let module = Module::new(&guest.engine, text.as_bytes()).unwrap();
    let instance = Instance::new(&guest.store, &module, Vec::new()).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&guest.store, "f") else { panic!("no function") };
    let large = each("trap", || match func.call(&guest.store, Vec::new()) {
        Err(WasmtimeError::Trap { frames, .. }) => Ok(frames),
        other => other.map(|_| Vec::new()),
    });
    assert_eq!(large, 0);
}
