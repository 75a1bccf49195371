//! Host functions of one store: made, and given what they do.

use std::mem::MaybeUninit;
use std::sync::Arc;

use wasmtime::{AsContextMut, RootScope, ValRaw};

use crate::errors::counted::count;
use crate::fast_path::slots::Owned;
use crate::host::call::Called;
use crate::host::waiting::AsyncCalled;
use crate::stores::store::{CallbackCell, SlotFunction, StoreData};
use crate::types::slot::{Signature, Slot, ValKind};
use crate::values::convert::ArgPosition;
use crate::{Caller, Func, FuncType, Result, Store, Val, WasmtimeError};

/// A host function, on values.
pub trait HostFunction: Send + Sync {
    /// Runs it. What it fails with comes out of the outer call, after the guest has unwound.
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>>;
}

#[uniffi::export]
impl Func {
    /// Makes a host function. `attach` gives it its callback.
    ///
    /// Fails with `Unsupported` where the type names one of a module's own types.
    #[uniffi::constructor]
    pub fn host(store: &Store, ty: FuncType) -> Result<Arc<Self>> {
        let raw_type = ty.to_wasmtime(store.engine())?;
        let signature = Signature::of(&raw_type);
        let cell = Arc::new(CallbackCell::default());
        // The store alone holds the cell: it goes with the store, even while a `Func` is left.
        let callback = Arc::downgrade(&cell);
        let run = {
            let ty = raw_type.clone();
            move |caller: wasmtime::Caller<'_, StoreData>, slots: &mut [MaybeUninit<ValRaw>]| {
                Called { ty: &ty, signature: &signature, cell: &cell }.run(caller, slots)
            }
        };
        store.enter(|context| {
            // SAFETY: `run` reads and writes the slots by `ty`, which is the type of the function.
            let func = unsafe { wasmtime::Func::new_unchecked(context, raw_type, run) };
            Ok(Self::with_callback(store, func, callback))
        })
    }

    /// Converts the results of a host function of this type for the guest, as arguments are converted.
    ///
    /// Fails with `Type` for a wrong number or type of results, and with `Range` for a number that does not fit. The sentence
    /// names a function that a linker defines.
    #[cfg_attr(false, by_hand(python))]
    pub fn convert_results(&self, store: &Store, values: Vec<Val>) -> Result<Vec<Val>> {
        HostType::of(self, store)?.converted(store, values)
    }
}

impl Func {
    /// Makes an async host function. `attach` gives it what it does: whoever steps the `Run` of the guest gets it by
    /// `HostCall::function`. A guest that calls it waits for its answer, where it was started as a `Run`, and fails with `Suspend`
    /// otherwise.
    ///
    /// Fails as `host` does, and with `Busy` in a host function of a store that has no async one yet.
    pub fn async_host(store: &Store, ty: FuncType) -> Result<Arc<Self>> {
        let ty = ty.to_wasmtime(store.engine())?;
        let cell = Arc::new(CallbackCell::default());
        let callback = Arc::downgrade(&cell);
        store.run_on_fibers()?;
        store.enter(|context| {
            let raw_type = ty.clone();
            let func = wasmtime::Func::new_async(context, raw_type, move |caller, params, results| {
                AsyncCalled { ty: ty.clone(), cell: Arc::clone(&cell), name: None }.run(caller, params, results)
            });
            Ok(Self::with_callback(store, func, callback))
        })
    }
}

/// The type of a host function, by which the core converts what the function gives.
#[derive(Clone)]
pub struct HostType {
    ty: wasmtime::FuncType,
    /// Under which names a linker defines the function, if one does, in words.
    name: Option<Arc<str>>,
}

impl HostType {
    /// That of a function.
    pub fn of(func: &Func, store: &Store) -> Result<Self> {
        let name = func.callback.upgrade().and_then(|cell| cell.defined.clone());
        let func = func.get(store)?;
        store.enter(|context| Ok(Self::new(&func.ty(&context), name)))
    }

