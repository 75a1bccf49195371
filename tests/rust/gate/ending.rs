//! Every interleaving of what ends runs: answers that come too early, cancelling, closing; and of their limits.

use std::sync::Arc;

use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;
use trimaran_gate::{Paused, Refused, Step};

use crate::guests::{Fiber, Late, Limit, Signal, counter, drive, gate, limited, make, root, step, token};
use crate::model;
use crate::stepping::{is_free, spawn};

#[test]
fn an_answer_comes_while_a_nested_run_is_stepped() {
    model(|| {
        let gate = gate(&counter());
        let outer = make(&gate, None, Fiber::waits(1, 1));
        let right = token(step(&outer, None));
        let nested = spawn(&gate, move |gate| drive(&make(gate, Some(right), Fiber::waits(2, 1)), |_, _| 2));
        assert_eq!(step(&outer, Some(1)), Ok(Step::Done(1)));
        let outcome = nested.join().unwrap();
        // Before the answer, ended by it, refused after it, or after the outer run on its own.
        assert!(matches!(outcome, Ok(2) | Err(Refused::Escaped | Refused::Busy | Refused::Driven)), "{outcome:?}");
        is_free(&gate);
    });
}

#[test]
fn gathered_nested_runs_on_two_threads() {
    model(|| {
        let gate = gate(&counter());
        let outer = make(&gate, None, Fiber::waits(1, 1));
        let right = token(step(&outer, None));
        let nested = |name| spawn(&gate, move |gate| drive(&make(gate, Some(right), Fiber::waits(name, 1)), |_, _| 1));
        let (one, two) = (nested(2), nested(3));
        assert_eq!((one.join().unwrap(), two.join().unwrap()), (Ok(1), Ok(1)));
        assert_eq!(step(&outer, Some(1)), Ok(Step::Done(1)));
        is_free(&gate);
    });
}

#[test]
fn one_of_two_gathered_fails_and_the_answer_comes() {
    model(|| {
        let gate = gate(&counter());
        let outer = make(&gate, None, Fiber::waits(1, 1));
        let right = token(step(&outer, None));
        let signal = Signal::new();
        let (elder, younger) =
            (make(&gate, Some(right), Fiber::waits(2, 1)), make(&gate, Some(right), Fiber::waits(3, 0)));
        token(step(&elder, None));
        assert_eq!(younger.step(None, &signal.waker()), Ok(Step::Waits));
        let elder = thread::spawn(move || step(&elder, Some(1)));
        let younger = thread::spawn(move || {
            loop {
                signal.wait();
                match younger.step(None, &signal.waker()) {
                    Ok(Step::Waits) => {}
                    other => return other,
                }
            }
        });
        assert_eq!(step(&outer, Some(1)), Ok(Step::Done(1)));
        assert!(matches!(elder.join().unwrap(), Ok(Step::Done(1)) | Err(Refused::Escaped)));
        assert!(matches!(younger.join().unwrap(), Ok(Step::Done(0)) | Err(Refused::Escaped)));
        is_free(&gate);
    });
}

#[test]
fn a_run_is_cancelled_while_it_is_stepped() {
    model(|| {
        let gate = gate(&counter());
        let run = Arc::new(make(&gate, None, Fiber::waits(1, 2)));
        token(step(&run, None));
        let canceller = {
            let run = Arc::clone(&run);
            thread::spawn(move || run.cancel())
        };
        let stepped = step(&run, Some(1));
        assert!(matches!(stepped, Ok(Step::Host(1, _)) | Err(Refused::Cancelled)), "{stepped:?}");
        canceller.join().unwrap();
        assert_eq!(step(&run, Some(1)), Err(Refused::Cancelled));
        is_free(&gate);
        gate.enter(|inside| assert_eq!(root(inside).ended, [(1, "unwound")])).unwrap();
    });
}

#[test]
fn an_outer_run_is_cancelled_while_a_nested_one_is_stepped() {
    model(|| {
        let gate = gate(&counter());
        let outer = make(&gate, None, Fiber::waits(1, 1));
        let right = token(step(&outer, None));
        let nested = spawn(&gate, move |gate| drive(&make(gate, Some(right), Fiber::waits(2, 1)), |_, _| 2));
        outer.cancel();
        let outcome = nested.join().unwrap();
        // After the outer one, a nested call is a call like any other.
        assert!(matches!(outcome, Ok(2) | Err(Refused::Cancelled | Refused::Escaped)), "{outcome:?}");
        assert_eq!(step(&outer, Some(1)), Err(Refused::Cancelled));
        is_free(&gate);
    });
}

#[test]
fn a_run_is_cancelled_before_it_begins() {
    model(|| {
        let gate = gate(&counter());
        let run = Arc::new(make(&gate, None, Fiber::waits(1, 1)));
        let canceller = {
            let run = Arc::clone(&run);
            thread::spawn(move || run.cancel())
        };
        let outcome = drive(&run, |_, _| 1);
        assert!(matches!(outcome, Ok(1) | Err(Refused::Cancelled)));
        canceller.join().unwrap();
        is_free(&gate);
    });
}

