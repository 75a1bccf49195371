//! Runs: guests that go on step by step, and wait for async host functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod component_streams;
mod components;
mod home;
mod sleeps;
mod streams;
mod tasks;
mod wasi3;

use std::any::Any;
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use std::time::Duration;

use home::{Home, Named, asked, came, config, done, failed, int, ints, number, past_turns, step};
use trimaran::adapter::{Run, SlotFunction, Step, Token};
use trimaran::{Config, Engine, Extern, Instance, Interruption, Linker, Module, Store, Val, WasmtimeError};

#[test]
fn a_guest_waits_for_its_host_function_and_goes_on_with_the_answer() {
    let home = Home::new();
    let run = home.start("once", 5, None);
    let (call, _) = asked(step(&run, None));
    assert_eq!(int(call.arguments()), 5);
    let named = call.function().and_then(SlotFunction::as_any).and_then(<dyn Any>::downcast_ref::<Named>);
    assert_eq!(named.map(|named| named.0), Some(1));
    assert_eq!(done(step(&run, Some(10))), 15);
    assert!(matches!(failed(step(&run, None)), WasmtimeError::Busy { .. }));
    assert_eq!(int(&home.call("plain", 1).unwrap()), 2);
}

#[test]
fn each_step_may_be_on_another_thread() {
    let home = Home::new();
    let run = home.start("twice", 5, None);
    let elsewhere = |answer| thread::scope(|scope| scope.spawn(|| step(&run, answer)).join().unwrap());
    asked(elsewhere(None));
    assert_eq!(int(asked(elsewhere(Some(6))).0.arguments()), 6);
    assert_eq!(done(elsewhere(Some(7))), 7);
}

#[test]
fn a_guest_that_waits_for_nothing_is_done_at_once() {
    let home = Home::new();
    assert_eq!(done(step(&home.start("plain", 5, None), None)), 6);
    // In a store without async functions as well.
    let engine = Engine::new(config()).unwrap();
    let store = Store::new(&engine).unwrap();
    let module = Module::new(&engine, br#"(module (func (export "f") (result i32) (i32.const 3)))"#).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Extern::OfFunc { func } = instance.export(&store, "f").unwrap() else { panic!() };
    assert_eq!(done(step(&func.start(&store, Vec::new(), None).unwrap(), None)), 3);
    assert_eq!(int(&func.call(&store, Vec::new()).unwrap()), 3);
}

#[test]
fn the_memory_of_a_guest_that_waits_can_be_used_on_any_thread() {
    let home = Home::new();
    let run = home.start("once", 5, None);
    let (_, token) = asked(step(&run, None));
    let memory = home.memory();
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(memory.read(&home.store, 0, 4).unwrap(), 5_i32.to_le_bytes());
            memory.write(&home.store, &30_i32.to_le_bytes(), 0).unwrap();
        });
    });
    // By the host call, as by the caller of a synchronous one.
    let found = home.store.caller_export(token.call, "memory").unwrap();
    assert!(matches!(found, Some(Extern::OfMemory { .. })));
    assert_eq!(done(step(&run, Some(1))), 31);
    assert_eq!(home.store.caller_check(token.call), Err(WasmtimeError::Escaped));
}

#[test]
fn what_a_host_function_fails_with_and_what_traps_comes_out_of_the_step() {
    let home = Home::new();
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    let error = WasmtimeError::NotFound { name: "it".to_owned(), reason: "it is not there".to_owned() };
    assert_eq!(failed(run.step(Some(Err(error.clone())), Waker::noop())), error);
    let run = home.start("traps", 5, None);
    asked(step(&run, None));
    assert!(matches!(failed(step(&run, Some(1))), WasmtimeError::Trap { .. }));
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    let error = failed(run.step(Some(Ok(vec![Val::I64 { value: 1 << 40 }])), Waker::noop()));
    assert!(matches!(error, WasmtimeError::Range { .. }), "{error}");
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    let error = failed(run.step(Some(Ok(Vec::new())), Waker::noop()));
    assert_eq!(error.to_string(), "the host function gave 0 results: expected 1");
    let error = failed(step(&home.start("recurses", 0, None), None));
    assert!(matches!(error, WasmtimeError::Trap { .. }), "{error}");
    let wrong = home.func("once").start(&home.store, Vec::new(), None).unwrap();
    assert!(matches!(failed(step(&wrong, None)), WasmtimeError::Type { .. }));
    assert_eq!(int(&home.call("plain", 1).unwrap()), 2);
}

