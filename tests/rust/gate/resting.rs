//! Runs: guests that go on step by step, and rest in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::channel;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use trimaran_gate::{Gate, Inside, Owner, Paused, Refused, Run, Step, Stop, this_thread};

use crate::guests::{Caller, Fiber, GuestRun, Late, Root, Signal, counter, drive, gate, make, root, step, token};

pub(crate) fn ended(gate: &Gate<Root>) -> Vec<(u32, &'static str)> {
    gate.enter(|inside| std::mem::take(&mut root(inside).ended)).unwrap()
}

/// Runs something on another thread, to its end.
pub(crate) fn elsewhere<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[test]
fn a_run_rests_between_its_steps_and_any_thread_resumes_it() {
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::waits(1, 2));
    token(step(&run, None));
    assert!(matches!(gate.owner(), Owner::Run(_)));
    token(elsewhere(|| step(&run, Some(3))));
    assert_eq!(elsewhere(|| step(&run, Some(4))), Ok(Step::Done(7)));
    assert_eq!(gate.owner(), Owner::Nobody);
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(3));
    assert_eq!(step(&run, None), Err(Refused::Stepped));
}

#[test]
fn a_visit_meets_the_caller_of_the_host_function_on_any_thread() {
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::waits(1, 1));
    let token = token(step(&run, None));
    assert_eq!(gate.enter(|inside| matches!(inside, Inside::Caller(_))), Ok(true));
    assert_eq!(elsewhere(|| gate.enter_of(token, |inside| root(inside).count += 10)), Ok(()));
    assert_eq!(gate.enter(|_| gate.enter(|_| ())).unwrap(), Err(Refused::Reentered));
    assert_eq!(step(&run, Some(0)), Ok(Step::Done(0)));
    assert_eq!(gate.enter_of(token, |_| ()), Err(Refused::Escaped));
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(12));
}

#[test]
fn nobody_visits_a_guest_that_was_taken_off_in_its_own_code() {
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::turns(1, 1));
    assert_eq!(step(&run, None), Ok(Step::Turn(0)));
    // This thread steps it: it would wait for itself.
    assert_eq!(gate.enter(|_| ()), Err(Refused::Driven));
    thread::scope(|scope| {
        let visitor = scope.spawn(|| gate.enter(|inside| root(inside).count));
        thread::sleep(Duration::from_millis(20));
        assert!(!visitor.is_finished());
        assert_eq!(step(&run, None), Ok(Step::Done(0)));
        assert_eq!(visitor.join().unwrap(), Ok(2));
    });
}

#[test]
fn a_run_says_which_thread_goes_on_with_it() {
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::turns(1, 2));
    run.goes_on_here();
    // As an executor's thread does.
    assert_eq!(elsewhere(|| step(&run, None)), Ok(Step::Turn(0)));
    assert_eq!(gate.enter(|_| ()), Err(Refused::Driven));
    assert_eq!(gate.call(None, |_| ()), Err(Refused::Driven));
    // Where any thread may do it, nobody is refused for having been the last one.
    run.goes_on_anywhere();
    assert_eq!(step(&run, None), Ok(Step::Turn(0)));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            assert_eq!(step(&run, None), Ok(Step::Done(0)));
        });
        assert_eq!(gate.call(None, |_| ()), Ok(()));
    });
}

#[test]
fn a_run_that_does_not_go_on_after_its_rest_is_not_waited_for_without_end() {
    let gate = gate(&counter());
    gate.set_patience(50);
    let run = make(&gate, None, Fiber::turns(1, 1));
    assert_eq!(step(&run, None), Ok(Step::Turn(0)));
    assert_eq!(elsewhere(|| gate.enter(|_| ())), Err(Refused::Rests));
    assert_eq!(elsewhere(|| gate.call(None, |_| ())), Err(Refused::Rests));
    assert_eq!(step(&run, None), Ok(Step::Done(0)));
    assert_eq!(elsewhere(|| gate.enter(|_| ())), Ok(()));
}

#[test]
fn a_second_run_waits_its_turn_and_is_woken() {
    let gate = gate(&counter());
    let (first, second) = (make(&gate, None, Fiber::waits(1, 1)), make(&gate, None, Fiber::waits(2, 0)));
    token(step(&first, None));
    let signal = Signal::new();
    assert_eq!(second.step(None, &signal.waker()), Ok(Step::Waits));
    assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
    signal.wait();
    // Its turn is its own, but a moment's visit does no harm.
    assert_eq!(gate.enter(|inside| matches!(inside, Inside::Root(_))), Ok(true));
    assert_eq!(gate.call(None, |_| ()), Err(Refused::Driven));
    assert_eq!(step(&second, None), Ok(Step::Done(0)));
    assert_eq!(gate.call(None, |_| ()), Ok(()));
}

