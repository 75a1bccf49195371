//! Host functions, globals, tables and views, and the values that only they need.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use trimaran::{
    Caller, Extern, Func, FuncType, Global, GlobalType, HeapType, HostFunction, HostObject, Limits, RefType, Reference,
    Result, Store, Table, TableType, Val, ValType, WasmtimeError,
};

use super::{Object, Outcome, Problem, Run, Step, World, hex, plain};
use crate::step::{from_val, to_val};

/// What the steps made, by name. Host functions look there when they run.
#[derive(Clone, Default)]
pub(super) struct Objects(Arc<Mutex<BTreeMap<String, Object>>>);

impl Objects {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.0.lock().unwrap()
    }

    pub(super) fn get(&self, name: &str) -> Option<Object> {
        self.lock().get(name).cloned()
    }

    pub(super) fn keep(&self, name: &str, object: Object) {
        let before = self.lock().insert(name.to_owned(), object);
        drop(before);
    }

    fn forget(&self, name: &str) {
        let before = self.lock().remove(name);
        drop(before);
    }

    /// The one object of the host that a text stands for.
    pub(super) fn host(&self, text: &str) -> HostObject {
        static ALL: Mutex<BTreeMap<String, HostObject>> = Mutex::new(BTreeMap::new());
        let mut all = ALL.lock().unwrap();
        Arc::clone(all.entry(text.to_owned()).or_insert_with(|| Arc::new(text.to_owned())))
    }

    /// Throws something that is kept under a name.
    pub(super) fn throw(&self, name: &str) -> WasmtimeError {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.keep(name, Object::Thrown(number));
        WasmtimeError::thrown(number)
    }

    pub(super) fn value(&self, store: &Store, value: &Value) -> Result<Result<Val>, Problem> {
        Ok(match (value[0].as_str(), value[1].as_str()) {
            (Some("func"), None) => Ok(Val::FuncRef { func: None }),
            (Some("func"), Some(name)) => match self.get(name) {
                Some(Object::Extern(Extern::OfFunc { func })) => Ok(Val::FuncRef { func: Some(func) }),
                _ => return Err(format!("`{name}` is no function")),
            },
            (Some("ref"), Some(name)) => match self.get(name) {
                Some(Object::Reference(reference)) => reference.value(),
                Some(Object::Extern(Extern::OfFunc { func })) => Ok(Val::FuncRef { func: Some(func) }),
                _ => return Err(format!("`{name}` is no reference")),
            },
            (Some("host"), Some(text)) => Reference::of_host(store, self.host(text)).and_then(Reference::value),
            _ => Ok(to_val(value)?),
        })
    }

    pub(super) fn values(&self, store: &Store, values: &[Value]) -> Result<Result<Vec<Val>>, Problem> {
        Ok(values.iter().map(|value| self.value(store, value)).collect::<Result<Vec<_>, _>>()?.into_iter().collect())
    }

    /// A value as the case writes it; a function by the name that is expected, where it is that one.
    pub(super) fn show(&self, store: &Store, value: &Val, expected: Option<&Value>) -> Value {
        match value {
            Val::FuncRef { func: Some(func) } => {
                let name = expected.and_then(|expected| expected[1].as_str()).unwrap_or_default();
                let same = match self.get(name) {
                    Some(Object::Extern(Extern::OfFunc { func: other })) => func.same(store, &other).unwrap(),
                    _ => false,
                };
                if same { json!(["func", name]) } else { json!(["another function"]) }
            }
            // A null is a null: the case may say of what type.
            Val::FuncRef { func: None } if expected.is_some_and(|expected| expected[0] == "func") => {
                json!(["func", null])
            }
            Val::ExternRef { value: None } | Val::AnyRef { value: None } | Val::ExnRef { value: None } | Val::Null
                if expected.is_some_and(|expected| expected[0] == "ref") =>
            {
                json!(["ref", null])
            }
            Val::AnyRef { value: Some(reference) } | Val::ExnRef { value: Some(reference) } => {
                let name = expected.and_then(|expected| expected[1].as_str()).unwrap_or_default();
                let same = match self.get(name) {
                    Some(Object::Reference(other)) => reference.same(store, &other).unwrap(),
                    _ => false,
                };
                if same { json!(["ref", name]) } else { json!(["another reference"]) }
            }
            Val::ExternRef { value: Some(reference) } => match reference.host_object(store).unwrap() {
                Some(object) => {
                    let text = object.downcast_ref::<String>().unwrap().clone();
                    let same = Arc::ptr_eq(&object, &self.host(&text));
                    if same { json!(["host", text]) } else { json!(["another object"]) }
                }
                None => json!(["no object"]),
            },
            other => from_val(other),
        }
    }
}

