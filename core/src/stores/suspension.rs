//! What lies between the steps of a store's guests and the guests: what a step brings, and what comes back.

use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use trimaran_gate::Stop;

use crate::process::{stack, task_stacks};
pub(crate) use crate::stores::questions::Parcel;
use crate::stores::questions::Questions;
use crate::traps::carried::HostError;
use crate::wasi::wait::{self, Rests};
use crate::wasi::waiters::{Again, Waiters};
use crate::{Result, WasmtimeError};

/// What a guest asks of an async host function.
pub trait Asked: Send + 'static {
    /// What it is answered.
    type Answer: Send + 'static;
    /// Whether the guest may ask several things at once: a component that is async may.
    const IS_CONCURRENT: bool = false;
}

/// A guest that runs.
pub(crate) type Guest = Pin<Box<dyn Future<Output = Parcel> + Send>>;
/// Begins a guest by the caller, or the root, that it is given. The guest is polled and dropped only while that is there.
pub(crate) type Begin<C> = Box<dyn FnOnce(&mut C) -> Guest + Send>;

/// What a step brings to the innermost guest that waits.
pub(super) enum Message<C> {
    Answer(Parcel),
    Visit(Visit<C>),
    Begin(Begin<C>),
    /// For the guest at that depth: the one that it began has to end.
    Unwind(usize),
}

impl<C> Message<C> {
    pub(super) fn is_visit(&self) -> bool {
        matches!(self, Self::Visit(_))
    }
}

/// Work for the caller of the host function that the innermost guest waits for.
pub(crate) struct Visit<C>(pub(super) NonNull<dyn FnMut(&mut C)>);

// SAFETY: the work is done before the visitor's thread goes on, and on that very thread.
unsafe impl<C> Send for Visit<C> {}

impl<C> Visit<C> {
    /// Does the work. Only while the visitor has the guest polled.
    pub(crate) fn run(mut self, caller: &mut C) {
        // SAFETY: `Fiber::visit` has borrowed the work until the poll returns in which the message is taken, and takes back one that
        // nobody has taken: whoever has it is in that poll.
        let work = unsafe { self.0.as_mut() };
        work(caller);
    }
}

/// What comes back from a step, if the outermost guest is not over.
pub(super) enum Reply {
    Request(Parcel),
    /// The guest sleeps for that time.
    Later(Duration),
    /// A nested guest is over.
    Done(Parcel),
}

pub(super) struct Mail<C> {
    pub(super) message: Option<Message<C>>,
    pub(super) reply: Option<Reply>,
    /// How many guests are in flight.
    pub(super) depth: usize,
    /// Says whether the innermost guest has to end.
    pub(super) stop: Option<Stop>,
    pub(super) questions: Questions,
}

/// Whether a guest that is pending has asked to be polled again, and so waits for nobody.
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What lies between the steps of a store's guests and the guests.
pub(crate) struct Suspension<C> {
    /// Whether the guest that runs may be suspended: not below a synchronous call.
    may_suspend: AtomicBool,
    mail: Mutex<Mail<C>>,
    waiters: Mutex<Waiters>,
    awake: Arc<Awake>,
    /// Wakes `awake`.
    waker: Waker,
    /// How many stacks the store's guests have.
    stacks: Arc<AtomicUsize>,
}

impl<C> Suspension<C> {
    pub(crate) fn new() -> Arc<Self> {
        let mail = Mail { message: None, reply: None, depth: 0, stop: None, questions: Questions::default() };
        let awake = Arc::new(Awake(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&awake));
        let may_suspend = AtomicBool::new(false);
        let (waiters, stacks) = Default::default();
        Arc::new(Self { may_suspend, mail: Mutex::new(mail), waiters, awake, waker, stacks })
    }

    pub(crate) fn may_suspend(&self) -> bool {
        self.may_suspend.load(Ordering::Relaxed)
    }

    /// Whether the innermost guest was cancelled.
    pub(crate) fn is_stopped(&self) -> bool {
        self.may_suspend() && self.mail().stop.as_ref().is_some_and(Stop::is_set)
    }

    pub(super) fn mail(&self) -> MutexGuard<'_, Mail<C>> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn suspends(&self, may: bool) -> Suspends<'_> {
        Suspends { flag: &self.may_suspend, outer: self.may_suspend.swap(may, Ordering::Relaxed) }
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the guests rest, where nobody else goes on with them: then something that they wait for is to be polled again.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.waiters().rest()
    }

    /// Has polled what guests wait for, and what is to be polled now. `is_ready` says that a stream of the host has become ready.
    pub(super) fn wake_due(&self, is_ready: bool) {
        let due = self.waiters().take_due(is_ready);
        due.into_iter().for_each(Waker::wake);
    }

