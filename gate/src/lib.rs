//! The gate: who may enter a store, and when.
//!
//! Wasmtime wants `&mut Store`; callers come from any thread. A gate owns the guarded root and lets one
//! thread in at a time. While guest code runs a host function, the thread that is inside may enter again,
//! and then meets the innermost caller that wasmtime handed out. A guest may also go on step by step, on any
//! thread, and rest in between while it waits for an async host function (`docs/adr/0034-a-step-owns-the-gate.md`). This crate
//! knows nothing of wasmtime, so that a model checker can run it alone (`tests/rust/gate`).

mod closing;
mod drop_queue;
mod entry;
mod flight;
mod gate;
mod kept;
mod line;
mod owner;
mod pins;
mod plain;
mod refused;
mod run;
mod run_state;
mod runs;
mod sync;
mod turns;
mod waiting;
mod want;
mod word;

pub use drop_queue::DropQueue;
pub use gate::{Gate, Guarded, HostCallId, Inside, Paused};
pub use kept::GuestRuns;
pub use pins::Pins;
pub use plain::Plain;
pub use refused::Refused;
pub use run::{Gated, Run, Step};
pub use run_state::{Stop, Token};
pub use runs::Runs;
pub use sync::{after_fork, forks, this_thread};
pub use turns::Turn;
pub use word::Owner;
