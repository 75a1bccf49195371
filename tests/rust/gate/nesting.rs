//! Runs that the host function of another run has begun.

use std::sync::Arc;

use trimaran_gate::{Inside, Owner, Paused, Refused, Run, Step, Stop};

use crate::guests::{Caller, Fiber, Signal, counter, gate, make, root, step, token};
use crate::resting::{elsewhere, ended};

#[test]
fn nested_runs_end_before_their_parent_goes_on() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let inner = make(&gate, Some(right), Fiber::waits(2, 1));
    let innermost_right = token(step(&inner, None));
    let innermost = make(&gate, Some(innermost_right), Fiber::waits(3, 0));
    assert_eq!(step(&innermost, None), Ok(Step::Done(0)));
    assert_eq!(step(&inner, Some(1)), Ok(Step::Done(1)));
    assert_eq!(step(&outer, Some(2)), Ok(Step::Done(2)));
    assert_eq!(ended(&gate), [(3, "done"), (2, "done"), (1, "done")]);
}

#[test]
fn gathered_nested_runs_take_turns() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let (one, two) = (make(&gate, Some(right), Fiber::waits(2, 1)), make(&gate, Some(right), Fiber::waits(3, 1)));
    let signal = Signal::new();
    token(step(&one, None));
    assert_eq!(two.step(None, &signal.waker()), Ok(Step::Waits));
    assert_eq!(step(&one, Some(1)), Ok(Step::Done(1)));
    signal.wait();
    // The host function may visit before the younger one has begun.
    assert_eq!(gate.enter_of(right, |inside| matches!(inside, Inside::Caller(_))), Ok(true));
    token(step(&two, None));
    assert_eq!(step(&two, Some(2)), Ok(Step::Done(2)));
    assert_eq!(step(&outer, Some(3)), Ok(Step::Done(3)));
}

#[test]
fn an_answer_that_comes_too_early_ends_what_is_nested() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 2));
    let right = token(step(&outer, None));
    let (one, two) = (make(&gate, Some(right), Fiber::waits(2, 1)), make(&gate, Some(right), Fiber::waits(3, 1)));
    token(step(&one, None));
    let signal = Signal::new();
    assert_eq!(two.step(None, &signal.waker()), Ok(Step::Waits));
    let later = token(step(&outer, Some(5)));
    signal.wait();
    assert_eq!(step(&two, None), Err(Refused::Escaped));
    assert_eq!(step(&one, Some(1)), Err(Refused::Escaped));
    // A late call by that token would wait for the run that it comes from.
    let late = make(&gate, Some(right), Fiber::waits(4, 0));
    assert_eq!(step(&late, None), Err(Refused::Busy));
    assert_eq!(gate.call(Some(right), |_| ()), Err(Refused::Busy));
    assert_eq!(gate.call(Some(later), |_| ()), Ok(()));
    assert_eq!(step(&outer, Some(1)), Ok(Step::Done(6)));
    assert_eq!(ended(&gate), [(2, "unwound"), (1, "done")]);
    // After its run a token is no better and no worse than none.
    assert_eq!(step(&late, None), Ok(Step::Done(0)));
}

#[test]
fn an_early_answer_takes_back_a_turn_that_was_given() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let (one, two) = (make(&gate, Some(right), Fiber::waits(2, 0)), make(&gate, Some(right), Fiber::waits(3, 0)));
    // While a visitor is inside, nested runs stand in line as well.
    gate.enter(|_| {
        let signal = Signal::new();
        assert_eq!(elsewhere(|| one.step(None, &signal.waker())), Ok(Step::Waits));
        assert_eq!(elsewhere(|| two.step(None, &signal.waker())), Ok(Step::Waits));
    })
    .unwrap();
    assert_eq!(step(&outer, Some(1)), Ok(Step::Done(1)));
    assert_eq!((step(&one, None), step(&two, None)), (Err(Refused::Escaped), Err(Refused::Escaped)));
    assert_eq!(gate.owner(), Owner::Nobody);
}

#[test]
fn a_synchronous_call_from_an_async_host_function_is_nested() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let nested = gate.call(Some(right), |inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |_| gate.call(None, |inside| root(inside).count += 100))
    });
    assert_eq!(nested, Ok(Ok(())));
    // Without the token it would wait for its own run.
    assert_eq!(gate.call(None, |_| ()), Err(Refused::Driven));
    let inner = make(&gate, Some(right), Fiber::waits(2, 1));
    token(step(&inner, None));
    // Behind an elder sibling that this thread drives.
    assert_eq!(gate.call(Some(right), |_| ()), Err(Refused::Busy));
    assert_eq!(elsewhere(|| gate.call(Some(right), |_| ())), Err(Refused::Busy));
    assert_eq!(step(&inner, Some(0)), Ok(Step::Done(0)));
    assert_eq!(step(&outer, Some(0)), Ok(Step::Done(0)));
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(104));
}

#[test]
fn cancelling_a_run_that_rests_unwinds_it_and_what_is_nested() {
    let gate = gate(&counter());
    let outer = make(&gate, None, Fiber::waits(1, 1));
    let right = token(step(&outer, None));
    let inner = make(&gate, Some(right), Fiber::waits(2, 1));
    token(step(&inner, None));
    let next = make(&gate, None, Fiber::waits(3, 0));
    let signal = Signal::new();
    assert_eq!(next.step(None, &signal.waker()), Ok(Step::Waits));
    outer.cancel();
    signal.wait();
    assert_eq!(step(&inner, Some(1)), Err(Refused::Cancelled));
    assert_eq!(step(&outer, Some(1)), Err(Refused::Cancelled));
    assert_eq!(step(&next, None), Ok(Step::Done(0)));
    assert_eq!(ended(&gate), [(2, "unwound"), (1, "unwound"), (3, "done")]);
}

#[test]
fn a_tick_of_a_nested_guest_sees_that_the_outer_one_has_to_end() {
    let gate = gate(&counter());
    let outer = Arc::new(make(&gate, None, Fiber::waits(1, 1)));
    let right = token(step(&outer, None));
    let cancels = Arc::clone(&outer);
    let inner = Run::new(Arc::clone(&gate), Some(right), |stop: Stop| {
        Fiber::new(2, move |_, _| {
            assert!(!stop.is_set());
            elsewhere(|| cancels.cancel());
            assert!(stop.is_set());
            Paused::Turn(0)
        })
    });
    assert_eq!(step(&inner, None), Err(Refused::Cancelled));
    assert_eq!(step(&outer, Some(1)), Err(Refused::Cancelled));
    assert_eq!(ended(&gate), [(2, "unwound"), (1, "unwound")]);
}
