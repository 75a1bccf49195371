//! Async calls of components, and what async functions of the host do.

use std::any::Any;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use trimaran::adapter::{
    ComponentHostCall, ComponentHostFunction, HostFuncType, OwnedArguments, Received, Reply, ResourceValue,
    Run as GuestRun, Token,
};
use trimaran::{ComponentFunc, ComponentInstance, Result, Store};

use super::component_streams::{PART, Source};
use super::component_values::{Reader, Writer};
use super::components::{Body, path};
use super::hosted::Objects;
use super::waiting::{Answers, Task, Tasks, Work, ended};
use super::{Object, Outcome, Run, Step, World, plain};

/// A call of a component's function, in a task of its own, and what it gives.
#[derive(Clone)]
pub(super) struct ComponentTask {
    pub(super) task: Arc<Task>,
    received: Arc<Mutex<Option<Received>>>,
    func: Arc<ComponentFunc>,
}

/// What an async function of the host does.
#[derive(Clone)]
struct Waits {
    objects: Objects,
    tasks: Tasks,
    body: Value,
}

impl ComponentTask {
    fn kept_stream(&self) -> Result<Result<Outcome>, String> {
        match self.received.lock().unwrap().take().as_ref().map(|received| &received.resources[..]) {
            Some([ResourceValue::Stream(stream)]) => Ok(Ok(Outcome::Kept(Object::Stream(Arc::clone(stream))))),
            _ => Err("it gave no stream".to_owned()),
        }
    }
}

impl ComponentHostFunction for Waits {
    fn call(&self, _: &Store, _: u64, _: &HostFuncType, _: Received) -> Result<Reply> {
        panic!("an async host function was called as another one")
    }

    fn as_async(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl Answers for ComponentHostCall {
    fn answer(self, store: Arc<Store>, token: Token) -> Work<Reply> {
        if let Some(source) = self.function().and_then(|any| any.downcast_ref::<Source>()).cloned() {
            return source.answer(Arc::clone(self.ty()));
        }
        let function: &Waits = self.function().and_then(|any| any.downcast_ref()).unwrap();
        let (function, ty) = (function.clone(), Arc::clone(self.ty()));
        function.run(store, token, ty, self.into_arguments())
    }
}

impl Waits {
    fn run(self, store: Arc<Store>, token: Token, ty: Arc<HostFuncType>, arguments: Received) -> Work<Reply> {
        Box::pin(async move {
            self.tasks.others().await;
            let text = |name: &str| self.body[name].as_str().unwrap();
            let value = match text("op") {
                "call" => {
                    let Some(Object::ComponentFunc(func)) = self.objects.get(text("func")) else {
                        panic!("no function")
                    };
                    let values = self.body["args"].as_array().unwrap();
                    let given =
                        ended(begin(&self.objects, &store, &func, values, Some(token))?, self.tasks.clone()).await?;
                    Reader::new(&self.objects, &given).row(func.results()).pop().unwrap_or_default()
                }
                "reads" => {
                    let [ResourceValue::Stream(stream)] = &arguments.resources[..] else { panic!("no stream") };
                    let most = self.body["most"].as_u64().map_or(PART, |most| u32::try_from(most).unwrap());
                    for _ in 0..self.body["times"].as_u64().unwrap() {
                        ended(stream.start_read(&store, most, Some(token))?, self.tasks.clone()).await?;
                    }
                    stream.release()?;
                    self.body["value"].clone()
                }
                "hold" => {
                    let released = self.tasks.held(&self.objects, text("as")).await;
                    if let Some(name) = released["throw"].as_str() {
                        return Err(self.objects.throw(name));
                    }
                    released["value"].clone()
                }
                op => {
                    let op = if op == "call_now" { "call" } else { op };
                    let mut body = self.body.clone();
                    body["op"] = op.into();
                    let body = Body { objects: self.objects.clone(), body };
                    return store.working_for(token, || body.call(&store, token.call, &ty, arguments));
                }
            };
            let written = Writer::result(&self.objects, &ty.results, &value);
            let written = written.map_err(|error| error.in_host_func(&ty.name))?;
            Ok(Reply { bytes: written.bytes, beside: Vec::new(), resources: written.resources })
        })
    }
}

fn begin(
    objects: &Objects,
    store: &Arc<Store>,
    func: &Arc<ComponentFunc>,
    values: &[Value],
    of: Option<Token>,
) -> Result<GuestRun<Received, ComponentHostCall>> {
    func.check(store)?;
    let Writer { bytes, resources, .. } = Writer::arguments(objects, func.params(), values)?;
    func.start(store, OwnedArguments { bytes, beside: Vec::new(), resources }, of)
}

impl World {
    pub(super) fn define_async_component(&self, step: &Step<'_>) -> Run {
        let body = step.value("body")?.clone();
        let waits = Waits { objects: self.objects.clone(), tasks: self.tasks.clone(), body };
        let defined = self.component_linker(step)?.define_func(path(step)?, step.text("name")?, Arc::new(waits));
        Ok(defined.map(|()| plain(Value::Null)))
    }

    pub(super) fn run_component_waiting(&self, step: &Step<'_>) -> Run {
        Ok(match step.text("op")? {
            "component_call_async" => match self.component_started(step)? {
                Ok(task) => self.component_joined(&task)?,
                Err(error) => Err(error),
            },
            "component_start" => self.component_started(step)?.map(|task| {
                self.tasks.settle();
                Outcome::Kept(Object::ComponentTask(task))
            }),
            "component_join" => {
                step.text("store")?;
                match self.objects.get(step.text("task")?) {
                    Some(Object::ComponentTask(task)) => self.component_joined(&task)?,
                    _ => return Err("it is no task".to_owned()),
                }
            }
            "component_release" => self.release(step)?,
            "component_keep_async" => match self.component_started(step)? {
                Ok(task) => self.joined(&task.task)?.and(task.kept_stream()?),
                Err(error) => Err(error),
            },
            "component_read_async" => self.read_waiting(step)?,
            op => self.component_made(step, op)?.map(|instance| Outcome::Kept(Object::ComponentInstance(instance))),
        })
    }

    fn component_started(&self, step: &Step<'_>) -> Result<Result<ComponentTask>, String> {
        let (store, func) = (self.store(step)?, self.component_func(step)?);
        let values = step.value("args")?.as_array().ok_or("`args` is no list")?;
        Ok(begin(&self.objects, &store, &func, values, None).map(|run| {
            let (task, received) = self.tasks.begin_keeping(ended(run, self.tasks.clone()));
            ComponentTask { task, received, func }
        }))
    }

    fn component_joined(&self, task: &ComponentTask) -> Run {
        Ok(self.joined(&task.task)?.map(|_| {
            let received = task.received.lock().unwrap().take().unwrap();
            let mut values = Reader::new(&self.objects, &received).row(task.func.results());
            plain(values.pop().unwrap_or_default())
        }))
    }

    fn component_made(&self, step: &Step<'_>, op: &str) -> Result<Result<Arc<ComponentInstance>>, String> {
        let store = self.store(step)?;
        let begun = match op {
            "component_link_async" => {
                let component = self.component(step)?;
                self.component_linker(step)?.start(&store, &component, None)
            }
            "component_instantiate_async" => self.component_pre(step)?.start(&store, None),
            unknown => return Err(format!("unknown op `{unknown}`")),
        };
        match begun {
            Ok(run) => self.made(ended(run, self.tasks.clone())),
            Err(error) => Ok(Err(error)),
        }
    }
}
