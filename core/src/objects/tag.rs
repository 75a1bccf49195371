//! Tags: what tells exceptions apart.

use std::sync::Arc;

use crate::stores::store::{StoreId, of_store};
use crate::{Result, Store, TagType, WasmtimeError};

/// A tag of exceptions, of a guest or of the host (core specification, section 2.5.6). It belongs to one store.
#[derive(uniffi::Object)]
pub struct Tag {
    owner: StoreId,
    inner: wasmtime::Tag,
}

of_store!(Tag);

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Tag {
    /// Makes a tag. Fails with `Type` where its type has results, and with `Config` in an engine without exceptions.
    #[uniffi::constructor(name = "new")]
    pub fn make(store: &Store, ty: TagType) -> Result<Arc<Self>> {
        if !ty.func.results.is_empty() {
            return Err(WasmtimeError::wrong_type(format!("no tag can be {}: expected no results", ty.func)));
        }
        let ty = wasmtime::TagType::new(ty.func.to_wasmtime(store.engine())?);
        store.enter(|mut context| {
            let made = wasmtime::Tag::new(&mut context, &ty);
            Ok(Self::new(store, made.map_err(WasmtimeError::not_allocated)?))
        })
    }

    /// The tag's type.
    pub fn r#type(&self, store: &Store) -> Result<TagType> {
        let tag = self.get(store)?;
        store.enter(|context| Ok(TagType::from_wasmtime(&tag.ty(&context))))
    }

    /// Whether two handles are to the same tag of the same store.
    pub fn same(&self, store: &Store, other: &Tag) -> Result<bool> {
        let (this, that) = (self.get(store)?, other.get(store)?);
        store.enter(|context| Ok(wasmtime::Tag::eq(&this, &that, &context)))
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
