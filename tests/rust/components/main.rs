//! Components through the core's own objects: linked, called, trapped, with resources of guests and of the host.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod drops;
mod files;
mod http;
mod plain;
mod serving;
mod wasi;
mod weight;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use trimaran::adapter::{
    Arguments, ComponentHostFunction, GivenResource, HostFuncType, Received, Reply, ResourceValue,
};
use trimaran::{
    Component, ComponentInstance, ComponentLinker, ComponentResourceType, Config, Engine, ModuleLimits, Result, Store,
    WasmtimeError,
};

type Function = dyn Fn(&Store, Received) -> Result<Reply> + Send + Sync;

struct Host(Box<Function>);

impl ComponentHostFunction for Host {
    fn call(&self, store: &Store, _: u64, _: &HostFuncType, arguments: Received) -> Result<Reply> {
        (self.0)(store, arguments)
    }
}

fn host(function: impl Fn(&Store, Received) -> Result<Reply> + Send + Sync + 'static) -> Arc<Host> {
    Arc::new(Host(Box::new(function)))
}

fn engine() -> Arc<Engine> {
    Engine::new(Config::default()).unwrap()
}

fn call(instance: &ComponentInstance, store: &Store, path: &[&str], bytes: &[u8]) -> Result<Received> {
    let path = path.iter().map(|name| (*name).to_owned()).collect();
    instance.func(store, path)?.call(store, &Arguments { bytes, ..Arguments::default() })
}

