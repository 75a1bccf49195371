//! Compiled modules, and packed ones.

use std::sync::OnceLock;

use trimaran::{Engine, Module, WasmtimeError};

use crate::chance::Chance;
use crate::guest::{GUEST, engine};

/// The bytes say where a real artifact is changed, cut or doubled. Only what is whole is taken.
pub(crate) fn run(bytes: &[u8]) {
    static REAL: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let engine = engine();
    let [artifact, packed] = REAL.get_or_init(|| {
        let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
        [module.serialize().unwrap(), module.pack().unwrap()]
    });
    let mut chance = Chance::new(bytes);
    for (real, load) in [(artifact, deserialize as fn(&Engine, &[u8]) -> bool), (packed, unpack)] {
        let changed = chance.changed(std::slice::from_ref(real));
        assert_eq!(load(&engine, &changed), changed == *real);
        assert!(!load(&engine, bytes), "the bytes themselves are no artifact");
    }
}

fn deserialize(engine: &Engine, bytes: &[u8]) -> bool {
    is_whole(Module::deserialize(engine, bytes))
}

fn unpack(_engine: &Engine, bytes: &[u8]) -> bool {
    is_whole(Module::unpack(bytes))
}

fn is_whole<T>(loaded: Result<T, WasmtimeError>) -> bool {
    match loaded {
        Ok(_) => true,
        Err(WasmtimeError::Artifact { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}
