//! `run`: runs a WASI program, or calls one function of a module.

use std::fs::OpenOptions;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use getopts::Matches;
use wasmparser::Parser;

use crate::cli::component;
use crate::cli::package::Package;
use crate::cli::streams::{Failure, Started, input, module_size, print};
use crate::compile::beginnings::Sort;
use crate::compile::wat;
use crate::errors::frame::Backtrace;
use crate::errors::guest_text;
use crate::errors::guest_text::Name;
use crate::wasi::http::grants::Grants;
use crate::wasi::http::guard::guard;
use crate::wasi::{exit, host_text};
use crate::{
    Cache, Config, Engine, EnvVar, Extern, Func, Linker, Module, NamedExtern, OptLevel, Preopen, Profiler, Result,
    Store, TrapCode, Val, ValType, WasiConfig, WasiHttp, WasiInput, WasiOutput, WasmtimeError,
};

/// How many functions the message lists if a module is no program.
const FUNCTIONS: usize = 32;

/// The status after a trap: that of a program that was aborted.
const TRAPPED: i32 = 134;

pub(super) fn run(matches: &Matches, package: &Package<'_>) -> Result<(), Failure> {
    let (path, bytes) = input(matches, module_size)?;
    let arguments = matches.free.get(1..).unwrap_or_default();
    let (fuel, timeout) = (fuel(matches)?, timeout(matches)?);
    let core_dump = matches.opt_str("core-dump").map(Utf8PathBuf::from);
    let profile = matches.opt_str("profile").map(Utf8PathBuf::from);
    let is_debugged = matches.opt_present("debug-info");
    let binary = wat::to_binary(&bytes, Sort::Module).map_err(|error| error.in_file(path))?;
    let is_component = Parser::is_component(&binary);
    let config = Config {
        debug_info: is_debugged.then_some(true),
        cranelift_opt_level: is_debugged.then_some(OptLevel::None),
        consume_fuel: fuel.map(|_| true),
        epoch_interruption: (timeout.is_some() || profile.is_some()).then_some(true),
        cache: cache(matches),
        coredump_on_trap: core_dump.as_ref().map(|_| true),
        wasm_component_model_async: (is_component && component::may_be_async(&binary)).then_some(true),
        ..Config::default()
    };
    if let Some(path) = &profile {
        // What cannot be written is said before the guest runs.
        OpenOptions::new().append(true).create(true).open(path).map_err(|error| WasmtimeError::io(path, &error))?;
    }
    let engine = Engine::new(config)?;
    let store = Store::new(&engine)?;
    store.set_wasi(WasiConfig { http: http(matches, package)?, ..wasi(matches, path, arguments)? })?;
    if let Some(fuel) = fuel {
        store.set_fuel(fuel)?;
    }
    if let Some(timeout) = timeout {
        store.set_epoch_deadline(1)?;
        let engine = Arc::clone(&engine);
        // The thread ends with the process.
        let watch = move || {
            std::thread::sleep(timeout);
            engine.increment_epoch()
        };
        let no_thread =
            |error| WasmtimeError::limit(format!("the thread that watches the time cannot be started: {error}"));
        std::thread::Builder::new().spawn(watch).map_err(no_thread)?;
    }
    let profiler = profile.as_ref().map(|_| Profiler::new(&store, None, None)).transpose()?;
    let started = Started { engine, store, path };
    let call = matches.opt_str("invoke");
    let done = match is_component {
        true if call.is_some() && !arguments.is_empty() => {
            let reason = "a component's function is called with its arguments in parentheses: --invoke 'add(1, 2)'";
            return Err(Failure::Usage(reason.to_owned()));
        }
        true => component::run(&started, &binary, call.as_deref()).map_err(|failure| misplaced(failure, arguments)),
        false => module(&started, &binary, call.as_deref(), arguments),
    };
    if let (Some(profiler), Some(path)) = (profiler, profile) {
        profiler.stop()?;
        profiler.save(path)?;
    }
    done.map_err(|failure| {
        let unwritten = core_dump.and_then(|path| dumped(&failure, path).err());
        match (ended(failure, fuel, timeout), unwritten) {
            (Failure::Exit(status, Some(text)), Some(error)) => {
                Failure::Exit(status, Some(format!("{text}\nthere is no core dump: {}", error.text())))
            }
            (ended, _) => ended,
        }
    })
}

/// Where compiled code is kept, if it is. A path is that of a folder.
fn cache(matches: &Matches) -> Option<Cache> {
    let place = |folder: String| Cache::File { path: format!("{folder}/").into() };
    matches.opt_present("cache").then(|| matches.opt_str("cache").map_or(Cache::Standard, place))
}

