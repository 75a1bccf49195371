//! Every WIT file that the parser and the component encoder are tested with becomes bindings, or is refused for a listed reason;
//! and so does each of `wit` beside this file.
#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use trimaran_bindgen::header::Header;
use trimaran_bindgen::model::Model;
use trimaran_bindgen::{Problem, kotlin, output, python, source, swift};
use wit_parser::{PackageId, Resolve};

/// The folder of a crate's source, as cargo has it.
fn crate_folder(name: &str) -> PathBuf {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["metadata", "--format-version", "1", "--offline", "--manifest-path", manifest];
    let done = Command::new(cargo).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let all: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut packages = all["packages"].as_array().unwrap().iter();
    let found = packages.find(|package| package["name"] == name).expect(name);
    Path::new(found["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn is_wit(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".wit") || path.to_string_lossy().ends_with(".wit.print")
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, found);
        } else if is_wit(&path) {
            found.push(path);
        }
    }
}

/// Folders whose files do not belong together.
const APART: [&str; 4] = ["interfaces", "components", "parse-fail", "merge"];

/// What a file is read as: itself, or the folder that it is a part of.
fn package_of(file: &Path) -> PathBuf {
    let mut unit = file.to_owned();
    for folder in file.ancestors().skip(1) {
        if folder.ends_with("ui") || folder.ends_with("tests") || folder.ends_with("components") {
            break;
        }
        let has_several = fs::read_dir(folder)
            .unwrap()
            .filter(|it| it.as_ref().is_ok_and(|it| it.path().extension().is_some_and(|it| it == "wit")));
        let has_several = has_several.count() > 1;
        let is_apart = file.iter().any(|part| APART.iter().any(|name| part == *name));
        let is_one = has_several && !is_apart;
        if folder.ends_with("deps") {
            unit = folder.parent().unwrap().to_owned();
        } else if folder.join("deps").is_dir() || is_one {
            unit = folder.to_owned();
        }
    }
    unit
}

/// The models of all worlds of a package, and of one that imports and exports all its interfaces. Where `has_deps`, the same of those
/// packages that it uses.
fn models(path: &Path, has_deps: bool) -> Result<Vec<Model>, String> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    let package: PackageId = resolve
        .push_path(path)
        .map_err(|error| {
            format!("wit: {error:#}")
                .replace(&*path.to_string_lossy(), if path.ends_with("kinds-of-deps") { "DEPS" } else { "HERE" })
        })?
        .0;
    let all: Vec<PackageId> = resolve.packages.iter().map(|(id, _)| id).collect();
    let packages = if has_deps { all } else { vec![package] };
    let mut worlds = Vec::new();
    for (number, package) in packages.into_iter().enumerate() {
        worlds.extend(resolve.packages[package].worlds.values().copied());
        let interfaces = resolve.packages[package].interfaces.values();
        let ids: Vec<_> = interfaces.map(|id| resolve.id_of(*id).unwrap()).collect();
        let items = |word: &str| ids.iter().map(|id| format!("  {word} {id};\n")).collect::<String>();
        let all = format!("package corpus:all{number};\nworld all {{\n{}{}}}\n", items("import"), items("export"));
        let mut whole = resolve.clone();
        // What is ours has such a world.
        if !ids.is_empty()
            && !path.starts_with(env!("CARGO_MANIFEST_DIR"))
            && let Ok(package) = whole.push_source("all.wit", &all)
        {
            worlds.extend(whole.packages[package].worlds.values());
            resolve = whole;
        }
    }
    worlds.into_iter().map(|world| source::resolved(resolve.clone(), world).map_err(reason)).collect()
}

fn reason(problem: Problem) -> String {
    match problem {
        Problem::Unsupported { what, .. } => format!("unsupported: {what}"),
        other => format!("problem: {other}"),
    }
}

/// What is refused, and why: types that components' values cannot have here yet.
const REASONS: [&str; 12] = [
    "unsupported: a future",
    "unsupported: a list of a fixed length",
    "unsupported: a map",
    "unsupported: a stream",
    "unsupported: an error-context",
    "unsupported: more than 32 flags",
    "unsupported: the word `async`",
    // A part of a package that another file begins.
    "wit: no `package` header was found",
    "wit: interface not found in package",
    // What is printed of a component is without the packages that it uses.
    "wit: package '",
    // These use packages that are written in the text format of WebAssembly.
    "wit: failed to resolve directory while parsing WIT for path [DEPS]",
    "wit: interface or world `",
];

