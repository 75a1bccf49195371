//! Deadlines: a time that all calls of one thread, or of one of its tasks, have together, host functions and waiting included.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Interruption;
use crate::interruption::clock::NEVER;
use crate::process::task;
use crate::{Result, WasmtimeError};

/// A number that no other thread has, or had before: a thread may end with a deadline that is still under way.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // It is there until the very end of the thread, as what needs no code to go is.
    std::thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
    if NUMBER.get() == 0 {
        NUMBER.set(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    NUMBER.get()
}

/// A stretch of a task's calls that has to be over at some time.
struct Deadline {
    number: u64,
    thread: u64,
    task: Option<usize>,
    /// In nanoseconds of `now`.
    until: u64,
    /// A handle was used meanwhile.
    is_stopped: bool,
    /// The generation in which its guests are asked.
    counted: u64,
}

impl Deadline {
    /// Whether it covers the calls of that task. One that cannot say its number is taken for the only one of its thread.
    fn is_of(&self, thread: u64, task: Option<usize>) -> bool {
        match (self.task, task) {
            (Some(mine), Some(task)) => mine == task,
            _ => self.thread == thread,
        }
    }
}

/// The deadlines of one store that are under way, on all threads.
pub(super) struct Deadlines {
    /// How many there are: most stores never have one.
    count: AtomicUsize,
    inner: Mutex<(u64, Vec<Deadline>)>,
}

impl Deadlines {
    pub(super) fn new() -> Self {
        Self { count: AtomicUsize::new(0), inner: Mutex::new((0, Vec::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Deadline>)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls of this task have to be over by then; its guests are asked in the generation `counted`. Gives the number to
    /// end it with.
    pub(super) fn begin(&self, until: Option<u64>, counted: u64) -> u64 {
        // Not with the lock: the language answers.
        let (thread, task, until) = (this_thread(), task::number(), until.unwrap_or(NEVER));
        let mut inner = self.lock();
        let (next, all) = &mut *inner;
        *next += 1;
        all.push(Deadline { number: *next, thread, task, until, is_stopped: false, counted });
        self.count.store(all.len(), Ordering::SeqCst);
        *next
    }

    /// Gives the generation that it was counted in, where there was one of that number. Fails where that is of another thread.
    pub(super) fn end(&self, number: u64) -> Result<Option<u64>> {
        let mut inner = self.lock();
        let found = inner.1.iter().enumerate().find(|(_, deadline)| deadline.number == number);
        let Some((index, deadline)) = found else { return Ok(None) };
        if deadline.thread != this_thread() {
            let reason = "this thread has no such deadline to end here: end a deadline on the thread that began it";
            return Err(WasmtimeError::Busy { reason: reason.to_owned() });
        }
        let ended = inner.1.swap_remove(index);
        self.count.store(inner.1.len(), Ordering::SeqCst);
        Ok(Some(ended.counted))
    }

    /// Why the calls of this thread have to end, if they have to.
    pub(super) fn is_over(&self, now: impl FnOnce() -> u64) -> Option<Interruption> {
        if self.count.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let (thread, task, now) = (this_thread(), task::number(), now());
        let inner = self.lock();
        let mut mine = inner.1.iter().filter(|deadline| deadline.is_of(thread, task));
        mine.find_map(|deadline| match deadline {
            Deadline { is_stopped: true, .. } => Some(Interruption::Handle),
            Deadline { until, .. } if *until <= now => Some(Interruption::TimeLimit),
            _ => None,
        })
    }

    /// A handle was used: what is under way ends, and so does each later call of it. Says whether there was any.
    pub(super) fn stop(&self) -> bool {
        if self.count.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let mut inner = self.lock();
        inner.1.iter_mut().for_each(|deadline| deadline.is_stopped = true);
        !inner.1.is_empty()
    }
}
