//! Functions of a WASI command that a linker defines: each call makes an instance of its own.

use std::sync::Arc;

use wasmtime::{InstancePre, StoreContextMut, Val};

use crate::stores::store::StoreData;

/// The module, and which of its functions is called.
#[derive(Clone)]
struct Command {
    pre: InstancePre<StoreData>,
    name: Arc<str>,
}

/// The function of that name, in a store. Its instance may wait for async host functions where the store's guests run on fibers already.
pub(super) fn function(
    context: &mut StoreContextMut<'_, StoreData>,
    ty: wasmtime::FuncType,
    pre: &InstancePre<StoreData>,
    name: &str,
) -> wasmtime::Func {
    let command = Command { pre: pre.clone(), name: name.into() };
    if context.data().suspension.is_some() {
        return wasmtime::Func::new_async(context, ty, move |caller, params, results| {
            let command = command.clone();
            Box::new(async move { command.call_waiting(caller, params, results).await })
        });
    }
    wasmtime::Func::new(context, ty, move |caller, params, results| match caller.data().suspension.clone() {
        None => command.call(caller, params, results),
        Some(suspension) => suspension.to_end(command.call_waiting(caller, params, results)),
    })
}

impl Command {
    fn call(
        &self,
        mut caller: wasmtime::Caller<'_, StoreData>,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let instance = self.pre.instantiate(&mut caller)?;
        self.func(instance, &mut caller)?.call(&mut caller, params, results)
    }

    async fn call_waiting(
        &self,
        mut caller: wasmtime::Caller<'_, StoreData>,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let instance = self.pre.instantiate_async(&mut caller).await?;
        self.func(instance, &mut caller)?.call_async(&mut caller, params, results).await
    }

    fn func(
        &self,
        instance: wasmtime::Instance,
        caller: &mut wasmtime::Caller<'_, StoreData>,
    ) -> wasmtime::Result<wasmtime::Func> {
        let found = instance.get_func(caller, &self.name);
        found.ok_or_else(|| wasmtime::Error::msg("the command does not export the function that its module exports"))
    }
}
