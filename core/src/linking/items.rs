//! The items of a linker.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use wasmtime::StoreContextMut;

use crate::compile::engine::LinkerCache;
use crate::errors::chain::chain;
use crate::host::definition::HostDefinition;
use crate::host::waiting;
use crate::linking::command;
use crate::linking::definitions::{Definition, Definitions};
use crate::linking::import_error::{link, with_wrong_types};
use crate::linking::resting::Resting;
use crate::snapshots::copies;
use crate::stores::store::StoreData;
use crate::wasi::functions;
use crate::{Result, Store, WasmtimeError};

/// The items of a linker: wasmtime's own, and what we note of each. Both have the same items. An operation that defines several
/// items, or may fail half-way, changes a clone, which replaces this when it is done.
#[derive(Clone)]
pub(crate) struct Items {
    pub(super) linker: Arc<wasmtime::Linker<StoreData>>,
    pub(super) definitions: Definitions,
    /// The functions of WASI that have their guests rest while they wait, if WASI is defined.
    resting: Option<Arc<wasmtime::Linker<StoreData>>>,
}

impl Items {
    pub(super) fn new(engine: &wasmtime::Engine) -> Self {
        Self { linker: Arc::new(wasmtime::Linker::new(engine)), definitions: Definitions::default(), resting: None }
    }

    /// The items of a linker that has WASI alone. They are kept with the engine once they were asked for: making WASI's functions
    /// takes twenty times as long as a clone. `empty` has no items.
    pub(super) fn with_wasi_alone(kept: &LinkerCache, empty: &Self) -> Result<Self> {
        if kept.get().is_none() {
            let mut made = empty.clone();
            made.define_wasi(false)?;
            // Another thread may have been first.
            _ = kept.set(Box::new(made));
        }
        let found = kept.get().and_then(|items| items.downcast_ref::<Self>()).cloned();
        found.ok_or_else(|| WasmtimeError::Unexpected { reason: "an engine without the items of WASI".to_owned() })
    }

    pub(super) fn allow_shadowing(&mut self, allow: bool) {
        if self.definitions.shadowing != allow {
            self.definitions.shadowing = allow;
            Arc::make_mut(&mut self.linker).allow_shadowing(allow);
        }
    }

    pub(super) fn define_wasi(&mut self, shadowing: bool) -> Result<()> {
        let names = wasi_names(self.linker.engine())?;
        names
            .iter()
            .try_for_each(|(module, name)| self.definitions.add(module, name, Definition::of_wasi()).map(drop))?;
        functions::define(Arc::make_mut(&mut self.linker), shadowing).map_err(refused)?;
        let mut resting = wasmtime::Linker::new(self.linker.engine());
        functions::define_resting(&mut resting, waiting::ask).map_err(refused)?;
        self.resting = Some(Arc::new(resting));
        self.definitions.shadowing = shadowing;
        Ok(())
    }

    /// Where a module finds its imports whose guest may rest; none where it imports nothing that waits.
    pub(super) fn resting(&self, module: &wasmtime::Module) -> Option<Resting> {
        Resting::of(module, &self.linker, self.resting.as_ref(), &self.definitions, &functions::RESTING)
    }

    /// The error of imports that are missing, with those of another type, as far as the store has them. It enters the store.
    pub(super) fn explain_missing(
        &self,
        missing: WasmtimeError,
        store: &Store,
        module: &wasmtime::Module,
    ) -> WasmtimeError {
        let can_see =
            |import: &wasmtime::ImportType<'_>| self.definitions.is_for(store, import.module(), import.name());
        let told = store
            .enter(|mut context| Ok(explain_missing(missing.clone(), &self.linker, &mut context, module, can_see)));
        told.unwrap_or(missing)
    }

    /// Defines an item of a store, and returns what had its name before.
    pub(super) fn insert(
        &mut self,
        context: &StoreContextMut<'_, StoreData>,
        store: &Store,
        module: &str,
        name: &str,
        item: wasmtime::Extern,
    ) -> Result<Option<Definition>> {
        self.definitions.check(module, name)?;
        let definition = Definition::of_store(store, &item);
        Arc::make_mut(&mut self.linker).define(context, module, name, item).map_err(refused)?;
        self.definitions.add(module, name, definition)
    }

