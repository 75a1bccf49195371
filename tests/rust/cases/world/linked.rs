//! Linkers, prepared instances, and what engines and stores are set to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use trimaran::{Engine, Extern, Func, HostFunction, InstancePre, Linker, Module, Result, Store, StoreLimits};

use super::hosted::{Body, func_type};
use super::{Object, Outcome, Run, Step, World, plain, source};

/// The bodies of a linker's host functions, by their numbers.
type Bodies = Arc<Mutex<BTreeMap<u64, Arc<dyn HostFunction>>>>;

#[derive(Clone)]
pub(super) struct Linked {
    pub(super) linker: Arc<Linker>,
    bodies: Bodies,
}

#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) pre: Arc<InstancePre>,
    bodies: Bodies,
}

/// Gives the host functions of those numbers their bodies in the store.
fn attach(bodies: &Bodies, store: &Store, hosts: &[u64], host: impl Fn(u64) -> Result<Arc<Func>>) -> Result<()> {
    hosts.iter().try_for_each(|number| {
        // An async one has a body of its own.
        let body = bodies.lock().unwrap().get(number).map(Arc::clone);
        body.map_or(Ok(()), |body| host(*number)?.attach_values(store, body))
    })
}

impl Linked {
    pub(super) fn prepare(&self, store: &Store, module: Option<&Arc<Module>>) -> Result<()> {
        let hosts = self.linker.hosts(store, module.map(Arc::clone))?;
        attach(&self.bodies, store, &hosts, |number| self.linker.host(store, number))
    }
}

impl Prepared {
    pub(super) fn prepare(&self, store: &Store) -> Result<()> {
        let hosts = self.pre.hosts(store)?;
        attach(&self.bodies, store, &hosts, |number| self.pre.host(store, number))
    }
}

impl World {
    pub(super) fn run_linked(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        let kept = |item| Outcome::Kept(Object::Extern(item));
        let instance = |instance| Outcome::Kept(Object::Instance(instance));
        match step.text("op")? {
            "linker" => {
                let bodies = Bodies::default();
                let linker = Linker::new(&*self.engine(step)?);
                return Ok(linker.map(|linker| Outcome::Kept(Object::Linker(Linked { linker, bodies }))));
            }
            "instantiate" => {
                let (pre, store) = (self.pre(step)?, self.store(step)?);
                return Ok(pre.prepare(&store).and_then(|()| pre.pre.instantiate(&store)).map(instance));
            }
            _ => {}
        }
        let linked = self.linker(step)?;
        let linker = &linked.linker;
        Ok(match step.text("op")? {
            "allow_shadowing" => {
                linker.allow_shadowing(step.value("allow")?.as_bool().ok_or("`allow` is no truth value")?).map(nothing)
            }
            "define" => {
                let item = self.import(step.value("item")?)?;
                linker.define(&*self.store(step)?, step.text("from")?, step.text("name")?, item).map(nothing)
            }
            "define_func" => {
                let body = Body { objects: self.objects.clone(), body: step.value("body")?.clone() };
                let ty = func_type(step.value("type")?)?;
                let number = linker.define_func(step.text("from")?, step.text("name")?, ty);
                number.map(|number| _ = linked.bodies.lock().unwrap().insert(number, Arc::new(body))).map(nothing)
            }
            "define_instance" => {
                linker.define_instance(&*self.store(step)?, step.text("from")?, &*self.instance(step)?).map(nothing)
            }
            "define_module" => {
                let (store, module) = (self.store(step)?, self.module(step)?);
                linked
                    .prepare(&store, Some(&module))
                    .and_then(|()| linker.define_module(&store, step.text("from").unwrap(), &module))
                    .map(nothing)
            }
            "define_wasi" => linker.define_wasi().map(nothing),
            "unknown_imports_as_traps" => linker.define_unknown_imports_as_traps(&*self.module(step)?).map(nothing),
            "unknown_imports_as_default_values" => {
                linker.define_unknown_imports_as_default_values(&*self.store(step)?, &*self.module(step)?).map(nothing)
            }
            "linker_get" => {
                let (store, from, name) = (self.store(step)?, step.text("from")?, step.text("name")?);
                linked.prepare(&store, None).and_then(|()| linker.get(&store, from, name)).map(kept)
            }
            "get_default" => {
                let (store, from) = (self.store(step)?, step.text("from")?);
                let found = linked.prepare(&store, None).and_then(|()| linker.get_default(&store, from));
                found.map(|func| kept(Extern::OfFunc { func }))
            }
            "link" => {
                let (store, module) = (self.store(step)?, self.module(step)?);
                linked.prepare(&store, Some(&module)).and_then(|()| linker.instantiate(&store, &module)).map(instance)
            }
            "instantiate_pre" => linker
                .instantiate_pre(&*self.module(step)?)
                .map(|pre| Outcome::Kept(Object::Pre(Prepared { pre, bodies: Arc::clone(&linked.bodies) }))),
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }

    pub(super) fn run_engine(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        let artifact = |bytes| Outcome::Kept(Object::Artifact(bytes));
        let module = |module| Outcome::Kept(Object::Module(module));
        let number = |name| step.text(name)?.parse::<u64>().map_err(|_| format!("`{name}` is no natural number"));
        Ok(match step.text("op")? {
            "set_limits" => {
                let limit = |name| step.optional(name).map(|_| step.natural(name)).transpose();
                let limits = StoreLimits {
                    memory_size: limit("memory_size")?,
                    table_elements: limit("table_elements")?,
                    instances: limit("instances")?,
                    tables: limit("tables")?,
                    memories: limit("memories")?,
                    file_descriptors: limit("file_descriptors")?,
                    trap_on_grow_failure: step.optional("trap_on_grow_failure") == Some(&Value::Bool(true)),
                };
                self.store(step)?.set_limits(limits).map(nothing)
            }
            "set_fuel" => self.store(step)?.set_fuel(number("fuel")?).map(nothing),
            "set_host_call_fuel" => self.store(step)?.set_host_call_fuel(number("fuel")?).map(nothing),
            "get_fuel" => self.store(step)?.fuel().map(|fuel| plain(fuel.to_string())),
            "set_epoch_deadline" => self.store(step)?.set_epoch_deadline(step.int("ticks")?).map(nothing),
            "set_timeout" => {
                let time = step.value("milliseconds")?;
                self.store(step)?.set_timeout(time.as_u64()).map(nothing)
            }
            "increment_epoch" => self.engine(step)?.increment_epoch().map(nothing),
            "gc" => self.store(step)?.gc().map(nothing),
            "precompile" => self.engine(step)?.precompile(&source(step)?).map(artifact),
            "accepts" => self.engine(step)?.accepts(&self.flipped(step)?).map(plain),
            "same_compatibility" => same(&*self.engine(step)?, &*self.other(step)?).map(plain),
            "pack" => self.module(step)?.pack().map(artifact),
            "unpack" => Module::unpack(&self.flipped(step)?).map(module),
            "engine_of" => self.module(step)?.engine().map(|engine| Outcome::Kept(Object::Engine(engine))),
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }
}

fn same(engine: &Engine, other: &Engine) -> Result<bool> {
    Ok(engine.compatibility_hash()? == other.compatibility_hash()?)
}
