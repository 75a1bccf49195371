//! Runs every entry on its seeds, and on bytes that were made of them. The ways in which they are changed are fixed, so that a
//! failure happens again; `TRIMARAN_FUZZ_SECONDS` goes on with others for that long in each entry.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use trimaran_fuzz::{Chance, body};

/// Where an entry's seeds lie: in its folder, and where others have them for other ends.
fn seeds(entry: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("seeds").join(entry)];
    match entry {
        "cases" => folders.extend([root.join("../cases"), root.join("../cases/component")]),
        "text" => folders.push(root.join("../modules")),
        _ => {}
    }
    let mut files: Vec<PathBuf> =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    assert!(!files.is_empty(), "{entry} has no seeds");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Runs the entry; what it fails with is kept in a file.
fn attempt(entry: &str, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| body(entry)(bytes))).is_err() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{entry}.input"));
        fs::write(&file, bytes).unwrap();
        panic!("{entry} failed on what is in {}", file.display());
    }
}

fn fuzz(entry: &str, count: u64) {
    let mut seeds = seeds(entry);
    seeds.iter().for_each(|seed| attempt(entry, seed));
    // Any bytes are objects in some order.
    if matches!(entry, "api" | "slots" | "artifact") {
        seeds.extend((0..count / 4).map(|seed| Chance::seeded(seed, 800).bytes().to_vec()));
    }
    let one = |seed| attempt(entry, &Chance::seeded(seed, 256).changed(&seeds));
    (0..count).for_each(one);
    let seconds = std::env::var("TRIMARAN_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let first = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs()) << 20;
    (first..).take_while(|_| Instant::now() < end).for_each(one);
}

#[test]
fn modules() {
    fuzz("module", 1_500);
}

#[test]
fn texts() {
    fuzz("text", 800);
}

#[test]
fn artifacts() {
    fuzz("artifact", 2_500);
}

#[test]
fn slots() {
    fuzz("slots", 1_000);
}

#[test]
fn case_files() {
    fuzz("cases", 200);
}

#[test]
fn objects_in_any_order() {
    fuzz("api", 400);
}
