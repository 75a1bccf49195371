//! Components that answer HTTP requests: what their guests are given, what becomes of their responses, and what is bounded.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trimaran::{
    Component, ComponentInstancePre, ComponentLinker, ComponentServing, Config, Engine, HttpBody, HttpHeader,
    InputSource, OutputSink, Result, ServedRequest, Store, WasiConfig, WasmtimeError,
};

/// It says itself what it does.
const PROGRAM: &str = include_str!("../../modules/component_serve.wat");

type Take = dyn Fn(Vec<u8>) -> Result<()> + Send + Sync;

struct Sink(Box<Take>);

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        (self.0)(bytes).map(|()| true)
    }
}

type Give = dyn Fn(u64) -> Result<Vec<u8>> + Send + Sync;

struct Source(Box<Give>);

impl InputSource for Source {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        (self.0)(most)
    }
}

struct Service {
    engine: Arc<Engine>,
    pre: Arc<ComponentInstancePre>,
}

fn service_of(engine: Arc<Engine>) -> Service {
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let component = Component::new(&engine, PROGRAM.as_bytes()).unwrap();
    let pre = linker.instantiate_pre(&component).unwrap();
    Service { engine, pre }
}

fn service() -> Service {
    service_of(Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap())
}

/// What has come of a response: the pieces, of which the first is empty.
type Pieces = Arc<Mutex<Vec<Vec<u8>>>>;

struct Served {
    serving: Arc<ComponentServing>,
    pieces: Pieces,
    done: Result<()>,
}

impl Served {
    fn status(&self) -> Option<u16> {
        self.serving.response().unwrap().map(|head| head.status)
    }

    fn header(&self, name: &str) -> Option<Vec<u8>> {
        let headers = self.serving.response().unwrap().unwrap().headers;
        headers.into_iter().find(|header| header.name == name).map(|header| header.value)
    }

    fn body(&self) -> Vec<u8> {
        self.pieces.lock().unwrap().concat()
    }

    fn reason(self) -> String {
        self.done.unwrap_err().to_string()
    }
}

fn request(path: &str, body: HttpBody, sink: Arc<dyn OutputSink>) -> ServedRequest {
    ServedRequest {
        method: "POST".to_owned(),
        scheme: "http".to_owned(),
        authority: "example.com:8080".to_owned(),
        path_with_query: path.to_owned(),
        headers: vec![
            HttpHeader { name: "X-Echo".to_owned(), value: vec![0xe9] },
            HttpHeader { name: "Connection".to_owned(), value: b"close".to_vec() },
        ],
        body,
        sink,
    }
}

impl Service {
    fn store(&self) -> Arc<Store> {
        Store::new(&self.engine).unwrap()
    }

    fn serve_in(&self, store: &Store, path: &str, body: HttpBody) -> Served {
        let pieces = Pieces::default();
        let kept = Arc::clone(&pieces);
        let sink = Sink(Box::new(move |bytes| {
            kept.lock().unwrap().push(bytes);
            Ok(())
        }));
        self.run(store, request(path, body, Arc::new(sink)), pieces)
    }

    fn run(&self, store: &Store, request: ServedRequest, pieces: Pieces) -> Served {
        let serving = ComponentServing::new(request).unwrap();
        let done = serving.run(&self.pre, store);
        Served { serving, pieces, done }
    }

    fn serve(&self, path: &str, body: &[u8]) -> Served {
        self.serve_in(&self.store(), path, HttpBody::Bytes { bytes: body.to_vec() })
    }
}

#[test]
fn a_request_comes_with_its_body_and_a_response_goes_with_its_own() {
    let served = service().serve("/echo?a=b", b"hello");
    assert_eq!(served.done, Ok(()));
    assert_eq!((served.status(), served.body()), (Some(200), b"hello".to_vec()));
    assert_eq!((served.header("x-guest"), served.header("x-echo")), (Some(b"yes".to_vec()), Some(vec![0xe9])));
    let trailers = served.serving.trailers().unwrap();
    assert_eq!(trailers, [HttpHeader { name: "x-end".to_owned(), value: b"yes".to_vec() }]);
    assert_eq!(served.serving.response().unwrap().unwrap().body_size, None);
}

