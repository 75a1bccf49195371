//! Globals by slots.

use crate::fast_path::slots::Owned;
use crate::objects::global::constant;
use crate::types::slot::{Slot, ValKind};
use crate::{Global, Result, Store};

/// What only the adapters need.
impl Global {
    /// What kind of value it holds. Looked up once.
    pub fn kind(&self, store: &Store) -> Result<ValKind> {
        let global = self.inner(store)?;
        if let Some(kind) = self.kind.get() {
            return Ok(*kind);
        }
        let kind = store.enter(|context| Ok(ValKind::of(global.ty(&context).content())))?;
        Ok(*self.kind.get_or_init(|| kind))
    }

    /// The value now, in a slot. A handle belongs to the caller.
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
