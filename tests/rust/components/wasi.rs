//! WASI 0.2: what a component is given, and that its waits end.

use std::time::{Duration, Instant};

use trimaran::{
    Component, ComponentInstance, ComponentLinker, Config, Engine, EnvVar, Func, FuncType, Interruption, OutputPipe,
    Store, StreamPort, ValType, WasiConfig, WasiOutput, WasmtimeError,
};

use super::call;

/// `print` writes its text to the standard output; `sleep` sleeps so many nanoseconds; `leave` exits with success or not.
const PROGRAM: &str = include_str!("../../modules/component_wasi.wat");

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
    let list =
        |texts: &[&str]| [2_u32.to_le_bytes().to_vec(), texts.iter().flat_map(|each| text(each)).collect()].concat();
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
fn an_async_output_is_none_for_a_component() {
    let engine = super::engine();
    let store = Store::new(&engine).unwrap();
    let func = Func::async_host(&store, FuncType { params: vec![ValType::I32], results: vec![] }).unwrap();
    let stdout = Some(WasiOutput::Async { port: StreamPort::new(&store, &func).unwrap() });
    store.set_wasi(WasiConfig { stdout, ..WasiConfig::default() }).unwrap();
    let instance = instance(&store, &engine).unwrap();
    let ended = call(&instance, &store, &["print"], &text("hello\n")).err();
    let is_told = matches!(&ended, Some(WasmtimeError::Suspend { reason }) if reason.contains("components"));
    assert!(is_told, "{ended:?}");
}

#[test]
fn without_a_configuration_an_output_says_so() {
    let engine = super::engine();
    let store = Store::new(&engine).unwrap();
    let instance = instance(&store, &engine).unwrap();
    let Err(WasmtimeError::Config { reason }) = call(&instance, &store, &["print"], &text("hello")) else { panic!() };
    assert!(reason.contains("set_wasi"), "{reason}");
}
