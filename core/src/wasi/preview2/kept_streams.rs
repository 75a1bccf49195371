//! Streams of the files that preview 1's functions keep: nothing waits for them.

use wasmtime::component::Resource;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{DynPollable, FsError, StreamError, StreamResult, subscribe};

use crate::wasi::preview2::io::MOST;
use crate::wasi::preview2::kept::KeptStream;
use crate::wasi::preview2::waiting::Waiting;

/// What a guest is told by a stream: `filesystem-error-code` finds the code in it.
fn failed(error: FsError) -> StreamError {
    match error.downcast() {
        Ok(code) => StreamError::LastOperationFailed(wasmtime::Error::new(code)),
        Err(trap) => StreamError::Trap(trap),
    }
}

impl Waiting<'_> {
    /// Something that is always ready.
    pub(super) fn wait_for_kept<T>(&mut self, stream: &Resource<T>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.preview1.context.ctx().table, Resource::<KeptStream>::new_borrow(stream.rep()))
    }

    /// The next bytes. At the end of the file the stream is closed.
    pub(super) fn read_from_kept<T>(&mut self, stream: &Resource<T>, length: u64) -> StreamResult<Vec<u8>> {
        let Some(KeptStream { file, position, .. }) = self.kept_stream(stream) else { return Err(StreamError::Closed) };
        let (file, position) = (file.clone(), *position);
        let bytes = self.read_kept(&file, length.min(MOST), position).map_err(failed)?;
        if bytes.is_empty() && length != 0 {
            return Err(StreamError::Closed);
        }
        self.move_on(stream, bytes.len() as u64);
        Ok(bytes)
    }

    /// Writes all bytes, or as many as there is room for, and then fails.
    pub(super) fn write_to_kept<T>(&mut self, stream: &Resource<T>, bytes: &[u8]) -> StreamResult<()> {
        let mut left = bytes;
        while !left.is_empty() {
            let Some(KeptStream { file, position, appends }) = self.kept_stream(stream) else {
                return Err(StreamError::Closed);
            };
            let (file, position, appends) = (file.clone(), *position, *appends);
            let position = if appends { self.status_of_kept(&file).map_err(failed)?.size } else { position };
            let written = self.write_kept(&file, left, position).map_err(failed)?;
            let Some(rest) =
                usize::try_from(written).ok().filter(|count| *count != 0).and_then(|count| left.get(count..))
            else {
                return Err(failed(ErrorCode::Io.into()));
            };
            self.move_on(stream, written);
            left = rest;
        }
        Ok(())
    }

    fn move_on<T>(&mut self, stream: &Resource<T>, count: u64) {
        if let Some(stream) = self.kept_stream(stream) {
            stream.position = stream.position.saturating_add(count);
        }
    }
}
