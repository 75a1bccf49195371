//! The canonical ABI: values of a language into components and out of them. It stands on items of wasmtime's that are outside of
//! its promise of stability; `tests/rust/component_abi.rs` compares it with wasmtime's own values.

pub mod call;
pub(crate) mod end;
pub(crate) mod handles;
pub mod host;
pub(crate) mod item;
pub(crate) mod lift;
pub(crate) mod lower;
pub(crate) mod no_value;
pub mod plain;
pub mod plan;
pub(crate) mod rows;
pub(crate) mod same;
pub mod stream;
