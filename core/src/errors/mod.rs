//! The one error model: what can go wrong, and how it is said.

pub(crate) mod error;
pub mod numbers;
pub(crate) mod shown;
