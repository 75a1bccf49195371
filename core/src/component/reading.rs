//! The host reads what guests write to streams and futures.
//!
//! A guest that writes waits until somebody reads: so much is copied then as the reader asks for, and no more. To read has the tasks of
//! the store go on, as a call does. In a host function that a task has called, it has the call go on that the function is of.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use trimaran_gate::Token;
use wasmtime::component::{FutureConsumer, Source, StreamConsumer, StreamResult};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::end::End;
use crate::component::abi::item::{Item, take, take_list};
use crate::component::abi::plan::{Kind, Plan};
use crate::component::abi::stream::Given;
use crate::component::handles::{Received, received};
use crate::component::port::{Arrived, Port, Wants};
use crate::component::resource::failed_in_call;
use crate::component::stream::ComponentStream;
use crate::component::waiting::ComponentHostCall;
use crate::host::waiting::{GuestStore, failed};
use crate::runs::run::Run;
use crate::stores::components::{InstanceState, Shut};
use crate::stores::fiber::nothing_to_read;
use crate::stores::host_objects::HostResource;
use crate::stores::store::{Calling, StoreData};
use crate::stores::suspension::{Parcel, Rest, Suspension};
use crate::{Result, Store, WasmtimeError};

/// How many elements a reader is given at once at most: there is an object for each.
const MOST: usize = 1 << 20;

impl ComponentStream {
    /// Reads the next elements, at most so many, or the value of a future. They are a list, which is empty at the end of the stream. Fails
    /// with `Suspend` where nothing can come, or only what an async host function has to give first; with `Trap` where the guest traps
    /// that writes, and with `Poisoned` after that; with `Busy` where the stream is being read, or in a function of the host that a task
    /// has called.
    pub fn read(&self, store: &Store, most: u32) -> Result<Received> {
        self.check(store)?;
        store.enter_guest(|mut context| {
            context.data().components.check()?;
            store.drop_resources(&mut context)?;
            let port = self.begin(store, &mut context)?;
            let wanted = Wanted::new(&port, most)?;
            if let Some(arrived) = wanted.0.take() {
                return self.read_from(arrived);
            }
            let suspension = Arc::clone(store.suspension());
            let state = Arc::clone(self.instance());
            let done = suspension.to_end(wait(&mut context, (&suspension, true), &port, &state));
            self.came(&mut context, done)
        })
    }

    /// The same, as a run: its guests may wait for async functions of the host. `of` is the async host call of the same store that it
    /// comes from, if any. Where the run is dropped, nothing is lost: the next one reads what came.
    pub fn start_read(
        self: &Arc<Self>,
        store: &Arc<Store>,
        most: u32,
        of: Option<Token>,
    ) -> Result<Run<Received, ComponentHostCall>> {
        self.check(store)?;
        let mut wanted = None;
        if of.is_some() {
            let port = store.enter(|mut context| {
                if context.data().components.is_poisoned() {
                    return Err(WasmtimeError::Poisoned);
                }
                self.begin(store, &mut context)
            })?;
            wanted = Some(Wanted::new(&port, most)?);
        }
        let (stream, watching) = (Arc::clone(self), Arc::clone(self));
        Ok(Run::reading(
            store,
            of,
            move |mut context, store| {
                Box::pin(async move {
                    context.data().components.check()?;
                    let port = {
                        let store = store.get()?;
                        store.drop_resources(&mut context)?;
                        stream.begin(&store, &mut context)?
                    };
                    let wanted = Wanted::new(&port, most)?;
                    if let Some(arrived) = wanted.0.take() {
                        return stream.read_from(arrived);
                    }
                    let suspension = Arc::clone(store.get()?.suspension());
                    let state = Arc::clone(stream.instance());
                    let done = wait(&mut context, (&suspension, false), &port, &state).await;
                    stream.came(&mut context, done)
                })
            },
            move || Some(watching.read_from(wanted.as_ref()?.0.take()?)),
        ))
    }

    /// Where it is read, which is set up before the first time.
    fn begin(&self, store: &Store, context: &mut StoreContextMut<'_, StoreData>) -> Result<Arc<Port>> {
        let (instance, hosts) = (Arc::clone(self.instance()), Arc::clone(self.hosts()));
        self.port(store, |end, port| {
            let (is_future, payload) = (end.is_future(), end.payload().map(Arc::clone));
            let writer = Writer { port: Arc::clone(port), is_future, payload, instance, hosts };
            pipe(end, context, writer)
        })
    }

