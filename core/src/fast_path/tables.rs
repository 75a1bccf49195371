//! Tables by slots.

use wasmtime::StoreContextMut;

use crate::fast_path::slots::Owned;
use crate::objects::table::outside;
use crate::stores::store::StoreData;
use crate::types::slot::{Slot, ValKind};
use crate::{Func, Result, Store, Table, Val};

/// What only the adapters need.
impl Table {
    /// What kind of reference it holds. Looked up once.
    pub fn kind(&self, store: &Store) -> Result<ValKind> {
        let table = self.inner(store)?;
        if let Some(kind) = self.kind.get() {
            return Ok(*kind);
        }
        let of = |context: StoreContextMut<'_, StoreData>| table.ty(&context).element().clone();
        let element = store.enter(|context| Ok(of(context)))?;
        Ok(*self.kind.get_or_init(|| ValKind::of(&wasmtime::ValType::Ref(element))))
    }

    /// The element at `index`, in a slot. A handle belongs to the caller.
    pub fn get_slot(&self, store: &Store, index: i64) -> Result<Slot> {
        if self.kind(store)? != ValKind::FuncRef {
            return self.get(store, index).map(Slot::of);
        }
        self.visit_func(store, index, |func, _| {
            Slot::of(Val::FuncRef { func: func.map(|func| Func::new(store, func)) })
        })
    }

    /// The address of the function at `index` of a table of functions, or 0 for null. It names that function for as long as
    /// the store is there.
    pub fn func_address(&self, store: &Store, index: i64) -> Result<u64> {
        self.visit_func(store, index, |func, context| func.map_or(0, |func| address(func, context)))
    }

    /// The function at `index` of a table of functions, in a slot as `get_slot` gives it, and its address.
    pub fn func_slot(&self, store: &Store, index: i64) -> Result<(Slot, u64)> {
        self.visit_func(store, index, |func, context| {
            let address = func.map_or(0, |func| address(func, context));
            (Slot::of(Val::FuncRef { func: func.map(|func| Func::new(store, func)) }), address)
        })
    }

    /// Changes the element at `index` to what is in a slot.
    ///
    /// # Safety
    /// The slot is as the head of `Slot` says. A handle belongs to the caller.
    pub unsafe fn set_slot(&self, store: &Store, index: i64, slot: Slot) -> Result<()> {
        let kind = self.kind(store)?;
        // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
        self.set(store, index, unsafe { slot.value(kind, Owned::ByCaller) })
    }

    /// Looks at an element of a table of functions. They are no garbage: nothing has to be rooted.
    fn visit_func<R>(
        &self,
        store: &Store,
        index: i64,
        work: impl FnOnce(Option<wasmtime::Func>, &mut StoreContextMut<'_, StoreData>) -> R,
    ) -> Result<R> {
        let table = self.inner(store)?;
        store.enter(|mut context| {
            let found = u64::try_from(index).ok().and_then(|index| table.get(&mut context, index));
            match found {
                Some(wasmtime::Ref::Func(func)) => Ok(work(func, &mut context)),
                _ => Err(outside(&table, &context, index)),
            }
        })
    }
}

fn address(func: wasmtime::Func, context: &mut StoreContextMut<'_, StoreData>) -> u64 {
    func.to_raw(context).addr() as u64
}
