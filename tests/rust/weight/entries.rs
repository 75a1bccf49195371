//! What a host does with a file.

use std::fmt::Display;
use std::sync::Arc;

use trimaran::adapter::python_bindings;
use trimaran::{
    Config, Engine, Extern, Func, Global, GlobalType, Instance, Linker, Module, Result, Store, Val, ValType,
    WasmtimeError, command_line, custom_sections, module_data, module_names, module_producers, untrusted_config,
    untrusted_limits, validate,
};

use crate::heap;
use crate::shapes::Shape;

/// An engine, as a host configures it.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    config: fn() -> Config,
    /// Whether guests may wait for each other.
    pub(crate) waits: bool,
}

pub(crate) const ENGINES: &[Setting] = &[
    Setting { name: "native", config: all, waits: false },
    Setting { name: "untrusted", config: || Config { wasm_gc: Some(true), ..untrusted_config() }, waits: false },
    Setting { name: "pulley", config: || Config { target: Some("pulley64".to_owned()), ..all() }, waits: false },
    Setting {
        name: "interruptible",
        config: || Config { epoch_interruption: Some(true), wasm_threads: Some(true), ..all() },
        waits: true,
    },
];

impl Setting {
    /// Whether a shape is for such an engine. Without limits for modules, what is heavy takes what it takes. Bindings are made
    /// without one.
    pub(crate) fn takes(&self, shape: &Shape) -> bool {
        if shape.component {
            return self.name == "native";
        }
        self.waits == shape.waits && (!shape.heavy || self.name == "untrusted")
    }
}

/// Everything that a module may have.
fn all() -> Config {
    Config {
        wasm_gc: Some(true),
        wasm_function_references: Some(true),
        wasm_exceptions: Some(true),
        wasm_memory64: Some(true),
        ..Config::default()
    }
}

/// What it took.
pub(crate) struct Cost {
    /// The most that there was of the heap, in bytes.
    pub(crate) memory: usize,
    /// How much text was made, in bytes.
    pub(crate) text: usize,
    /// How long the files are that were made, in bytes.
    pub(crate) made: usize,
    /// The beginning of it.
    pub(crate) said: String,
}

/// What is done with a file, once it is compiled if that is needed for it.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Whether it makes machine code.
    pub(crate) compiles: bool,
    pub(crate) fits: fn(&Shape) -> bool,
    act: Act,
}

enum Act {
    /// With the file.
    File(fn(&Engine, &[u8], &mut Words)),
    /// With the module.
    Module(fn(&Arc<Engine>, &Arc<Module>, &mut Words)),
}

/// The texts that were made.
#[derive(Default)]
pub(crate) struct Words {
    count: usize,
    first: String,
    /// How long the files are that were made.
    made: usize,
}

impl Words {
    fn add(&mut self, text: impl Display) {
        let text = text.to_string();
        self.count += text.len();
        if self.first.is_empty() {
            self.first = text.chars().take(200).collect();
        }
    }

    /// The sentence of an error, and all its fields.
    fn fail(&mut self, error: &WasmtimeError) {
        self.add(error.text());
        self.add(format_args!("{error:?}"));
    }

    fn end<T>(&mut self, done: Result<T>) -> Option<T> {
        done.inspect_err(|error| self.fail(error)).ok()
    }
}

