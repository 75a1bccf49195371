//! What a store's components have of streams of WASI 0.3. The host's end of one lies in wasmtime's event loop, which drops it without the
//! store.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use wasmtime::AsContextMut;
use wasmtime::component::{FutureReader, Lift, Lower, Resource};

use crate::WasmtimeError;
use crate::wasi::stream::carried;

/// How many streams of WASI the components of a store may have at once.
const MOST: usize = 1000;

/// The streams that a store's components have.
#[derive(Default)]
pub(crate) struct Streaming {
    /// Each stream has a copy of this.
    held: Arc<()>,
    left: Arc<Left>,
}

/// Streams of WASI 0.2 that no stream of 0.3 has any more.
#[derive(Default)]
struct Left(Mutex<Vec<(Kind, u32)>>);

/// What a stream of WASI 0.2 is.
#[derive(Clone, Copy)]
pub(in crate::wasi) enum Kind {
    Input,
    Output,
    Entries,
}

/// A stream of WASI 0.3, until the host's end of it is dropped.
pub(super) struct Held {
    #[expect(dead_code, reason = "it is counted")]
    held: Arc<()>,
}

/// The same of one that has a stream of WASI 0.2, by its number in the table of resources.
pub(super) struct Has {
    kind: Kind,
    number: u32,
    left: Arc<Left>,
    #[expect(dead_code, reason = "it is counted")]
    held: Held,
}

impl Streaming {
    /// One more. Fails with `Limit` where there are too many.
    pub(super) fn hold(&self) -> wasmtime::Result<Held> {
        if Arc::strong_count(&self.held) > MOST {
            let reason = format!("the component has too many streams of WASI: expected at most {MOST} at once");
            return Err(carried(WasmtimeError::limit(reason)));
        }
        Ok(Held { held: Arc::clone(&self.held) })
    }

    /// The same of one that has that stream of WASI 0.2.
    pub(super) fn has<R: 'static>(&self, held: Held, kind: Kind, stream: &Resource<R>) -> Has {
        Has { kind, number: stream.rep(), left: Arc::clone(&self.left), held }
    }

    /// Whether there are any to be dropped.
    pub(in crate::wasi) fn has_left(&self) -> bool {
        !self.left.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Streams of WASI 0.2 that are to be dropped.
    pub(in crate::wasi) fn take_left(&self) -> Vec<(Kind, u32)> {
        std::mem::take(&mut self.left.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Has {
    pub(super) fn stream<R: 'static>(&self) -> Resource<R> {
        Resource::new_borrow(self.number)
    }
}

impl Drop for Has {
    fn drop(&mut self) {
        self.left.0.lock().unwrap_or_else(PoisonError::into_inner).push((self.kind, self.number));
    }
}

/// A future of what a stream comes to: what is sent, and success where nothing is.
pub(super) fn end<E: Send + Sync + 'static>(
    store: impl AsContextMut,
    sent: oneshot::Receiver<E>,
) -> wasmtime::Result<FutureReader<Result<(), E>>>
where
    Result<(), E>: Lift + Lower,
{
    FutureReader::new(store, async move {
        let sent = sent.await;
        wasmtime::error::Ok(sent.map_or(Ok(()), Err))
    })
}
