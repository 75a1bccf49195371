//! The shared cases of `tests/cases`, in Rust. Their README has the vocabulary.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use trimaran_tests::{World, folder, programs, steps};

fn main() {
    let in_folder =
        |path: PathBuf| std::fs::read_dir(path).expect("tests/cases").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        in_folder(folder("cases")).chain(in_folder(folder("cases").join("component"))).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let results = std::env::var_os("TRIMARAN_CASE_RESULTS")
        .map(|path| Arc::new(Mutex::new(File::create(path).expect("the file of the results"))));
    let mut trials: Vec<Trial> = files.iter().flat_map(|path| trials(path, results.as_ref())).collect();
    trials.push(Trial::test("preludes", preludes));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Where a line is left for each case, if anywhere.
type Results = Arc<Mutex<File>>;

fn trials(path: &Path, results: Option<&Results>) -> Vec<Trial> {
    let text = std::fs::read_to_string(path).expect("a case file");
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let inside = path.strip_prefix(folder("cases")).expect("a file of `tests/cases`").with_extension("");
    let stem = inside.iter().map(|part| part.to_str().expect("a name")).collect::<Vec<_>>().join("/");
    let is_interpreter = std::env::var("TRIMARAN_TEST_TARGET").is_ok_and(|target| target.starts_with("pulley"));
    assert_known(&file, &["given", "cases"]);
    let trial = |case: &Value| {
        assert_known(case, &["id", "needs", "given", "steps"]);
        let (name, steps) = (case["id"].as_str().expect("an id"), steps(&file, case));
        let skipped = match case.get("needs").map(Value::as_str) {
            None => false,
            Some(Some("threads")) => is_interpreter,
            // Not every language has async calls yet.
            Some(Some("async")) => false,
            Some(Some(need)) if need.starts_with("program ") => !programs().join(&need[8..]).exists(),
            Some(_) => panic!("{stem}/{name}: unknown `needs`"),
        };
        let (id, results) = (format!("{stem}/{name}"), results.cloned());
        if skipped {
            leave(results.as_ref(), &id, "skip", &[]);
        }
        let test = {
            let id = id.clone();
            move || run(&id, &steps?, results.as_ref())
        };
        Trial::test(id, test).with_ignored_flag(skipped)
    };
    file["cases"].as_array().expect("cases").iter().map(trial).collect()
}

fn assert_known(object: &Value, names: &[&str]) {
    let unknown = object.as_object().expect("an object").keys().find(|name| !names.contains(&name.as_str()));
    assert_eq!(unknown, None, "an unknown field of {object}");
}

/// A case has the steps of its preludes before its own, and no prelude that is not there.
fn preludes() -> Result<(), Failed> {
    let file = json!({"given": {"a": [1, 2], "b": [3]}});
    assert_eq!(steps(&file, &json!({"given": ["b", "a"], "steps": [4]}))?, [3, 1, 2, 4].map(Value::from));
    assert_eq!(steps(&file, &json!({"steps": [4]}))?, [4].map(Value::from));
    let unknown = steps(&file, &json!({"given": ["a", "c"], "steps": []}));
    assert_eq!(unknown, Err("there is no prelude \"c\"".to_owned()));
    Ok(())
}

fn run(id: &str, steps: &[Value], results: Option<&Results>) -> Result<(), Failed> {
    let mut world = World::default();
    let mut numbered = steps.iter().enumerate();
    let done = numbered.try_for_each(|(index, step)| {
        world.step(step).map_err(|problem| format!("step {}, {step}: {problem}", index + 1).into())
    });
    leave(results, id, if done.is_ok() { "pass" } else { "fail" }, &world.variants);
    done
}

fn leave(results: Option<&Results>, id: &str, outcome: &str, variants: &[String]) {
    if let Some(results) = results {
        let line = format!("{id}\t{outcome}\t{}\n", variants.join(","));
        results.lock().unwrap().write_all(line.as_bytes()).expect("a written line");
    }
}
