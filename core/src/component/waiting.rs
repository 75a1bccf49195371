//! A component calls an async function of the host, and waits for its answer.

use std::any::Any;
use std::future::poll_fn;
use std::ptr::NonNull;
use std::sync::Arc;

use wasmtime::component::Accessor;
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::stream::{Given, Written};
use crate::component::handles::{Received, received};
use crate::component::host::{ComponentHostFunction, HostFuncType, Loans, Reply, written};
use crate::component::stream::drop_ends_of;
use crate::host::waiting::{GuestStore, cannot_wait, failed};
use crate::process::in_task::InTask;
use crate::stores::asking::Question;
use crate::stores::fiber::HostWait;
use crate::stores::host_objects::HostResource;
use crate::stores::store::{Calling, StoreData};
use crate::stores::suspension::{Asked, Parcel, Suspension, Visit};
use crate::{Result, WasmtimeError};

/// What a component asks of an async function of the host, and waits for.
pub struct ComponentHostCall {
    function: Arc<dyn ComponentHostFunction>,
    ty: Arc<HostFuncType>,
    arguments: Received,
}

impl Asked for ComponentHostCall {
    type Answer = Reply;
    const IS_CONCURRENT: bool = true;
}

impl ComponentHostCall {
    pub(super) fn new(function: &Arc<dyn ComponentHostFunction>, ty: &Arc<HostFuncType>, arguments: Received) -> Self {
        Self { function: Arc::clone(function), ty: Arc::clone(ty), arguments }
    }

    /// What the function is: `ComponentHostFunction::as_async` of it.
    pub fn function(&self) -> Option<&dyn Any> {
        self.function.as_async()
    }

    /// The type by which the component imports it.
    pub fn ty(&self) -> &Arc<HostFuncType> {
        &self.ty
    }

    /// What the component calls it with, for who takes it.
    pub fn into_arguments(self) -> Received {
        self.arguments
    }

    /// The same, for who still needs the function and its type: nothing is left of them here.
    pub fn take_arguments(&mut self) -> Received {
        std::mem::take(&mut self.arguments)
    }
}

/// An async function of the host, by the type by which a component imports it.
#[derive(Clone)]
pub(super) struct AsyncFunction {
    pub(super) function: Arc<dyn ComponentHostFunction>,
    pub(super) ty: Arc<HostFuncType>,
    pub(super) hosts: Arc<[HostResource]>,
}

/// A call that a guest has made, as long as it has no answer.
struct Begun {
    suspension: Arc<Suspension<Calling>>,
    call: Parcel,
    /// How many bytes its arguments hold.
    bytes: usize,
    /// They end with this, whatever becomes of the call.
    loans: Loans,
    running: Option<usize>,
}

/// Does a visitor's work where a task has asked.
pub(super) fn visited(mut context: StoreContextMut<'_, StoreData>, visit: Visit<Calling>) {
    let _in_task = InTask::begin();
    visit.run(&mut Calling::Component(NonNull::from(&mut context).cast()));
}

impl AsyncFunction {
    /// What wasmtime calls where the function is not async by its type: its guest waits in it.
    pub(super) async fn run(
        self,
        mut context: StoreContextMut<'_, StoreData>,
        given: Given,
    ) -> wasmtime::Result<Written> {
        let Begun { suspension, call, loans, running, .. } = self.begin(&mut context, given)?;
        // The context stays where it is until this is over, and nothing here uses it meanwhile.
        let calling = Calling::Component(NonNull::from(&mut context).cast());
        let answer = HostWait::new(suspension, calling, call).await;
        context.data_mut().components.running = running;
        self.end(&mut context, loans, answer)
    }

    /// The same where it is async by its type: a task of the guest has called it, and others go on.
    pub(super) async fn run_in_task(self, tasks: &Accessor<StoreData>, given: Given) -> wasmtime::Result<Written> {
        let begun = tasks.with(|mut access| self.begin(&mut access.as_context_mut(), given))?;
        let Begun { suspension, call, bytes, loans, running } = begun;
        let mut question = Question::new(suspension, call, bytes);
        let visit = |visit: Visit<Calling>| tasks.with(|mut access| visited(access.as_context_mut(), visit));
        let answer = poll_fn(|context| question.poll(context, visit)).await.map_err(failed)?;
        tasks.with(|mut access| {
            let mut context = access.as_context_mut();
            let outer = std::mem::replace(&mut context.data_mut().components.running, running);
            let done = self.end(&mut context, loans, answer);
            context.data_mut().components.running = outer;
            done
        })
    }

    fn begin(&self, context: &mut StoreContextMut<'_, StoreData>, given: Given) -> wasmtime::Result<Begun> {
        let store = GuestStore::of(context.data())?;
        store.get().charge(context.as_context_mut())?;
        let suspension = context.data().suspension.clone().filter(|suspension| suspension.may_suspend());
        let suspension = suspension.ok_or_else(|| failed(cannot_wait(Some(&self.ty.name))))?;
        let running = context.data().components.running;
        let state = context.data().components.running();
        let bytes = given.bytes.len() + given.beside.iter().map(Vec::len).sum::<usize>();
        let (arguments, lent) =
            received(store.get(), context, given, || state.unwrap_or_default(), &self.hosts).map_err(failed)?;
        let loans = Loans::new(lent);
        let call: Parcel = Box::new(ComponentHostCall::new(&self.function, &self.ty, arguments));
        Ok(Begun { suspension, call, bytes, loans, running })
    }

    fn end(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        loans: Loans,
        answer: Parcel,
    ) -> wasmtime::Result<Written> {
        let store = GuestStore::of(context.data())?;
        loans.end(context).map_err(failed)?;
        drop_ends_of(store.get(), context);
        let no_answer = |_| WasmtimeError::Unexpected { reason: "a host function has no answer".to_owned() };
        let answer = answer.downcast::<Result<Reply>>().map_err(no_answer).and_then(|answer| *answer);
        let reply = answer.map_err(failed)?;
        let written = written(store.get(), context, reply, &self.ty, &self.hosts).map_err(failed)?;
        store.get().check_run()?;
        Ok(written)
    }
}
