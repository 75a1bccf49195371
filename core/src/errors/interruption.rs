//! What interrupted a guest.

/// What interrupted a guest. What its language asked for has no name here: it comes out as that language's own exception, for
/// Ctrl-C, an interrupted thread, or a cancelled task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Interruption {
    /// The time of `Store.set_timeout`, or of a deadline, is over.
    TimeLimit,
    /// An `InterruptHandle` was used.
    Handle,
    /// The engine's epoch has passed the deadline of `Store.set_epoch_deadline`.
    Epoch,
}

impl Interruption {
    /// The trap's words: those of wasmtime, and why.
    pub(crate) fn reason(self) -> String {
        let why = match self {
            Self::TimeLimit => "its time limit has passed",
            Self::Handle => "an interrupt handle was used",
            Self::Epoch => "its epoch deadline has passed",
        };
        format!("{}: {why}", wasmtime::Trap::Interrupt)
    }
}
