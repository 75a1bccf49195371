//! Something that has happened.

use crate::errors::counted::count;
use crate::errors::guest_text::{Name, start};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum EventKind {
    /// A module or a component was compiled, or was found in the cache.
    Compile,
    /// An instance was made, with its start function.
    Instantiate,
    /// The host called a function of a guest, and it has returned.
    Call,
    /// A guest has trapped.
    Trap,
}

/// Something that has happened, as `Engine.set_listener` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct Event {
    /// What it is about.
    pub kind: EventKind,
    /// The name of the module, or the one by which the function is exported; its first 2 KiB. None where there is none, and of a trap.
    pub name: Option<String>,
    /// How long it took, in nanoseconds. Of a trap 0: its call took that long.
    pub nanoseconds: u64,
    /// How many bytes the module or the component had that was compiled; none of other events.
    pub bytes: Option<u64>,
    /// Why it has failed, in the words of its error; none where it has not.
    pub error: Option<String>,
    /// All of that as a sentence: `compiled qjs, 1044320 bytes, in 812.345 ms`.
    pub text: String,
}

impl Event {
    pub(super) fn new(
        kind: EventKind,
        name: Option<&str>,
        nanoseconds: u64,
        bytes: Option<u64>,
        error: Option<String>,
    ) -> Self {
        let mut event = Self { kind, name: name.map(start), nanoseconds, bytes, error, text: String::new() };
        event.text = event.sentence();
        event
    }

    fn sentence(&self) -> String {
        let did = match self.kind {
            EventKind::Trap => return format!("a guest trapped: {}", self.error.as_deref().unwrap_or_default()),
            EventKind::Compile => "compiled",
            EventKind::Instantiate => "instantiated",
            EventKind::Call => "called",
        };
        let name = self.name.as_deref().map(|name| format!(" {}", Name(name))).unwrap_or_default();
        let bytes = self.bytes.map(|bytes| format!(", {},", count(bytes, "byte"))).unwrap_or_default();
        let (whole, rest) = (self.nanoseconds / 1_000_000, self.nanoseconds % 1_000_000 / 1_000);
        let error = self.error.as_ref().map(|error| format!(", and failed: {error}")).unwrap_or_default();
        format!("{did}{name}{bytes} in {whole}.{rest:03} ms{error}")
    }
}
