//! Modules: compiled, validated, reflected, stored.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::compile::artifact::Code;
use crate::compile::beginnings::Sort;
use crate::compile::closable::Closable;
use crate::compile::engine::Purpose;
use crate::compile::proposals::not_compiled;
use crate::compile::{artifact, engine, file, packed, threads};
use crate::events::event::EventKind;
use crate::process::native_pressure::HeldBytes;
use crate::snapshots::copies;
use crate::snapshots::original::Original;
use crate::traps::moved::{self, Moved};
use crate::traps::symbols::{self, Debug};
use crate::{DebugInfo, Engine, ExportType, ExternType, ImportType, Result, WasmtimeError};

/// A compiled module. It may be instantiated any number of times, in any store of its engine, on any thread.
#[derive(uniffi::Object)]
pub struct Module {
    inner: Closable<wasmtime::Module>,
    /// How large its own shared memories may grow, in bytes; 0 where it has none.
    shared: u64,
    /// How the compiled module differs from its file, if it does.
    moved: Option<Moved>,
    /// Its DWARF, if it has any that is kept.
    debug: Closable<Option<Debug>>,
    /// What it is a copy of, if it was compiled for snapshots.
    original: Closable<Option<Arc<Original>>>,
    engine: Arc<Engine>,
    held: HeldBytes,
}

