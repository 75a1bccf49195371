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
    /// Makes a cache in the folder at `path`, with the settings of the file there, or with wasmtime's defaults. Fails with `Config`,
    /// and with `Limit` where the cache's thread cannot be started.
    pub(crate) fn new(path: Option<&Utf8Path>) -> Result<Self> {
        let wrong = |reason: String| WasmtimeError::Config { reason: format!("cache: {reason}") };
        let folder = path.filter(|path| path.is_dir() || path.as_str().ends_with('/'));
        // Reading from a pipe might take for ever.
        if let Some(path) = path.filter(|path| folder.is_none() && path.exists() && !path.is_file()) {
            let name = Name(path.as_str());
            return Err(wrong(format!("{name} is no regular file: expected one with settings, or a folder")));
        }
        let config = match folder {
            None => wasmtime::CacheConfig::from_file(path.map(Utf8Path::as_std_path))
                .map_err(|error| wrong(chain::lines(&error)))?,
            Some(folder) => {
                let folder = std::path::absolute(folder).map_err(|error| wrong(error.to_string()))?;
                let mut config = wasmtime::CacheConfig::new();
                config.with_directory(folder);
                config
            }
        };
        let cache = start(config.clone())?;
        Ok(Self { config, cache, generation: fork::generation() })
    }

    /// The compiled module, or component, from the cache or by compiling it now.
    pub(crate) fn get<C: Compiled>(&self, engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<C> {
        let cache = match self.generation == fork::generation() {
            true => Cow::Borrowed(&self.cache),
            false => match start(self.config.clone()) {
                Ok(cache) => Cow::Owned(cache),
                // Keeping it only saves time: a failure is no error.
                Err(_) => return C::compile(engine, binary),
            },
        };
        let key = Key { engine, binary, sort: C::SORT };
        ModuleCacheEntry::new(FOLDER, Some(&*cache)).get_data_raw(
            &key,
            |key| C::compile(key.engine, key.binary),
            |key, code: &C| code.image(&key.digest()).and_then(artifact::seal).ok(),
            |key, file| {
                let code = artifact::open(&file, key.sort).ok()?.strip_prefix(&key.digest())?;
                // SAFETY: the bytes are what `image` has made of this very module or component, of which the digest is, as the seal
                // shows, unless the bytes and the seal were both forged: the documentation of `Config.cache` says so.
                unsafe { C::load(key.engine, code) }.ok()
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

/// What the cache keeps.
pub(crate) trait Compiled: Sized {
    const SORT: Sort;

    fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Self>;

    /// `head`, and what `load` makes it of.
    fn image(&self, head: &[u8]) -> Result<Vec<u8>>;

    /// # Safety
    /// The code is what `image` gave behind its head: wasmtime trusts it.
    unsafe fn load(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Self>;
}

impl Compiled for wasmtime::Module {
    const SORT: Sort = Sort::Module;

    fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Self> {
        Self::from_binary(engine, binary)
    }

    fn image(&self, head: &[u8]) -> Result<Vec<u8>> {
        artifact::image(head, self)
    }

    unsafe fn load(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: `image` has made the code of a module of wasmtime's, says the caller.
        unsafe { Self::deserialize(engine, code) }
    }
}

impl Compiled for wasmtime::component::Component {
    const SORT: Sort = Sort::Component;

    fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Self> {
        Self::from_binary(engine, binary)
    }

    fn image(&self, head: &[u8]) -> Result<Vec<u8>> {
        artifact::component_image(head, self)
    }

    unsafe fn load(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: `image` has made the code of a component of wasmtime's, says the caller.
        unsafe { Self::deserialize(engine, code) }
    }
}

/// What identifies compiled code: it is hashed for the name of the file. The two sorts begin with different bytes.
struct Key<'a> {
    engine: &'a wasmtime::Engine,
    binary: &'a [u8],
    sort: Sort,
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