#[test]
fn every_file_becomes_bindings_or_is_refused_for_a_listed_reason() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    _ = fs::remove_dir_all(&target);
    // A test of Kotlin's compiles some of it.
    let kotlin_target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-kotlin");
    _ = fs::remove_dir_all(&kotlin_target);
    let swift_target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-swift");
    _ = fs::remove_dir_all(&swift_target);
    let mut files = Vec::new();
    for name in ["wit-parser", "wit-component"] {
        find(&crate_folder(name).join("tests"), &mut files);
    }
    find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit"), &mut files);
    let mut units: BTreeSet<PathBuf> = files.iter().map(|file| package_of(file)).collect();
    // The packages of WASI 0.2, in the version that wasmtime has.
    let wasi = crate_folder("wasmtime-wasi-http").join("wit");
    units.insert(wasi.clone());
    assert!(files.len() > 700, "{} files", files.len());
    let mut odd = Vec::new();
    let (mut made, mut refused): (usize, BTreeMap<String, usize>) = (0, BTreeMap::new());
    for (number, unit) in units.iter().enumerate() {
        // These are no WIT, which is what they are for.
        let is_wrong = unit.iter().any(|part| part == "parse-fail");
        match models(unit, *unit == wasi) {
            Ok(models) => {
                // The worlds with functions that wait are worlds of their own.
                let waiting = models.iter().cloned().map(|mut model| {
                    model.wait(None).unwrap();
                    model
                });
                let models: Vec<_> = models.iter().cloned().chain(waiting).collect();
                for (place, model) in models.iter().enumerate() {
                    let source = format!("the world `{}`", model.world.path);
                    let header = Header { version: "0.0.0".to_owned(), source, command: None };
                    for options in [python::Options::default(), python::Options { stubs: true, loaded: true }] {
                        let files = python::files(model, &header, options);
                        assert_eq!(files, python::files(model, &header, options), "{}", unit.display());
                        let folder =
                            target.join(format!("p{number}_{place}{}", if options.stubs { "_stubs" } else { "" }));
                        output::write(&folder, &files, false).unwrap();
                        made += 1;
                    }
                    let name = format!("p{number}x{place}");
                    match kotlin::files(model, &header, &name) {
                        Ok(files) => {
                            assert_eq!(Ok(&files), kotlin::files(model, &header, &name).as_ref(), "{}", unit.display());
                            output::write(&kotlin_target.join(&name), &files, false).unwrap();
                            made += 1;
                        }
                        Err(problem) => *refused.entry(format!("kotlin: {}", reason(problem))).or_default() += 1,
                    }
                    let files = swift::files(model, &header);
                    assert_eq!(files, swift::files(model, &header), "{}", unit.display());
                    output::write(&swift_target.join(format!("p{number}_{place}")), &files, false).unwrap();
                }
            }
            Err(reason) if is_wrong => assert!(reason.starts_with("wit: "), "{}: {reason}", unit.display()),
            Err(reason) if !REASONS.iter().any(|known| reason.starts_with(known)) => {
                odd.push(format!("{}: {reason}", unit.display()));
            }
            Err(reason) => {
                *refused.entry(reason).or_default() += 1;
            }
        }
    }
    let of_wasi = models(&wasi, true).unwrap();
    let found: BTreeSet<_> = of_wasi.iter().flat_map(|model| &model.interfaces).map(|it| &*it.path).collect();
    for name in
        ["cli/run", "clocks/wall-clock", "filesystem/types", "http/types", "io/streams", "random/random", "sockets/tcp"]
    {
        assert!(found.iter().any(|path| path.starts_with(&format!("wasi:{name}@0.2."))), "{name}: {found:?}");
    }
    eprintln!("{} files, {} packages, {made} bindings, refused: {refused:#?}", files.len(), units.len());
    assert!(odd.is_empty(), "{}", odd.join("\n"));
    assert!(made > 600, "{made}");
    // What is made is Python.
    let check = "import pathlib, sys\n\
                 for file in pathlib.Path(sys.argv[1]).rglob('*.py*'):\n    \
                     compile(file.read_text(), str(file), 'exec')\n";
    let done = Command::new("python3").args(["-W", "error", "-c", check]).arg(&target).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
