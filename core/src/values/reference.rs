//! A reference as a value: it keeps what it refers to alive.

use std::sync::Arc;

use trimaran_gate::DropQueue;
use wasmtime::{AnyRef, StoreContextMut};

use crate::stores::root::Root;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::{Result, Store, WasmtimeError};

/// A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there.
#[derive(uniffi::Object)]
pub struct Reference {
    pub(crate) owner: StoreId,
    pub(crate) root: Option<Root>,
    dropped: Arc<DropQueue<Root>>,
}

of_store!(Reference);

impl Reference {
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
            Some(Root::I31(value)) => Ok(wasmtime::Val::AnyRef(Some(AnyRef::from_i31(context, *value)))),
            Some(Root::Exn(root)) => Ok(wasmtime::Val::ExnRef(Some(root.to_rooted(context)))),
            None => Err(WasmtimeError::Closed { what: "reference".to_owned() }),
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // Any thread may drop this at any time, even one that waits for the store: see `DropQueue`.
        if let Some(root) = self.root.take() {
            self.dropped.push(root);
        }
    }
}