#[test]
fn the_line_is_fair_between_threads_and_runs() {
    let gate = gate(&counter());
    let first = make(&gate, None, Fiber::waits(1, 1));
    token(step(&first, None));
    let order = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for number in 0..6 {
            let (gate, order) = (&gate, &order);
            scope.spawn(move || {
                if number % 2 == 0 {
                    gate.call(None, |_| order.lock().unwrap().push(number)).unwrap();
                } else {
                    let run = make(gate, None, Fiber::waits(9, 2));
                    drive(&run, |_, _| {
                        thread::yield_now();
                        0
                    })
                    .unwrap();
                    order.lock().unwrap().push(number);
                }
            });
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(step(&first, Some(1)), Ok(Step::Done(1)));
    });
    let order = order.into_inner().unwrap();
    assert!(order.iter().filter(|number| *number % 2 == 0).is_sorted(), "{order:?}");
    assert_eq!(order.len(), 6);
}

#[test]
fn a_host_function_in_a_step_enters_as_in_a_call() {
    let gate = gate(&counter());
    let inner = Arc::downgrade(&gate);
    let mut steps = 0;
    let run = make(
        &gate,
        None,
        Fiber::new(1, move |root_ptr, _| {
            let gate = inner.upgrade().unwrap();
            gate.publish(&mut Caller(root_ptr), |call_id| {
                assert!(gate.is_inside());
                assert_eq!(gate.enter_with(call_id, |inside| matches!(inside, Inside::Caller(_))), Ok(true));
                gate.call(None, |inside| {
                    let mut caller = Caller(root(inside));
                    gate.publish(&mut caller, |_| gate.enter(|inside| root(inside).count += 1).unwrap());
                })
                .unwrap();
            });
            steps += 1;
            if steps == 3 { Paused::Done(0) } else { Paused::Host(0) }
        }),
    );
    assert_eq!(drive(&run, |_, _| 0), Ok(0));
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(3));
}

#[test]
fn a_run_is_stepped_by_one_thread_at_a_time() {
    let gate = gate(&counter());
    let (inside_now, is_inside) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let run = make(
        &gate,
        None,
        Fiber::new(1, move |_, _| {
            inside_now.send(()).unwrap();
            may_go_on.recv().unwrap();
            Paused::Done(0)
        }),
    );
    thread::scope(|scope| {
        let first = scope.spawn(|| step(&run, None));
        is_inside.recv().unwrap();
        assert_eq!(step(&run, None), Err(Refused::Stepped));
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Ok(Step::Done(0)));
    });
}

#[test]
fn cancelling_in_a_step_takes_effect_when_it_leaves_and_never_waits() {
    let gate = gate(&counter());
    let slot: Arc<OnceLock<Arc<GuestRun>>> = Arc::default();
    let inside = Arc::clone(&slot);
    let run = Arc::new(Run::new(Arc::clone(&gate), None, |stop: Stop| {
        Fiber::new(1, move |_, _| {
            let run = inside.get().unwrap();
            assert!(!stop.is_set());
            // On its own thread, and on another one.
            run.cancel();
            elsewhere(|| run.cancel());
            assert!(stop.is_set());
            Paused::Host(0)
        })
    }));
    assert!(slot.set(Arc::clone(&run)).is_ok());
    assert_eq!(step(&run, None), Err(Refused::Cancelled));
    assert_eq!(ended(&gate), [(1, "unwound")]);
}

#[test]
fn closing_cancels_what_rests() {
    let gone = counter();
    let gate = gate(&gone);
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let inner = make(&gate, Some(right), Fiber::turns(2, 1));
    assert_eq!(step(&inner, None), Ok(Step::Turn(0)));
    let waiting = make(&gate, None, Fiber::waits(3, 0));
    let signal = Signal::new();
    assert_eq!(waiting.step(None, &signal.waker()), Ok(Step::Waits));
    elsewhere(|| gate.close()).unwrap();
    assert_eq!(gone.load(SeqCst), 1);
    signal.wait();
    for run in [&outer, &inner, &waiting] {
        assert_eq!(step(run, None), Err(Refused::Closed));
    }
}

