//! Components: what each step does, and the functions of the host that they call.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trimaran::adapter::{Arguments, ComponentHostFunction, HostDrop, HostFuncType, Received, Reply, ResourceValue};
use trimaran::{
    Component, ComponentFunc, ComponentInstance, ComponentInstancePre, ComponentLinker, ComponentResource,
    ComponentResourceType, ComponentTypeKind, ComponentTypes, Engine, HostObject, Result, Store, component_type_text,
};

use super::component_values::{Reader, Writer};
use super::hosted::Objects;
use super::{Object, Outcome, Run, World, module_file, plain, source};
use crate::programs;
use crate::step::{Problem, Step};

macro_rules! component_getter {
    ($($name:ident: $field:literal, $variant:pat => $value:expr, $ty:ty;)*) => {
        $(pub(super) fn $name(&self, step: &Step<'_>) -> std::result::Result<$ty, Problem> {
            let name = step.text($field)?;
            match self.objects.get(name) {
                Some($variant) => Ok($value),
                _ => Err(format!("`{name}` is no {} of a component", $field)),
            }
        })*
    };
}

/// The names of a path.
pub(super) fn path(step: &Step<'_>) -> std::result::Result<Vec<String>, Problem> {
    let names = step.value("path")?.as_array().ok_or("`path` is no list")?;
    names.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(|| "`path` has no text".to_owned())).collect()
}

impl World {
    component_getter! {
        component: "component", Object::Component(component) => component, Arc<Component>;
        component_linker: "linker", Object::ComponentLinker(linker) => linker, Arc<ComponentLinker>;
        component_pre: "pre", Object::ComponentPre(pre) => pre, Arc<ComponentInstancePre>;
        component_instance: "instance", Object::ComponentInstance(instance) => instance, Arc<ComponentInstance>;
        component_func: "func", Object::ComponentFunc(func) => func, Arc<ComponentFunc>;
        component_resource: "resource", Object::Resource(resource) => resource, Arc<ComponentResource>;
        resource_type: "resource", Object::ResourceType(ty) => ty, Arc<ComponentResourceType>;
        other_type: "other", Object::ResourceType(ty) => ty, Arc<ComponentResourceType>;
    }

    pub(super) fn run_component(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        Ok(match step.text("op")? {
            "component" => {
                let engine = self.engine(step)?;
                let component = match (step.optional("file"), step.optional("program")) {
                    (Some(file), _) => Component::from_file(&engine, module_file(file)?.into()),
                    (None, Some(program)) => compiled(&engine, program.as_str().ok_or("`program` is no text")?),
                    (None, None) => Component::new(&engine, &source(step)?),
                };
                component.map(|component| Outcome::Kept(Object::Component(component)))
            }
            "validate_component" => trimaran::validate_component(&*self.engine(step)?, &source(step)?).map(nothing),
            "component_precompile" => trimaran::precompile_component(&*self.engine(step)?, &source(step)?)
                .map(|bytes| Outcome::Kept(Object::Artifact(bytes))),
            "component_serialize" => {
                self.component(step)?.serialize().map(|bytes| Outcome::Kept(Object::Artifact(bytes)))
            }
            "component_deserialize" => {
                let (engine, artifact) = (self.engine(step)?, self.flipped(step)?);
                Component::deserialize(&engine, &artifact).map(|component| Outcome::Kept(Object::Component(component)))
            }
            "component_pack" => self.component(step)?.pack().map(|bytes| Outcome::Kept(Object::Artifact(bytes))),
            "component_unpack" => {
                Component::unpack(&self.flipped(step)?).map(|component| Outcome::Kept(Object::Component(component)))
            }
            "component_imports" => self.component(step)?.types().and_then(|types| lines(&types, 0)).map(plain),
            "component_exports" => self.component(step)?.types().and_then(|types| lines(&types, 1)).map(plain),
            _ => return self.run_component_linked(step),
        })
    }

