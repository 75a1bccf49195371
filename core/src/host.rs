//! Functions of the host: what a guest calls, and the caller that they are given.

use std::sync::Arc;

use crate::access::Pass;
use crate::error::HostError;
use crate::value::Place;
use crate::{Extern, Func, FuncType, Result, Store, Val, WasmtimeError};

/// A function of the host.
pub trait HostFunction: Send + Sync {
    /// Runs it. What it fails with comes out of the outer call, after the guest has unwound.
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>>;
}

/// The guest that called a host function. It is valid on its own thread, until that function returns; the
/// store itself can be used as well, to any depth.
pub struct Caller {
    store: Arc<Store>,
    pass: Pass,
}

impl Caller {
    /// The store of the guest.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What the calling instance exports under `name`. Fails with `NotFound`, and with `Escaped` after the
    /// host function has returned.
    pub fn export(&self, name: &str) -> Result<Extern> {
        self.store.enter_with(self.pass, |caller| {
            let found = caller.and_then(|caller| caller.get_export(name));
            found.map(|item| Extern::from_wasmtime(&self.store, item)).ok_or_else(|| WasmtimeError::NotFound {
                name: name.to_owned(),
                reason: format!("the calling instance has no export `{name}`"),
            })
        })
    }
}

impl Func {
    /// Makes a function of the host. Its results are checked against `ty` as arguments are.
    pub fn host(store: &Arc<Store>, ty: &FuncType, function: Arc<dyn HostFunction>) -> Result<Arc<Self>> {
        let raw_type = ty.to_wasmtime(store.engine())?;
        // The store owns the function, so the function must not own the store.
        let home = Arc::downgrade(store);
        store.enter(|context| {
            let func = wasmtime::Func::new(context, raw_type.clone(), move |mut caller, params, results| {
                let Some(store) = home.upgrade() else {
                    let closed = WasmtimeError::Closed { what: "store".to_owned() };
                    return Err(wasmtime::Error::new(HostError(closed)));
                };
                run(&store, &mut caller, function.as_ref(), &raw_type, params, results)
                    .map_err(|error| wasmtime::Error::new(HostError(error)))
            });
            Ok(Self::new(store, func))
        })
    }
}

fn run(
    store: &Arc<Store>,
    caller: &mut wasmtime::Caller<'_, crate::store::StoreData>,
    function: &dyn HostFunction,
    ty: &wasmtime::FuncType,
    params: &[wasmtime::Val],
    results: &mut [wasmtime::Val],
) -> Result<()> {
    let mut context = wasmtime::AsContextMut::as_context_mut(caller);
    let arguments: Vec<_> =
        params.iter().map(|value| Val::from_wasmtime(value, store, &mut context)).collect::<Result<_>>()?;
    let given = store.publish(caller, |pass| {
        let caller = Caller { store: Arc::clone(store), pass };
        // A panic must not cross the guest's frames.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| function.call(&caller, arguments)))
            .unwrap_or_else(|panic| Err(WasmtimeError::from_panic(panic.as_ref())))
    })?;
    if given.len() != results.len() {
        let (found, expected) = (given.len(), results.len());
        return Err(WasmtimeError::wrong_type(format!("the host function gave {found} results: expected {expected}")));
    }
    let mut context = wasmtime::AsContextMut::as_context_mut(caller);
    for (index, ((result, value), ty)) in results.iter_mut().zip(&given).zip(ty.results()).enumerate() {
        *result = value.to_wasmtime(&ty, store, &mut context, Place { what: "result", index })?;
    }
    Ok(())
}