/// A host function of the catalogue.
pub(super) struct Body {
    pub(super) objects: Objects,
    pub(super) body: Value,
}

impl HostFunction for Body {
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        let (body, objects, store) = (&self.body, &self.objects, caller.store());
        let text = |name: &str| body[name].as_str().unwrap();
        match text("op") {
            "add" => {
                let number = |value: &Val| if let Val::I32 { value } = value { *value } else { panic!("no i32") };
                Ok(vec![Val::I32 { value: arguments.iter().map(number).fold(0, i32::wrapping_add) }])
            }
            "echo" => Ok(arguments),
            "give" => objects.values(store, body["values"].as_array().unwrap()).unwrap(),
            "throw" => Err(objects.throw(text("as"))),
            "call" => {
                let Some(Object::Extern(Extern::OfFunc { func })) = objects.get(text("func")) else {
                    panic!("no function")
                };
                func.call(store, objects.values(store, body["args"].as_array().unwrap()).unwrap()?)
            }
            "read" => {
                let Extern::OfMemory { memory } = caller.export(text("export"))? else { panic!("no memory") };
                let bytes = memory.read(store, body["start"].as_i64().unwrap(), body["length"].as_i64().unwrap())?;
                Ok(vec![Val::I32 { value: bytes[0].into() }])
            }
            "close" => {
                let Some(Object::Store(store)) = objects.get(text("store")) else { panic!("no store") };
                store.release().map(|()| Vec::new())
            }
            "grow" => {
                let Some(Object::Extern(Extern::OfMemory { memory })) = objects.get(text("memory")) else {
                    panic!("no memory")
                };
                memory.grow(store, body["delta"].as_i64().unwrap()).map(|_| Vec::new())
            }
            "escape" => {
                objects.keep("caller", Object::Caller(caller.clone()));
                Ok(Vec::new())
            }
            unknown => panic!("unknown body `{unknown}`"),
        }
    }
}

impl World {
    /// Whether it failed with what a host function threw.
    pub(super) fn check_thrown(&self, found: &WasmtimeError, expected: &Value) -> Result<(), Problem> {
        let name = expected["thrown"].as_str().ok_or("`thrown` is no name")?;
        let Some(Object::Thrown(number)) = self.objects.get(name) else { return Err("nothing was thrown".to_owned()) };
        let WasmtimeError::Host { thrown, .. } = found else { return Err(format!("it failed otherwise: {found}")) };
        if *thrown == Some(number) { Ok(()) } else { Err("it is another one".to_owned()) }
    }

