//! The engine: what compiles modules, and what they share.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::artifact::Code;
use crate::cache::CompileCache;
use crate::closable::Closable;
use crate::compile::Places;
use crate::interrupt::Epochs;
use crate::{Config, Result, WasmtimeError, artifact, compile, fork, growth, planted, waits, wat};

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
    empty: artifact::Empty,
    home: Weak<Self>,
}

#[uniffi::export]
impl Engine {
    /// Makes an engine. Fails with `Config` where settings exclude each other or the machine lacks something.
    #[uniffi::constructor]
    pub fn new(config: Config) -> Result<Arc<Self>> {
        planted::panic_at("surface");
        let cache = config.compile_cache()?.map(Arc::new);
        let engine = wasmtime::Engine::new(&config.to_wasmtime()?)
            .map_err(|error| WasmtimeError::Config { reason: crate::error::chain(&error) })?;
        fork::watch();
        Ok(Arc::new_cyclic(|home| {
            let (epochs, home) = (Epochs::new(&engine), Weak::clone(home));
            let (places, empty) = (Arc::default(), artifact::Empty::default());
            Self { inner: Closable::new("engine", engine), config, epochs, places, cache, empty, home }
        }))
    }

    /// The one engine of this process for a configuration: it is made where there is none, or the last one is gone or
    /// closed. Fails as making an engine does.
    #[uniffi::constructor]
    pub fn shared(config: Config) -> Result<Arc<Self>> {
        static ALL: Mutex<Vec<Weak<Engine>>> = Mutex::new(Vec::new());
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|engine| engine.strong_count() > 0);
        let open = all.iter().filter_map(Weak::upgrade).filter(|engine| engine.get().is_ok());
        if let Some(engine) = open.into_iter().find(|engine| engine.config == config) {
            return Ok(engine);
        }
        let engine = Self::new(config)?;
        all.push(Arc::downgrade(&engine));
        Ok(engine)
    }

    /// What the engine was made with.
    pub fn config(&self) -> Result<Config> {
        Ok(self.config.clone())
    }

    /// Compiles a module from the binary or the text format to what `Module.serialize` gives, without making one.
    /// Fails as making a `Module` does.
    pub fn precompile(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(self.compile(bytes, wasmtime::Engine::precompile_module)?.seal())
    }

    /// Whether `Module.deserialize` takes an artifact here: it is whole, and of this version and configuration. Its machine code
    /// is not loaded.
    pub fn accepts(&self, artifact: &[u8]) -> Result<bool> {
        let engine = self.get()?;
        let is_parallel = self.compiles_in_parallel();
        match Code::open(artifact).and_then(|artifact| self.empty.check(&engine, is_parallel, artifact.code)) {
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

    /// Whether guests run on the portable interpreter.
    pub fn is_pulley(&self) -> Result<bool> {
        Ok(self.get()?.is_pulley())
    }

    /// Closes the engine: it can no longer be used. What was made with it goes on working.
    /// Closing twice does nothing.
    pub fn release(&self) -> Result<()> {
        self.inner.close();
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
    /// What guests may use of a stack, in bytes.
    pub(crate) fn guest_stack(&self) -> usize {
        self.config.guest_stack()
    }

    /// How large a memory may become without moving, in bytes.
    pub(crate) fn reserved(&self) -> u64 {
        self.config.reserved()
    }

    /// A module in the binary format, of a size that the engine compiles.
    pub(crate) fn binary<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        let binary = wat::to_binary(bytes)?;
        if let Some(limits) = &self.config.module_limits {
            limits.check(&binary)?;
        }
        Ok(binary)
    }

    /// Compiles a module as guests of this engine need it.
    pub(crate) fn compile<R: Send + 'static>(
        &self,
        bytes: &[u8],
        compiler: impl Fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<R> + Send + Sync + 'static,
    ) -> Result<Code<R>> {
        let engine = self.get()?;
        let binary = self.binary(bytes)?;
        let shared = growth::shared_memories(&binary);
        let (interrupts, is_parallel) = (self.epochs().is_some(), self.compiles_in_parallel());
        let limit = self.config.module_limits.as_ref().and_then(|limits| limits.compile_time);
        let work = move |binary: &[u8]| {
            // Where that fails, what is wrong is said of the module that was given.
            if interrupts
                && let Cow::Owned(sliced) = waits::sliced(binary)
                && let Ok(done) = compile::run(is_parallel, || compiler(&engine, &sliced))?
            {
                return Ok(done);
            }
            let done = compile::run(is_parallel, || compiler(&engine, binary))?;
            done.map_err(|error| WasmtimeError::no_code(error, |reason| WasmtimeError::Compile { reason }))
        };
        let code = match limit {
            None => work(&binary)?,
            Some(milliseconds) => {
                let binary = binary.into_owned();
                compile::within(milliseconds, &self.places, move || work(&binary))?
            }
        };
        Ok(Code { code, shared })
    }

    /// Where compiled modules are kept between runs, if they are.
    pub(crate) fn cache(&self) -> Option<Arc<CompileCache>> {
        self.cache.clone()
    }

    /// Whether guests make stacks of their own, which wasmtime's limits know nothing of.
    pub(crate) fn switches_stacks(&self) -> bool {
        self.config.wasm_stack_switching == Some(true)
    }

    /// Whether wasmtime spreads its work over rayon's threads.
    pub(crate) fn compiles_in_parallel(&self) -> bool {
        self.config.parallel_compilation != Some(false)
    }

    /// What guests are interrupted by, if they can be.
    pub(crate) fn epochs(&self) -> Option<Arc<Epochs>> {
        (self.config.epoch_interruption == Some(true)).then(|| Arc::clone(&self.epochs))
    }

    /// Whether guests use fuel.
    pub(crate) fn counts_fuel(&self) -> bool {
        self.config.consume_fuel == Some(true)
    }

    /// The engine, for whoever has to keep it. It is borrowed, so that it is there.
    pub(crate) fn home(&self) -> Weak<Self> {
        Weak::clone(&self.home)
    }

    pub(crate) fn get(&self) -> Result<wasmtime::Engine> {
        self.inner.get()
    }
}
