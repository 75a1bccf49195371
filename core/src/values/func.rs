//! A function as a value: whose it is, and what it takes and gives once that was looked up.

use std::sync::{Arc, OnceLock, Weak};

use crate::errors::guest_text::start;
use crate::stores::entry::Called;
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
    /// The name by which an instance exports it, in a store that tells its calls.
    name: OnceLock<Arc<str>>,
}

of_store!(Func);

impl Func {
    pub(crate) fn new(store: &Store, inner: wasmtime::Func) -> Arc<Self> {
        Self::with_callback(store, inner, Weak::new())
    }

    pub(crate) fn with_callback(store: &Store, inner: wasmtime::Func, callback: Weak<CallbackCell>) -> Arc<Self> {
        let (signature_cache, name) = (SignatureCache::default(), OnceLock::new());
        Arc::new(Self { owner: store.id(), inner, signature_cache, callback, name })
    }

    /// It was found under this name.
    pub(crate) fn found_as(&self, store: &Store, name: &str) {
        if store.tells_calls {
            self.name.get_or_init(|| start(name).into());
        }
    }

    /// What a listener is told that it is called.
    pub(crate) fn called(&self) -> Called {
        self.name.get().cloned()
    }

    #[inline(always)]
    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Func> {
        store.check_owner(self.owner, "function")?;
        Ok(self.inner)
    }
}
