//! The one error model: the same misuse is the same variant in every language.

use camino::{Utf8Path, Utf8PathBuf};
use trimaran_gate::Refused;

use crate::errors::chain::chain;
use crate::errors::counted::count;
use crate::errors::excerpt::Place;
use crate::errors::frame;
use crate::errors::guest_text::{Below, Lines, PATH, Part, Sentence};
use crate::{Frame, Interruption, TrapCode};

/// The result of everything here that can fail.
pub type Result<T, E = WasmtimeError> = std::result::Result<T, E>;

/// Everything that can go wrong, by what went wrong.
///
/// Each variant carries what a program needs to react; `text()` is the sentence for a person, and is the
/// same in every language. What a guest chose, such as a name, is shown in a sentence with its control characters written
/// out, and as far as its first 128 bytes; a sentence has 16 KiB at most. The fields hold a name as it is.
#[derive(Debug, Clone, PartialEq, thiserror::Error, uniffi::Error)]
pub enum WasmtimeError {
    /// Bytes are not a WebAssembly module, are truncated, or do not validate.
    #[error("{}", Sentence(.reason))]
    Compile {
        /// The file, if the module came from one, and what is wrong with the module, and where.
        reason: String,
    },
    /// Text is not the WebAssembly text format.
    #[error("{} (line {line}, column {column}){}", Sentence(.reason), Below(.excerpt))]
    Syntax {
        /// The file, if the text came from one, and what the parser expected.
        reason: String,
        /// The line of the mistake, counted from 1.
        line: u32,
        /// The column of the mistake, counted from 1, in bytes.
        column: u32,
        /// The line of the mistake, and a caret below the place. Of a long line it is the part around that.
        excerpt: String,
    },
    /// An import is missing, superfluous, or of another type than the module declares.
    #[error("{}", Sentence(.reason))]
    Link {
        /// What the module wants and what it was given.
        reason: String,
        /// The module part of the import's name; empty where no single import is at fault.
        module: String,
        /// The field part of the import's name; empty where no single import is at fault.
        name: String,
    },
    /// The guest trapped (WebAssembly core specification, section 4.1).
    #[error("{}", frame::sentence(.reason, .frames))]
    Trap {
        /// Why; none for a trap that has no code.
        code: Option<TrapCode>,
        /// The trap's own words.
        reason: String,
        /// What interrupted the guest, where the code is `Interrupt`; none for every other trap.
        interruption: Option<Interruption>,
        /// The guest's call stack, innermost first.
        frames: Vec<Frame>,
    },
    /// The guest ended itself with an exit status.
    #[error("the guest exited with status {status}")]
    Exit {
        /// The status; zero is success.
        status: i32,
    },
    /// A host function failed.
    #[error("a host function failed: {}", Lines(.reason))]
    Host {
        /// What the host function said.
        reason: String,
        /// The number under which the language keeps what was thrown, to throw it again; none where that is all.
        thrown: Option<u64>,
        /// The call stack of the guest that called the host function, innermost first.
        frames: Vec<Frame>,
    },
    /// A value has the wrong type, or there are too many or too few.
    #[error("{}", Sentence(.reason))]
    Type {
        /// What was given and what was expected.
        reason: String,
    },
    /// A guest of the store has trapped, or was ended otherwise: no component of that store can be entered any more (component model,
    /// `Explainer.md`, "Component invariants").
    #[error(
        "a guest of this store has trapped or was ended, and no component of the store can be entered any more: make a new store"
    )]
    Poisoned,
    /// A number is outside what its type or its place allows.
    #[error("{}", Sentence(.reason))]
    Range {
        /// The number, and what was expected.
        reason: String,
    },
    /// A range of bytes or elements is not inside the memory or table. Nothing was read or written.
    #[error("out of bounds: {} at offset {offset}, in a memory of {}", count(*.length, "byte"), count(*.size, "byte"))]
    Bounds {
        /// Where the range begins, in bytes.
        offset: u64,
        /// How long it is, in bytes.
        length: u64,
        /// How much there is, in bytes.
        size: u64,
    },
    /// Bytes are not text in UTF-8, or have no terminator.
    #[error("{}", Sentence(.reason))]
    Encoding {
        /// What is wrong.
        reason: String,
        /// Where in memory, in bytes.
        offset: u64,
    },
    /// A limit was reached: the maximum of a memory or table, the store's limits, the address space.
    #[error("{}", Sentence(.reason))]
    Limit {
        /// Which limit, what was asked for, and what there is.
        reason: String,
    },
    /// There is no export of that name.
    #[error("{}", Sentence(.reason))]
    NotFound {
        /// The name that was asked for.
        name: String,
        /// The name, and what there is instead.
        reason: String,
    },
    /// An object was used after it was closed.
    #[error("the {what} is closed")]
    Closed {
        /// What kind of object.
        what: String,
    },
    /// An object was used with another store than the one that it belongs to.
    #[error("the {what} belongs to another store: use it with the store that made it")]
    WrongStore {
        /// What kind of object.
        what: String,
    },
    /// An object was used with another engine than the one that it belongs to.
    #[error("the {what} belongs to another engine: make both with the same engine")]
    WrongEngine {
        /// What kind of object.
        what: String,
    },
    /// A caller was kept past the host call that it was given to, or used on another thread. Or an async host function answered,
    /// and a call that it had begun in the store was not over.
    #[error(
        "a caller is only valid on its own thread, until its host function returns; a call that an async one began ends with it"
    )]
    Escaped,
    /// The store is in use further up this thread's stack, or by another call for whose end this one would wait for ever, or for
    /// too long.
    #[error("{}", Sentence(.reason))]
    Busy {
        /// Who uses it.
        reason: String,
    },
    /// A guest called an async host function where it cannot wait: in a synchronous call, or below a host function that is not
    /// async.
    #[error("{}", Sentence(.reason))]
    Suspend {
        /// Which function, if a linker defines it, and what to do instead.
        reason: String,
    },
    /// An engine cannot be made from this configuration.
    #[error("{}", Lines(.reason))]
    Config {
        /// Which setting, and why not.
        reason: String,
    },
    /// A compiled artifact is damaged, or was made by another version or for another configuration.
    #[error("{}", Sentence(.reason))]
    Artifact {
        /// What does not fit.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{}: {}", Part(PATH, .path), Sentence(.reason))]
    Io {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        reason: String,
        /// The system's number for it, such as `ENOENT`, which is 2; none where the failure is not the system's.
        code: Option<i32>,
    },
    /// It is specified, but not available in this build or on this machine.
    #[error("{}", Sentence(.reason))]
    Unsupported {
        /// What, and what to use instead.
        reason: String,
    },
    /// A mistake of this library: please report it.
    #[error("unexpected failure, please report it: {}", Lines(.reason))]
    Unexpected {
        /// What is known about it.
        reason: String,
    },
}