    fn run_component_linked(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        let instance = |instance| Outcome::Kept(Object::ComponentInstance(instance));
        Ok(match step.text("op")? {
            "component_linker" => {
                ComponentLinker::new(&*self.engine(step)?).map(|linker| Outcome::Kept(Object::ComponentLinker(linker)))
            }
            "component_shadowing" => {
                let allow = step.value("allow")?.as_bool().ok_or("`allow` is no truth value")?;
                self.component_linker(step)?.allow_shadowing(allow).map(nothing)
            }
            "component_define" if Self::is_async(step) => self.define_async_component(step)?,
            "component_call_async"
            | "component_start"
            | "component_join"
            | "component_release"
            | "component_keep_async"
            | "component_read_async"
            | "component_link_async"
            | "component_instantiate_async" => self.run_component_waiting(step)?,
            "component_define" => {
                let body = step.value("body")?.clone();
                if body["op"] == "collect" {
                    let name = body["as"].as_str().ok_or("`as` is no text")?;
                    self.objects.keep(name, Object::Collected(Arc::default()));
                }
                let function = Arc::new(Body { objects: self.objects.clone(), body });
                self.component_linker(step)?.define_func(path(step)?, step.text("name")?, function).map(nothing)
            }
            "component_define_instance" => self.component_linker(step)?.define_instance(path(step)?).map(nothing),
            "component_define_module" => {
                let module = self.module(step)?;
                self.component_linker(step)?.define_module(path(step)?, step.text("name")?, &module).map(nothing)
            }
            "component_define_resource" => {
                let ty = match step.optional("drops").and_then(Value::as_str) {
                    None => ComponentResourceType::host().unwrap(),
                    Some(name) => {
                        let dropped = Collected::default();
                        self.objects.keep(name, Object::Collected(Arc::clone(&dropped)));
                        ComponentResourceType::host_with(Arc::new(Drops(dropped))).unwrap()
                    }
                };
                let defined = self.component_linker(step)?.define_resource(path(step)?, step.text("name")?, &ty);
                defined.map(|()| Outcome::Kept(Object::ResourceType(ty)))
            }
            "component_unknown_imports_as_traps" => {
                let component = self.component(step)?;
                self.component_linker(step)?.define_unknown_imports_as_traps(&component).map(nothing)
            }
            "component_define_wasi" => self.component_linker(step)?.define_wasi().map(nothing),
            "component_link" => {
                let (store, component) = (self.store(step)?, self.component(step)?);
                self.component_linker(step)?.instantiate(&store, &component).map(instance)
            }
            "component_pre" => {
                let component = self.component(step)?;
                let pre = self.component_linker(step)?.instantiate_pre(&component);
                pre.map(|pre| Outcome::Kept(Object::ComponentPre(pre)))
            }
            "component_serve" => self.serve(step)?,
            "component_instantiate" => self.component_pre(step)?.instantiate(&*self.store(step)?).map(instance),
            _ => return self.run_component_instance(step),
        })
    }

    fn run_component_instance(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        Ok(match step.text("op")? {
            "component_func" => {
                let store = self.store(step)?;
                let func = self.component_instance(step)?.func(&store, path(step)?);
                func.map(|func| Outcome::Kept(Object::ComponentFunc(func)))
            }
            "component_func_type" => self.component_func(step)?.types().and_then(component_type_text).map(plain),
            "component_module" => {
                let store = self.store(step)?;
                let module = self.component_instance(step)?.module(&store, path(step)?);
                module.map(|module| Outcome::Kept(Object::Module(module)))
            }
            "component_resource" => {
                let store = self.store(step)?;
                let ty = self.component_instance(step)?.resource(&store, path(step)?);
                ty.map(|ty| Outcome::Kept(Object::ResourceType(ty)))
            }
            "component_same_resource" => self.resource_type(step)?.same(&*self.other_type(step)?).map(plain),
            "component_call" => {
                let (store, func) = (self.store(step)?, self.component_func(step)?);
                let values = step.value("args")?.as_array().ok_or("`args` is no list")?;
                let received = call(&self.objects, &store, &func, values);
                received.map(|received| {
                    let mut values = Reader::new(&self.objects, &received).row(func.results());
                    plain(values.pop().unwrap_or_default())
                })
            }
            "component_keep" => {
                let (store, func) = (self.store(step)?, self.component_func(step)?);
                let values = step.value("args")?.as_array().ok_or("`args` is no list")?;
                match call(&self.objects, &store, &func, values) {
                    // A resource alone, or one that is `ok`, stands at no other place.
                    Ok(received) => match &received.resources[..] {
                        [ResourceValue::Guest(resource)] => Ok(Outcome::Kept(Object::Resource(Arc::clone(resource)))),
                        [ResourceValue::Stream(stream)] => Ok(Outcome::Kept(Object::Stream(Arc::clone(stream)))),
                        _ => return Err("it gave no resource".to_owned()),
                    },
                    Err(error) => Err(error),
                }
            }
            "component_drop" => self.component_resource(step)?.resource_drop(&*self.store(step)?).map(nothing),
            "component_is_alive" => self.component_resource(step)?.is_alive().map(plain),
            "component_collected" | "component_dropped" => match self.objects.get(step.text("host")?) {
                Some(Object::Collected(calls)) => Ok(plain(calls.lock().unwrap().clone())),
                _ => return Err("it collects nothing".to_owned()),
            },
            _ => return self.run_component_stream(step),
        })
    }
}

fn call(objects: &Objects, store: &Store, func: &ComponentFunc, values: &[Value]) -> Result<Received> {
    func.check(store)?;
    let Writer { bytes, resources, .. } = Writer::arguments(objects, func.params(), values)?;
    func.call(store, &Arguments { bytes: &bytes, beside: &[], arrays: None, resources: &resources })
}

