//! Instances: a module, linked and started.

use std::sync::Arc;

use wasmtime::StoreContextMut;

use crate::compile::engine::check_same;
use crate::errors::shown;
use crate::errors::shown::{Name, Part};
use crate::limits::store_limits::shared_memory;
use crate::objects::externs::type_of;
use crate::process::{native_pressure, signals};
use crate::stores::data::{StoreData, StoreId};
use crate::{Extern, ExternType, Module, NamedExtern, Result, Store, WasmtimeError};

/// An instance of a module. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Instance {
    owner: StoreId,
    inner: wasmtime::Instance,
}

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
        let (module, own) = (module.get()?, module.shared());
        check_same(module.engine(), store.engine(), "module")?;
        check_count(&module, imports.len())?;
        let given: Vec<_> = imports.iter().map(|item| item.to_wasmtime(store)).collect::<Result<_>>()?;
        let shared = given.iter().filter_map(shared_memory).fold(own, u64::max);
        signals::stay_in_front();
        let inner = store.enter_guest(|mut context| {
            context.data_mut().growth.admit(shared)?;
            wasmtime::Instance::new(&mut context, &module, &given)
                .map_err(|error| link(error, &module, |index| given.get(index).cloned(), &context))
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
    /// Fails as `export` does where the store is another one, or closed. What the instance exports never changes: whoever has
    /// asked for it once need not ask again.
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

/// `NotFound`, with a few of the names that there are.
fn not_found(name: &str, names: impl ExactSizeIterator<Item = String>) -> WasmtimeError {
    let there = match names.len() {
        0 => "nothing".to_owned(),
        _ => shown::list(EXPORTS, names, |name| format!("`{}`", Name(&name))),
    };
    WasmtimeError::NotFound {
        name: name.to_owned(),
        reason: format!("there is no export `{}`: the instance exports {there}", Name(name)),
    }
}

fn check_count(module: &wasmtime::Module, given: usize) -> Result<()> {
    let wanted = module.imports();
    let count = wanted.len();
    if count == given {
        return Ok(());
    }
    let reason = match given < count {
        false => format!("{given} imports given, but the module wants {count}: {}", names(wanted)),
        true => format!("{given} imports given, {count} wanted; missing: {}", names(wanted.skip(given))),
    };
    let first = module.imports().nth(given);
    let (module, name) = first.map(|import| (import.module().to_owned(), import.name().to_owned())).unwrap_or_default();
    Err(WasmtimeError::Link { reason, module, name })
}

/// How many imports a sentence lists.
const IMPORTS: usize = 32;

/// How many exports a sentence lists.
const EXPORTS: usize = 8;

/// How much of an import's type is shown, in bytes.
const TYPE: usize = 1 << 10;

/// The first of some imports, and how many more there are. The types of no others are written out.
fn names<'a>(imports: impl Iterator<Item = wasmtime::ImportType<'a>>) -> String {
    shown::list(IMPORTS, imports, |import| {
        let ty = ExternType::from_wasmtime(&import.ty());
        format!("`{}` `{}` {}", Name(import.module()), Name(import.name()), Part(TYPE, ty))
    })
}

/// `Link` for imports that there are no items for. The first one is named in its fields.
pub(crate) fn missing(imports: &[wasmtime::ImportType<'_>], why: &str) -> WasmtimeError {
    let first = imports.first();
    let (module, name) = first.map(|import| (import.module().to_owned(), import.name().to_owned())).unwrap_or_default();
    let many = if imports.len() == 1 { "1 import is".to_owned() } else { format!("{} imports are", imports.len()) };
    WasmtimeError::Link { reason: format!("{many} {why}: {}", names(imports.iter().cloned())), module, name }
}

/// Why a module could not be instantiated: an import of another type, or what happened in the guest.
pub(crate) fn link(
    error: wasmtime::Error,
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> WasmtimeError {
    // What an earlier one failed with is over.
    _ = native_pressure::was_refused();
    let refused = |reason| {
        native_pressure::refuse();
        WasmtimeError::limit(reason)
    };
    mismatch(&error, module, given, context).unwrap_or_else(|| WasmtimeError::from_guest(error, refused))
}

/// Wasmtime says in words which import has the wrong type. Without those words it is another failure.
fn mismatch(
    error: &wasmtime::Error,
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> Option<WasmtimeError> {
    if error.is::<wasmtime::WasmBacktrace>() {
        return None;
    }
    const WORDS: &str = "incompatible import type for `";
    let said = error.to_string();
    let names = said.strip_prefix(WORDS)?.strip_suffix('`')?;
    let blamed = |import: &wasmtime::ImportType<'_>| {
        names.strip_prefix(import.module()).and_then(|rest| rest.strip_prefix("::")) == Some(import.name())
    };
    // Names may repeat; the types tell the culprit from its namesakes.
    let words = |(index, import): &(usize, wasmtime::ImportType<'_>)| {
        let found = given(*index).map(|item| Part(TYPE, type_of(&item, context)).to_string());
        (
            Part(TYPE, ExternType::from_wasmtime(&import.ty())).to_string(),
            found.unwrap_or_else(|| "another one".to_owned()),
        )
    };
    let mut candidates = module.imports().enumerate().filter(|(_, import)| blamed(import));
    let first = candidates.next()?;
    let (expected, found) = words(&first);
    let (import, expected, found) = if expected != found {
        (first.1, expected, found)
    } else {
        let other = candidates.take(NAMESAKES).find_map(|candidate| {
            let (expected, found) = words(&candidate);
            (expected != found).then_some((candidate.1, expected, found))
        });
        other.unwrap_or((first.1, expected, found))
    };
    let (module, name) = (import.module().to_owned(), import.name().to_owned());
    let (shown_module, shown_name) = (Name(&module), Name(&name));
    let reason = format!(
        "import `{shown_module}` `{shown_name}` has the wrong type: expected {expected}, found {found} ({})",
        Part(TYPE, error.root_cause())
    );
    Some(WasmtimeError::Link { reason, module, name })
}

/// How many imports of one name are looked at to tell which has the wrong type.
const NAMESAKES: usize = 1000;
