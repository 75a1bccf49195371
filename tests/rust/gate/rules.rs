//! The rules of the gate on one thread and between two, with nothing of wasmtime.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a test")]

mod guests;
mod nesting;
mod resting;
mod sample;
mod turns;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use sample::{Caller, Late, Root, root};
use trimaran_gate::{Gate, Inside, Pins, Refused, this_thread};

fn counter() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

/// Enters again through a caller, `depth` times, and counts on every level.
fn nest(gate: &Gate<Root>, depth: usize) {
    gate.enter(|inside| {
        assert_eq!(matches!(inside, Inside::Root(_)), depth == 12);
        let inner = root(inside);
        inner.count += 1;
        let mut caller = Caller(inner);
        if depth > 0 {
            gate.publish(&mut caller, |_| nest(gate, depth - 1));
        }
    })
    .unwrap();
}

#[test]
fn a_host_function_enters_through_the_innermost_caller_to_any_depth() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    nest(&gate, 12);
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(13));
}

#[test]
fn entering_twice_without_a_host_function_is_refused_and_harmless() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    let inner = gate.enter(|_| gate.enter(|_| ())).unwrap();
    assert_eq!(inner, Err(Refused::Reentered));
    assert_eq!(gate.enter(|_| ()), Ok(()));
}

#[test]
fn a_call_id_is_good_for_its_call_only() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    let mut kept = None;
    gate.enter(|inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |call_id| {
            assert_eq!(gate.enter_with(call_id, |_| ()), Ok(()));
            let stranger = thread::scope(|scope| scope.spawn(|| gate.enter_with(call_id, |_| ())).join().unwrap());
            assert_eq!(stranger, Err(Refused::Escaped));
            kept = Some(call_id);
        });
        let call_id = kept.unwrap();
        gate.publish(&mut caller, |_| assert_eq!(gate.enter_with(call_id, |_| ()), Err(Refused::Escaped)));
    })
    .unwrap();
    assert_eq!(gate.enter_with(kept.unwrap(), |_| ()), Err(Refused::Escaped));
}

#[test]
fn a_panic_inside_closes_the_gate_to_everybody() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    let panic = catch_unwind(AssertUnwindSafe(|| gate.enter(|_| panic!("expected in this test"))));
    assert!(panic.is_err());
    assert_eq!(gate.enter(|_| ()), Err(Refused::Poisoned));
    gate.close().unwrap();
    assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
}

#[test]
fn entering_while_a_panic_of_something_else_unwinds_is_fine() {
    struct Enters<'a>(&'a Gate<Root>);
    impl Drop for Enters<'_> {
        fn drop(&mut self) {
            self.0.enter(|inside| root(inside).count += 1).unwrap();
        }
    }
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _enters = Enters(&gate);
        panic!("expected in this test");
    }));
    assert!(panic.is_err());
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(1));
}

#[test]
fn close_inside_a_host_function_takes_effect_at_once_and_frees_at_the_end() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    gate.enter(|inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |call_id| {
            gate.close().unwrap();
            gate.close().unwrap();
            assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
            assert_eq!(gate.enter_with(call_id, |_| ()), Err(Refused::Closed));
        });
        assert_eq!(gone.load(SeqCst), 0);
    })
    .unwrap();
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn close_waits_for_the_thread_that_is_inside() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    let (inside_now, is_inside) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let (gate, gone) = (&gate, &gone);
    thread::scope(|scope| {
        scope.spawn(move || {
            gate.enter(|_| {
                inside_now.send(()).unwrap();
                may_go_on.recv().unwrap();
                assert_eq!(gone.load(SeqCst), 0);
            })
            .unwrap();
        });
        is_inside.recv().unwrap();
        let closer = scope.spawn(|| gate.close().unwrap());
        assert!(!closer.is_finished());
        go_on.send(()).unwrap();
        closer.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    });
}

#[test]
fn who_waits_to_close_may_give_up_and_the_gate_is_closed_all_the_same() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    let (inside_now, is_inside) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let (gate, gone) = (&gate, &gone);
    thread::scope(|scope| {
        let user = scope.spawn(move || {
            gate.enter(|inside| {
                gate.publish(&mut Caller(root(inside)), |_| {
                    inside_now.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    // As after a close in a host function.
                    assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
                });
                assert_eq!(gone.load(SeqCst), 0);
            })
        });
        is_inside.recv().unwrap();
        // The error is that of who asked it to give up.
        assert_eq!(gate.close_as(&|| Err(Refused::Escaped)), Err(Refused::Escaped));
        assert_eq!(gate.check_open(), Err(Refused::Closed));
        go_on.send(()).unwrap();
        assert_eq!(user.join().unwrap(), Ok(()));
        assert_eq!(gone.load(SeqCst), 1);
    });
    gate.close().unwrap();
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn what_is_dropped_inside_a_callback_waits_for_the_next_entry() {
    let late = counter();
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    gate.enter(|inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |_| {
            gate.drop_queue().push(Late(Arc::clone(&late)));
            assert_eq!(late.load(SeqCst), 0);
            gate.enter(|_| assert_eq!(late.load(SeqCst), 1)).unwrap();
        });
    })
    .unwrap();
}

