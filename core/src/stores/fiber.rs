//! Guests that go on step by step, on fibers of wasmtime's.
//!
//! A guest that waits for an async host function is a future that is pending. Whoever steps it polls the outermost guest's future,
//! which polls inwards: the innermost guest waits in a `HostWait`, and finds there what the step brings, an answer or something to
//! do meanwhile. Where a task of a component has asked and goes on with something else, it is its `Question` that finds it
//! (`asking.rs`).

use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use trimaran_gate::{Paused, Stop};

use crate::interruption::interrupt::SteppedRun;
use crate::process::mappings::GuestStack;
use crate::process::stack;
pub(crate) use crate::stores::questions::Parcel;
use crate::stores::questions::Questions;
use crate::traps::carried::HostError;
use crate::wasi::wait::Rests;
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
pub(super) struct Visit<C>(NonNull<dyn FnMut(&mut C)>);

// SAFETY: the work is done before the visitor's thread goes on, and on that very thread.
unsafe impl<C> Send for Visit<C> {}

impl<C> Visit<C> {
    /// Does the work. Only while the visitor has the guest polled.
    pub(super) fn run(mut self, caller: &mut C) {
        // SAFETY: `Fiber::visit` has borrowed the work until the poll returns in which the message is taken, and takes back one that
        // nobody has taken: whoever has it is in that poll.
        let work = unsafe { self.0.as_mut() };
        work(caller);
    }
}

/// What comes back from a step, if the outermost guest is not over.
enum Reply {
    Request(Parcel),
    /// The guest sleeps for that time.
    Later(Duration),
    /// A nested guest is over.
    Done(Parcel),
}

pub(super) struct Mail<C> {
    pub(super) message: Option<Message<C>>,
    reply: Option<Reply>,
    /// How many guests are in flight.
    depth: usize,
    /// Says whether the innermost guest has to end.
    stop: Option<Stop>,
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
    awake: Arc<Awake>,
    /// Wakes `awake`.
    waker: Waker,
}

impl<C> Suspension<C> {
    pub(crate) fn new() -> Arc<Self> {
        let mail = Mail { message: None, reply: None, depth: 0, stop: None, questions: Questions::default() };
        let awake = Arc::new(Awake(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&awake));
        Arc::new(Self { may_suspend: AtomicBool::new(false), mail: Mutex::new(mail), awake, waker })
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

    fn suspends(&self, may: bool) -> Suspends<'_> {
        Suspends { flag: &self.may_suspend, outer: self.may_suspend.swap(may, Ordering::Relaxed) }
    }

    /// Runs a future of wasmtime's to its end. Its guest may not be suspended: it fails with `Suspend` where it waits for
    /// what a task has asked of an async host function before.
    pub(crate) fn to_end<R>(&self, work: impl Future<Output = wasmtime::Result<R>>) -> wasmtime::Result<R> {
        let _suspends = self.suspends(false);
        // One below may have asked to be polled again.
        let _outer = StillAwake { flag: &self.awake.0, was: self.is_awake() };
        let mut work = pin!(work);
        loop {
            match self.poll(work.as_mut()) {
                Poll::Ready(done) => return done,
                // Wasmtime lets others have a turn after it has collected garbage, for one.
                Poll::Pending if self.is_awake() => {}
                Poll::Pending => return Err(wasmtime::Error::new(HostError(waits_for_ever()))),
            }
        }
    }

    fn poll<F: Future + ?Sized>(&self, work: Pin<&mut F>) -> Poll<F::Output> {
        self.awake.0.store(false, Ordering::Relaxed);
        stack::on_fibers(|| work.poll(&mut Context::from_waker(&self.waker)))
    }

    /// Whether a guest that was pending when it was polled last goes on when it is polled again.
    fn is_awake(&self) -> bool {
        self.awake.0.load(Ordering::Relaxed)
    }
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
}

/// Whether guests may be suspended, until this is dropped.
struct Suspends<'a> {
    flag: &'a AtomicBool,
    outer: bool,
}

