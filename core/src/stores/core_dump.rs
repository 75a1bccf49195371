//! Core dumps: what a store was when a guest trapped, as a file for debuggers.
//!
//! The format is that of <https://github.com/WebAssembly/tool-conventions/blob/main/Coredump.md>, and wasmtime writes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;

use camino::Utf8PathBuf;
use wasmtime::{AsContext, HeapType, RootScope, ValType, WasmCoreDump};

use crate::errors::spelling::Spelled;
use crate::process::heap::try_with_capacity;
use crate::traps::dump::Dump;
use crate::{CoreDump, Result, Store, WasmtimeError};

/// How much of the memories may not be zero, in MiB. That makes 99,840 data segments, and readers take 100,000.
const MOST: usize = 390;

/// How much of a memory wasmtime writes as one segment, in bytes. It leaves out what is zero.
const PART: usize = 4096;

/// The size of a page that the format knows, in bytes.
const PAGE: u64 = 64 << 10;

#[uniffi::export]
impl CoreDump {
    /// Writes the store as it is now to a file, as a core dump (WebAssembly tool conventions, `Coredump.md`): the guest's calls, and
    /// the memories and globals of all instances. Memories that are shared are left out, and references are null.
    ///
    /// Fails with `Closed` where the store is closed, with `Io` where the file cannot be written, with `Limit` where more than
    /// 390 MiB of the memories are not zero, and with `Unsupported` for memories of other pages than 64 KiB and for globals that
    /// hold exceptions or continuations.
    #[cfg_attr(false, long)]
    pub fn write(&self, path: Utf8PathBuf) -> Result<()> {
        let bytes = self.bytes()?;
        std::fs::write(&path, bytes).map_err(|error| WasmtimeError::io(&path, &error))
    }
}

/// Fails with `Config`: a trap has no core dump, as its engine keeps none.
#[uniffi::export]
pub fn no_core_dump() -> Result<()> {
    let setting = Spelled("coredump_on_trap");
    Err(WasmtimeError::Config {
        reason: format!("the trap has no core dump: set {setting} of the engine's configuration"),
    })
}

impl CoreDump {
    fn bytes(&self) -> Result<Vec<u8>> {
        let closed = || WasmtimeError::Closed { what: "store".to_owned() };
        let dump: &Dump = self.get().ok_or_else(closed)?;
        let store = dump.store.get().and_then(|store| store.downcast_ref::<Weak<Store>>());
        let store = store.and_then(Weak::upgrade).ok_or_else(closed)?;
        store.enter(|context| {
            check(&dump.inner, &context)?;
            let mut scope = RootScope::new(context);
            let bytes = catch_unwind(AssertUnwindSafe(|| dump.inner.serialize(&mut scope, "guest")));
            bytes.map_err(|panic| WasmtimeError::from_panic(panic.as_ref()))
        })
    }
}

/// Refuses what wasmtime cannot write.
fn check(dump: &WasmCoreDump, context: &impl AsContext) -> Result<()> {
    let unsupported = |what| WasmtimeError::Unsupported { reason: format!("a core dump has no word for {what}") };
    let mut parts = 0;
    for memory in dump.memories() {
        if memory.page_size(context) != PAGE {
            return Err(unsupported("memories of other pages than 64 KiB"));
        }
        parts += memory.data(context).chunks(PART).filter(|part| part.iter().any(|byte| *byte != 0)).count();
        if parts * PART > MOST << 20 {
            let reason =
                format!("the memories are too large for a core dump: more than {MOST} MiB of them are not zero");
            return Err(WasmtimeError::limit(reason));
        }
    }
    for global in dump.globals() {
        if let ValType::Ref(ty) = global.ty(context).content()
            && !matches!(ty.heap_type().top(), HeapType::Extern | HeapType::Func | HeapType::Any)
        {
            return Err(unsupported("globals that hold exceptions or continuations"));
        }
    }
    // Wasmtime ends the process where it cannot allocate what it writes, twice.
    try_with_capacity(2 * parts * PART).map(drop)
}

impl Store {
    /// The same error, whose core dump knows its store.
    #[cold]
    pub(crate) fn noted(&self, error: WasmtimeError) -> WasmtimeError {
        // What an inner guest fails with comes out of the outer one, unless a host function has caught it.
        if !self.gate.is_within(trimaran_gate::this_thread()) {
            self.events.failed(&error);
        }
        if let Some(dump) = error.core_dump()
            && dump.store.get().is_none()
            && let Some(store) = self.to_arc()
        {
            _ = dump.store.set(Box::new(std::sync::Arc::downgrade(&store)));
        }
        error
    }
}
