//! HTTP of components: what a handler is given, what a guest gets, and what is bounded.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use trimaran::{
    Component, ComponentInstance, ComponentLinker, Config, Engine, HttpBody, HttpHandler, HttpHeader, HttpRequest,
    HttpRequestHead, HttpResponse, InputSource, Interruption, Result, Store, WasiConfig, WasiHttp, WasmtimeError,
};

use super::call;

/// It says itself what it does.
const PROGRAM: &str = include_str!("../../modules/component_http.wat");

/// `HTTP-request-denied`, `HTTP-request-body-size`, `HTTP-request-URI-invalid`, `connection-refused`, `HTTP-response-body-size`,
/// `HTTP-response-header-section-size`, by their numbers.
const DENIED: u8 = 15;
const BODY_SIZE: u8 = 17;
const URI: u8 = 19;
const REFUSED: u8 = 6;
const RESPONSE_SIZE: u8 = 28;
const SECTION: u8 = 26;

type Answering = dyn Fn(&HttpRequest) -> Result<()> + Send + Sync;

struct Handler(Box<Answering>);

impl HttpHandler for Handler {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        (self.0)(&request)
    }
}

fn handled(answer: impl Fn(&HttpRequest) -> Result<()> + Send + Sync + 'static) -> WasiConfig {
    let http = Some(WasiHttp::Handler { handler: Arc::new(Handler(Box::new(answer))) });
    WasiConfig { http, ..WasiConfig::default() }
}

fn response(body: &[u8]) -> HttpResponse {
    HttpResponse {
        status: 200,
        headers: Vec::new(),
        body: HttpBody::Bytes { bytes: body.to_vec() },
        trailers: Vec::new(),
    }
}

