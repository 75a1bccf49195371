//! Tags, as far as they are imported and exported.

use std::sync::Arc;

use crate::store::StoreId;
use crate::{Result, Store, TagType};

/// A tag of a guest. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Tag {
    owner: StoreId,
    inner: wasmtime::Tag,
}

#[uniffi::export]
impl Tag {
    /// The tag's type.
    pub fn r#type(&self, store: &Store) -> Result<TagType> {
        let tag = self.get(store)?;
        store.enter(|context| Ok(TagType::from_wasmtime(&tag.ty(&context))))
    }
}

impl Tag {
    pub(crate) fn new(store: &Store, inner: wasmtime::Tag) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner })
    }

    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Tag> {
        store.check_owner(self.owner, "tag")?;
        Ok(self.inner)
    }
}
