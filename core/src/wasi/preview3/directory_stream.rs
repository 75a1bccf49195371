//! Streams of the entries of a directory. Each has a list of WASI 0.2, and counts as a descriptor as long as that is there.

use std::iter::empty;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Access, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult, VecBuffer,
};
use wasmtime_wasi::p2::bindings::sync::filesystem::types::{HostDescriptor as Old, HostDirectoryEntryStream};
use wasmtime_wasi::p3::bindings::filesystem::types::{Descriptor, DirectoryEntry, ErrorCode};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, waiting};
use crate::wasi::preview3::streaming::{Has, Kind, end};
use crate::wasi::preview3::words;

type Ended = FutureReader<Result<(), ErrorCode>>;

/// How many entries a guest gets at once at most.
const PIECE: usize = 256;

/// A stream of the entries of a directory.
pub(super) fn read<T: WasiHost>(
    mut store: Access<'_, T, HasWaiting>,
    fd: Resource<Descriptor>,
) -> wasmtime::Result<(StreamReader<DirectoryEntry>, Ended)> {
    let (sender, sent) = oneshot::channel();
    let mut host = store.get();
    let held = host.preview1.streaming.hold()?;
    let stream = match Old::read_directory(&mut host, fd) {
        Ok(entries) => {
            let has = host.preview1.streaming.has(held, Kind::Entries, &entries);
            StreamReader::new(&mut store, Entries { has, sender: Some(sender) })?
        }
        Err(error) => {
            _ = sender.send(words::code_of(error)?);
            StreamReader::new(&mut store, empty())?
        }
    };
    Ok((stream, end(&mut store, sent)?))
}

/// A guest reads a directory.
struct Entries {
    has: Has,
    sender: Option<oneshot::Sender<ErrorCode>>,
}

impl<T: WasiHost> StreamProducer<T> for Entries {
    type Item = DirectoryEntry;
    type Buffer = VecBuffer<DirectoryEntry>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'a, T>,
        mut to: Destination<'a, DirectoryEntry, VecBuffer<DirectoryEntry>>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { has, sender } = self.get_mut();
        let most = to.remaining(&mut store).unwrap_or(PIECE).min(PIECE);
        let mut entries = Vec::new();
        let mut result = StreamResult::Completed;
        while entries.len() < most {
            match HostDirectoryEntryStream::read_directory_entry(&mut waiting(store.data_mut()), has.stream()) {
                Ok(Some(entry)) => entries.push(words::entry(entry)),
                Ok(None) => {
                    result = StreamResult::Dropped;
                    break;
                }
                Err(error) => {
                    let code = words::code_of(error)?;
                    if let Some(sender) = sender.take() {
                        // Where the guest does not want to know, it has dropped the future.
                        _ = sender.send(code);
                    }
                    result = StreamResult::Dropped;
                    break;
                }
            }
        }
        to.set_buffer(entries.into());
        Poll::Ready(Ok(result))
    }
}