/// What is done with components.
pub(crate) const BINDINGS: &str = "bindings";

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "compile",
        compiles: true,
        fits: |_| true,
        act: Act::File(|engine, file, words| _ = words.end(Module::new(engine, file))),
    },
    Entry { name: "snapshot", compiles: true, fits: |_| true, act: Act::File(snapshot) },
    Entry {
        name: "validate",
        compiles: false,
        fits: |_| true,
        act: Act::File(|engine, file, words| _ = words.end(validate(engine, file))),
    },
    Entry {
        name: "custom sections",
        compiles: false,
        fits: |_| true,
        act: Act::File(|_, file, words| _ = words.end(custom_sections(file, "name"))),
    },
    Entry {
        name: "contents",
        compiles: false,
        fits: |_| true,
        act: Act::File(|_, file, words| {
            _ = words.end(module_names(file));
            _ = words.end(module_producers(file));
            _ = words.end(module_data(file));
        }),
    },
    Entry { name: "inspect", compiles: false, fits: |_| true, act: Act::File(inspect) },
    Entry { name: "describe", compiles: false, fits: |_| true, act: Act::Module(describe) },
    Entry { name: "link", compiles: false, fits: |shape| shape.imports, act: Act::Module(link) },
    Entry { name: "mismatch", compiles: false, fits: |shape| shape.imports, act: Act::Module(mismatch) },
    Entry { name: "defaults", compiles: true, fits: |shape| shape.imports, act: Act::Module(defaults) },
    Entry { name: "unknown", compiles: true, fits: |shape| shape.imports, act: Act::Module(unknown) },
    Entry { name: "instantiate", compiles: false, fits: |shape| !shape.imports, act: Act::Module(instantiate) },
    Entry { name: "call", compiles: false, fits: |shape| !shape.imports, act: Act::Module(call) },
    Entry { name: "reflect", compiles: false, fits: |shape| !shape.imports, act: Act::Module(reflect) },
    Entry { name: "artifact", compiles: true, fits: |_| true, act: Act::Module(artifact) },
    Entry {
        name: BINDINGS,
        compiles: false,
        fits: |_| true,
        act: Act::File(|_, file, words| {
            if let Some(files) = words.end(python_bindings(file, "plugin", None)) {
                words.made = files.iter().map(|(path, text)| path.len() + text.len()).sum();
            }
        }),
    },
];

impl Entry {
    pub(crate) fn run(&self, file: &[u8], setting: &Setting) -> Cost {
        let engine = Engine::new((setting.config)()).unwrap();
        let mut words = Words::default();
        let memory = match self.act {
            Act::File(act) => {
                let mark = heap::mark();
                act(&engine, file, &mut words);
                heap::peak(mark)
            }
            // A file that the engine refuses has no module.
            Act::Module(act) => Module::new(&engine, file).map_or(0, |module| {
                let mark = heap::mark();
                act(&engine, &module, &mut words);
                heap::peak(mark)
            }),
        };
        Cost { memory, text: words.count, made: words.made, said: words.first }
    }
}

