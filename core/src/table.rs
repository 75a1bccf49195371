//! Tables, as far as they are imported and exported.

use std::sync::Arc;

use crate::store::StoreId;
use crate::{Result, Store, TableType};

/// A table of a guest. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Table {
    owner: StoreId,
    inner: wasmtime::Table,
}

#[uniffi::export]
impl Table {
    /// The table's type.
    pub fn r#type(&self, store: &Store) -> Result<TableType> {
        let table = self.get(store)?;
        store.enter(|context| Ok(TableType::from_wasmtime(&table.ty(&context))))
    }
}

impl Table {
    pub(crate) fn new(store: &Store, inner: wasmtime::Table) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner })
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Table> {
        store.check_owner(self.owner, "table")?;
        Ok(self.inner)
    }
}
