//! Guests that sleep by WASI: whoever steps them sleeps for them.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use trimaran::adapter::{Run, Step};
use trimaran::{Config, Engine, Extern, Func, Interruption, Linker, Module, Store, Val, WasiConfig, WasmtimeError};

use crate::home::{config, int, past_turns};

/// `sleep` waits for so many nanoseconds by the monotonic clock, and gives the error number.
pub(crate) const SLEEPS: &str = r#"(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (param i64) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get 0))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))"#;

const HOUR: i64 = 3_600_000_000_000;

struct Sleeper {
    store: Arc<Store>,
    sleep: Arc<Func>,
}

impl Sleeper {
    /// Its instance is made by a run, of what was prepared or not.
    fn new(config: &Config, is_prepared: bool) -> Self {
        let engine = Engine::new(config.clone()).unwrap();
        let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
        store.set_wasi(WasiConfig::default()).unwrap();
        linker.define_wasi().unwrap();
        let module = Module::new(&engine, SLEEPS.as_bytes()).unwrap();
        let run = match is_prepared {
            true => linker.instantiate_pre(&module).unwrap().start(&store, None).unwrap(),
            false => linker.start(&store, &module, None).unwrap(),
        };
        let Ok(Step::Done(instance)) = run.step(None, Waker::noop()) else { panic!() };
        let Extern::OfFunc { func } = instance.export(&store, "sleep").unwrap() else { panic!() };
        Self { store, sleep: func }
    }

    fn start(&self, nanoseconds: i64) -> Run<Vec<Val>> {
        self.sleep.start(&self.store, vec![Val::I64 { value: nanoseconds }], None).unwrap()
    }
}

#[test]
fn a_guest_that_sleeps_rests_for_that_time() {
    for is_prepared in [false, true] {
        let sleeper = Sleeper::new(&config(), is_prepared);
        let begun = Instant::now();
        let run = sleeper.start(20_000_000);
        let mut slept = Duration::ZERO;
        let values = loop {
            match run.step(None, Waker::noop()).unwrap() {
                Step::Later(time) => {
                    std::thread::sleep(time);
                    slept += time;
                }
                Step::Done(values) => break values,
                _ => panic!(),
            }
        };
        assert_eq!(int(&values), 0);
        assert!(slept > Duration::ZERO && begun.elapsed() >= Duration::from_millis(20), "{slept:?}");
    }
}

#[test]
fn a_guest_that_sleeps_ends_when_it_is_cancelled() {
    let sleeper = Sleeper::new(&config(), false);
    let run = sleeper.start(HOUR);
    assert!(matches!(run.step(None, Waker::noop()), Ok(Step::Later(_))));
    run.cancel();
    assert!(run.step(None, Waker::noop()).is_err());
    // The store is usable at once, and a synchronous call sleeps on its thread.
    let done = sleeper.sleep.call(&sleeper.store, vec![Val::I64 { value: 1_000_000 }]).unwrap();
    assert_eq!(int(&done), 0);
}

#[test]
fn a_guest_that_sleeps_ends_with_its_time_and_with_its_store() {
    let sleeper = Sleeper::new(&Config { epoch_interruption: Some(true), ..config() }, true);
    sleeper.store.set_timeout(Some(30)).unwrap();
    let run = sleeper.start(HOUR);
    let failed = loop {
        match run.step(None, Waker::noop()) {
            Ok(Step::Later(time)) => std::thread::sleep(time),
            Ok(Step::Turn) => {}
            Err(error) => break error,
            Ok(_) => panic!(),
        }
    };
    let is_late =
        matches!(&failed, WasmtimeError::Trap { interruption, .. } if *interruption == Some(Interruption::TimeLimit));
    assert!(is_late, "{failed}");
    sleeper.store.set_timeout(None).unwrap();
    let run = sleeper.start(HOUR);
    assert!(matches!(past_turns(&run, None), Ok(Step::Later(_))));
    sleeper.store.release().unwrap();
    assert!(matches!(run.step(None, Waker::noop()), Err(WasmtimeError::Closed { .. })));
}
