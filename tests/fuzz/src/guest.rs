//! The guest that most entries have, and what is done with one that nobody knows.

use std::sync::{Arc, OnceLock};

use trimaran::{
    Config, Engine, Extern, Linker, Module, ModuleLimits, Store, StoreLimits, Val, ValType, WasmtimeError, validate,
};

pub(crate) const GUEST: &str = include_str!("../seeds/text/guest.wat");

/// An engine on which nothing takes long, made once.
pub(crate) fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    Arc::clone(ENGINE.get_or_init(|| Engine::new(config()).unwrap()))
}

pub(crate) fn config() -> Config {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let on = Some(true);
    let module_limits = Some(ModuleLimits {
        functions: Some(500),
        locals: Some(500),
        function_size: Some(16 << 10),
        nesting: Some(100),
        ..ModuleLimits::default()
    });
    Config {
        wasm_threads: target.is_none().then_some(true),
        target,
        consume_fuel: on,
        wasm_gc: on,
        wasm_function_references: on,
        wasm_exceptions: on,
        wasm_tail_call: on,
        wasm_memory64: on,
        module_limits,
        ..Config::default()
    }
}

/// A store whose guests end soon.
pub(crate) fn store() -> Arc<Store> {
    let store = Store::new(&engine()).unwrap();
    store.set_fuel(2_000).unwrap();
    let limits = StoreLimits { memory_size: Some(1 << 20), table_elements: Some(10_000), ..StoreLimits::default() };
    store.set_limits(limits).unwrap();
    store
}

/// A value of a type, made of a number; a null for a reference.
pub(crate) fn value(ty: &ValType, number: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32 { value: number as i32 },
        ValType::I64 => Val::I64 { value: number.cast_signed() },
        ValType::F32 => Val::F32 { bits: number as u32 },
        ValType::F64 => Val::F64 { bits: number },
        ValType::V128 => Val::V128 { low: number, high: !number },
        _ => Val::Null,
    }
}

/// Makes an instance of a module, calls what it exports, and looks at the rest.
pub(crate) fn exercise(module: &Module) {
    let store = store();
    let linker = Linker::new(&engine()).unwrap();
    _ = linker.define_unknown_imports_as_default_values(&store, module);
    let Ok(instance) = linker.instantiate(&store, module) else { return };
    if let Ok(snapshot) = instance.snapshot(&store, Vec::new()) {
        validate(&engine(), &snapshot).expect("a snapshot is valid");
    }
    for export in instance.exports(&store).unwrap() {
        match export.item {
            Extern::OfFunc { func } => {
                let params = func.r#type(&store).map(|ty| ty.params).unwrap_or_default();
                let called = func.call(&store, params.iter().map(|ty| value(ty, 3)).collect());
                check(called.map(|_| ()));
            }
            Extern::OfMemory { memory } => {
                check(memory.read(&store, 0, 16).map(|_| ()));
                check(memory.grow(&store, 1).map(|_| ()));
            }
            Extern::OfTable { table } => check(table.get(&store, 0).map(|_| ())),
            Extern::OfGlobal { global } => check(global.get(&store).map(|_| ())),
            _ => {}
        }
    }
    store.release().unwrap();
}

/// A typed error is fine, unless it is a mistake of ours.
pub(crate) fn check(done: Result<(), WasmtimeError>) {
    if let Err(error @ WasmtimeError::Unexpected { .. }) = done {
        panic!("{error}");
    }
}
