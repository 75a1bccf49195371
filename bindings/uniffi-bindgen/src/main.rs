//! Generates the private bindings of one language from the built library:
//! `uniffi-bindgen python LIBRARY OUT_DIR`, in the root of the workspace.

mod python;

use std::fs;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use uniffi::{GenerateOptions, TargetLanguage};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [language, library, out_dir] = arguments.as_slice() else {
        bail!("usage: uniffi-bindgen python LIBRARY OUT_DIR");
    };
    let target = match language.as_str() {
        "python" => TargetLanguage::Python,
        other => bail!("no bindings for {other}: expected python"),
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
    if language == "python" {
        let generated = out_dir.join("trimaran.py");
        let source = fs::read_to_string(&generated).with_context(|| generated.to_string())?;
        fs::write(out_dir.join("_bindings.py"), python::adapt(&source)?)?;
        fs::remove_file(&generated)?;
    }
    Ok(())
}