    /// Defines the functions of a module that is instantiated anew for each call. Its own shared memories may grow to `own`
    /// bytes.
    pub(super) fn define_command(
        &mut self,
        context: &mut StoreContextMut<'_, StoreData>,
        store: &Store,
        name: &str,
        module: &wasmtime::Module,
        own: u64,
    ) -> Result<()> {
        self.definitions.check_imports(module, Some(store))?;
        let exports = copies::exports(module).filter(|export| export.ty().func().is_some());
        let functions: Vec<_> = exports.map(|export| export.name().to_owned()).collect();
        functions.iter().try_for_each(|function| self.definitions.check(name, function))?;
        let needed = self.definitions.hosts(Some(module));
        HostDefinition::check_callbacks(&needed, context.data())?;
        context.data_mut().debug_info.keep(module.image_range().start.addr());
        context.data_mut().limiter.admit(self.definitions.shared(module).max(own))?;
        let linker = Arc::make_mut(&mut self.linker);
        // Wasmtime looks at what the module exports. Its functions cannot run on fibers, and ours take their place.
        // It would take hidden exports for something that a command must not have.
        if !copies::is_copy(module) {
            linker.module(&mut *context, name, module).map_err(refused)?;
        }
        let pre = linker.instantiate_pre(module).map_err(refused)?;
        linker.allow_shadowing(true);
        for export in copies::exports(module) {
            let Some(ty) = export.ty().func().cloned() else { continue };
            let function = command::function(context, ty, &pre, export.name());
            linker.define(&*context, name, export.name(), function).map_err(refused)?;
        }
        linker.allow_shadowing(self.definitions.shadowing);
        let bound = needed.iter().map(|host| host.without_body()).collect();
        let command = Definition::of_command(store, bound);
        functions.iter().try_for_each(|function| self.definitions.add(name, function, command.clone()).map(drop))
    }
}

/// The modules and names of the functions of WASI, which wasmtime-wasi defines.
fn wasi_names(engine: &wasmtime::Engine) -> Result<&'static [(String, String)]> {
    static NAMES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    if let Some(names) = NAMES.get() {
        return Ok(names);
    }
    let (mut linker, mut store) = (wasmtime::Linker::new(engine), StoreData::scratch(engine)?);
    functions::define(&mut linker, false).map_err(refused)?;
    let items = linker.iter(&mut store);
    let names: BTreeSet<_> = items.map(|(module, name, _)| (module.to_owned(), name.to_owned())).collect();
    Ok(NAMES.get_or_init(|| names.into_iter().collect()))
}

/// The error of wasmtime's linker, for what was not checked before.
pub(crate) fn refused(error: wasmtime::Error) -> WasmtimeError {
    let (module, name) = error
        .downcast_ref::<wasmtime::UnknownImportError>()
        .map(|unknown| (unknown.module().to_owned(), unknown.name().to_owned()))
        .unwrap_or_default();
    WasmtimeError::Link { reason: chain(&error), module, name }
}

/// Why a module could not be instantiated: an import of another type, or a failure in the guest. It looks only at items that the
/// store may have, since wasmtime panics for an item of another store.
pub(super) fn explain(
    error: wasmtime::Error,
    linker: &wasmtime::Linker<StoreData>,
    context: &mut StoreContextMut<'_, StoreData>,
    module: &wasmtime::Module,
    can_see: impl Fn(&wasmtime::ImportType<'_>) -> bool,
) -> WasmtimeError {
    let given = match error.is::<wasmtime::WasmBacktrace>() {
        true => Vec::new(),
        false => found(linker, context, module, can_see),
    };
    link(error, module, |index| given.get(index)?.clone(), context)
}

/// The error of imports that are missing, with those that are there and of another type. It looks at items as `explain` does.
pub(super) fn explain_missing(
    error: WasmtimeError,
    linker: &wasmtime::Linker<StoreData>,
    context: &mut StoreContextMut<'_, StoreData>,
    module: &wasmtime::Module,
    can_see: impl Fn(&wasmtime::ImportType<'_>) -> bool,
) -> WasmtimeError {
    let given = found(linker, context, module, can_see);
    with_wrong_types(error, module, |index| given.get(index)?.clone(), context)
}

/// The items for a module's imports, in their order.
fn found(
    linker: &wasmtime::Linker<StoreData>,
    context: &mut StoreContextMut<'_, StoreData>,
    module: &wasmtime::Module,
    can_see: impl Fn(&wasmtime::ImportType<'_>) -> bool,
) -> Vec<Option<wasmtime::Extern>> {
    let mut item = |import: &wasmtime::ImportType<'_>| match can_see(import) {
        true => linker.try_get_by_import(&mut *context, import).ok().flatten(),
        false => None,
    };
    module.imports().map(|import| item(&import)).collect()
}
