//! Resources of guests and of the host, owned and borrowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use trimaran::adapter::call::Ready;
use trimaran::adapter::component_host as host;
use trimaran::adapter::stream::{Given, Handle, Taken, Values, Written};
use trimaran::adapter::{HostResource, Ownership};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};
use wasmtime::{Engine, Store, StoreContextMut};

use crate::config;

const OF_THE_GUEST: &str = r#"(component
  (type $inner (resource (rep i32)))
  (core func $new (canon resource.new $inner))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (alias core export $m "make" (core func $make))
  (alias core export $m "get" (core func $get))
  (export $r "r" (type $inner))
  (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $make)))
  (func (export "get") (param "r" (borrow $r)) (result u32) (canon lift (core func $get))))"#;

fn call(store: &mut Store<()>, ready: &Ready, bytes: &[u8], handles: &[Handle]) -> wasmtime::Result<Given> {
    let mut given = Given::default();
    ready.call(
        store,
        Values { bytes, beside: &[], arrays: None, handles, hosts: &[HostResource::plain(1)] },
        &mut given,
    )?;
    Ok(given)
}

#[test]
fn a_guest_gives_a_resource_and_lends_itself_what_it_is_lent() {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, OF_THE_GUEST).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component).unwrap();
    let make = instance.get_func(&mut store, "make").unwrap();
    let get = instance.get_func(&mut store, "get").unwrap();
    let (make, get) = (Ready::new(&mut store, make).unwrap(), Ready::new(&mut store, get).unwrap());

    let made = call(&mut store, &make, &7_u32.to_le_bytes(), &[]).unwrap();
    assert_eq!(made.bytes, 0_u32.to_le_bytes());
    let [Taken::Resource(resource, true)] = made.handles[..] else { panic!("{:?}", made.handles) };
    for _ in 0..3 {
        let got = call(&mut store, &get, &0_u32.to_le_bytes(), &[Handle::Any(resource)]).unwrap();
        assert_eq!(got.bytes, 7_u32.to_le_bytes());
    }
    // A handle that is not there, and one that is gone, are refused; the instance goes on working.
    assert!(call(&mut store, &get, &1_u32.to_le_bytes(), &[Handle::Any(resource)]).is_err());
    resource.resource_drop(&mut store).unwrap();
    assert!(call(&mut store, &get, &0_u32.to_le_bytes(), &[Handle::Any(resource)]).is_err());
    assert_eq!(call(&mut store, &make, &8_u32.to_le_bytes(), &[]).unwrap().handles.len(), 1);
}

const OF_THE_HOST: &str = r#"(component
  (import "h" (type $h (sub resource)))
  (import "make" (func $make (param "n" u32) (result (own $h))))
  (import "use" (func $use (param "h" (borrow $h)) (result u32)))
  (core func $lowered_make (canon lower (func $make)))
  (core func $lowered_use (canon lower (func $use)))
  (core func $drop (canon resource.drop $h))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "use" (func $use (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param i32) (result i32) (local $h i32) (local $n i32)
      (local.set $h (call $make (local.get 0)))
      (local.set $n (call $use (local.get $h)))
      (call $drop (local.get $h))
      (local.get $n)))
  (core instance $m (instantiate $m (with "" (instance
    (export "make" (func $lowered_make)) (export "use" (func $lowered_use)) (export "drop" (func $drop))))))
  (alias core export $m "run" (core func $run))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $run))))"#;

#[test]
fn the_host_gives_a_resource_and_is_lent_it() {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, OF_THE_HOST).unwrap();
    let ty = |name: &str| match component.component_type().get_import(&engine, name).unwrap().ty {
        ComponentItem::ComponentFunc(ty) => ty,
        other => panic!("{other:?} is no function"),
    };
    let dropped = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::<()>::new(&engine);
    let mut root = linker.root();
    let seen = Arc::clone(&dropped);
    root.resource("h", ResourceType::host_dynamic(1), move |_, number| {
        seen.store(number, Ordering::Relaxed);
        Ok(())
    })
    .unwrap();
    host::define(&mut root, "make", "`make`", &ty("make"), |_, given: Given| {
        let number = u32::from_le_bytes(given.bytes.try_into().unwrap());
        let handles = vec![Handle::Host(number + 100, Ownership::default())];
        Ok(Written {
            bytes: 0_u32.to_le_bytes().to_vec(),
            beside: Vec::new(),
            handles,
            hosts: Some([HostResource::plain(1)].into()),
            names: None,
        })
    })
    .unwrap();
    host::define(&mut root, "use", "`use`", &ty("use"), |mut store: StoreContextMut<'_, ()>, given: Given| {
        let [Taken::Resource(resource, false)] = given.handles[..] else { panic!("{:?}", given.handles) };
        let number = resource.try_into_resource_dynamic(&mut store)?.rep();
        Ok(Written { bytes: number.to_le_bytes().to_vec(), ..Written::default() })
    })
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let run = Ready::new(&mut store, run).unwrap();
    for number in 1..4_u32 {
        let given = call(&mut store, &run, &number.to_le_bytes(), &[]).unwrap();
        assert_eq!(given.bytes, (number + 100).to_le_bytes());
        assert_eq!(dropped.load(Ordering::Relaxed), number + 100);
    }
}
