//! The core of Trimaran: every object, every rule and every error, defined once.
//!
//! The Python, Kotlin and Swift packages are carried out of this crate by UniFFI.
//! `ARCHITECTURE.md` says which room holds what.

mod access;
mod artifact;
mod bytes;
mod closable;
mod config;
mod engine;
mod error;
mod externs;
mod func;
mod global;
mod growth;
mod host;
mod instance;
mod lane;
mod memory;
mod module;
mod reference;
mod shared_memory;
mod slot;
mod stack;
mod store;
mod table;
mod tag;
mod trap;
mod types;
mod value;
mod view;
mod wat;

pub use config::{Cache, Collector, Config, OptLevel, Profiler, Strategy};
pub use engine::Engine;
pub use error::{Result, WasmtimeError};
pub use externs::{Extern, NamedExtern};
pub use func::Func;
pub use global::Global;
pub use host::{Caller, HostFunction, SlotFunction};
pub use instance::Instance;
pub use memory::Memory;
pub use module::{Module, validate};
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
pub use value::Val;
pub use view::View;
pub use wat::wat2wasm;

uniffi::setup_scaffolding!("trimaran");

/// The version of this library, which is also that of every package: `major.minor.patch`.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
