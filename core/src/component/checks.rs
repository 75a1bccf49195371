//! What is looked at in a component's bytes before they are compiled: its limits, and those of the modules in it.

use std::ops::Range;

use wasmparser::{Parser, Payload};

use crate::compile::artifact::Code;
use crate::compile::beginnings::Sort;
use crate::compile::proposals::not_compiled;
use crate::compile::{names, threads, wat};
use crate::component::{counts, size};
use crate::errors::spelling::Spelled;
use crate::interruption::waits;
use crate::limits::shared_size;
use crate::traps::sections::Sections;
use crate::{Engine, ModuleLimits, Result, WasmtimeError};

/// Compiles a component.
pub(super) fn compile<R: Send + 'static>(
    engine: &Engine,
    bytes: &[u8],
    compiler: impl Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync + 'static,
) -> Result<Code<R>> {
    let raw = engine.get()?;
    let (interrupts, is_parallel) = (engine.epochs().is_some(), engine.compiles_in_parallel());
    let reads_debug_info = engine.reads_debug_info();
    engine.in_time(bytes, move |bytes, limits| {
        let binary = names::cut(wat::to_binary(bytes, Sort::Component)?)?;
        Sort::Component.check(&binary)?;
        check(&binary, limits)?;
        let waits = if interrupts { waits(&binary) } else { Some(false) };
        if waits == Some(true) {
            return Err(cannot_interrupt());
        }
        let made = threads::run(is_parallel, || compiler(&raw, &binary))?;
        let code = made.map_err(|error| of_component(not_compiled(error)))?;
        // What cannot be read does not compile, either. If it ever does, nothing is known of its waits.
        if waits.is_none() {
            return Err(cannot_interrupt());
        }
        let shared = modules(&binary).map(shared_size::shared_memories).max().unwrap_or(0);
        let debug = if reads_debug_info { Sections::of(&binary)? } else { None };
        Ok(Code { code, shared, moved: None, debug, original: None })
    })
}

/// Wasmtime calls a component a module where it cannot read it.
fn of_component(error: WasmtimeError) -> WasmtimeError {
    match error {
        WasmtimeError::Compile { reason } => {
            let reason = reason.replacen("failed to parse WebAssembly module", "failed to parse the component", 1);
            WasmtimeError::Compile { reason }
        }
        other => other,
    }
}

/// Checks a component. Wasmtime has no way to do so without compiling it.
pub(super) fn validate(engine: &Engine, bytes: &[u8]) -> Result<()> {
    compile(engine, bytes, wasmtime::Engine::precompile_component).map(drop)
}

/// Fails with `Limit` where a component, or a module in it, passes a limit. What cannot be read is the compiler's to refuse.
fn check(binary: &[u8], limits: Option<&ModuleLimits>) -> Result<()> {
    size::check_instances(binary)?;
    match limits {
        Some(limits) => {
            counts::check(binary, limits)?;
            modules(binary).try_for_each(|module| limits.check(module))
        }
        None => Ok(()),
    }
}

/// Whether a module in the component waits for other threads. None where that cannot be read.
fn waits(binary: &[u8]) -> Option<bool> {
    let mut all_read = true;
    for module in modules(binary) {
        match waits::sliced(module) {
            Ok(None) => {}
            Ok(Some(_)) => return Some(true),
            Err(_) => all_read = false,
        }
    }
    all_read.then_some(false)
}

/// Nothing could end its waits.
fn cannot_interrupt() -> WasmtimeError {
    WasmtimeError::limit(format!(
        "a module in the component waits for other threads, and nothing makes its waits end when it is interrupted: use an \
         engine without {}",
        Spelled("epoch_interruption")
    ))
}

/// The modules in a component, as far as it can be read.
fn modules(binary: &[u8]) -> impl Iterator<Item = &[u8]> {
    let payloads = Parser::new(0).parse_all(binary).map_while(std::result::Result::ok);
    let range = |payload: Payload<'_>| match payload {
        Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
        _ => None,
    };
    payloads.filter_map(range).filter_map(|range: Range<usize>| binary.get(range))
}