#[test]
fn the_host_and_what_a_guest_writes_before_it_answers() {
    let service = service();
    let served = service.serve("/authority", b"");
    assert_eq!((served.done.clone(), served.body()), (Ok(()), b"example.com:8080".to_vec()));
    let served = service.serve("/written", b"");
    assert_eq!((served.done.clone(), served.body()), (Ok(()), b"text".to_vec()));
    // The number of `forbidden` among the errors of headers.
    let served = service.serve("/header", b"");
    assert_eq!((served.done.clone(), served.body()), (Ok(()), b"1".to_vec()));
}

#[test]
fn a_response_without_a_body_says_so() {
    let served = service().serve("/bare", b"");
    assert_eq!((served.done.clone(), served.status(), served.body()), (Ok(()), Some(204), Vec::new()));
    assert_eq!(served.serving.response().unwrap().unwrap().body_size, Some(0));
}

#[test]
fn the_head_is_there_and_the_body_goes_on_while_the_guest_still_reads() {
    let service = service();
    let all = Arc::new(Mutex::new(Vec::new()));
    let (read, written) = (Arc::clone(&all), Arc::clone(&all));
    let left = Mutex::new(160);
    let source = Source(Box::new(move |most| {
        let mut left = left.lock().unwrap();
        if *left == 0 || most == 0 {
            return Ok(Vec::new());
        }
        *left -= 1;
        read.lock().unwrap().push('r');
        Ok(vec![7; 65536.min(usize::try_from(most).unwrap())])
    }));
    let sink = Sink(Box::new(move |_| {
        written.lock().unwrap().push('w');
        Ok(())
    }));
    let body = HttpBody::Source { source: Arc::new(source) };
    let served = service.run(&service.store(), request("/echo", body, Arc::new(sink)), Pieces::default());
    assert_eq!(served.done, Ok(()));
    let all: String = all.lock().unwrap().iter().collect();
    // The head, and then each piece of 64 KiB in writes of 4 KiB before the next one is read.
    assert_eq!(all, format!("w{}", format!("r{}", "w".repeat(16)).repeat(160)));
}

#[test]
fn what_is_no_answer_is_an_error() {
    let service = service();
    for (path, status, reason) in [
        ("/never", None, "the component has not answered the HTTP request"),
        ("/code", None, "with the error code `ErrorCode::InternalError(Some(\"text\"))`"),
        ("/unfinished", Some(200), "broke off the body"),
        ("/kept", Some(200), "broke off the body"),
    ] {
        let served = service.serve(path, b"");
        assert_eq!(served.status(), status, "{path}");
        assert!(matches!(served.done, Err(WasmtimeError::Type { .. })), "{path}: {:?}", served.done);
        let text = served.reason();
        assert!(text.contains(reason), "{path}: {text}");
    }
    for (path, status, body) in [("/trap", None, ""), ("/late", Some(200), "yes")] {
        let served = service.serve(path, b"");
        assert_eq!((served.status(), served.body()), (status, body.as_bytes().to_vec()), "{path}");
        assert!(matches!(served.done, Err(WasmtimeError::Trap { .. })), "{path}: {:?}", served.done);
    }
}

#[test]
fn a_guest_that_computes_for_ever_is_stopped() {
    let service = service();
    let store = service.store();
    store.set_timeout(Some(100)).unwrap();
    let begun = Instant::now();
    let served = service.serve_in(&store, "/spin", HttpBody::Bytes { bytes: Vec::new() });
    assert!(matches!(served.done, Err(WasmtimeError::Trap { interruption: Some(_), .. })), "{:?}", served.done);
    assert!(begun.elapsed() < Duration::from_secs(10));

    let store = service.store();
    let handle = store.interrupt_handle().unwrap();
    let sink = Sink(Box::new(move |bytes| {
        // The client hangs up when it has seen enough.
        if bytes.len() > 3 {
            handle.interrupt().unwrap();
        }
        Ok(())
    }));
    let request = request("/flood", HttpBody::Bytes { bytes: Vec::new() }, Arc::new(sink));
    let served = service.run(&store, request, Pieces::default());
    assert!(matches!(served.done, Err(WasmtimeError::Trap { interruption: Some(_), .. })), "{:?}", served.done);
}

