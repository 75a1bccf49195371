//! The one error model: what can go wrong, and how it is said.

pub(crate) mod chain;
pub(crate) mod counted;
pub(crate) mod error;
pub(crate) mod excerpt;
pub(crate) mod frame;
pub(crate) mod guest_text;
pub(crate) mod interruption;
pub mod misuse;
pub mod numbers;
pub mod spelling;
pub(crate) mod trap_code;
