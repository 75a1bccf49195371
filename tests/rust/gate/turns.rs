//! Turns: a thread keeps the gate between several entries.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use trimaran_gate::{Gate, Inside, Pins, Refused};

use crate::sample::{Caller, Root, root};
use crate::{counter, may_wait};

#[test]
fn a_turn_that_is_kept_keeps_others_out_until_it_ends() {
    let (gone, order) = (counter(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let gate = Gate::new(Root::new(&gone), Pins::new());
    gate.keep(&may_wait).unwrap();
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert_eq!(gate.give_back(), Err(Refused::Escaped));
            gate.enter(|_| order.lock().unwrap().push("other")).unwrap();
        });
        thread::sleep(Duration::from_millis(50));
        for name in ["first", "second"] {
            gate.enter(|_| order.lock().unwrap().push(name)).unwrap();
        }
        // One in another, in a host function, which ends with it.
        gate.keep(&may_wait).unwrap();
        gate.enter(|inside| {
            assert!(matches!(inside, Inside::Root(_)));
            assert_eq!(gate.keep(&may_wait), Err(Refused::Reentered));
            let mut caller = Caller(root(inside));
            gate.publish(&mut caller, |_| {
                assert_eq!(gate.give_back(), Err(Refused::Escaped));
                gate.keep(&may_wait).unwrap();
                gate.enter(|inside| assert!(matches!(inside, Inside::Caller(_)))).unwrap();
            });
        })
        .unwrap();
        assert_eq!((gate.give_back(), gate.give_back()), (Ok(false), Ok(true)));
        other.join().unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["first", "second", "other"]);
    assert_eq!(gate.give_back(), Err(Refused::Escaped));
}

#[test]
fn a_gate_that_is_closed_in_a_turn_frees_at_its_end() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    gate.keep(&may_wait).unwrap();
    gate.close().unwrap();
    assert_eq!((gate.enter(|_| ()), gate.keep(&may_wait)), (Err(Refused::Closed), Err(Refused::Closed)));
    assert_eq!(gone.load(SeqCst), 0);
    gate.give_back().unwrap();
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn who_waits_for_a_turn_that_is_kept_for_too_long_is_told_so() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    gate.set_patience(50);
    gate.keep(&may_wait).unwrap();
    thread::scope(|scope| {
        assert_eq!(scope.spawn(|| gate.enter(|_| ())).join().unwrap(), Err(Refused::Keeps));
        // Not while a guest runs in it.
        let other = scope.spawn(|| gate.enter(|_| ()));
        let runs = gate.guest_runs(trimaran_gate::this_thread()).unwrap();
        gate.enter(|_| thread::sleep(Duration::from_millis(200))).unwrap();
        drop(runs);
        gate.give_back().unwrap();
        assert_eq!(other.join().unwrap(), Ok(()));
    });
}

#[test]
fn the_turns_of_a_thread_that_ends_are_over_unless_it_is_in_an_entry() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    // Of a thread that has none, nothing ends.
    gate.abandon();
    thread::scope(|scope| {
        let ending = scope.spawn(|| {
            gate.keep(&may_wait).unwrap();
            gate.keep(&may_wait).unwrap();
            gate.enter(|_| gate.abandon()).unwrap();
            assert!(gate.is_inside());
            gate.abandon();
            assert!(!gate.is_inside());
        });
        ending.join().unwrap();
        gate.keep(&may_wait).unwrap();
        // Of another thread, neither.
        scope.spawn(|| gate.abandon()).join().unwrap();
        assert_eq!(gate.give_back(), Ok(true));
        // What was closed meanwhile goes with it.
        let closing = scope.spawn(|| {
            gate.keep(&may_wait).unwrap();
            gate.close().unwrap();
            assert_eq!(gone.load(SeqCst), 0);
            gate.abandon();
        });
        closing.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}
