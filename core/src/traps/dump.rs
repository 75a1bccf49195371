//! A core dump of wasmtime's, on its way from where a guest has trapped to who wants it as a file.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use wasmtime::WasmCoreDump;

use crate::errors::frame::CoreDump;
use crate::{Frame, WasmtimeError};

/// What a `CoreDump` keeps.
pub(crate) struct Dump {
    pub(crate) inner: WasmCoreDump,
    /// The store, which is a type of another room: known once the call has failed that the guest ran in.
    pub(crate) store: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl WasmtimeError {
    /// The same trap, which knows what wasmtime has kept of the store, if that is in `error`.
    pub(super) fn with_core_dump(mut self, error: wasmtime::Error) -> Self {
        if let Self::Trap { frames, .. } = &mut self
            && let Some(Frame { core_dump, .. }) = frames.first_mut()
            && let Ok(inner) = error.downcast::<WasmCoreDump>()
        {
            *core_dump = Some(Arc::new(CoreDump::new(Dump { inner, store: OnceLock::new() })));
        }
        self
    }

    /// What a trap has kept of its store, if it has.
    pub(crate) fn core_dump(&self) -> Option<&Dump> {
        let Self::Trap { frames, .. } = self else { return None };
        frames.first()?.core_dump.as_ref()?.get()
    }
}
