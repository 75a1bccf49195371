//! Components that answer HTTP requests: those that export `wasi:http/incoming-handler`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmtime::StoreContextMut;

use crate::component::instance_pre::{ComponentInstancePre, Made};
use crate::component::resource::{failed, failed_in_call, run};
use crate::interruption::interrupt::Interrupts;
use crate::process::signals;
use crate::stores::store::StoreData;
use crate::wasi::functions::WasiHost;
use crate::wasi::http::message::{HttpHeader, ServedRequest, ServedResponse};
use crate::wasi::http::reply::Reply;
use crate::wasi::preview2::http_served::{self, Arguments};
use crate::{Result, Store, WasmtimeError};

/// The interface, but for the last number of its version.
const INTERFACE: &str = "wasi:http/incoming-handler@0.2.";

/// One request that a component answers.
#[derive(uniffi::Object)]
pub struct ComponentServing {
    /// There until the guest runs.
    request: Mutex<Option<ServedRequest>>,
    reply: Arc<Reply>,
    interrupts: OnceLock<Option<Arc<Interrupts>>>,
}

#[uniffi::export]
impl ComponentServing {
    /// Makes one, of a request that is to be answered.
    #[uniffi::constructor]
    pub fn new(request: ServedRequest) -> Result<Arc<Self>> {
        let reply = Reply::new(Arc::clone(&request.sink));
        Ok(Arc::new(Self { request: Mutex::new(Some(request)), reply, interrupts: OnceLock::new() }))
    }

    /// Makes an instance in that store, and has it answer the request. This thread runs the guest, and calls the body and the sink.
    ///
    /// Fails with `NotFound` where the component does not export the interface, with `Config` for a request that is none, with `Limit`
    /// where its headers take too much, with `Type` where the guest gave no answer or only a part of one, as `ComponentInstancePre.instantiate`
    /// does, and with `Closed` when it is called again.
    #[cfg_attr(false, worded)]
    pub fn run(&self, pre: &ComponentInstancePre, store: &Store) -> Result<()> {
        let made = pre.for_store(store)?;
        let name = handler(&made)?;
        let request = self.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        let request = request.ok_or_else(|| WasmtimeError::Closed { what: "HTTP request".to_owned() })?;
        signals::stay_in_front();
        store.settle()?;
        store.enter_guest(|mut context| {
            // One runs at a time: the first is the only one.
            _ = self.interrupts.set(WasiHost::interrupts(context.data()));
            store.drop_resources(&mut context)?;
            let state = made.begin(&mut context)?;
            let pre = &made.linked.pre;
            let instance = run(&mut context, &state, |context| match context.data().suspension.clone() {
                None => pre.instantiate(context),
                Some(suspension) => suspension.to_end(pre.instantiate_async(context)),
            });
            let instance = instance.map_err(|error| made.failed(&mut context, error))?;
            let arguments = http_served::begin(context.data_mut(), request, &self.reply)?;
            let done = run(&mut context, &state, |context| answer(context, instance, &name, arguments));
            done.map_err(|error| match context.data().suspension {
                None => failed(&mut context, error),
                Some(_) => failed_in_call(&mut context, error),
            })
        })?;
        self.reply.end()
    }

    /// The head of the response: there when the sink gets the first piece, and not before.
    #[cfg_attr(false, worded)]
    pub fn response(&self) -> Result<Option<ServedResponse>> {
        Ok(self.reply.head())
    }

    /// What follows the body: there when the guest has finished it.
    #[cfg_attr(false, worded)]
    pub fn trailers(&self) -> Result<Vec<HttpHeader>> {
        Ok(self.reply.trailers())
    }

    /// Fails with `Trap` where the guest has to end: its time is over, or somebody has interrupted it. What waits for a client asks now
    /// and then, and lets the error out.
    #[cfg_attr(false, worded)]
    pub fn check(&self) -> Result<()> {
        self.interrupts.get().and_then(Option::as_ref).map_or(Ok(()), |interrupts| interrupts.still_running())
    }
}

#[uniffi::export]
impl ComponentInstancePre {
    /// Fails with `NotFound` where the component does not export `wasi:http/incoming-handler`, and with `Closed` where this is.
    #[cfg_attr(false, worded)]
    pub fn check_handler(&self) -> Result<()> {
        handler(&self.made()?).map(drop)
    }
}

/// The name of the interface, in the version that the component has.
fn handler(made: &Made) -> Result<String> {
    let component = made.linked.pre.component();
    let ty = component.component_type();
    let found = ty.exports(component.engine()).map(|(name, _)| name).find(|name| name.starts_with(INTERFACE));
    found.map(str::to_owned).ok_or_else(|| WasmtimeError::NotFound {
        name: "wasi:http/incoming-handler".to_owned(),
        reason: "the component does not export `wasi:http/incoming-handler` of WASI 0.2: expected one of the world `wasi:http/proxy`"
            .to_owned(),
    })
}

/// Has the instance answer.
fn answer(
    context: &mut StoreContextMut<'_, StoreData>,
    instance: wasmtime::component::Instance,
    name: &str,
    arguments: Arguments,
) -> wasmtime::Result<()> {
    let interface = instance.get_export_index(&mut *context, None, name);
    let handle = interface.and_then(|interface| instance.get_export_index(&mut *context, Some(&interface), "handle"));
    let handle = handle.ok_or_else(|| wasmtime::format_err!("`{INTERFACE}` has no `handle`"))?;
    let handle = instance.get_typed_func::<Arguments, ()>(&mut *context, handle)?;
    match context.data().suspension.clone() {
        None => handle.call(context, arguments),
        Some(suspension) => suspension.to_end(handle.call_async(context, arguments)),
    }
}
