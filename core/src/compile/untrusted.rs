//! Settings for untrusted modules.

use crate::{Collector, Config, ModuleLimits, StoreLimits};

/// A configuration for untrusted modules: they can be interrupted, have one thread, and are not compiled where they
/// are too large. Each figure is in `docs/untrusted.md`.
#[uniffi::export]
pub fn untrusted_config() -> Config {
    Config {
        epoch_interruption: Some(true),
        wasm_backtrace_details: Some(false),
        wasm_threads: Some(false),
        shared_memory: Some(false),
        wasm_memory64: Some(false),
        max_wasm_stack: Some(256 << 10),
        cranelift_nan_canonicalization: Some(true),
        collector: Some(Collector::Auto),
        module_limits: Some(ModuleLimits {
            size: Some(16 << 20),
            types: Some(10_000),
            functions: Some(50_000),
            imports: Some(1_000),
            exports: Some(10_000),
            globals: Some(10_000),
            locals: Some(5_000),
            function_size: Some(512 << 10),
            nesting: Some(500),
            compile_time: Some(10_000),
        }),
        ..Config::default()
    }
}

/// Limits for a store in which an untrusted module runs. Each figure is in `docs/untrusted.md`.
#[uniffi::export]
pub fn untrusted_limits() -> StoreLimits {
    StoreLimits {
        memory_size: Some(64 << 20),
        table_elements: Some(100_000),
        instances: Some(10),
        tables: Some(10),
        memories: Some(4),
        file_descriptors: Some(100),
        trap_on_grow_failure: false,
    }
}