    /// What has been read.
    fn read_from(&self, arrived: Arrived) -> Result<Received> {
        let read = match arrived {
            Arrived::Parcel(parcel) => parcel
                .downcast::<Result<Received>>()
                .map_err(|_| WasmtimeError::Unexpected { reason: "something else was read".to_owned() })
                .and_then(|read| *read),
            Arrived::End if self.is_future()? => Err(WasmtimeError::Closed { what: "future".to_owned() }),
            // An empty list.
            Arrived::End => {
                self.forget();
                return Ok(Received { bytes: vec![0; 4], ..Received::default() });
            }
        };
        if self.is_future()? {
            self.forget();
        }
        read
    }

    /// The same of what a wait came to.
    fn came(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        done: wasmtime::Result<Result<Arrived>>,
    ) -> Result<Received> {
        match done {
            Ok(arrived) => self.read_from(arrived?),
            Err(error) => Err(failed_in_call(context, error)),
        }
    }
}

/// A reader that waits, until this is dropped.
struct Wanted(Arc<Port>);

impl Wanted {
    /// Fails with `Busy` where there is one already.
    fn new(port: &Arc<Port>, most: u32) -> Result<Self> {
        if !port.want((most as usize).clamp(1, MOST)) {
            let reason = "the stream is being read: read it when that is over";
            return Err(WasmtimeError::Busy { reason: reason.to_owned() });
        }
        Ok(Self(Arc::clone(port)))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.rest();
    }
}

/// Has the tasks of the store go on until something is there to be read.
async fn wait(
    context: &mut StoreContextMut<'_, StoreData>,
    (suspension, is_sync): (&Suspension<Calling>, bool),
    port: &Arc<Port>,
    state: &Arc<InstanceState>,
) -> wasmtime::Result<Result<Arrived>> {
    let components = &mut context.data_mut().components;
    let outer = std::mem::replace(&mut components.running, state.place());
    let mut within = Within { shut: Arc::clone(components.shut()), suspension, is_in_code: false };
    let done = {
        let mut work =
            pin!(context.as_context_mut().run_concurrent(async |_| poll_fn(|polled| port.poll(polled)).await));
        poll_fn(|polled| match work.as_mut().poll(polled) {
            Poll::Ready(done) => {
                within.is_in_code = false;
                Poll::Ready(done.map(Ok))
            }
            Poll::Pending => match suspension.rests(is_sync) {
                Some(Rest::ForEver) => {
                    within.is_in_code = false;
                    Poll::Ready(Ok(Err(nothing_to_read())))
                }
                Some(rest) => {
                    within.is_in_code = rest == Rest::InCode;
                    Poll::Pending
                }
                None => Poll::Pending,
            },
        })
        .await
    };
    context.data_mut().components.running = outer;
    done
}

/// Tasks go on. Where this is dropped while one is in the middle of its code, that one was ended there. So was one whose question the reader was
/// given: it has no answer.
struct Within<'a> {
    shut: Arc<Shut>,
    suspension: &'a Suspension<Calling>,
    is_in_code: bool,
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        if self.is_in_code || self.suspension.is_asked() {
            self.shut.poison();
        }
    }
}

/// Has what is written to that end brought to the host.
fn pipe(end: End, context: &mut StoreContextMut<'_, StoreData>, writer: Writer) -> wasmtime::Result<()> {
    let is_unit = writer.payload.is_none();
    let is_byte = writer.payload.as_ref().is_some_and(|payload| matches!(payload.kind, Kind::U8));
    match end.into_stream() {
        Ok(stream) if is_unit => stream.try_into_stream_reader::<()>()?.pipe(context, Units(writer)),
        Ok(stream) if is_byte => stream.try_into_stream_reader::<u8>()?.pipe(context, Bytes(writer)),
        Ok(stream) => stream.try_into_stream_reader::<Item>()?.pipe(context, Items(writer)),
        Err(future) if is_unit => future.try_into_future_reader::<()>()?.pipe(context, Unit(writer)),
        Err(future) => future.try_into_future_reader::<Item>()?.pipe(context, Value(writer)),
    }
}

