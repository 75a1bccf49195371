//! The standard streams of a store's guests: modules have them, and components by every version of WASI.

use std::sync::Arc;

use tokio::io::empty;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;

#[cfg(unix)]
use crate::wasi::stdout;
use crate::wasi::stdout::HostOutput;
use crate::wasi::stream::{Failing, Input, Output, Printed, Target};
use crate::wasi::{source, stdin};
use crate::{Result, WasiInput, WasiOutput};

/// The standard streams of a store's guests.
#[derive(Clone)]
pub(super) struct StandardStreams {
    pub(super) input: Input,
    pub(super) output: Printed,
    pub(super) error: Printed,
}

/// Those of a store that was given none: they fail with an error that says so.
impl Default for StandardStreams {
    fn default() -> Self {
        let absent = || Arc::new(Failing::ABSENT);
        Self { input: absent(), output: absent(), error: absent() }
    }
}

impl StandardStreams {
    /// Opens them.
    pub(super) fn new(input: Option<WasiInput>, output: Option<WasiOutput>, error: Option<WasiOutput>) -> Result<Self> {
        Ok(Self {
            input: opened_input(input)?,
            output: opened_output(output, own_output)?,
            error: opened_output(error, own_error)?,
        })
    }
}

fn opened_input(input: Option<WasiInput>) -> Result<Input> {
    Ok(match input {
        None => Arc::new(empty()),
        Some(WasiInput::Inherit) => stdin::inherit(),
        Some(WasiInput::Bytes { bytes }) => Arc::new(MemoryInputPipe::new(bytes)),
        Some(WasiInput::Source { source }) => Arc::new(source::Input { source, what: "the standard input" }),
        Some(WasiInput::File { path }) => stdin::file(&path)?,
        Some(WasiInput::Async { .. }) => Arc::new(Failing::ASYNC),
    })
}

/// `own` is that of this process.
fn opened_output(output: Option<WasiOutput>, own: fn() -> Printed) -> Result<Printed> {
    Ok(match output {
        None => Arc::new(empty()),
        Some(WasiOutput::Inherit) => own(),
        Some(WasiOutput::File { path, append }) => match HostOutput::file(&path, append)? {
            HostOutput::File(file) => Arc::new(file),
            #[cfg(unix)]
            HostOutput::Waiting(output) => Arc::new(output),
        },
        Some(WasiOutput::Pipe { pipe }) => Arc::new(Output::new(Target::Pipe(pipe))),
        Some(WasiOutput::Sink { sink }) => Arc::new(Output::new(Target::Sink(sink))),
        // Modules do not come to it.
        Some(WasiOutput::Async { .. }) => Arc::new(Failing::ASYNC),
    })
}

#[cfg(unix)]
fn own_output() -> Printed {
    Arc::new(stdout::Output::standard(libc::STDOUT_FILENO))
}

#[cfg(unix)]
fn own_error() -> Printed {
    Arc::new(stdout::Output::standard(libc::STDERR_FILENO))
}

#[cfg(not(unix))]
fn own_output() -> Printed {
    Arc::new(std::io::stdout())
}

#[cfg(not(unix))]
fn own_error() -> Printed {
    Arc::new(std::io::stderr())
}