fn module(started: &Started<'_>, binary: &[u8], call: Option<&str>, arguments: &[String]) -> Result<(), Failure> {
    let Started { engine, store, path } = started;
    let module = Module::new(engine, binary).map_err(|error| error.in_file(path))?;
    let linker = Linker::new(engine)?;
    linker.define_wasi()?;
    match call {
        Some(name) => invoke(&linker, store, &module, name, arguments),
        None => start(&linker, store, &module).map_err(|failure| misplaced(failure, arguments)),
    }
}

/// Runs a program.
fn start(linker: &Linker, store: &Store, module: &Module) -> Result<(), Failure> {
    let instance = linker.instantiate(store, module)?;
    let exports = instance.exports(store)?;
    let start = ["_start", ""].into_iter().find_map(|name| exports.iter().find(|export| export.name == name));
    let Some(Extern::OfFunc { func }) = start.map(|export| &export.item) else {
        let reason = format!("no program: it exports no `_start`; --invoke one of: {}", functions(&exports));
        return Err(Failure::Usage(reason));
    };
    func.call(store, Vec::new())?;
    Ok(())
}

/// The names of the functions that a module exports.
fn functions(exports: &[NamedExtern]) -> String {
    let functions = exports.iter().filter(|export| matches!(export.item, Extern::OfFunc { .. }));
    match guest_text::list(FUNCTIONS, functions, |export| Name(&export.name)) {
        none if none.is_empty() => "none".to_owned(),
        functions => functions,
    }
}

/// If there is nothing to run, and one of the guest's arguments is `--invoke`, says where that goes.
fn misplaced(failure: Failure, arguments: &[String]) -> Failure {
    let is_it = |argument: &String| argument == "--invoke" || argument.starts_with("--invoke=");
    match failure {
        Failure::Usage(reason) if arguments.iter().any(is_it) => {
            Failure::Usage(format!("{reason}\n--invoke goes before the file: what stands behind it is for the guest"))
        }
        other => other,
    }
}

/// Calls one function, and prints its results.
fn invoke(linker: &Linker, store: &Store, module: &Module, name: &str, arguments: &[String]) -> Result<(), Failure> {
    let instance = linker.instantiate(store, module)?;
    if name != "_initialize"
        && let Ok(Extern::OfFunc { func }) = instance.export(store, "_initialize")
    {
        func.call(store, Vec::new())?;
    }
    let exports = instance.exports(store)?;
    let found = exports.iter().find(|export| export.name == name).map(|export| &export.item);
    let Some(Extern::OfFunc { func }) = found else {
        let problem = if found.is_some() { "is no function" } else { "is not exported" };
        let functions = functions(&exports);
        return Err(Failure::Usage(format!("`{}` {problem}; --invoke one of: {functions}", Name(name))));
    };
    let values = values(func, store, name, arguments)?;
    let results = func.call(store, values)?;
    results.iter().try_for_each(|value| print(&format!("{}\n", shown(value))))
}

fn values(func: &Func, store: &Store, name: &str, arguments: &[String]) -> Result<Vec<Val>, Failure> {
    let ty = func.r#type(store)?;
    if ty.params.len() != arguments.len() {
        let (given, wanted) = (arguments.len(), ty.params.len());
        let plural = if wanted == 1 { "" } else { "s" };
        return Err(Failure::Usage(format!("`{name}` is {ty}: expected {wanted} argument{plural}, {given} given")));
    }
    arguments.iter().zip(&ty.params).map(|(text, ty)| value(text, ty)).collect()
}

fn value(text: &str, ty: &ValType) -> Result<Val, Failure> {
    let parsed = match ty {
        ValType::I32 => integer(text, 32).map(|value| Val::I32 { value: value as i32 }),
        ValType::I64 => integer(text, 64).map(|value| Val::I64 { value: value as i64 }),
        ValType::F32 => text.parse::<f32>().ok().map(|value| Val::F32 { bits: value.to_bits() }),
        ValType::F64 => text.parse::<f64>().ok().map(|value| Val::F64 { bits: value.to_bits() }),
        ValType::V128 | ValType::Ref { .. } => None,
    };
    parsed.ok_or_else(|| Failure::Usage(format!("`{text}` is no {ty} that can be written here")))
}

/// A whole number of `bits` bits, decimal or, after `0x`, hexadecimal, with or without a sign.
fn integer(text: &str, bits: u32) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let value = sign * i128::from(magnitude.ok()?);
    (value >= -(1 << (bits - 1)) && value < 1 << bits).then_some(value)
}

