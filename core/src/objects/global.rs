//! Globals: values that a guest and its host share.

use std::sync::{Arc, OnceLock};

use wasmtime::{AsContextMut, RootScope};

use crate::errors::error::chain;
use crate::stores::data::StoreId;
use crate::types::slot::Owned;
use crate::types::slot::{Kind, Slot};
use crate::values::val::Place;
use crate::{GlobalType, Result, Store, Val, WasmtimeError};

/// A global, of a guest or made by the host. It belongs to one store.
#[derive(uniffi::Object)]
pub struct Global {
    owner: StoreId,
    inner: wasmtime::Global,
    kind: OnceLock<Kind>,
}

/// Where a global's value stands, for messages.
const PLACE: Place = Place::only("the value");

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
            Ok(Self::from_wasmtime(store, made.map_err(WasmtimeError::no_room)?))
        })
    }

    /// The global's type.
    pub fn r#type(&self, store: &Store) -> Result<GlobalType> {
        let global = self.inner(store)?;
        store.enter(|context| Ok(GlobalType::from_wasmtime(&global.ty(&context))))
    }

    /// The value now.
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

/// What only the lane needs.
impl Global {
    /// What kind of value it holds. Looked up once.
    pub fn kind(&self, store: &Store) -> Result<Kind> {
        let global = self.inner(store)?;
        if let Some(kind) = self.kind.get() {
            return Ok(*kind);
        }
        let kind = store.enter(|context| Ok(Kind::of(global.ty(&context).content())))?;
        Ok(*self.kind.get_or_init(|| kind))
    }

    /// The value now, in a slot. A handle belongs to whoever takes it.
    pub fn get_slot(&self, store: &Store) -> Result<Slot> {
        if !self.kind(store)?.is_plain() {
            return self.get(store).map(Slot::of);
        }
        let found = store.enter(|mut context| Ok(Slot::of_plain(&self.inner.get(&mut context))))?;
        Ok(found.unwrap_or_default())
    }

    /// Changes the value to what is in a slot, which is of the global's own kind.
    ///
    /// # Safety
    /// Of a global of references, the slot is as the head of `Slot` says. A handle belongs to the caller.
    pub unsafe fn set_slot(&self, store: &Store, slot: Slot) -> Result<()> {
        let kind = self.kind(store)?;
        let Some(value) = slot.plain(kind) else {
            // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
            return self.set(store, unsafe { slot.value(kind, Owned::ByCaller) });
        };
        // Of the right type, it can only fail where the global is constant.
        store.enter(|mut context| self.inner.set(&mut context, value).map_err(|_| constant()))
    }
}

fn constant() -> WasmtimeError {
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
