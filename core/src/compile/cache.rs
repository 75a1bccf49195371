//! The cache of compiled modules. Wasmtime's own cache keeps the files; this file says what is in them.
//!
//! Wasmtime would load whatever its cache holds. Here each file has the seal of an artifact, and names the module that it was
//! made of. A file that is damaged, or that belongs to another module, is compiled anew. See
//! `docs/adr/0024-the-cache-is-sealed.md`.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::panic::catch_unwind;
use std::thread;

use camino::Utf8Path;
use sha2::{Digest, Sha256};
use wasmtime_internal_cache::ModuleCacheEntry;

use crate::compile::artifact;
use crate::compile::beginnings::Sort;
use crate::errors::chain;
use crate::errors::guest_text::Name;
use crate::process::fork;
use crate::{Result, WasmtimeError};

/// The cache of one configuration.
pub(crate) struct CompileCache {
    config: wasmtime::CacheConfig,
    /// It has a thread that removes old files. A child of a fork does not have that thread.
    cache: wasmtime::Cache,
    generation: usize,
}

/// The folder of this library's files, beside wasmtime's own.
const FOLDER: &str = concat!("trimaran-", env!("CARGO_PKG_VERSION"));

impl CompileCache {
    /// Makes a cache with the settings of the file at `path`, or with wasmtime's defaults. Fails with `Config`, and with
    /// `Limit` where the cache's thread cannot be started.
    pub(crate) fn new(path: Option<&Utf8Path>) -> Result<Self> {
        // Reading from a pipe might take for ever.
        if let Some(path) = path.filter(|path| path.exists() && !path.is_file()) {
            let reason = format!("cache: {} is no regular file: expected one with settings", Name(path.as_str()));
            return Err(WasmtimeError::Config { reason });
        }
        let config = wasmtime::CacheConfig::from_file(path.map(Utf8Path::as_std_path))
            .map_err(|error| WasmtimeError::Config { reason: format!("cache: {}", chain::lines(&error)) })?;
        let cache = start(config.clone())?;
        Ok(Self { config, cache, generation: fork::generation() })
    }

    /// The compiled module, from the cache or by compiling it now.
    pub(crate) fn module(&self, engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<wasmtime::Module> {
        let cache = match self.generation == fork::generation() {
            true => Cow::Borrowed(&self.cache),
            false => match start(self.config.clone()) {
                Ok(cache) => Cow::Owned(cache),
                // Keeping it only saves time: a failure is no error.
                Err(_) => return wasmtime::Module::from_binary(engine, binary),
            },
        };
        let key = Key { engine, binary };
        ModuleCacheEntry::new(FOLDER, Some(&*cache)).get_data_raw(
            &key,
            |key| wasmtime::Module::from_binary(key.engine, key.binary),
            |key, module| artifact::image(&key.digest(), module).and_then(artifact::seal).ok(),
            |key, file| {
                let code = artifact::open(&file, Sort::Module).ok()?.strip_prefix(&key.digest())?;
                // SAFETY: wasmtime trusts the bytes. They are what it has made of this very module, as the seal shows, unless
                // the bytes and the seal were both forged: the documentation of `Config.cache` says so.
                unsafe { wasmtime::Module::deserialize(key.engine, code) }.ok()
            },
        )
    }
}

/// Makes wasmtime's cache, which starts its thread.
fn start(config: wasmtime::CacheConfig) -> Result<wasmtime::Cache> {
    let no_thread = |reason: String| {
        WasmtimeError::limit(format!("the thread that keeps the cache in order cannot be started: {reason}"))
    };
    // Wasmtime's cache panics where it cannot start a thread. So this starts one first that does nothing.
    let first = thread::Builder::new().spawn(|| ()).map_err(|error| no_thread(error.to_string()))?;
    _ = first.join();
    match catch_unwind(|| wasmtime::Cache::new(config)) {
        Ok(cache) => {
            cache.map_err(|error| WasmtimeError::Config { reason: format!("cache: {}", chain::lines(&error)) })
        }
        Err(panic) => Err(no_thread(WasmtimeError::from_panic(panic.as_ref()).to_string())),
    }
}

/// What identifies a compiled module: it is hashed for the name of the file.
struct Key<'a> {
    engine: &'a wasmtime::Engine,
    binary: &'a [u8],
}

impl Key<'_> {
    fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha(Sha256::new());
        self.hash(&mut hasher);
        hasher.0.finalize().into()
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.engine.precompile_compatibility_hash().hash(hasher);
        self.binary.hash(hasher);
    }
}

struct Sha(Sha256);

impl Hasher for Sha {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}
