//! What UniFFI generates for Swift, adapted: a panic while an object is let go of does not end the process.

use anyhow::{Result, bail};

/// How an object is freed. Where that fails, there is no one to tell, and `try!` would end the process.
const FREE: &str = "try! rustCall { uniffi_trimaran_fn_free_";
const FREED: &str = "_ = try? rustCall { uniffi_trimaran_fn_free_";

/// Adapts a generated module. Fails where it does not look as expected: then this file has to follow UniFFI.
pub(crate) fn adapt(source: &str) -> Result<String> {
    if !source.contains(FREE) {
        bail!("UniFFI frees objects otherwise: there is no `{FREE}`");
    }
    Ok(source.replace(FREE, FREED))
}