/// A real program, compiled. What comes out is kept beside it, for every language and the next run.
fn compiled(engine: &Engine, name: &str) -> Result<Arc<Component>> {
    // One case compiles it, and the others wait.
    static COMPILING: Mutex<()> = Mutex::new(());
    let _compiling = COMPILING.lock();
    let target = std::env::var("TRIMARAN_TEST_TARGET").unwrap_or_else(|_| "native".to_owned());
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let kept = text(programs().join(format!("{name}.{target}.cwasm")));
    if let Ok(component) = Component::deserialize_file(engine, kept.as_str().into()) {
        return Ok(component);
    }
    let component = Component::from_file(engine, text(programs().join(name)).into())?;
    let fresh = format!("{kept}.{}", std::process::id());
    std::fs::write(&fresh, component.serialize()?).unwrap();
    std::fs::rename(fresh, kept).unwrap();
    Ok(component)
}

/// The imports or the exports of a component, each as a line.
fn lines(types: &ComponentTypes, which: usize) -> Result<Vec<String>> {
    let node = |place: u32| &types.nodes[place as usize];
    let items = node(node(types.root).parts[which].unwrap());
    assert_eq!(items.kind, ComponentTypeKind::Instance);
    let line = |(name, part): (&String, &Option<u32>)| {
        let table = ComponentTypes { nodes: types.nodes.clone(), root: part.unwrap() };
        Ok(format!("{name}: {}", component_type_text(table)?))
    };
    items.names.iter().zip(&items.parts).map(line).collect()
}

/// What the calls of a host function were given.
pub(super) type Collected = Arc<Mutex<Vec<Value>>>;

/// Collects the objects that guests have dropped.
struct Drops(Collected);

impl Drops {
    fn collect(&self, object: &HostObject) {
        self.0.lock().unwrap().push(json!(["object", object.downcast_ref::<String>().unwrap()]));
    }
}

impl HostDrop for Drops {
    fn dropped(&self, object: &HostObject) -> Result<()> {
        self.collect(object);
        Ok(())
    }

    fn left(&self, object: &HostObject) {
        self.collect(object);
    }
}

/// A host function of the catalogue.
pub(super) struct Body {
    pub(super) objects: Objects,
    pub(super) body: Value,
}

impl ComponentHostFunction for Body {
    fn call(&self, store: &Store, _: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply> {
        let (body, objects) = (&self.body, &self.objects);
        let text = |name: &str| body[name].as_str().unwrap();
        let first = || match &arguments.resources[..] {
            [ResourceValue::Guest(resource), ..] => Arc::clone(resource),
            _ => panic!("no resource"),
        };
        let value = match text("op") {
            "echo" => {
                // The stream of an argument is that of a result.
                let resources = arguments.resources.into_iter();
                let resources =
                    resources.map(|value| trimaran::adapter::GivenResource { value, is_own: true }).collect();
                return Ok(Reply { bytes: arguments.bytes, beside: arguments.beside, resources });
            }
            "give" => body["value"].clone(),
            "throw" => return Err(objects.throw(text("as"))),
            "call" => {
                let Some(Object::ComponentFunc(func)) = objects.get(text("func")) else { panic!("no function") };
                let given = call(objects, store, &func, body["args"].as_array().unwrap())?;
                Reader::new(objects, &given).row(func.results()).pop().unwrap_or_default()
            }
            "forward" => {
                let Some(Object::ComponentFunc(func)) = objects.get(text("func")) else { panic!("no function") };
                let Some(Object::Store(store)) = objects.get(text("store")) else { panic!("no store") };
                let values = Reader::new(objects, &arguments).row(&ty.params);
                let given = call(objects, &store, &func, &values)?;
                Reader::new(objects, &given).row(func.results()).pop().unwrap_or_default()
            }
            "collect" => {
                let Some(Object::Collected(calls)) = objects.get(text("as")) else { panic!("nothing collects") };
                calls.lock().unwrap().push(json!(Reader::new(objects, &arguments).row(&ty.params)));
                body["value"].clone()
            }
            "close" => {
                let Some(Object::Store(store)) = objects.get(text("store")) else { panic!("no store") };
                store.release()?;
                Value::Null
            }
            "drop" => {
                first().resource_drop(store)?;
                Value::Null
            }
            "try_drop" => {
                let Some(Object::Resource(resource)) = objects.get(text("resource")) else { panic!("no resource") };
                let failed = format!("{:?}", resource.resource_drop(store).unwrap_err());
                assert!(failed.starts_with(text("variant")), "{failed}");
                Value::Null
            }
            "escape" => {
                objects.keep(text("as"), Object::Resource(first()));
                Value::Null
            }
            unknown => panic!("unknown body `{unknown}`"),
        };
        let written = Writer::result(objects, &ty.results, &value).map_err(|error| error.in_host_func(&ty.name))?;
        Ok(Reply { bytes: written.bytes, beside: Vec::new(), resources: written.resources })
    }
}
