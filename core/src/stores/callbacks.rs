//! Callbacks of WASI. They are code of the host, which runs while a store runs a guest: as a host function does, so that a thread
//! that waits for the store gives up in time. The callback may wait for that very thread.

use std::sync::{Arc, Weak};

use crate::{
    HttpHandler, HttpRequest, InputSource, OutputSink, Result, Store, WasiConfig, WasiHttp, WasiInput, WasiOutput,
};

/// A callback of a store.
struct Callback<C: ?Sized> {
    store: Weak<Store>,
    callback: Arc<C>,
}

impl<C: ?Sized> Callback<C> {
    fn run<R>(&self, work: impl FnOnce(&C) -> Result<R>) -> Result<R> {
        match self.store.upgrade() {
            Some(store) => store.gate.host(|| work(&self.callback)),
            None => work(&self.callback),
        }
    }
}

impl OutputSink for Callback<dyn OutputSink> {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        self.run(|sink| sink.write(bytes))
    }
}

impl InputSource for Callback<dyn InputSource> {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        self.run(|source| source.read(most))
    }
}

impl HttpHandler for Callback<dyn HttpHandler> {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        self.run(|handler| handler.handle(Arc::clone(&request)))?;
        request.wrap_body(|source| Arc::new(Callback { store: Weak::clone(&self.store), callback: source }));
        Ok(())
    }
}

/// The same configuration, whose callbacks the store knows of.
pub(super) fn known(config: WasiConfig, store: &Weak<Store>) -> WasiConfig {
    let output = |output| match output {
        Some(WasiOutput::Sink { sink }) => {
            Some(WasiOutput::Sink { sink: Arc::new(Callback { store: Weak::clone(store), callback: sink }) })
        }
        other => other,
    };
    let stdin = match config.stdin {
        Some(WasiInput::Source { source }) => {
            Some(WasiInput::Source { source: Arc::new(Callback { store: Weak::clone(store), callback: source }) })
        }
        other => other,
    };
    let http = config.http.map(|WasiHttp::Handler { handler }| WasiHttp::Handler {
        handler: Arc::new(Callback { store: Weak::clone(store), callback: handler }),
    });
    WasiConfig { http, stdin, stdout: output(config.stdout), stderr: output(config.stderr), ..config }
}
