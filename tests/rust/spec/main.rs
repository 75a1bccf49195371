//! The official WebAssembly suite, in Rust. `tests/spec/README.md` has the vocabulary.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod matching;
mod observe;
mod script;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use trimaran::{Config, Engine};

use self::script::{Line, Script};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the root").to_owned();
    let folder = std::env::var_os("TRIMARAN_SPEC").map_or(root.join("target/spec"), PathBuf::from);
    if !folder.join("index.json").exists() {
        println!("the official suite is not here: tools/spec brings it");
        libtest_mimic::run(&Arguments::from_args(), Vec::new()).exit();
    }
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine_name = if target.is_some() { "interpreter" } else { "native" };
    let engines = Arc::new(Engines::new(target).expect("engines"));
    let skips = read(&root.join("tests/spec/skips.json"))["skips"].as_array().expect("skips").clone();
    let skips = skips.into_iter().filter(|skip| skip.get("engine").is_none_or(|engine| *engine == engine_name));
    let skips = Arc::new(skips.collect::<Vec<_>>());
    let results = std::env::var_os("TRIMARAN_SPEC_RESULTS")
        .map(|path| Arc::new(Mutex::new(fs::File::create(path).expect("the file of the results"))));
    let index = read(&folder.join("index.json"));
    let trials = index.as_array().expect("a list").iter().map(|file| {
        let id = file["file"].as_str().expect("a name").to_owned();
        let (folder, engines) = (folder.clone(), Arc::clone(&engines));
        let (skips, results) = (Arc::clone(&skips), results.clone());
        Trial::test(id.clone(), move || {
            let lines = Script::new(&folder, &engines).run(&id, &skips);
            if let Some(results) = results {
                let text: String = lines.iter().map(Line::to_row).collect();
                results.lock().unwrap().write_all(text.as_bytes()).expect("a written line");
            }
            judge(&lines)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// What all files share.
pub(crate) struct Engines {
    /// For the suite: every proposal at once.
    pub(crate) plain: Arc<Engine>,
    /// The same, and guests use fuel: for what is observed.
    pub(crate) fuelled: Arc<Engine>,
}

impl Engines {
    fn new(target: Option<String>) -> trimaran::Result<Self> {
        let config = Config {
            wasm_threads: Some(target.is_none()),
            target,
            wasm_gc: Some(true),
            wasm_function_references: Some(true),
            wasm_exceptions: Some(true),
            wasm_tail_call: Some(true),
            wasm_memory64: Some(true),
            wasm_multi_memory: Some(true),
            wasm_relaxed_simd: Some(true),
            wasm_custom_page_sizes: Some(true),
            wasm_wide_arithmetic: Some(true),
            ..Config::default()
        };
        let fuelled = Engine::new(Config { consume_fuel: Some(true), ..config.clone() })?;
        Ok(Self { plain: Engine::new(config)?, fuelled })
    }
}

fn judge(lines: &[Line]) -> Result<(), Failed> {
    let failed: Vec<_> = lines.iter().filter(|line| line.outcome == "fail").collect();
    if failed.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = failed.iter().take(20).map(|line| format!("{}: {}", line.id, line.problem)).collect();
    Err(format!("{} of {} failed\n{}", failed.len(), lines.len(), shown.join("\n")).into())
}
