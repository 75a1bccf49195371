//! What bindings are made of: a WIT folder, a WIT file, or what a component says about itself.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use wasmparser::{ComponentExternalKind, Parser, Payload};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{PackageId, ParseError, Resolve, ResolveError, ResolveErrorKind, WorldId};

use crate::model::Model;
use crate::{Problem, Result, read};

/// Reads a WIT folder, whose `deps` has the packages that it uses, or a WIT file. `world` is the name of the world, which
/// may be left out where there is one.
pub fn wit(path: &Path, world: Option<&str>) -> Result<Model> {
    let mut resolve = Resolve::default();
    let package = guarded(|| {
        let pushed = match path.is_dir() {
            true => resolve.push_dir(path).map(|(package, _)| package),
            false => resolve.push_file(path),
        };
        pushed.map_err(|error| problem(&error, &resolve, path))
    })?;
    of_package(resolve, package, world)
}

/// Reads the text of one WIT file. `name` is what messages call it.
pub fn text(name: &str, text: &str, world: Option<&str>) -> Result<Model> {
    let mut resolve = Resolve::default();
    let pushed =
        guarded(|| resolve.push_source(name, text).map_err(|error| problem(&error, &resolve, Path::new(name))))?;
    of_package(resolve, pushed, world)
}

/// Reads a component, or a WIT package in the binary format.
///
/// A component has one world, which has no name of its own: it gets `world` or, if that is not said, `name`.
pub fn binary(bytes: &[u8], name: &str, world: Option<&str>) -> Result<Model> {
    // The decoder takes a core module for a package without anything in it.
    if bytes.starts_with(b"\0asm\x01\0\0\0") {
        let reason = "this is a core module, and no component: bindings are made for components";
        return Err(Problem::Component(reason.to_owned()));
    }
    let decoded = guarded(|| {
        decode(bytes).map_err(|error| match type_beside(bytes) {
            Some(name) => Problem::TypeBeside { name },
            None => Problem::Component(said(&error)),
        })
    })?;
    match decoded {
        DecodedWasm::WitPackage(resolve, package) => of_package(resolve, package, world),
        DecodedWasm::Component(mut resolve, id) => {
            let given = world.unwrap_or(name);
            let mut model = of_world(&mut resolve, id)?;
            model.world.path = given.to_owned();
            model.world.name = given.rsplit('/').next().and_then(|it| it.split('@').next()).unwrap_or(given).to_owned();
            Ok(model)
        }
    }
}

/// Takes what was parsed already, and one of its worlds.
pub fn resolved(mut resolve: Resolve, world: WorldId) -> Result<Model> {
    of_world(&mut resolve, world)
}

fn of_package(mut resolve: Resolve, package: PackageId, world: Option<&str>) -> Result<Model> {
    let id = chosen(&resolve, package, world)?;
    of_world(&mut resolve, id)
}

fn of_world(resolve: &mut Resolve, id: WorldId) -> Result<Model> {
    guarded(|| {
        resolve.generate_nominal_type_ids(id);
        read::model(resolve, id)
    })
}

/// The world of that name in the package: `plugin`, or `example:app/plugin`.
fn chosen(resolve: &Resolve, package: PackageId, world: Option<&str>) -> Result<WorldId> {
    let own = resolve.packages.get(package).map(|it| &it.worlds);
    let Some(asked) = world else {
        let mut ids = own.into_iter().flat_map(|worlds| worlds.values());
        return match (ids.next(), ids.next()) {
            (Some(only), None) => Ok(*only),
            _ => Err(Problem::World {
                asked: None,
                known: own.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            }),
        };
    };
    let by_path = |(id, world): (WorldId, &wit_parser::World)| {
        let package = world.package?;
        let path = resolve.id_of_name(package, &world.name);
        let bare = path.split('@').next().unwrap_or(&path);
        (path == asked || bare == asked).then_some(id)
    };
    let found = own.and_then(|worlds| worlds.get(asked)).copied();
    found.or_else(|| resolve.worlds.iter().find_map(by_path)).ok_or_else(|| Problem::World {
        asked: Some(asked.to_owned()),
        known: own.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
    })
}

/// The first type that a component exports beside its interfaces, for which the parser has no word.
fn type_beside(bytes: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(exports) if depth == 1 => {
                let mut exports = exports.into_iter().flatten();
                if let Some(found) = exports.find(|export| export.kind == ComponentExternalKind::Type) {
                    return Some(found.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    None
}

/// The parser says what it found in words, but of some inputs it panics: they are refused as well.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Problem::Component(format!("the parser of WIT failed: {}", said.unwrap_or("it did not say why"))))
    })
}

fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn problem(error: &anyhow::Error, resolve: &Resolve, path: &Path) -> Problem {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<ParseError>() {
            return Problem::Wit(in_file(path, error.render(&resolve.source_map)));
        }
        let Some(error) = cause.downcast_ref::<ResolveError>() else { continue };
        return match error.kind() {
            ResolveErrorKind::PackageNotFound { requested, known, span } => Problem::MissingPackage {
                package: requested.to_string(),
                used_in: resolve.render_location(*span),
                looked_in: looked_in(path),
                known: known.iter().map(ToString::to_string).collect(),
            },
            _ => Problem::Wit(in_file(path, error.render(&resolve.source_map))),
        };
    }
    if let Some(error) = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>()) {
        return Problem::Io { path: path.to_owned(), reason: error.to_string() };
    }
    Problem::Wit(format!("{}: {}", path.display(), said(error)))
}

/// What the parser said, with the file: of an empty one it does not name it.
fn in_file(path: &Path, said: String) -> String {
    let name = path.display().to_string();
    if said.contains(&name) { said } else { format!("{name}: {said}") }
}

fn looked_in(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() { vec![path.to_owned(), path.join("deps")] } else { vec![path.to_owned()] }
}

/// Whether a file is in the binary format of WebAssembly.
pub fn is_binary(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 4];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"\0asm"
}
