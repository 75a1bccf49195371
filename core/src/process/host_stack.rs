//! Callbacks of the host, run on the thread's own stack where a guest's stack is another one.

use crate::process::{stack, task};
use crate::{Result, WasmtimeError};

/// Runs the host's `work` on the thread's own stack, where WASI calls it. The store cannot be entered meanwhile.
/// Fails with `Limit` where `needed` bytes are not left there.
pub(crate) fn on_own_stack<T>(needed: usize, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let too_deep = || WasmtimeError::limit("the thread's stack has no room for a call of the host");
    let _host = task::Host::now();
    stack::on_own(needed, |_| work()).unwrap_or_else(|| Err(too_deep()))
}
