//! Generates the private bindings of one language from the built library:
//! `uniffi-bindgen python|kotlin|swift LIBRARY OUT_DIR`, in the root of the workspace.

use std::fs;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use uniffi::{GenerateOptions, TargetLanguage};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [language, library, out_dir] = arguments.as_slice() else {
        bail!("usage: uniffi-bindgen python|kotlin|swift LIBRARY OUT_DIR");
    };
    let target = match language.as_str() {
        "python" => TargetLanguage::Python,
        "kotlin" => TargetLanguage::Kotlin,
        "swift" => TargetLanguage::Swift,
        other => bail!("no bindings for {other}: expected python, kotlin or swift"),
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
        name_the_extension(&out_dir)?;
    }
    Ok(())
}

/// Python has one library in the process: the extension module, which the lane needs as well. The generated
/// module looks for a library of its own; it is given the extension's file, and a private name.
fn name_the_extension(out_dir: &Utf8Path) -> Result<()> {
    const SEARCH: &str = "path = os.path.join(os.path.dirname(__file__), libname)";
    const FOUND: &str = "from . import _native\n    path = _native.__file__";
    let generated = out_dir.join("trimaran.py");
    let source = fs::read_to_string(&generated).with_context(|| generated.to_string())?;
    if source.matches(SEARCH).count() != 1 {
        bail!("{generated}: the loader of this UniFFI looks otherwise; adapt `SEARCH`");
    }
    fs::write(out_dir.join("_bindings.py"), source.replace(SEARCH, FOUND))?;
    fs::remove_file(&generated)?;
    Ok(())
}
