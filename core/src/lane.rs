//! The primitive of the fast lane: a function's signature, known once, and calls on raw slots.
//!
//! The surface carries values one by one, with their types; that is far too slow for what runs millions of times.
//! The lane's adapters (`bindings/src/lane`) put numbers into slots, in the way of their language, and call here.
//! Whatever is not plain numbers of the right types goes over the surface, which knows what to say.

use std::sync::OnceLock;

use wasmtime::{StoreContextMut, ValRaw};

use crate::store::StoreData;
use crate::{Func, Result, Store, WasmtimeError};

/// Room for one number of any type, at its low end. The high end of what is narrower is of no account.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    /// Bits 0 to 63.
    pub low: u64,
    /// Bits 64 to 127, of a vector.
    pub high: u64,
}

// A slot stands for wasmtime's own, which has the bytes of every machine in little-endian order.
const _: () = assert!(size_of::<Slot>() == size_of::<ValRaw>() && align_of::<Slot>() >= align_of::<ValRaw>());
const _: () = assert!(cfg!(target_endian = "little"));

/// The type of a value, as far as a slot is concerned.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 32-bit integer.
    I32 = 0,
    /// A 64-bit integer.
    I64 = 1,
    /// A 32-bit float.
    F32 = 2,
    /// A 64-bit float.
    F64 = 3,
    /// A vector of 128 bits.
    V128 = 4,
    /// A reference: not for slots.
    Ref = 5,
}

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    params: Box<[Kind]>,
    results: Box<[Kind]>,
    is_plain: bool,
}

impl Signature {
    /// What it takes.
    pub fn params(&self) -> &[Kind] {
        &self.params
    }

    /// What it gives.
    pub fn results(&self) -> &[Kind] {
        &self.results
    }

    /// How many slots a call needs: parameters and results use the same ones.
    pub fn width(&self) -> usize {
        self.params.len().max(self.results.len())
    }

    /// Whether it has no references, so that it can be called on slots.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    fn of(ty: &wasmtime::FuncType) -> Self {
        let params: Box<[Kind]> = ty.params().map(|ty| kind(&ty)).collect();
        let results: Box<[Kind]> = ty.results().map(|ty| kind(&ty)).collect();
        let is_plain = !params.iter().chain(&results).any(|kind| *kind == Kind::Ref);
        Self { params, results, is_plain }
    }
}

fn kind(ty: &wasmtime::ValType) -> Kind {
    match ty {
        wasmtime::ValType::I32 => Kind::I32,
        wasmtime::ValType::I64 => Kind::I64,
        wasmtime::ValType::F32 => Kind::F32,
        wasmtime::ValType::F64 => Kind::F64,
        wasmtime::ValType::V128 => Kind::V128,
        wasmtime::ValType::Ref(_) => Kind::Ref,
    }
}

/// A signature that is looked up when it is first asked for.
#[derive(Default)]
pub(crate) struct Known(OnceLock<Signature>);

impl Func {
    /// What the function takes and gives. Looked up once.
    pub fn signature(&self, store: &Store) -> Result<&Signature> {
        let func = self.get(store)?;
        if let Some(signature) = self.known.0.get() {
            return Ok(signature);
        }
        let signature = store.enter(|context| Ok(Signature::of(&func.ty(&context))))?;
        Ok(self.known.0.get_or_init(|| signature))
    }

    /// Calls the function with the parameters in the first slots, and leaves its results there.
    ///
    /// Fails with `Type` where there are fewer slots than `Signature::width` or the function has references, with
    /// `Trap` where the guest traps, and with whatever a host function failed with.
    pub fn call_slots(&self, store: &Store, slots: &mut [Slot]) -> Result<()> {
        let func = self.check_slots(store, slots.len())?;
        store.enter_guest(|mut context| call_raw(func, &mut context, slots))
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
        self.each_row(store, width, rows, |row, call| {
            fill(row, &mut slots);
            call(&mut slots)?;
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
        self.each_row(store, width, rows, |_, call| call(chunks.next().unwrap_or_default()))
    }

    /// One turn of the store for all rows. `visit` is given the number of the row, and a way to call on slots of `width`.
    fn each_row(
        &self,
        store: &Store,
        width: usize,
        rows: usize,
        mut visit: impl FnMut(usize, &mut dyn FnMut(&mut [Slot]) -> Result<()>) -> Result<()>,
    ) -> Result<(), (usize, WasmtimeError)> {
        let mut row = 0;
        let mut run = || {
            let func = self.check_slots(store, width)?;
            store.enter_guest(|mut context| {
                while row < rows {
                    visit(row, &mut |slots| match slots.get_mut(..width) {
                        Some(slots) => call_raw(func, &mut context, slots),
                        None => Err(WasmtimeError::wrong_type("a row is too short")),
                    })?;
                    row += 1;
                }
                Ok(())
            })
        };
        run().map_err(|error| (row, error))
    }

    /// The function, if so many slots are enough for it and it belongs to the store.
    fn check_slots(&self, store: &Store, count: usize) -> Result<wasmtime::Func> {
        let func = self.get(store)?;
        let signature = match self.known.0.get() {
            Some(signature) => signature,
            None => self.signature(store)?,
        };
        if count >= signature.width() && signature.is_plain() {
            return Ok(func);
        }
        Err(WasmtimeError::wrong_type(format!("{count} slots cannot carry the values of {signature:?}")))
    }
}

/// Calls on slots that `check_slots` has seen.
fn call_raw(func: wasmtime::Func, context: &mut StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
    let raw = std::ptr::slice_from_raw_parts_mut(slots.as_mut_ptr().cast::<ValRaw>(), slots.len());
    // SAFETY: `raw` is this call's own borrow of `slots`, of the size and alignment of `ValRaw`, and has room for the
    // parameters and for the results: there are as many slots as `check_slots` saw, or more. Each parameter is a
    // number, for which any bits are valid; references are ruled out there. The function belongs to this store, as
    // `Func::get` checked, and no store of ours is ever entered by `call_async`.
    unsafe { func.call_unchecked(context, raw) }.map_err(WasmtimeError::from_call)
}