#[uniffi::export]
impl Module {
    /// Compiles a module from the binary or the text format.
    ///
    /// Fails with `Compile` where it is no module, is truncated or does not validate, with `Syntax` where text has a mistake,
    /// and with `Type` for the path of a file, which `from_file` reads.
    #[uniffi::constructor]
    #[cfg_attr(false, called(bytes = "the module"))]
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        Self::compile(engine, bytes, Purpose::Running)
    }

    /// Compiles a module as the constructor does, so that `Instance.snapshot` can read its instances. It behaves like any other module,
    /// but that it cannot be serialized or packed: that is for the module of a snapshot.
    ///
    /// Fails as the constructor does, and with `Unsupported` for a module whose instances keep some of their state elsewhere, which the
    /// sentence names: it imports a memory, a table or a mutable global, has one that is shared, or drops passive segments.
    #[uniffi::constructor]
    #[cfg_attr(false, called(bytes = "the module"))]
    pub fn for_snapshots(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        Self::compile(engine, bytes, Purpose::Snapshots)
    }

    /// Compiles a module from a file in the binary or the text format. Fails with `Io` as well, and with `Limit` for a file
    /// that is larger than the engine's limit for modules, or than 1 GiB: no more of it is read.
    #[uniffi::constructor]
    pub fn from_file(engine: &Engine, path: Utf8PathBuf) -> Result<Arc<Self>> {
        engine.get()?;
        let bytes = file::read(&path, |head| engine.module_size(head, Sort::Module));
        bytes.and_then(|bytes| Self::compile(engine, &bytes, Purpose::Running)).map_err(|error| error.in_file(&path))
    }

    /// Makes a module from what `serialize` gave. Fails with `Artifact` where a single bit differs, or where
    /// another version or configuration made it.
    ///
    /// The artifact is machine code: take it only from where you would take a program. The check finds
    /// damage, not malice.
    #[uniffi::constructor]
    pub fn deserialize(engine: &Engine, artifact: &[u8]) -> Result<Arc<Self>> {
        let Code { code, shared, moved, debug, original } = Code::open(artifact, Sort::Module)?;
        // SAFETY: wasmtime trusts the bytes. They are what `serialize` made, bit for bit, as the checksum
        // shows, unless bytes and checksum were both forged; the documentation says so.
        let module = unsafe { wasmtime::Module::deserialize(&engine.get()?, code) };
        let code = module.map_err(artifact::refused)?;
        Self::wrap(engine, Code { code, shared, moved, debug, original })
    }

    /// Makes a module from a file that holds what `serialize` gave. Fails with `Io` as well.
    #[uniffi::constructor]
    pub fn deserialize_file(engine: &Engine, path: Utf8PathBuf) -> Result<Arc<Self>> {
        let bytes = file::read(&path, |head| artifact::size(head, Sort::Module));
        bytes.and_then(|bytes| Self::deserialize(engine, &bytes)).map_err(|error| error.in_file(&path))
    }

    /// The compiled module as bytes, to keep it and to load it without compiling. Fails with `Limit` where there is no room for
    /// them, and with `Unsupported` for a module that `for_snapshots` made.
    pub fn serialize(&self) -> Result<Vec<u8>> {
        if self.original.get()?.is_some() {
            let reason = "a module that was compiled for snapshots is not serialized: serialize the module of a snapshot, or keep the \
                          file that this one was made of";
            return Err(WasmtimeError::Unsupported { reason: reason.to_owned() });
        }
        let code = artifact::image(&[], &self.get()?)?;
        let debug = self.debug.get()?.map(|debug| debug.sections);
        Code { code, shared: self.shared, moved: self.moved, debug, original: None }.seal()
    }

    /// The compiled module together with its engine's configuration, as bytes that `unpack` makes a module of in any
    /// process of this version on such a machine. Fails with `Limit` where there is no room for them.
    pub fn pack(&self) -> Result<Vec<u8>> {
        packed::MODULE.pack(&self.engine, &self.serialize()?)
    }

    /// Makes a module from what `pack` gave. It belongs to `Engine.shared` of its configuration.
    ///
    /// Fails with `Artifact` where a single bit differs, or where another version or machine made it. It is machine code,
    /// as with `deserialize`.
    #[uniffi::constructor]
    #[cfg_attr(false, called(bytes = "the packed module"))]
    pub fn unpack(bytes: &[u8]) -> Result<Arc<Self>> {
        let (engine, artifact) = packed::MODULE.unpack(bytes)?;
        Self::deserialize(&engine, artifact)
    }

    /// The engine that it belongs to.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn engine(&self) -> Result<Arc<Engine>> {
        Ok(Arc::clone(&self.engine))
    }

    /// The module's name, from its name section. A name of more than 100,000 bytes is none.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn name(&self) -> Result<Option<String>> {
        Ok(self.get()?.name().map(str::to_owned))
    }

    /// What the module wants, in its order.
    ///
    /// Fails with `Limit` where the types of its functions have far more values than there are imports: one type of a thousand
    /// parameters, which a module has once, would be told a thousand times.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn imports(&self) -> Result<Vec<ImportType>> {
        let module = self.get()?;
        check_weight("imports", module.imports().map(|import| import.ty()))?;
        let import = |import: wasmtime::ImportType<'_>| ImportType {
            module: import.module().to_owned(),
            name: import.name().to_owned(),
            ty: ExternType::from_wasmtime(&import.ty()),
        };
        Ok(module.imports().map(import).collect())
    }

    /// What the module offers, in its order. Fails with `Limit` as `imports` does.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn exports(&self) -> Result<Vec<ExportType>> {
        let module = self.get()?;
        let exports: Vec<_> = copies::exports(&module).collect();
        check_weight("exports", exports.iter().map(|export| export.ty()))?;
        let export = |export: &wasmtime::ExportType<'_>| ExportType {
            name: export.name().to_owned(),
            ty: ExternType::from_wasmtime(&export.ty()),
        };
        Ok(exports.iter().map(export).collect())
    }

    /// What the module says of its source files; none where it says nothing, or its engine's `Config.wasm_backtrace_details` is off.
    #[cfg_attr(false, worded)]
    pub fn debug_info(&self) -> Result<Option<Arc<DebugInfo>>> {
        Ok(self.debug.get()?.map(|debug| debug.info))
    }

    /// Closes the module. Instances of it go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        self.debug.close();
        self.original.close();
        self.held.clear();
        Ok(())
    }
}

