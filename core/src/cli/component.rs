//! `run` for components: a command of WASI 0.2 or 0.3, or one function that a component exports.

use crate::cli::streams::{Failure, Started, print};
use crate::cli::wave;
use crate::component::types::{ComponentTypeKind, ComponentTypes};
use crate::component::wit;
use crate::errors::guest_text;
use crate::errors::guest_text::Name;
use crate::{Component, ComponentInstance, ComponentLinker, Result, WasmtimeError};

/// How many functions the message lists if a component is no program.
const FUNCTIONS: usize = 32;

/// What a command exports: any version of WASI 0.2 or 0.3 has these.
const COMMANDS: [&str; 2] = ["wasi:cli/run@0.3.0", "wasi:cli/run@0.2.0"];

/// Whether a component may have functions that are async: it imports or exports WASI 0.3. Where the setting is on, each call costs several
/// times as much.
pub(super) fn may_be_async(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"@0.3.").is_some()
}

/// Runs a component: `call` is what `--invoke` says.
pub(super) fn run(started: &Started<'_>, bytes: &[u8], call: Option<&str>) -> Result<(), Failure> {
    let Started { engine, store, path, .. } = started;
    let component = Component::new(engine, bytes).map_err(|error| error.in_file(path))?;
    let linker = ComponentLinker::new(engine)?;
    linker.define_wasi()?;
    let functions = functions(&component.types()?);
    let Some(call) = call else {
        let exports = |command: &&&str| {
            let version = command.trim_end_matches('0');
            functions.iter().any(|(path, _)| path.first().is_some_and(|name| name.starts_with(version)))
        };
        let Some(command) = COMMANDS.iter().find(exports) else {
            let all = list(&functions);
            return Err(Failure::Usage(format!(
                "no program: the component exports no `wasi:cli/run`; --invoke one of: {all}"
            )));
        };
        let instance = linker.instantiate(store, &component)?;
        let run = instance.func(store, vec![(*command).to_owned(), "run".to_owned()])?;
        let received = run.call(store, &Default::default())?;
        // A result without values: 0 is ok.
        return match received.bytes.first() {
            Some(0) => Ok(()),
            _ => Err(Failure::Exit(1, None)),
        };
    };
    let (name, arguments) = match call.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')),
        None => (call.trim(), Some("")),
    };
    let Some(arguments) = arguments else {
        return Err(Failure::Usage(format!("--invoke {call}: expected `)` at its end, as in 'add(1, 2)'")));
    };
    let path: Vec<String> = name.split('#').map(str::to_owned).collect();
    let instance = linker.instantiate(store, &component)?;
    let func = found(&instance, started, path, &functions)?;
    let bytes = wave::arguments(func.params(), func.param_names(), arguments).map_err(|mistake| {
        let ty = func.types().map(|types| wit::text(&types)).unwrap_or_default();
        Failure::Usage(format!("--invoke {}: {mistake}; `{}` is {ty}", Name(call), Name(name)))
    })?;
    let received = func.call(store, &crate::component::func::Arguments { bytes: &bytes, ..Default::default() })?;
    let text = wave::result(func.results(), &received);
    if text.is_empty() { Ok(()) } else { print(&format!("{text}\n")) }
}

/// The function of that path, or the only one whose last name it is.
fn found(
    instance: &ComponentInstance,
    started: &Started<'_>,
    path: Vec<String>,
    functions: &[(Vec<String>, String)],
) -> Result<std::sync::Arc<crate::ComponentFunc>, Failure> {
    let mut alike = functions.iter().filter(|(other, _)| path.len() == 1 && other.last() == path.last());
    let path = match (alike.next(), alike.next()) {
        (Some((only, _)), None) => only.clone(),
        _ => path,
    };
    instance.func(&started.store, path).map_err(|error| match error {
        WasmtimeError::NotFound { reason, .. } | WasmtimeError::Type { reason } => {
            Failure::Usage(format!("{reason}; --invoke one of: {}", list(functions)))
        }
        error => Failure::Error(error),
    })
}

/// The functions with their types, in words.
fn list(functions: &[(Vec<String>, String)]) -> String {
    match guest_text::list(FUNCTIONS, functions, |(path, ty)| format!("{}: {ty}", shown(path))) {
        none if none.is_empty() => "none".to_owned(),
        all => all,
    }
}

/// The functions that a component exports, each with its path and its type.
fn functions(types: &ComponentTypes) -> Vec<(Vec<String>, String)> {
    let mut all = Vec::new();
    let node = |place: u32| types.nodes.get(place as usize);
    let exports = node(types.root).and_then(|root| root.parts.get(1).copied().flatten());
    collect(types, exports, &mut Vec::new(), &mut all);
    all
}

/// How many instances lie in each other at most that are looked at.
const DEPTH: usize = 8;

/// How many functions are looked at.
const MOST: usize = 10_000;

fn collect(types: &ComponentTypes, place: Option<u32>, path: &mut Vec<String>, all: &mut Vec<(Vec<String>, String)>) {
    let Some(node) = place.and_then(|place| types.nodes.get(place as usize)) else { return };
    if node.kind != ComponentTypeKind::Instance || path.len() == DEPTH {
        return;
    }
    for (name, part) in node.names.iter().zip(&node.parts) {
        path.push(name.clone());
        match part.and_then(|place| types.nodes.get(place as usize)).map(|node| node.kind) {
            Some(ComponentTypeKind::Func) if all.len() < MOST => {
                let text = part.map_or_else(String::new, |place| wit::text_of(types, place));
                all.push((path.clone(), text));
            }
            Some(ComponentTypeKind::Instance) => collect(types, *part, path, all),
            _ => {}
        }
        path.pop();
    }
}

fn shown(path: &[String]) -> String {
    Name(&path.join("#")).to_string()
}
