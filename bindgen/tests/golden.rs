//! The bindings of each idiom, as files that people read. `GOLDEN=write` writes them anew.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::{env, fs};

use trimaran_bindgen::header::Header;
use trimaran_bindgen::{File, Problem, kotlin, output, python, source, swift};

fn golden(name: &str, language: &str, make: impl Fn(&Header) -> Vec<File>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let command = format!("trimaran bindgen {name}.wit -o plugin");
    let source = format!("the world `plugin` in {name}.wit");
    let header = Header { version: "0.0.0".to_owned(), source, command: Some(command) };
    let files = make(&header);
    let found: Vec<_> = files.iter().map(|file| format!("==> {}\n{}", file.path, file.text)).collect();
    let (found, path) = (found.join("\n"), folder.join(language).join(format!("{name}.txt")));
    if env::var("GOLDEN").is_ok_and(|it| it == "write") {
        return fs::write(path, found).unwrap();
    }
    assert!(
        found == fs::read_to_string(&path).unwrap(),
        "{}: run with GOLDEN=write, and look\n{found}",
        path.display()
    );
}

#[test]
fn python_is_as_it_was() {
    for name in ["record", "variant", "result", "resource", "names"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.wit"));
        let model = source::wit(&path, None).unwrap();
        golden(name, "python", |header| python::files(&model, header, python::Options::default()));
    }
}

#[test]
fn kotlin_is_as_it_was() {
    for name in ["record", "variant", "result", "resource", "names"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.wit"));
        let model = source::wit(&path, None).unwrap();
        golden(name, "kotlin", |header| kotlin::files(&model, header, "plugin").unwrap());
    }
}

#[test]
fn swift_is_as_it_was() {
    for name in ["record", "variant", "result", "resource", "names"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.wit"));
        let model = source::wit(&path, None).unwrap();
        golden(name, "swift", |header| swift::files(&model, header));
    }
}

#[test]
fn functions_that_wait_are_as_they_were() {
    for name in ["resource", "result"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.wit"));
        let mut model = source::wit(&path, None).unwrap();
        model.wait(None).unwrap();
        golden(name, "python-async", |header| python::files(&model, header, python::Options::default()));
        golden(name, "kotlin-async", |header| kotlin::files(&model, header, "plugin").unwrap());
        golden(name, "swift-async", |header| swift::files(&model, header));
    }
}

#[test]
fn those_functions_wait_that_are_named() {
    let text = "package a:b@1.0.0;\n\
        interface log { write: func(); resource r { constructor(); go: func(); } flush: func(); }\n\
        world w { import log; export log; import now: func(); export run: func(); }";
    let waiting = |names: &[&str]| {
        let mut model = source::text("a.wit", text, None).unwrap();
        model.wait(Some(names)).map(|()| {
            let interfaces = model.interfaces.iter().flat_map(|it| it.functions.iter());
            let all = interfaces.chain(&model.world.imports).chain(&model.world.exports);
            all.filter(|it| it.waits).map(|it| it.path.clone()).collect::<Vec<_>>()
        })
    };
    // The interface is there on both sides.
    let both = |names: &[&str]| Ok([names, names].concat().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(waiting(&["run"]), Ok(vec!["run".to_owned()]));
    assert_eq!(waiting(&["now", "run"]), Ok(vec!["now".to_owned(), "run".to_owned()]));
    assert_eq!(waiting(&["log.write"]), both(&["write"]));
    assert_eq!(waiting(&["a:b/log@1.0.0.r.go", "log.r"]), both(&["[constructor]r", "[method]r.go"]));
    assert_eq!(waiting(&["log"]), waiting(&["a:b/log@1.0.0"]));
    assert_eq!(waiting(&["log"]).unwrap().len(), 8);
    for wrong in ["lo", "log.writ", "write", "", "a:b/log"] {
        let Err(problem @ Problem::Waiting { .. }) = waiting(&["run", wrong]) else { panic!("{wrong}") };
        let sentence = problem.to_string();
        assert!(
            sentence.contains(&format!("no function `{wrong}`")) && sentence.contains("`a:b/log@1.0.0`"),
            "{sentence}"
        );
    }
}

#[test]
fn stubs_are_as_they_were() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/resource.wit");
    let mut model = source::wit(&path, None).unwrap();
    model.wait_as_loaded();
    let options = python::Options { stubs: true, loaded: true };
    golden("resource", "python-stubs", |header| python::files(&model, header, options));
}

