//! What the steps of one case made, and what each step does.

mod component_streams;
mod component_values;
mod component_waiting;
mod components;
mod errors;
mod hosted;
mod linked;
mod references;
mod settings;
mod waiting;
mod wasi;

use std::sync::Arc;

use serde_json::Value;
use trimaran::{
    Caller, Component, ComponentFunc, ComponentInstance, ComponentInstancePre, ComponentLinker, ComponentResource,
    ComponentResourceType, ComponentStream, Engine, Extern, Func, Global, Instance, Limits, Memory, MemoryDirectory,
    MemoryType, Module, OutputPipe, Reference, SharedMemory, Store, Table, Tag, Val, ValType, View, WasmtimeError,
};

use self::errors::{check_error, variant};
use self::hosted::Objects;
use self::settings::config;
use crate::step::{Problem, Step, hex};

/// Something that a step kept under a name.
#[derive(Clone)]
enum Object {
    Engine(Arc<Engine>),
    Store(Arc<Store>),
    Module(Arc<Module>),
    Artifact(Vec<u8>),
    Instance(Arc<Instance>),
    Extern(Extern),
    View(Arc<View>),
    Linker(linked::Linked),
    Pre(linked::Prepared),
    Reference(Arc<Reference>),
    Pipe(Arc<OutputPipe>),
    Sink(Arc<wasi::Collected>),
    Directory(Arc<wasi::Directory>),
    Folder(Arc<MemoryDirectory>),
    /// What a host function was given.
    Caller(Caller),
    Component(Arc<Component>),
    ComponentLinker(Arc<ComponentLinker>),
    ComponentPre(Arc<ComponentInstancePre>),
    ComponentInstance(Arc<ComponentInstance>),
    ComponentFunc(Arc<ComponentFunc>),
    Resource(Arc<ComponentResource>),
    ResourceType(Arc<ComponentResourceType>),
    Collected(components::Collected),
    /// A stream or a future that a guest gave.
    Stream(Arc<ComponentStream>),
    Task(Arc<waiting::Task>),
    ComponentTask(component_waiting::ComponentTask),
    /// Host functions that wait under a name.
    Holds(waiting::Holds),
    /// The number under which a host function threw.
    Thrown(u64),
}

/// What a step gave: a value to compare, or something to keep.
enum Outcome {
    Plain(Value),
    Kept(Object),
}

/// How a step went: it is misspelt, or it was run and ended well or with an error.
type Run = Result<Result<Outcome, WasmtimeError>, Problem>;

#[derive(Default)]
/// What the steps of one case made.
pub struct World {
    objects: Objects,
    tasks: waiting::Tasks,
    /// What steps ended with that failed.
    pub variants: Vec<String>,
}

macro_rules! getter {
    ($($name:ident: $variant:pat => $value:expr, $ty:ty;)*) => {
        $(fn $name(&self, step: &Step<'_>) -> Result<$ty, Problem> {
            let name = step.text(stringify!($name))?;
            match self.objects.get(name) {
                Some($variant) => Ok($value),
                _ => Err(format!("`{name}` is no {}", stringify!($name))),
            }
        })*
    };
}

/// What is given, as the outcome of a step.
fn plain(value: impl Into<Value>) -> Outcome {
    Outcome::Plain(value.into())
}

impl World {
    getter! {
        engine: Object::Engine(engine) => engine, Arc<Engine>;
        store: Object::Store(store) => store, Arc<Store>;
        module: Object::Module(module) => module, Arc<Module>;
        artifact: Object::Artifact(artifact) => artifact, Vec<u8>;
        instance: Object::Instance(instance) => instance, Arc<Instance>;
        func: Object::Extern(Extern::OfFunc { func }) => func, Arc<Func>;
        memory: Object::Extern(Extern::OfMemory { memory }) => memory, Arc<Memory>;
        shared: Object::Extern(Extern::OfSharedMemory { memory }) => memory, Arc<SharedMemory>;
        global: Object::Extern(Extern::OfGlobal { global }) => global, Arc<Global>;
        table: Object::Extern(Extern::OfTable { table }) => table, Arc<Table>;
        source: Object::Extern(Extern::OfTable { table }) => table, Arc<Table>;
        view: Object::View(view) => view, Arc<View>;
        other: Object::Engine(engine) => engine, Arc<Engine>;
        tag: Object::Extern(Extern::OfTag { tag }) => tag, Arc<Tag>;
        linker: Object::Linker(linker) => linker, linked::Linked;
        pre: Object::Pre(pre) => pre, linked::Prepared;
        reference: Object::Reference(reference) => reference, Arc<Reference>;
        directory: Object::Directory(directory) => directory, Arc<wasi::Directory>;
        folder: Object::Folder(folder) => folder, Arc<MemoryDirectory>;
    }