impl Drop for Suspends<'_> {
    fn drop(&mut self) {
        self.flag.store(self.outer, Ordering::Relaxed);
    }
}

/// A guest that is to begin, or has begun.
pub(crate) struct Fiber<C> {
    suspension: Arc<Suspension<C>>,
    stop: Stop,
    begin: Option<Begin<C>>,
    /// The outermost guest, once it has begun. A nested one is kept by the `HostWait` below it.
    guest: Option<Guest>,
    /// Of the outermost guest, if something can stop it. Behind the guest, which goes first.
    run: Option<SteppedRun>,
    /// Once it has begun. Behind the guest as well.
    stack: Option<GuestStack>,
    /// Whether its steps answer the questions of tasks.
    is_concurrent: bool,
}

impl<C> Fiber<C> {
    pub(crate) fn new(suspension: Arc<Suspension<C>>, stop: Stop, begin: Begin<C>, is_concurrent: bool) -> Self {
        Self { suspension, stop, begin: Some(begin), guest: None, run: None, stack: None, is_concurrent }
    }

    pub(crate) fn suspension(&self) -> &Arc<Suspension<C>> {
        &self.suspension
    }

    /// Resumes the innermost of the guests. `outermost` begins the first one.
    pub(crate) fn resume(
        fibers: &mut [Self],
        answer: Option<Parcel>,
        outermost: impl FnOnce(&Self, Begin<C>) -> Result<(Option<SteppedRun>, Guest)>,
    ) -> Paused<Result<Parcel>> {
        let depth = fibers.len();
        let Some(fiber) = fibers.last_mut() else { return Paused::Done(Ok(Box::new(()))) };
        let (suspension, is_concurrent) = (Arc::clone(&fiber.suspension), fiber.is_concurrent);
        // A question wants its answer under its number.
        let answer = answer.and_then(|answer| suspension.mail().questions.answer(depth, answer));
        let mut message = answer.map(Message::Answer);
        if let Some(begin) = fiber.begin.take() {
            match GuestStack::new() {
                Ok(stack) => fiber.stack = Some(stack),
                Err(error) => return Paused::Done(Err(error)),
            }
            if depth == 1 {
                match outermost(fiber, begin) {
                    Ok((run, guest)) => (fiber.run, fiber.guest) = (run, Some(guest)),
                    Err(error) => return Paused::Done(Err(error)),
                }
            } else if suspension.mail().questions.is_asked(depth - 1) {
                return Paused::Done(Err(in_a_task()));
            } else {
                message = Some(Message::Begin(begin));
            }
        }
        {
            let mut mail = suspension.mail();
            (mail.message, mail.depth, mail.stop) = (message, depth, Some(fiber.stop.clone()));
        }
        let _suspends = suspension.suspends(true);
        let polled = match Self::poll(fibers) {
            Err(error) => return Paused::Done(Err(error)),
            Ok(polled) => polled,
        };
        let mut mail = suspension.mail();
        match (polled, mail.reply.take()) {
            (Poll::Ready(parcel), _) | (Poll::Pending, Some(Reply::Done(parcel))) => Paused::Done(Ok(parcel)),
            (Poll::Pending, Some(Reply::Request(parcel))) => Paused::Host(Ok(parcel)),
            (Poll::Pending, Some(Reply::Later(time))) => Paused::Turn(Ok(Box::new(time))),
            (Poll::Pending, None) => {
                let question = if is_concurrent { mail.questions.next(depth, suspension.is_awake()) } else { None };
                match question {
                    Some(parcel) => Paused::Host(Ok(parcel)),
                    None => Paused::Turn(Ok(Box::new(()))),
                }
            }
        }
    }