fn shown(value: &Val) -> String {
    match value {
        Val::I32 { value } => value.to_string(),
        Val::I64 { value } => value.to_string(),
        Val::F32 { bits } => f32::from_bits(*bits).to_string(),
        Val::F64 { bits } => f64::from_bits(*bits).to_string(),
        Val::V128 { low, high } => format!("{high:#018x}{low:016x}"),
        Val::FuncRef { func: None }
        | Val::ExternRef { value: None }
        | Val::AnyRef { value: None }
        | Val::ExnRef { value: None }
        | Val::Null => "null".to_owned(),
        Val::FuncRef { .. } => "a function".to_owned(),
        _ => "a reference".to_owned(),
    }
}

/// Writes the core dump of a trap.
fn dumped(failure: &Failure, path: Utf8PathBuf) -> Result<()> {
    let Failure::Error(WasmtimeError::Trap { frames, .. }) = failure else { return Ok(()) };
    frames.first().and_then(|frame| frame.core_dump.as_ref()).map_or(Ok(()), |dump| dump.write(path))
}

/// Turns the error of a guest into the status and the message of this program.
fn ended(failure: Failure, fuel: Option<u64>, timeout: Option<Duration>) -> Failure {
    let Failure::Error(error) = failure else { return failure };
    match &error {
        WasmtimeError::Exit { status } => Failure::Exit(exit::of_process(*status), None),
        WasmtimeError::Trap { code, frames, .. } => {
            let calls = Backtrace(frames);
            let text = match (code, fuel, timeout) {
                (Some(TrapCode::Interrupt), _, Some(timeout)) => {
                    format!("the guest was stopped after {} s\n{calls}", timeout.as_secs_f64())
                }
                (Some(TrapCode::OutOfFuel), Some(fuel), _) => {
                    format!("the guest has used its {fuel} units of fuel\n{calls}")
                }
                _ => error.text(),
            };
            Failure::Exit(TRAPPED, Some(text))
        }
        _ => Failure::Error(error),
    }
}

fn wasi(matches: &Matches, path: &Utf8Path, arguments: &[String]) -> Result<WasiConfig, Failure> {
    let mut argv = vec![path.file_name().unwrap_or(path.as_str()).to_owned()];
    if !matches.opt_present("invoke") {
        argv.extend_from_slice(arguments);
    }
    let mut preopens = Vec::new();
    for (option, read_only) in [("dir", false), ("dir-read-only", true)] {
        for pair in matches.opt_strs(option) {
            let (host_path, guest_path) = pair.split_once("::").unwrap_or((&pair, &pair));
            let (host_path, guest_path) = (host_path.into(), guest_path.to_owned());
            preopens.push(Preopen { host_path, guest_path, read_only, max_bytes: None, max_files: None });
        }
    }
    Ok(WasiConfig {
        argv,
        env: matches.opt_strs("env").iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?,
        stdin: Some(WasiInput::Inherit),
        stdout: Some(WasiOutput::Inherit),
        stderr: Some(WasiOutput::Inherit),
        preopens,
        ..WasiConfig::default()
    })
}

/// What sends the guest's HTTP requests: without grants, nothing.
fn http(matches: &Matches, package: &Package<'_>) -> Result<Option<WasiHttp>, Failure> {
    let texts = matches.opt_strs("http-allow");
    if texts.is_empty() {
        return Ok(None);
    }
    let grants = Grants::parse(&texts).map_err(|text| {
        Failure::Usage(format!("--http-allow {text:?}: expected HOST or HOST:PORT, such as example.com:8080"))
    })?;
    let client = package.http.clone().ok_or_else(|| {
        Failure::Usage("--http-allow: this program has no HTTP client; those of the packages have one".to_owned())
    })?;
    Ok(Some(guard(grants, client)))
}

fn variable(pair: &str) -> Result<EnvVar, Failure> {
    let (name, value) = match pair.split_once('=') {
        Some((name, value)) => (name, value.as_bytes().to_vec()),
        None => match std::env::var_os(pair) {
            Some(value) => (pair, host_text::bytes(value)),
            None => return Err(Failure::Usage(format!("--env {pair}: there is no such variable here"))),
        },
    };
    Ok(EnvVar { name: name.as_bytes().to_vec(), value })
}

fn fuel(matches: &Matches) -> Result<Option<u64>, Failure> {
    let wrong = |_| Failure::Usage("--fuel: expected a whole number of 0 or more".to_owned());
    matches.opt_get("fuel").map_err(wrong)
}

fn timeout(matches: &Matches) -> Result<Option<Duration>, Failure> {
    let wrong = || Failure::Usage("--timeout: expected a number of seconds".to_owned());
    let seconds = matches.opt_get::<f64>("timeout").map_err(|_| wrong())?;
    seconds.map(|seconds| Duration::try_from_secs_f64(seconds).map_err(|_| wrong())).transpose()
}