#[test]
fn an_async_host_function_cannot_be_waited_for_in_a_synchronous_call() {
    let home = Home::new();
    let refused =
        |error: WasmtimeError| matches!(error, WasmtimeError::Suspend { reason } if reason.contains("cannot wait"));
    assert!(refused(home.call("once", 1).err().unwrap()));
    // Nor below a synchronous host function of a guest that was started.
    let run = home.start("calls", 15, None);
    assert!(refused(failed(step(&run, None))));
    // A synchronous host function calls back into the guest, as deep as it likes.
    assert_eq!(done(step(&home.start("calls", 65, None), None)), 6);
    assert_eq!(int(&home.call("calls", 25).unwrap()), 6);
    let run = home.start("both", 25, None);
    asked(step(&run, None));
    assert_eq!(done(step(&run, Some(100))), 106);
}

#[test]
fn a_host_function_calls_into_the_guest_that_waits_for_it() {
    let home = Home::new();
    let outer = home.start("once", 5, None);
    let (_, token) = asked(step(&outer, None));
    // Synchronously, and as a run.
    let called = home.store.working_for(token, || home.call("plain", 7)).unwrap();
    assert_eq!(int(&called), 8);
    let nested = home.start("once", 6, Some(token));
    let (_, inner) = asked(step(&nested, None));
    let innermost = home.start("once", 7, Some(inner));
    asked(step(&innermost, None));
    assert_eq!(home.memory().read(&home.store, 0, 4).unwrap(), 7_i32.to_le_bytes());
    assert_eq!(done(step(&innermost, Some(1))), 8);
    assert_eq!(done(step(&nested, Some(1))), 8);
    assert_eq!(done(step(&outer, Some(1))), 8);
    // Without the token it would wait for itself.
    let outer = home.start("once", 5, None);
    asked(step(&outer, None));
    assert!(matches!(home.call("plain", 7), Err(WasmtimeError::Busy { .. })));
}

#[test]
fn an_answer_ends_what_the_host_function_has_left_behind() {
    let home = Home::new();
    let outer = home.start("twice", 5, None);
    let (_, token) = asked(step(&outer, None));
    let nested = home.start("once", 6, Some(token));
    asked(step(&nested, None));
    asked(step(&outer, Some(1)));
    assert_eq!(failed(step(&nested, Some(1))), WasmtimeError::Escaped);
    assert_eq!(done(step(&outer, Some(2))), 2);
}

#[test]
fn calls_stand_in_line_while_a_guest_waits() {
    let home = Home::new();
    let first = home.start("once", 5, None);
    asked(step(&first, None));
    let second = home.start("plain", 1, None);
    assert!(matches!(step(&second, None), Ok(Step::Waits)));
    thread::scope(|scope| {
        let caller = scope.spawn(|| home.call("plain", 2).map(|values| int(&values)));
        thread::sleep(Duration::from_millis(50));
        assert!(!caller.is_finished());
        assert_eq!(done(step(&first, Some(1))), 6);
        assert_eq!(done(step(&second, None)), 2);
        assert_eq!(caller.join().unwrap(), Ok(3));
    });
}

#[test]
fn dropping_a_run_unwinds_its_guest_and_what_is_nested() {
    let home = Home::new();
    for nests in [false, true] {
        let run = home.start("once", 5, None);
        let (_, token) = asked(step(&run, None));
        let nested = nests.then(|| home.start("once", 6, Some(token)));
        if let Some(nested) = &nested {
            asked(step(nested, None));
        }
        drop(run);
        if let Some(nested) = &nested {
            assert!(matches!(failed(step(nested, Some(1))), WasmtimeError::Busy { .. }));
        }
        assert_eq!(int(&home.call("plain", 1).unwrap()), 2);
    }
}

