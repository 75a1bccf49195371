//! Gives the library the number of its build: the generated code has the same one, and so neither is used with another.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Result;
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    let mut files = Vec::new();
    for folder in ["src", "../core/src"] {
        println!("cargo::rerun-if-changed={folder}");
        // Where this is built from what was published, core lies elsewhere, and its version stands for it.
        if Path::new(folder).is_dir() {
            collect(Path::new(folder), &mut files)?;
        }
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for file in files {
        file.to_string_lossy().hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=TRIMARAN_BUILD={:016x}", hasher.finish());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
