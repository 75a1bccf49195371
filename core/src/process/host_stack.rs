//! Callbacks of the host, run on the thread's own stack where a guest's stack is another one.

use crate::process::{stack, task};
use crate::{Result, WasmtimeError};

/// Runs a callback of WASI or of an `InterruptCheck` on the thread's own stack. It cannot enter the store. Fails with `Limit`
/// where fewer than `needed` bytes are left there.
pub(crate) fn on_own_stack<T>(needed: usize, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let too_deep = || WasmtimeError::limit("the thread's stack has no room for a call of a host function");
    let _host = task::Host::now();
    stack::on_own(needed, |_| work()).unwrap_or_else(|| Err(too_deep()))
}
