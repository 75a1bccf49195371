//! Async calls: tasks, in which guests wait for async host functions, and what these functions do.
//!
//! The core awaits nothing. `ended` steps a run, as an adapter's driver does, and awaits the host functions that its guest calls.

use std::any::Any;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use trimaran::adapter::{
    Asked, HostBody, HostCall, Run as GuestRun, Slot, SlotFunction, Step as Stepped, Token, UnboundHostFunc,
};
use trimaran::{Caller, Extern, Func, HostFunction, Instance, Result, Store, Val};

use super::hosted::{Body, Objects, func_type};
use super::{Object, Outcome, Run, Step, World, plain};

/// What a task comes to.
pub(super) type Values = Result<Vec<Val>>;
pub(super) type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// A task, which goes on in `Tasks::round`.
pub(super) struct Task {
    /// None once it is over or was cancelled, and while it goes on.
    work: Mutex<Option<Work<Vec<Val>>>>,
    done: Mutex<Option<Values>>,
}

/// All tasks of a case.
#[derive(Clone, Default)]
pub(super) struct Tasks {
    all: Arc<Mutex<Vec<Arc<Task>>>>,
    /// How often anything has gone on.
    progress: Arc<AtomicU64>,
}

impl Tasks {
    fn begin(&self, work: Work<Vec<Val>>) -> Arc<Task> {
        let task = Arc::new(Task { work: Mutex::new(Some(work)), done: Mutex::new(None) });
        self.all.lock().unwrap().push(Arc::clone(&task));
        task
    }

