//! What a call leaves behind: after one that was refused, on another thread, and inside of another one.

use trimaran::adapter::call::Ready;
use trimaran::adapter::component_host as host;
use trimaran::adapter::stream::{Given, Values, Written};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Instance, Linker};
use wasmtime::{AsContextMut, Engine, Store};

use crate::{config, engine};

/// `run` hands a list to the host's function, and gives back what that gives.
const TEXT: &str = r#"(component
  (import "host" (func $host (param "x" (list u32)) (result (list u32))))
  (core module $libc
    (memory (export "mem") 4)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "mem" (core memory $mem))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $lowered (canon lower (func $host) (memory $mem) (realloc $realloc)))
  (core module $m
    (import "" "host" (func $host (param i32 i32 i32)))
    (func (export "run") (param i32 i32) (result i32)
      (call $host (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance (export "host" (func $lowered))))))
  (alias core export $m "run" (core func $run))
  (func (export "run") (param "x" (list u32)) (result (list u32))
    (canon lift (core func $run) (memory $mem) (realloc $realloc))))"#;

fn list(numbers: &[u32]) -> Vec<u8> {
    std::iter::once(&(numbers.len() as u32)).chain(numbers).flat_map(|number| number.to_le_bytes()).collect()
}

fn call(mut store: impl AsContextMut, instance: Instance, bytes: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let func = instance.get_func(&mut store, "run").unwrap();
    let ready = Ready::new(&mut store, func)?;
    let mut given = Given::default();
    ready.call(store, Values { bytes, beside: &[], arrays: None, handles: &[], hosts: &[] }, &mut given)?;
    Ok(given.bytes)
}

fn linker(
    engine: &Engine,
    component: &Component,
    body: impl host::HostBody<Option<Instance>>,
) -> Linker<Option<Instance>> {
    let item = component.component_type().get_import(engine, "host").unwrap().ty;
    let ComponentItem::ComponentFunc(ty) = item else { panic!("{item:?} is no function") };
    let mut linker = Linker::new(engine);
    host::define(&mut linker.root(), "host", "`host`", &ty, body).unwrap();
    linker
}

#[test]
fn an_instance_works_after_a_call_that_was_refused() {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, TEXT).unwrap();
    let linker = linker(&engine, &component, |_, given| Ok(Written { bytes: given.bytes, ..Written::default() }));
    let mut store = Store::new(&engine, None);
    let instance = linker.instantiate(&mut store, &component).unwrap();
    for _ in 0..100 {
        assert!(call(&mut store, instance, &[9, 0, 0, 0]).is_err());
        assert_eq!(call(&mut store, instance, &list(&[1, 2])).unwrap(), list(&[1, 2]));
    }
}

#[test]
fn a_linker_serves_threads_that_never_saw_its_types() {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, TEXT).unwrap();
    let linker = linker(&engine, &component, |_, given| Ok(Written { bytes: given.bytes, ..Written::default() }));
    let pre = linker.instantiate_pre(&component).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let (engine, pre) = (&engine, &pre);
            scope.spawn(move || {
                for number in 0..50 {
                    let mut store = Store::new(engine, None);
                    let instance = pre.instantiate(&mut store).unwrap();
                    let wanted = list(&[thread, number]);
                    assert_eq!(call(&mut store, instance, &wanted).unwrap(), wanted);
                }
            });
        }
    });
}

/// Plans are found again by the address of their component's types: another component at that address has others.
#[test]
fn plans_of_a_component_that_is_gone_are_not_used() {
    let engine = engine(None);
    for round in 0..60 {
        let text = if round % 2 == 0 { TEXT.to_owned() } else { TEXT.replace("list u32", "list u64") };
        let component = Component::new(&engine, text).unwrap();
        let linker = linker(&engine, &component, |_, given| Ok(Written { bytes: given.bytes, ..Written::default() }));
        let mut store = Store::new(&engine, None);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let wanted = if round % 2 == 0 { list(&[1, 2, 3, 4]) } else { [&2_u32.to_le_bytes()[..], &[7; 16]].concat() };
        assert_eq!(call(&mut store, instance, &wanted).unwrap(), wanted);
    }
}

#[test]
fn a_host_function_calls_another_instance() {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, TEXT).unwrap();
    let linker = linker(&engine, &component, |mut store: wasmtime::StoreContextMut<'_, Option<Instance>>, given| {
        let bytes = match store.data_mut().take() {
            Some(other) => call(&mut store, other, &given.bytes)?,
            None => list(&[5, 6, 7]),
        };
        Ok(Written { bytes, ..Written::default() })
    });
    let mut store = Store::new(&engine, None);
    let one = linker.instantiate(&mut store, &component).unwrap();
    let other = linker.instantiate(&mut store, &component).unwrap();
    *store.data_mut() = Some(other);
    assert_eq!(call(&mut store, one, &list(&[1])).unwrap(), list(&[5, 6, 7]));
    // Wasmtime lets the host into an instance that is in a call, unless it was built for asynchronous components. Each call gets
    // its own results all the same.
    *store.data_mut() = Some(one);
    assert_eq!(call(&mut store, one, &list(&[1])).unwrap(), list(&[5, 6, 7]));
}
