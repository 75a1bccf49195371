//! Components.

pub mod abi;
