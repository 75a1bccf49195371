//! Generates modules, for the comparison of languages: `spec-smith FOLDER COUNT [FIRST]`.
//!
//! The number of a module is its seed: the same number is the same module. The files are as those of the official suite, which
//! may lie in the same folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use arbitrary::Unstructured;
use serde_json::{Value, json};
use wasm_smith::{Config, Module};

/// How many modules a file has.
const BATCH: u64 = 25;
/// How many bytes of chance a module is made of.
const CHANCE: usize = 4096;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: spec-smith FOLDER COUNT [FIRST]";
    let folder = PathBuf::from(arguments.next().context(usage)?);
    let count: u64 = arguments.next().context(usage)?.parse()?;
    let first: u64 = arguments.next().map_or(Ok(0), |first| first.parse())?;
    if folder.join("smith").exists() {
        fs::remove_dir_all(folder.join("smith"))?;
    }
    fs::create_dir_all(folder.join("smith"))?;
    let mut index = index(&folder)?;
    for start in (first..first + count).step_by(usize::try_from(BATCH)?) {
        let seeds = start..(start + BATCH).min(first + count);
        let commands = seeds.clone().map(|seed| module(&folder, seed)).collect::<Result<Vec<_>>>()?;
        let id = format!("smith/{start:06}");
        fs::write(folder.join(format!("{id}.json")), serde_json::to_vec(&json!({ "commands": commands }))?)?;
        index.push(json!({"file": id, "proposal": "smith", "assertions": commands.len()}));
    }
    fs::write(folder.join("index.json"), serde_json::to_vec_pretty(&index)?)?;
    println!("{count} modules");
    Ok(())
}

/// What there is besides: the official suite, if it lies in this folder.
fn index(folder: &Path) -> Result<Vec<Value>> {
    let path = folder.join("index.json");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut files: Vec<Value> = serde_json::from_slice(&fs::read(path)?)?;
    files.retain(|file| file["proposal"] != "smith");
    Ok(files)
}

/// Writes one module, and gives the command that looks at it.
fn module(folder: &Path, seed: u64) -> Result<Value> {
    let bytes = chance(seed);
    let module = Module::new(config(), &mut Unstructured::new(&bytes)).with_context(|| format!("module {seed}"))?;
    let file = format!("smith/{seed:06}.wasm");
    fs::write(folder.join(&file), module.to_bytes())?;
    Ok(json!({"op": "observe", "file": file, "line": seed, "assert": true}))
}

fn config() -> Config {
    Config {
        // One bit pattern for every NaN, as the machine's own differ.
        canonicalize_nans: true,
        export_everything: true,
        min_funcs: 3,
        max_imports: 6,
        max_instructions: 300,
        max_memory32_bytes: 4 << 16,
        max_memory64_bytes: 4 << 16,
        max_table_elements: 1000,
        compact_imports_enabled: false,
        threads_enabled: false,
        relaxed_simd_enabled: false,
        gc_enabled: true,
        exceptions_enabled: false,
        tail_call_enabled: true,
        ..Config::default()
    }
}

/// Bytes that look like chance, and are the same for the same seed (SplitMix64).
fn chance(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..CHANCE / 8).flat_map(|_| next().to_le_bytes()).collect()
}
