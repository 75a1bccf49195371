//! What the host does when a guest drops an object of its own: once, whatever comes between.

use std::sync::{Arc, Mutex};

use trimaran::adapter::{Arguments, GivenResource, HostDrop, Received, Reply, ResourceValue};
use trimaran::{
    Component, ComponentInstance, ComponentLinker, ComponentResourceType, Config, Engine, HostObject, Result, Store,
    WasmtimeError,
};

use crate::{call, host};

/// Guests own and lose resources `h` of the host: what `make` gives, and what they are given.
const KEEPS: &str = r#"(component
  (import "h" (type $h (sub resource)))
  (import "make" (func $make (param "n" u32) (result (own $h))))
  (core func $make (canon lower (func $make)))
  (core func $drop (canon resource.drop $h))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "keep") (param i32) (result i32) (call $make (local.get 0)))
    (func (export "lose") (param i32) (call $drop (local.get 0)))
    (func (export "take") (param i32) (result i32) (local.get 0))
    (func (export "give") (param i32) (result i32) (local.get 0))
    (func (export "look") (param i32) (call $drop (local.get 0)))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $m (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "keep") (param "n" u32) (result u32) (canon lift (core func $m "keep")))
  (func (export "lose") (param "h" u32) (canon lift (core func $m "lose")))
  (func (export "take") (param "h" (own $h)) (result u32) (canon lift (core func $m "take")))
  (func (export "give") (param "h" u32) (result (own $h)) (canon lift (core func $m "give")))
  (func (export "look") (param "h" (borrow $h)) (canon lift (core func $m "look")))
  (func (export "trap") (canon lift (core func $m "trap"))))"#;

struct Object(u32);

type Told = Arc<Mutex<Vec<String>>>;

/// Notes what is dropped. The one of number 13 fails.
struct Notes {
    told: Told,
    /// What it uses.
    guest: Mutex<Option<(Arc<Store>, Arc<ComponentInstance>)>>,
}

fn number(object: &HostObject) -> u32 {
    object.downcast_ref::<Object>().unwrap().0
}

impl HostDrop for Notes {
    fn dropped(&self, object: &HostObject) -> Result<()> {
        let number = number(object);
        self.told.lock().unwrap().push(format!("dropped {number}"));
        let guest = self.guest.lock().unwrap().clone();
        if let Some((store, instance)) = &guest {
            let Err(WasmtimeError::Busy { reason }) = call(instance, store, &["trap"], &[]) else { panic!() };
            assert!(reason.starts_with("a guest has dropped a resource of the host"), "{reason}");
        }
        match (number, guest) {
            (13, _) => Err(WasmtimeError::thrown(13)),
            (14, Some((store, _))) => store.release(),
            _ => Ok(()),
        }
    }

    fn left(&self, object: &HostObject) {
        let number = number(object);
        self.told.lock().unwrap().push(format!("left {number}"));
        assert_ne!(number, 15, "it fails");
    }
}

struct World {
    engine: Arc<Engine>,
    linker: Arc<ComponentLinker>,
    component: Arc<Component>,
    told: Told,
    notes: Arc<Notes>,
}

