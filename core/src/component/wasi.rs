//! WASI 0.2 and 0.3 in linkers of components.

use crate::compile::engine::LinkerCache;
use crate::errors::chain::chain;
use crate::errors::spelling::Spelled;
use crate::stores::store::StoreData;
use crate::wasi::preview2::interfaces;
use crate::wasi::preview3;
use crate::{Result, WasmtimeError};

type Linker = wasmtime::component::Linker<StoreData>;

/// The interfaces, in the version that wasmtime-wasi has: it serves whoever asks for another 0.2.
const NAMES: [&str; 29] = [
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

/// The same of WASI 0.3, where components may be async. `wasi:cli/types` has nothing but types, and needs no definition.
const ASYNC_NAMES: [&str; 20] = [
    "wasi:cli/environment@0.3.0",
    "wasi:cli/exit@0.3.0",
    "wasi:cli/stderr@0.3.0",
    "wasi:cli/stdin@0.3.0",
    "wasi:cli/stdout@0.3.0",
    "wasi:cli/terminal-input@0.3.0",
    "wasi:cli/terminal-output@0.3.0",
    "wasi:cli/terminal-stderr@0.3.0",
    "wasi:cli/terminal-stdin@0.3.0",
    "wasi:cli/terminal-stdout@0.3.0",
    "wasi:clocks/monotonic-clock@0.3.0",
    "wasi:clocks/system-clock@0.3.0",
    "wasi:clocks/types@0.3.0",
    "wasi:filesystem/preopens@0.3.0",
    "wasi:filesystem/types@0.3.0",
    "wasi:random/insecure-seed@0.3.0",
    "wasi:random/insecure@0.3.0",
    "wasi:random/random@0.3.0",
    "wasi:sockets/ip-name-lookup@0.3.0",
    "wasi:sockets/types@0.3.0",
];

/// The interfaces that an engine's linkers have: those of WASI 0.3 only where its components may be async.
pub(super) fn names(engine: &wasmtime::Engine) -> impl Iterator<Item = &'static str> {
    let more: &[_] = if engine.get_concurrency_support() { &ASYNC_NAMES } else { &[] };
    NAMES.into_iter().chain(more.iter().copied())
}

/// A linker that has WASI alone. It is kept with the engine once it was asked for: making WASI's functions takes far longer than a
/// clone.
pub(super) fn linker(kept: &LinkerCache, engine: &wasmtime::Engine) -> Result<Linker> {
    if kept.get().is_none() {
        let mut made = Linker::new(engine);
        let defined = interfaces::define(&mut made).and_then(|()| match engine.get_concurrency_support() {
            true => preview3::interfaces::define(&mut made),
            false => Ok(()),
        });
        defined.map_err(|error| WasmtimeError::Unexpected { reason: chain(&error) })?;
        // Another thread may have been first.
        _ = kept.set(Box::new(made));
    }
    let found = kept.get().and_then(|linker| linker.downcast_ref::<Linker>()).cloned();
    found.ok_or_else(|| WasmtimeError::Unexpected { reason: "an engine without the interfaces of WASI".to_owned() })
}

/// What to do about imports that are not defined, some of which may be of WASI.
pub(super) fn hint<'a>(
    engine: &wasmtime::Engine,
    has_wasi: bool,
    names: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let mut of_wasi = names.filter(|name| name.starts_with("wasi:"));
    let mut of_async = of_wasi.clone().filter(|name| name.contains("@0.3."));
    if of_async.clone().next().is_some() && !engine.get_concurrency_support() {
        return format!("; WASI 0.3 needs an engine with {}", Spelled("wasm_component_model_async"));
    }
    if !has_wasi && of_wasi.next().is_some() {
        return format!("; {} defines those of WASI", Spelled("define_wasi"));
    }
    if has_wasi && of_async.any(|name| name.starts_with("wasi:http/")) {
        return "; of WASI 0.3, HTTP is not there yet: a component may import wasi:http 0.2".to_owned();
    }
    String::new()
}
