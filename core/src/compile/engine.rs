//! The engine: what compiles modules, and what they share.

use std::any::Any;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::compile::artifact::Code;
use crate::compile::beginnings::Sort;
use crate::compile::cache::CompileCache;
use crate::compile::closable::Closable;
use crate::compile::places::Places;
use crate::compile::proposals::not_compiled;
use crate::compile::{header, names, threads, wat};
use crate::errors::chain;
use crate::errors::spelling::Spelled;
use crate::events::event::EventKind;
use crate::events::listener::{EventListening, Events};
use crate::interruption::epochs::Epochs;
use crate::interruption::waits;
use crate::limits::shared_size;
use crate::process::{failpoint, fork, signals, unstoppable};
use crate::snapshots::original::Original;
use crate::traps::moved::Moved;
use crate::traps::sections::Sections;
use crate::{Config, ModuleLimits, Result, WasmtimeError};

/// What an engine keeps for its linkers. Only `linking::items` knows its type.
pub(crate) type LinkerCache = Arc<OnceLock<Box<dyn Any + Send + Sync>>>;

/// Compiles modules, and is shared by everything that is made from them.
///
/// An engine may be used from any thread. Objects of different engines do not fit together.
#[derive(uniffi::Object)]
pub struct Engine {
    inner: Closable<wasmtime::Engine>,
    config: Config,
    epochs: Arc<Epochs>,
    places: Arc<Places>,
    cache: Option<Arc<CompileCache>>,
    empty: header::Empty,
    with_wasi: Closable<LinkerCache>,
    /// The same for linkers of components.
    component_wasi: Closable<LinkerCache>,
    events: Arc<Events>,
    /// Whether `shared` made it.
    is_shared: AtomicBool,
    weak_self: Weak<Self>,
}

#[uniffi::export]
impl Engine {
    /// Makes an engine. Fails with `Config` where settings exclude each other or the machine lacks something.
    #[uniffi::constructor]
    pub fn new(config: Config) -> Result<Arc<Self>> {
        failpoint::panic_at("surface");
        let cache = config.compile_cache()?.map(Arc::new);
        let settings = config.to_wasmtime()?;
        let engine = signals::around(|| wasmtime::Engine::new(&settings))
            .map_err(|error| WasmtimeError::Config { reason: chain::lines(&error) })?;
        fork::watch();
        Ok(Arc::new_cyclic(|weak_self| {
            let (epochs, weak_self) = (Epochs::new(&engine), Weak::clone(weak_self));
            let (places, empty) = (Arc::default(), header::Empty::default());
            let shared = || Closable::new("engine", LinkerCache::default());
            let (inner, with_wasi, component_wasi) = (Closable::new("engine", engine), shared(), shared());
            let (is_shared, events) = (AtomicBool::new(false), Arc::default());
            Self {
                inner,
                config,
                epochs,
                places,
                cache,
                empty,
                with_wasi,
                component_wasi,
                events,
                is_shared,
                weak_self,
            }
        }))
    }

    /// The one engine of this process for a configuration: it is made where there is none, or the last one is gone. It belongs
    /// to all who asked for it, so that closing it does nothing. Fails as making an engine does.
    #[uniffi::constructor]
    pub fn shared(config: Config) -> Result<Arc<Self>> {
        static ALL: Mutex<Vec<Weak<Engine>>> = Mutex::new(Vec::new());
        let mut all = fork::lock(&ALL);
        all.retain(|engine| engine.strong_count() > 0);
        if let Some(engine) = all.iter().filter_map(Weak::upgrade).find(|engine| engine.config == config) {
            return Ok(engine);
        }
        let engine = Self::new(config)?;
        engine.is_shared.store(true, Ordering::Relaxed);
        all.push(Arc::downgrade(&engine));
        Ok(engine)
    }

    /// What the engine was made with.
    #[cfg_attr(false, worded)]
    pub fn config(&self) -> Result<Config> {
        self.get()?;
        Ok(self.config.clone())
    }

