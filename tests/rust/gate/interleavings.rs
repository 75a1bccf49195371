//! Every interleaving of two or three threads at the gate, by loom. Needs `RUSTFLAGS="--cfg loom"`.
#![cfg(loom)]
#![allow(clippy::unwrap_used, clippy::missing_docs_in_private_items, dead_code, reason = "a test")]

#[path = "../../../core/src/access.rs"]
mod access;
mod sample;

use access::{Gate, Pins, Refused};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;
use sample::{Caller, Late, Root, root};

fn gate(gone: &Arc<AtomicUsize>) -> Arc<Gate<Root>> {
    Arc::new(Gate::new(Root::new(gone), Pins::new()))
}

fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(body);
}

#[test]
fn one_at_a_time_and_nobody_sleeps_for_ever() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let gate = Arc::clone(&gate);
                thread::spawn(move || gate.enter(|inside| root(inside).count += 1).unwrap())
            })
            .collect();
        gate.enter(|inside| root(inside).count += 1).unwrap();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(gate.enter(|inside| root(inside).count), Ok(3));
    });
}

#[test]
fn close_lets_go_of_the_root_once_and_before_it_returns() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let user = {
            let (gate, gone) = (Arc::clone(&gate), Arc::clone(&gone));
            thread::spawn(move || {
                let entered = gate.enter(|inside| {
                    assert_eq!(gone.load(SeqCst), 0);
                    root(inside).count += 1;
                });
                assert!(matches!(entered, Ok(()) | Err(Refused::Closed)));
            })
        };
        gate.close().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
        assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
        user.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn two_threads_close() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let (gate, gone) = (Arc::clone(&gate), Arc::clone(&gone));
            thread::spawn(move || {
                gate.close().unwrap();
                assert_eq!(gate.check_open(), Err(Refused::Closed));
                drop(gone);
            })
        };
        gate.close().unwrap();
        other.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn what_is_dropped_outside_goes_away_exactly_once() {
    model(|| {
        let (gone, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let gate = gate(&gone);
        let dropper = {
            let (queue, late) = (gate.drop_queue(), Arc::clone(&late));
            thread::spawn(move || queue.push(Late(late)))
        };
        gate.enter(|inside| root(inside).count += 1).unwrap();
        dropper.join().unwrap();
        gate.enter(|_| ()).unwrap();
        assert_eq!(late.load(SeqCst), 1);
    });
}

#[test]
fn what_is_dropped_during_close_is_not_lost() {
    model(|| {
        let (gone, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let gate = gate(&gone);
        let dropper = {
            let (queue, late) = (gate.drop_queue(), Arc::clone(&late));
            thread::spawn(move || queue.push(Late(late)))
        };
        gate.close().unwrap();
        dropper.join().unwrap();
        drop(gate);
        assert_eq!((gone.load(SeqCst), late.load(SeqCst)), (1, 1));
    });
}

#[test]
fn another_thread_waits_for_the_host_function_and_cannot_use_its_pass() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter(|inside| root(inside).count *= 10).unwrap())
        };
        gate.enter(|inside| {
            let mut caller = Caller(root(inside));
            gate.publish(&mut caller, |pass| {
                gate.enter(|inside| root(inside).count += 1).unwrap();
                gate.enter_with(pass, |inside| root(inside).count += 1).unwrap();
            });
        })
        .unwrap();
        other.join().unwrap();
        // Before or after, never in between.
        let count = gate.enter(|inside| root(inside).count).unwrap();
        assert!(count == 2 || count == 20, "{count}");
    });
}

#[test]
fn close_inside_a_host_function_while_another_thread_waits() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || assert!(matches!(gate.enter(|_| ()), Ok(()) | Err(Refused::Closed))))
        };
        let entered = gate.enter(|inside| {
            let mut caller = Caller(root(inside));
            gate.publish(&mut caller, |_| {
                gate.close().unwrap();
                assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
                assert_eq!(gone.load(SeqCst), 0);
            });
        });
        assert_eq!(entered, Ok(()));
        assert_eq!(gone.load(SeqCst), 1);
        other.join().unwrap();
    });
}

#[test]
fn the_last_pin_and_the_close_let_go_of_the_root_once() {
    model(|| {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        gate.enter(|_| gate.pin()).unwrap();
        let viewer = {
            let (gate, gone) = (Arc::clone(&gate), Arc::clone(&gone));
            thread::spawn(move || {
                assert_eq!(gone.load(SeqCst), 0);
                gate.unpin();
            })
        };
        gate.close().unwrap();
        viewer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}