#[test]
fn close_while_a_run_is_stepped_and_visited() {
    model(|| {
        let gone = counter();
        let gate = gate(&gone);
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let visitor = spawn(&gate, |gate| gate.enter(|inside| root(inside).count += 10));
        let closer = {
            let gone = Arc::clone(&gone);
            spawn(&gate, move |gate| {
                gate.close().unwrap();
                assert_eq!(gone.load(SeqCst), 1);
            })
        };
        let stepped = step(&run, Some(1));
        assert!(matches!(stepped, Ok(Step::Done(1)) | Err(Refused::Closed)), "{stepped:?}");
        assert!(matches!(visitor.join().unwrap(), Ok(()) | Err(Refused::Closed)));
        closer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn close_while_a_call_and_a_run_wait() {
    model(|| {
        let gone = counter();
        let gate = gate(&gone);
        let first = make(&gate, None, Fiber::turns(1, 1));
        assert_eq!(step(&first, None), Ok(Step::Turn(0)));
        let caller = spawn(&gate, |gate| gate.call(None, |_| ()));
        let waiter = spawn(&gate, |gate| drive(&make(gate, None, Fiber::waits(2, 0)), |_, _| 0));
        gate.close().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
        assert_eq!(caller.join().unwrap(), Err(Refused::Closed));
        assert_eq!(waiter.join().unwrap(), Err(Refused::Closed));
        assert_eq!(step(&first, None), Err(Refused::Closed));
    });
}

#[test]
fn who_gives_up_waiting_to_close_has_a_run_end() {
    model(|| {
        let gone = counter();
        let gate = gate(&gone);
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let closer = spawn(&gate, |gate| gate.close_from_outside());
        let stepped = step(&run, Some(1));
        assert!(matches!(stepped, Ok(Step::Done(1)) | Err(Refused::Closed)), "{stepped:?}");
        closer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn the_last_pin_and_the_close_of_a_gate_with_a_run_let_go_of_the_root_once() {
    model(|| {
        let gone = counter();
        let gate = gate(&gone);
        gate.enter(|_| gate.pin()).unwrap();
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let viewer = spawn(&gate, |gate| gate.unpin());
        gate.close().unwrap();
        viewer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
        assert_eq!(step(&run, Some(0)), Err(Refused::Closed));
    });
}

#[test]
fn two_threads_close_a_gate_with_a_run() {
    model(|| {
        let gone = counter();
        let gate = gate(&gone);
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let other = spawn(&gate, |gate| {
            gate.close().unwrap();
            assert_eq!(gate.check_open(), Err(Refused::Closed));
        });
        gate.close().unwrap();
        other.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
        assert_eq!(step(&run, Some(1)), Err(Refused::Closed));
    });
}

#[test]
fn what_is_dropped_outside_goes_away_once_and_at_the_root() {
    model(|| {
        let (gone, late) = (counter(), counter());
        let gate = gate(&gone);
        let dropper = {
            let late = Arc::clone(&late);
            spawn(&gate, move |gate| gate.drop_queue().push(Late(late)))
        };
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        gate.enter(|_| ()).unwrap();
        assert_eq!(step(&run, Some(0)), Ok(Step::Done(0)));
        dropper.join().unwrap();
        gate.enter(|_| ()).unwrap();
        assert_eq!(late.load(SeqCst), 1);
    });
}

#[test]
fn what_is_dropped_during_close_is_not_lost() {
    model(|| {
        let (gone, late) = (counter(), counter());
        let gate = gate(&gone);
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let dropper = {
            let late = Arc::clone(&late);
            spawn(&gate, move |gate| gate.drop_queue().push(Late(late)))
        };
        gate.close().unwrap();
        dropper.join().unwrap();
        drop(run);
        drop(gate);
        assert_eq!((gone.load(SeqCst), late.load(SeqCst)), (1, 1));
    });
}

#[test]
fn nobody_who_waits_moves_the_limit_of_a_run() {
    model(|| {
        let limit = Limit::new();
        let gate = limited(&counter(), Some(Arc::clone(&limit)));
        let seen = Arc::clone(&limit);
        let outlives = move |_, answer: Option<u32>| {
            if answer.is_none() {
                return Paused::Host(0);
            }
            let now = seen.clock.fetch_add(10, SeqCst) + 10;
            assert!(seen.until.load(SeqCst) <= now, "its limit was moved");
            Paused::Done(0)
        };
        let run = make(&gate, None, Fiber::new(1, outlives));
        let called = Arc::clone(&limit);
        let caller = spawn(&gate, move |gate| {
            called.runs.announce();
            gate.call(None, |_| {
                called.begin();
                called.runs.end();
            })
            .unwrap();
        });
        let other = spawn(&gate, |gate| drive(&make(gate, None, Fiber::waits(2, 0)), |_, _| 0).unwrap());
        assert_eq!(drive(&run, |_, _| 1), Ok(0));
        caller.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_handle_stops_the_run_that_rests_and_not_the_one_that_waits_for_it() {
    model(|| {
        let limit = Limit::new();
        let gate = limited(&counter(), Some(Arc::clone(&limit)));
        let run = make(&gate, None, Fiber::waits(1, 1));
        token(step(&run, None));
        let stops = Arc::clone(&limit);
        let stopper = thread::spawn(move || stops.runs.stop());
        let called = Arc::clone(&limit);
        let caller = spawn(&gate, move |gate| {
            gate.call(None, |_| {
                called.runs.announce();
                called.begin();
                thread::yield_now();
                let is_stopped = called.runs.is_stopped();
                called.runs.end();
                is_stopped
            })
            .unwrap()
        });
        // The handle is used while the run rests.
        assert!(stopper.join().unwrap());
        assert!(limit.runs.is_stopped());
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(1)));
        assert!(!caller.join().unwrap());
    });
}
