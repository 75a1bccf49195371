//! A guest calls a host function: from wasmtime's slots to the callback, and back.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use trimaran_gate::HostCallId;
use wasmtime::{AsContextMut, StoreContextMut, ValRaw};

use crate::fast_path::slots::Owned;
use crate::process::failpoint;
use crate::stores::store::{CallbackCell, SlotFunction, StoreData};
use crate::traps::carried::HostError;
use crate::types::slot::{Signature, Slot, ValKind};
use crate::values::convert::ArgPosition;
use crate::{Result, Store, Val, WasmtimeError};

/// A host function, as a guest has called it.
pub(super) struct Called<'a> {
    pub(super) ty: &'a wasmtime::FuncType,
    pub(super) signature: &'a Signature,
    pub(super) cell: &'a CallbackCell,
}

impl Called<'_> {
    pub(super) fn run(
        &self,
        mut caller: wasmtime::Caller<'_, StoreData>,
        raw: &mut [MaybeUninit<ValRaw>],
    ) -> wasmtime::Result<()> {
        let pointer = caller.data().weak_store.as_ptr();
        // SAFETY: `StoreData::weak_store` points to the store of this guest. Guests run only in `Store::enter_guest`, which
        // borrows the store until the guest has returned, and in steps of a run, which holds the store.
        let store = unsafe { &*pointer };
        store.charge(caller.as_context_mut())?;
        let done = self.run_in(store, &mut caller, raw);
        store.sample(&caller);
        done.map_err(|error| {
            failpoint::panic_at("guest");
            wasmtime::Error::new(HostError(*error))
        })?;
        store.check_run()
    }

    /// The error is boxed: otherwise each step would copy a wide result.
    fn run_in(
        &self,
        store: &Store,
        caller: &mut wasmtime::Caller<'_, StoreData>,
        raw: &mut [MaybeUninit<ValRaw>],
    ) -> Result<(), Box<WasmtimeError>> {
        let Some(callback) = self.cell.function.get() else {
            let reason = "the host function has no callback in this store".to_owned();
            return Err(Box::new(WasmtimeError::Unexpected { reason }));
        };
        // Slots behind the parameters hold nothing yet.
        let filled = self.signature.params().len();
        raw.iter_mut().skip(filled).for_each(|slot| _ = slot.write(ValRaw::i64(0)));
        let length = raw.len();
        // SAFETY: a `Slot` is of the size and alignment of a `ValRaw`, and takes any bits. All are written: the
        // parameters by the guest, and the rest above.
        let slots = unsafe { std::slice::from_raw_parts_mut(raw.as_mut_ptr().cast::<Slot>(), length) };
        if self.signature.is_plain() {
            return call(store, caller, callback.as_ref(), slots);
        }
        self.load(store, caller.as_context_mut(), slots).map_err(Box::new)?;
        call(store, caller, callback.as_ref(), slots)?;
        self.store(store, caller.as_context_mut(), slots).map_err(Box::new)
    }

    /// Replaces each reference among the parameters by a handle.
    fn load(&self, store: &Store, mut context: StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
        for (slot, (kind, ty)) in slots.iter_mut().zip(self.signature.params().iter().zip(self.ty.params())) {
            if !kind.is_plain() {
                // SAFETY: the guest left a value of that type there, and nothing has been collected since.
                let value = unsafe { wasmtime::Val::from_raw(&mut context, slot.raw(), ty) };
                *slot = Slot::of(Val::from_wasmtime(&value, store, &mut context)?);
            }
        }
        Ok(())
    }

    /// Replaces each handle among the results by a reference.
    fn store(&self, store: &Store, mut context: StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
        let given = slots.iter().zip(self.signature.results());
        // SAFETY: a `SlotFunction` leaves a living handle, or 0, for each reference, and gives it to the core. All handles
        // are taken before anything may fail.
        let values: Vec<_> = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect();
        for (index, (slot, (value, ty))) in slots.iter_mut().zip(values.iter().zip(self.ty.results())).enumerate() {
            if matches!(ty, wasmtime::ValType::Ref(_)) {
                let value = value.to_wasmtime(&ty, store, &mut context, ArgPosition { what: "result", index })?;
                let raw = value.to_raw(&mut context).map_err(|error| WasmtimeError::limit(error.to_string()))?;
                *slot = Slot::of_reference(raw, ValKind::of(&ty));
            }
        }
        Ok(())
    }
}

fn call(
    store: &Store,
    caller: &mut wasmtime::Caller<'_, StoreData>,
    body: &dyn SlotFunction,
    slots: &mut [Slot],
) -> Result<(), Box<WasmtimeError>> {
    let done = store.host_call(caller, |HostCallId(call_id)| {
        // A panic must not cross the guest's frames.
        let work = || body.call(store, call_id, slots).inspect_err(|_| failpoint::panic_at("host")).map_err(Box::new);
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(Box::new(WasmtimeError::from_panic(panic.as_ref()))))
    });
    let too_deep =
        "the thread's stack has no room for another call of a host function: its calls are nested too deeply";
    done.unwrap_or_else(|| Err(Box::new(WasmtimeError::limit(too_deep))))
}
