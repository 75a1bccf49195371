//! Deadlines: a time limit for all calls of one thread.

use std::sync::Arc;
use std::time::Duration;

use trimaran::{Caller, Func, FuncType, Interruption, WasmtimeError};

use crate::{Closure, engine, func, guest, interruption};

#[test]
fn a_deadline_covers_all_calls_of_its_thread_and_no_other() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let (spin, one) = (func(&store, &instance, "spin"), func(&store, &instance, "one"));
    let deadline = store.begin_deadline(Some(100)).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
    assert_eq!(interruption(spin.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    // Its time is over: nothing begins any more, in this thread.
    assert_eq!(interruption(one.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    std::thread::scope(|scope| scope.spawn(|| one.call(&store, Vec::new()).unwrap()).join().unwrap());
    store.end_deadline(deadline).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
    // The earliest counts, and a later one inside does not extend it.
    let outer = store.begin_deadline(Some(30)).unwrap();
    let inner = store.begin_deadline(Some(600_000)).unwrap();
    assert_eq!(interruption(spin.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    // Ended in the wrong order, twice, or not at all: each counts for itself.
    store.end_deadline(outer).unwrap();
    store.end_deadline(outer).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
    store.end_deadline(inner).unwrap();
}

#[test]
fn a_deadline_ends_on_its_thread_alone_and_with_it() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let spin = func(&store, &instance, "spin");
    let handle = store.interrupt_handle().unwrap();
    let deadline = store.begin_deadline(Some(100)).unwrap();
    std::thread::scope(|scope| {
        let Err(WasmtimeError::Busy { reason }) = scope.spawn(|| store.end_deadline(deadline)).join().unwrap() else {
            panic!("it is of another thread")
        };
        assert!(reason.contains("deadline"), "{reason}");
        assert_eq!(interruption(spin.call(&store, Vec::new())), Some(Interruption::TimeLimit));
        store.end_deadline(deadline).unwrap();
        assert_eq!(handle.interrupt(), Ok(false));
        // Nobody has to end the one of a thread that has ended, nor could.
        let left = scope.spawn(|| store.begin_deadline(None).unwrap()).join().unwrap();
        assert_eq!(handle.interrupt(), Ok(false));
        store.end_deadline(left).unwrap();
    });
}

#[test]
fn a_deadline_covers_waiting_for_the_store() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let (spin, one) = (func(&store, &instance, "spin"), func(&store, &instance, "one"));
    let handle = store.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        let spinner = scope.spawn(|| spin.call(&store, Vec::new()));
        std::thread::sleep(Duration::from_millis(50));
        let deadline = store.begin_deadline(Some(50)).unwrap();
        assert_eq!(interruption(one.call(&store, Vec::new())), Some(Interruption::TimeLimit));
        store.end_deadline(deadline).unwrap();
        assert!(!spinner.is_finished());
        assert_eq!(handle.interrupt(), Ok(true));
        assert_eq!(interruption(spinner.join().unwrap()), Some(Interruption::Handle));
    });
}

#[test]
fn a_handle_that_is_used_between_the_calls_of_a_deadline_ends_the_later_ones() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let one = func(&store, &instance, "one");
    let handle = store.interrupt_handle().unwrap();
    let deadline = store.begin_deadline(None).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
    assert_eq!(handle.interrupt(), Ok(true));
    for _ in 0..2 {
        assert_eq!(interruption(one.call(&store, Vec::new())), Some(Interruption::Handle));
    }
    store.end_deadline(deadline).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
    assert_eq!(handle.interrupt(), Ok(false));
}

#[test]
fn a_deadline_in_a_host_function_covers_what_that_calls() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let spin = func(&store, &instance, "spin");
    let host = Closure(move |caller: &Caller| {
        let store = caller.store();
        let deadline = store.begin_deadline(Some(30))?;
        let end = spin.call(store, Vec::new());
        store.end_deadline(deadline)?;
        assert_eq!(interruption(end), Some(Interruption::TimeLimit));
        Ok(())
    });
    let host = Func::of_values(&store, &FuncType { params: vec![], results: vec![] }, Arc::new(host)).unwrap();
    host.call(&store, Vec::new()).unwrap();
}
