//! The gate: who may enter a store, and when.
//!
//! Wasmtime wants `&mut Store`; callers come from any thread. A gate owns the guarded root and lets one
//! thread in at a time. While guest code runs a host function, the thread that is inside may enter again,
//! and then meets the innermost caller that wasmtime handed out. This crate knows nothing of wasmtime, so
//! that a model checker can run it alone (`tests/rust/gate`).

mod drop_queue;
mod entry;
mod gate;
mod kept;
mod pins;
mod plain;
mod runs;
mod sync;
mod turns;

pub use drop_queue::DropQueue;
pub use gate::{Gate, Guarded, HostCallId, Inside, Refused};
pub use kept::GuestRuns;
pub use pins::Pins;
pub use plain::Plain;
pub use runs::Runs;
pub use sync::{after_fork, forks, this_thread};
pub use turns::Turn;
