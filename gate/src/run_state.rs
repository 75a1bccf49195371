//! What a run and its gate both look at.

use std::sync::Arc;

use crate::refused::Refused;
use crate::sync::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

// How far a run is. What follows `FLYING` says how it ended.
pub(crate) const FRESH: u8 = 0;
pub(crate) const WAITING: u8 = 1;
pub(crate) const FLYING: u8 = 2;
pub(crate) const DONE: u8 = 3;
pub(crate) const CANCELLED: u8 = 4;
pub(crate) const ESCAPED: u8 = 5;
pub(crate) const CLOSED: u8 = 6;

/// In the place of a thread's number: any thread may go on with the run.
pub(crate) const ANYWHERE: usize = usize::MAX;

/// What a run and its gate both look at.
pub(crate) struct RunState {
    pub(crate) id: usize,
    pub(crate) stage: AtomicU8,
    /// Why the guest has to end, or 0. The next thread that leaves the gate has it end; a tick may look here before.
    stop: AtomicU8,
    /// A thread is in `Run::step`.
    pub(crate) is_stepped: AtomicBool,
    /// It rests in the middle of the guest's code. Only the owner writes it.
    pub(crate) is_shut: AtomicBool,
    /// The async host call that the guest waits for; 0 is none. Only the owner writes it.
    pub(crate) call: AtomicU64,
    /// The number of the thread that stepped it last, or tried to.
    pub(crate) thread: AtomicUsize,
    /// The number of the one thread that goes on with it, or `ANYWHERE`; 0 is the one that stepped it last.
    pub(crate) home: AtomicUsize,
}

impl RunState {
    pub(crate) fn new(id: usize) -> Arc<Self> {
        Arc::new(Self {
            id,
            stage: AtomicU8::new(FRESH),
            stop: AtomicU8::new(0),
            is_stepped: AtomicBool::new(false),
            is_shut: AtomicBool::new(false),
            call: AtomicU64::new(0),
            thread: AtomicUsize::new(0),
            home: AtomicUsize::new(0),
        })
    }

    /// Has the guest end for that reason, unless it has to end for another one already. Gives the reason.
    pub(crate) fn stop(&self, reason: u8) -> u8 {
        self.stop.compare_exchange(0, reason, Ordering::Release, Ordering::Relaxed).map_or_else(|now| now, |_| reason)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire) != 0
    }

    /// Why it does not go on, if it is over.
    pub(crate) fn refused(&self) -> Option<Refused> {
        match self.stage.load(Ordering::Acquire) {
            CANCELLED => Some(Refused::Cancelled),
            ESCAPED => Some(Refused::Escaped),
            CLOSED => Some(Refused::Closed),
            DONE => Some(Refused::Stepped),
            _ => None,
        }
    }

    /// Whether that thread has to go on with it, so that it must not wait for it.
    pub(crate) fn is_driven_by(&self, thread: usize) -> bool {
        match self.home.load(Ordering::Relaxed) {
            0 => self.thread.load(Ordering::Relaxed) == thread,
            home => home == thread,
        }
    }

    pub(crate) fn token(&self) -> Option<Token> {
        let call = self.call.load(Ordering::Relaxed);
        (call != 0).then_some(Token { run: self.id, call })
    }
}

/// Names one async host call of one run: the right to call into the guest from there, for as long as that call lasts. A language
/// carries it where its tasks inherit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The number of the run, which no other run of this gate has.
    pub run: usize,
    /// The number of the call, which no other host call of this gate has.
    pub call: u64,
}

/// Says to a tick whether the guest of a run has to end.
#[derive(Clone)]
pub struct Stop(pub(crate) Arc<RunState>);

impl Stop {
    /// Whether it has to.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.0.is_stopped()
    }
}