/// Who writes, as the host sees it.
struct Writer {
    port: Arc<Port>,
    is_future: bool,
    payload: Option<Arc<Plan>>,
    instance: Arc<InstanceState>,
    hosts: Arc<[HostResource]>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.port.end();
    }
}

impl Writer {
    /// Brings the reader what `take` takes: at most so many elements of those that are there. The value of a future is taken in any case.
    fn bring(
        &self,
        polled: &Context<'_>,
        context: &mut StoreContextMut<'_, StoreData>,
        there: usize,
        finish: bool,
        take: impl FnOnce(&mut StoreContextMut<'_, StoreData>, usize, &mut Given) -> wasmtime::Result<()>,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let count = match self.port.wants(polled) {
            Wants::Gone if self.is_future => {
                take(context, 1, &mut Given::default())?;
                return Poll::Ready(Ok(StreamResult::Completed));
            }
            Wants::Gone => return Poll::Ready(Ok(StreamResult::Dropped)),
            Wants::Nothing if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Wants::Nothing => return Poll::Pending,
            Wants::Elements(count) => count.min(there),
        };
        // One that writes nothing asks whether it could write.
        if count > 0 {
            let mut given = Given::default();
            take(context, count, &mut given)?;
            self.port.bring(self.parcel(context, given)?);
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }

    fn parcel(&self, context: &mut StoreContextMut<'_, StoreData>, given: Given) -> wasmtime::Result<Parcel> {
        let store = GuestStore::of(context.data())?;
        let read = received(store.get(), context, given, || Arc::clone(&self.instance), &self.hosts);
        Ok(Box::new(read.map(|(received, _)| received)))
    }
}

/// A stream without a type.
struct Units(Writer);

impl StreamConsumer<StoreData> for Units {
    type Item = ();

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        mut from: Source<'_, ()>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let there = from.remaining(&mut context);
        self.get_mut().0.bring(polled, &mut context, there, finish, |context, count, given| {
            let mut units = Vec::with_capacity(count);
            from.read(context, &mut units)?;
            given.put_number(u32::try_from(count)?)
        })
    }
}

/// A stream of bytes.
struct Bytes(Writer);

impl StreamConsumer<StoreData> for Bytes {
    type Item = u8;

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        mut from: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let there = from.remaining(&mut context);
        self.get_mut().0.bring(polled, &mut context, there, finish, |context, count, given| {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(count).map_err(|_| no_room(count))?;
            from.read(context, &mut bytes)?;
            given.put_part(u32::try_from(count)?, &bytes)
        })
    }
}

#[cold]
fn no_room(count: usize) -> wasmtime::Error {
    failed(WasmtimeError::limit(format!("the process has no room for {count} bytes of a stream")))
}

#[cold]
fn no_type() -> wasmtime::Error {
    wasmtime::format_err!("elements without a type")
}

/// Any other stream.
struct Items(Writer);

impl StreamConsumer<StoreData> for Items {
    type Item = Item;

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        mut from: Source<'_, Item>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let there = from.remaining(&mut context);
        let writer = &self.get_mut().0;
        writer.bring(polled, &mut context, there, finish, |context, count, given| {
            let element = writer.payload.as_deref().ok_or_else(no_type)?;
            take_list(context, &mut from, element, count, given)
        })
    }
}

/// What a future wants to be told.
fn of_future(result: Poll<wasmtime::Result<StreamResult>>) -> Poll<wasmtime::Result<()>> {
    result.map_ok(|_| ())
}

/// A future.
struct Value(Writer);

impl FutureConsumer<StoreData> for Value {
    type Item = Item;

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        mut from: Source<'_, Item>,
        finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let writer = &self.get_mut().0;
        of_future(writer.bring(polled, &mut context, 1, finish, |context, count, given| {
            let value = writer.payload.as_deref().ok_or_else(no_type)?;
            take(context, &mut from, value, (0, count), given)
        }))
    }
}

/// A future without a type.
struct Unit(Writer);

impl FutureConsumer<StoreData> for Unit {
    type Item = ();

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        mut context: StoreContextMut<'_, StoreData>,
        mut from: Source<'_, ()>,
        finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        of_future(self.get_mut().0.bring(polled, &mut context, 1, finish, |context, _, _| {
            let mut unit = None;
            from.read(context, &mut unit)
        }))
    }
}