    /// Lets each task go on once. Says whether one did.
    fn round(&self) -> bool {
        let (before, all) = (self.progress.load(Ordering::Relaxed), self.all.lock().unwrap().clone());
        for task in all {
            let work = task.work.lock().unwrap().take();
            let Some(mut work) = work else { continue };
            match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => *task.work.lock().unwrap() = Some(work),
                Poll::Ready(done) => {
                    self.went_on();
                    *task.done.lock().unwrap() = Some(done);
                }
            }
        }
        self.all.lock().unwrap().retain(|task| task.work.lock().unwrap().is_some());
        self.progress.load(Ordering::Relaxed) != before
    }

    pub(super) fn settle(&self) {
        while self.round() {}
    }

    fn went_on(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins a task, and keeps what it comes to.
    pub(super) fn begin_keeping<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> (Arc<Task>, Arc<Mutex<Option<T>>>) {
        let made = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&made);
        let task = self.begin(Box::pin(async move {
            let done = work.await?;
            *kept.lock().unwrap() = Some(done);
            Ok(Vec::new())
        }));
        (task, made)
    }

    /// Waits until a step releases it. Gives the fields of that step.
    pub(super) async fn held(&self, objects: &Objects, name: &str) -> Value {
        let held = Arc::new(Held { released: Mutex::new(None) });
        self.went_on();
        objects.holds(name).lock().unwrap().push_back(Arc::downgrade(&held));
        poll_fn(|_| held.released.lock().unwrap().take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Lets the other tasks go on.
    pub(super) async fn others(&self) {
        let mut is_first = true;
        poll_fn(|_| {
            self.went_on();
            if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

/// A host function waits until a step releases it.
pub(super) struct Held {
    /// The fields of the step `release`.
    released: Mutex<Option<Value>>,
}

/// Those that wait under one name, the eldest first.
pub(super) type Holds = Arc<Mutex<VecDeque<std::sync::Weak<Held>>>>;

/// What an async host function does.
#[derive(Clone)]
struct Waits {
    objects: Objects,
    tasks: Tasks,
    body: Value,
}

// SAFETY: it leaves nothing in the slots.
unsafe impl SlotFunction for Waits {
    fn call(&self, _: &Store, _: u64, _: &mut [Slot]) -> Result<()> {
        panic!("an async host function was called as another one")
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl HostBody for Waits {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        host.bind(store, Box::new(self.clone())).map(|()| true)
    }
}

/// What a guest asks, and whoever steps it answers.
pub(super) trait Answers: Asked + Sized {
    fn answer(self, store: Arc<Store>, token: Token) -> Work<Self::Answer>;
}

impl Answers for HostCall {
    fn answer(self, store: Arc<Store>, token: Token) -> Work<Vec<Val>> {
        let function = self.function().and_then(SlotFunction::as_any).and_then(|any| any.downcast_ref());
        let function: Waits = function.cloned().unwrap();
        function.run(store, token, self.into_arguments())
    }
}

/// What a run comes to.
pub(super) async fn ended<T: Send + 'static, A: Answers>(run: GuestRun<T, A>, tasks: Tasks) -> Result<T> {
    let mut answer = None;
    loop {
        let stepped = poll_fn(|context| match run.step(answer.take(), context.waker()) {
            Ok(Stepped::Waits) => Poll::Pending,
            other => Poll::Ready(other),
        });
        match stepped.await? {
            Stepped::Done(done) => return Ok(done),
            Stepped::Host(call, token) => {
                answer = Some(call.answer(Arc::clone(run.store()), token).await);
            }
            Stepped::Waits | Stepped::Turn => tasks.others().await,
            // What may go on meanwhile has done so before.
            Stepped::Later(time) => {
                tasks.others().await;
                std::thread::sleep(time);
            }
        }
    }
}

impl Waits {
    fn run(self, store: Arc<Store>, token: Token, arguments: Vec<Val>) -> Work<Vec<Val>> {
        Box::pin(async move {
            self.tasks.others().await;
            let text = |name: &str| self.body[name].as_str().unwrap();
            match text("op") {
                "call" => self.called(&store, token, &self.body["args"])?.await,
                "gather" => {
                    let calls = self.body["args"].as_array().unwrap().iter();
                    let begun = calls.map(|arguments| Ok(self.tasks.begin(self.called(&store, token, arguments)?)));
                    let mut all = Vec::new();
                    for task in begun.collect::<Result<Vec<_>>>()? {
                        all.extend(
                            poll_fn(|_| task.done.lock().unwrap().take().map_or(Poll::Pending, Poll::Ready)).await?,
                        );
                    }
                    Ok(all)
                }
                "leave" => {
                    let task = self.tasks.begin(self.called(&store, token, &self.body["args"])?);
                    self.objects.keep(text("as"), Object::Task(task));
                    // Until it waits.
                    for _ in 0..4 {
                        self.tasks.others().await;
                    }
                    self.objects.values(&store, self.body["values"].as_array().unwrap()).unwrap()
                }
                "hold" => {
                    let released = self.tasks.held(&self.objects, text("as")).await;
                    match released["throw"].as_str() {
                        Some(name) => Err(self.objects.throw(name)),
                        None => self.objects.values(&store, released["values"].as_array().unwrap()).unwrap(),
                    }
                }
                op => {
                    let op = if op == "call_now" { "call" } else { op };
                    let mut body = self.body.clone();
                    body["op"] = json!(op);
                    let body = Body { objects: self.objects.clone(), body };
                    store.working_for(token, || body.call(&Caller::of(&store, token), arguments))
                }
            }
        })
    }

    /// A call of the guest that waits for this function.
    fn called(&self, store: &Arc<Store>, token: Token, arguments: &Value) -> Result<Work<Vec<Val>>> {
        let Some(Object::Extern(Extern::OfFunc { func })) = self.objects.get(self.body["func"].as_str().unwrap())
        else {
            panic!("no function")
        };
        let arguments = self.objects.values(store, arguments.as_array().unwrap()).unwrap()?;
        Ok(Box::pin(ended(func.start(store, arguments, Some(token))?, self.tasks.clone())))
    }
}

impl World {
    /// Whether a host function that a step makes is an async one.
    pub(super) fn is_async(step: &Step<'_>) -> bool {
        step.optional("async") == Some(&Value::Bool(true))
    }

    fn waits(&self, step: &Step<'_>) -> Result<Waits, String> {
        Ok(Waits { objects: self.objects.clone(), tasks: self.tasks.clone(), body: step.value("body")?.clone() })
    }

    pub(super) fn async_host(&self, step: &Step<'_>) -> Run {
        let (store, waits, ty) = (self.store(step)?, self.waits(step)?, func_type(step.value("type")?)?);
        let made = Func::async_host(&store, ty).and_then(|func| func.attach(&store, Box::new(waits)).map(|()| func));
        Ok(made.map(|func| Outcome::Kept(Object::Extern(Extern::OfFunc { func }))))
    }

    pub(super) fn define_async(&self, step: &Step<'_>) -> Run {
        let (linker, waits, ty) = (self.linker(step)?.linker, self.waits(step)?, func_type(step.value("type")?)?);
        let defined = linker.define_async_func_with(step.text("from")?, step.text("name")?, ty, Box::new(waits));
        Ok(defined.map(|()| plain(Value::Null)))
    }

    pub(super) fn run_waiting(&mut self, step: &Step<'_>) -> Run {
        Ok(match step.text("op")? {
            "call_async" => match self.called(step)? {
                Ok(call) => self.at_its_end(call)?.map(|values| self.shown(step, &values)),
                Err(error) => Err(error),
            },
            "start" => self.called(step)?.map(|call| {
                let task = self.tasks.begin(call);
                self.tasks.settle();
                Outcome::Kept(Object::Task(task))
            }),
            "join" => {
                self.store(step)?;
                let task = self.task(step)?;
                self.joined(&task)?.map(|values| self.shown(step, &values))
            }
            "cancel" => {
                let task = self.task(step)?;
                let work = task.work.lock().unwrap().take();
                drop(work.ok_or("it is over")?);
                self.tasks.settle();
                Ok(plain(Value::Null))
            }
            "release" => self.release(step)?,
            op => {
                let instance = self.instantiated(step, op)?;
                instance.map(|instance| Outcome::Kept(Object::Instance(instance)))
            }
        })
    }

    fn instantiated(&self, step: &Step<'_>, op: &str) -> Result<Result<Arc<Instance>>, String> {
        let store = self.store(step)?;
        let begun = match op {
            "instance_async" => {
                let names = step.optional("imports").and_then(Value::as_array).cloned().unwrap_or_default();
                let imports = names.iter().map(|name| self.import(name)).collect::<Result<Vec<_>, _>>()?;
                Instance::start(&store, &*self.module(step)?, &imports, None)
            }
            "link_async" => {
                let (linked, module) = (self.linker(step)?, self.module(step)?);
                linked.prepare(&store, Some(&module)).and_then(|()| linked.linker.start(&store, &module, None))
            }
            "instantiate_async" => {
                let pre = self.pre(step)?;
                pre.prepare(&store).and_then(|()| pre.pre.start(&store, None))
            }
            unknown => return Err(format!("unknown op `{unknown}`")),
        };
        let run = match begun {
            Ok(run) => run,
            Err(error) => return Ok(Err(error)),
        };
        self.made(ended(run, self.tasks.clone()))
    }

    /// What a task makes, at its end.
    pub(super) fn made<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Result<T>, String> {
        let (task, made) = self.tasks.begin_keeping(work);
        Ok(self.joined(&task)?.map(|_| made.lock().unwrap().take().unwrap()))
    }

    pub(super) fn release(&self, step: &Step<'_>) -> Run {
        let held = self.held(step.text("hold")?)?;
        let fields = ["throw", "values", "value"].map(|name| step.optional(name));
        let [throw, values, value] = fields;
        *held.released.lock().unwrap() = Some(json!({"throw": throw, "values": values, "value": value}));
        self.tasks.went_on();
        Ok(Ok(plain(Value::Null)))
    }

    fn called(&self, step: &Step<'_>) -> Result<Result<Work<Vec<Val>>>, String> {
        let (store, func) = (self.store(step)?, self.func(step)?);
        let values = step.value("args")?.as_array().ok_or("`args` is no list")?;
        let begun = self.objects.values(&store, values)?.and_then(|values| func.start(&store, values, None));
        Ok(begun.map(|run| Box::pin(ended(run, self.tasks.clone())) as _))
    }

    fn at_its_end(&self, work: Work<Vec<Val>>) -> Result<Values, String> {
        self.joined(&self.tasks.begin(work))
    }

    pub(super) fn joined(&self, task: &Task) -> Result<Values, String> {
        loop {
            if let Some(done) = task.done.lock().unwrap().take() {
                return Ok(done);
            }
            if !self.tasks.round() && task.done.lock().unwrap().is_none() {
                return Err("it waits for ever".to_owned());
            }
        }
    }

    /// The eldest host function that is held under that name, once there is one.
    fn held(&self, name: &str) -> Result<Arc<Held>, String> {
        loop {
            let eldest = self.objects.holds(name).lock().unwrap().pop_front();
            match eldest {
                // A cancelled one is gone.
                Some(held) => {
                    if let Some(held) = held.upgrade() {
                        return Ok(held);
                    }
                }
                None if self.tasks.round() => {}
                None => return Err(format!("nothing is held as `{name}`")),
            }
        }
    }

    fn shown(&self, step: &Step<'_>, values: &[Val]) -> Outcome {
        let expected = step.optional("result").and_then(Value::as_array);
        // A task's store is that of its case: references are compared in it.
        let store = step.optional("store").and_then(Value::as_str).and_then(|name| self.objects.get(name));
        let show = |(index, value): (usize, &Val)| match &store {
            Some(Object::Store(store)) => self.objects.show(store, value, expected.and_then(|all| all.get(index))),
            _ => crate::step::from_val(value),
        };
        plain(values.iter().enumerate().map(show).collect::<Vec<_>>())
    }

    fn task(&self, step: &Step<'_>) -> Result<Arc<Task>, String> {
        match self.objects.get(step.text("task")?) {
            Some(Object::Task(task)) => Ok(task),
            Some(Object::ComponentTask(task)) => Ok(task.task),
            _ => Err("it is no task".to_owned()),
        }
    }
}

impl Objects {
    fn holds(&self, name: &str) -> Holds {
        match self.get(name) {
            Some(Object::Holds(holds)) => holds,
            _ => {
                let holds = Holds::default();
                self.keep(name, Object::Holds(Arc::clone(&holds)));
                holds
            }
        }
    }
}
