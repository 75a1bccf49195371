//! A function as a value: whose it is, and what it takes and gives once that was looked up.

use std::sync::{Arc, Weak};

use crate::stores::store::{CallbackCell, StoreId, of_store};
use crate::types::slot::SignatureCache;
use crate::{Result, Store};

/// A function of a guest or of the host. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Func {
    owner: StoreId,
    inner: wasmtime::Func,
    pub(crate) signature_cache: SignatureCache,
    /// Where the body of a host function goes.
    pub(crate) callback: Weak<CallbackCell>,
}

of_store!(Func);

impl Func {
    pub(crate) fn new(store: &Store, inner: wasmtime::Func) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, signature_cache: SignatureCache::default(), callback: Weak::new() })
    }

    pub(crate) fn with_callback(store: &Store, inner: wasmtime::Func, callback: Weak<CallbackCell>) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, signature_cache: SignatureCache::default(), callback })
    }

    #[inline(always)]
    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Func> {
        store.check_owner(self.owner, "function")?;
        Ok(self.inner)
    }
}