    /// Compiles a module from the binary or the text format to what `Module.serialize` gives, without making one.
    /// Fails as making a `Module` does.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(bytes = "the module"))]
    pub fn precompile(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let compile = || self.compile(bytes, Purpose::Running, wasmtime::Engine::precompile_module)?.seal();
        self.events.around((EventKind::Compile, Some(bytes)), |_| None, compile)
    }

    /// Whether `Module.deserialize` takes an artifact here: it is whole, and of this version and configuration. Its machine
    /// code is not loaded.
    pub fn accepts(&self, artifact: &[u8]) -> Result<bool> {
        let engine = self.get()?;
        let is_parallel = self.compiles_in_parallel();
        match Code::open(artifact, Sort::Module)
            .and_then(|artifact| self.empty.check(&engine, is_parallel, artifact.code))
        {
            Ok(()) => Ok(true),
            Err(WasmtimeError::Artifact { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A number that is equal for engines that take each other's artifacts.
    pub fn compatibility_hash(&self) -> Result<u64> {
        let mut hasher = DefaultHasher::new();
        self.get()?.precompile_compatibility_hash().hash(&mut hasher);
        Ok(hasher.finish())
    }

    /// Moves the epoch on by one: guests whose deadline it passes are interrupted, if
    /// `Config.epoch_interruption` is set. May be called from any thread.
    pub fn increment_epoch(&self) -> Result<()> {
        self.get()?;
        self.epochs.move_on();
        Ok(())
    }

    /// Tells a listener from now on what is compiled and instantiated, and which guests trap, on the thread on which that happens; with
    /// none, nobody is told any more. An engine has one listener: the last one that is set. Calls are told of stores that are made
    /// while it is set.
    ///
    /// A listener may do what a host function may. What it does itself is not told, and what it fails with changes nothing. Without one
    /// nothing is slower.
    #[cfg_attr(false, worded)]
    pub fn set_listener(&self, listening: Option<EventListening>) -> Result<()> {
        self.get()?;
        self.events.set(listening);
        Ok(())
    }

    /// Whether guests run on the portable interpreter.
    pub fn is_pulley(&self) -> Result<bool> {
        Ok(self.get()?.is_pulley())
    }

    /// Closes the engine: it can no longer be used. What was made with it goes on working.
    /// Closing twice does nothing. Neither does closing a shared engine, which others use: it goes with the last of them.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        if self.is_shared.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.inner.close();
        self.events.set(None);
        self.with_wasi.close();
        self.component_wasi.close();
        Ok(())
    }
}

/// Fails with `WrongEngine` unless both are the same engine; `what` does not fit.
pub(crate) fn check_same(one: &wasmtime::Engine, other: &wasmtime::Engine, what: &str) -> Result<()> {
    if wasmtime::Engine::same(one, other) {
        return Ok(());
    }
    Err(WasmtimeError::WrongEngine { what: what.to_owned() })
}

impl Engine {
    /// What the engine was made with, also of one that is closed.
    pub(crate) fn configuration(&self) -> &Config {
        &self.config
    }

    /// How many bytes of stack guest code may use.
    pub(crate) fn guest_stack(&self) -> usize {
        self.config.guest_stack()
    }

    /// How large a memory may become without moving, in bytes.
    pub(crate) fn reserved(&self) -> u64 {
        self.config.reserved()
    }

    /// How large a file may be that begins with these bytes, and what a message calls it. Fails with `Compile` where they begin
    /// neither a module nor a component.
    pub(crate) fn module_size(&self, head: &[u8], sort: Sort) -> Result<(u64, &'static str)> {
        let (most, what) = wat::size(head, sort)?;
        let limit = self.config.module_limits.as_ref().and_then(|limits| limits.most(wat::is_binary(head)));
        Ok((limit.map_or(most, |limit| limit.min(most)), what))
    }

    /// Runs `work`, which compiles or validates, within the engine's limits for modules. Fails with `Limit`.
    pub(crate) fn in_time<R: Send + 'static>(
        &self,
        bytes: &[u8],
        work: impl FnOnce(&[u8], Option<&ModuleLimits>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let _unstoppable = unstoppable::compile()?;
        let Some(limits) = &self.config.module_limits else { return work(bytes, None) };
        limits.check_size(bytes, wat::is_binary(bytes))?;
        match limits.compile_time {
            None => work(bytes, Some(limits)),
            Some(milliseconds) => {
                let (bytes, limits) = (bytes.to_vec(), limits.clone());
                let is_parallel = self.compiles_in_parallel();
                threads::within(milliseconds, &self.places, move || match is_parallel {
                    true => threads::on_own_threads(bytes.len(), || work(&bytes, Some(&limits))),
                    false => work(&bytes, Some(&limits)),
                })
            }
        }
    }

    /// Compiles a module. If guests of this engine can be interrupted, so can their waits.
    pub(crate) fn compile<R: Send + 'static>(
        &self,
        bytes: &[u8],
        purpose: Purpose,
        compiler: impl Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync + 'static,
    ) -> Result<Code<R>> {
        let engine = self.get()?;
        let (interrupts, is_parallel) = (self.epochs().is_some(), self.compiles_in_parallel());
        let reads_debug_info = self.reads_debug_info();
        self.in_time(bytes, move |bytes, limits| {
            let given = binary(bytes, limits)?;
            let compiler = Compiler { engine, is_parallel, compiler };
            let original = match purpose {
                Purpose::Running => None,
                Purpose::Snapshots => Some(compiler.original(&given, limits)?),
            };
            let binary = names::completed(names::cut(given)?)?;
            let (code, moved) = match &original {
                Some(original) => compiler.copy(original, &binary)?,
                None if interrupts => compiler.interruptible(&binary, limits)?,
                None => (compiler.plain(&binary)?, None),
            };
            let debug = if reads_debug_info { Sections::of(&binary)? } else { None };
            Ok(Code { code, shared: shared_size::shared_memories(&binary), moved, debug, original })
        })
    }

    /// The cache of compiled modules, if the engine has one.
    pub(crate) fn cache(&self) -> Option<Arc<CompileCache>> {
        self.cache.clone()
    }

    /// Whether guests may switch stacks. Wasmtime's limits do not count those stacks.
    pub(crate) fn switches_stacks(&self) -> bool {
        self.config.wasm_stack_switching == Some(true)
    }

    /// Whether wasmtime spreads its work over rayon's threads.
    pub(crate) fn compiles_in_parallel(&self) -> bool {
        self.config.parallel_compilation != Some(false)
    }

    /// The epochs that interrupt guests, if the engine has `epoch_interruption`.
    pub(crate) fn epochs(&self) -> Option<Arc<Epochs>> {
        (self.config.epoch_interruption == Some(true)).then(|| Arc::clone(&self.epochs))
    }

    /// Whether modules keep what they say of their source files.
    pub(crate) fn reads_debug_info(&self) -> bool {
        self.config.wasm_backtrace_details != Some(false)
    }

    /// Whether guests use fuel.
    pub(crate) fn counts_fuel(&self) -> bool {
        self.config.consume_fuel == Some(true)
    }

    /// Who is told what happens.
    pub(crate) fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// What keeps an engine that others share, for as long as something of it is used.
    pub(crate) fn shared_by(&self) -> Option<Arc<Self>> {
        if self.is_shared.load(Ordering::Relaxed) { self.weak_self.upgrade() } else { None }
    }

    /// A weak reference to the engine.
    pub(crate) fn weak(&self) -> Weak<Self> {
        Weak::clone(&self.weak_self)
    }

    pub(crate) fn get(&self) -> Result<wasmtime::Engine> {
        self.inner.get()
    }

    /// What the engine's linkers of components share.
    pub(crate) fn component_wasi(&self) -> Result<LinkerCache> {
        self.component_wasi.get()
    }

    /// What the engine's linkers share.
    pub(crate) fn with_wasi(&self) -> Result<LinkerCache> {
        self.with_wasi.get()
    }
}

/// A module in the binary format, checked against the limits.
pub(crate) fn binary<'a>(bytes: &'a [u8], limits: Option<&ModuleLimits>) -> Result<Cow<'a, [u8]>> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    Sort::Module.check(&binary)?;
    limits.map_or(Ok(()), |limits| limits.check(&binary))?;
    Ok(binary)
}

