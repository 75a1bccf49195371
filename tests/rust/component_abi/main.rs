//! Our way of values into components and out of them gives what wasmtime's own values give, for random types and values: as caller
//! and as host, in both directions.
//!
//! The way stands on items of wasmtime's that are outside of its promise of stability. A new version that changes what they mean
//! fails here.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod buffers;
mod random;
mod resources;
mod shared;
mod states;
mod types;
mod values;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};

use trimaran::adapter::call::Ready;
use trimaran::adapter::component_host;
use trimaran::adapter::stream::{Given, LARGE, Values, Written};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Func, Linker, Val};
use wasmtime::{Config, Engine, Store};

use crate::random::Random;
use crate::values::{Stream, value};

/// What core's engines have where no setting is made.
fn config() -> Config {
    let mut config = Config::new();
    config.concurrency_support(false).wasm_component_model_async(false);
    config
}

fn engine(target: Option<&str>) -> Engine {
    let mut config = config();
    config.wasm_component_model_map(true).wasm_component_model_fixed_length_lists(true);
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    if let Some(target) = target {
        config.target(target).unwrap();
    }
    Engine::new(&config).unwrap()
}

/// Who makes the function of the host.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Wasmtime,
    Ours,
    /// Ours as well, which waits before it answers.
    OursWaits,
}

/// Polls to the end.
fn to_end<R>(work: impl Future<Output = R>) -> R {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// A component, and the type of what it imports and exports as `f`.
struct Subject {
    component: Component,
    ty: ComponentFunc,
}

impl Subject {
    fn new(engine: &Engine, text: &str) -> Self {
        let component = Component::new(engine, text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let item = component.component_type().get_import(engine, "f").unwrap().ty;
        let ComponentItem::ComponentFunc(ty) = item else { panic!("{item:?} is no function") };
        Self { component, ty }
    }

    /// An instance whose host function expects these arguments and gives this result.
    fn instance(&self, arguments: &[Val], result: Option<&Val>, host: Host) -> (Store<()>, Func, Func) {
        let mut linker = Linker::<()>::new(self.component.engine());
        let (arguments, result) = (arguments.to_vec(), result.cloned());
        if host != Host::Wasmtime {
            let expected = self.arguments(&arguments, LARGE);
            // A stream that is read in place, and one whose parts stand beside it, mean the same.
            let written = self.result(result.as_ref(), if arguments.len() % 2 == 0 { 0 } else { usize::MAX });
            let answer = move |given: Given| {
                assert_eq!((given.bytes, given.beside), (expected.bytes.clone(), expected.beside.clone()));
                Written { bytes: written.bytes.clone(), beside: written.beside.clone(), ..Written::default() }
            };
            let root = &mut linker.root();
            let defined = match host {
                Host::OursWaits => component_host::define_async(root, "f", "`f`", &self.ty, move |_, given| {
                    let (written, mut is_first) = (answer(given), true);
                    let waits = poll_fn(move |_| match std::mem::take(&mut is_first) {
                        true => Poll::Pending,
                        false => Poll::Ready(()),
                    });
                    Box::pin(async move {
                        waits.await;
                        Ok(written)
                    })
                }),
                _ => component_host::define(root, "f", "`f`", &self.ty, move |_, given| Ok(answer(given))),
            };
            defined.unwrap();
        } else {
            let body = move |_: wasmtime::StoreContextMut<'_, ()>, _, given: &[Val], results: &mut [Val]| {
                assert_eq!(given, arguments);
                results.iter_mut().zip(&result).for_each(|(place, value)| *place = value.clone());
                Ok(())
            };
            linker.root().func_new("f", body).unwrap();
        }
        let mut store = Store::new(self.component.engine(), ());
        let instance = to_end(linker.instantiate_async(&mut store, &self.component)).unwrap();
        let mut func = |name| instance.get_func(&mut store, name).unwrap();
        let (f, l) = (func("f"), func("l"));
        (store, f, l)
    }

    fn arguments(&self, values: &[Val], large: usize) -> Stream {
        let mut stream = Stream::new(large);
        values.iter().zip(self.ty.params()).for_each(|(value, (_, ty))| stream.put(value, &ty));
        stream
    }

    fn result(&self, value: Option<&Val>, large: usize) -> Stream {
        let mut stream = Stream::new(large);
        value.into_iter().zip(self.ty.results()).for_each(|(value, ty)| stream.put(value, &ty));
        stream
    }
}

/// Calls a function with a stream, on a fiber or not.
fn call(store: &mut Store<()>, func: Func, stream: &Stream, waits: bool) -> wasmtime::Result<Given> {
    let ready = Ready::new(&mut *store, func)?;
    let beside: Vec<&[u8]> = stream.beside.iter().map(Vec::as_slice).collect();
    let values = Values { bytes: &stream.bytes, beside: &beside, arrays: None, handles: &[], hosts: &[] };
    let (mut given, has_arrived) = (Given::default(), AtomicBool::new(false));
    if !waits {
        ready.call(store, values, &mut given)?;
        return Ok(given);
    }
    given = to_end(ready.call_waiting(&mut *store, values, &has_arrived))?;
    assert!(has_arrived.into_inner());
    let mut again = Given::default();
    to_end(ready.call_noting_on_fiber(store, values, &mut again, &AtomicBool::new(false)))?;
    assert_eq!((&again.bytes, &again.beside), (&given.bytes, &given.beside));
    Ok(given)
}

fn same_as_wasmtime(engine: &Engine, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut random = Random::new(seed + 1);
        let encoding = ["utf8", "utf16", "latin1+utf16"][random.index(3)];
        let subject = Subject::new(engine, &types::component(&mut random, encoding));
        for _ in 0..3 {
            let arguments: Vec<_> = subject.ty.params().map(|(_, ty)| value(&mut random, &ty)).collect();
            let result = subject.ty.results().next().map(|ty| value(&mut random, &ty));
            for host in [Host::Wasmtime, Host::Ours, Host::OursWaits] {
                let (mut store, f, l) = subject.instance(&arguments, result.as_ref(), host);
                let mut results = vec![Val::Bool(false); usize::from(result.is_some())];
                to_end(f.call_async(&mut store, &arguments, &mut results)).unwrap();
                assert_eq!(results.first(), result.as_ref(), "seed {seed}");
                let wanted = subject.result(result.as_ref(), LARGE);
                let ways: &[bool] = if host == Host::OursWaits { &[true] } else { &[false, true] };
                for (large, waits) in
                    [0, usize::MAX].into_iter().flat_map(|large| ways.iter().map(move |way| (large, *way)))
                {
                    let given = call(&mut store, f, &subject.arguments(&arguments, large), waits).unwrap();
                    assert_eq!((&given.bytes, &given.beside), (&wanted.bytes, &wanted.beside), "seed {seed}");
                }

                let ty = l.ty(&store).results().next().unwrap();
                let list = value(&mut random, &ty);
                let mut given = [Val::Bool(false)];
                to_end(l.call_async(&mut store, std::slice::from_ref(&list), &mut given)).unwrap();
                assert_eq!(given[0], list, "seed {seed}");
                let (mut stream, mut wanted) = (Stream::new(usize::MAX), Stream::new(LARGE));
                stream.put(&list, &ty);
                wanted.put(&list, &ty);
                let given = call(&mut store, l, &stream, host == Host::OursWaits).unwrap();
                assert_eq!((given.bytes, given.beside), (wanted.bytes, wanted.beside), "seed {seed}");
            }
        }
    }
}