/// `run` calls the host's `f` in the instance `a:b/c@0.2.1`; `trap` traps.
const CALLS: &str = r#"(component
  (import "a:b/c@0.2.1" (instance $c (export "f" (func (param "n" u32) (result u32)))))
  (core func $f (canon lower (func $c "f")))
  (core module $m
    (import "" "f" (func $f (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func $run (param "n" u32) (result u32) (canon lift (core func $m "run")))
  (func $trap (canon lift (core func $m "trap")))
  (instance $api (export "run" (func $run)) (export "trap" (func $trap)))
  (export "api" (instance $api)))"#;

#[test]
fn a_component_calls_the_host_and_is_poisoned_by_a_trap() {
    let engine = engine();
    let component = Component::new(&engine, CALLS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let store = Store::new(&engine).unwrap();
    let Err(WasmtimeError::Link { reason, module, name }) = linker.instantiate(&store, &component) else { panic!() };
    assert_eq!(reason, "1 import is not defined in the linker: `a:b/c@0.2.1` `f`: func(n: u32) -> u32");
    assert_eq!((module.as_str(), name.as_str()), ("a:b/c@0.2.1", "f"));
    let double = host(|_, arguments| {
        let number = u32::from_le_bytes(arguments.bytes.try_into().unwrap());
        match number.checked_mul(2) {
            Some(twice) => Ok(Reply { bytes: twice.to_le_bytes().to_vec(), ..Reply::default() }),
            None => Err(WasmtimeError::thrown(7)),
        }
    });
    // A compatible version serves.
    linker.define_func(vec!["a:b/c@0.2.9".to_owned()], "f", double).unwrap();
    let pre = linker.instantiate_pre(&component).unwrap();
    let (one, other) = (pre.instantiate(&store).unwrap(), pre.instantiate(&store).unwrap());
    assert_eq!(call(&one, &store, &["api", "run"], &21_u32.to_le_bytes()).unwrap().bytes, 42_u32.to_le_bytes());
    let Err(WasmtimeError::NotFound { reason, .. }) = call(&one, &store, &["api", "go"], &[]) else { panic!() };
    assert_eq!(reason, "there is no export `api` `go`: `api` exports `run`, `trap`");
    let Err(WasmtimeError::Type { reason }) = call(&one, &store, &["api"], &[]) else { panic!() };
    assert_eq!(reason, "the export `api` is an instance: expected a function");
    let Err(WasmtimeError::Host { thrown: Some(7), .. }) = call(&one, &store, &["api", "run"], &u32::MAX.to_le_bytes())
    else {
        panic!()
    };
    // No component of that store goes on; another store knows nothing of it.
    assert_eq!(call(&one, &store, &["api", "run"], &1_u32.to_le_bytes()).err(), Some(WasmtimeError::Poisoned));
    assert_eq!(call(&other, &store, &["api", "run"], &1_u32.to_le_bytes()).err(), Some(WasmtimeError::Poisoned));
    let store = Store::new(&engine).unwrap();
    let other = pre.instantiate(&store).unwrap();
    assert_eq!(call(&other, &store, &["api", "run"], &1_u32.to_le_bytes()).unwrap().bytes, 2_u32.to_le_bytes());
    let Err(WasmtimeError::Trap { frames, .. }) = call(&other, &store, &["api", "trap"], &[]) else { panic!() };
    assert_eq!(frames.len(), 1);
    assert_eq!(call(&other, &store, &["api", "trap"], &[]).err(), Some(WasmtimeError::Poisoned));
}

#[test]
fn an_instance_is_not_entered_while_it_is_in_a_call() {
    let engine = engine();
    let component = Component::new(&engine, CALLS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance: Arc<Mutex<Option<Arc<ComponentInstance>>>> = Arc::default();
    let seen = Arc::clone(&instance);
    let again = host(move |store, _| {
        let Some(instance) = seen.lock().unwrap().take() else { panic!() };
        let Err(WasmtimeError::Busy { .. }) = call(&instance, store, &["api", "trap"], &[]) else { panic!() };
        Ok(Reply { bytes: vec![0; 4], ..Reply::default() })
    });
    linker.define_func(vec!["a:b/c@0.2.1".to_owned()], "f", again).unwrap();
    let made = linker.instantiate(&store, &component).unwrap();
    *instance.lock().unwrap() = Some(Arc::clone(&made));
    call(&made, &store, &["api", "run"], &[0; 4]).unwrap();
}

/// The host's resource `h`: `run` makes one, uses it, and drops it.
const HOSTS: &str = r#"(component
  (import "h" (type $h (sub resource)))
  (import "make" (func $make (param "n" u32) (result (own $h))))
  (import "use" (func $use (param "h" (borrow $h)) (result u32)))
  (core func $make (canon lower (func $make)))
  (core func $use (canon lower (func $use)))
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
    (export "make" (func $make)) (export "use" (func $use)) (export "drop" (func $drop))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run"))))"#;

#[test]
fn objects_of_the_host_are_resources_of_guests() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Object(u32);
    impl Drop for Object {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let engine = engine();
    let component = Component::new(&engine, HOSTS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_resource(vec![], "h", &ComponentResourceType::host().unwrap()).unwrap();
    let make = host(|_, arguments| {
        let number = u32::from_le_bytes(arguments.bytes.try_into().unwrap());
        let value = ResourceValue::Host(Arc::new(Object(number)));
        Ok(Reply { bytes: vec![0; 4], resources: vec![GivenResource { value, is_own: true }], ..Reply::default() })
    });
    linker.define_func(vec![], "make", make).unwrap();
    let user = host(|_, arguments| {
        let [ResourceValue::Host(object)] = &arguments.resources[..] else { panic!() };
        let number = object.downcast_ref::<Object>().unwrap().0;
        Ok(Reply { bytes: number.to_le_bytes().to_vec(), ..Reply::default() })
    });
    linker.define_func(vec![], "use", user).unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = linker.instantiate(&store, &component).unwrap();
    for number in 1..4_u32 {
        let found = call(&instance, &store, &["run"], &number.to_le_bytes()).unwrap();
        assert_eq!(found.bytes, number.to_le_bytes());
        assert_eq!(DROPPED.load(Ordering::Relaxed), number as usize);
    }
}

/// A guest's resource, whose destructor counts.
const GUESTS: &str = r#"(component
  (core module $d
    (global $n (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $n)))
  (core instance $d (instantiate $d))
  (type $inner (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $inner))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (export $r "r" (type $inner))
  (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "get") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "get")))
  (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))"#;

#[test]
fn resources_of_guests_are_lent_and_dropped_once() {
    let engine = engine();
    let component = Component::new(&engine, GUESTS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let store = Store::new(&engine).unwrap();
    let (one, other) =
        (linker.instantiate(&store, &component).unwrap(), linker.instantiate(&store, &component).unwrap());
    let dropped = || call(&one, &store, &["dropped"], &[]).unwrap().bytes;
    let make = || {
        let found = call(&one, &store, &["make"], &7_u32.to_le_bytes()).unwrap();
        let [ResourceValue::Guest(resource)] = &found.resources[..] else { panic!() };
        Arc::clone(resource)
    };
    let get = |instance: &ComponentInstance, value: &ResourceValue| {
        let resources = [GivenResource { value: value.clone(), is_own: false }];
        let arguments = Arguments { bytes: &[0; 4], resources: &resources, ..Arguments::default() };
        instance.func(&store, vec!["get".to_owned()])?.call(&store, &arguments)
    };
    let resource = make();
    let value = ResourceValue::Guest(Arc::clone(&resource));
    assert_eq!(get(&one, &value).unwrap().bytes, 7_u32.to_le_bytes());
    // Of another instance it is of another type; neither instance is harmed.
    let Err(WasmtimeError::Type { .. }) = get(&other, &value) else { panic!() };
    assert_eq!(get(&one, &value).unwrap().bytes, 7_u32.to_le_bytes());
    resource.resource_drop(&store).unwrap();
    resource.resource_drop(&store).unwrap();
    assert_eq!(dropped(), 1_u32.to_le_bytes());
    let Err(WasmtimeError::Closed { .. }) = get(&one, &value) else { panic!() };
    // One that is let go of is dropped at the next use.
    drop(make());
    assert_eq!(dropped(), 2_u32.to_le_bytes());
}

#[test]
fn a_component_is_kept_as_bytes() {
    let engine = engine();
    let component = Component::new(&engine, GUESTS.as_bytes()).unwrap();
    let kept = component.serialize().unwrap();
    Component::deserialize(&engine, &kept).unwrap();
    let mut damaged = kept.clone();
    damaged[100] ^= 1;
    let Err(WasmtimeError::Artifact { .. }) = Component::deserialize(&engine, &damaged) else { panic!() };
    let Err(WasmtimeError::Artifact { .. }) = trimaran::Module::deserialize(&engine, &kept) else { panic!() };
    Component::unpack(&component.pack().unwrap()).unwrap();
}

#[test]
fn limits_hold_for_the_modules_in_a_component() {
    let module_limits = Some(ModuleLimits { functions: Some(1), ..ModuleLimits::default() });
    let engine = Engine::new(Config { module_limits, ..Config::default() }).unwrap();
    let Err(WasmtimeError::Limit { reason }) = Component::new(&engine, GUESTS.as_bytes()) else { panic!() };
    assert!(reason.contains("2 functions"), "{reason}");
}

#[test]
fn a_component_that_doubles_itself_is_refused() {
    let mut text = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        text = format!(
            "(component $c{level} {text} (instance (instantiate $c{inner})) (instance (instantiate $c{inner})))"
        );
    }
    let Err(WasmtimeError::Limit { reason }) = Component::new(&engine(), text.as_bytes()) else { panic!() };
    assert!(reason.contains("instances"), "{reason}");
}