#[uniffi::export]
impl WasmtimeError {
    /// The sentence for a person: what was wrong, what was expected, what to do.
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl WasmtimeError {
    /// What a host function of another language threw, which keeps it under that number.
    pub fn thrown(number: u64) -> Self {
        Self::Host { reason: "an exception of its language".to_owned(), thrown: Some(number), frames: Vec::new() }
    }

    pub(crate) fn wrong_type(reason: impl Into<String>) -> Self {
        Self::Type { reason: reason.into() }
    }

    pub(crate) fn range(reason: impl Into<String>) -> Self {
        Self::Range { reason: reason.into() }
    }

    pub(crate) fn limit(reason: impl Into<String>) -> Self {
        Self::Limit { reason: reason.into() }
    }

    /// A mistake in a text, at that byte.
    pub(crate) fn syntax(reason: String, text: &[u8], offset: usize) -> Self {
        let Place { line, column, excerpt } = Place::of(text, offset);
        Self::Syntax { reason, line, column, excerpt }
    }

    /// What the system said about a file.
    pub(crate) fn io(path: &Utf8Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string(), code: error.raw_os_error() }
    }

    /// The same of bytes that came from a file, which it names.
    pub(crate) fn in_file(mut self, path: &Utf8Path) -> Self {
        if let Self::Compile { reason } | Self::Syntax { reason, .. } | Self::Artifact { reason } = &mut self {
            *reason = format!("{}: {reason}", Part(PATH, path));
        }
        self
    }

