//! Guests that go on step by step, on fibers of wasmtime's.
//!
//! A guest that waits for an async host function is a future that is pending. Whoever steps it polls the outermost guest's future,
//! which polls inwards: the innermost guest waits in a `HostWait`, and finds there what the step brings, an answer or something to
//! do meanwhile.

use std::any::Any;
use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trimaran_gate::{Paused, Stop};

use crate::Result;
use crate::interruption::interrupt::SteppedRun;
use crate::process::stack;
use crate::wasi::wait::Rests;

/// What a guest asks of the host, what it is answered, and what it comes to. Those who send and take it know its type.
pub(crate) type Parcel = Box<dyn Any + Send>;
/// What a guest asks of an async host function.
pub trait Asked: Send + 'static {
    /// What it is answered.
    type Answer: Send + 'static;
}

/// A guest that runs.
pub(crate) type Guest = Pin<Box<dyn Future<Output = Parcel> + Send>>;
/// Begins a guest by the caller, or the root, that it is given. The guest is polled and dropped only while that is there.
pub(crate) type Begin<C> = Box<dyn FnOnce(&mut C) -> Guest + Send>;

/// What a step brings to the innermost guest that waits.
enum Message<C> {
    Answer(Parcel),
    Visit(Visit<C>),
    Begin(Begin<C>),
    /// For the guest at that depth: the one that it began has to end.
    Unwind(usize),
}

/// Work for the caller of the host function that the innermost guest waits for.
struct Visit<C>(NonNull<dyn FnMut(&mut C)>);

// SAFETY: the work is done before the visitor's thread goes on, and on that very thread.
unsafe impl<C> Send for Visit<C> {}

/// What comes back from a step, if the outermost guest is not over.
enum Reply {
    Request(Parcel),
    /// The guest sleeps for that time.
    Later(Duration),
    /// A nested guest is over.
    Done(Parcel),
}

struct Mail<C> {
    message: Option<Message<C>>,
    reply: Option<Reply>,
    /// How many guests are in flight.
    depth: usize,
    /// Says whether the innermost guest has to end.
    stop: Option<Stop>,
}

/// What lies between the steps of a store's guests and the guests.
pub(crate) struct Suspension<C> {
    /// Whether the guest that runs may be suspended: not below a synchronous call.
    may_suspend: AtomicBool,
    mail: Mutex<Mail<C>>,
}

impl<C> Suspension<C> {
    pub(crate) fn new() -> Arc<Self> {
        let mail = Mutex::new(Mail { message: None, reply: None, depth: 0, stop: None });
        Arc::new(Self { may_suspend: AtomicBool::new(false), mail })
    }

    pub(crate) fn may_suspend(&self) -> bool {
        self.may_suspend.load(Ordering::Relaxed)
    }

    /// Whether the innermost guest was cancelled.
    pub(crate) fn is_stopped(&self) -> bool {
        self.may_suspend() && self.mail().stop.as_ref().is_some_and(Stop::is_set)
    }

    fn mail(&self) -> MutexGuard<'_, Mail<C>> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn suspends(&self, may: bool) -> Suspends<'_> {
        Suspends { flag: &self.may_suspend, outer: self.may_suspend.swap(may, Ordering::Relaxed) }
    }

    /// Runs a future of wasmtime's to its end. Its guest may not be suspended.
    pub(crate) fn to_end<R>(&self, work: impl Future<Output = R>) -> R {
        let _suspends = self.suspends(false);
        let mut work = pin!(work);
        loop {
            // Wasmtime lets others have a turn after it has collected garbage, for one.
            if let Poll::Ready(done) = poll(work.as_mut()) {
                return done;
            }
        }
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

fn poll<F: Future + ?Sized>(work: Pin<&mut F>) -> Poll<F::Output> {
    stack::on_fibers(|| work.poll(&mut Context::from_waker(Waker::noop())))
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
}

impl<C> Fiber<C> {
    pub(crate) fn new(suspension: Arc<Suspension<C>>, stop: Stop, begin: Begin<C>) -> Self {
        Self { suspension, stop, begin: Some(begin), guest: None, run: None }
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
        let suspension = Arc::clone(&fiber.suspension);
        let mut message = answer.map(Message::Answer);
        if let Some(begin) = fiber.begin.take() {
            if depth == 1 {
                match outermost(fiber, begin) {
                    Ok((run, guest)) => (fiber.run, fiber.guest) = (run, Some(guest)),
                    Err(error) => return Paused::Done(Err(error)),
                }
            } else {
                message = Some(Message::Begin(begin));
            }
        }
        {
            let mut mail = suspension.mail();
            (mail.message, mail.depth, mail.stop) = (message, depth, Some(fiber.stop.clone()));
        }
        let _suspends = suspension.suspends(true);
        match Self::poll(fibers) {
            Err(error) => Paused::Done(Err(error)),
            Ok(Poll::Ready(parcel)) => Paused::Done(Ok(parcel)),
            Ok(Poll::Pending) => match suspension.mail().reply.take() {
                Some(Reply::Request(parcel)) => Paused::Host(Ok(parcel)),
                Some(Reply::Done(parcel)) => Paused::Done(Ok(parcel)),
                Some(Reply::Later(time)) => Paused::Turn(Ok(Box::new(time))),
                None => Paused::Turn(Ok(Box::new(()))),
            },
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
        suspension.mail().message = Some(Message::Visit(Visit(work)));
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
    }

    /// Polls the outermost guest.
    fn poll(fibers: &mut [Self]) -> Result<Poll<Parcel>> {
        let Some(Self { guest: Some(guest), run, .. }) = fibers.first_mut() else { return Ok(Poll::Pending) };
        let _step = run.as_ref().map(SteppedRun::step).transpose()?;
        Ok(poll(guest.as_mut()))
    }
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
            Some(Message::Visit(Visit(mut work))) => {
                // SAFETY: the visitor, which has this polled, has borrowed the work until this returns.
                let work = unsafe { work.as_mut() };
                work(&mut this.caller);
            }
            Some(Message::Begin(begin)) => {
                this.nested = Some(begin(&mut this.caller));
                this.poll_nested(context);
            }
            Some(Message::Unwind(_)) | None => {}
        }
        Poll::Pending
    }
}
