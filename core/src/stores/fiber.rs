//! Guests that go on step by step, on fibers of wasmtime's.
//!
//! A guest that waits for an async host function is a future that is pending. Whoever steps it polls the outermost guest's future,
//! which polls inwards: the innermost guest waits in a `HostWait`, and finds there what the step brings, an answer or something to
//! do meanwhile. Where a task of a component has asked and goes on with something else, it is its `Question` that finds it
//! (`asking.rs`).

use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use trimaran_gate::{Paused, Stop};

use crate::interruption::interrupt::SteppedRun;
use crate::process::descriptor;
use crate::process::mappings::GuestStack;
use crate::process::stack;
use crate::stores::suspension::{Begin, Guest, Message, Parcel, Reply, Suspension, Visit, nobody_reads};
use crate::{Result, WasmtimeError};

/// Gives what a read waits for, once it is there.
pub(crate) type Watch = Box<dyn FnMut() -> Option<Parcel> + Send>;

/// A guest that is to begin, or has begun.
pub(crate) struct Fiber<C> {
    suspension: Arc<Suspension<C>>,
    stop: Stop,
    begin: Option<Begin<C>>,
    /// Of a read of what guests write: in a host function, it begins no guest, and has those go on that are there.
    watch: Option<Watch>,
    /// What the outermost guest came to while such a read had it go on.
    came: Option<Parcel>,
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
    pub(crate) fn new(
        suspension: Arc<Suspension<C>>,
        stop: Stop,
        (begin, watch): (Begin<C>, Option<Watch>),
        is_concurrent: bool,
    ) -> Self {
        let (begin, guest, run, stack) = (Some(begin), None, None, None);
        Self { suspension, stop, begin, watch, came: None, guest, run, stack, is_concurrent }
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
        if let Some(came) = fiber.came.take() {
            return Paused::Done(Ok(came));
        }
        if depth > 1 && fiber.watch.is_some() {
            fiber.begin = None;
            return Self::watch(fibers, message);
        }
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
        suspension.wake_due(false);
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
                let is_awake = suspension.is_awake();
                let question = if is_concurrent { mail.questions.next(depth, is_awake) } else { None };
                match question {
                    Some(parcel) => Paused::Host(Ok(parcel)),
                    None if is_awake => Paused::Turn(Ok(Box::new(()))),
                    None if let Some(time) = suspension.rest() => later(time),
                    None if is_concurrent && depth == 1 && mail.questions.are_none() => {
                        Paused::Done(Err(nobody_reads()))
                    }
                    None => Paused::Turn(Ok(Box::new(()))),
                }
            }
        }
    }

    /// Has the guests that are there go on until there is what the innermost read waits for.
    fn watch(fibers: &mut [Self], message: Option<Message<C>>) -> Paused<Result<Parcel>> {
        let depth = fibers.len();
        if let Some(parcel) = fibers.last_mut().and_then(Self::watched) {
            return Paused::Done(Ok(parcel));
        }
        let Some(Self { suspension, stop, .. }) = fibers.last() else { return Paused::Done(Err(nothing_to_read())) };
        let suspension = Arc::clone(suspension);
        {
            let mut mail = suspension.mail();
            (mail.message, mail.depth, mail.stop) = (message, depth, Some(stop.clone()));
        }
        let _suspends = suspension.suspends(true);
        suspension.wake_due(false);
        match Self::poll(fibers) {
            Err(error) => return Paused::Done(Err(error)),
            // Whoever steps that guest is told of it.
            Ok(Poll::Ready(parcel)) => {
                if let Some(outermost) = fibers.first_mut() {
                    (outermost.guest, outermost.came) = (None, Some(parcel));
                }
            }
            Ok(Poll::Pending) => {}
        }
        if let Some(parcel) = fibers.last_mut().and_then(Self::watched) {
            return Paused::Done(Ok(parcel));
        }
        let mut mail = suspension.mail();
        match mail.reply.take() {
            Some(Reply::Request(parcel)) => Paused::Host(Ok(parcel)),
            Some(Reply::Later(time)) => Paused::Turn(Ok(Box::new(time))),
            Some(Reply::Done(_)) | None => match mail.questions.next(depth, suspension.is_awake()) {
                Some(parcel) => Paused::Host(Ok(parcel)),
                None if suspension.is_awake() => Paused::Turn(Ok(Box::new(()))),
                None if let Some(time) = suspension.rest() => later(time),
                None => Paused::Done(Err(nothing_to_read())),
            },
        }
    }

    fn watched(&mut self) -> Option<Parcel> {
        self.watch.as_mut()?()
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
        } else if fiber.begin.take().is_none() && fiber.watch.is_none() {
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

/// How long guests rest before somebody looks whether their store was closed.
const REST: Duration = Duration::from_secs(1);

/// Guests rest for that time. Whoever steps them may do so on another thread: what this one would have waited for is forgotten.
fn later(time: Duration) -> Paused<Result<Parcel>> {
    _ = descriptor::take_awaited();
    Paused::Turn(Ok(Box::new(time.min(REST))))
}

/// A read waits for what no guest writes.
#[cold]
pub(crate) fn nothing_to_read() -> WasmtimeError {
    let reason = "there is nothing to read, and no guest of the store goes on that could write it: read again when a function of the \
                  guest has been called that does";
    WasmtimeError::Suspend { reason: reason.to_owned() }
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