#[test]
fn closing_in_a_step_takes_effect_when_it_leaves() {
    let gone = counter();
    let gate = gate(&gone);
    let inner = Arc::downgrade(&gate);
    let run = make(
        &gate,
        None,
        Fiber::new(1, move |root, _| {
            let gate = inner.upgrade().unwrap();
            gate.publish(&mut Caller(root), |_| gate.close()).unwrap();
            Paused::Host(0)
        }),
    );
    assert_eq!(step(&run, None), Err(Refused::Closed));
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn what_is_dropped_while_a_run_rests_goes_at_the_next_entry() {
    let (gone, late) = (counter(), counter());
    let gate = gate(&gone);
    let run = make(&gate, None, Fiber::waits(1, 1));
    token(step(&run, None));
    gate.drop_queue().push(Late(Arc::clone(&late)));
    gate.enter(|_| assert_eq!(late.load(SeqCst), 1)).unwrap();
    assert_eq!(step(&run, Some(0)), Ok(Step::Done(0)));
    gate.drop_queue().push(Late(Arc::clone(&late)));
    token(step(&make(&gate, None, Fiber::waits(1, 1)), None));
    assert_eq!(late.load(SeqCst), 2);
}

#[test]
fn what_departs_in_a_step_goes_when_it_has_left() {
    let late = counter();
    let gate = gate(&counter());
    let (inner, departs) = (Arc::downgrade(&gate), Arc::clone(&late));
    let run = make(
        &gate,
        None,
        Fiber::new(1, move |_, answer| {
            inner.upgrade().unwrap().departed().push(Late(Arc::clone(&departs)));
            assert_eq!(departs.load(SeqCst), answer.unwrap_or(0) as usize);
            if answer.is_some() { Paused::Done(0) } else { Paused::Host(0) }
        }),
    );
    token(step(&run, None));
    assert_eq!(late.load(SeqCst), 1);
    assert_eq!(step(&run, Some(1)), Ok(Step::Done(0)));
    assert_eq!(late.load(SeqCst), 2);
}

#[test]
fn a_panic_in_a_step_poisons_and_the_next_in_line_hears_of_it() {
    let gate = gate(&counter());
    let run = make(
        &gate,
        None,
        Fiber::new(1, |_, answer| match answer {
            None => Paused::Host(0),
            Some(_) => panic!("expected in this test"),
        }),
    );
    token(step(&run, None));
    let signal = Signal::new();
    let next = make(&gate, None, Fiber::waits(2, 0));
    assert_eq!(next.step(None, &signal.waker()), Ok(Step::Waits));
    assert!(catch_unwind(AssertUnwindSafe(|| step(&run, Some(1)))).is_err());
    assert_eq!(step(&run, None), Err(Refused::Poisoned));
    drop(run);
    signal.wait();
    assert_eq!(step(&next, None), Err(Refused::Poisoned));
    gate.close().unwrap();
}

#[test]
fn a_thread_waits_no_longer_than_its_patience_for_a_host_function() {
    let gate = gate(&counter());
    gate.set_patience(50);
    let run = make(&gate, None, Fiber::waits(1, 1));
    token(step(&run, None));
    assert_eq!(elsewhere(|| gate.call(None, |_| ())), Err(Refused::Stuck));
    // A visit waits for nobody.
    assert_eq!(elsewhere(|| gate.enter(|_| ())), Ok(()));
    assert_eq!(step(&run, Some(0)), Ok(Step::Done(0)));
    assert_eq!(gate.owner(), Owner::Nobody);
}

#[test]
fn a_turn_is_kept_only_while_no_run_is_in_flight() {
    let may_wait = || Ok::<_, Refused>(());
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::waits(1, 1));
    token(step(&run, None));
    // This thread steps the run: it would wait for itself.
    assert_eq!(gate.keep(&may_wait), Err(Refused::Driven));
    let order = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let keeper = scope.spawn(|| {
            gate.keep(&may_wait).unwrap();
            order.lock().unwrap().push("kept");
            gate.give_back().unwrap();
        });
        thread::sleep(Duration::from_millis(20));
        order.lock().unwrap().push("stepped");
        assert_eq!(step(&run, Some(1)), Ok(Step::Done(1)));
        keeper.join().unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["stepped", "kept"]);
    // Nor does a run begin that would wait for a turn that its own thread keeps.
    gate.keep(&may_wait).unwrap();
    let run = make(&gate, None, Fiber::waits(1, 0));
    assert_eq!(step(&run, None), Err(Refused::Busy));
    gate.give_back().unwrap();
    assert_eq!(step(&run, None), Ok(Step::Done(0)));
}

#[test]
fn a_guest_does_not_enter_plainly_while_a_run_is_in_flight() {
    let gate = gate(&counter());
    let run = make(&gate, None, Fiber::waits(1, 1));
    token(step(&run, None));
    assert!(gate.enter_plainly(this_thread()).is_none());
    assert!(gate.try_turn().is_none());
    assert_eq!(step(&run, Some(0)), Ok(Step::Done(0)));
    assert!(gate.enter_plainly(this_thread()).is_some());
}

#[test]
fn who_gives_up_waiting_to_close_has_what_rests_end() {
    let gone = counter();
    let gate = gate(&gone);
    let run = make(&gate, None, Fiber::waits(1, 1));
    token(step(&run, None));
    gate.close_from_outside();
    assert_eq!(gone.load(SeqCst), 1);
    assert_eq!(step(&run, Some(1)), Err(Refused::Closed));
}
