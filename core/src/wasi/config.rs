//! How WASI is configured: what a guest gets of the host. Nothing is granted that was not asked for.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::{InputSource, MemoryDirectory, OutputPipe, OutputSink, StreamPort, WasiHttp};

/// What a store's guests get of WASI. At first that is nothing: no arguments, no variables, an empty standard input, no
/// files; what they print is discarded. Clocks and random numbers are the host's.
#[derive(Clone, Default, uniffi::Record)]
pub struct WasiConfig {
    /// The arguments, the program's name first.
    #[uniffi(default = [])]
    pub argv: Vec<String>,
    /// Whether the arguments of this process come before those of `argv`.
    #[uniffi(default = false)]
    pub inherit_argv: bool,
    /// The environment variables.
    #[uniffi(default = [])]
    pub env: Vec<EnvVar>,
    /// Whether the variables of this process come before those of `env`, but for those that `env` has.
    // Nothing may change them meanwhile: a language that lets its threads do so passes them in `env`.
    #[uniffi(default = false)]
    pub inherit_env: bool,
    /// The standard input; none is an empty one.
    #[uniffi(default)]
    pub stdin: Option<WasiInput>,
    /// Where the standard output goes; none discards it.
    #[uniffi(default)]
    pub stdout: Option<WasiOutput>,
    /// Where the standard error goes; none discards it.
    #[uniffi(default)]
    pub stderr: Option<WasiOutput>,
    /// The directories that guests may open. `Store.set_wasi` fails with `Config` where two have the same path for guests.
    #[uniffi(default = [])]
    pub preopens: Vec<Preopen>,
    /// The directories in memory that guests may open. They come after those of the host.
    #[uniffi(default = [])]
    pub memory_preopens: Vec<MemoryPreopen>,
    /// A clock of its own, for runs that can be repeated.
    #[uniffi(default)]
    pub clock: Option<FixedClock>,
    /// Where random numbers begin, for runs that can be repeated; none is unpredictable.
    #[uniffi(default)]
    pub random_seed: Option<u64>,
    /// How many bytes a guest may read or write by one call, in bytes; none is 134217728, which is 128 MiB. A call that asks for
    /// more does nothing, and the guest gets the error number 48 (`nomem`). `Store.set_wasi` fails with `Range` for less than 4096.
    #[uniffi(default)]
    pub max_transfer: Option<u64>,
    /// Who answers the HTTP requests of components (`wasi:http`); with none each fails in the guest with `HTTP-request-denied`. Modules of
    /// preview 1 have no HTTP: for them this does nothing.
    #[uniffi(default)]
    pub http: Option<WasiHttp>,
    /// How many bytes the bodies of requests may have that a guest has written and that were not sent yet, all together, in bytes; none is
    /// 16777216, which is 16 MiB. Past it the guest gets the error code `HTTP-request-body-size`. A response that is given as bytes, and has
    /// more, is `HTTP-response-body-size` for the guest.
    #[uniffi(default)]
    pub max_http_body: Option<u64>,
}

/// An environment variable. Both are bytes, since a system's own variables need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct EnvVar {
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// A directory that guests may open, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct Preopen {
    /// The directory of the host.
    pub host_path: Utf8PathBuf,
    /// Its name for guests.
    pub guest_path: String,
    /// Whether guests can change nothing in it.
    #[uniffi(default = false)]
    pub read_only: bool,
    /// How many bytes the guests of a store may add to its files; none is any number. What they remove or shorten they may add
    /// again. A file's size counts, whatever of it was written. Past it a guest gets the error number 19 (`dquot`). Each store
    /// counts for itself, from `Store.set_wasi` on. Files move between directories with quotas only within one.
    #[uniffi(default)]
    pub max_bytes: Option<u64>,
    /// How many files and folders the guests of a store may add; none is any number. Past it a guest gets the error number 19
    /// (`dquot`).
    #[uniffi(default)]
    pub max_files: Option<u64>,
}

/// A directory in memory that guests may open.
#[derive(Clone, uniffi::Record)]
pub struct MemoryPreopen {
    /// The directory.
    pub directory: Arc<MemoryDirectory>,
    /// Its name for guests.
    pub guest_path: String,
    /// Whether guests can change nothing in it.
    #[uniffi(default = false)]
    pub read_only: bool,
}

/// A clock that stands still, or moves on by being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Record)]
pub struct FixedClock {
    /// The first reading, in nanoseconds since 1970 began.
    pub start: u64,
    /// By how much every reading moves it on, in nanoseconds.
    #[uniffi(default = 0)]
    pub step: u64,
}

/// A standard input.
#[derive(Clone, uniffi::Enum)]
pub enum WasiInput {
    /// That of this process.
    Inherit,
    /// Bytes.
    Bytes {
        /// They.
        bytes: Vec<u8>,
    },
    /// A file.
    File {
        /// Its path.
        path: Utf8PathBuf,
    },
    /// A callback.
    Source {
        /// What is asked for every piece.
        source: Arc<dyn InputSource>,
    },
    /// An async function of the same store, which modules wait for.
    Async {
        /// What it gives the pieces to.
        port: Arc<StreamPort>,
    },
}

/// Where an output goes.
#[derive(Clone, uniffi::Enum)]
pub enum WasiOutput {
    /// To that of this process.
    Inherit,
    /// To a file, which is made where there is none.
    File {
        /// Its path.
        path: Utf8PathBuf,
        /// Whether what it holds is kept, and written after.
        append: bool,
    },
    /// To memory.
    Pipe {
        /// What collects it.
        pipe: Arc<OutputPipe>,
    },
    /// To a callback.
    Sink {
        /// What is given every piece.
        sink: Arc<dyn OutputSink>,
    },
    /// To an async function of the same store, which modules wait for.
    Async {
        /// What it takes the pieces from.
        port: Arc<StreamPort>,
    },
}
