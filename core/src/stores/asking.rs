//! The future of a task of a component that has asked something of an async host function.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::Result;
use crate::stores::fiber::{Message, Suspension, Visit};
use crate::stores::questions::Parcel;

/// A question of a task: see `questions.rs`. `at_caller` does a visitor's work by the caller of the host function.
pub(crate) struct Question<C, F> {
    suspension: Arc<Suspension<C>>,
    at_caller: F,
    /// Until it is polled: what it asks, and how many bytes that holds.
    asks: Option<(Parcel, usize)>,
    number: u64,
}

impl<C, F: FnMut(&mut dyn FnMut(&mut C))> Question<C, F> {
    pub(crate) fn new(suspension: Arc<Suspension<C>>, asks: Parcel, bytes: usize, at_caller: F) -> Self {
        Self { suspension, at_caller, asks: Some((asks, bytes)), number: 0 }
    }

    fn visit(&mut self, visit: Visit<C>) {
        let mut visit = Some(visit);
        (self.at_caller)(&mut |caller| {
            if let Some(visit) = visit.take() {
                visit.run(caller);
            }
        });
    }
}

impl<C, F: FnMut(&mut dyn FnMut(&mut C)) + Unpin> Future for Question<C, F> {
    type Output = Result<Parcel>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Parcel>> {
        let this = self.get_mut();
        let suspension = Arc::clone(&this.suspension);
        let mut mail = suspension.mail();
        if let Some((parcel, bytes)) = this.asks.take() {
            match mail.questions.add(parcel, bytes, context.waker()) {
                Ok(number) => this.number = number,
                Err(error) => return Poll::Ready(Err(error)),
            }
            return Poll::Pending;
        }
        if let Some(answer) = mail.questions.take(this.number, context.waker()) {
            return Poll::Ready(Ok(answer));
        }
        let is_visited = mail.questions.is_innermost(this.number);
        if let Some(Message::Visit(visit)) = mail.message.take_if(|message| is_visited && message.is_visit()) {
            drop(mail);
            this.visit(visit);
        }
        Poll::Pending
    }
}

impl<C, F> Drop for Question<C, F> {
    fn drop(&mut self) {
        let left = self.suspension.mail().questions.forget(self.number);
        // The mail is free again.
        drop(left);
    }
}
