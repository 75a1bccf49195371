//! Streams and futures that the host gives guests: their elements, or their value, come from a host function.
//!
//! A guest that reads asks the function for so many elements at most. Nobody asks for more before the guest has those. One that is async
//! is asked as any other of a task is (`waiting.rs`).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use trimaran_gate::DropQueue;
use wasmtime::component::{
    Destination, FutureProducer, FutureReader, StreamProducer, StreamReader, StreamResult, VecBuffer,
};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::end::End;
use crate::component::abi::item::{Chunk, Item};
use crate::component::abi::plan::{Kind, Plan};
use crate::component::abi::stream::{Given, Written};
use crate::component::handles::{ComponentSource, Opens, Received};
use crate::component::host::{ComponentHostFunction, HostFuncType, Reply, run, written};
use crate::component::waiting::{ComponentHostCall, visited};
use crate::errors::chain::chain;
use crate::host::waiting::{GuestStore, cannot_wait, failed};
use crate::process::in_task::InTask;
use crate::stores::asking::Question;
use crate::stores::host_objects::HostResource;
use crate::stores::store::{Calling, StoreData};
use crate::{HostObject, Result, WasmtimeError};

/// How many elements a guest is given at once at most, whatever it has room for: there is an object for each.
const MOST: usize = 1 << 16;

/// How many a host asks for that reads its own stream.
const OF_HOST: usize = 1 << 10;

/// Has guests read what a host function gives. For a stream it takes the number of elements that it gives at most, and gives a list of
/// them, which is empty at the end. It may give more: they wait for their turn. For a future it takes nothing, and gives the value.
pub fn component_source(function: Arc<dyn ComponentHostFunction>) -> ComponentSource {
    ComponentSource(Arc::new(Source(function)))
}

struct Source(Arc<dyn ComponentHostFunction>);

impl Opens for Source {
    fn open(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        plan: &Plan,
        hosts: &Arc<[HostResource]>,
    ) -> Result<End> {
        let store = GuestStore::of(context.data()).map_err(|error| WasmtimeError::limit(chain(&error)))?;
        let departed = store.get().departed();
        let asks = |is_future, payload| {
            let ty = Arc::new(HostFuncType::of_source(is_future, payload));
            self.0.bind(&ty)?;
            Ok::<_, WasmtimeError>(Asks {
                function: Arc::clone(&self.0),
                ty,
                hosts: Arc::clone(hosts),
                asked: None,
                departed,
            })
        };
        let opened = match &plan.kind {
            Kind::Stream(payload) => {
                let asks = asks(false, payload.as_ref())?;
                let any = match payload.as_ref().map(|payload| &payload.kind) {
                    None => {
                        let units = Units { asks, left: 0 };
                        StreamReader::new(&mut *context, units).and_then(|it| it.try_into_stream_any(&mut *context))
                    }
                    Some(Kind::U8) => {
                        let bytes = Bytes { asks, left: None };
                        StreamReader::new(&mut *context, bytes).and_then(|it| it.try_into_stream_any(&mut *context))
                    }
                    Some(_) => {
                        let items = Items { asks, left: None };
                        StreamReader::new(&mut *context, items).and_then(|it| it.try_into_stream_any(&mut *context))
                    }
                };
                any.map(|any| End::of_stream(any, payload.clone()))
            }
            Kind::Future(payload) => {
                let asks = asks(true, payload.as_ref())?;
                let any = if payload.is_some() {
                    FutureReader::new(&mut *context, Value(asks)).and_then(|it| it.try_into_future_any(&mut *context))
                } else {
                    FutureReader::new(&mut *context, Unit(asks)).and_then(|it| it.try_into_future_any(&mut *context))
                };
                any.map(|any| End::of_future(any, payload.clone()))
            }
            _ => return Err(WasmtimeError::wrong_type("a stream stands where another value should")),
        };
        opened.map_err(|error| WasmtimeError::limit(chain(&error)))
    }
}

/// Asks a function for what a guest reads.
struct Asks {
    function: Arc<dyn ComponentHostFunction>,
    ty: Arc<HostFuncType>,
    hosts: Arc<[HostResource]>,
    /// What has been asked, and has no answer yet: also where the guest has given up to read.
    asked: Option<Question<Calling>>,
    departed: Arc<DropQueue<HostObject>>,
}

