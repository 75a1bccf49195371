//! Modules in the text format.

use trimaran::{Module, wat2wasm};

use crate::guest::{check, engine, exercise};

/// Text and the binary that is made of it are the same module.
pub(crate) fn run(bytes: &[u8]) {
    let engine = engine();
    let from_text = Module::new(&engine, bytes);
    match wat2wasm(bytes) {
        Ok(binary) => {
            let from_binary = Module::new(&engine, &binary);
            assert_eq!(from_text.as_ref().err(), from_binary.as_ref().err());
            if let Ok(module) = from_text {
                exercise(&module);
            }
        }
        Err(error) => {
            assert!(from_text.is_err(), "it is a module and no text");
            check(Err(error));
        }
    }
}
