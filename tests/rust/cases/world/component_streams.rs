//! Streams and futures of components: what each step does, and what guests read from a case.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use trimaran::adapter::{ComponentHostFunction, HostFuncType, Received, Reply, ResourceValue, component_source};
use trimaran::{ComponentStream, Result, Store, WasmtimeError};

use super::component_values::{Reader, Writer};

use super::hosted::Objects;
use super::waiting::{Work, ended};
use super::{Object, Run, World, plain};
use crate::step::{Problem, Step};

/// How many elements a part has at most, if a step does not say it.
pub(super) const PART: u32 = 1 << 16;

/// What a guest reads that a case has.
#[derive(Clone)]
pub(super) struct Source {
    objects: Objects,
    /// The parts of a stream that are left, or the value of a future.
    left: Arc<Mutex<VecDeque<Value>>>,
    is_future: bool,
    /// What it throws at its end.
    failing: Option<String>,
    waits: bool,
}

impl Source {
    fn next(&self, ty: &HostFuncType) -> Result<Reply> {
        let part = loop {
            match self.left.lock().unwrap().pop_front() {
                Some(part) if !self.is_future && part[1].as_str() == Some("") => {}
                part => break part,
            }
        };
        let value = match (part, &self.failing) {
            (Some(value), _) => value,
            (None, Some(name)) => return Err(self.objects.throw(name)),
            (None, None) => serde_json::json!(["list", []]),
        };
        let written = Writer::result(&self.objects, &ty.results, &value);
        let written = written.map_err(|error| error.in_host_func(&ty.name))?;
        Ok(Reply { bytes: written.bytes, beside: Vec::new(), resources: written.resources })
    }

    /// Gives the next part to a guest that waits for it.
    pub(super) fn answer(self, ty: Arc<HostFuncType>) -> Work<Reply> {
        Box::pin(async move { self.next(&ty) })
    }
}

impl ComponentHostFunction for Source {
    fn call(&self, _: &Store, _: u64, ty: &HostFuncType, _: Received) -> Result<Reply> {
        self.next(ty)
    }

    fn as_async(&self) -> Option<&dyn Any> {
        self.waits.then_some(self)
    }
}

/// What a case gives for a stream or a future; nothing for what is none.
pub(super) fn given(objects: &Objects, is_future: bool, value: &Value) -> Option<ResourceValue> {
    let source = |left: VecDeque<Value>, waits| {
        let failing = value[2].as_str().map(str::to_owned);
        let source = Source { objects: objects.clone(), left: Arc::new(Mutex::new(left)), is_future, failing, waits };
        Some(ResourceValue::Source(component_source(Arc::new(source))))
    };
    let parts = || value[1].as_array().unwrap().iter().cloned().collect();
    match value[0].as_str()? {
        "stream" => match objects.get(value[1].as_str()?) {
            Some(Object::Stream(stream)) => Some(ResourceValue::Stream(stream)),
            _ => panic!("{value} is no stream"),
        },
        "later" if is_future => source(VecDeque::from([value[1].clone()]), true),
        "parts" | "failing" if !is_future => source(parts(), true),
        "parts_now" | "failing_now" if !is_future => source(parts(), false),
        "bytes" | "list" if !is_future => source(VecDeque::from([value.clone()]), false),
        _ => None,
    }
}

impl World {
    fn stream(&self, step: &Step<'_>) -> std::result::Result<Arc<ComponentStream>, Problem> {
        match self.objects.get(step.text("stream")?) {
            Some(Object::Stream(stream)) => Ok(stream),
            _ => Err("it is no stream".to_owned()),
        }
    }

    /// How many elements a step reads at most, which a package checks.
    fn most(step: &Step<'_>) -> std::result::Result<Result<u32>, Problem> {
        let Some(most) = step.optional("most") else { return Ok(Ok(PART)) };
        let most = most.as_u64().ok_or("`most` is no number")?;
        let wrong = || WasmtimeError::Range { reason: format!("the number of elements is {most}") };
        Ok(u32::try_from(most).ok().filter(|most| *most > 0).ok_or_else(wrong))
    }

    fn shown_part(&self, stream: &ComponentStream, received: &Received) -> Value {
        Reader::new(&self.objects, received).row(&stream.row()).pop().unwrap_or_default()
    }

    pub(super) fn run_component_stream(&self, step: &Step<'_>) -> Run {
        Ok(match step.text("op")? {
            "component_read" => {
                let (stream, most) = (self.stream(step)?, Self::most(step)?);
                let Some(Object::Store(store)) = self.objects.get("store") else { return Err("no store".to_owned()) };
                most.and_then(|most| stream.read(&store, most))
                    .map(|received| plain(self.shown_part(&stream, &received)))
            }
            "component_stream_is_alive" => self.stream(step)?.is_alive().map(plain),
            "component_close" => self.stream(step)?.release().map(|()| plain(Value::Null)),
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }

    pub(super) fn read_waiting(&self, step: &Step<'_>) -> Run {
        let (stream, most) = (self.stream(step)?, Self::most(step)?);
        let Some(Object::Store(store)) = self.objects.get("store") else { return Err("no store".to_owned()) };
        let run = match most.and_then(|most| stream.start_read(&store, most, None)) {
            Ok(run) => run,
            Err(error) => return Ok(Err(error)),
        };
        let read = self.made(ended(run, self.tasks.clone()))?;
        Ok(read.map(|received| plain(self.shown_part(&stream, &received))))
    }
}