impl Drop for Asks {
    fn drop(&mut self) {
        // To drop it may run anything: not in here.
        self.departed.push(Arc::new((Arc::clone(&self.function), Arc::clone(&self.ty))));
    }
}

impl Asks {
    /// Asks for so many elements at most, or for the value of a future.
    fn poll(
        &mut self,
        polled: &Context<'_>,
        context: &mut StoreContextMut<'_, StoreData>,
        most: Option<usize>,
    ) -> Poll<wasmtime::Result<Written>> {
        let bytes = most.map_or_else(Vec::new, |most| u32::try_from(most).unwrap_or(u32::MAX).to_le_bytes().to_vec());
        if self.function.as_async().is_none() {
            let _in_task = InTask::begin();
            let given = Given { bytes, ..Given::default() };
            return Poll::Ready(run(&self.function, &self.ty, &self.hosts, context.as_context_mut(), given));
        }
        let question = match &mut self.asked {
            Some(question) => question,
            None => {
                let question = self.ask(context, bytes)?;
                self.asked.insert(question)
            }
        };
        let Poll::Ready(answer) = question.poll(polled, |visit| visited(context.as_context_mut(), visit)) else {
            return Poll::Pending;
        };
        self.asked = None;
        Poll::Ready(answer.map_err(failed).and_then(|answer| {
            let store = GuestStore::of(context.data())?;
            let no_answer = |_| WasmtimeError::Unexpected { reason: "a stream of the host has no answer".to_owned() };
            let answer = answer.downcast::<Result<Reply>>().map_err(no_answer).and_then(|answer| *answer);
            let reply = answer.map_err(failed)?;
            let written = written(store.get(), context, reply, &self.ty, &self.hosts).map_err(failed)?;
            store.get().check_run()?;
            Ok(written)
        }))
    }

    fn ask(&self, context: &mut StoreContextMut<'_, StoreData>, bytes: Vec<u8>) -> wasmtime::Result<Question<Calling>> {
        let store = GuestStore::of(context.data())?;
        store.get().charge(context.as_context_mut())?;
        let suspension = context.data().suspension.clone().filter(|suspension| suspension.may_suspend());
        let suspension = suspension.ok_or_else(|| failed(cannot_wait(Some(&self.ty.name))))?;
        let arguments = Received { bytes, ..Received::default() };
        let call = ComponentHostCall::new(&self.function, &self.ty, arguments);
        Ok(Question::new(suspension, Box::new(call), 0))
    }

    /// The elements that the guest gets next, and how many they are, if it has room for `room`. None where there is nothing more to be done
    /// now.
    fn chunk(
        &mut self,
        polled: &Context<'_>,
        context: &mut StoreContextMut<'_, StoreData>,
        room: usize,
        finish: bool,
    ) -> Poll<wasmtime::Result<Came>> {
        match self.poll(polled, context, Some(room)) {
            Poll::Pending if finish => Poll::Ready(Ok(Came::Nothing(StreamResult::Cancelled))),
            Poll::Pending => Poll::Pending,
            Poll::Ready(written) => Poll::Ready(written.and_then(Chunk::of_list).map(|(chunk, count)| match count {
                0 => Came::Nothing(StreamResult::Dropped),
                _ => Came::Chunk(chunk, count),
            })),
        }
    }
}

/// What a guest that reads gets.
enum Came {
    Chunk(Arc<Chunk>, usize),
    /// What wasmtime is told at once.
    Nothing(StreamResult),
}

/// How many elements there is room for, if any: a guest that has none asks whether it could read.
fn room<T, B>(context: &mut StoreContextMut<'_, StoreData>, to: &Destination<'_, T, B>) -> Option<usize> {
    Some(to.remaining(&mut *context).unwrap_or(OF_HOST).min(MOST)).filter(|room| *room > 0)
}

