//! Instances: a module, linked and started.

use std::sync::Arc;

use trimaran_gate::Token;

use crate::compile::engine::check_same;
use crate::errors::guest_text;
use crate::errors::guest_text::Name;
use crate::limits::shared_size::shared_memory;
use crate::linking::import_error::{check_count, with_wrong_types};
use crate::linking::instantiation::{Instantiation, Source};
use crate::runs::run::Run;
use crate::stores::store::{StoreId, of_store};
use crate::{Extern, Module, NamedExtern, Result, Store, WasmtimeError};

/// An instance of a module. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Instance {
    owner: StoreId,
    inner: wasmtime::Instance,
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
        Self::linked(store, module, &imports)?.run(store).map(|inner| Self::from_wasmtime(store, inner))
    }

    /// Everything that the instance exports, in the module's order.
    #[cfg_attr(false, worded)]
    pub fn exports(&self, store: &Store) -> Result<Vec<NamedExtern>> {
        let instance = self.get(store)?;
        store.enter(|mut context| {
            let found: Vec<_> =
                instance.exports(&mut context).map(|export| (export.name().to_owned(), export.into_extern())).collect();
            let named = |(name, item)| NamedExtern { name, item: Extern::from_wasmtime(store, item) };
            Ok(found.into_iter().map(named).collect())
        })
    }

    /// What the instance exports under `name`. Fails with `NotFound`, which names what there is.
    #[cfg_attr(false, worded)]
    pub fn export(&self, store: &Store, name: &str) -> Result<Extern> {
        let instance = self.get(store)?;
        store.enter(|mut context| match instance.get_export(&mut context, name) {
            Some(item) => Ok(Extern::from_wasmtime(store, item)),
            None => {
                let names = instance.exports(&mut context).map(|export| export.name().to_owned());
                Err(not_found(name, names))
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
        let (module, own) = (module.get()?, module.shared());
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
        Ok(Instantiation { source: Source::Given { module, imports: given }, shared })
    }

    /// Fails as `export` does where the store is another one, or closed. The exports of an instance never change, so that an
    /// adapter may keep them.
    pub fn check(&self, store: &Store) -> Result<()> {
        self.get(store).map(drop)
    }

    pub(crate) fn from_wasmtime(store: &Store, inner: wasmtime::Instance) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner })
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Instance> {
        store.check_owner(self.owner, "instance")?;
        Ok(self.inner)
    }
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
