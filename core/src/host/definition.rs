//! Host functions that linkers define, for every store of an engine.

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::ValRaw;

use crate::errors::guest_text::Name;
use crate::host::call::Called;
use crate::stores::store::{CallbackCell, SlotFunction, StoreData};
use crate::types::slot::Signature;
use crate::{Func, FuncType, Result, Store, WasmtimeError};

/// A host function that all stores of an engine share. Each store has its own callback for it.
pub(crate) struct HostDefinition {
    number: u64,
    /// Its names, in words.
    name: Arc<str>,
    ty: wasmtime::FuncType,
}

impl HostDefinition {
    pub(crate) fn new(engine: &wasmtime::Engine, (module, name): (&str, &str), ty: FuncType) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let ty = ty.to_wasmtime(engine)?;
        let name = format!("`{}` `{}`", Name(module), Name(name)).into();
        Ok(Self { number: NEXT.fetch_add(1, Ordering::Relaxed), name, ty })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn ty(&self) -> &wasmtime::FuncType {
        &self.ty
    }

    pub(crate) fn unknown(number: u64) -> WasmtimeError {
        let reason = format!("there is no host function with the number {number}");
        WasmtimeError::NotFound { name: number.to_string(), reason }
    }

    /// Fails with `NotFound` where one has no callback in a store. Nothing has run by then: the package bound the
    /// callbacks before, unless another thread has defined a function since, and then begins again.
    pub(crate) fn check_callbacks(hosts: &[Arc<Self>], data: &StoreData) -> Result<()> {
        let Some(host) = hosts.iter().find(|host| !host.has_callback(data)) else { return Ok(()) };
        let reason = format!("the host function with the number {} has no callback in this store", host.number);
        Err(WasmtimeError::NotFound { name: host.number.to_string(), reason })
    }

    /// The closure that wasmtime calls. It runs the callback of the calling guest's store.
    pub(crate) fn run(
        &self,
    ) -> impl Fn(wasmtime::Caller<'_, StoreData>, &mut [MaybeUninit<ValRaw>]) -> wasmtime::Result<()> + Send + Sync + use<>
    {
        let (number, ty, signature) = (self.number, self.ty.clone(), Signature::of(&self.ty));
        move |caller, slots| {
            let cell = caller.data().hosts.get(&number).map(Arc::clone).unwrap_or_default();
            Called { ty: &ty, signature: &signature, cell: &cell }.run(caller, slots)
        }
    }

    /// The function in a store, where `Func::attach` gives it its callback.
    pub(crate) fn in_store(&self, store: &Store) -> Result<Arc<Func>> {
        store.enter(|mut context| {
            let cell = Arc::downgrade(self.callback_cell(context.data_mut()));
            // SAFETY: `run` reads and writes the slots by `self.ty`, which is the type of the function.
            let func = unsafe { wasmtime::Func::new_unchecked(context, self.ty.clone(), self.run()) };
            Ok(Func::with_callback(store, func, cell))
        })
    }

    /// The cell of its callback in a store.
    fn callback_cell<'a>(&self, data: &'a mut StoreData) -> &'a Arc<CallbackCell> {
        let named = || CallbackCell { defined: Some(Arc::clone(&self.name)), ..CallbackCell::default() };
        data.hosts.entry(self.number).or_insert_with(|| Arc::new(named()))
    }

    /// Whether the store has a callback for it.
    pub(crate) fn has_callback(&self, data: &StoreData) -> bool {
        data.hosts.get(&self.number).is_some_and(|cell| cell.function.get().is_some())
    }
}

/// A host function that a linker defines, and that has no callback in some store yet: an adapter binds one.
pub struct UnboundHostFunc(Arc<HostDefinition>);

impl UnboundHostFunc {
    pub(crate) fn new(host: Arc<HostDefinition>) -> Self {
        Self(host)
    }

    /// The number that `Linker::define_func` returned for it.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// Its names, as sentences show them.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// The kinds of its parameters and results.
    pub fn signature(&self) -> Signature {
        Signature::of(&self.0.ty)
    }

    /// Binds a callback, which lives as long as the store. Where another thread was faster, its callback stays: both do the same.
    pub fn bind(&self, store: &Store, body: Box<dyn SlotFunction>) -> Result<()> {
        let superfluous =
            store.enter(|mut context| Ok(self.0.callback_cell(context.data_mut()).function.set(body).err()))?;
        // Its `Drop` may run any code, so it runs outside of the store.
        drop(superfluous);
        Ok(())
    }
}

impl Store {
    /// The host functions that have no callback in this store yet.
    pub(crate) fn unbound_host_funcs(&self, hosts: &[Arc<HostDefinition>]) -> Result<Vec<UnboundHostFunc>> {
        self.enter(|context| {
            let missing = hosts.iter().filter(|host| !host.has_callback(context.data()));
            Ok(missing.map(|host| UnboundHostFunc::new(Arc::clone(host))).collect())
        })
    }
}
