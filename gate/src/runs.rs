//! Which run of a guest is under way, and whether it has to end.
//!
//! A run lasts from the outermost call, instantiation or program to its end. One word holds all that other threads may look
//! at or change: the number of the run, whether it runs, whether it was stopped, and how many callers are on their way into
//! the store. So a handle stops the run that was under way when it was used, or none, and never a later one.

use crate::sync::{AtomicU64, Ordering};

/// A run is under way.
const RUNNING: u64 = 1;
/// It has to end; where none is under way, the next one of those whose callers are on their way.
const STOPPED: u64 = 2;
/// One caller that is on its way. There is room for a million of them.
const COMING: u64 = 4;
const ALL_COMING: u64 = COMING * ((1 << 20) - 1);
/// The number of the present or the last run is above that.
const NUMBER: u64 = 1 << 22;

/// The runs of one store.
pub struct Runs(AtomicU64);

impl Default for Runs {
    fn default() -> Self {
        Self::new()
    }
}

impl Runs {
    /// No run is under way.
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// A caller is on its way: it has made its call, and may have to wait for the store. `begin` or `turn_back` follows.
    #[inline]
    pub fn announce(&self) {
        self.0.fetch_add(COMING, Ordering::AcqRel);
    }

    /// The caller did not enter. A stop that was meant for it does not stop a later caller.
    #[inline]
    pub fn turn_back(&self) {
        self.update(|word| {
            let left = word - COMING;
            if left & (ALL_COMING | RUNNING) == 0 { left & !STOPPED } else { left }
        });
    }

    /// It is in, and its run begins. Only for the thread that has the store's turn, in the outermost call.
    #[inline]
    pub fn begin(&self) {
        self.update(|word| (word - COMING).wrapping_add(NUMBER) | RUNNING);
    }

    /// The run is over. For the same thread, before it gives the turn back.
    #[inline]
    pub fn end(&self) {
        self.0.fetch_and(!(RUNNING | STOPPED), Ordering::AcqRel);
    }

    /// Whether the present run has to end. For the thread that it runs on.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire) & STOPPED != 0
    }

    /// Has the run end that is under way, or else the next one of those whose callers are on their way. Says whether there
    /// was any. For every thread, at any time.
    #[inline]
    pub fn stop(&self) -> bool {
        let mut word = self.0.load(Ordering::Acquire);
        let meant = if word & RUNNING != 0 { word / NUMBER } else { word / NUMBER + 1 };
        loop {
            let is_there = if word & RUNNING != 0 {
                word / NUMBER == meant
            } else {
                word & ALL_COMING != 0 && word / NUMBER + 1 == meant
            };
            if !is_there {
                return false;
            }
            match self.0.compare_exchange(word, word | STOPPED, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    fn update(&self, change: impl Fn(u64) -> u64) {
        let mut word = self.0.load(Ordering::Relaxed);
        while let Err(now) = self.0.compare_exchange(word, change(word), Ordering::AcqRel, Ordering::Relaxed) {
            word = now;
        }
    }
}
