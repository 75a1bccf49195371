//! Why the gate lets a thread or a run not go on.

/// Why a thread may not enter, or a run does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The gate was closed.
    Closed,
    /// An earlier panic left the inside in an unknown state.
    Poisoned,
    /// This very thread is inside already, and not by way of a host function.
    Reentered,
    /// The host call has returned, or runs on another thread.
    Escaped,
    /// The thread that is inside has been in one host function for too long: it may wait for this very thread.
    Stuck,
    /// The same of a thread that keeps a turn.
    Keeps,
    /// A run that lets others have a turn has not gone on for too long: whoever should step it may wait for this very thread.
    Rests,
    /// The owner is not in this process, which was forked meanwhile.
    Orphaned,
    /// The caller would wait for itself: it comes from a run for whose end it would wait.
    Busy,
    /// The caller would wait for a run that its own thread goes on with.
    Driven,
    /// Another thread steps this run, or it is over.
    Stepped,
    /// The run was cancelled.
    Cancelled,
}
