//! Makes WASI's context for the guests of one store, out of its configuration.

use std::collections::HashSet;
use std::sync::Arc;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::SeedableRng;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::errors::guest_text::Name;
use crate::errors::spelling::Spelled;
use crate::wasi::clock::Fixed;
use crate::wasi::host_text;
use crate::wasi::http::state::Http;
use crate::wasi::memory_open::MemoryOpen;
use crate::wasi::preview1::{Granted, Preview1};
use crate::wasi::quota::Quota;
use crate::wasi::standard_streams::StandardStreams;
use crate::{EnvVar, MemoryPreopen, Preopen, Result, StreamPort, WasiConfig, WasiInput, WasiOutput, WasmtimeError};

/// WASI's context for the guests of a store.
#[derive(Default)]
pub(crate) struct Wasi {
    /// What was said, until a guest asks for something: wasmtime-wasi opens its streams then.
    granted: Option<(WasiP1Ctx, Granted)>,
    used: Option<Preview1>,
    /// The resources of components that keep a file or a directory open, by their numbers: descriptors, but for the granted directories,
    /// which count otherwise, and streams of files.
    opened: HashSet<u32>,
    http: Http,
}

/// The standard streams, which guests have before anything is granted.
const STREAMS: u64 = 3;

/// How many bytes one call may read or write, if nothing is said, and the least that can be said.
const TRANSFER: usize = 128 << 20;
const LEAST_TRANSFER: u64 = 4096;

impl Wasi {
    pub(crate) fn new(config: WasiConfig) -> Result<Self> {
        let transfer = transfer(&config)?;
        let http = Http::new(&config);
        let ports = ports(&config);
        let mut builder = WasiCtxBuilder::new();
        // The guest's own thread reads and writes files. The guest waits for that anyway.
        builder.allow_blocking_current_thread(true);
        let mut arguments = Vec::new();
        if config.inherit_argv {
            arguments.extend(std::env::args_os().map(host_text::bytes));
        }
        for argument in config.argv {
            arguments.push(whole(argument.into_bytes(), "an argument")?);
        }
        let variables = variables(config.env, config.inherit_env)?;
        let streams = StandardStreams::new(config.stdin, config.stdout, config.stderr)?;
        give(&mut builder, &streams);
        let mut granted = HashSet::new();
        let mut grant = |guest_path: &str| {
            whole(guest_path, "a guest's path")?;
            if granted.insert(plain_path(guest_path)) {
                return Ok(());
            }
            // The guest's own library would decide which of the two it uses.
            let reason = format!("two directories are granted as {}: give each a path of its own", Name(guest_path));
            Err(WasmtimeError::Config { reason })
        };
        let mut quotas = Vec::new();
        for Preopen { host_path, guest_path, read_only, max_bytes, max_files } in config.preopens {
            grant(&guest_path)?;
            let perms = if read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
            let opened = builder.preopened_dir(host_path.as_std_path(), &guest_path, perms);
            opened.map_err(|error| WasmtimeError::Io {
                path: host_path.clone(),
                reason: error.root_cause().to_string(),
                code: error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error),
            })?;
            let has_quota = max_bytes.or(max_files).is_some();
            let quota = has_quota.then(|| Quota::new(host_path.as_std_path(), max_bytes, max_files)).transpose();
            quotas.push(quota.map_err(|error| WasmtimeError::io(&host_path, &error))?.map(Arc::new));
        }
        let mut in_memory = Vec::new();
        for MemoryPreopen { directory, guest_path, read_only } in config.memory_preopens {
            grant(&guest_path)?;
            in_memory.push(MemoryOpen::granted(directory, guest_path, read_only));
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
        // Components are given text.
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).ok();
        builder.args(&arguments.iter().filter_map(text).collect::<Vec<_>>());
        for variable in variables.iter().filter_map(text) {
            if let Some((name, value)) = variable.split_once('=') {
                builder.env(name, value);
            }
        }
        builder.max_random_size(transfer as u64);
        builder.allow_tcp(false).allow_udp(false);
        let granted = Granted { arguments, variables, quotas, in_memory, ports, streams };
        Ok(Self { granted: Some((builder.build_p1(), granted)), used: None, opened: HashSet::new(), http })
    }

    /// The context for WASI's functions. If the store was given none, its streams fail with an error that says so.
    pub(crate) fn preview1(&mut self) -> &mut Preview1 {
        self.of_components().0
    }

    /// The same, and the numbers of the resources of components that keep a file or a directory open.
    pub(crate) fn of_components(&mut self) -> (&mut Preview1, &mut HashSet<u32>) {
        let (used, opened, _) = self.parts();
        (used, opened)
    }

    /// The same, and what HTTP works with.
    pub(crate) fn of_http(&mut self) -> (&mut Preview1, &mut Http) {
        let (used, _, http) = self.parts();
        (used, http)
    }

    fn parts(&mut self) -> (&mut Preview1, &mut HashSet<u32>, &mut Http) {
        let granted = &mut self.granted;
        let used = self.used.get_or_insert_with(|| {
            let (context, granted) = granted.take().unwrap_or_else(|| {
                let (mut nothing, granted) = (WasiCtxBuilder::new(), Granted::default());
                give(&mut nothing, &granted.streams);
                (nothing.build_p1(), granted)
            });
            Preview1::new(context, granted)
        });
        (used, &mut self.opened, &mut self.http)
    }

    /// How many file descriptors the guests have open.
    pub(crate) fn descriptors(&self) -> u64 {
        let granted = self.granted.as_ref().map_or(0, |(_, granted)| granted.quotas.len() + granted.in_memory.len());
        self.used.as_ref().map_or(STREAMS + granted as u64, Preview1::count).saturating_add(self.opened.len() as u64)
    }
}

