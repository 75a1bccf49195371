//! Runs: begin × turn × handle × end, as `Store::enter_guest` has them.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;
use trimaran_gate::{Gate, Runs};

use crate::sample::Root;
use crate::{bounded, gate};

/// What a store has of its runs: the time is a number, and the limit of a run is 10.
struct Limited {
    runs: Runs,
    until: AtomicUsize,
    clock: AtomicUsize,
}

impl Limited {
    fn new() -> Arc<Self> {
        Arc::new(Self { runs: Runs::new(), until: AtomicUsize::new(usize::MAX), clock: AtomicUsize::new(0) })
    }

    /// A call whose guest does `work`. Begins once it is inside, and ends before it leaves.
    fn call(&self, gate: &Gate<Root>, work: impl FnOnce()) {
        self.runs.announce();
        gate.enter(|_| {
            self.until.store(self.clock.load(SeqCst) + 10, SeqCst);
            self.runs.begin();
            work();
            self.runs.end();
        })
        .unwrap();
    }
}

#[test]
fn a_caller_that_waits_does_not_move_the_limit_of_the_one_that_runs() {
    bounded(3, || {
        let (gate, limited) = (gate(&Arc::new(AtomicUsize::new(0))), Limited::new());
        let other = {
            let (gate, limited) = (Arc::clone(&gate), Arc::clone(&limited));
            thread::spawn(move || {
                limited.clock.store(5, SeqCst);
                limited.call(&gate, || ());
            })
        };
        limited.call(&gate, || {
            let until = limited.until.load(SeqCst);
            thread::yield_now();
            assert_eq!(limited.until.load(SeqCst), until, "its limit was moved");
        });
        other.join().unwrap();
    });
}

#[test]
fn a_caller_that_comes_or_ends_does_not_lose_the_stop_of_the_one_that_runs() {
    bounded(3, || {
        let (gate, limited) = (gate(&Arc::new(AtomicUsize::new(0))), Limited::new());
        let other = {
            let (gate, limited) = (Arc::clone(&gate), Arc::clone(&limited));
            thread::spawn(move || limited.call(&gate, || ()))
        };
        limited.call(&gate, || {
            assert!(limited.runs.stop());
            thread::yield_now();
            assert!(limited.runs.is_stopped(), "the stop was lost");
        });
        other.join().unwrap();
    });
}

#[test]
fn a_handle_stops_what_was_under_way_when_it_was_used_and_says_so() {
    bounded(3, || {
        let (gate, limited) = (gate(&Arc::new(AtomicUsize::new(0))), Limited::new());
        let stopper = {
            let limited = Arc::clone(&limited);
            thread::spawn(move || limited.runs.stop())
        };
        let stopped = AtomicUsize::new(0);
        for _ in 0..2 {
            limited.call(&gate, || {
                thread::yield_now();
                if limited.runs.is_stopped() {
                    stopped.fetch_add(1, SeqCst);
                }
            });
        }
        let has_stopped = stopper.join().unwrap();
        // It may have come too late for the guest to look again, but it never hits two, nor one that it did not announce.
        assert!(stopped.load(SeqCst) <= usize::from(has_stopped));
        // Nothing is left of it for later.
        limited.call(&gate, || assert!(!limited.runs.is_stopped()));
    });
}

#[test]
fn a_stop_of_a_caller_that_is_on_its_way_is_not_lost() {
    bounded(3, || {
        let (gate, limited) = (gate(&Arc::new(AtomicUsize::new(0))), Limited::new());
        limited.runs.announce();
        let stopper = {
            let limited = Arc::clone(&limited);
            thread::spawn(move || limited.runs.stop())
        };
        let mut seen = false;
        gate.enter(|_| {
            limited.runs.begin();
            seen = limited.runs.is_stopped();
            if !seen {
                // The guest runs on, and looks once more after the handle was used.
                assert!(stopper.join().unwrap());
                seen = limited.runs.is_stopped();
            } else {
                assert!(stopper.join().unwrap());
            }
            limited.runs.end();
        })
        .unwrap();
        assert!(seen);
    });
}

#[test]
fn a_caller_that_is_turned_back_leaves_no_stop_behind() {
    bounded(3, || {
        let limited = Limited::new();
        limited.runs.announce();
        let stopper = {
            let limited = Arc::clone(&limited);
            thread::spawn(move || limited.runs.stop())
        };
        limited.runs.turn_back();
        stopper.join().unwrap();
        limited.runs.announce();
        limited.runs.begin();
        assert!(!limited.runs.is_stopped());
        limited.runs.end();
    });
}
