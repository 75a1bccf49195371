//! A mistake of ours, on purpose: tests show that none goes further than the boundary that it is made at.

use std::ffi::OsString;
use std::sync::OnceLock;

/// Panics where the environment variable `TRIMARAN_FAILPOINT` names this boundary. It stands where calls are rare, or
/// have failed anyway.
#[cold]
#[expect(clippy::panic, reason = "it is what this is for")]
pub fn panic_at(boundary: &str) {
    static NAME: OnceLock<Option<OsString>> = OnceLock::new();
    let name = NAME.get_or_init(|| std::env::var_os("TRIMARAN_FAILPOINT"));
    if name.as_deref().is_some_and(|name| name == boundary) {
        panic!("a failpoint panics at the boundary `{boundary}`");
    }
}
