//! Values, and how they are converted on their way into a guest and out of it.

pub(crate) mod convert;
pub mod float;
pub(crate) mod func;
pub(crate) mod reference;
pub(crate) mod val;