/// Steps guests that begin others in their host functions, each by chance, and drops some of them.
fn steps_by_chance(home: &Home, dice: &mut impl FnMut() -> usize, steps: usize) {
    const NAMES: [&str; 6] = ["once", "twice", "plain", "both", "traps", "calls"];
    // The innermost one is last. Each but that one waits for its host function, by that token.
    let mut runs: Vec<(Run<Vec<Val>>, Option<Token>)> = Vec::new();
    for _ in 0..steps {
        let token = runs.last().and_then(|(_, token)| *token);
        if runs.is_empty() || token.is_some() && dice().is_multiple_of(3) && runs.len() < 5 {
            runs.push((home.start(NAMES[dice() % NAMES.len()], 5, token), None));
        }
        let (run, token) = runs.last_mut().unwrap();
        match step(run, token.take().map(|_| 1)) {
            Ok(Step::Host(_, asked)) => *token = Some(asked),
            Ok(Step::Turn) => {}
            Ok(Step::Done(_)) | Err(WasmtimeError::Trap { .. }) => drop(runs.pop()),
            other => panic!("{}", came(&other)),
        }
        if dice().is_multiple_of(5) {
            // What is nested goes after it.
            runs.truncate(dice() % (runs.len() + 1));
        }
    }
}

#[test]
fn a_run_that_is_dropped_at_any_step_leaves_its_store_usable() {
    let seed: u64 = std::env::var("RUNS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x9e37_79b9_7f4a_7c15);
    let mut state = seed;
    let mut dice = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as usize
    };
    let home = Home::new();
    for round in 0..500 {
        steps_by_chance(&home, &mut dice, round % 20);
        assert_eq!(int(&home.call("plain", 1).unwrap()), 2, "round {round}, seed {seed}");
        assert_eq!(int(&home.call("calls", 25).unwrap()), 6);
    }
}

#[test]
fn closing_a_store_ends_the_guests_that_wait() {
    let home = Home::new();
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    home.store.release().unwrap();
    assert!(matches!(failed(step(&run, Some(1))), WasmtimeError::Closed { .. }));
}

#[test]
fn a_store_goes_with_the_last_that_holds_it() {
    let home = Home::new();
    let store = Arc::downgrade(&home.store);
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    drop(home);
    assert!(store.upgrade().is_some());
    drop(run);
    assert!(store.upgrade().is_none());
}

#[test]
fn a_guest_that_computes_lets_others_have_a_turn_and_is_stopped() {
    let home = Home::with(Config { epoch_interruption: Some(true), ..config() });
    let (run, memory) = (home.start("spins", 0, None), home.memory());
    assert!(matches!(step(&run, None), Ok(Step::Turn)));
    // A guest in its own code cannot be visited by the thread that steps it.
    let Err(WasmtimeError::Busy { reason }) = memory.read(&home.store, 0, 4) else { panic!() };
    assert!(reason.contains("this very thread"), "{reason}");
    // What it exports is known all the same.
    assert!(matches!(home.instance.export(&home.store, "plain"), Ok(Extern::OfFunc { .. })));
    let Err(WasmtimeError::NotFound { reason, .. }) = home.instance.export(&home.store, "plane") else { panic!() };
    assert!(reason.contains("`plain`"), "{reason}");
    assert!(home.instance.exports(&home.store).unwrap().iter().any(|export| export.name == "memory"));
    run.cancel();
    assert!(matches!(failed(step(&run, None)), WasmtimeError::Busy { .. }));
    let run = Arc::new(home.start("spins", 0, None));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(30));
            run.cancel();
        });
        while let Ok(stepped) = step(&run, None) {
            assert!(matches!(stepped, Step::Turn));
        }
    });
    let interrupted = |error| matches!(error, WasmtimeError::Trap { interruption: Some(_), .. });
    home.store.set_timeout(Some(30)).unwrap();
    let run = home.start("spins", 0, None);
    let error = failed(past_turns(&run, None));
    assert!(matches!(error, WasmtimeError::Trap { interruption: Some(Interruption::TimeLimit), .. }), "{error}");
    // It goes on while the guest rests.
    home.store.set_timeout(Some(500)).unwrap();
    let run = home.start("once", 0, None);
    asked(past_turns(&run, None));
    thread::sleep(Duration::from_millis(600));
    assert!(interrupted(failed(past_turns(&run, Some(1)))));
    home.store.set_timeout(None).unwrap();
    let run = home.start("once", 0, None);
    asked(past_turns(&run, None));
    assert!(home.store.interrupt_handle().unwrap().interrupt().unwrap());
    assert!(interrupted(failed(past_turns(&run, Some(1)))));
    assert_eq!(int(&home.call("plain", 1).unwrap()), 2);
}