    /// Runs one step and compares how it ended.
    pub fn step(&mut self, step: &Value) -> Result<(), Problem> {
        let step = Step::new(step)?;
        let (expected, error, name) = (step.optional("result"), step.optional("error"), step.optional("as"));
        let run = self.run(&step)?;
        step.all_used()?;
        if let Err(found) = &run {
            self.variants.push(variant(found));
        }
        match (run, error) {
            (Err(found), Some(expected)) if expected.get("thrown").is_some() => self.check_thrown(&found, expected),
            (Err(found), Some(expected)) => check_error(&found, expected),
            (Err(found), None) => Err(format!("it failed: {found}")),
            (Ok(_), Some(_)) => Err("it did not fail".to_owned()),
            (Ok(Outcome::Kept(object)), None) => {
                let name = name.and_then(Value::as_str).ok_or("what it made needs a name (`as`)")?;
                self.objects.keep(name, object);
                expected.map_or(Ok(()), |_| Err("what it made cannot be compared".to_owned()))
            }
            (Ok(Outcome::Plain(found)), None) => match expected {
                _ if name.is_some() => Err("it made nothing to keep".to_owned()),
                Some(expected) if *expected != found => Err(format!("it gave {found}")),
                None if !found.is_null() => Err(format!("its result is not compared: {found}")),
                _ => Ok(()),
            },
        }
    }

    fn run(&mut self, step: &Step<'_>) -> Run {
        match step.text("op")? {
            "engine"
            | "store"
            | "module"
            | "validate"
            | "wat2wasm"
            | "custom_sections"
            | "contents"
            | "serialize"
            | "module_for_snapshots"
            | "snapshot"
            | "module_of_snapshot"
            | "deserialize"
            | "imports"
            | "exports"
            | "instance"
            | "export"
            | "close" => self.run_object(step),
            "call" | "call_int" | "func_type" => self.run_call(step),
            "call_async" | "start" | "join" | "cancel" | "release" | "instance_async" | "link_async"
            | "instantiate_async" => self.run_waiting(step),
            "host" if Self::is_async(step) => self.async_host(step),
            "define_func" if Self::is_async(step) => self.define_async(step),
            "host" | "caller_export" | "global" | "global_get" | "global_set" | "table" | "table_get" | "table_set"
            | "table_size" | "table_grow" | "table_fill" | "table_copy" | "view" | "view_read" | "view_write"
            | "drop_view" => self.run_hosted(step),
            "linker"
            | "allow_shadowing"
            | "define"
            | "define_func"
            | "define_instance"
            | "define_module"
            | "define_wasi"
            | "unknown_imports_as_traps"
            | "unknown_imports_as_default_values"
            | "linker_get"
            | "get_default"
            | "link"
            | "instantiate_pre"
            | "instantiate" => self.run_linked(step),
            "set_wasi" | "output" | "directory" | "put_file" | "get_file" => self.run_wasi(step),
            "folder" | "folder_files" | "folder_names" | "folder_read" | "folder_write" | "folder_remove" => {
                self.run_folder(step)
            }
            "set_limits" | "set_fuel" | "set_host_call_fuel" | "get_fuel" | "set_epoch_deadline" | "set_timeout"
            | "increment_epoch" | "gc" | "precompile" | "accepts" | "same_compatibility" | "pack" | "unpack"
            | "engine_of" => self.run_engine(step),
            "tag" | "tag_type" | "keep" | "i31" | "ref_i31" | "ref_type" | "ref_matches" | "ref_fields"
            | "ref_field_count" | "ref_same" | "ref_tag_type" => self.run_references(step),
            op if op == "component" || op == "validate_component" || op.starts_with("component_") => {
                self.run_component(step)
            }
            _ => self.run_memory(step),
        }
    }

