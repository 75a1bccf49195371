//! Instances: a module, linked and started.

use std::sync::{Arc, OnceLock};

use trimaran_gate::Token;
use wasmtime::StoreContextMut;

use crate::compile::engine::check_same;
use crate::errors::guest_text;
use crate::errors::guest_text::Name;
use crate::limits::shared_size::shared_memory;
use crate::linking::import_error::{check_count, with_wrong_types};
use crate::linking::instantiation::{Instantiation, Source};
use crate::runs::run::Run;
use crate::snapshots::copies;
use crate::snapshots::original::Original;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::{Extern, Module, NamedExtern, Result, Store, WasmtimeError};

/// An instance of a module. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Instance {
    owner: StoreId,
    inner: wasmtime::Instance,
    /// What it exports, if its store's guests run on fibers: whoever looks that up need not wait for a guest that computes.
    known: OnceLock<Box<[(String, wasmtime::Extern)]>>,
    /// What its module is a copy of, if that was compiled for snapshots.
    original: Option<Arc<Original>>,
}

of_store!(Instance);

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Instance {
    /// Links a module with `imports`, in the order of `Module.imports`, and runs its start function.
    ///
    /// Fails with `Link` where an import is missing, superfluous or of another type, with `Limit` where the
    /// store has no room, and with `Trap` where an initialiser or the start function traps.
    #[uniffi::constructor]
    #[cfg_attr(false, long)]
    pub fn new(store: &Store, module: &Module, imports: Vec<Extern>) -> Result<Arc<Self>> {
        Self::linked(store, module, &imports)?.run(store, Self::from_wasmtime)
    }

    /// Everything that the instance exports, in the module's order.
    #[cfg_attr(false, worded)]
    pub fn exports(&self, store: &Store) -> Result<Vec<NamedExtern>> {
        let instance = self.get(store)?;
        let named = |(name, item): (String, _)| NamedExtern { item: Extern::found_as(store, &name, item), name };
        if let Some(known) = self.known(store)? {
            return Ok(known.iter().cloned().map(named).collect());
        }
        store.enter(|mut context| Ok(all(instance, &mut context).into_vec().into_iter().map(named).collect()))
    }

    /// What the instance exports under `name`. Fails with `NotFound`, which names what there is.
    #[cfg_attr(false, worded)]
    pub fn export(&self, store: &Store, name: &str) -> Result<Extern> {
        let instance = self.get(store)?;
        if let Some(known) = self.known(store)? {
            return match known.iter().find(|(known, _)| known == name) {
                Some((_, item)) => Ok(Extern::found_as(store, name, item.clone())),
                None => Err(not_found(name, known.iter().map(|(name, _)| name.clone()))),
            };
        }
        store.enter(|mut context| match instance.get_export(&mut context, name) {
            Some(item) if !copies::is_hidden(instance.module(&context), name) => {
                Ok(Extern::found_as(store, name, item))
            }
            _ => {
                let exports = copies::exports(instance.module(&context));
                let names: Vec<_> = exports.map(|export| export.name().to_owned()).collect();
                Err(not_found(name, names.into_iter()))
            }
        })
    }
}

impl Instance {
    /// The same as `new`, as a run: its start function may wait for async host functions. `of` is the async host call of the same
    /// store that it comes from, if any.
    pub fn start(store: &Arc<Store>, module: &Module, imports: &[Extern], of: Option<Token>) -> Result<Run<Arc<Self>>> {
        Self::linked(store, module, imports)?.start(store, of, Self::from_wasmtime)
    }

    /// The module with its imports, which are checked as far as that needs no instance.
    fn linked(store: &Store, module: &Module, imports: &[Extern]) -> Result<Instantiation> {
        let (original, own) = (module.original()?, module.shared());
        let module = module.get()?;
        check_same(module.engine(), store.engine(), "module")?;
        if let Err(missing) = check_count(&module, imports.len()) {
            // What belongs to another store is not looked at.
            let given: Vec<_> = imports.iter().map(|item| item.to_wasmtime(store).ok()).collect();
            let item = |index: usize| given.get(index)?.clone();
            let told = store.enter(|context| Ok(with_wrong_types(missing.clone(), &module, item, &context)));
            return Err(told.unwrap_or(missing));
        }
        let given: Vec<_> = imports.iter().map(|item| item.to_wasmtime(store)).collect::<Result<_>>()?;
        let shared = given.iter().filter_map(shared_memory).fold(own, u64::max);
        Ok(Instantiation { source: Source::Given { module, imports: given }, shared, original })
    }

    /// Fails as `export` does where the store is another one, or closed. The exports of an instance never change, so that an
    /// adapter may keep them.
    pub fn check(&self, store: &Store) -> Result<()> {
        self.get(store).map(drop)
    }

    pub(super) fn from_wasmtime(
        store: &Store,
        inner: wasmtime::Instance,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> Arc<Self> {
        let known = OnceLock::new();
        if store.is_on_fibers() {
            _ = known.set(all(inner, context));
        }
        let original = copies::original(inner.module(&*context));
        Arc::new(Self { owner: store.id(), inner, known, original })
    }

    /// What it exports, if its store's guests run on fibers.
    fn known(&self, store: &Store) -> Result<Option<&[(String, wasmtime::Extern)]>> {
        if self.known.get().is_none() && store.is_on_fibers() {
            let found = store.enter(|mut context| Ok(all(self.inner, &mut context)))?;
            _ = self.known.set(found);
        }
        store.check_open()?;
        Ok(self.known.get().map(Box::as_ref))
    }

    /// What its module is a copy of, if that was compiled for snapshots.
    pub(super) fn original(&self) -> Option<&Original> {
        self.original.as_deref()
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Instance> {
        store.check_owner(self.owner, "instance")?;
        Ok(self.inner)
    }
}

/// What it exports, without what nobody is told of.
pub(super) fn all(
    instance: wasmtime::Instance,
    context: &mut StoreContextMut<'_, StoreData>,
) -> Box<[(String, wasmtime::Extern)]> {
    let told = copies::exports(instance.module(&*context)).count();
    instance.exports(context).take(told).map(|export| (export.name().to_owned(), export.into_extern())).collect()
}

/// How many exports a sentence lists.
const EXPORTS: usize = 8;

/// `NotFound`, with a few of the names that there are.
fn not_found(name: &str, names: impl ExactSizeIterator<Item = String>) -> WasmtimeError {
    let there = match names.len() {
        0 => "nothing".to_owned(),
        _ => guest_text::list(EXPORTS, names, |name| format!("`{}`", Name(&name))),
    };
    WasmtimeError::NotFound {
        name: name.to_owned(),
        reason: format!("there is no export `{}`: the instance exports {there}", Name(name)),
    }
}