/// Whether it has failed with what a callback has said. The calls of the guest are there as well.
fn is_gone(served: &Served) -> bool {
    matches!(&served.done, Err(WasmtimeError::Host { reason, .. }) if reason == "the client has gone")
}

#[test]
fn what_a_callback_fails_with_ends_the_guest() {
    let service = service();
    let gone = || WasmtimeError::Host { reason: "the client has gone".to_owned(), thrown: None, frames: Vec::new() };
    let sink = Sink(Box::new(move |bytes| if bytes.len() > 3 { Err(gone()) } else { Ok(()) }));
    let flood = request("/flood", HttpBody::Bytes { bytes: Vec::new() }, Arc::new(sink));
    assert!(is_gone(&service.run(&service.store(), flood, Pieces::default())));
    let sink = Sink(Box::new(move |_| Err(gone())));
    let head = request("/bare", HttpBody::Bytes { bytes: Vec::new() }, Arc::new(sink));
    assert!(is_gone(&service.run(&service.store(), head, Pieces::default())));
    let source = Source(Box::new(move |_| Err(gone())));
    let served = service.serve_in(&service.store(), "/echo", HttpBody::Source { source: Arc::new(source) });
    assert!(is_gone(&served));
}

#[test]
fn a_body_that_nobody_takes_yet_has_a_bound() {
    let service = service();
    let store = service.store();
    store.set_wasi(WasiConfig { max_http_body: Some(1 << 20), ..WasiConfig::default() }).unwrap();
    let served = service.serve_in(&store, "/memory", HttpBody::Bytes { bytes: Vec::new() });
    assert!(served.reason().contains("has not answered"));
}

#[test]
fn headers_and_paths_have_a_bound() {
    let service = service();
    let sink = || Arc::new(Sink(Box::new(|_| Ok(()))));
    let plain = || request("/bare", HttpBody::Bytes { bytes: Vec::new() }, sink());
    let many = (0..4000).map(|_| HttpHeader { name: "x".to_owned(), value: b"y".to_vec() }).collect();
    let long = ServedRequest { path_with_query: format!("/{}", "a".repeat(200_000)), ..plain() };
    for request in [ServedRequest { headers: many, ..plain() }, long] {
        let served = service.run(&service.store(), request, Pieces::default());
        assert!(matches!(served.done, Err(WasmtimeError::Limit { .. })), "{:?}", served.done);
    }
    let wrong = HttpHeader { name: "a b".to_owned(), value: Vec::new() };
    for request in [
        ServedRequest { method: "G T".to_owned(), ..plain() },
        ServedRequest { method: "A".repeat(65), ..plain() },
        ServedRequest { scheme: "ftp".to_owned(), ..plain() },
        ServedRequest { headers: vec![wrong], ..plain() },
    ] {
        let served = service.run(&service.store(), request, Pieces::default());
        assert!(matches!(served.done, Err(WasmtimeError::Config { .. })), "{:?}", served.done);
    }
}

#[test]
fn a_request_is_answered_once_and_by_a_component_that_can() {
    let service = service();
    let served = service.serve("/bare", b"");
    let again = served.serving.run(&service.pre, &service.store());
    assert_eq!(again, Err(WasmtimeError::Closed { what: "HTTP request".to_owned() }));
    service.pre.check_handler().unwrap();
    let linker = ComponentLinker::new(&service.engine).unwrap();
    let other = linker.instantiate_pre(&Component::new(&service.engine, b"(component)").unwrap()).unwrap();
    assert!(matches!(other.check_handler(), Err(WasmtimeError::NotFound { .. })));
}

#[test]
fn a_store_whose_components_may_be_async_answers_as_well() {
    let config = Config { epoch_interruption: Some(true), wasm_component_model_async: Some(true), ..Config::default() };
    let service = service_of(Engine::new(config).unwrap());
    let served = service.serve("/echo", b"hello");
    assert_eq!((served.done.clone(), served.body()), (Ok(()), b"hello".to_vec()));
    let served = service.serve("/trap", b"");
    assert!(matches!(served.done, Err(WasmtimeError::Trap { .. })), "{:?}", served.done);
}
