//! WASI 0.2: what a component is given, and that its waits end.

use std::time::{Duration, Instant};

use trimaran::{
    Component, ComponentInstance, ComponentLinker, Config, Engine, EnvVar, Interruption, MemoryDirectory, MemoryPreopen, OutputPipe, Store,
    WasiConfig, WasiOutput, WasmtimeError,
};

use super::call;

/// `print` writes its text to the standard output; `sleep` sleeps so many nanoseconds; `leave` exits with success or not.
const PROGRAM: &str = r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $stream (sub resource)))
    (alias outer 1 $error (type $error))
    (export "error" (type $e (eq $error)))
    (type $failure (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $failure)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $stream (type $stream))
    (export "output-stream" (type $s (eq $stream)))
    (export "get-stdout" (func (result (own $s))))))
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $pollable))
    (export "pollable" (type $p (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (alias export $streams "[method]output-stream.blocking-write-and-flush" (func $write))
  (alias export $stdout "get-stdout" (func $get-stdout))
  (alias export $exit "exit" (func $exit-func))
  (alias export $environment "get-arguments" (func $get-arguments))
  (alias export $environment "get-environment" (func $get-environment))
  (alias export $clock "subscribe-duration" (func $subscribe))
  (alias export $poll "[method]pollable.block" (func $block))
  (core func $write-core (canon lower (func $write) (memory $memory) (realloc $realloc)))
  (core func $get-stdout-core (canon lower (func $get-stdout)))
  (core func $exit-core (canon lower (func $exit-func)))
  (core func $arguments-core (canon lower (func $get-arguments) (memory $memory) (realloc $realloc)))
  (core func $environment-core (canon lower (func $get-environment) (memory $memory) (realloc $realloc)))
  (core func $subscribe-core (canon lower (func $subscribe)))
  (core func $block-core (canon lower (func $block)))
  (core module $m
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "stdout" (func $stdout (result i32)))
    (import "" "exit" (func $exit (param i32)))
    (import "" "arguments" (func $arguments (param i32)))
    (import "" "environment" (func $environment (param i32)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "block" (func $block (param i32)))
    (func (export "print") (param i32 i32)
      (call $write (call $stdout) (local.get 0) (local.get 1) (i32.const 8)))
    (func (export "leave") (param i32) (call $exit (local.get 0)))
    (func (export "arguments") (result i32) (call $arguments (i32.const 16)) (i32.const 16))
    (func (export "environment") (result i32) (call $environment (i32.const 24)) (i32.const 24))
    (func (export "sleep") (param i64) (call $block (call $subscribe (local.get 0)))))
  (core instance $m (instantiate $m (with "" (instance
    (export "write" (func $write-core)) (export "stdout" (func $get-stdout-core)) (export "exit" (func $exit-core))
    (export "arguments" (func $arguments-core)) (export "environment" (func $environment-core))
    (export "subscribe" (func $subscribe-core)) (export "block" (func $block-core))))))
  (func (export "print") (param "text" string) (canon lift (core func $m "print") (memory $memory) (realloc $realloc)))
  (func (export "leave") (param "status" (result)) (canon lift (core func $m "leave")))
  (func (export "arguments") (result (list string)) (canon lift (core func $m "arguments") (memory $memory)))
  (func (export "environment") (result (list (tuple string string)))
    (canon lift (core func $m "environment") (memory $memory)))
  (func (export "sleep") (param "nanoseconds" u64) (canon lift (core func $m "sleep"))))"#;

fn instance(store: &Store, engine: &Engine) -> Result<std::sync::Arc<ComponentInstance>, WasmtimeError> {
    let component = Component::new(engine, PROGRAM.as_bytes())?;
    let linker = ComponentLinker::new(engine)?;
    linker.define_wasi()?;
    linker.instantiate(store, &component)
}

fn text(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn a_component_prints_and_sees_what_it_was_given() {
    let engine = super::engine();
    let store = Store::new(&engine).unwrap();
    let pipe = OutputPipe::new(None).unwrap();
    let env = vec![EnvVar { name: b"NAME".to_vec(), value: b"value".to_vec() }];
    let (argv, stdout) = (vec!["one".to_owned(), "two".to_owned()], Some(WasiOutput::Pipe { pipe: pipe.clone() }));
    store.set_wasi(WasiConfig { argv, env, stdout, ..WasiConfig::default() }).unwrap();
    let instance = instance(&store, &engine).unwrap();
    call(&instance, &store, &["print"], &text("hello\n")).unwrap();
    assert_eq!(pipe.contents().unwrap(), b"hello\n");
    let list = |texts: &[&str]| [2_u32.to_le_bytes().to_vec(), texts.iter().flat_map(|each| text(each)).collect()].concat();
    assert_eq!(call(&instance, &store, &["arguments"], &[]).unwrap().bytes, list(&["one", "two"]));
    let one = [1_u32.to_le_bytes().to_vec(), text("NAME"), text("value")].concat();
    assert_eq!(call(&instance, &store, &["environment"], &[]).unwrap().bytes, one);
}

#[test]
fn a_component_exits_with_a_status() {
    let engine = super::engine();
    for status in [0, 1] {
        let store = Store::new(&engine).unwrap();
        store.set_wasi(WasiConfig::default()).unwrap();
        let instance = instance(&store, &engine).unwrap();
        let ended = call(&instance, &store, &["leave"], &i32::to_le_bytes(status)).err();
        assert_eq!(ended, Some(WasmtimeError::Exit { status }));
    }
}

#[test]
fn a_sleep_lasts_as_long_as_it_should_and_ends_when_it_is_interrupted() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap();
    let store = Store::new(&engine).unwrap();
    store.set_wasi(WasiConfig::default()).unwrap();
    let instance = instance(&store, &engine).unwrap();
    let begin = Instant::now();
    call(&instance, &store, &["sleep"], &30_000_000_u64.to_le_bytes()).unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(30));
    store.set_timeout(Some(50)).unwrap();
    let ended = call(&instance, &store, &["sleep"], &u64::MAX.to_le_bytes()).err();
    let Some(WasmtimeError::Trap { interruption: Some(Interruption::TimeLimit), .. }) = ended else {
        panic!("{ended:?}")
    };
}

#[test]
fn without_a_configuration_an_output_says_so() {
    let engine = super::engine();
    let store = Store::new(&engine).unwrap();
    let instance = instance(&store, &engine).unwrap();
    let Err(WasmtimeError::Config { reason }) = call(&instance, &store, &["print"], &text("hello")) else { panic!() };
    assert!(reason.contains("set_wasi"), "{reason}");
}

#[test]
fn what_components_cannot_have_is_refused() {
    let engine = super::engine();
    let store = Store::new(&engine).unwrap();
    let directory = MemoryDirectory::new(Vec::new(), None, None).unwrap();
    let memory_preopens = vec![MemoryPreopen { directory, guest_path: "/".to_owned(), read_only: false }];
    store.set_wasi(WasiConfig { memory_preopens, ..WasiConfig::default() }).unwrap();
    let Err(WasmtimeError::Config { reason }) = instance(&store, &engine) else { panic!() };
    assert!(reason.contains("a directory in memory"), "{reason}");
}