/// How many bytes one call of a guest may read or write.
pub(crate) fn transfer(config: &WasiConfig) -> Result<usize> {
    match config.max_transfer {
        None => Ok(TRANSFER),
        Some(bytes) if bytes < LEAST_TRANSFER => Err(WasmtimeError::Range {
            reason: format!("{} is {bytes} bytes: expected {LEAST_TRANSFER} or more", Spelled("max_transfer")),
        }),
        Some(bytes) => Ok(usize::try_from(bytes).unwrap_or(usize::MAX)),
    }
}

/// The variables of a guest, as `name=value`: those of this process first.
fn variables(own: Vec<EnvVar>, inherits: bool) -> Result<Vec<Vec<u8>>> {
    let mut variables = Vec::new();
    if inherits {
        // If a name stands there twice, a guest reads the first one. So a name of `env` is left out here.
        let names: HashSet<_> = own.iter().map(|variable| variable.name.as_slice()).collect();
        let all = std::env::vars_os().map(|(name, value)| (host_text::bytes(name), host_text::bytes(value)));
        variables.extend(all.filter(|(name, _)| !names.contains(name.as_slice())).map(joined));
    }
    for EnvVar { name, value } in own {
        if name.is_empty() || name.contains(&b'=') {
            let shown = String::from_utf8_lossy(&name);
            let reason = format!("{shown:?} is no name of a variable: expected one without `=`, and not an empty one");
            return Err(WasmtimeError::Config { reason });
        }
        variables.push(joined((whole(name, "a variable's name")?, whole(value, "a variable's value")?)));
    }
    Ok(variables)
}

fn joined((name, value): (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    [name.as_slice(), b"=", value.as_slice()].concat()
}

/// What serves the standard streams that are async ones, by their numbers.
fn ports(config: &WasiConfig) -> [Option<Arc<StreamPort>>; STREAMS as usize] {
    let input =
        config.stdin.as_ref().and_then(|input| if let WasiInput::Async { port } = input { Some(port) } else { None });
    let output = |output: &Option<WasiOutput>| match output {
        Some(WasiOutput::Async { port }) => Some(Arc::clone(port)),
        _ => None,
    };
    [input.cloned(), output(&config.stdout), output(&config.stderr)]
}

/// Gives wasmtime-wasi the standard streams.
fn give(builder: &mut WasiCtxBuilder, streams: &StandardStreams) {
    let StandardStreams { input, output, error } = streams.clone();
    builder.stdin(input).stdout(output).stderr(error);
}

/// A path for comparison: whether it is absolute, and its parts without empty ones and `.`.
fn plain_path(path: &str) -> (bool, Vec<String>) {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    (path.starts_with('/'), parts.map(str::to_owned).collect())
}

/// The text, unless it holds a zero byte, where guests end a text. Fails with `Config`.
fn whole<T: AsRef<[u8]>>(text: T, what: &str) -> Result<T> {
    if text.as_ref().contains(&0) {
        let shown = String::from_utf8_lossy(text.as_ref());
        let reason = format!("{what} of WASI holds a zero byte, where a guest's text ends: {shown:?}");
        return Err(WasmtimeError::Config { reason });
    }
    Ok(text)
}
