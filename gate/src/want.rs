//! For what a thread wants the gate.

use std::sync::Arc;

use crate::run_state::{RunState, Token};

/// For what a thread wants the gate.
#[derive(Clone, Copy)]
pub(crate) enum Want<'a> {
    /// A moment inside, at the root or at the caller of a host function that a run waits for.
    Moment,
    /// To run a guest to its end, or to keep a turn.
    Call(Option<Token>),
    /// To close it.
    Close,
    /// To resume a run that is in flight.
    Step(&'a Arc<RunState>),
}
