//! Components: compiled, linked, instantiated and called (the component model, and `wasmtime::component`).

pub mod abi;
pub(crate) mod bindings;
pub(crate) mod checks;
#[expect(clippy::module_inception, reason = "a file has the name of what it holds")]
pub(crate) mod component;
pub(crate) mod counts;
pub(crate) mod few;
pub(crate) mod func;
pub(crate) mod handles;
pub(crate) mod host;
pub(crate) mod instance;
pub(crate) mod instance_pre;
pub(crate) mod items;
pub(crate) mod link;
pub(crate) mod linker;
pub(crate) mod misfits;
pub(crate) mod mistakes;
pub(crate) mod port;
pub(crate) mod reading;
pub(crate) mod resource;
pub(crate) mod resource_type;
pub(crate) mod serving;
pub(crate) mod size;
pub(crate) mod source;
pub mod spare;
pub(crate) mod start;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod types;
pub(crate) mod versions;
pub(crate) mod waiting;
pub(crate) mod wasi;
pub(crate) mod wit;
pub(crate) mod words;
