//! Every interleaving of the steps of runs, of visits between them, and of calls that wait for them.

use std::sync::Arc;

use loom::thread;
use trimaran_gate::{Gate, Inside, Owner, Refused, Step, this_thread};

use crate::guests::{Fiber, Root, Signal, counter, drive, gate, make, root, step, token};
use crate::model;

pub(crate) fn spawn<R: 'static>(
    gate: &Arc<Gate<Root>>,
    work: impl FnOnce(&Arc<Gate<Root>>) -> R + 'static,
) -> thread::JoinHandle<R> {
    let gate = Arc::clone(gate);
    thread::spawn(move || work(&gate))
}

/// No guest is left, and a call finds it so.
pub(crate) fn is_free(gate: &Arc<Gate<Root>>) {
    assert_eq!(gate.owner(), Owner::Nobody);
    gate.call(None, |inside| assert!(root(inside).stack.is_empty())).unwrap();
}

#[test]
fn two_threads_begin_the_same_run() {
    model(|| {
        let gate = gate(&counter());
        let run = Arc::new(make(&gate, None, Fiber::waits(1, 0)));
        let other = {
            let run = Arc::clone(&run);
            thread::spawn(move || step(&run, None))
        };
        let outcomes = [step(&run, None), other.join().unwrap()];
        assert!(outcomes.contains(&Ok(Step::Done(0))) && outcomes.contains(&Err(Refused::Stepped)), "{outcomes:?}");
        is_free(&gate);
    });
}

#[test]
fn two_threads_step_the_same_run() {
    model(|| {
        let gate = gate(&counter());
        let run = Arc::new(make(&gate, None, Fiber::waits(1, 1)));
        token(step(&run, None));
        let other = {
            let run = Arc::clone(&run);
            thread::spawn(move || step(&run, Some(5)))
        };
        let outcomes = [step(&run, Some(5)), other.join().unwrap()];
        // One of them brings the answer; the other is refused, then or afterwards.
        assert!(outcomes.contains(&Ok(Step::Done(5))) && outcomes.contains(&Err(Refused::Stepped)), "{outcomes:?}");
        is_free(&gate);
    });
}

#[test]
fn two_threads_drive_a_run_each() {
    model(|| {
        let gate = gate(&counter());
        let other = spawn(&gate, |gate| drive(&make(gate, None, Fiber::waits(1, 1)), |_, _| 1));
        assert_eq!(drive(&make(&gate, None, Fiber::waits(2, 1)), |_, _| 2), Ok(2));
        assert_eq!(other.join().unwrap(), Ok(1));
        is_free(&gate);
        assert_eq!(gate.enter(|inside| root(inside).count), Ok(4));
    });
}

#[test]
fn two_runs_wait_for_a_third() {
    model(|| {
        let gate = gate(&counter());
        let first = make(&gate, None, Fiber::waits(1, 1));
        token(step(&first, None));
        let others: Vec<_> = (2..4)
            .map(|name| spawn(&gate, move |gate| drive(&make(gate, None, Fiber::waits(name, 0)), |_, _| 0)))
            .collect();
        assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
        for other in others {
            assert_eq!(other.join().unwrap(), Ok(0));
        }
        is_free(&gate);
    });
}

#[test]
fn visits_come_between_steps() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::waits(1, 1));
        let right = token(step(&run, None));
        let visitor = spawn(&gate, move |gate| {
            gate.enter(|inside| root(inside).count += 10).unwrap();
            // By the host call: before its answer, or not at all.
            let visit = gate.enter_of(right, |inside| {
                assert!(matches!(inside, Inside::Caller(_)));
                root(inside).count += 100;
            });
            assert!(matches!(visit, Ok(()) | Err(Refused::Escaped)));
            visit.is_ok()
        });
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(1)));
        let visited = visitor.join().unwrap();
        assert_eq!(gate.enter(|inside| root(inside).count), Ok(if visited { 112 } else { 12 }));
        is_free(&gate);
    });
}

#[test]
fn two_visitors_and_a_step() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let visitors: Vec<_> =
            (0..2).map(|_| spawn(&gate, |gate| gate.enter(|inside| root(inside).count += 10).unwrap())).collect();
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(1)));
        for visitor in visitors {
            visitor.join().unwrap();
        }
        assert_eq!(gate.enter(|inside| root(inside).count), Ok(22));
    });
}