    /// The same of what a host function gave, which it names.
    pub fn in_host_func(mut self, name: &str) -> Self {
        if let Self::Type { reason } | Self::Range { reason } = &mut self {
            *reason = format!("{name}: {reason}");
        }
        self
    }

    /// `Limit`: wasmtime could not allocate something.
    pub(crate) fn not_allocated(error: wasmtime::Error) -> Self {
        Self::limit(chain(&error))
    }

    /// Why there is no code of a module: `Limit` where the system has no room for it, and otherwise what `otherwise` makes of
    /// the sentence.
    pub(crate) fn no_code(error: wasmtime::Error, otherwise: impl FnOnce(String) -> Self) -> Self {
        let reason = chain(&error);
        // Wasmtime has no type of its own for what the system refuses.
        let refused = format!("(os error {})", libc::ENOMEM);
        if error.is::<wasmtime::error::OutOfMemory>() || reason.contains(&refused) {
            return Self::limit(format!("the process has no room for the module's code: {reason}"));
        }
        otherwise(reason)
    }

    /// `Limit` where wasmtime says that the system has no room for a guest's stack: guests that may wait have one each.
    pub(crate) fn no_stack(reason: &str) -> Option<Self> {
        // Wasmtime has no type of its own for what the system refuses.
        let refused = format!("(os error {})", libc::ENOMEM);
        reason.contains(&refused).then(|| {
            Self::limit(format!(
                "the process has no room for the stack of another guest: {reason} (guests of stores with async functions have a \
                 stack each, of two mappings; Linux permits a process `vm.max_map_count` mappings)"
            ))
        })
    }

    /// What becomes of a panic that must go no further.
    pub fn from_panic(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Unexpected { reason: text.unwrap_or("a panic without a message").to_owned() }
    }
}

/// A refusal of the gate, in the words of a store's user.
impl From<Refused> for WasmtimeError {
    #[cold]
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Self::Closed { what: "store".to_owned() },
            Refused::Poisoned => Self::Unexpected {
                reason: "an earlier failure left this store in an unknown state: make a new one".to_owned(),
            },
            Refused::Reentered => Self::Busy { reason: "the store is in use by this very thread".to_owned() },
            Refused::Escaped => Self::Escaped,
            Refused::Orphaned => Self::Busy {
                reason: "when this process was forked, a thread was in the store, or a guest waited in it, which goes on only in the \
                         parent: make a new store"
                    .to_owned(),
            },
            Refused::Busy => Self::Busy {
                reason: "the store is in the middle of a call that this one comes from: neither would go on".to_owned(),
            },
            Refused::Driven => Self::Busy {
                reason: "a guest of this store waits or computes in an async call that goes on by way of this very thread, which \
                         this call would block: make it an async call, which stands in line, or make it when the other one is over"
                    .to_owned(),
            },
            Refused::Stepped => Self::Busy { reason: "the call goes on elsewhere, or is over".to_owned() },
            Refused::Cancelled => Self::Busy { reason: "the call was cancelled".to_owned() },
            Refused::Stuck => Self::Busy {
                reason:
                    "another thread has been in a host function of this store for too long: if that waits for this \
                         thread, neither goes on"
                        .to_owned(),
            },
            Refused::Rests => Self::Busy {
                reason: "a guest that computes in an async call of this store has not gone on for too long: it has no thread to go on \
                         with, if that is this one"
                    .to_owned(),
            },
            Refused::Keeps => Self::Busy {
                reason: "another thread has kept its turn of this store for too long without running a guest: if it waits for \
                         this thread, neither goes on"
                    .to_owned(),
            },
        }
    }
}
