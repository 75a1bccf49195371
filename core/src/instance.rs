//! Instances: a module, linked and started.

use std::sync::Arc;

use wasmtime::StoreContextMut;

use crate::engine::check_same;
use crate::externs::type_of;
use crate::growth::shared_memory;
use crate::module::import_type;
use crate::store::{StoreData, StoreId};
use crate::{Extern, ImportType, Module, NamedExtern, Result, Store, WasmtimeError};

/// An instance of a module. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Instance {
    owner: StoreId,
    inner: wasmtime::Instance,
}

#[uniffi::export]
impl Instance {
    /// Links a module with `imports`, in the order of `Module.imports`, and runs its start function.
    ///
    /// Fails with `Link` where an import is missing, superfluous or of another type, with `Limit` where the
    /// store has no room, and with `Trap` where an initialiser or the start function traps.
    #[uniffi::constructor]
    pub fn new(store: &Store, module: &Module, imports: Vec<Extern>) -> Result<Arc<Self>> {
        let (module, own) = (module.get()?, module.shared());
        check_same(module.engine(), store.engine(), "module")?;
        let wanted: Vec<_> = module.imports().map(|import| import_type(&import)).collect();
        check_count(&wanted, imports.len())?;
        let given: Vec<_> = imports.iter().map(|item| item.to_wasmtime(store)).collect::<Result<_>>()?;
        let shared = given.iter().filter_map(shared_memory).fold(own, u64::max);
        let inner = store.enter_guest(|mut context| {
            context.data_mut().growth.admit(shared)?;
            wasmtime::Instance::new(&mut context, &module, &given)
                .map_err(|error| link(error, &wanted, |index| given.get(index), &context))
        })?;
        Ok(Self::from_wasmtime(store, inner))
    }

    /// Everything that the instance exports, in the module's order.
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
    pub(crate) fn from_wasmtime(store: &Store, inner: wasmtime::Instance) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner })
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Instance> {
        store.check_owner(self.owner, "instance")?;
        Ok(self.inner)
    }
}

/// `NotFound`, with a few of the names that there are.
fn not_found(name: &str, names: impl ExactSizeIterator<Item = String>) -> WasmtimeError {
    const SHOWN: usize = 8;
    let count = names.len();
    let mut list: Vec<_> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    if count > SHOWN {
        list.push(format!("and {} more", count - SHOWN));
    }
    let there = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    WasmtimeError::NotFound {
        name: name.to_owned(),
        reason: format!("there is no export `{name}`: the instance exports {there}"),
    }
}

fn check_count(wanted: &[ImportType], given: usize) -> Result<()> {
    if wanted.len() == given {
        return Ok(());
    }
    let missing = wanted.get(given..).unwrap_or_default();
    let reason = match missing {
        [] => format!("{given} imports given, but the module wants {}: {}", wanted.len(), names(wanted)),
        _ => format!("{given} imports given, {} wanted; missing: {}", wanted.len(), names(missing)),
    };
    let (module, name) = missing.first().map(|import| (import.module.clone(), import.name.clone())).unwrap_or_default();
    Err(WasmtimeError::Link { reason, module, name })
}

fn names(imports: &[ImportType]) -> String {
    let names: Vec<_> =
        imports.iter().map(|import| format!("`{}` `{}` {}", import.module, import.name, import.ty)).collect();
    names.join(", ")
}

/// `Link` for imports that there are no items for, all of them. The first one is named in its fields.
pub(crate) fn missing(imports: &[ImportType], why: &str) -> WasmtimeError {
    let (module, name) = imports.first().map(|import| (import.module.clone(), import.name.clone())).unwrap_or_default();
    let many = if imports.len() == 1 { "1 import is".to_owned() } else { format!("{} imports are", imports.len()) };
    WasmtimeError::Link { reason: format!("{many} {why}: {}", names(imports)), module, name }
}

/// Why a module could not be instantiated: an import of another type, or what happened in the guest.
pub(crate) fn link<'a>(
    error: wasmtime::Error,
    wanted: &[ImportType],
    given: impl Fn(usize) -> Option<&'a wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> WasmtimeError {
    let mismatch = mismatch(&error, wanted, |index| given(index).map(|item| type_of(item, context).to_string()));
    mismatch.unwrap_or_else(|| WasmtimeError::from_guest(error, WasmtimeError::limit))
}

/// Wasmtime says in words which import has the wrong type. Without those words it is another failure.
fn mismatch(
    error: &wasmtime::Error,
    wanted: &[ImportType],
    given: impl Fn(usize) -> Option<String>,
) -> Option<WasmtimeError> {
    let said = error.to_string();
    let blamed =
        |import: &ImportType| said == format!("incompatible import type for `{}::{}`", import.module, import.name);
    // Names may repeat; the types tell the culprit from its namesakes.
    let candidates = wanted.iter().enumerate().filter(|(_, import)| blamed(import));
    let differs = |(index, import): &(usize, &ImportType)| given(*index) != Some(import.ty.to_string());
    let (index, import) = candidates.clone().find(differs).or(candidates.clone().next())?;
    Some(WasmtimeError::Link {
        reason: format!(
            "import `{}` `{}` has the wrong type: expected {}, found {} ({})",
            import.module,
            import.name,
            import.ty,
            given(index).unwrap_or_else(|| "another one".to_owned()),
            error.root_cause()
        ),
        module: import.module.clone(),
        name: import.name.clone(),
    })
}
