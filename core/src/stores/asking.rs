//! A task of a component that has asked something of an async host function.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::Result;
use crate::stores::questions::Parcel;
use crate::stores::suspension::{Message, Suspension, Visit};

/// A question of a task: see `questions.rs`.
pub(crate) struct Question<C> {
    suspension: Arc<Suspension<C>>,
    /// Until it is polled: what it asks, and how many bytes that holds.
    asks: Option<(Parcel, usize)>,
    number: u64,
}

impl<C> Question<C> {
    pub(crate) fn new(suspension: Arc<Suspension<C>>, asks: Parcel, bytes: usize) -> Self {
        Self { suspension, asks: Some((asks, bytes)), number: 0 }
    }

    /// Gives the answer, once it is there. `at_caller` does a visitor's work by the caller of the host function.
    pub(crate) fn poll(&mut self, context: &Context<'_>, at_caller: impl FnOnce(Visit<C>)) -> Poll<Result<Parcel>> {
        let mut mail = self.suspension.mail();
        if let Some((parcel, bytes)) = self.asks.take() {
            match mail.questions.add(parcel, bytes, context.waker()) {
                Ok(number) => self.number = number,
                Err(error) => return Poll::Ready(Err(error)),
            }
            return Poll::Pending;
        }
        if let Some(answer) = mail.questions.take(self.number, context.waker()) {
            return Poll::Ready(Ok(answer));
        }
        let is_visited = mail.questions.is_innermost(self.number);
        if let Some(Message::Visit(visit)) = mail.message.take_if(|message| is_visited && message.is_visit()) {
            drop(mail);
            at_caller(visit);
        }
        Poll::Pending
    }
}

impl<C> Drop for Question<C> {
    fn drop(&mut self) {
        let left = self.suspension.mail().questions.forget(self.number);
        // The mail is free again.
        drop(left);
    }
}