    fn run_object(&mut self, step: &Step<'_>) -> Run {
        Ok(match step.text("op")? {
            "engine" => Engine::new(config(step)?).map(|engine| Outcome::Kept(Object::Engine(engine))),
            "store" => Store::new(&*self.engine(step)?).map(|store| Outcome::Kept(Object::Store(store))),
            "module" => {
                let engine = self.engine(step)?;
                let module = match step.optional("file") {
                    Some(file) => Module::from_file(&engine, module_file(file)?.into()),
                    None => Module::new(&engine, &source(step)?),
                };
                module.map(|module| Outcome::Kept(Object::Module(module)))
            }
            "validate" => trimaran::validate(&*self.engine(step)?, &source(step)?).map(|()| plain(Value::Null)),
            "wat2wasm" => trimaran::wat2wasm(&source(step)?).map(|bytes| plain(hex(&bytes))),
            "custom_sections" => trimaran::custom_sections(&source(step)?, step.text("name")?)
                .map(|found| plain(found.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>())),
            "contents" => contents(&source(step)?, step.text("part")?).map(plain),
            "module_for_snapshots" => Module::for_snapshots(&*self.engine(step)?, &source(step)?)
                .map(|module| Outcome::Kept(Object::Module(module))),
            "module_of_snapshot" => Module::new(&*self.engine(step)?, &self.artifact(step)?)
                .map(|module| Outcome::Kept(Object::Module(module))),
            "snapshot" => {
                let names = step.optional("remove").and_then(Value::as_array).cloned().unwrap_or_default();
                let names = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let snapshot = self.instance(step)?.snapshot(&*self.store(step)?, names);
                snapshot.map(|bytes| Outcome::Kept(Object::Artifact(bytes)))
            }
            "serialize" => self.module(step)?.serialize().map(|bytes| Outcome::Kept(Object::Artifact(bytes))),
            "deserialize" => {
                let (engine, artifact) = (self.engine(step)?, self.flipped(step)?);
                Module::deserialize(&engine, &artifact).map(|module| Outcome::Kept(Object::Module(module)))
            }
            "imports" => self.module(step)?.imports().map(|imports| {
                plain(imports.iter().map(|it| format!("{} {} {}", it.module, it.name, it.ty)).collect::<Vec<_>>())
            }),
            "exports" => self
                .module(step)?
                .exports()
                .map(|exports| plain(exports.iter().map(|it| format!("{} {}", it.name, it.ty)).collect::<Vec<_>>())),
            "instance" => {
                let names = step.optional("imports").and_then(Value::as_array).cloned().unwrap_or_default();
                let imports = names.iter().map(|name| self.import(name)).collect::<Result<Vec<_>, _>>()?;
                Instance::new(&*self.store(step)?, &*self.module(step)?, imports)
                    .map(|instance| Outcome::Kept(Object::Instance(instance)))
            }
            "export" => self
                .instance(step)?
                .export(&*self.store(step)?, step.text("name")?)
                .map(|item| Outcome::Kept(Object::Extern(item))),
            _ => {
                let name = step.text("object")?;
                match self.objects.get(name) {
                    Some(Object::Engine(engine)) => engine.release(),
                    Some(Object::Store(store)) => store.release(),
                    Some(Object::Module(module)) => module.release(),
                    Some(Object::Component(component)) => component.release(),
                    Some(Object::ComponentLinker(linker)) => linker.release(),
                    Some(Object::ComponentPre(pre)) => pre.release(),
                    Some(Object::Linker(linker)) => linker.linker.release(),
                    Some(Object::Pre(pre)) => pre.pre.release(),
                    Some(Object::Extern(Extern::OfSharedMemory { memory })) => memory.release(),
                    _ => return Err(format!("`{name}` cannot be closed")),
                }
                .map(|()| plain(Value::Null))
            }
        })
    }

    /// An artifact, with one bit flipped where that is asked for.
    fn flipped(&self, step: &Step<'_>) -> Result<Vec<u8>, Problem> {
        let mut artifact = self.artifact(step)?;
        if let Some(flip) = step.optional("flip") {
            let flip = flip.as_i64().ok_or("`flip` is no integer")?;
            let from_start = if flip < 0 { flip + artifact.len() as i64 } else { flip };
            *artifact.get_mut(from_start as usize).ok_or("`flip` is outside")? ^= 1;
        }
        Ok(artifact)
    }

