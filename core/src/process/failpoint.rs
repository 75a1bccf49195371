//! Panics on purpose, for the tests that show that no panic leaves the library.

use std::ffi::OsString;
use std::sync::OnceLock;

/// Panics if the environment variable `TRIMARAN_FAILPOINT` has the name of this boundary between languages. Only code that runs
/// rarely, or that fails anyway, calls this.
#[cold]
#[expect(clippy::panic, reason = "it is what this is for")]
pub fn panic_at(boundary: &str) {
    static NAME: OnceLock<Option<OsString>> = OnceLock::new();
    let name = NAME.get_or_init(|| std::env::var_os("TRIMARAN_FAILPOINT"));
    if name.as_deref().is_some_and(|name| name == boundary) {
        panic!("a failpoint panics at the boundary `{boundary}`");
    }
}
