//! The core of Trimaran: every object, every rule and every error, defined once.
//!
//! The Python, Kotlin and Swift packages carry this crate's exports into their languages. Each folder is a room, and
//! `ARCHITECTURE.md` says which room holds what, in their order: each uses only rooms above it. `tests/rust/rooms.rs`
//! fails if a circle comes back.

mod cli;
mod compile;
mod component;
mod errors;
mod events;
mod explore;
mod fast_path;
mod host;
mod interruption;
mod limits;
mod linking;
mod objects;
mod process;
mod runs;
mod snapshots;
mod stores;
mod traps;
mod types;
mod values;
mod wasi;

// Engines and modules.
pub use compile::allocation::{Allocation, PoolingConfig};
pub use compile::config::{Cache, Collector, Config, CraneliftFlag, OptLevel, ProfilingStrategy, Strategy};
pub use compile::contents::{
    DataSegment, InnerName, ItemName, ModuleNames, Producer, module_data, module_names, module_producers,
};
pub use compile::custom_sections::custom_sections;
pub use compile::engine::Engine;
pub use compile::module::{Module, validate};
pub use compile::wat::wat2wasm;

// Stores, and what lives in them.
pub use fast_path::view::View;
pub use linking::instance::Instance;
pub use linking::instance_pre::InstancePre;
pub use linking::linker::Linker;
pub use objects::externs::{Extern, NamedExtern};
pub use objects::global::Global;
pub use objects::memory::Memory;
pub use objects::shared_memory::{SharedMemory, WaitOutcome};
pub use objects::table::Table;
pub use objects::tag::Tag;
pub use stores::core_dump::no_core_dump;
pub use stores::root::HostObject;
pub use stores::store::Store;
pub use values::func::Func;
pub use values::reference::Reference;

// Values and types.
pub use types::extern_type::{
    ExportType, ExternType, FuncType, GlobalType, ImportType, Limits, MemoryType, TableType, TagType,
};
pub use types::val_type::{HeapType, RefType, ValType};
pub use values::val::Val;

// Host functions.
pub use host::caller::Caller;
pub use host::func::HostFunction;

// Events.
pub use events::event::{Event, EventKind};
pub use events::listener::{EventListener, EventListening};

// Limits and interruption.
pub use compile::untrusted::{untrusted_config, untrusted_limits};
pub use errors::interruption::Interruption;
pub use interruption::handle::InterruptHandle;
pub use limits::module_limits::ModuleLimits;
pub use limits::store_limits::StoreLimits;
pub use stores::profiler::Profiler;

// WASI.
pub use wasi::config::{EnvVar, FixedClock, MemoryPreopen, Preopen, WasiConfig, WasiInput, WasiOutput};
pub use wasi::http::handler::{HttpHandler, WasiHttp};
pub use wasi::http::headers::http_header_value;
pub use wasi::http::message::{HttpBody, HttpHeader, HttpRequestHead, HttpResponse, ServedRequest, ServedResponse};
pub use wasi::http::request::HttpRequest;
pub use wasi::memory_directory::{MemoryDirectory, MemoryFile};
pub use wasi::source::InputSource;
pub use wasi::stream::{OutputPipe, OutputSink};
pub use wasi::stream_port::StreamPort;

// Components.
pub use component::component::{Component, precompile_component, validate_component};
pub use component::func::ComponentFunc;
pub use component::instance::ComponentInstance;
pub use component::instance_pre::ComponentInstancePre;
pub use component::linker::ComponentLinker;
pub use component::mistakes::{ComponentMistake, refuse_component_value};
pub use component::resource::ComponentResource;
pub use component::resource_type::ComponentResourceType;
pub use component::serving::ComponentServing;
pub use component::stream::ComponentStream;
pub use component::types::{ComponentTypeKind, ComponentTypeNode, ComponentTypes};
pub use component::wit::component_type_text;

// Errors.
pub use errors::error::{Result, WasmtimeError};
pub use errors::frame::{CoreDump, DebugInfo, Frame, FrameSymbol};
pub use errors::trap_code::TrapCode;

// The command line.
pub use cli::command_line::command_line;

/// What only the adapters of the languages need (`bindings/`). It may change with each version.
#[doc(hidden)]
pub mod adapter {
    pub use crate::component::abi::{call, host as component_host, plan, stream};
    pub use crate::component::bindings::{component_file, python_bindings};
    pub use crate::component::few::Few;
    pub use crate::component::func::Arguments;
    pub use crate::component::handles::{ComponentSource, GivenResource, Received, ResourceValue};
    pub use crate::component::host::{ComponentHostFunction, HostFuncType, PlainHostFunction, Reply};
    pub use crate::component::mistakes::error as component_mistake;
    pub use crate::component::source::component_source;
    pub use crate::component::spare;
    pub use crate::component::start::OwnedArguments;
    pub use crate::component::waiting::ComponentHostCall;
    pub use crate::errors::frame::Backtrace;
    pub use crate::errors::misuse;
    pub use crate::errors::numbers;
    pub use crate::errors::spelling::spell_in_camel_case;
    pub use crate::fast_path::columns;
    pub use crate::fast_path::slots::Owned;
    pub use crate::host::caller::no_caller_export;
    pub use crate::host::definition::{HostBody, UnboundHostFunc};
    pub use crate::host::func::HostType;
    pub use crate::host::waiting::HostCall;
    pub use crate::interruption::interrupt::time_is_over;
    pub use crate::interruption::interrupt_check::{InterruptCheck, watch_waits};
    pub use crate::objects::externs::wrong_export;
    pub use crate::process::failpoint::panic_at;
    pub use crate::process::native_pressure::{held_bytes, was_refused};
    pub use crate::process::task;
    pub use crate::process::unstoppable::{
        before_compiling, in_host, is_compilation, tell_of_this_thread, unstoppable_run,
    };
    pub use crate::runs::run::{Run, Step};
    pub use crate::stores::entry::Hold;
    pub use crate::stores::host_objects::{HostDrop, HostResource, Ownership};
    pub use crate::stores::steps::{ask_tasks, swap_working_for};
    pub use crate::stores::store::{OfStore, SlotFunction};
    pub use crate::stores::suspension::Asked;
    pub use crate::types::slot::{Signature, Slot, ValKind};
    pub use crate::values::float;
    pub use trimaran_gate::Token;
}

uniffi::setup_scaffolding!("trimaran");

/// The version of this library, which is also that of every package: `major.minor.patch`.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