/// What a module is compiled for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Running,
    /// Running, and reading what its instances hold.
    Snapshots,
}

/// What compiles a module, and how.
struct Compiler<F> {
    engine: wasmtime::Engine,
    is_parallel: bool,
    compiler: F,
}

impl<F> Compiler<F> {
    fn run<R: Send>(&self, binary: &[u8]) -> Result<wasmtime::Result<R>>
    where
        F: Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync,
    {
        threads::run(self.is_parallel, || (self.compiler)(&self.engine, binary))
    }

    fn plain<R: Send>(&self, binary: &[u8]) -> Result<R>
    where
        F: Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync,
    {
        self.run(binary)?.map_err(not_compiled)
    }

    /// The module that a copy is made of, which is valid. Fails with `Unsupported` where its instances have no snapshots.
    fn original<R>(&self, binary: &[u8], limits: Option<&ModuleLimits>) -> Result<Arc<Original>>
    where
        F: Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync,
        R: Send,
    {
        threads::run(self.is_parallel, || wasmtime::Module::validate(&self.engine, binary))?.map_err(not_compiled)?;
        Original::new(binary, limits.and_then(|limits| limits.most(true))).map(Arc::new)
    }

    /// Compiles the copy of a module, and gives how it differs from the module. Such a module has no shared memory, so that it never
    /// waits.
    fn copy<R: Send>(&self, original: &Original, binary: &[u8]) -> Result<(R, Option<Moved>)>
    where
        F: Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync,
    {
        let copied = original.copied(binary)?;
        let code = self.plain(&copied.binary).map_err(|error| match error {
            WasmtimeError::Compile { reason } => WasmtimeError::limit(format!(
                "the module has no room for what makes snapshots of its instances possible: {reason}"
            )),
            other => other,
        })?;
        Ok((code, copied.moved))
    }

