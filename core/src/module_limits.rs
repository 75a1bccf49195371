//! How large a module may be: wasmtime compiles whatever is valid, however long that takes.

use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload};

use crate::{Collector, Config, Result, StoreLimits, WasmtimeError};

/// What a module may have at most, looked at before anything is compiled. What is not set has no limit but wasmtime's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
pub struct ModuleLimits {
    /// The size of the module in the binary format, in bytes.
    #[uniffi(default)]
    pub size: Option<u64>,
    /// How many types it defines; a group of recursive ones counts as one.
    #[uniffi(default)]
    pub types: Option<u64>,
    /// How many functions it defines.
    #[uniffi(default)]
    pub functions: Option<u64>,
    /// How many items it imports.
    #[uniffi(default)]
    pub imports: Option<u64>,
    /// How many items it exports.
    #[uniffi(default)]
    pub exports: Option<u64>,
    /// How many globals it defines.
    #[uniffi(default)]
    pub globals: Option<u64>,
    /// How many locals a function declares.
    #[uniffi(default)]
    pub locals: Option<u64>,
    /// The size of a function's body, in bytes.
    #[uniffi(default)]
    pub function_size: Option<u64>,
    /// How deep blocks lie in blocks in a function.
    #[uniffi(default)]
    pub nesting: Option<u64>,
    /// How long compiling may take, in milliseconds. Wasmtime cannot end it: it goes on in the background, where its result is
    /// thrown away.
    #[uniffi(default)]
    pub compile_time: Option<u64>,
}

impl ModuleLimits {
    /// Fails with `Limit` where the module has too much of something. What is no module is not judged here.
    pub(crate) fn check(&self, binary: &[u8]) -> Result<()> {
        within("module", "bytes", self.size, binary.len() as u64)?;
        let mut functions = 0;
        for payload in Parser::new(0).parse_all(binary) {
            let Ok(payload) = payload else { return Ok(()) };
            match payload {
                Payload::TypeSection(section) => within("module", "types", self.types, section.count().into())?,
                Payload::ImportSection(section) => within("module", "imports", self.imports, section.count().into())?,
                Payload::FunctionSection(section) => {
                    within("module", "functions", self.functions, section.count().into())?;
                }
                Payload::GlobalSection(section) => within("module", "globals", self.globals, section.count().into())?,
                Payload::ExportSection(section) => within("module", "exports", self.exports, section.count().into())?,
                Payload::CodeSectionEntry(body) => {
                    self.check_function(functions, &body)?;
                    functions += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_function(&self, index: u64, body: &FunctionBody<'_>) -> Result<()> {
        let what = || format!("function {index} of those that the module defines");
        within(&what(), "bytes", self.function_size, body.range().len() as u64)?;
        let locals = || -> Result<u64, BinaryReaderError> {
            let mut count: u64 = 0;
            for local in body.get_locals_reader()? {
                count = count.saturating_add(local?.0.into());
            }
            Ok(count)
        };
        if self.locals.is_some()
            && let Ok(count) = locals()
        {
            within(&what(), "locals", self.locals, count)?;
        }
        if self.nesting.is_some()
            && let Ok(depth) = depth(body)
        {
            within(&what(), "blocks in each other", self.nesting, depth)?;
        }
        Ok(())
    }
}

/// How deep the blocks of a function lie in each other.
fn depth(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let (mut depth, mut deepest) = (0_u64, 0);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(deepest)
}

fn within(what: &str, unit: &str, limit: Option<u64>, found: u64) -> Result<()> {
    match limit {
        Some(limit) if found > limit => {
            Err(WasmtimeError::limit(format!("the {what} has {found} {unit}: the engine's limit is {limit}")))
        }
        _ => Ok(()),
    }
}

/// A configuration for the modules of strangers: they can be interrupted, have one thread, and are not compiled where they
/// are too large. Each figure is in `docs/untrusted.md`.
#[uniffi::export]
pub fn untrusted_config() -> Config {
    Config {
        epoch_interruption: Some(true),
        wasm_threads: Some(false),
        shared_memory: Some(false),
        wasm_component_model: Some(false),
        wasm_memory64: Some(false),
        max_wasm_stack: Some(256 << 10),
        cranelift_nan_canonicalization: Some(true),
        collector: Some(Collector::Auto),
        module_limits: Some(ModuleLimits {
            size: Some(16 << 20),
            types: Some(10_000),
            functions: Some(50_000),
            imports: Some(1_000),
            exports: Some(10_000),
            globals: Some(10_000),
            locals: Some(5_000),
            function_size: Some(512 << 10),
            nesting: Some(500),
            compile_time: Some(10_000),
        }),
        ..Config::default()
    }
}

/// Limits for a store in which a stranger's module runs. Each figure is in `docs/untrusted.md`.
#[uniffi::export]
pub fn untrusted_limits() -> StoreLimits {
    StoreLimits {
        memory_size: Some(64 << 20),
        table_elements: Some(100_000),
        instances: Some(10),
        tables: Some(10),
        memories: Some(4),
        trap_on_grow_failure: false,
    }
}