    fn run_call(&self, step: &Step<'_>) -> Run {
        let (store, func) = (self.store(step)?, self.func(step)?);
        let arguments = match step.text("op")? {
            "func_type" => return Ok(func.r#type(&store).map(|ty| plain(ty.to_string()))),
            "call" => {
                let values = step.value("args")?.as_array().ok_or("`args` is no list")?;
                match self.objects.values(&store, values)? {
                    Ok(values) => values,
                    Err(error) => return Ok(Err(error)),
                }
            }
            _ => match step.text("int")?.parse().map(|value: i128| (i64::try_from(value), u64::try_from(value))) {
                Ok((Ok(value), _)) => vec![Val::I64 { value }],
                // An i64 has no sign, and the surface has it with one: an integer of an i32 or a float it would not be.
                Ok((_, Ok(value))) if func.r#type(&store).is_ok_and(|ty| ty.params == [ValType::I64]) => {
                    vec![Val::I64 { value: value.cast_signed() }]
                }
                // Rust has no plain integer that this would be: the surface ends at 64 bits.
                _ => return Ok(Err(WasmtimeError::Range { reason: "wider than 64 bits".to_owned() })),
            },
        };
        let results = func.call(&store, arguments);
        let expected = step.optional("result").and_then(Value::as_array);
        Ok(results.map(|results| {
            let show = |(index, value)| self.objects.show(&store, value, expected.and_then(|all| all.get(index)));
            plain(results.iter().enumerate().map(show).collect::<Vec<_>>())
        }))
    }

