//! One file of the suite: its commands, run through the public API.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use trimaran::{Engine, Extern, Instance, Linker, Module, Result, Store, Val, WasmtimeError};
use trimaran_tests::World;

use crate::Engines;
use crate::matching::{Host, argument, matches, show};
use crate::observe::observe;

/// How a command ended.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) outcome: &'static str,
    /// The variant of the error that it ended with.
    pub(crate) variant: String,
    pub(crate) problem: String,
}

impl Line {
    pub(crate) fn to_row(&self) -> String {
        format!("{}\t{}\t{}\n", self.id, self.outcome, self.variant)
    }
}

pub(crate) struct Script {
    folder: PathBuf,
    engine: Arc<Engine>,
    fuelled: Arc<Engine>,
    store: Arc<Store>,
    linker: Arc<Linker>,
    hosts: Host,
    current: Option<Arc<Instance>>,
    instances: HashMap<String, Arc<Instance>>,
    definitions: HashMap<String, Arc<Module>>,
    last_definition: Option<Arc<Module>>,
    /// What the steps about components made.
    world: World,
}

impl Script {
    pub(crate) fn new(folder: &Path, engines: &Engines) -> Self {
        let engine = &engines.plain;
        let (store, linker) = (Store::new(engine).unwrap(), Linker::new(engine).unwrap());
        linker.allow_shadowing(true).unwrap();
        let mut script = Self {
            folder: folder.to_owned(),
            engine: Arc::clone(engine),
            fuelled: Arc::clone(&engines.fuelled),
            store,
            linker,
            hosts: Host::default(),
            current: None,
            instances: HashMap::new(),
            definitions: HashMap::new(),
            last_definition: None,
            world: World::default(),
        };
        script.spectest("spectest.wasm");
        if engine.config().unwrap().wasm_threads == Some(true) {
            script.spectest("spectest-threads.wasm");
        }
        script
    }

    fn spectest(&mut self, file: &str) {
        if !self.folder.join(file).exists() {
            return;
        }
        let module = self.compile(file).unwrap();
        self.linker.define_module(&self.store, "spectest", &module).unwrap();
    }

    /// Runs all commands. A line comes out for each assertion, and for whatever else fails.
    pub(crate) fn run(mut self, id: &str, skips: &[Value]) -> Vec<Line> {
        let path = self.folder.join(format!("{id}.json"));
        let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let mut lines = Vec::new();
        for (index, command) in file["commands"].as_array().unwrap().iter().enumerate() {
            let number = command["line"].as_u64().unwrap();
            let is_assertion = command["assert"] == true;
            let line =
                |outcome, variant, problem| Line { id: format!("{id}:{number}#{index}"), outcome, variant, problem };
            let skipped = skips
                .iter()
                .any(|skip| skip["file"] == id && skip.get("line").is_none_or(|line| line.as_u64() == Some(number)));
            if skipped {
                if is_assertion {
                    lines.push(line("skip", "-".to_owned(), String::new()));
                }
                continue;
            }
            let (variant, problem) = match self.command(command) {
                Ok(()) => ("-".to_owned(), compare_success(command)),
                Err(Stop::Seen(seen)) => (seen, None),
                Err(Stop::Problem(problem)) => ("-".to_owned(), Some(problem)),
                Err(Stop::Error(error)) => {
                    let variant = variant(&error);
                    let problem = compare_error(command, &error, &variant);
                    (variant, problem)
                }
            };
            match problem {
                Some(problem) => lines.push(line("fail", variant, problem)),
                None if is_assertion => lines.push(line("pass", variant, String::new())),
                None => {}
            }
        }
        lines
    }