    /// Has the innermost guest's host function do `work` by its caller.
    pub(crate) fn visit(fibers: &mut [Self], work: &mut dyn FnMut(&mut C)) {
        let Some(fiber) = fibers.last() else { return };
        let work: NonNull<dyn FnMut(&mut C) + '_> = NonNull::from(work);
        // SAFETY: only the lifetime changes. `HostWait` does the work while it is polled below, and a message that it does not
        // take is taken back.
        let work: NonNull<dyn FnMut(&mut C)> = unsafe { std::mem::transmute(work) };
        let suspension = Arc::clone(&fiber.suspension);
        {
            let mut mail = suspension.mail();
            if mail.questions.is_in_code(fibers.len()) {
                return;
            }
            mail.message = Some(Message::Visit(Visit(work)));
            mail.questions.wake_asked(fibers.len());
        }
        let _suspends = suspension.suspends(false);
        _ = Self::poll(fibers);
        suspension.mail().message = None;
    }

    /// Has the innermost guest unwind.
    pub(crate) fn unwind(fibers: &mut [Self]) {
        let depth = fibers.len();
        let Some(fiber) = fibers.last_mut() else { return };
        let suspension = Arc::clone(&fiber.suspension);
        let _suspends = suspension.suspends(false);
        if depth == 1 {
            let guest = fiber.guest.take();
            stack::on_fibers(|| drop(guest));
        } else if fiber.begin.take().is_none() {
            suspension.mail().message = Some(Message::Unwind(depth - 1));
            _ = Self::poll(fibers);
        }
        let mut mail = suspension.mail();
        (mail.message, mail.reply) = (None, None);
        mail.questions.close(depth);
    }

    /// Polls the outermost guest.
    fn poll(fibers: &mut [Self]) -> Result<Poll<Parcel>> {
        let Some(Self { guest: Some(guest), run, suspension, .. }) = fibers.first_mut() else {
            return Ok(Poll::Pending);
        };
        let _step = run.as_ref().map(SteppedRun::step).transpose()?;
        Ok(suspension.poll(guest.as_mut()))
    }
}

/// A host function that a task has called calls a guest, which would go on below that task.
#[cold]
pub(crate) fn in_a_task() -> WasmtimeError {
    let reason = "an async function of the component model has called this host function, and no component is called from there: call it \
                  when the host function has returned";
    WasmtimeError::Busy { reason: reason.to_owned() }
}

/// A guest waits for an async host function: the caller of that function, and a guest that the function has begun.
pub(crate) struct HostWait<C> {
    suspension: Arc<Suspension<C>>,
    caller: C,
    /// How many guests were in flight when it began.
    depth: usize,
    nested: Option<Guest>,
}

impl<C> HostWait<C> {
    /// For a guest that runs and may be suspended.
    pub(crate) fn new(suspension: Arc<Suspension<C>>, caller: C, request: Parcel) -> Self {
        let depth = {
            let mut mail = suspension.mail();
            mail.reply = Some(Reply::Request(request));
            mail.depth
        };
        Self { suspension, caller, depth, nested: None }
    }

    /// Goes on with the nested guest, or drops it where it has to end.
    fn poll_nested(&mut self, context: &mut Context<'_>) {
        let Some(nested) = &mut self.nested else { return };
        let is_for_this = matches!(self.suspension.mail().message, Some(Message::Unwind(depth)) if depth == self.depth);
        if is_for_this {
            self.suspension.mail().message = None;
            self.nested = None;
        } else if let Poll::Ready(parcel) = nested.as_mut().poll(context) {
            self.nested = None;
            self.suspension.mail().reply = Some(Reply::Done(parcel));
        }
    }
}

impl<C: Unpin> Future for HostWait<C> {
    type Output = Parcel;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Parcel> {
        let this = self.get_mut();
        if this.nested.is_some() {
            this.poll_nested(context);
            return Poll::Pending;
        }
        let message = this.suspension.mail().message.take();
        match message {
            Some(Message::Answer(answer)) => return Poll::Ready(answer),
            Some(Message::Visit(visit)) => visit.run(&mut this.caller),
            Some(Message::Begin(begin)) => {
                this.nested = Some(begin(&mut this.caller));
                this.poll_nested(context);
            }
            Some(Message::Unwind(_)) | None => {}
        }
        Poll::Pending
    }
}
