//! A mistake of ours, on purpose: tests show that none goes further than the boundary that it is made at.

use std::ffi::OsString;
use std::sync::OnceLock;

/// Panics where the environment variable `TRIMARAN_PLANTED_PANIC` names this boundary. It stands where calls are rare, or
/// have failed anyway.
#[cold]
#[expect(clippy::panic, reason = "it is what this is for")]
pub fn panic_at(boundary: &str) {
    static PLANTED: OnceLock<Option<OsString>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| std::env::var_os("TRIMARAN_PLANTED_PANIC"));
    if planted.as_deref().is_some_and(|planted| planted == boundary) {
        panic!("a panic that was planted at the boundary `{boundary}`");
    }
}
