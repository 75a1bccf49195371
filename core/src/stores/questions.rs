//! What tasks of components ask of async host functions, while they and others go on.
//!
//! A function that is async in the component model does not wait where a guest calls it: the guest gets a subtask, and may ask more before it
//! waits for the first. Each question is a future among those of wasmtime's event loop (`asking.rs`). Whoever steps the guest is given one of
//! them after the other, the eldest first, and answers it before the next.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::task::Waker;

use crate::{Result, WasmtimeError};

/// What a guest asks of the host, what it is answered, and what it comes to. Those who send and take it know its type.
pub(crate) type Parcel = Box<dyn Any + Send>;

/// How many questions of a store may be open at once.
const MOST: usize = 1000;

/// How many bytes they may hold: what wasmtime lets one call give the host, if nothing else is set.
const MOST_BYTES: usize = 128 << 20;

/// How often guests let others have a turn before a question is given while they could go on: they may do nothing but look whether it
/// has its answer.
const TURNS: u32 = 16;

/// A question that was given.
struct Asked {
    /// That of the run whose step gave it.
    depth: usize,
    number: u64,
    /// Whether the guest rests in the middle of its own code: nobody may visit it there.
    in_code: bool,
}

/// The questions of a store's guests.
#[derive(Default)]
pub(super) struct Questions {
    last: u64,
    bytes: usize,
    /// Those that nobody has been given yet, the eldest first.
    waiting: VecDeque<(u64, Parcel)>,
    /// Those that were given and have no answer yet. A run has one at a time.
    asked: Vec<Asked>,
    /// How often guests have let others have a turn since the last one was given.
    turns: u32,
    /// Of each question that is there: how many bytes it holds, and what polls it.
    there: HashMap<u64, (usize, Waker)>,
    answers: HashMap<u64, Parcel>,
}

impl Questions {
    /// One more. Fails with `Limit` where there are too many.
    pub(super) fn add(&mut self, parcel: Parcel, bytes: usize, waker: &Waker) -> Result<u64> {
        let held = self.bytes.saturating_add(bytes);
        if self.there.len() >= MOST || held > MOST_BYTES && !self.there.is_empty() {
            return Err(too_many());
        }
        self.last += 1;
        self.bytes = held;
        self.waiting.push_back((self.last, parcel));
        self.there.insert(self.last, (bytes, waker.clone()));
        Ok(self.last)
    }

    /// The eldest that nobody has been given, for the run at that depth. `in_code` says whether its guest could go on: then only now and
    /// then.
    pub(super) fn next(&mut self, depth: usize, in_code: bool) -> Option<Parcel> {
        self.turns += u32::from(in_code);
        if in_code && self.turns < TURNS {
            return None;
        }
        self.turns = 0;
        let (number, parcel) = self.waiting.pop_front()?;
        self.asked.push(Asked { depth, number, in_code });
        Some(parcel)
    }

    /// Whether there are none, with an answer or without.
    pub(super) fn are_none(&self) -> bool {
        self.there.is_empty()
    }

    /// Whether the run at that depth was given one, and has not answered it.
    pub(super) fn is_asked(&self, depth: usize) -> bool {
        self.asked_at(depth).is_some()
    }

    /// The same where nobody may visit its guest.
    pub(super) fn is_in_code(&self, depth: usize) -> bool {
        self.asked_at(depth).is_some_and(|asked| asked.in_code)
    }

    fn asked_at(&self, depth: usize) -> Option<&Asked> {
        self.asked.last().filter(|asked| asked.depth == depth)
    }

    /// Keeps the answer of the run at that depth, if it was given a question; gives it back otherwise.
    pub(super) fn answer(&mut self, depth: usize, answer: Parcel) -> Option<Parcel> {
        let Some(asked) = self.asked.pop_if(|asked| asked.depth == depth) else { return Some(answer) };
        self.keep(asked.number, answer);
        None
    }

    fn keep(&mut self, number: u64, answer: Parcel) {
        self.answers.insert(number, answer);
        self.wake(number);
    }

    fn wake(&self, number: u64) {
        if let Some((_, waker)) = self.there.get(&number) {
            waker.wake_by_ref();
        }
    }

    /// Has the question polled that the run at that depth was given, if it was given one.
    pub(super) fn wake_asked(&self, depth: usize) {
        if let Some(asked) = self.asked_at(depth) {
            self.wake(asked.number);
        }
    }

    /// The answer to a question, or none yet: then `waker` is woken when it is there.
    pub(super) fn take(&mut self, number: u64, waker: &Waker) -> Option<Parcel> {
        let answer = self.answers.remove(&number);
        if answer.is_none()
            && let Some((_, before)) = self.there.get_mut(&number)
        {
            before.clone_from(waker);
        }
        answer
    }

    /// Whether a visitor means the caller of this question: the innermost run was given it.
    pub(super) fn is_innermost(&self, number: u64) -> bool {
        self.asked.last().is_some_and(|asked| asked.number == number)
    }

    /// The run at that depth is over: its question has no answer.
    pub(super) fn close(&mut self, depth: usize) {
        while let Some(asked) = self.asked.pop_if(|asked| asked.depth >= depth) {
            self.keep(asked.number, Box::new(()));
        }
    }

    /// Forgets one: its task has its answer, or is over. Gives what is left of it, which may run code of the host when it is dropped.
    pub(super) fn forget(&mut self, number: u64) -> (Option<Parcel>, Option<Parcel>) {
        if let Some((bytes, _)) = self.there.remove(&number) {
            self.bytes -= bytes;
        }
        let place = self.waiting.iter().position(|(other, _)| *other == number);
        let asked = place.and_then(|place| self.waiting.remove(place)).map(|(_, parcel)| parcel);
        (asked, self.answers.remove(&number))
    }
}

#[cold]
fn too_many() -> WasmtimeError {
    WasmtimeError::limit(format!(
        "the component's tasks have called too many async host functions that have not ended: expected at most {MOST} at once, with \
         {MOST_BYTES} bytes of arguments"
    ))
}
