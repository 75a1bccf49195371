//! Makes WASI's context for the guests of one store, out of its configuration.

use std::collections::HashSet;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::SeedableRng;
use wasmtime_wasi::cli::{InputFile, OutputFile};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::errors::guest_text::Name;
use crate::wasi::clock::Fixed;
use crate::wasi::stream::{Absent, Output};
use crate::wasi::{source, stdin};
use crate::{EnvVar, Preopen, Result, WasiConfig, WasiInput, WasiOutput, WasmtimeError};

/// WASI's context for the guests of a store.
#[derive(Default)]
pub(crate) struct Wasi {
    context: Option<WasiP1Ctx>,
    /// How many file descriptors the guests have.
    descriptors: u64,
}

/// The standard streams.
const STREAMS: u64 = 3;

impl Wasi {
    pub(crate) fn new(config: WasiConfig) -> Result<Self> {
        let mut builder = WasiCtxBuilder::new();
        // The guest's own thread reads and writes files. The guest waits for that anyway.
        builder.allow_blocking_current_thread(true);
        if config.inherit_argv {
            std::env::args_os().for_each(|argument| _ = builder.arg(argument.to_string_lossy()));
        }
        for argument in &config.argv {
            builder.arg(whole(argument, "an argument")?);
        }
        if config.inherit_env {
            // If a name stands there twice, a guest reads the first one. So a name of `env` is left out here.
            let own = |name: &str| config.env.iter().any(|variable| variable.name == name);
            let all = std::env::vars_os();
            let variables = all.filter(|(name, _)| name.to_str().is_none_or(|name| !own(name)));
            variables.for_each(|(name, value)| _ = builder.env(name.to_string_lossy(), value.to_string_lossy()));
        }
        for EnvVar { name, value } in &config.env {
            if name.is_empty() || name.contains('=') {
                let reason =
                    format!("{name:?} is no name of a variable: expected one without `=`, and not an empty one");
                return Err(WasmtimeError::Config { reason });
            }
            builder.env(whole(name, "a variable's name")?, whole(value, "a variable's value")?);
        }
        match config.stdin {
            None => &mut builder,
            Some(WasiInput::Inherit) => stdin::inherit(&mut builder),
            Some(WasiInput::Bytes { bytes }) => builder.stdin(MemoryInputPipe::new(bytes)),
            Some(WasiInput::Source { source }) => builder.stdin(source::Input(source)),
            Some(WasiInput::File { path }) => {
                let file = std::fs::File::open(&path);
                builder.stdin(InputFile::new(file.map_err(|error| WasmtimeError::io(&path, &error))?))
            }
        };
        match output(config.stdout)? {
            Out::None => &mut builder,
            Out::Inherit => builder.inherit_stdout(),
            Out::File(file) => builder.stdout(file),
            Out::Ours(output) => builder.stdout(output),
        };
        match output(config.stderr)? {
            Out::None => &mut builder,
            Out::Inherit => builder.inherit_stderr(),
            Out::File(file) => builder.stderr(file),
            Out::Ours(output) => builder.stderr(output),
        };
        let mut granted = HashSet::new();
        for Preopen { host_path, guest_path, read_only } in &config.preopens {
            let perms = if *read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
            let guest_path = whole(guest_path, "a guest's path")?;
            if !granted.insert(plain_path(guest_path)) {
                // The guest's own library would decide which of the two it uses.
                let reason =
                    format!("two directories are granted as {}: give each a path of its own", Name(guest_path));
                return Err(WasmtimeError::Config { reason });
            }
            let opened = builder.preopened_dir(host_path.as_std_path(), guest_path, perms);
            opened.map_err(|error| WasmtimeError::Io {
                path: host_path.clone(),
                reason: error.root_cause().to_string(),
                code: error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error),
            })?;
        }
        if let Some(clock) = config.clock {
            let (wall, monotonic) = Fixed::both(clock);
            builder.wall_clock(wall).monotonic_clock(monotonic);
        }
        if let Some(seed) = config.random_seed {
            builder.secure_random(ChaCha12Rng::seed_from_u64(seed));
            builder.insecure_random(ChaCha12Rng::seed_from_u64(seed));
            builder.insecure_random_seed(seed.into());
        }
        Ok(Self { context: Some(builder.build_p1()), descriptors: STREAMS + config.preopens.len() as u64 })
    }

    /// The context for WASI's functions. If the store was given none, its streams fail with an error that says so.
    pub(crate) fn context(&mut self) -> &mut WasiP1Ctx {
        self.context.get_or_insert_with(|| {
            self.descriptors = STREAMS;
            WasiCtxBuilder::new().stdin(Absent).stdout(Absent).stderr(Absent).build_p1()
        })
    }

    /// How many file descriptors the guests have open.
    pub(crate) fn descriptors(&self) -> u64 {
        self.descriptors
    }

    /// A guest has opened a descriptor.
    pub(crate) fn opened(&mut self) {
        self.descriptors += 1;
    }

    /// A guest has closed a descriptor.
    pub(crate) fn closed(&mut self) {
        self.descriptors = self.descriptors.saturating_sub(1);
    }
}

enum Out {
    None,
    Inherit,
    File(OutputFile),
    Ours(Output),
}

fn output(output: Option<WasiOutput>) -> Result<Out> {
    Ok(match output {
        None => Out::None,
        Some(WasiOutput::Inherit) => Out::Inherit,
        Some(WasiOutput::File { path, append }) => {
            let mut options = std::fs::OpenOptions::new();
            options.create(true).write(true).append(append).truncate(!append);
            Out::File(OutputFile::new(options.open(&path).map_err(|error| WasmtimeError::io(&path, &error))?))
        }
        Some(WasiOutput::Pipe { pipe }) => Out::Ours(Output::Pipe(pipe)),
        Some(WasiOutput::Sink { sink }) => Out::Ours(Output::Sink(sink)),
    })
}

/// A path for comparison: whether it is absolute, and its parts without empty ones and `.`.
fn plain_path(path: &str) -> (bool, Vec<&str>) {
    (path.starts_with('/'), path.split('/').filter(|part| !matches!(*part, "" | ".")).collect())
}

/// The text, unless it holds a zero byte, where guests end a text. Fails with `Config`.
fn whole<'a>(text: &'a str, what: &str) -> Result<&'a str> {
    if text.contains('\0') {
        let reason = format!("{what} of WASI holds a zero byte, where a guest's text ends: {text:?}");
        return Err(WasmtimeError::Config { reason });
    }
    Ok(text)
}