#[test]
fn an_instance_that_is_started_stands_in_line_behind_a_guest_that_computes() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..config() }).unwrap();
    let home = Home::of(&engine);
    let linker = Linker::new(&engine).unwrap();
    linker.define_async_func_with("host", "wait", number(), Box::new(Named(9))).unwrap();
    let starts = r#"(module (import "host" "wait" (func $wait (param i32) (result i32)))
        (global (export "g") (mut i32) (i32.const 0))
        (func $start (global.set 0 (call $wait (i32.const 3))))
        (start $start))"#;
    let module = Module::new(&engine, starts.as_bytes()).unwrap();
    let first = linker.start(&home.store, &module, None).unwrap();
    assert!(matches!(past_turns(&first, None), Ok(Step::Host(..))));
    drop(first);
    let run = home.start("spins", 0, None);
    assert!(matches!(step(&run, None), Ok(Step::Turn)));
    let instance = linker.start(&home.store, &module, None).unwrap();
    assert!(matches!(instance.step(None, Waker::noop()), Ok(Step::Waits)));
    drop(run);
    let asked = past_turns(&instance, None);
    assert!(matches!(asked, Ok(Step::Host(..))));
    assert!(matches!(past_turns(&instance, Some(4)), Ok(Step::Done(_))));
}

#[test]
fn fuel_is_counted_as_in_a_synchronous_call() {
    let home = Home::with(Config { consume_fuel: Some(true), ..config() });
    home.store.set_fuel(10_000).unwrap();
    home.store.set_host_call_fuel(100).unwrap();
    let run = home.start("once", 5, None);
    asked(step(&run, None));
    assert!(home.store.fuel().unwrap() <= 9_900);
    assert_eq!(done(step(&run, Some(1))), 6);
    home.store.set_fuel(50).unwrap();
    assert!(matches!(failed(step(&home.start("once", 5, None), None)), WasmtimeError::Trap { .. }));
}

#[test]
fn a_linker_s_async_host_function_works_in_each_store() {
    let engine = Engine::new(config()).unwrap();
    let linker = Linker::new(&engine).unwrap();
    linker.define_async_func_with("host", "wait", number(), Box::new(Named(9))).unwrap();
    let module = r#"(module
        (import "host" "wait" (func $wait (param i32) (result i32)))
        (func (export "once") (param i32) (result i32) (call $wait (local.get 0))))"#;
    let module = Module::new(&engine, module.as_bytes()).unwrap();
    let pre = linker.instantiate_pre(&module).unwrap();
    for round in 0..4 {
        let store = Store::new(&engine).unwrap();
        let made = if round % 2 == 0 { linker.instantiate(&store, &module) } else { pre.instantiate(&store) };
        let Extern::OfFunc { func } = made.unwrap().export(&store, "once").unwrap() else { panic!() };
        let error = func.call(&store, ints(round)).err().unwrap();
        assert!(matches!(error, WasmtimeError::Suspend { .. }), "{error}");
        assert!(error.to_string().starts_with("the async host function `host` `wait` was called where"), "{error}");
        let run = func.start(&store, ints(round), None).unwrap();
        let (call, _) = asked(step(&run, None));
        let named = call.function().and_then(SlotFunction::as_any).and_then(<dyn Any>::downcast_ref::<Named>);
        assert_eq!(named.map(|named| named.0), Some(9));
        let error = failed(run.step(Some(Ok(vec![Val::F32 { bits: 0x7fc0_0000 }])), Waker::noop()));
        assert!(error.to_string().starts_with("`host` `wait`: "), "{error}");
    }
}

#[test]
fn hundreds_of_guests_wait_at_once() {
    let homes: Vec<_> = (0..if cfg!(target_pointer_width = "64") { 300 } else { 50 }).map(|_| Home::new()).collect();
    let runs: Vec<_> = homes.iter().map(|home| home.start("once", 5, None)).collect();
    runs.iter().for_each(|run| drop(asked(step(run, None))));
    for run in runs.iter().rev() {
        assert_eq!(done(step(run, Some(1))), 6);
    }
}