    fn run_memory(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        match step.text("op")? {
            "memory" => {
                let memory = Memory::new(&*self.store(step)?, memory_type(step)?);
                return Ok(memory.map(|memory| Outcome::Kept(Object::Extern(Extern::OfMemory { memory }))));
            }
            "shared_memory" => {
                let memory = SharedMemory::new(&*self.engine(step)?, memory_type(step)?);
                return Ok(memory.map(|memory| Outcome::Kept(Object::Extern(Extern::OfSharedMemory { memory }))));
            }
            "as_memory" => {
                let memory = self.shared(step)?.as_memory(&*self.store(step)?);
                return Ok(memory.map(|memory| Outcome::Kept(Object::Extern(Extern::OfMemory { memory }))));
            }
            _ => {}
        }
        let (store, memory) = (self.store(step)?, self.memory(step)?);
        let store = &*store;
        Ok(match step.text("op")? {
            "memory_type" => memory.r#type(store).map(|ty| plain(ty.to_string())),
            "size" => memory.size(store).map(plain),
            "data_len" => memory.data_len(store).map(plain),
            "grow" => memory.grow(store, step.int("delta")?).map(plain),
            "read" => memory.read(store, step.int("start")?, step.int("length")?).map(|bytes| plain(hex(&bytes))),
            "write" => memory.write(store, &step.bytes("hex")?, step.int("start")?).map(nothing),
            "fill" => {
                let value = u8::try_from(step.int("value")?).map_err(|_| "`value` is no byte")?;
                memory.fill(store, value, step.int("start")?, step.int("length")?).map(nothing)
            }
            "copy" => memory
                .copy_within(store, step.int("source")?, step.int("destination")?, step.int("length")?)
                .map(nothing),
            "find" => {
                let length = step.optional("length").and_then(Value::as_i64);
                memory.find(store, &step.bytes("hex")?, step.int("start")?, length).map(plain)
            }
            "read_string" => memory.read_string(store, step.int("start")?, step.int("length")?).map(plain),
            "read_terminated" => {
                let terminator = u8::try_from(step.int("terminator")?).map_err(|_| "`terminator` is no byte")?;
                memory.read_terminated(store, step.int("start")?, terminator).map(plain)
            }
            "hexdump" => memory.hexdump(store, step.int("start")?, step.int("length")?, step.int("width")?).map(plain),
            "load" => load(step, &memory, store)?.map(plain),
            "store_number" => store_number(step, &memory, store)?.map(nothing),
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }

    fn import(&self, name: &Value) -> Result<Extern, Problem> {
        match name.as_str().and_then(|name| self.objects.get(name)) {
            Some(Object::Extern(item)) => Ok(item),
            _ => Err(format!("{name} cannot be imported")),
        }
    }
}

fn load(step: &Step<'_>, memory: &Memory, store: &Store) -> Result<Result<String, WasmtimeError>, Problem> {
    let offset = step.int("offset")?;
    let text = |number: &dyn ToString| number.to_string();
    Ok(match step.text("type")? {
        "i8" => memory.load_i8(store, offset).map(|number| text(&number)),
        "u8" => memory.load_u8(store, offset).map(|number| text(&number)),
        "i16" => memory.load_i16(store, offset).map(|number| text(&number)),
        "u16" => memory.load_u16(store, offset).map(|number| text(&number)),
        "i32" => memory.load_i32(store, offset).map(|number| text(&number)),
        "u32" => memory.load_u32(store, offset).map(|number| text(&number)),
        "i64" => memory.load_i64(store, offset).map(|number| text(&number)),
        "u64" => memory.load_u64(store, offset).map(|number| text(&number)),
        "f32" => memory.load_f32(store, offset).map(|number| text(&number.to_bits())),
        "f64" => memory.load_f64(store, offset).map(|number| text(&number.to_bits())),
        unknown => return Err(format!("unknown type `{unknown}`")),
    })
}

fn store_number(step: &Step<'_>, memory: &Memory, store: &Store) -> Result<Result<(), WasmtimeError>, Problem> {
    fn number<T: std::str::FromStr>(step: &Step<'_>) -> Result<T, Problem> {
        step.text("value")?.parse().map_err(|_| "`value` does not fit its type".to_owned())
    }
    let offset = step.int("offset")?;
    Ok(match step.text("type")? {
        "i8" => memory.store_i8(store, offset, number(step)?),
        "u8" => memory.store_u8(store, offset, number(step)?),
        "i16" => memory.store_i16(store, offset, number(step)?),
        "u16" => memory.store_u16(store, offset, number(step)?),
        "i32" => memory.store_i32(store, offset, number(step)?),
        "u32" => memory.store_u32(store, offset, number(step)?),
        "i64" => memory.store_i64(store, offset, number(step)?),
        "u64" => memory.store_u64(store, offset, number(step)?),
        "f32" => memory.store_f32(store, offset, f32::from_bits(number(step)?)),
        "f64" => memory.store_f64(store, offset, f64::from_bits(number(step)?)),
        unknown => return Err(format!("unknown type `{unknown}`")),
    })
}

fn memory_type(step: &Step<'_>) -> Result<MemoryType, Problem> {
    let max = step.optional("max").map(|_| step.natural("max")).transpose()?;
    let shared = step.optional("shared").and_then(Value::as_bool).unwrap_or_default();
    Ok(MemoryType { limits: Limits { min: step.natural("min")?, max }, is_64: false, shared, page_size_log2: 16 })
}

/// The bytes of a module: text, hex, or a file of `tests/modules`.
fn source(step: &Step<'_>) -> Result<Vec<u8>, Problem> {
    match (step.optional("wat"), step.optional("hex"), step.optional("file")) {
        (Some(_), None, None) => Ok(step.text("wat")?.as_bytes().to_vec()),
        (None, Some(_), None) => step.bytes("hex"),
        (None, None, Some(file)) => std::fs::read(module_file(file)?).map_err(|error| error.to_string()),
        _ => Err("a module needs one of `wat`, `hex` and `file`".to_owned()),
    }
}

fn module_file(name: &Value) -> Result<String, Problem> {
    let name = name.as_str().ok_or("`file` is no text")?;
    Ok(crate::folder("modules").join(name).to_string_lossy().into_owned())
}

/// A part of what a module says of itself, in lines.
fn contents(module: &[u8], part: &str) -> trimaran::Result<Vec<String>> {
    let shown = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    match part {
        "producers" => Ok(trimaran::module_producers(module)?
            .iter()
            .map(|it| format!("{} {} {}", it.field, it.name, it.version))
            .collect()),
        "data" => Ok(trimaran::module_data(module)?
            .iter()
            .map(|it| format!("{} {} {}", shown(it.memory.map(u64::from)), shown(it.offset), hex(&it.bytes)))
            .collect()),
        _ => {
            let names = trimaran::module_names(module)?;
            let items = [
                ("function", names.functions),
                ("type", names.types),
                ("table", names.tables),
                ("memory", names.memories),
                ("global", names.globals),
                ("tag", names.tags),
                ("element", names.elements),
                ("data", names.data),
            ];
            let inner = [("local", names.locals), ("label", names.labels), ("field", names.fields)];
            let module = names.module.map(|name| format!("module {name}")).into_iter();
            let items = items
                .iter()
                .flat_map(|(kind, all)| all.iter().map(move |it| format!("{kind} {} {}", it.index, it.name)));
            let inner = inner.iter().flat_map(|(kind, all)| {
                all.iter().map(move |it| format!("{kind} {} {} {}", it.outer, it.index, it.name))
            });
            Ok(module.chain(items).chain(inner).collect())
        }
    }
}
