//! What the core does with its process: stacks and threads, signal handlers, forks, and the bytes that it holds.

#[cfg(unix)]
pub(crate) mod descriptor;
#[cfg(not(unix))]
#[path = "elsewhere.rs"]
pub(crate) mod descriptor;
pub(crate) mod failpoint;
pub(crate) mod fork;
pub(crate) mod heap;
pub(crate) mod host_stack;
pub(crate) mod in_task;
pub(crate) mod mappings;
pub(crate) mod native_pressure;
pub(crate) mod signal_check;
pub(crate) mod signals;
pub(crate) mod stack;
pub mod task;
pub(crate) mod task_stacks;
pub(crate) mod thread_end;
pub(crate) mod unstoppable;
