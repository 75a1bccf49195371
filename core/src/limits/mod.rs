//! What modules and stores may use.

pub(crate) mod module_limits;
pub(crate) mod shared_size;
pub(crate) mod store_limiter;
pub(crate) mod store_limits;
pub(crate) mod weight;