/// Gives elements as `$part` takes them, a chunk after the other. `left` is what is left of the last one.
macro_rules! produce {
    ($item:ty, $buffer:ty, $name:ident) => {
        impl StreamProducer<StoreData> for $name {
            type Item = $item;
            type Buffer = $buffer;

            fn poll_produce<'a>(
                self: Pin<&mut Self>,
                polled: &mut Context<'_>,
                mut context: StoreContextMut<'a, StoreData>,
                to: Destination<'a, $item, $buffer>,
                finish: bool,
            ) -> Poll<wasmtime::Result<StreamResult>> {
                let this = self.get_mut();
                let Some(room) = room(&mut context, &to) else { return Poll::Ready(Ok(StreamResult::Completed)) };
                if !this.has_left() {
                    match this.asks.chunk(polled, &mut context, room, finish) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Ready(Ok(Came::Nothing(result))) => return Poll::Ready(Ok(result)),
                        Poll::Ready(Ok(Came::Chunk(chunk, count))) => this.keep(chunk, count),
                    }
                }
                this.give(context, to, room);
                Poll::Ready(Ok(StreamResult::Completed))
            }
        }
    };
}

/// A stream without a type.
struct Units {
    asks: Asks,
    left: usize,
}

impl Units {
    fn has_left(&self) -> bool {
        self.left > 0
    }

    fn keep(&mut self, _: Arc<Chunk>, count: usize) {
        self.left = count;
    }

    fn give(&mut self, _: StoreContextMut<'_, StoreData>, mut to: Destination<'_, (), VecBuffer<()>>, room: usize) {
        let count = room.min(self.left);
        self.left -= count;
        to.set_buffer(vec![(); count].into());
    }
}

produce!((), VecBuffer<()>, Units);

/// A stream of bytes.
struct Bytes {
    asks: Asks,
    left: Option<Arc<Chunk>>,
}

impl Bytes {
    fn has_left(&self) -> bool {
        self.left.as_ref().is_some_and(|chunk| !chunk.rest().is_empty())
    }

    fn keep(&mut self, chunk: Arc<Chunk>, _: usize) {
        self.left = Some(chunk);
    }

    fn give<'a>(
        &mut self,
        context: StoreContextMut<'a, StoreData>,
        to: Destination<'a, u8, VecBuffer<u8>>,
        room: usize,
    ) {
        let Some(chunk) = &self.left else { return };
        let mut to = to.as_direct(context, room.min(chunk.rest().len()));
        let count = to.remaining().len().min(chunk.rest().len()).min(room);
        if let Some((to, from)) = to.remaining().get_mut(..count).zip(chunk.rest().get(..count)) {
            to.copy_from_slice(from);
        }
        to.mark_written(count);
        chunk.skip(count);
    }
}

produce!(u8, VecBuffer<u8>, Bytes);

/// Any other stream.
struct Items {
    asks: Asks,
    left: Option<(Arc<Chunk>, usize)>,
}

impl Items {
    fn has_left(&self) -> bool {
        self.left.is_some()
    }

    fn keep(&mut self, chunk: Arc<Chunk>, count: usize) {
        self.left = Some((chunk, count));
    }

    fn give(&mut self, _: StoreContextMut<'_, StoreData>, mut to: Destination<'_, Item, VecBuffer<Item>>, room: usize) {
        let Some((chunk, left)) = self.left.take() else { return };
        let count = room.min(left);
        to.set_buffer(vec![Item(Some(Arc::clone(&chunk))); count].into());
        self.left = Some((chunk, left - count)).filter(|(_, left)| *left > 0);
    }
}

produce!(Item, VecBuffer<Item>, Items);

/// A future.
struct Value(Asks);

impl FutureProducer<StoreData> for Value {
    type Item = Item;

    fn poll_produce(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        finish: bool,
    ) -> Poll<wasmtime::Result<Option<Item>>> {
        match self.get_mut().0.poll(polled, &mut context, None) {
            Poll::Pending if finish => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
            Poll::Ready(written) => Poll::Ready(written.map(|written| Some(Item(Some(Chunk::of_value(written)))))),
        }
    }
}

/// A future without a type.
struct Unit(Asks);

impl FutureProducer<StoreData> for Unit {
    type Item = ();

    fn poll_produce(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        finish: bool,
    ) -> Poll<wasmtime::Result<Option<()>>> {
        match self.get_mut().0.poll(polled, &mut context, None) {
            Poll::Pending if finish => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
            Poll::Ready(written) => Poll::Ready(written.map(|_| Some(()))),
        }
    }
}
