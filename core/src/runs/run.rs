//! A run: a call of a guest that goes on step by step.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;
use std::time::Duration;

use trimaran_gate::{Refused, Token};
use wasmtime::{RootScope, StoreContextMut};

use crate::events::event::EventKind;
use crate::events::listener::Begun;
use crate::host::waiting::HostCall;
use crate::objects::func::params_of;
use crate::process::{fork, signal_check, task, unstoppable};
use crate::stores::entry::Called;
use crate::stores::fiber::Watch;
use crate::stores::steps::{self, GuestRun};
use crate::stores::store::{Calling, StoreData};
use crate::stores::suspension::{Asked, Begin};
use crate::values::convert::blank;
use crate::{Func, Result, Store, Val, WasmtimeError};

/// A call of a guest that goes on step by step, on whichever thread steps it, and rests in between. `T` is what it gives, and `A`
/// what it asks: that of a module, or of a component.
///
/// While the guest waits for an async host function, the store can be used: its memories and globals by every thread, its functions
/// by that host function. Dropping a run cancels it: its guest unwinds.
pub struct Run<T, A = HostCall> {
    inner: GuestRun,
    told: Told,
    gives: PhantomData<fn() -> (T, A)>,
}

/// When a run began, and what a listener is told when it is over.
type Told = Option<(Mutex<Option<Begun>>, EventKind, Called)>;

/// What a step of a `Run` came to.
pub enum Step<T, A = HostCall> {
    /// Other calls of this store are before it: step it again, with no answer, when the waker has been called. It may be called
    /// too often.
    Waits,
    /// The guest called an async host function. The next step brings the answer. What the function calls in the store meanwhile, it
    /// calls by the token: see `Store::working_for`.
    Host(A, Token),
    /// Let others have a turn, and step it again, with no answer.
    Turn,
    /// The guest sleeps: the same, after that time.
    Later(Duration),
    /// The guest is over.
    Done(T),
}

/// What a guest does, once it has begun.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The store of a guest, which must not hold it while it waits: the store would never go.
pub(crate) struct StoreOfRun(Weak<Store>);

impl StoreOfRun {
    pub(crate) fn get(&self) -> Result<Arc<Store>> {
        Ok(self.0.upgrade().ok_or(Refused::Closed)?)
    }
}

