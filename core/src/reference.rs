//! References that the host holds: to values of the host, and to garbage-collected values of guests.

use std::sync::Arc;

use wasmtime::{AnyRef, AsContextMut, ExnRef, ExternRef, OwnedRooted, RootScope, StoreContextMut};

use crate::access::DropQueue;
use crate::store::{StoreData, StoreId};
use crate::{Result, Store, Val, WasmtimeError};

/// What keeps a value alive for the host.
#[derive(Clone)]
pub(crate) enum Root {
    Extern(OwnedRooted<ExternRef>),
    Any(OwnedRooted<AnyRef>),
    Exn(OwnedRooted<ExnRef>),
}

/// A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there.
#[derive(uniffi::Object)]
pub struct Reference {
    owner: StoreId,
    root: Option<Root>,
    dropped: Arc<DropQueue<Root>>,
}

/// A value of the host, as a guest holds it. It is dropped when neither the guest nor the host refers to it any more
/// and the store has collected its garbage, or the store is closed.
pub type HostObject = Arc<dyn std::any::Any + Send + Sync>;

impl Reference {
    /// Makes a reference to a value of the host. Fails with `Limit` where the store has no room for it.
    pub fn of_host(store: &Store, object: HostObject) -> Result<Arc<Self>> {
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let made = ExternRef::new(&mut context, object).and_then(|value| value.to_owned_rooted(&mut context));
            let root = made.map_err(|error| WasmtimeError::limit(crate::error::chain(&error)))?;
            Ok(Self::new(store, Root::Extern(root)))
        })
    }

    /// The value of the host that this is a reference to, if it is one.
    pub fn host_object(&self, store: &Store) -> Result<Option<HostObject>> {
        store.check_owner(self.owner, "reference")?;
        let Some(Root::Extern(root)) = &self.root else { return Ok(None) };
        store.enter(|context| {
            let data = root.data(&context).map_err(|error| WasmtimeError::limit(crate::error::chain(&error)))?;
            Ok(data.and_then(|data| data.downcast_ref::<HostObject>()).map(Arc::clone))
        })
    }

    pub(crate) fn new(store: &Store, root: Root) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), root: Some(root), dropped: store.drop_queue() })
    }

    /// The value again, as wasmtime has it.
    pub(crate) fn to_wasmtime(
        &self,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> Result<wasmtime::Val> {
        store.check_owner(self.owner, "reference")?;
        match &self.root {
            Some(Root::Extern(root)) => Ok(wasmtime::Val::ExternRef(Some(root.to_rooted(context)))),
            Some(Root::Any(root)) => Ok(wasmtime::Val::AnyRef(Some(root.to_rooted(context)))),
            Some(Root::Exn(root)) => Ok(wasmtime::Val::ExnRef(Some(root.to_rooted(context)))),
            None => Err(WasmtimeError::Closed { what: "reference".to_owned() }),
        }
    }
}

#[uniffi::export]
impl Reference {
    /// Whether two references are to the same value, in the sense of `ref.eq`.
    pub fn same(&self, store: &Store, other: &Reference) -> Result<bool> {
        store.check_owner(other.owner, "reference")?;
        store.check_owner(self.owner, "reference")?;
        store.enter(|context| {
            let same = match (&self.root, &other.root) {
                (Some(Root::Extern(a)), Some(Root::Extern(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                (Some(Root::Any(a)), Some(Root::Any(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                (Some(Root::Exn(a)), Some(Root::Exn(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                _ => Ok(false),
            };
            same.map_err(|error| WasmtimeError::limit(crate::error::chain(&error)))
        })
    }

    /// The reference as a value, to pass it on.
    pub fn value(self: Arc<Self>) -> Result<Val> {
        Ok(match &self.root {
            Some(Root::Extern(_)) => Val::ExternRef { value: Some(self) },
            Some(Root::Any(_)) => Val::AnyRef { value: Some(self) },
            Some(Root::Exn(_)) => Val::ExnRef { value: Some(self) },
            None => return Err(WasmtimeError::Closed { what: "reference".to_owned() }),
        })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // Any thread may drop this at any time, even one that waits for the store: see `access`.
        if let Some(root) = self.root.take() {
            self.dropped.push(root);
        }
    }
}