fn inspect(_: &Engine, file: &[u8], words: &mut Words) {
    let path = std::env::temp_dir().join(format!("trimaran-weight-{}", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let status =
        command_line("trimaran".to_owned(), vec!["inspect".to_owned(), path.to_string_lossy().into_owned()], None);
    std::fs::remove_file(&path).unwrap();
    words.add(status);
}

fn describe(_: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    if let Some(imports) = words.end(module.imports()) {
        imports.iter().for_each(|import| words.add(import));
    }
    if let Some(exports) = words.end(module.exports()) {
        exports.iter().for_each(|export| words.add(export));
    }
}

/// A copy for snapshots, and a snapshot, if the module imports nothing.
fn snapshot(engine: &Engine, file: &[u8], words: &mut Words) {
    let Some(module) = words.end(Module::for_snapshots(engine, file)) else { return };
    let store = Store::new(engine).unwrap();
    if let Some(instance) = words.end(Instance::new(&store, &module, Vec::new())) {
        words.end(instance.snapshot(&store, vec!["n".repeat(1 << 10)]));
        words.end(instance.snapshot(&store, Vec::new()));
    }
}

fn link(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let (linker, store) = (Linker::new(engine).unwrap(), Store::new(engine).unwrap());
    words.end(linker.instantiate(&store, module));
    words.end(linker.instantiate_pre(module));
    words.end(Instance::new(&store, module, Vec::new()));
    words.end(linker.get(&store, &"m".repeat(1 << 10), &"n".repeat(1 << 10)));
}

/// Something of the right number and the wrong kind for each import.
fn mismatch(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let store = Store::new(engine).unwrap();
    let ty = GlobalType { content: ValType::F32, mutable: true };
    let global = Global::new(&store, ty, Val::F32 { bits: 0 }).unwrap();
    let Ok(imports) = module.imports() else { return };
    let given = imports.iter().map(|_| Extern::OfGlobal { global: Arc::clone(&global) });
    words.end(Instance::new(&store, module, given.collect()));
    words.end(Instance::new(&store, module, vec![Extern::OfGlobal { global: Arc::clone(&global) }; imports.len() + 1]));
    let linker = Linker::new(engine).unwrap();
    for import in &imports {
        _ = linker.define(&store, &import.module, &import.name, Extern::OfGlobal { global: Arc::clone(&global) });
    }
    words.end(linker.instantiate(&store, module));
    words.end(linker.instantiate_pre(module));
}

fn defaults(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let (linker, store) = (Linker::new(engine).unwrap(), Store::new(engine).unwrap());
    words.end(linker.define_unknown_imports_as_default_values(&store, module));
    words.end(linker.instantiate(&store, module));
}

/// Each function that is missing is called, which says so.
fn unknown(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let (linker, store) = (Linker::new(engine).unwrap(), Store::new(engine).unwrap());
    words.end(linker.define_unknown_imports_as_traps(module));
    let Some(instance) = words.end(linker.instantiate(&store, module)) else { return };
    call_all(&store, &instance, words);
}

fn instantiate(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    for limits in [None, Some(untrusted_limits())] {
        let store = Store::new(engine).unwrap();
        if let Some(limits) = limits {
            store.set_limits(limits).unwrap();
        }
        words.end(Instance::new(&store, module, Vec::new()));
    }
}

/// Calls what there is, with nothing and with what is wrong, and asks for what there is not.
fn call(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let store = Store::new(engine).unwrap();
    store.set_limits(untrusted_limits()).unwrap();
    let Some(instance) = words.end(Instance::new(&store, module, Vec::new())) else { return };
    words.end(instance.export(&store, "nothing"));
    words.end(instance.export(&store, &"nothing".repeat(1 << 7)));
    call_all(&store, &instance, words);
}

/// How many exports are called.
const CALLED: usize = 20;

fn call_all(store: &Arc<Store>, instance: &Instance, words: &mut Words) {
    let exports = instance.exports(store).unwrap();
    for export in exports.iter().take(CALLED) {
        match &export.item {
            Extern::OfFunc { func } => {
                words.end(func.call(store, Vec::new()));
                words.end(func.call(store, vec![Val::F64 { bits: 0 }; 2]));
                let count = func.r#type(store).map_or(0, |ty| ty.params.len());
                words.end(func.call(store, vec![Val::Null; count]));
                words.end(func.call(store, vec![Val::F64 { bits: 0 }; count]));
                words.end(func.call_slots(store, &mut []));
                words.end(Func::host(store, func.r#type(store).unwrap()));
            }
            Extern::OfGlobal { global } => _ = words.end(global.set(store, Val::F64 { bits: 0 })),
            Extern::OfTable { table } => {
                words.end(table.set(store, 0, Val::F64 { bits: 0 }));
                words.end(table.grow(store, i64::MAX, Val::Null));
            }
            Extern::OfMemory { memory } => {
                words.end(memory.read(store, 0, i64::MAX));
                words.end(memory.grow(store, i64::MAX));
            }
            _ => {}
        }
    }
}

fn reflect(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let store = Store::new(engine).unwrap();
    let Some(instance) = words.end(Instance::new(&store, module, Vec::new())) else { return };
    for export in instance.exports(&store).unwrap().iter().take(CALLED) {
        match &export.item {
            Extern::OfFunc { func } => words.add(func.r#type(&store).unwrap()),
            Extern::OfGlobal { global } => {
                words.add(global.r#type(&store).unwrap());
                if let Some(Val::AnyRef { value: Some(value) }) = words.end(global.get(&store)) {
                    words.add(value.r#type(&store).unwrap());
                }
            }
            Extern::OfTable { table } => words.add(table.r#type(&store).unwrap()),
            Extern::OfMemory { memory } => words.add(memory.r#type(&store).unwrap()),
            Extern::OfTag { tag } => words.add(tag.r#type(&store).unwrap()),
            Extern::OfSharedMemory { memory } => words.add(memory.r#type().unwrap()),
        }
    }
}

fn artifact(engine: &Arc<Engine>, module: &Arc<Module>, words: &mut Words) {
    let artifact = module.serialize().unwrap();
    words.end(Module::deserialize(engine, &artifact));
    let packed = module.pack().unwrap();
    words.end(Module::unpack(&packed));
    words.end(engine.accepts(&packed));
}
