//! Host functions that linkers define, for every store of an engine.

use std::collections::HashSet;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::ValRaw;

use crate::errors::guest_text::Name;
use crate::host::call::Called;
use crate::host::func::HostType;
use crate::host::waiting::{AsyncCalled, Waiting};
use crate::process::fork;
use crate::stores::store::{CallbackCell, SlotFunction, StoreData};
use crate::types::slot::Signature;
use crate::{Func, FuncType, Result, Store, WasmtimeError};

/// What a host function of a linker does. It gives each store that needs the function a callback of its own.
pub trait HostBody: Send + Sync {
    /// Gives the function its callback in a store: by `UnboundHostFunc::bind`, or by `Func::attach` on what
    /// `UnboundHostFunc::func` returns. False where the language has let go of it, since its name was defined again or its
    /// linker closed.
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool>;
}

/// A host function that all stores of an engine share. Each store has its own callback for it.
pub(crate) struct HostDefinition {
    number: u64,
    /// Its names, in words.
    name: Arc<str>,
    ty: wasmtime::FuncType,
    /// None where whoever uses the linker binds a callback in each store (`Linker::hosts`).
    body: Option<Box<dyn HostBody>>,
    /// Whether it is an async one.
    waits: bool,
}

impl HostDefinition {
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        (module, name): (&str, &str),
        ty: FuncType,
        body: Option<Box<dyn HostBody>>,
    ) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let ty = ty.to_wasmtime(engine)?;
        let name = format!("`{}` `{}`", Name(module), Name(name)).into();
        Ok(Self { number: NEXT.fetch_add(1, Ordering::Relaxed), name, ty, body, waits: false })
    }

    /// The same for a store that has its callback: it needs no body there, and keeps none.
    pub(crate) fn without_body(&self) -> Arc<Self> {
        Arc::new(Self {
            number: self.number,
            name: Arc::clone(&self.name),
            ty: self.ty.clone(),
            body: None,
            waits: self.waits,
        })
    }

    /// The same as an async one.
    pub(crate) fn with_waiting(self) -> Self {
        Self { waits: true, ..self }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is an async one.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Has the guests of a store run on fibers, if one of these is async.
    pub(crate) fn prepare(hosts: &[Arc<Self>], store: &Store) -> Result<()> {
        if hosts.iter().any(|host| host.waits) { store.run_on_fibers() } else { Ok(()) }
    }

    /// The closure that wasmtime calls where it is an async one.
    pub(crate) fn run_waiting(
        &self,
    ) -> impl for<'a> Fn(wasmtime::Caller<'a, StoreData>, &'a [wasmtime::Val], &'a mut [wasmtime::Val]) -> Waiting<'a>
    + Send
    + Sync
    + use<> {
        let (number, ty) = (self.number, self.ty.clone());
        let name: Option<Arc<str>> = Some(Arc::clone(&self.name));
        move |caller, params, results| {
            let cell = caller.data().hosts.get(&number).map(Arc::clone).unwrap_or_default();
            AsyncCalled { ty: ty.clone(), cell, name: name.clone() }.run(caller, params, results)
        }
    }

    pub(crate) fn ty(&self) -> &wasmtime::FuncType {
        &self.ty
    }

    /// The error for one that is still defined, and of which the language has let go.
    pub(crate) fn lost(number: u64) -> WasmtimeError {
        WasmtimeError::Unexpected { reason: format!("the host function with the number {number} has lost its body") }
    }

    pub(crate) fn unknown(number: u64) -> WasmtimeError {
        let reason = format!("there is no host function with the number {number}");
        WasmtimeError::NotFound { name: number.to_string(), reason }
    }

    /// Fails with `NotFound` where one has no callback in a store. Nothing has run by then.
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
        if self.waits {
            store.run_on_fibers()?;
        }
        store.enter(|mut context| {
            let cell = Arc::downgrade(self.callback_cell(context.data_mut()));
            if self.waits {
                let func = wasmtime::Func::new_async(context, self.ty.clone(), self.run_waiting());
                return Ok(Func::with_callback(store, func, cell));
            }
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

    /// Whether the store has a callback for it, or it never gets one by itself.
    pub(crate) fn is_settled(&self, data: &StoreData) -> bool {
        self.body.is_none() || self.has_callback(data)
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

    /// The function in a store, to which `Func::attach` binds a callback.
    pub fn func(&self, store: &Store) -> Result<Arc<Func>> {
        self.0.in_store(store)
    }

    /// Its type, with its names.
    pub fn ty(&self) -> HostType {
        HostType::new(&self.0.ty, Some(Arc::clone(&self.0.name)))
    }

    /// Binds a callback, which lives as long as the store. Where another thread was faster, its callback stays: both do the same.
    pub fn bind(&self, store: &Store, body: Box<dyn SlotFunction>) -> Result<()> {
        let superfluous =
            store.enter(|mut context| Ok(self.0.callback_cell(context.data_mut()).function.set(body).err()))?;
        fork::lock(&store.bound_hosts).insert(self.0.number);
        // Its `Drop` may run any code, so it runs outside of the store.
        drop(superfluous);
        Ok(())
    }
}

impl Store {
    /// Has each host function that has a body, and no callback in this store yet, get its callback. The bodies are the
    /// language's: no lock is held while they run. Returns the number of one that the language has let go of.
    pub(crate) fn bind_callbacks(&self, hosts: &[Arc<HostDefinition>]) -> Result<Option<u64>> {
        if hosts.iter().all(|host| host.body.is_none()) {
            return Ok(None);
        }
        for host in self.unbound_host_funcs(hosts)? {
            if let Some(body) = &host.0.body
                && !body.bind(self, &host)?
            {
                return Ok(Some(host.number()));
            }
        }
        Ok(None)
    }

    /// The host functions that have no callback in this store yet.
    pub(crate) fn unbound_host_funcs(&self, hosts: &[Arc<HostDefinition>]) -> Result<Vec<UnboundHostFunc>> {
        let are_bound = |bound: &HashSet<u64>| hosts.iter().all(|host| bound.contains(&host.number));
        if are_bound(&fork::lock(&self.bound_hosts)) {
            return self.check_open().map(|()| Vec::new());
        }
        self.enter(|context| {
            let (bound, missing): (Vec<_>, Vec<_>) = hosts.iter().partition(|host| host.has_callback(context.data()));
            let numbers = bound.iter().map(|host| host.number);
            fork::lock(&self.bound_hosts).extend(numbers);
            Ok(missing.into_iter().map(|host| UnboundHostFunc::new(Arc::clone(host))).collect())
        })
    }
}