/// Checks a module in the binary or the text format without compiling it. Fails as `Module` does, also with `Limit` where it
/// passes the engine's limits for modules, or takes longer than the limit for compiling.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the module"))]
pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<()> {
    let (raw, is_parallel) = (engine.get()?, engine.compiles_in_parallel());
    engine.in_time(bytes, move |bytes, limits| {
        let binary = engine::binary(bytes, limits)?;
        threads::run(is_parallel, || wasmtime::Module::validate(&raw, &binary))?.map_err(not_compiled)
    })
}

impl Module {
    pub(crate) fn get(&self) -> Result<wasmtime::Module> {
        self.inner.get()
    }

    /// How large its own shared memories may grow, in bytes; 0 where it has none.
    pub(crate) fn shared(&self) -> u64 {
        self.shared
    }

    /// What it is a copy of, if it was compiled for snapshots.
    pub(crate) fn original(&self) -> Result<Option<Arc<Original>>> {
        self.original.get()
    }

    /// A module of a component's, whose shared memories may grow to `shared` bytes.
    pub(crate) fn of_component(engine: &Arc<Engine>, code: wasmtime::Module, shared: u64) -> Arc<Self> {
        let (inner, engine) = (Closable::new("module", code), Arc::clone(engine));
        // The component counts the bytes of the code, and keeps the DWARF.
        let (debug, original) = (Closable::new("module", None), Closable::new("module", None));
        Arc::new(Self { inner, shared, moved: None, debug, original, engine, held: HeldBytes::default() })
    }

    fn compile(engine: &Engine, bytes: &[u8], purpose: Purpose) -> Result<Arc<Self>> {
        let cache = engine.cache();
        let compiler = move |engine: &wasmtime::Engine, binary: &[u8]| match &cache {
            Some(cache) => cache.get(engine, binary),
            None => wasmtime::Module::from_binary(engine, binary),
        };
        let compile = || Self::wrap(engine, engine.compile(bytes, purpose, compiler)?);
        let name = |module: &Arc<Self>| module.name().ok().flatten();
        engine.events().around((EventKind::Compile, Some(bytes)), name, compile)
    }

    fn wrap(engine: &Engine, made: Code<wasmtime::Module>) -> Result<Arc<Self>> {
        let Code { code, shared, moved, debug, original } = made;
        let closed = || WasmtimeError::Closed { what: "engine".to_owned() };
        let engine = engine.weak().upgrade().ok_or_else(closed)?;
        moved::note(&code, moved);
        copies::note(&code, original.as_ref());
        let (debug, held) = symbols::note(code.image_range(), debug.filter(|_| engine.reads_debug_info()));
        held.grow(original.as_ref().map_or(0, |original| original.size()));
        let (inner, debug) = (Closable::new("module", code), Closable::new("module", debug));
        let original = Closable::new("module", original);
        Ok(Arc::new(Self { inner, shared, moved, debug, original, engine, held }))
    }
}

/// How many values the types of `items` imports or exports may have in all.
fn most_values(items: usize) -> usize {
    items.saturating_mul(64).saturating_add(100_000)
}

/// Fails with `Limit` where the types of all items together have too many values. A reference to a type that the module defines
/// counts as eight, because its text is long.
fn check_weight(what: &str, types: impl ExactSizeIterator<Item = wasmtime::ExternType>) -> Result<()> {
    const OWN: usize = 8;
    let most = most_values(types.len());
    let weight = |ty: wasmtime::ValType| match ty {
        wasmtime::ValType::Ref(ty) if ty.heap_type().is_concrete() => OWN,
        _ => 1,
    };
    let (mut total, count) = (0_usize, types.len());
    for ty in types {
        total = total.saturating_add(match ty {
            wasmtime::ExternType::Func(ty) => ty.params().chain(ty.results()).map(weight).sum(),
            wasmtime::ExternType::Tag(ty) => ty.ty().params().map(weight).sum(),
            _ => OWN,
        });
        if total > most {
            return Err(WasmtimeError::limit(format!(
                "the types of the module's {count} {what} have more than {most} values: that is too many to tell them one by one"
            )));
        }
    }
    Ok(())
}