    pub(super) fn run_hosted(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        let kept = |item| Outcome::Kept(Object::Extern(item));
        match step.text("op")? {
            "view_read" => return Ok(Ok(plain(hex(&self.bytes(step)?)))),
            "view_write" => {
                let (view, offset, bytes) = (self.view(step)?, step.natural("offset")? as usize, step.bytes("hex")?);
                assert!(offset + bytes.len() <= view.length());
                // SAFETY: inside, as checked, and no guest runs.
                unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), view.base().add(offset), bytes.len()) };
                return Ok(Ok(plain(Value::Null)));
            }
            "drop_view" => {
                self.objects.forget(step.text("view")?);
                return Ok(Ok(plain(Value::Null)));
            }
            "caller_export" => {
                step.text("host")?;
                let Some(Object::Caller(caller)) = self.objects.get("caller") else {
                    return Err("no caller was kept".to_owned());
                };
                return Ok(caller.export(step.text("name")?).map(kept));
            }
            _ => {}
        }
        let store = self.store(step)?;
        let value = |name| self.objects.value(&store, step.value(name)?);
        /// The value, or the end of the step.
        macro_rules! value {
            ($name:literal) => {
                match value($name)? {
                    Ok(value) => value,
                    Err(error) => return Ok(Err(error)),
                }
            };
        }
        let show = |value: Val| plain(self.objects.show(&store, &value, step.optional("result")));
        Ok(match step.text("op")? {
            "host" => {
                let (ty, body) = (func_type(step.value("type")?)?, step.value("body")?.clone());
                let body = Body { objects: self.objects.clone(), body };
                Func::of_values(&store, &ty, Arc::new(body)).map(|func| kept(Extern::OfFunc { func }))
            }
            "global" => {
                let mutable = step.value("mutable")?.as_bool().ok_or("`mutable` is no truth value")?;
                let ty = GlobalType { content: val_type(step.value("type")?)?, mutable };
                Global::new(&store, ty, value!("value")).map(|global| kept(Extern::OfGlobal { global }))
            }
            "global_get" => self.global(step)?.get(&store).map(show),
            "global_set" => self.global(step)?.set(&store, value!("value")).map(nothing),
            "table" => {
                let ValType::Ref { ty: element } = val_type(step.value("type")?)? else {
                    return Err("a table is of references".to_owned());
                };
                let max = step.optional("max").map(|_| step.natural("max")).transpose()?;
                let ty = TableType { element, limits: Limits { min: step.natural("min")?, max }, is_64: false };
                Table::new(&store, ty, value!("init")).map(|table| kept(Extern::OfTable { table }))
            }
            "table_get" => self.table(step)?.get(&store, step.int("index")?).map(show),
            "table_set" => self.table(step)?.set(&store, step.int("index")?, value!("value")).map(nothing),
            "table_size" => self.table(step)?.size(&store).map(plain),
            "table_grow" => self.table(step)?.grow(&store, step.int("delta")?, value!("init")).map(plain),
            "table_fill" => {
                let (index, length) = (step.int("index")?, step.int("length")?);
                self.table(step)?.fill(&store, index, value!("value"), length).map(nothing)
            }
            "table_copy" => {
                let (table, source) = (self.table(step)?, self.source(step)?);
                let (index, source_index) = (step.int("index")?, step.int("source_index")?);
                table.copy(&store, index, &source, source_index, step.int("length")?).map(nothing)
            }
            "view" => {
                let memory = self.memory(step)?;
                let made = memory.view(&store, step.int("start")?, Some(step.int("length")?));
                made.map(|view| Outcome::Kept(Object::View(Arc::new(view))))
            }
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }

    fn bytes(&self, step: &Step<'_>) -> Result<Vec<u8>, Problem> {
        let view = self.view(step)?;
        // SAFETY: the view says that they are there, and no guest runs.
        Ok(unsafe { std::slice::from_raw_parts(view.base(), view.length()) }.to_vec())
    }
}

pub(super) fn val_type(name: &Value) -> Result<ValType, Problem> {
    let reference = |heap| ValType::Ref { ty: RefType { nullable: true, heap } };
    Ok(match name.as_str() {
        Some("i32") => ValType::I32,
        Some("i64") => ValType::I64,
        Some("f32") => ValType::F32,
        Some("f64") => ValType::F64,
        Some("v128") => ValType::V128,
        Some("funcref") => reference(HeapType::Func),
        Some("externref") => reference(HeapType::Extern),
        Some("anyref") => reference(HeapType::Any),
        Some("eqref") => reference(HeapType::Eq),
        Some("i31ref") => reference(HeapType::I31),
        Some("structref") => reference(HeapType::Struct),
        Some("arrayref") => reference(HeapType::Array),
        Some("exnref") => reference(HeapType::Exn),
        _ => return Err(format!("{name} is no type")),
    })
}

pub(super) fn func_type(ty: &Value) -> Result<FuncType, Problem> {
    let types = |name: &str| {
        let names = ty[name].as_array().ok_or_else(|| format!("`type` has no `{name}`"))?;
        names.iter().map(val_type).collect::<Result<Vec<_>, _>>()
    };
    Ok(FuncType { params: types("params")?, results: types("results")? })
}
