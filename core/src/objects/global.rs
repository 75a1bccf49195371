//! Globals: values that a guest and its host share.

use std::sync::{Arc, OnceLock};

use wasmtime::{AsContextMut, RootScope};

use crate::errors::chain::chain;
use crate::stores::store::{StoreId, of_store};
use crate::types::slot::ValKind;
use crate::values::convert::ArgPosition;
use crate::{GlobalType, Result, Store, Val, WasmtimeError};

/// A global, of a guest or made by the host. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Global {
    owner: StoreId,
    pub(crate) inner: wasmtime::Global,
    pub(crate) kind: OnceLock<ValKind>,
}

of_store!(Global);

/// Where a global's value stands, for messages.
const PLACE: ArgPosition = ArgPosition::only("the value");

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Global {
    /// Makes a global in `store`. It converts the value as a call converts an argument: where nothing is lost.
    ///
    /// Fails with `Type` where the value is of another type, and with `Range` where a number does not fit.
    #[uniffi::constructor]
    #[cfg_attr(false, long)]
    pub fn new(store: &Store, ty: GlobalType, value: Val) -> Result<Arc<Self>> {
        let raw = ty.to_wasmtime()?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let value = value.to_wasmtime(raw.content(), store, &mut context, PLACE)?;
            let made = wasmtime::Global::new(&mut context, raw, value);
            Ok(Self::from_wasmtime(store, made.map_err(WasmtimeError::not_allocated)?))
        })
    }

    /// The global's type.
    pub fn r#type(&self, store: &Store) -> Result<GlobalType> {
        let global = self.inner(store)?;
        store.enter(|context| Ok(GlobalType::from_wasmtime(&global.ty(&context))))
    }

    /// The value now.
    #[cfg_attr(false, worded)]
    pub fn get(&self, store: &Store) -> Result<Val> {
        let global = self.inner(store)?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let value = global.get(&mut context);
            Val::from_wasmtime(&value, store, &mut context)
        })
    }

    /// Changes the value. It converts the new one as a call converts an argument.
    ///
    /// Fails with `Type` where the global is constant or the value is of another type, and with `Range` where a number does
    /// not fit.
    #[cfg_attr(false, worded)]
    pub fn set(&self, store: &Store, value: Val) -> Result<()> {
        let global = self.inner(store)?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let ty = global.ty(&context);
            if ty.mutability() == wasmtime::Mutability::Const {
                return Err(constant());
            }
            let value = value.to_wasmtime(ty.content(), store, &mut context, PLACE)?;
            global.set(&mut context, value).map_err(|error| WasmtimeError::wrong_type(chain(&error)))
        })
    }
}

pub(crate) fn constant() -> WasmtimeError {
    WasmtimeError::wrong_type("the global is constant: only a mutable one can be set")
}

impl Global {
    pub(crate) fn from_wasmtime(store: &Store, inner: wasmtime::Global) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, kind: OnceLock::new() })
    }

    pub(crate) fn inner(&self, store: &Store) -> Result<wasmtime::Global> {
        store.check_owner(self.owner, "global")?;
        Ok(self.inner)
    }
}