    /// Runs a future of wasmtime's to its end. Its guest may not be suspended: it fails with `Suspend` where it waits for
    /// what a task has asked of an async host function before.
    pub(crate) fn to_end<R>(&self, work: impl Future<Output = wasmtime::Result<R>>) -> wasmtime::Result<R> {
        let _suspends = self.suspends(false);
        // One below may have asked to be polled again.
        let _outer = StillAwake { flag: &self.awake.0, was: self.is_awake() };
        let mut work = pin!(work);
        let mut is_ready = false;
        loop {
            self.wake_due(std::mem::take(&mut is_ready));
            match self.poll(work.as_mut()) {
                Poll::Ready(done) => return done,
                // Wasmtime lets others have a turn after it has collected garbage, for one.
                Poll::Pending if self.is_awake() => {}
                Poll::Pending if let Some(time) = self.rest() => is_ready = wait::rest(time),
                Poll::Pending if self.mail().questions.are_none() => {
                    return Err(wasmtime::Error::new(HostError(nobody_reads())));
                }
                Poll::Pending => return Err(wasmtime::Error::new(HostError(waits_for_ever()))),
            }
        }
    }

    pub(super) fn poll<F: Future + ?Sized>(&self, work: Pin<&mut F>) -> Poll<F::Output> {
        self.awake.0.store(false, Ordering::Relaxed);
        let poll = || stack::on_fibers(|| work.poll(&mut Context::from_waker(&self.waker)));
        task_stacks::counted(&self.stacks, poll)
    }

    /// Whether a guest that was pending when it was polled last goes on when it is polled again.
    pub(super) fn is_awake(&self) -> bool {
        self.awake.0.load(Ordering::Relaxed)
    }

    /// Whether the outermost run was given a question, and has not answered it.
    pub(crate) fn is_asked(&self) -> bool {
        self.mail().questions.is_asked(1)
    }

    /// Of the outermost guest, which is pending: whether its store's tasks rest where nobody is in their code. `None` where that has not
    /// changed, as an inner one was polled or a visitor came. `is_sync` says that it is run to its end.
    pub(crate) fn rests(&self, is_sync: bool) -> Option<Rest> {
        let mail = self.mail();
        if !is_sync && (!self.may_suspend() || mail.depth > 1) {
            return None;
        }
        let is_idle = !self.is_awake() && mail.reply.is_none();
        Some(match (is_idle, mail.questions.are_none() && self.rest().is_none()) {
            (false, _) => Rest::InCode,
            (true, false) => Rest::Asks,
            (true, true) => Rest::ForEver,
        })
    }
}

/// Where the tasks of a store rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Maybe in the middle of a guest's code.
    InCode,
    /// Where they wait for answers, or for what WASI has them wait for.
    Asks,
    /// Where they wait for nothing that could come.
    ForEver,
}

/// A call waits for what nobody does while it goes on.
#[cold]
pub(super) fn nobody_reads() -> WasmtimeError {
    let reason = "the guest waits until the host reads a stream or a future of it, and nobody does while this call goes on: read it in \
                  the host function that gets it, or when the call is over";
    WasmtimeError::Suspend { reason: reason.to_owned() }
}

#[cold]
fn waits_for_ever() -> WasmtimeError {
    let reason = "the guest waits for an async host function that a task of its store has called before, and that goes on in async calls \
                  alone: make this call an async one";
    WasmtimeError::Suspend { reason: reason.to_owned() }
}

/// A guest had asked to be polled again, and still has when this is dropped.
struct StillAwake<'a> {
    flag: &'a AtomicBool,
    was: bool,
}

impl Drop for StillAwake<'_> {
    fn drop(&mut self) {
        self.flag.fetch_or(self.was, Ordering::Relaxed);
    }
}

impl<C> Rests for Suspension<C> {
    fn may_rest(&self) -> bool {
        self.may_suspend()
    }

    fn note(&self, time: Duration) {
        self.mail().reply = Some(Reply::Later(time));
    }

    fn poll_again(&self, number: &mut u64, waker: &Waker, again: Again) -> Result<()> {
        let before = self.waiters().add(number, waker, again);
        // The waiters are free again.
        before.map(drop)
    }

    fn forget(&self, number: u64) {
        let waker = self.waiters().forget(number);
        drop(waker);
    }
}

/// Whether guests may be suspended, until this is dropped.
pub(super) struct Suspends<'a> {
    flag: &'a AtomicBool,
    outer: bool,
}

impl Drop for Suspends<'_> {
    fn drop(&mut self) {
        self.flag.store(self.outer, Ordering::Relaxed);
    }
}
