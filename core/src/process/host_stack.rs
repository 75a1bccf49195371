//! Runs host callbacks on the thread's own stack, if the guest runs on another stack.

use crate::process::{stack, task};
use crate::{Result, WasmtimeError};

/// Runs a callback of WASI or of an `InterruptCheck` on the thread's own stack. The callback cannot enter the store. Fails
/// with `Limit` where fewer than `needed` bytes of that stack are left.
pub(crate) fn on_own_stack<T>(needed: usize, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let too_deep = || WasmtimeError::limit("the thread's stack has no room for a call of a host function");
    let _host = task::Host::now();
    stack::on_own(needed, |_| work()).unwrap_or_else(|| Err(too_deep()))
}
