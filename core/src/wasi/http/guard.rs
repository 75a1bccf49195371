//! A client of HTTP that answers only the requests that were granted.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::interruption::interrupt::Interrupts;
use crate::wasi::http::grants::{Destination, Grants, Host};
use crate::wasi::http::handler::{HttpHandler, WasiHttp};
use crate::wasi::http::message::HttpRequestHead;
use crate::wasi::http::request::HttpRequest;
use crate::{InputSource, Result, WasmtimeError};

/// How often a guest that waits for the addresses of a host is looked at, whose time may be over.
const SLICE: Duration = Duration::from_millis(50);

/// Has `client` answer the requests that the grants permit.
pub(crate) fn guard(grants: Grants, client: WasiHttp) -> WasiHttp {
    let WasiHttp::Handler { handler: client } = client;
    WasiHttp::Handler { handler: Arc::new(Guarded { grants: Arc::new(grants), client }) }
}

struct Guarded {
    grants: Arc<Grants>,
    client: Arc<dyn HttpHandler>,
}

impl HttpHandler for Guarded {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        let head = request.head()?;
        let Some(host) = Host::parse(&head.host).filter(|host| self.grants.admit(host, &head)) else {
            return request.fail("HTTP-request-denied", None);
        };
        let addresses = match host {
            Host::Address(address) => vec![address],
            Host::Name(_) => look_up(&head, &request)?,
        };
        if addresses.is_empty() {
            return request.fail("DNS-error", None);
        }
        // A client may take any of them.
        if !addresses.iter().all(|address| self.grants.permit(&host, &head, *address)) {
            return request.fail("destination-IP-prohibited", None);
        }
        request.admit(Destination { grants: Arc::clone(&self.grants), host, addresses });
        // A client lets out what `check` says, as an error of its language.
        self.client.handle(Arc::clone(&request)).map_err(|error| request.check().err().unwrap_or(error))?;
        let interrupts = request.interrupts();
        request.wrap_body(|source| Arc::new(Watched { interrupts, source }));
        Ok(())
    }
}

/// The body of a response. A guest whose time is over ends with that, whatever the client says.
struct Watched {
    interrupts: Option<Arc<Interrupts>>,
    source: Arc<dyn InputSource>,
}

impl InputSource for Watched {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        let over = || self.interrupts.as_ref().and_then(|interrupts| interrupts.still_running().err());
        self.source.read(most).map_err(|error| over().unwrap_or(error))
    }
}

/// The addresses of a host, or none. The system's function cannot be ended: a thread waits for it, which ends with the process at last.
fn look_up(head: &HttpRequestHead, request: &HttpRequest) -> Result<Vec<IpAddr>> {
    let (sender, found) = mpsc::channel();
    let place = (head.host.clone(), head.port);
    let look = move || {
        let addresses = place.to_socket_addrs().map(|all| all.map(|address| address.ip()).collect());
        // The guest may have ended meanwhile.
        _ = sender.send(addresses.unwrap_or_default());
    };
    let no_thread = |error| WasmtimeError::limit(format!("the thread that looks up a host cannot be started: {error}"));
    std::thread::Builder::new().spawn(look).map_err(no_thread)?;
    loop {
        match found.recv_timeout(SLICE) {
            Ok(addresses) => return Ok(addresses),
            Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
            Err(RecvTimeoutError::Timeout) => request.check()?,
        }
    }
}