#[test]
fn threads_count_together() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    gate.enter(|inside| {
                        let mut caller = Caller(root(inside));
                        gate.publish(&mut caller, |_| gate.enter(|inside| root(inside).count += 1).unwrap());
                    })
                    .unwrap();
                }
            });
        }
    });
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(16_000));
}

#[test]
fn a_closed_gate_keeps_its_root_while_somebody_looks_at_it() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    gate.enter(|_| {
        gate.pin();
        gate.pin();
    })
    .unwrap();
    gate.unpin();
    gate.close().unwrap();
    assert_eq!(gate.enter(|_| ()), Err(Refused::Closed));
    assert_eq!(gone.load(SeqCst), 0);
    gate.unpin();
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn the_last_pin_goes_inside_a_host_function_of_a_closed_gate() {
    let gone = counter();
    let gate = Gate::new(Root::new(&gone), Pins::new());
    gate.enter(|inside| {
        gate.pin();
        gate.publish(&mut Caller(root(inside)), |_| {
            gate.close().unwrap();
            gate.unpin();
        });
        assert_eq!(gone.load(SeqCst), 0);
    })
    .unwrap();
    assert_eq!(gone.load(SeqCst), 1);
}

#[test]
fn who_waits_for_a_host_function_that_waits_for_it_is_told_so() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    gate.set_patience(50);
    gate.enter(|inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |_| {
            thread::scope(|scope| {
                // The host function waits for two threads that want the same gate.
                let enters = scope.spawn(|| gate.enter(|_| ()));
                let closes = scope.spawn(|| gate.close());
                assert_eq!(enters.join().unwrap(), Err(Refused::Stuck));
                assert_eq!(closes.join().unwrap(), Err(Refused::Stuck));
            });
        });
    })
    .unwrap();
    assert_eq!(gate.enter(|_| ()), Ok(()));
}

#[test]
fn who_waits_for_one_host_function_after_another_goes_on_waiting() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    gate.set_patience(200);
    let (inside, waits) = channel();
    thread::scope(|scope| {
        let gate = &gate;
        scope.spawn(move || {
            gate.enter(|guarded| {
                let mut caller = Caller(root(guarded));
                inside.send(()).unwrap();
                for _ in 0..8 {
                    gate.publish(&mut caller, |_| thread::sleep(Duration::from_millis(60)));
                }
            })
        });
        waits.recv().unwrap();
        assert_eq!(gate.enter(|_| ()), Ok(()));
    });
}

#[test]
fn a_guest_enters_plainly_where_nothing_is_in_its_way() {
    let (gone, late) = (counter(), counter());
    let gate = Gate::new(Root::new(&gone), Pins::new());
    let enters = || gate.enter_plainly(this_thread()).map(|mut entry| entry.root().map(|root| root.count += 1));
    assert_eq!(enters(), Some(Some(())));
    let entry = gate.enter_plainly(this_thread()).unwrap();
    assert!(entry.is_outermost());
    assert_eq!((enters(), gate.enter(|_| ())), (None, Err(Refused::Reentered)));
    assert!(thread::scope(|scope| scope.spawn(enters).join().unwrap()).is_none());
    drop(entry);
    gate.enter(|inside| {
        let mut caller = Caller(root(inside));
        gate.publish(&mut caller, |_| assert_eq!(enters(), None));
        assert_eq!(enters(), None);
    })
    .unwrap();
    gate.keep(&may_wait).unwrap();
    assert!(!gate.enter_plainly(this_thread()).unwrap().is_outermost());
    assert_eq!((enters(), gate.give_back()), (Some(Some(())), Ok(true)));
    // What was dropped is let go of by the way in that can.
    gate.drop_queue().push(Late(Arc::clone(&late)));
    assert_eq!((enters(), late.load(SeqCst)), (None, 0));
    assert_eq!(gate.enter(|inside| root(inside).count), Ok(2));
    assert_eq!((enters(), late.load(SeqCst)), (Some(Some(())), 1));
    gate.close().unwrap();
    assert_eq!((enters(), gone.load(SeqCst)), (None, 1));
}

#[test]
fn a_panic_of_a_guest_that_entered_plainly_closes_the_gate_to_everybody() {
    let gate = Gate::new(Root::new(&counter()), Pins::new());
    let panics = || {
        let _entry = gate.enter_plainly(this_thread()).unwrap();
        panic!("planted");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(gate.enter(|_| ()), Err(Refused::Poisoned));
    assert!(gate.enter_plainly(this_thread()).is_none());
}

fn may_wait() -> Result<(), Refused> {
    Ok(())
}