/// A list of bytes, as it crosses.
fn listed(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

struct Guest {
    store: Arc<Store>,
    instance: Arc<ComponentInstance>,
}

impl Guest {
    fn of(engine: &Engine, config: WasiConfig) -> Self {
        let store = Store::new(engine).unwrap();
        store.set_wasi(config).unwrap();
        let linker = ComponentLinker::new(engine).unwrap();
        linker.define_wasi().unwrap();
        let component = Component::new(engine, PROGRAM.as_bytes()).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        Self { store, instance }
    }

    fn new(config: WasiConfig) -> Self {
        Self::of(&super::engine(), config)
    }

    fn run(&self, name: &str, arguments: &[&[u8]]) -> Result<Vec<u8>> {
        let bytes: Vec<_> = arguments.iter().flat_map(|bytes| listed(bytes)).collect();
        Ok(call(&self.instance, &self.store, &[name], &bytes)?.bytes)
    }

    /// The status and the body, or the number of the error code.
    fn fetch(
        &self,
        authority: &str,
        path: &str,
        body: &[u8],
        late: bool,
    ) -> Result<std::result::Result<(u16, Vec<u8>), u8>> {
        let given = [listed(authority.as_bytes()), listed(path.as_bytes()), listed(body), vec![late.into()]].concat();
        let received = call(&self.instance, &self.store, &["fetch"], &given)?;
        let bytes = &received.bytes;
        // The number of the case has four bytes, and so has the length of a list. A long one travels beside them.
        Ok(if bytes[0] == 0 {
            let list = received.beside.first().map_or(&bytes[8..], Vec::as_slice);
            Ok((u16::from_le_bytes([list[0], list[1]]), list[2..].to_vec()))
        } else {
            Err(bytes[4])
        })
    }
}

#[test]
fn a_handler_gets_the_request_and_the_guest_the_response() {
    type Seen = Vec<(HttpRequestHead, Vec<u8>)>;
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let notes = Arc::clone(&seen);
    let guest = Guest::new(handled(move |request| {
        let mut body = Vec::new();
        loop {
            let piece = request.read(1000)?;
            assert!(piece.len() <= 1000);
            if piece.is_empty() {
                break;
            }
            body.extend(piece);
        }
        let size = body.len();
        notes.lock().unwrap().push((request.head()?, body));
        request.respond(response(format!("{size} bytes").as_bytes()))
    }));
    let body = vec![7; 10_000];
    for late in [false, true] {
        assert_eq!(guest.fetch("Example.com:8080", "/a?b=c", &body, late).unwrap(), Ok((200, b"10000 bytes".to_vec())));
    }
    assert_eq!(guest.fetch("[::1]", "", b"", false).unwrap(), Ok((200, b"0 bytes".to_vec())));
    let seen = seen.lock().unwrap();
    let [(first, one), (_, other), (third, none)] = seen.as_slice() else { panic!() };
    assert!(*one == body && *other == body && none.is_empty());
    let expected = HttpRequestHead {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        host: "example.com".to_owned(),
        port: 8080,
        authority: "Example.com:8080".to_owned(),
        path_with_query: "/a?b=c".to_owned(),
        headers: vec![HttpHeader { name: "x-guest".to_owned(), value: b"yes".to_vec() }],
        body_size: 10_000,
        connect_timeout: None,
        first_byte_timeout: None,
        between_bytes_timeout: None,
    };
    assert_eq!(*first, expected);
    assert_eq!((third.method.as_str(), third.host.as_str(), third.port), ("GET", "::1", 443));
    assert_eq!(third.path_with_query, "/");
}

#[test]
fn without_a_handler_each_request_is_denied() {
    for config in [WasiConfig::default(), handled(|request| request.fail("HTTP-request-denied", None))] {
        assert_eq!(Guest::new(config).fetch("example.com", "/", b"", false).unwrap(), Err(DENIED));
    }
}

#[test]
fn an_authority_with_a_user_or_without_a_host_reaches_nobody() {
    let guest = Guest::new(handled(|_| panic!("asked")));
    for authority in ["allowed.example@evil.example", ":80"] {
        assert_eq!(guest.fetch(authority, "/", b"", false).unwrap(), Err(URI), "{authority}");
    }
}

#[test]
fn an_error_code_reaches_the_guest_and_an_error_the_caller() {
    let config = || {
        handled(|request| match request.head()?.path_with_query.as_str() {
            "/refused" => request.fail("connection-refused", None),
            "/named" => request.fail("no-code", None),
            "/detailed" => request.fail("connection-refused", Some("why".to_owned())),
            "/thrown" => Err(WasmtimeError::thrown(7)),
            "/header" => {
                let headers = vec![HttpHeader { name: "a b".to_owned(), value: Vec::new() }];
                request.respond(HttpResponse { headers, ..response(b"") })
            }
            "/status" => request.respond(HttpResponse { status: 99, ..response(b"") }),
            "/twice" => request.respond(response(b"")).and_then(|()| request.respond(response(b""))),
            _ => Ok(()),
        })
    };
    let engine = super::engine();
    assert_eq!(Guest::of(&engine, config()).fetch("h", "/refused", b"", false).unwrap(), Err(REFUSED));
    for (path, expected) in [
        ("/named", "`no-code` is no error code of wasi:http: expected one such as `connection-refused`"),
        ("/detailed", "the error code `connection-refused` of wasi:http has no text: leave the detail out"),
        ("/header", "`a b` is no name of an HTTP header: expected letters, digits and hyphens"),
        ("/status", "the status of an HTTP response is 99: expected 100 to 999"),
        ("/nothing", "the HTTP handler gave no response: expected one, or an error code"),
        ("/twice", "HTTP request"),
    ] {
        let error = Guest::of(&engine, config()).fetch("h", path, b"", false).unwrap_err();
        assert!(error.text().contains(expected), "{path}: {error:?}");
    }
    let ended = Guest::of(&engine, config()).fetch("h", "/thrown", b"", false);
    let Err(WasmtimeError::Host { thrown: Some(7), .. }) = ended else { panic!("{ended:?}") };
}

/// Gives pieces, and counts what it is asked for.
struct Pieces {
    left: Mutex<Vec<&'static [u8]>>,
    closed: Arc<AtomicUsize>,
}

impl InputSource for Pieces {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        if most == 0 {
            self.closed.fetch_add(1, Ordering::SeqCst);
            return Ok(Vec::new());
        }
        Ok(self.left.lock().unwrap().pop().unwrap_or_default().to_vec())
    }
}