fn world(config: Config) -> World {
    let engine = Engine::new(config).unwrap();
    let component = Component::new(&engine, KEEPS.as_bytes()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    let told = Told::default();
    let notes = Arc::new(Notes { told: Arc::clone(&told), guest: Mutex::default() });
    let ty = ComponentResourceType::host_with(Arc::clone(&notes) as _).unwrap();
    linker.define_resource(vec![], "h", &ty).unwrap();
    let make = host(|_, arguments| {
        let number = u32::from_le_bytes(arguments.bytes.try_into().unwrap());
        let value = ResourceValue::Host(Arc::new(Object(number)));
        Ok(Reply { bytes: vec![0; 4], resources: vec![GivenResource { value, is_own: true }], ..Reply::default() })
    });
    linker.define_func(vec![], "make", make).unwrap();
    World { engine, linker, component, told, notes }
}

impl World {
    fn instance(&self) -> (Arc<Store>, Arc<ComponentInstance>) {
        let store = Store::new(&self.engine).unwrap();
        let instance = self.linker.instantiate(&store, &self.component).unwrap();
        (store, instance)
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

fn keep(instance: &ComponentInstance, store: &Store, number: u32) -> u32 {
    let handle = call(instance, store, &["keep"], &number.to_le_bytes()).unwrap().bytes;
    u32::from_le_bytes(handle.try_into().unwrap())
}

fn lose(instance: &ComponentInstance, store: &Store, handle: u32) -> Result<Received> {
    call(instance, store, &["lose"], &handle.to_le_bytes())
}

fn with_object(instance: &ComponentInstance, store: &Store, name: &str, number: u32, is_own: bool) -> Result<Received> {
    let resources = [GivenResource { value: ResourceValue::Host(Arc::new(Object(number))), is_own }];
    let arguments = Arguments { bytes: &[0; 4], resources: &resources, ..Arguments::default() };
    instance.func(store, vec![name.to_owned()])?.call(store, &arguments)
}

#[test]
fn the_host_is_told_when_a_guest_drops_an_object() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    let (one, two) = (keep(&instance, &store, 1), keep(&instance, &store, 2));
    assert!(world.told().is_empty());
    lose(&instance, &store, two).unwrap();
    assert_eq!(world.told(), ["dropped 2"]);
    lose(&instance, &store, one).unwrap();
    assert_eq!(world.told(), ["dropped 1"]);
    // One that is given away by a call, and one that is only lent.
    let handle = with_object(&instance, &store, "take", 3, true).unwrap().bytes;
    with_object(&instance, &store, "look", 4, false).unwrap();
    assert!(world.told().is_empty());
    lose(&instance, &store, u32::from_le_bytes(handle.try_into().unwrap())).unwrap();
    assert_eq!(world.told(), ["dropped 3"]);
    store.release().unwrap();
    assert!(world.told().is_empty());
}

#[test]
fn an_object_that_came_back_is_the_hosts_again() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    let handle = keep(&instance, &store, 1);
    let found = call(&instance, &store, &["give"], &handle.to_le_bytes()).unwrap();
    let [ResourceValue::Host(object)] = &found.resources[..] else { panic!() };
    assert_eq!(number(object), 1);
    store.release().unwrap();
    drop(found);
    assert!(world.told().is_empty());
}

#[test]
fn what_guests_still_own_is_dropped_with_their_store() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    for number in [3, 15, 2, 1] {
        keep(&instance, &store, number);
    }
    let (other, second) = world.instance();
    keep(&second, &other, 7);
    store.release().unwrap();
    // One of them panics, and the others have their turn.
    assert_eq!(world.told(), ["left 3", "left 15", "left 2", "left 1"]);
    store.release().unwrap();
    drop((store, instance));
    assert!(world.told().is_empty());
    // Without a close.
    drop((other, second));
    assert_eq!(world.told(), ["left 7"]);
}

#[test]
fn a_trap_comes_between() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    let handle = keep(&instance, &store, 1);
    let Err(WasmtimeError::Trap { .. }) = call(&instance, &store, &["trap"], &[]) else { panic!() };
    assert_eq!(lose(&instance, &store, handle).err(), Some(WasmtimeError::Poisoned));
    assert!(world.told().is_empty());
    store.release().unwrap();
    assert_eq!(world.told(), ["left 1"]);
}

#[test]
fn what_it_fails_with_comes_out_of_the_call() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    let (bad, _) = (keep(&instance, &store, 13), keep(&instance, &store, 1));
    let Err(WasmtimeError::Host { thrown: Some(13), .. }) = lose(&instance, &store, bad) else { panic!() };
    assert_eq!(world.told(), ["dropped 13"]);
    assert_eq!(lose(&instance, &store, bad).err(), Some(WasmtimeError::Poisoned));
    store.release().unwrap();
    assert_eq!(world.told(), ["left 1"]);
}

#[test]
fn it_enters_no_component_and_may_close_the_store() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    let other = world.linker.instantiate(&store, &world.component).unwrap();
    let (one, last, kept) = (keep(&instance, &store, 1), keep(&instance, &store, 14), keep(&instance, &store, 5));
    *world.notes.guest.lock().unwrap() = Some((Arc::clone(&store), Arc::clone(&other)));
    lose(&instance, &store, one).unwrap();
    assert_eq!(world.told(), ["dropped 1"]);
    // That is over.
    assert_eq!(keep(&other, &store, 6), 1);
    _ = lose(&instance, &store, last);
    assert_eq!(world.told(), ["dropped 14", "left 5", "left 6"]);
    let Err(WasmtimeError::Closed { .. }) = lose(&instance, &store, kept) else { panic!() };
}

#[test]
fn one_that_could_not_be_told_is_told_of_later() {
    let world = world(Config { consume_fuel: Some(true), ..Config::default() });
    let store = Store::new(&world.engine).unwrap();
    store.set_fuel(10_000).unwrap();
    let instance = world.linker.instantiate(&store, &world.component).unwrap();
    let handle = keep(&instance, &store, 1);
    store.set_host_call_fuel(1_000_000).unwrap();
    let Err(WasmtimeError::Trap { .. }) = lose(&instance, &store, handle) else { panic!() };
    assert!(world.told().is_empty());
    store.release().unwrap();
    assert_eq!(world.told(), ["left 1"]);
}

#[test]
fn the_type_that_an_instance_names_tells_as_well() {
    let world = world(Config::default());
    let (store, instance) = world.instance();
    keep(&instance, &store, 1);
    drop(world.linker);
    drop(instance);
    std::thread::spawn(move || drop(store)).join().unwrap();
    assert_eq!(*world.told.lock().unwrap(), ["left 1"]);
}
