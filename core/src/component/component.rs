//! Components: compiled, validated, reflected, stored.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::compile::artifact::{self, Code};
use crate::compile::beginnings::Sort;
use crate::compile::closable::Closable;
use crate::compile::{file, packed};
use crate::component::types::ComponentTypes;
use crate::component::{checks, table};
use crate::events::event::EventKind;
use crate::process::native_pressure::HeldBytes;
use crate::traps::symbols::{self, Debug};
use crate::{Engine, Result, WasmtimeError};

/// A compiled component (`wasmtime::component::Component`). It may be instantiated any number of times, in any store of its engine, on
/// any thread.
#[derive(uniffi::Object)]
pub struct Component {
    inner: Closable<wasmtime::component::Component>,
    /// How large the shared memories of its modules may grow, in bytes; 0 where they have none.
    shared: u64,
    /// The DWARF of its modules, if they have any that is kept.
    debug: Closable<Option<Debug>>,
    engine: Arc<Engine>,
    held: HeldBytes,
}

#[uniffi::export]
impl Component {
    /// Compiles a component from the binary or the text format.
    ///
    /// Fails with `Compile` where it is no component, is truncated or does not validate, with `Syntax` where text has a mistake, with
    /// `Type` for the path of a file, which `from_file` reads, and with `Limit` where it, or a module in it, passes the engine's
    /// limits for modules.
    #[uniffi::constructor]
    #[cfg_attr(false, called(bytes = "the component"))]
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        let cache = engine.cache();
        let compiler = move |engine: &wasmtime::Engine, binary: &[u8]| match &cache {
            Some(cache) => cache.get(engine, binary),
            None => wasmtime::component::Component::from_binary(engine, binary),
        };
        let compile = || Self::wrap(engine, checks::compile(engine, bytes, compiler)?);
        engine.events().around((EventKind::Compile, Some(bytes)), |_| None, compile)
    }

    /// Compiles a component from a file in the binary or the text format. Fails with `Io` as well, and with `Limit` for a file
    /// that is larger than the engine's limit for modules, or than 1 GiB: no more of it is read.
    #[uniffi::constructor]
    pub fn from_file(engine: &Engine, path: Utf8PathBuf) -> Result<Arc<Self>> {
        engine.get()?;
        let bytes = file::read(&path, |head| engine.module_size(head, Sort::Component));
        bytes.and_then(|bytes| Self::new(engine, &bytes)).map_err(|error| error.in_file(&path))
    }

    /// Makes a component from what `serialize` gave. Fails with `Artifact` where a single bit differs, or where
    /// another version or configuration made it.
    ///
    /// The artifact is machine code: take it only from where you would take a program. The check finds
    /// damage, not malice.
    #[uniffi::constructor]
    pub fn deserialize(engine: &Engine, artifact: &[u8]) -> Result<Arc<Self>> {
        let Code { code, shared, moved, debug, original } = Code::open(artifact, Sort::Component)?;
        // SAFETY: wasmtime trusts the bytes. They are what `serialize` made, bit for bit, as the checksum
        // shows, unless bytes and checksum were both forged; the documentation says so.
        let component = unsafe { wasmtime::component::Component::deserialize(&engine.get()?, code) };
        let code =
            component.map_err(|error| WasmtimeError::no_code(error, |reason| WasmtimeError::Artifact { reason }))?;
        Self::wrap(engine, Code { code, shared, moved, debug, original })
    }

    /// Makes a component from a file that holds what `serialize` gave. Fails with `Io` as well.
    #[uniffi::constructor]
    pub fn deserialize_file(engine: &Engine, path: Utf8PathBuf) -> Result<Arc<Self>> {
        let bytes = file::read(&path, |head| artifact::size(head, Sort::Component));
        bytes.and_then(|bytes| Self::deserialize(engine, &bytes)).map_err(|error| error.in_file(&path))
    }

    /// The compiled component as bytes, to keep it and to load it without compiling. Fails with `Limit` where there is no room for
    /// them.
    pub fn serialize(&self) -> Result<Vec<u8>> {
        let debug = self.debug.get()?.map(|debug| debug.sections);
        Code {
            code: artifact::component_image(&[], &self.get()?)?,
            shared: self.shared,
            moved: None,
            debug,
            original: None,
        }
        .seal()
    }

    /// The compiled component together with its engine's configuration, as bytes that `unpack` makes a component of in any
    /// process of this version on such a machine. Fails with `Limit` where there is no room for them.
    pub fn pack(&self) -> Result<Vec<u8>> {
        packed::COMPONENT.pack(&self.engine, &self.serialize()?)
    }

    /// Makes a component from what `pack` gave. It belongs to `Engine.shared` of its configuration.
    ///
    /// Fails with `Artifact` where a single bit differs, or where another version or machine made it. It is machine code,
    /// as with `deserialize`.
    #[uniffi::constructor]
    #[cfg_attr(false, called(bytes = "the packed component"))]
    pub fn unpack(bytes: &[u8]) -> Result<Arc<Self>> {
        let (engine, artifact) = packed::COMPONENT.unpack(bytes)?;
        Self::deserialize(&engine, artifact)
    }

    /// The engine that it belongs to.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn engine(&self) -> Result<Arc<Engine>> {
        Ok(Arc::clone(&self.engine))
    }

    /// Its type: that of the component is the root of the table. Its parts are what it imports and what it exports.
    ///
    /// Fails with `Limit` where the types, written out, are far larger than the component.
    pub fn types(&self) -> Result<ComponentTypes> {
        let component = self.get()?;
        table::of_component(component.engine(), &component.component_type())
    }

    /// Closes the component. Instances of it go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        self.debug.close();
        self.held.clear();
        Ok(())
    }
}

/// Checks a component in the binary or the text format, and keeps nothing of it. Fails as `Component` does. Wasmtime 48 checks a component
/// by compiling it, so that this takes as long.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the component"))]
pub fn validate_component(engine: &Engine, bytes: &[u8]) -> Result<()> {
    checks::validate(engine, bytes)
}

/// Compiles a component from the binary or the text format to what `Component.serialize` gives, without making one: for an engine of
/// another machine as well, by `Config.target`. Fails as `Component` does.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the component"))]
pub fn precompile_component(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>> {
    let compile = || checks::compile(engine, bytes, wasmtime::Engine::precompile_component)?.seal();
    engine.events().around((EventKind::Compile, Some(bytes)), |_| None, compile)
}

impl Component {
    pub(crate) fn get(&self) -> Result<wasmtime::component::Component> {
        self.inner.get()
    }

    /// How large the shared memories of its modules may grow, in bytes; 0 where they have none.
    pub(super) fn shared(&self) -> u64 {
        self.shared
    }

    fn wrap(engine: &Engine, made: Code<wasmtime::component::Component>) -> Result<Arc<Self>> {
        let Code { code, shared, debug, .. } = made;
        let closed = || WasmtimeError::Closed { what: "engine".to_owned() };
        let engine = engine.weak().upgrade().ok_or_else(closed)?;
        let (debug, held) = symbols::note(code.image_range(), debug.filter(|_| engine.reads_debug_info()));
        let (inner, debug) = (Closable::new("component", code), Closable::new("component", debug));
        Ok(Arc::new(Self { inner, shared, debug, engine, held }))
    }
}