#[test]
fn a_body_comes_in_pieces_and_may_break_off() {
    let closed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&closed);
    let pieces = move || {
        let source = Arc::new(Pieces { left: Mutex::new(vec![b"world", b"hello "]), closed: Arc::clone(&counted) });
        HttpResponse { body: HttpBody::Source { source }, ..response(b"") }
    };
    let guest = Guest::new(handled(move |request| {
        request.respond(pieces())?;
        match request.head()?.path_with_query.as_str() {
            "/broken" => request.fail("connection-refused", None),
            _ => Ok(()),
        }
    }));
    assert_eq!(guest.fetch("h", "/", b"", false).unwrap(), Ok((200, b"hello world".to_vec())));
    assert_eq!(guest.fetch("h", "/broken", b"", false).unwrap(), Err(REFUSED));
    assert_eq!(closed.load(Ordering::SeqCst), 0);
    // `header` drops the response without a look at its body.
    guest.run("header", &[b"h", b"x"]).unwrap();
    assert_eq!(closed.load(Ordering::SeqCst), 1);
}

#[test]
fn what_a_guest_writes_and_what_it_gets_is_bounded() {
    let config = || WasiConfig {
        max_http_body: Some(2_000),
        ..handled(|request| {
            let size = usize::try_from(request.head()?.body_size).unwrap();
            request.respond(response(&vec![1; size * 2]))
        })
    };
    let guest = Guest::new(config());
    assert_eq!(guest.run("flood", &[b"h"]).unwrap(), [BODY_SIZE]);
    // That body is still there, and takes all the room.
    assert_eq!(guest.run("flood", &[b"h"]).unwrap(), [BODY_SIZE]);
    let guest = Guest::new(config());
    let got = guest.fetch("h", "/", &[1; 1_000], false).unwrap().map(|(status, body)| (status, body.len()));
    assert_eq!(got, Ok((200, 2_000)));
    // What was sent leaves its room to others.
    for _ in 0..10 {
        assert_eq!(guest.fetch("h", "/", &[1; 1_001], false).unwrap(), Err(RESPONSE_SIZE));
    }
    let error = guest.run("hoard", &[]).unwrap_err();
    assert_eq!(error.text(), "the headers of a guest's HTTP messages take more than 4194304 bytes");
}

#[test]
fn headers_of_a_response_are_bounded_and_those_of_the_connection_left_out() {
    let guest = Guest::new(handled(|request| {
        let many = request.head()?.host == "many";
        let header = |name: &str, value: &str| HttpHeader { name: name.to_owned(), value: value.as_bytes().to_vec() };
        let mut headers = vec![header("X-One", "1"), header("Connection", "close")];
        if many {
            headers.extend((0..2000).map(|number| header(&format!("x-{number}"), "value")));
        }
        request.respond(HttpResponse { headers, ..response(b"") })
    }));
    assert_eq!(guest.run("header", &[b"h", b"x-one"]).unwrap(), listed(b"1"));
    assert_eq!(guest.run("header", &[b"h", b"connection"]).unwrap(), listed(b""));
    assert_eq!(guest.fetch("many", "/", b"", false).unwrap(), Err(SECTION));
}

#[test]
fn a_store_is_busy_while_its_handler_runs_and_a_time_limit_is_told() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap();
    let home: Arc<Mutex<Option<Arc<Store>>>> = Arc::default();
    let store = Arc::clone(&home);
    let guest = Guest::of(
        &engine,
        handled(move |request| {
            let Some(store) = store.lock().unwrap().clone() else {
                // It waits until the time is over.
                loop {
                    request.check()?;
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            };
            let Err(WasmtimeError::Busy { .. }) = store.gc() else { panic!() };
            request.respond(response(b""))
        }),
    );
    *home.lock().unwrap() = Some(Arc::clone(&guest.store));
    assert_eq!(guest.fetch("h", "/", b"", false).unwrap(), Ok((200, Vec::new())));
    home.lock().unwrap().take();
    guest.store.set_timeout(Some(50)).unwrap();
    let ended = guest.fetch("h", "/", b"", false);
    let Err(WasmtimeError::Trap { interruption: Some(Interruption::TimeLimit), .. }) = ended else {
        panic!("{ended:?}")
    };
}

#[test]
fn a_wait_for_a_response_ends_when_it_is_interrupted() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap();
    let guest = Guest::of(&engine, handled(|_| panic!("asked")));
    guest.store.set_timeout(Some(50)).unwrap();
    let ended = guest.run("wait", &[b"h"]);
    let Err(WasmtimeError::Trap { interruption: Some(Interruption::TimeLimit), .. }) = ended else {
        panic!("{ended:?}")
    };
}
