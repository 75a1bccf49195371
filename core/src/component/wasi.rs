//! WASI 0.2 in linkers of components.

use crate::compile::engine::LinkerCache;
use crate::errors::chain::chain;
use crate::stores::store::StoreData;
use crate::wasi::preview2::interfaces;
use crate::{Result, WasmtimeError};

type Linker = wasmtime::component::Linker<StoreData>;

/// The interfaces, in the version that wasmtime-wasi has: it serves whoever asks for another 0.2.
pub(super) const NAMES: [&str; 29] = [
    "wasi:cli/environment@0.2.12",
    "wasi:cli/exit@0.2.12",
    "wasi:cli/stderr@0.2.12",
    "wasi:cli/stdin@0.2.12",
    "wasi:cli/stdout@0.2.12",
    "wasi:cli/terminal-input@0.2.12",
    "wasi:cli/terminal-output@0.2.12",
    "wasi:cli/terminal-stderr@0.2.12",
    "wasi:cli/terminal-stdin@0.2.12",
    "wasi:cli/terminal-stdout@0.2.12",
    "wasi:clocks/monotonic-clock@0.2.12",
    "wasi:clocks/wall-clock@0.2.12",
    "wasi:filesystem/preopens@0.2.12",
    "wasi:filesystem/types@0.2.12",
    "wasi:http/outgoing-handler@0.2.12",
    "wasi:http/types@0.2.12",
    "wasi:io/error@0.2.12",
    "wasi:io/poll@0.2.12",
    "wasi:io/streams@0.2.12",
    "wasi:random/insecure-seed@0.2.12",
    "wasi:random/insecure@0.2.12",
    "wasi:random/random@0.2.12",
    "wasi:sockets/instance-network@0.2.12",
    "wasi:sockets/ip-name-lookup@0.2.12",
    "wasi:sockets/network@0.2.12",
    "wasi:sockets/tcp-create-socket@0.2.12",
    "wasi:sockets/tcp@0.2.12",
    "wasi:sockets/udp-create-socket@0.2.12",
    "wasi:sockets/udp@0.2.12",
];

/// A linker that has WASI alone. It is kept with the engine once it was asked for: making WASI's functions takes far longer than a
/// clone.
pub(super) fn linker(kept: &LinkerCache, engine: &wasmtime::Engine) -> Result<Linker> {
    if kept.get().is_none() {
        let mut made = Linker::new(engine);
        interfaces::define(&mut made).map_err(|error| WasmtimeError::Unexpected { reason: chain(&error) })?;
        // Another thread may have been first.
        _ = kept.set(Box::new(made));
    }
    let found = kept.get().and_then(|linker| linker.downcast_ref::<Linker>()).cloned();
    found.ok_or_else(|| WasmtimeError::Unexpected { reason: "an engine without the interfaces of WASI".to_owned() })
}
