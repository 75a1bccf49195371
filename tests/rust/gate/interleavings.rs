//! Every interleaving of two or three threads at the gate, by loom. Needs `RUSTFLAGS="--cfg loom"`.
#![cfg(loom)]
#![allow(clippy::unwrap_used, clippy::missing_docs_in_private_items, dead_code, reason = "a test")]

mod ending;
mod guests;
mod runs;
mod sample;
mod stepping;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;
use sample::{Caller, Late, Root, root};
use trimaran_gate::{Gate, Pins, Refused, this_thread};

fn gate(gone: &Arc<AtomicUsize>) -> Arc<Gate<Root>> {
    Arc::new(Gate::new(Root::new(gone), Pins::new()))
}

fn model(body: impl Fn() + Sync + Send + 'static) {
    bounded(2, body);
}

/// With so many changes of threads that nothing asks for, or with `GATE_BOUND`, where 0 is without a bound. What has many
/// steps takes minutes with more of them.
fn bounded(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    let bound = std::env::var("GATE_BOUND").ok().and_then(|bound| bound.parse().ok()).unwrap_or(preemptions);
    builder.preemption_bound = (bound != 0).then_some(bound);
    builder.max_branches = 20_000;
    let start = std::time::Instant::now();
    builder.check(body);
    println!("{:6.1} s {}", start.elapsed().as_secs_f64(), std::thread::current().name().unwrap_or_default());
}

#[test]
fn one_at_a_time_and_nobody_sleeps_for_ever() {
    bounded(3, || {
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
fn nobody_comes_between_the_entries_of_a_turn_that_is_kept() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                gate.enter(|inside| root(inside).count += 1).unwrap();
                gate.close().unwrap();
            })
        };
        if gate.keep(&|| Ok::<_, Refused>(())).is_ok() {
            let before = gate.enter(|inside| root(inside).count);
            assert_eq!(gate.enter(|inside| root(inside).count), before);
            gate.give_back().unwrap();
        }
        other.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn guests_that_enter_plainly_are_alone_and_wake_who_waits() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                gate.enter(|inside| root(inside).count += 1).unwrap();
                gate.close().unwrap();
            })
        };
        if let Some(mut entry) = gate.enter_plainly(this_thread()) {
            assert!(entry.is_outermost());
            assert_eq!(gone.load(SeqCst), 0);
            entry.root().unwrap().count += 1;
        }
        other.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
        assert!(gate.enter_plainly(this_thread()).is_none());
    });
}

#[test]
fn a_thread_that_ends_in_a_turn_leaves_the_gate_to_the_others() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let ending = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                for _ in 0..2 {
                    assert!(matches!(gate.keep(&|| Ok(())), Ok(_) | Err(Refused::Closed)));
                }
                gate.abandon();
                // Nothing is left of them.
                assert_eq!(gate.give_back(), Err(Refused::Escaped));
            })
        };
        gate.enter(|inside| root(inside).count += 1).unwrap();
        gate.close().unwrap();
        ending.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn who_gives_up_waiting_to_close_leaves_the_root_to_a_thread_that_ends_in_a_turn() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let ending = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                assert!(matches!(gate.keep(&|| Ok(())), Ok(true) | Err(Refused::Closed)));
                gate.abandon();
            })
        };
        gate.close_from_outside();
        ending.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn close_lets_go_of_the_root_once_and_before_it_returns() {
    bounded(3, || {
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
    bounded(3, || {
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
    bounded(3, || {
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
    bounded(3, || {
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
fn another_thread_waits_for_the_host_function_and_cannot_use_its_call_id() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter(|inside| root(inside).count *= 10).unwrap())
        };
        gate.enter(|inside| {
            let mut caller = Caller(root(inside));
            gate.publish(&mut caller, |call_id| {
                gate.enter(|inside| root(inside).count += 1).unwrap();
                gate.enter_with(call_id, |inside| root(inside).count += 1).unwrap();
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
    bounded(3, || {
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
    bounded(3, || {
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

#[test]
fn who_gives_up_waiting_to_close_leaves_the_root_to_who_is_inside() {
    bounded(2, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let users: Vec<_> = (0..2)
            .map(|_| {
                let (gate, gone) = (Arc::clone(&gate), Arc::clone(&gone));
                thread::spawn(move || {
                    let entered = gate.enter(|inside| {
                        assert_eq!(gone.load(SeqCst), 0);
                        root(inside).count += 1;
                    });
                    assert!(matches!(entered, Ok(()) | Err(Refused::Closed)));
                })
            })
            .collect();
        gate.close_from_outside();
        assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
        for user in users {
            user.join().unwrap();
        }
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn one_gives_up_waiting_to_close_and_another_one_does_not() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        let impatient = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.close_from_outside())
        };
        let entered = gate.enter(|inside| root(inside).count += 1);
        assert!(matches!(entered, Ok(()) | Err(Refused::Closed)));
        gate.close().unwrap();
        impatient.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn the_last_pin_goes_while_who_gives_up_waiting_closes() {
    bounded(3, || {
        let gone = Arc::new(AtomicUsize::new(0));
        let gate = gate(&gone);
        gate.enter(|_| gate.pin()).unwrap();
        let impatient = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.close_from_outside())
        };
        let viewer = {
            let (gate, gone) = (Arc::clone(&gate), Arc::clone(&gone));
            thread::spawn(move || {
                assert_eq!(gone.load(SeqCst), 0);
                gate.unpin();
            })
        };
        let entered = gate.enter(|inside| root(inside).count += 1);
        assert!(matches!(entered, Ok(()) | Err(Refused::Closed)));
        impatient.join().unwrap();
        viewer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn what_is_dropped_inside_goes_when_its_thread_has_left() {
    bounded(3, || {
        let (gone, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let gate = gate(&gone);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter(|inside| root(inside).count += 1).unwrap())
        };
        gate.enter(|_| gate.departed().push(Late(Arc::clone(&late)))).unwrap();
        // The other thread may have left meanwhile, and let go of it.
        other.join().unwrap();
        assert_eq!(late.load(SeqCst), 1);
    });
}