    /// Compiles a module so that its waits can be interrupted, and gives how the compiled module differs from its file. Fails
    /// with `Limit` where that cannot be done, because nothing could stop its guests.
    fn interruptible<R: Send>(&self, binary: &[u8], limits: Option<&ModuleLimits>) -> Result<(R, Option<Moved>)>
    where
        F: Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync,
    {
        let reason = match waits::sliced(binary) {
            Ok(None) => return Ok((self.plain(binary)?, None)),
            Err(reason) => reason,
            Ok(Some(sliced)) => {
                limits.map_or(Ok(()), |limits| limits.check_functions(sliced.functions))?;
                match self.plain(&sliced.binary) {
                    Ok(done) => return Ok((done, Some(sliced.moved))),
                    Err(WasmtimeError::Compile { reason }) => reason,
                    Err(other) => return Err(other),
                }
            }
        };
        if let Err(invalid) = threads::run(self.is_parallel, || wasmtime::Module::validate(&self.engine, binary))? {
            // The caller gets the compiler's error about the module that it gave, and not about the changed one.
            return Err(not_compiled(self.run(binary)?.err().unwrap_or(invalid)));
        }
        Err(WasmtimeError::limit(format!(
            "the module waits for other threads, and there is no room in it for what makes its waits end when it is \
             interrupted: {reason}; make it smaller, or use an engine without {}",
            Spelled("epoch_interruption")
        )))
    }
}