    pub(super) fn new(ty: &wasmtime::FuncType, name: Option<Arc<str>>) -> Self {
        Self { ty: ty.clone(), name }
    }

    /// The kinds of its parameters and results.
    pub fn signature(&self) -> Signature {
        Signature::of(&self.ty)
    }

    /// Under which names a linker defines the function, if one does, as sentences show them.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The slots of what the function gave. Handles in them belong to the receiver. Fails as `Func::convert_results` does.
    pub fn slots(&self, store: &Store, values: Vec<Val>) -> Result<Vec<Slot>> {
        let count = self.ty.results().len();
        // Results that need no conversion need no store, which the function may have closed.
        let is_right = values.len() == count
            && values.iter().zip(self.ty.results()).all(|(value, ty)| value.is_plain(ValKind::of(&ty)));
        let values = if is_right { values } else { self.converted(store, values)? };
        Ok(values.into_iter().map(Slot::of).collect())
    }

    fn converted(&self, store: &Store, values: Vec<Val>) -> Result<Vec<Val>> {
        self.checked(store, values).map_err(|error| match &self.name {
            Some(name) => error.in_host_func(name),
            None => error,
        })
    }

    fn checked(&self, store: &Store, values: Vec<Val>) -> Result<Vec<Val>> {
        let expected = self.ty.results().len();
        if expected != values.len() {
            let given = count(values.len() as u64, "result");
            let reason = format!("the host function gave {given}: expected {expected}");
            return Err(WasmtimeError::wrong_type(reason));
        }
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let pairs = self.ty.results().zip(&values).enumerate();
            pairs
                .map(|(index, (ty, value))| {
                    let given = value.to_wasmtime(&ty, store, &mut context, ArgPosition { what: "result", index })?;
                    // A reference is handed on as it is.
                    let is_reference = matches!(ty, wasmtime::ValType::Ref(_));
                    if is_reference { Ok(value.clone()) } else { Val::from_wasmtime(&given, store, &mut context) }
                })
                .collect()
        })
    }
}

impl Func {
    /// Binds the callback of a function that `Func::host` made. It lives as long as the store. Fails with `Type` where the
    /// function has one, or is no such function.
    pub fn attach(&self, store: &Store, body: Box<dyn SlotFunction>) -> Result<()> {
        self.get(store)?;
        let set = self.callback.upgrade().is_some_and(|cell| cell.function.set(body).is_ok() || cell.defined.is_some());
        if set { Ok(()) } else { Err(WasmtimeError::wrong_type("the host function has its callback already")) }
    }

    /// Binds a callback that takes and returns values. Its results are checked as arguments are. Fails as `attach` does.
    pub fn attach_values(&self, store: &Store, function: Arc<dyn HostFunction>) -> Result<()> {
        let ty = HostType::of(self, store)?;
        self.attach(store, Box::new(OnValues { function, signature: ty.signature(), ty }))
    }

    /// Makes a host function that takes and gives values.
    pub fn of_values(store: &Store, ty: &FuncType, function: Arc<dyn HostFunction>) -> Result<Arc<Self>> {
        let func = Self::host(store, ty.clone())?;
        func.attach_values(store, function)?;
        Ok(func)
    }
}

/// A function on values, for slots.
struct OnValues {
    function: Arc<dyn HostFunction>,
    signature: Signature,
    ty: HostType,
}

// SAFETY: the results are made by `Slot::of`.
unsafe impl SlotFunction for OnValues {
    fn call(&self, store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let given = slots.iter().zip(self.signature.params());
        // SAFETY: `SlotFunction::call` is given a living handle, or 0, for each reference, and owns it.
        let arguments = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect();
        let Some(store_arc) = store.to_arc() else { return Err(WasmtimeError::Closed { what: "store".to_owned() }) };
        let found = self.function.call(&Caller { store: store_arc, call_id }, arguments)?;
        let results = self.ty.slots(store, found)?;
        slots.iter_mut().zip(results).for_each(|(slot, result)| *slot = result);
        Ok(())
    }
}
