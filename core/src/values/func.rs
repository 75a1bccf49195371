//! A function as a value: whose it is, and what it takes and gives once that was looked up.

use std::sync::{Arc, Weak};

use crate::stores::store::{Body, StoreId};
use crate::types::slot::Known;
use crate::{Result, Store};

/// A function of a guest or of the host. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Func {
    owner: StoreId,
    inner: wasmtime::Func,
    pub(crate) known: Known,
    /// Where the body of a function of the host goes.
    pub(crate) body: Weak<Body>,
}

impl Func {
    pub(crate) fn new(store: &Store, inner: wasmtime::Func) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, known: Known::default(), body: Weak::new() })
    }

    pub(crate) fn with_body(store: &Store, inner: wasmtime::Func, body: Weak<Body>) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, known: Known::default(), body })
    }

    #[inline(always)]
    pub(crate) fn get(&self, store: &Store) -> Result<wasmtime::Func> {
        store.check_owner(self.owner, "function")?;
        Ok(self.inner)
    }
}
