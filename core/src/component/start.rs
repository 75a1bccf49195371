//! Functions and instances of components that are started as runs: they may wait for async functions of the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trimaran_gate::Token;
use wasmtime::StoreContextMut;

use crate::component::abi::handles;
use crate::component::abi::stream::Values;
use crate::component::func::ComponentFunc;
use crate::component::handles::{GivenResource, Received, Sent, received};
use crate::component::instance::ComponentInstance;
use crate::component::instance_pre::ComponentInstancePre;
use crate::component::waiting::ComponentHostCall;
use crate::events::event::EventKind;
use crate::process::signals;
use crate::runs::run::Run;
use crate::stores::components::{InstanceState, Shut};
use crate::stores::store::StoreData;
use crate::{Component, ComponentLinker, Result, Store};

/// Arguments on their way into a guest, for a call that any thread may go on with.
#[derive(Default)]
pub struct OwnedArguments {
    /// The stream: see `abi::stream`.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub beside: Vec<Vec<u8>>,
    /// The resources.
    pub resources: Vec<GivenResource>,
}

impl ComponentFunc {
    /// A call of the function that goes on step by step. Nothing happens before the first step, which fails as `call` does. `of` is
    /// the async host call of the same store that it comes from, if any.
    ///
    /// A guest that is ended while it waits leaves its store as a trap does: no component of it can be entered any more.
    pub fn start(
        self: &Arc<Self>,
        store: &Arc<Store>,
        arguments: OwnedArguments,
        of: Option<Token>,
    ) -> Result<Run<Received, ComponentHostCall>> {
        self.check(store)?;
        let func = Arc::clone(self);
        let run = Run::new(store, of, move |mut context, store| {
            Box::pin(async move {
                let (state, hosts) = (func.state(), func.hosts());
                store.get()?.drop_resources(&mut context)?;
                let call = InCall::begin(&mut context, state)?;
                let beside: Vec<&[u8]> = arguments.beside.iter().map(Vec::as_slice).collect();
                let values = Values { bytes: &arguments.bytes, beside: &beside, ..Values::default() };
                let sent = {
                    let ends = || handles::ends(values, func.params());
                    Sent::new(&*store.get()?, &mut context, &arguments.resources, (&ends, hosts))
                };
                let sent = match sent {
                    Ok(sent) => sent,
                    Err(refused) => {
                        call.end(&mut context);
                        let place = func.place(values, refused.place);
                        return Err(refused.at(&place));
                    }
                };
                let values = Values { handles: &sent.handles, hosts, ..values };
                if let Err(error) = func.check_values(&context, values) {
                    call.end(&mut context);
                    sent.end(&*store.get()?, &mut context, false);
                    return Err(error);
                }
                let has_arrived = AtomicBool::new(false);
                let done = func.ready().call_waiting(&mut context, values, &has_arrived).await;
                call.end(&mut context);
                let store = store.get()?;
                sent.end(&store, &mut context, has_arrived.load(Ordering::Relaxed));
                let given = done.map_err(|error| func.failed(&mut context, error))?;
                received(&store, &mut context, given, || Arc::clone(state), hosts).map(|(received, _)| received)
            })
        });
        Ok(run.told(EventKind::Call, self.called()))
    }
}

impl ComponentInstancePre {
    /// The same as `instantiate`, as a run: its start functions may wait for async functions of the host. `of` is the async host call
    /// of the same store that it comes from, if any.
    pub fn start(
        &self,
        store: &Arc<Store>,
        of: Option<Token>,
    ) -> Result<Run<Arc<ComponentInstance>, ComponentHostCall>> {
        let made = self.for_store(store)?;
        signals::stay_in_front();
        let run = Run::new(store, of, move |mut context, store| {
            Box::pin(async move {
                store.get()?.drop_resources(&mut context)?;
                let state = made.begin(&mut context)?;
                let call = InCall::begin(&mut context, &state)?;
                let done = made.linked.pre.instantiate_async(&mut context).await;
                call.end(&mut context);
                let inner = done.map_err(|error| made.failed(&mut context, error))?;
                Ok(made.instance(&*store.get()?, inner, state))
            })
        });
        Ok(run.told(EventKind::Instantiate, None))
    }
}

impl ComponentLinker {
    /// The same as `instantiate`, as a run: see `ComponentInstancePre::start`.
    pub fn start(
        &self,
        store: &Arc<Store>,
        component: &Component,
        of: Option<Token>,
    ) -> Result<Run<Arc<ComponentInstance>, ComponentHostCall>> {
        self.for_store(store, component)?.start(store, of)
    }
}

/// A call of a component's instance. Where it is dropped before it has ended, its guest was ended where it waited.
struct InCall {
    state: Arc<InstanceState>,
    shut: Arc<Shut>,
    outer: Option<usize>,
    has_ended: bool,
}

impl InCall {
    /// Fails with `Poisoned` where a component of the store has failed before, and with `Busy` where the instance is in a call, or none may
    /// be entered now.
    fn begin(context: &mut StoreContextMut<'_, StoreData>, state: &Arc<InstanceState>) -> Result<Self> {
        let components = &mut context.data_mut().components;
        components.check()?;
        state.begin()?;
        let outer = std::mem::replace(&mut components.running, state.place());
        let shut = Arc::clone(components.shut());
        Ok(Self { state: Arc::clone(state), shut, outer, has_ended: false })
    }

    fn end(mut self, context: &mut StoreContextMut<'_, StoreData>) {
        context.data_mut().components.running = self.outer;
        self.has_ended = true;
    }
}

impl Drop for InCall {
    fn drop(&mut self) {
        if !self.has_ended {
            self.shut.poison();
        }
        self.state.end();
    }
}
