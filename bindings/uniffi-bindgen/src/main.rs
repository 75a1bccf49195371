//! Generates the private bindings of one language from the built library:
//! `uniffi-bindgen python|kotlin LIBRARY OUT_DIR`, in the root of the workspace.

mod python;

use std::fs;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use uniffi::{GenerateOptions, TargetLanguage};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [language, library, out_dir] = arguments.as_slice() else {
        bail!("usage: uniffi-bindgen python|kotlin LIBRARY OUT_DIR");
    };
    let target = match language.as_str() {
        "python" => TargetLanguage::Python,
        "kotlin" => TargetLanguage::Kotlin,
        other => bail!("no bindings for {other}: expected python or kotlin"),
    };
    let out_dir = Utf8PathBuf::from(out_dir);
    uniffi::generate(GenerateOptions {
        languages: vec![target],
        source: library.into(),
        out_dir: out_dir.clone(),
        config_override: Some("uniffi.toml".into()),
        format: false,
        crate_filter: None,
        metadata_no_deps: true,
    })?;
    if language == "kotlin" {
        let number = build_number(library)?;
        let text = format!("package dev.trimaran.internal.ffi\n\ninternal const val BUILD: String = \"{number}\"\n");
        fs::write(out_dir.join("dev/trimaran/internal/ffi/Build.kt"), text)?;
    }
    if language == "python" {
        let generated = out_dir.join("trimaran.py");
        let source = fs::read_to_string(&generated).with_context(|| generated.to_string())?;
        fs::write(out_dir.join("_bindings.py"), python::adapt(&source)?)?;
        fs::remove_file(&generated)?;
    }
    Ok(())
}

/// The number that a library has of its build, in hexadecimal digits.
fn build_number(library: &str) -> Result<String> {
    const MARK: &[u8] = b"trimaran-build:";
    const DIGITS: usize = 16;
    let bytes = fs::read(library).with_context(|| library.to_owned())?;
    let place = bytes.windows(MARK.len()).position(|window| window == MARK);
    let place = place.with_context(|| format!("{library} has no number of its build"))? + MARK.len();
    let digits = bytes.get(place..place + DIGITS).context("the number of the build is cut off")?;
    Ok(String::from_utf8(digits.to_vec())?)
}
