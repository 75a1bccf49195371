//! Calls on raw slots: a function's signature is looked up once, and each call takes and gives bare numbers.
//!
//! `Func.call` takes each value with its type, which is far too slow for what runs millions of times. The adapters
//! (`bindings/src/adapters`) put numbers into slots and call here. What is not plain numbers of the right types goes to
//! `Func.call`, which says what is wrong with it.

use wasmtime::{StoreContextMut, ValRaw};

use crate::fast_path::slots::Owned;
use crate::objects::func::call_to_end;
use crate::stores::store::StoreData;
use crate::types::slot::{Signature, Slot};
use crate::values::convert::blank;
use crate::{Func, Result, Store, WasmtimeError};

impl Func {
    /// What the function takes and gives. Looked up once.
    pub fn signature(&self, store: &Store) -> Result<&Signature> {
        self.resolved(store).map(|(_, signature)| signature)
    }

    /// The function, if it belongs to the store, and its signature.
    #[inline(always)]
    fn resolved(&self, store: &Store) -> Result<(wasmtime::Func, &Signature)> {
        let func = self.get(store)?;
        if let Some(signature) = self.signature_cache.0.get() {
            return Ok((func, signature));
        }
        Ok((func, self.look_up(store, func)?))
    }

    #[cold]
    fn look_up(&self, store: &Store, func: wasmtime::Func) -> Result<&Signature> {
        let signature = store.enter(|context| Ok(Signature::of(&func.ty(&context))))?;
        Ok(self.signature_cache.0.get_or_init(|| signature))
    }

    /// Calls the function with the parameters in the first slots, and leaves its results there.
    ///
    /// Fails with `Type` where there are fewer slots than `Signature::width` or the function has references, with
    /// `Trap` where the guest traps, and with whatever a host function failed with.
    pub fn call_slots(&self, store: &Store, slots: &mut [Slot]) -> Result<()> {
        let func = self.check_slots(store, slots.len())?;
        store.call_guest(|| self.called(), |mut context| call_raw(func, &mut context, slots))
    }

    /// The same for every function. References lie in the slots as the head of `Slot` says. Those of the parameters
    /// belong to the caller; those of the results as well, from then on.
    ///
    /// # Safety
    /// Where the function has references as parameters, their slots hold living handles, or 0.
    pub unsafe fn call_references(&self, store: &Store, slots: &mut [Slot]) -> Result<()> {
        let (func, signature) = self.resolved(store)?;
        if signature.is_plain() && slots.len() >= signature.width() {
            return store.call_guest(|| self.called(), |mut context| call_raw(func, &mut context, slots));
        }
        let Some(slots) = slots.get_mut(..signature.width()) else {
            return Err(WasmtimeError::wrong_type(format!("{} slots are too few", slots.len())));
        };
        let given = slots.iter().zip(signature.params());
        // SAFETY: the slot holds what its kind says, and a handle in it is alive: the contract of this function.
        let arguments: Vec<_> = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByCaller) }).collect();
        let results = self.call(store, arguments)?;
        slots.iter_mut().zip(results).for_each(|(slot, value)| *slot = Slot::of(value));
        Ok(())
    }

    /// Calls the function once for each row, in one turn of the store. `fill` puts a row's parameters into the slots,
    /// `take` gets its results out; neither may use the store. Stops at the first row that fails, and says which
    /// one it was, counted from 0.
    pub fn call_rows(
        &self,
        store: &Store,
        rows: usize,
        mut fill: impl FnMut(usize, &mut [Slot]),
        mut take: impl FnMut(usize, &[Slot]),
    ) -> Result<(), (usize, WasmtimeError)> {
        let width = self.signature(store).map_err(|error| (0, error))?.width();
        let mut slots = vec![Slot::default(); width];
        self.each_row(store, width, rows, |row, func, context| {
            fill(row, &mut slots);
            call_raw(func, context, &mut slots)?;
            take(row, &slots);
            Ok(())
        })
    }

    /// Calls the function once for each row, in place: `rows` rows lie one after the other in `slots`, each as wide as
    /// `Signature::width`. Stops as `call_rows` does.
    pub fn call_rows_in_place(
        &self,
        store: &Store,
        rows: usize,
        slots: &mut [Slot],
    ) -> Result<(), (usize, WasmtimeError)> {
        let width = self.signature(store).map_err(|error| (0, error))?.width();
        if Some(slots.len()) != width.checked_mul(rows) {
            let reason = format!("{} slots are not {rows} rows of {width}", slots.len());
            return Err((0, WasmtimeError::wrong_type(reason)));
        }
        // A function of nothing has rows of nothing.
        let mut chunks = slots.chunks_exact_mut(width.max(1));
        self.each_row(store, width, rows, |_, func, context| call_raw(func, context, chunks.next().unwrap_or_default()))
    }

    /// One turn of the store for all rows. `call` has to call on `width` slots.
    fn each_row(
        &self,
        store: &Store,
        width: usize,
        rows: usize,
        mut call: impl FnMut(usize, wasmtime::Func, &mut StoreContextMut<'_, StoreData>) -> Result<()>,
    ) -> Result<(), (usize, WasmtimeError)> {
        let mut row = 0;
        let mut run = || {
            let func = self.check_slots(store, width)?;
            store.call_guest(
                || self.called(),
                |mut context| {
                    while row < rows {
                        call(row, func, &mut context)?;
                        row += 1;
                    }
                    Ok(())
                },
            )
        };
        run().map_err(|error| (row, error))
    }

    /// The function, if so many slots are enough for it and it belongs to the store.
    #[inline(always)]
    fn check_slots(&self, store: &Store, count: usize) -> Result<wasmtime::Func> {
        let (func, signature) = self.resolved(store)?;
        if count >= signature.width() && signature.is_plain() {
            return Ok(func);
        }
        Err(too_few(count, signature))
    }
}

#[cold]
fn too_few(count: usize, signature: &Signature) -> WasmtimeError {
    WasmtimeError::wrong_type(format!("{count} slots cannot carry the values of {signature:?}"))
}

/// Calls on slots that `check_slots` has seen.
#[inline(always)]
fn call_raw(func: wasmtime::Func, context: &mut StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
    if context.data().suspension.is_some() {
        return call_on_fiber(func, context, slots);
    }
    let raw = std::ptr::slice_from_raw_parts_mut(slots.as_mut_ptr().cast::<ValRaw>(), slots.len());
    // SAFETY: `raw` is this call's own borrow of `slots`, of the size and alignment of `ValRaw`, and has room for the
    // parameters and for the results: there are as many slots as `check_slots` saw, or more. Each parameter is a
    // number, for which any bits are valid; references are ruled out there. The function belongs to this store, as
    // `Func::get` checked, and `call_async` enters no store that has no `suspension`.
    unsafe { func.call_unchecked(context, raw) }.map_err(WasmtimeError::from_call)
}

/// The same in a store whose guests run on fibers.
#[cold]
fn call_on_fiber(func: wasmtime::Func, context: &mut StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
    let signature = Signature::of(&func.ty(&*context));
    let params: Vec<_> = slots.iter().zip(signature.params()).filter_map(|(slot, kind)| slot.plain(*kind)).collect();
    let mut results = blank(signature.results().len());
    call_to_end(func, context, &params, &mut results)?;
    for (slot, value) in slots.iter_mut().zip(&results) {
        *slot = Slot::of_plain(value).unwrap_or_default();
    }
    Ok(())
}