    fn command(&mut self, command: &Value) -> Result<(), Stop> {
        let name = |field: &str| command.get(field).and_then(Value::as_str);
        match name("op") {
            Some("compile") => {
                self.compile(name("file").unwrap())?;
            }
            Some("observe") => {
                let bytes = fs::read(self.folder.join(name("file").unwrap())).unwrap();
                return Err(Stop::Seen(observe(&self.fuelled, &bytes)?));
            }
            Some("steps") => {
                let first = self.world.variants.len();
                command["steps"].as_array().unwrap().iter().try_for_each(|step| self.world.step(step))?;
                if self.world.variants.len() > first {
                    return Err(Stop::Seen(self.world.variants[first..].join(",")));
                }
            }
            Some("module") => {
                let module = self.compile(name("file").unwrap())?;
                self.instantiate(&module, name("name"))?;
            }
            Some("definition") => {
                let module = self.compile(name("file").unwrap())?;
                if let Some(name) = name("name") {
                    self.definitions.insert(name.to_owned(), Arc::clone(&module));
                }
                self.last_definition = Some(module);
            }
            Some("instance") => {
                let module = match name("of") {
                    Some(name) => self.definitions.get(name).cloned(),
                    None => self.last_definition.clone(),
                };
                let module = module.ok_or("no such definition")?;
                self.instantiate(&module, name("name"))?;
            }
            Some("register") => {
                let instance = self.instance(name("name"))?;
                self.linker.define_instance(&self.store, name("as").unwrap(), &instance)?;
            }
            Some("invoke") => {
                let Extern::OfFunc { func } = self.export(command)? else { return Err("no function".into()) };
                let args = command["args"].as_array().unwrap();
                let args = args.iter().map(|value| argument(value, &self.store, &self.hosts));
                let args = args.collect::<Result<Vec<_>, Stop>>()?;
                let results = func.call(&self.store, args)?;
                self.compare(command, &results)?;
            }
            Some("get") => {
                let Extern::OfGlobal { global } = self.export(command)? else { return Err("no global".into()) };
                let value = global.get(&self.store)?;
                self.compare(command, &[value])?;
            }
            other => return Err(format!("unknown op {other:?}").into()),
        }
        Ok(())
    }

    fn compile(&self, file: &str) -> Result<Arc<Module>> {
        Module::new(&self.engine, &fs::read(self.folder.join(file)).unwrap())
    }

    fn instantiate(&mut self, module: &Module, name: Option<&str>) -> Result<()> {
        let instance = self.linker.instantiate(&self.store, module)?;
        if let Some(name) = name {
            self.instances.insert(name.to_owned(), Arc::clone(&instance));
        }
        self.current = Some(instance);
        Ok(())
    }

    fn instance(&self, name: Option<&str>) -> Result<Arc<Instance>, Stop> {
        let found = match name {
            Some(name) => self.instances.get(name).cloned(),
            None => self.current.clone(),
        };
        found.ok_or_else(|| "no such instance".into())
    }

    fn export(&self, command: &Value) -> Result<Extern, Stop> {
        let instance = self.instance(command.get("module").and_then(Value::as_str))?;
        Ok(instance.export(&self.store, command["field"].as_str().unwrap())?)
    }

    fn compare(&self, command: &Value, results: &[Val]) -> Result<(), Stop> {
        let Some(expected) = command.get("expected").and_then(Value::as_array) else { return Ok(()) };
        let agree = expected.len() == results.len()
            && expected.iter().zip(results).all(|(pattern, value)| matches(pattern, value, &self.store, &self.hosts));
        let shown = || results.iter().map(show).collect::<Vec<_>>().join(", ");
        if agree { Ok(()) } else { Err(format!("expected {}, found [{}]", command["expected"], shown()).into()) }
    }
}

/// Why a command did not end well, or what was seen.
pub(crate) enum Stop {
    Seen(String),
    Error(WasmtimeError),
    Problem(String),
}

impl From<WasmtimeError> for Stop {
    fn from(error: WasmtimeError) -> Self {
        Self::Error(error)
    }
}

impl From<String> for Stop {
    fn from(problem: String) -> Self {
        Self::Problem(problem)
    }
}

impl From<&str> for Stop {
    fn from(problem: &str) -> Self {
        Self::Problem(problem.to_owned())
    }
}

fn compare_success(command: &Value) -> Option<String> {
    command.get("error").map(|error| format!("it did not fail with {error}"))
}

fn compare_error(command: &Value, error: &WasmtimeError, variant: &str) -> Option<String> {
    let wanted = command.get("error").and_then(Value::as_array);
    if wanted.is_none_or(|wanted| wanted.iter().all(|wanted| wanted != variant)) {
        return Some(format!("{variant}: {error}"));
    }
    let code = match error {
        WasmtimeError::Trap { code: Some(code), .. } => format!("{code:?}"),
        _ => String::new(),
    };
    let expected = command.get("code").and_then(Value::as_str);
    expected.filter(|expected| *expected != code).map(|expected| format!("expected {expected}, found {code}: {error}"))
}

pub(crate) fn variant(error: &WasmtimeError) -> String {
    let debug = format!("{error:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