#[test]
fn values_are_those_of_wasmtime() {
    same_as_wasmtime(&engine(None), 0..400);
}

#[test]
fn values_are_those_of_wasmtime_on_the_interpreter() {
    same_as_wasmtime(&engine(Some("pulley64")), 400..500);
}

/// A stream that ends early, or too late, is an error, and nothing else.
#[test]
fn a_stream_that_does_not_fit_is_refused() {
    let engine = engine(None);
    for seed in 1000..1040 {
        let mut random = Random::new(seed);
        let subject = Subject::new(&engine, &types::component(&mut random, "utf8"));
        let arguments: Vec<_> = subject.ty.params().map(|(_, ty)| value(&mut random, &ty)).collect();
        let result = subject.ty.results().next().map(|ty| value(&mut random, &ty));
        let stream = subject.arguments(&arguments, usize::MAX);
        let cut = |length: usize| Stream { bytes: stream.bytes[..length].to_vec(), ..Stream::default() };
        let mut long = cut(stream.bytes.len());
        long.bytes.push(0);
        let shorter = (0..stream.bytes.len()).rev().take(20).map(cut);
        for wrong in shorter.chain([long]) {
            for waits in [false, true] {
                let (mut store, f, _) = subject.instance(&arguments, result.as_ref(), Host::Wasmtime);
                assert!(call(&mut store, f, &wrong, waits).is_err(), "seed {seed}");
            }
        }
        // Any other byte gives some value or an error.
        for _ in 0..20 {
            let mut wrong = cut(stream.bytes.len());
            if let Some(byte) = wrong.bytes.len().checked_sub(1).map(|last| random.index(last + 1)) {
                wrong.bytes[byte] ^= 1 << random.below(8);
                let mut linker = Linker::<()>::new(&engine);
                linker.root().func_new("f", |_, _, _, _| wasmtime::bail!("called")).unwrap();
                let mut store = Store::new(&engine, ());
                let instance = linker.instantiate(&mut store, &subject.component).unwrap();
                let f = instance.get_func(&mut store, "f").unwrap();
                assert!(call(&mut store, f, &wrong, false).is_err());
            }
        }
    }
}