impl<T: Send + 'static, A: Asked> Run<T, A> {
    /// A run of what `begin` begins, with the first step.
    pub(crate) fn new(
        store: &Arc<Store>,
        of: Option<Token>,
        begin: impl for<'a> FnOnce(StoreContextMut<'a, StoreData>, StoreOfRun) -> Work<'a, T> + Send + 'static,
    ) -> Self {
        Self::with(store, of, begin, None)
    }

    /// The same of a read: in a host function, nothing begins, and the guests that are there go on until `watch` gives what it reads.
    pub(crate) fn reading(
        store: &Arc<Store>,
        of: Option<Token>,
        begin: impl for<'a> FnOnce(StoreContextMut<'a, StoreData>, StoreOfRun) -> Work<'a, T> + Send + 'static,
        mut watch: impl FnMut() -> Option<Result<T>> + Send + 'static,
    ) -> Self {
        Self::with(store, of, begin, Some(Box::new(move || watch().map(|read| Box::new(read) as _))))
    }

    fn with(
        store: &Arc<Store>,
        of: Option<Token>,
        begin: impl for<'a> FnOnce(StoreContextMut<'a, StoreData>, StoreOfRun) -> Work<'a, T> + Send + 'static,
        watch: Option<Watch>,
    ) -> Self {
        let weak_store = StoreOfRun(Arc::downgrade(store));
        let begin: Begin<Calling> = Box::new(move |caller| {
            // SAFETY: this is given to the gate, by `steps::run`.
            let context = unsafe { steps::context_of_guest(caller) };
            let work = begin(context, weak_store);
            Box::pin(async move { Box::new(work.await) as _ })
        });
        let inner = steps::run(store, of, (begin, watch), A::IS_CONCURRENT);
        Self { inner, told: None, gives: PhantomData }
    }

    /// A listener is told of it when it is over, if there is one that wants to know.
    pub(crate) fn told(mut self, kind: EventKind, name: Called) -> Self {
        let store = self.store();
        if kind != EventKind::Call || store.tells_calls {
            self.told = store.events.begin().map(|begun| (Mutex::new(Some(begun)), kind, name));
        }
        self
    }

    fn tell(&self, done: &Result<T>) {
        if let Some((begun, kind, name)) = &self.told
            && let Some(begun) = fork::lock(begun).take()
        {
            begun.end(*kind, name.as_deref(), None, done);
        }
    }

    /// The guest goes on until it is done, calls an async host function, or lets others have a turn. A run that has not begun takes
    /// its turn of the store first, or waits for it in line.
    ///
    /// Calls that the host function has begun in the store, and that have not ended when its answer comes, end by that. Fails with
    /// whatever the guest fails with; with `Busy` where another thread steps this run, where it is over, or where it would
    /// wait for itself; with `Closed` once the store is closed, and with `Escaped` where it was ended by an answer.
    pub fn step(&self, answer: Option<Result<A::Answer>>, waker: &Waker) -> Result<Step<T, A>> {
        use trimaran_gate::Step as Came;
        task::check()?;
        signal_check::now_and_then();
        let store = &self.inner.gated().0;
        let _unstoppable =
            if store.run_limit().is_none() { unstoppable::enter(trimaran_gate::this_thread()) } else { None };
        let wrong = |_| WasmtimeError::Unexpected { reason: "a step came to something else".to_owned() };
        Ok(match self.inner.step(answer.map(|answer| Box::new(answer) as _), waker)? {
            Came::Waits => Step::Waits,
            Came::Turn(sleeps) => sleeps?.downcast::<Duration>().map_or(Step::Turn, |time| Step::Later(*time)),
            Came::Host(call, token) => Step::Host(*call?.downcast().map_err(wrong)?, token),
            Came::Done(result) => {
                let done = result?.downcast::<Result<T>>().map_err(wrong).and_then(|done| *done);
                self.tell(&done);
                Step::Done(done.map_err(|error| store.noted(error))?)
            }
        })
    }

    /// Has the guest end, on any thread and without waiting: at once if it rests, else when the thread that steps it has done so.
    pub fn cancel(&self) {
        self.inner.cancel();
    }

    /// This thread goes on with the run, whichever one takes the next steps: a call from here that would have to wait for the run
    /// fails with `Busy` at once. Of a run of which nothing is said, that is the thread that stepped it last.
    pub fn goes_on_here(&self) {
        self.inner.goes_on_here();
    }

    /// Any thread may go on with the run: a call waits for it wherever it comes from.
    pub fn goes_on_anywhere(&self) {
        self.inner.goes_on_anywhere();
    }

    /// Its store.
    pub fn store(&self) -> &Arc<Store> {
        &self.inner.gated().0
    }
}

impl Func {
    /// A call of the function that goes on step by step. Nothing happens before the first step, which fails as `call` does.
    /// `of` is the async host call of the same store that it comes from, if any.
    pub fn start(&self, store: &Arc<Store>, arguments: Vec<Val>, of: Option<Token>) -> Result<Run<Vec<Val>>> {
        let func = self.get(store)?;
        let run = Run::new(store, of, move |context, store| {
            Box::pin(async move {
                // References of this call are rooted for as long as it lasts.
                let mut scope = RootScope::new(context);
                let mut context = wasmtime::AsContextMut::as_context_mut(&mut scope);
                let (params, count) = params_of(&func, &*store.get()?, &mut context, &arguments)?;
                let mut results = blank(count);
                func.call_async(&mut context, &params, &mut results).await.map_err(WasmtimeError::from_call)?;
                let store = store.get()?;
                results.iter().map(|value| Val::from_wasmtime(value, &store, &mut context)).collect()
            })
        });
        Ok(run.told(EventKind::Call, self.called()))
    }
}