#[test]
fn a_mistake_has_its_place() {
    let found = source::text("a.wit", "package a:b;\nworld w {\n  import f: fun();\n}", None);
    let Err(Problem::Wit(said)) = found else { panic!("{found:?}") };
    assert!(said.contains("a.wit:3:16") && said.contains("import f: fun();\n") && said.ends_with('^'), "{said}");
}

#[test]
fn a_missing_package_is_named_with_where_it_was_looked_for() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.wit"), "package a:b;\nworld w { import c:d/e@1.0.0; }").unwrap();
    let Err(Problem::MissingPackage { package, looked_in, used_in, .. }) = source::wit(&folder, None) else { panic!() };
    assert_eq!((package.as_str(), looked_in), ("c:d@1.0.0", vec![folder.clone(), folder.join("deps")]));
    assert!(used_in.ends_with("a.wit:2:18"), "{used_in}");
}

#[test]
fn a_world_that_is_not_there() {
    let known = vec!["w".to_owned(), "v".to_owned()];
    let text = "package a:b;\nworld w {}\nworld v {}";
    assert_eq!(source::text("a.wit", text, None).err(), Some(Problem::World { asked: None, known: known.clone() }));
    let asked = Some("x".to_owned());
    assert_eq!(source::text("a.wit", text, Some("x")).err(), Some(Problem::World { asked, known }));
    assert_eq!(source::text("a.wit", text, Some("a:b/v")).unwrap().world.name, "v");
}

#[test]
fn a_name_that_no_file_can_have_is_refused_before_anything_is_written() {
    let name = "a".repeat(290);
    let text = format!("package a:b;\ninterface {name} {{ f: func(); }}\nworld w {{ import {name}; }}");
    let model = source::text("a.wit", &text, None).unwrap();
    let header = Header { version: "0".to_owned(), source: "a.wit".to_owned(), command: None };
    let files = python::files(&model, &header, python::Options::default());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("long-name");
    _ = fs::remove_dir_all(&folder);
    let Err(problem) = output::write(&folder, &files, false) else { panic!() };
    assert!(problem.to_string().ends_with("…` cannot be the name of a file: it has more than 255 bytes"), "{problem}");
    assert!(problem.to_string().len() < 250 && !folder.exists(), "{problem}");
}

#[test]
fn documents_and_paths_stay_what_they_are() {
    let text = "package a:b;\n/// \"\"\"\n/// a \\ b\"\nworld w {}";
    let model = source::text("a.wit", text, None).unwrap();
    let header =
        Header { version: "0".to_owned(), source: "a\nimport os".to_owned(), command: Some("b\rc".to_owned()) };
    let files = python::files(&model, &header, python::Options::default());
    let text = &files.last().unwrap().text;
    assert!(text.contains("\\\"\\\"\\\"") && text.contains("a \\\\ b\\\""), "{text}");
    assert!(text.starts_with("# Made by Trimaran 0, of a import os.") && !text.contains('\r'), "{text}");
}

#[test]
fn a_type_that_would_fill_the_memory_is_refused() {
    let aliases: String = (1..60).map(|n| format!("type t{n} = tuple<t{0}, t{0}>;\n", n - 1)).collect();
    let text = format!("package a:b;\nworld w {{\ntype t0 = u8;\n{aliases}export f: func(t: t59);\n}}");
    let found = source::text("a.wit", &text, None);
    assert!(
        matches!(&found, Err(Problem::Unsupported { what, .. }) if what == "types that are too large"),
        "{found:?}"
    );
    let deep =
        format!("package a:b;\nworld w {{\nexport f: func(t: {}u8{});\n}}", "list<".repeat(150), ">".repeat(150));
    let found = source::text("a.wit", &deep, None);
    assert!(matches!(&found, Err(Problem::Unsupported { .. } | Problem::Wit(_))), "{found:?}");
}
