//! Modules in the binary format.

use trimaran::{Module, validate};

use crate::guest::{check, engine, exercise};

/// What compiles is valid, and is used.
pub(crate) fn run(bytes: &[u8]) {
    let engine = engine();
    let is_valid = validate(&engine, bytes).is_ok();
    match Module::new(&engine, bytes) {
        Ok(module) => {
            assert!(is_valid, "it compiles and is not valid");
            exercise(&module);
        }
        Err(error) => check(Err(error)),
    }
    match Module::for_snapshots(&engine, bytes) {
        Ok(module) => {
            assert!(is_valid, "it compiles for snapshots and is not valid");
            exercise(&module);
        }
        Err(error) => check(Err(error)),
    }
}
