//! Globals, as far as they are imported and exported.

use std::sync::Arc;

use crate::store::StoreId;
use crate::{GlobalType, Result, Store};

/// A global of a guest. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Global {
    owner: StoreId,
    inner: wasmtime::Global,
}

#[uniffi::export]
impl Global {
    /// The global's type.
    pub fn r#type(&self, store: &Store) -> Result<GlobalType> {
        let global = self.get(store)?;
        store.enter(|context| Ok(GlobalType::from_wasmtime(&global.ty(&context))))
    }
}

impl Global {
    pub(crate) fn new(store: &Store, inner: wasmtime::Global) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner })
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Global> {
        store.check_owner(self.owner, "global")?;
        Ok(self.inner)
    }
}
