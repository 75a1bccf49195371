//! The core of Trimaran: every object, every rule and every error, defined once.
//!
//! The Python, Kotlin and Swift packages are carried out of this crate by UniFFI.
//! `ARCHITECTURE.md` says which room holds what.

mod access;
mod artifact;
mod bytes;
mod cache;
mod cli;
mod closable;
mod compile;
mod config;
mod custom_sections;
mod engine;
mod error;
mod externs;
mod fork;
mod func;
mod glance;
mod global;
mod growth;
mod held;
mod host;
mod instance;
mod instance_pre;
mod interrupt;
mod lane;
mod linker;
mod memory;
mod module;
mod module_limits;
pub mod numbers;
mod planted;
mod pool;
mod reference;
mod shared_memory;
mod shown;
mod signals;
mod slot;
mod stack;
mod store;
mod table;
mod tag;
pub mod task;
mod trap;
mod types;
mod unstoppable;
mod value;
mod view;
mod waits;
mod wasi;
mod wat;

pub use cli::command_line;
pub use config::{Cache, Collector, Config, CraneliftFlag, OptLevel, Profiler, Strategy};
pub use custom_sections::custom_sections;
pub use engine::Engine;
pub use error::{Result, WasmtimeError};
pub use externs::{Extern, NamedExtern};
pub use func::Func;
pub use global::Global;
pub use growth::StoreLimits;
pub use held::{held_bytes, was_refused};
pub use host::{Bodiless, Caller, HostFunction, SlotFunction};
pub use instance::Instance;
pub use instance_pre::InstancePre;
pub use interrupt::{InterruptHandle, Interruption, Watch};
pub use linker::Linker;
pub use memory::Memory;
pub use module::{Module, validate};
pub use module_limits::{ModuleLimits, untrusted_config, untrusted_limits};
pub use planted::panic_at;
pub use pool::{Allocation, PoolingConfig};
pub use reference::{HostObject, Reference};
pub use shared_memory::{SharedMemory, WaitOutcome};
pub use slot::{Kind, Signature, Slot};
pub use store::{Hold, Store};
pub use table::Table;
pub use tag::Tag;
pub use trap::{Frame, TrapCode};
pub use types::{
    ExportType, ExternType, FuncType, GlobalType, HeapType, ImportType, Limits, MemoryType, RefType, TableType,
    TagType, ValType,
};
pub use unstoppable::{before_compiling, in_host, is_compilation, tell_of_this_thread, unstoppable_run};
pub use value::Val;
pub use view::View;
pub use wasi::{EnvVar, FixedClock, InputSource, OutputPipe, OutputSink, Preopen, WasiConfig, WasiInput, WasiOutput};
pub use wat::wat2wasm;

uniffi::setup_scaffolding!("trimaran");

/// The version of this library, which is also that of every package: `major.minor.patch`.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