#[test]
fn a_turn_that_was_given_meets_a_visitor() {
    model(|| {
        let gate = gate(&counter());
        let first = make(&gate, None, Fiber::waits(1, 1));
        token(step(&first, None));
        let next = spawn(&gate, |gate| drive(&make(gate, None, Fiber::waits(2, 0)), |_, _| 0));
        let visitor = spawn(&gate, |gate| gate.enter(|inside| root(inside).count += 10).unwrap());
        assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
        assert_eq!(next.join().unwrap(), Ok(0));
        visitor.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn a_visitor_is_not_kept_by_a_call_that_waits() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::waits(1, 2));
        token(step(&run, None));
        let caller = spawn(&gate, |gate| gate.call(None, |_| ()).unwrap());
        let visitor = spawn(&gate, |gate| gate.enter(|inside| root(inside).count += 10).unwrap());
        token(step(&run, Some(1)));
        // Its host function awaits the visitor.
        visitor.join().unwrap();
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(2)));
        caller.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn a_visitor_waits_for_a_guest_in_its_own_code() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::turns(1, 1));
        assert_eq!(step(&run, None), Ok(Step::Turn(0)));
        let visitor = spawn(&gate, |gate| gate.enter(|inside| root(inside).count).unwrap());
        assert_eq!(step(&run, None), Ok(Step::Done(0)));
        assert_eq!(visitor.join().unwrap(), 2);
        is_free(&gate);
    });
}

#[test]
fn a_call_waits_for_a_run_to_end() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::waits(1, 1));
        let caller = spawn(&gate, |gate| {
            gate.call(None, |inside| {
                let root = root(inside);
                assert!(root.stack.is_empty());
                root.count += 10;
            })
            .unwrap();
        });
        assert_eq!(drive(&run, |_, _| 1), Ok(1));
        caller.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn calls_that_are_faster_do_not_keep_a_run_waiting() {
    model(|| {
        let gate = gate(&counter());
        let calls: Vec<_> = (0..2).map(|_| spawn(&gate, |gate| gate.call(None, |_| ()).unwrap())).collect();
        assert_eq!(drive(&make(&gate, None, Fiber::waits(1, 0)), |_, _| 0), Ok(0));
        for call in calls {
            call.join().unwrap();
        }
        is_free(&gate);
    });
}

#[test]
fn a_waiter_that_is_cancelled_swallows_no_wake_up() {
    model(|| {
        let gate = gate(&counter());
        let first = make(&gate, None, Fiber::waits(1, 1));
        token(step(&first, None));
        let signal = Signal::new();
        let waiter = make(&gate, None, Fiber::waits(2, 0));
        assert_eq!(waiter.step(None, &signal.waker()), Ok(Step::Waits));
        // It stands behind the one that is cancelled, or comes in before, or afterwards.
        let caller = spawn(&gate, |gate| gate.call(None, |inside| root(inside).count += 10).unwrap());
        let canceller = thread::spawn(move || drop(waiter));
        assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
        caller.join().unwrap();
        canceller.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn a_waiter_is_cancelled_while_it_takes_its_turn() {
    model(|| {
        let gate = gate(&counter());
        let first = make(&gate, None, Fiber::waits(1, 1));
        token(step(&first, None));
        let waiter = Arc::new(make(&gate, None, Fiber::waits(2, 1)));
        let driver = {
            let waiter = Arc::clone(&waiter);
            thread::spawn(move || drive(&waiter, |_, _| 2))
        };
        let canceller = thread::spawn(move || waiter.cancel());
        assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
        assert!(matches!(driver.join().unwrap(), Ok(2) | Err(Refused::Cancelled)));
        canceller.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn a_turn_is_kept_after_a_run() {
    model(|| {
        let gate = gate(&counter());
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let keeper = spawn(&gate, |gate| {
            gate.keep(&|| Ok::<_, Refused>(())).unwrap();
            let before = gate.enter(|inside| root(inside).count).unwrap();
            assert_eq!(gate.call(None, |inside| root(inside).count), Ok(before));
            gate.give_back().unwrap();
        });
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(1)));
        assert_eq!(drive(&make(&gate, None, Fiber::waits(2, 0)), |_, _| 0), Ok(0));
        keeper.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn guests_that_enter_plainly_do_not_meet_a_run() {
    model(|| {
        let gate = gate(&counter());
        let other = spawn(&gate, |gate| {
            if let Some(mut entry) = gate.enter_plainly(this_thread()) {
                let root = entry.root().unwrap();
                assert!(root.stack.is_empty());
                root.count += 10;
            }
        });
        assert_eq!(drive(&make(&gate, None, Fiber::waits(1, 1)), |_, _| 1), Ok(1));
        other.join().unwrap();
        is_free(&gate);
    });
}
