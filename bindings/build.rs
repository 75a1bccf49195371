//! Writes the adapters of the languages from the core's exports, and gives the library the number of its build: the generated
//! code has the same one, and so neither is used with another.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

use trimaran_generator::model::Model;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes one adapter.
type Writer = fn(&Model) -> String;

/// The Rust files that `bindings/src/adapters` includes from `OUT_DIR`, and who writes them.
const ADAPTERS: &[(&str, Writer)] = &[
    ("python.rs", trimaran_generator::python::rust),
    ("jni.rs", trimaran_generator::jni::rust),
    ("c.rs", trimaran_generator::c::rust),
];

fn main() -> Result<()> {
    let core = Path::new("../core/src");
    generate(core)?;
    let mut files = Vec::new();
    for folder in [Path::new("src"), core] {
        println!("cargo::rerun-if-changed={}", folder.display());
        collect(folder, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for file in files {
        // The same number on Windows: the classes of the JVM are built once, for the libraries of all platforms.
        file.to_string_lossy().replace('\\', "/").hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=TRIMARAN_BUILD={:016x}", hasher.finish());
    Ok(())
}

/// Writes the adapters. What an export has and the generator does not know is an error with its place in the core.
fn generate(core: &Path) -> Result<()> {
    let source = match trimaran_generator::read(core) {
        Ok(source) => source,
        Err(error) => {
            println!("cargo::error={error}");
            return Err("the exports of the core cannot be read".into());
        }
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for (name, write) in ADAPTERS {
        fs::write(out.join(name), write(&source.model))?;
    }
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
