//! A child of a fork leaves alone what its parent had in flight.
#![allow(clippy::unwrap_used, clippy::panic, dead_code, unused_imports, reason = "a test")]

#[cfg(not(loom))]
mod guests;

use std::sync::atomic::Ordering::SeqCst;
use std::task::Waker;

use trimaran_gate::{Paused, Refused, Step};

#[cfg(all(unix, not(loom)))]
use guests::{Caller, Fiber, counter, gate, make, root};

#[cfg(any(not(unix), loom))]
fn main() {}

#[cfg(all(unix, not(loom)))]
unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

/// Runs it in a child. Whether it went well there.
#[cfg(all(unix, not(loom)))]
fn in_child(work: impl FnOnce()) -> bool {
    // SAFETY: this process has one thread, so that the child may do what it may.
    let child = unsafe { fork() };
    if child == 0 {
        trimaran_gate::after_fork();
        let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
        // SAFETY: it ends the child at once, and nothing that would run at its end is needed.
        unsafe { _exit(i32::from(!went)) };
    }
    let mut status = -1;
    // SAFETY: it waits for that child, and writes to that number.
    unsafe { waitpid(child, &mut status, 0) };
    status == 0
}

#[cfg(all(unix, not(loom)))]
// One test, since other threads must not be in the middle of something.
fn main() {
    let waker = Waker::noop();
    let gone = counter();
    let resting = gate(&gone);
    let (run, waiting) = (make(&resting, None, Fiber::waits(1, 1)), make(&resting, None, Fiber::waits(2, 0)));
    let Ok(Step::Host(_, token)) = run.step(None, waker) else { panic!() };
    assert_eq!(waiting.step(None, waker), Ok(Step::Waits));
    let free = gate(&gone);
    let forks = gate(&gone);
    let (inner, went) = (std::sync::Arc::downgrade(&forks), counter());
    let seen = std::sync::Arc::clone(&went);
    let in_step = make(
        &forks,
        None,
        Fiber::new(3, move |root_ptr, answer| {
            if answer.is_some() {
                return Paused::Done(7);
            }
            let forks = inner.upgrade().unwrap();
            // A host function forks: in the child this thread is still inside.
            forks.publish(&mut Caller(root_ptr), |_| {
                let in_host = in_child(|| forks.enter(|inside| root(inside).count += 1).unwrap());
                seen.store(usize::from(in_host), SeqCst);
            });
            Paused::Host(0)
        }),
    );
    assert!(matches!(in_step.step(None, waker), Ok(Step::Host(..))));
    assert_eq!(went.load(SeqCst), 1);

    let gone_there = std::sync::Arc::clone(&gone);
    let went = in_child(|| {
        assert_eq!(run.step(Some(1), waker), Err(Refused::Orphaned));
        assert_eq!(waiting.step(None, waker), Err(Refused::Orphaned));
        assert_eq!(resting.enter(|_| ()), Err(Refused::Orphaned));
        assert_eq!(resting.enter_of(token, |_| ()), Err(Refused::Orphaned));
        assert_eq!(resting.call(Some(token), |_| ()), Err(Refused::Orphaned));
        assert_eq!(resting.close(), Err(Refused::Orphaned));
        // What nobody was in is the child's own.
        let mine = make(&free, None, Fiber::waits(4, 1));
        assert!(matches!(mine.step(None, waker), Ok(Step::Host(..))));
        assert_eq!(mine.step(Some(5), waker), Ok(Step::Done(5)));
        // It is forgotten, and nothing of it runs.
        // SAFETY: the child ends without dropping the other copies.
        drop(unsafe { (std::ptr::read(&raw const run), std::ptr::read(&raw const waiting)) });
        // SAFETY: the child ends without dropping the other copy of this gate.
        drop(unsafe { std::ptr::read(&raw const resting) });
        assert_eq!(gone_there.load(SeqCst), 0);
    });
    assert!(went, "in the child");
    assert_eq!(run.step(Some(1), waker), Ok(Step::Done(1)));
    assert_eq!(waiting.step(None, waker), Ok(Step::Done(0)));
    assert_eq!(in_step.step(Some(1), waker), Ok(Step::Done(7)));
    println!("a child of a fork leaves alone what its parent had in flight: ok");
}
