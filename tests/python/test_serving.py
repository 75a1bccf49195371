"""Components that answer HTTP requests, under servers of ASGI and WSGI that people use."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import io
import os
import signal
import socket
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from guests import MODULES
from trimaran import Config, Engine, NotFoundError, RangeError, Store, StoreLimits, TimeLimitTrap, Trap, WasmTypeError
from trimaran.component import Component, IncomingHandler, IncomingRequest, InstancePre, Linker, ResponseHead


@pytest.fixture(scope="module")
def pre() -> InstancePre:
    config = Config()
    config.epoch_interruption = True
    engine = Engine(config)
    linker = Linker(engine)
    linker.define_wasi()
    return linker.instantiate_pre(Component.from_file(engine, str(MODULES / "component_serve.wat")))


class Stores:
    """Makes stores, and knows which are still there."""

    def __init__(self, pre: InstancePre) -> None:
        self.engine, self.made = pre.component.engine, list[weakref.ref[Store]]()

    def __call__(self) -> Store:
        store = Store(self.engine)
        self.made.append(weakref.ref(store))
        return store

    def open(self) -> int:
        """How many are not closed."""
        return sum(1 for made in self.made if (store := made()) is not None and not store.closed)


def soon(holds: Callable[[], bool]) -> None:
    """Waits until it holds."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.01)


class Wsgi(WSGIServer):
    """A server that says what its application raised."""

    allow_reuse_address = True


class Quiet(WSGIRequestHandler):
    """It writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def get_stderr(self) -> Any:
        """Nowhere."""
        import io

        return io.StringIO()


@contextlib.contextmanager
def under_uvicorn(app: Any) -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            soon(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def under_wsgiref(app: Any) -> Generator[int]:
    with make_server("127.0.0.1", 0, app, Wsgi, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def asgi(handler: IncomingHandler) -> contextlib.AbstractContextManager[int]:
    return under_uvicorn(handler.asgi)


def mounted(handler: IncomingHandler) -> contextlib.AbstractContextManager[int]:
    return under_uvicorn(Starlette(routes=[Mount("/", app=handler.asgi)]))


def wsgi(handler: IncomingHandler) -> contextlib.AbstractContextManager[int]:
    return under_wsgiref(handler.wsgi)


EACH = pytest.mark.parametrize("serve", [asgi, mounted, wsgi])


def ask(port: int, path: str, body: bytes = b"", method: str = "POST") -> tuple[int, dict[str, str], bytes]:
    """Reads while it sends: an echo would wait for its client otherwise, and the client for it."""
    head = f"{method} {path} HTTP/1.1\r\nHost: example.com:8080\r\nX-Echo: \xe9\r\nConnection: close\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        sending = threading.Thread(target=client.sendall, args=(head.encode("latin-1") + body,))
        sending.start()
        try:
            response = http.client.HTTPResponse(client, method=method)
            response.begin()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            sending.join()


@EACH
def test_a_request_goes_to_the_guest_and_its_response_to_the_client(pre: InstancePre, serve: Any) -> None:
    stores = Stores(pre)
    with serve(IncomingHandler(pre, stores, timeout=30)) as port:
        status, headers, body = ask(port, "/echo?a=b", b"hello")
        assert (status, headers["x-guest"], headers["x-echo"], body) == (200, "yes", "\xe9", b"hello")
        assert ask(port, "/authority")[2] == b"example.com:8080"
        assert ask(port, "/written", method="GET")[2] == b"text"
        status, _, body = ask(port, "/bare", method="DELETE")
        assert (status, body) == (204, b"")
        large = bytes(range(256)) * (40 << 10)
        assert ask(port, "/echo", large)[2] == large
    assert len(stores.made) == 5
    assert stores.open() == 0


@EACH
def test_what_is_no_answer_is_a_status_of_500(pre: InstancePre, serve: Any) -> None:
    stores = Stores(pre)
    with serve(IncomingHandler(pre, stores, timeout=1)) as port:
        for path in ("/never", "/code", "/trap", "/spin"):
            assert ask(port, path)[0] == 500, path
        # After its head, a response breaks off.
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            ask(port, "/kept")
        assert ask(port, "/written")[2] == b"text"
    assert stores.open() == 0


@EACH
def test_a_client_that_hangs_up_stops_a_guest_that_writes(pre: InstancePre, serve: Any) -> None:
    stores = Stores(pre)
    with serve(IncomingHandler(pre, stores, timeout=60)) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(1 << 16)
            assert stores.open() == 1
        soon(lambda: stores.open() == 0)


@pytest.mark.parametrize("serve", [asgi, mounted])
@pytest.mark.parametrize("path", ["/spin", "/echo"])
def test_a_client_that_hangs_up_stops_a_guest_that_computes_or_reads(pre: InstancePre, serve: Any, path: str) -> None:
    stores = Stores(pre)
    with serve(IncomingHandler(pre, stores, timeout=60)) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            length = 10 if path == "/echo" else 0
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
            soon(lambda: stores.open() == 1)
        soon(lambda: stores.open() == 0)


@pytest.mark.parametrize("serve", [asgi, mounted])
def test_a_client_that_reads_nothing_holds_no_guest_for_longer_than_its_time(pre: InstancePre, serve: Any) -> None:
    stores = Stores(pre)
    with (
        serve(IncomingHandler(pre, stores, timeout=1)) as port,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        soon(lambda: len(stores.made) == 1)
        soon(lambda: stores.open() == 0)


def test_requests_run_beside_each_other(pre: InstancePre) -> None:
    with asgi(IncomingHandler(pre, Stores(pre), timeout=30, guests=4)) as port:
        answers = list[bytes]()

        def one(place: int) -> None:
            answers.append(ask(port, "/echo", b"%d" % place)[2])

        threads = [threading.Thread(target=one, args=(place,)) for place in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == sorted(b"%d" % place for place in range(32))


def test_a_task_that_is_cancelled_ends_its_guest(pre: InstancePre) -> None:
    stores = Stores(pre)
    handler = IncomingHandler(pre, stores, timeout=60)
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/spin", "headers": [], "query_string": b""}

    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        """Nothing."""

    async def run() -> None:
        task = asyncio.create_task(handler.asgi(scope, never, send))
        while stores.open() == 0:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stores.open() == 0

    asyncio.run(run())


def test_a_lifespan_begins_and_ends(pre: InstancePre) -> None:
    sent = list[str]()
    received = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(received)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    handler = IncomingHandler(pre, Stores(pre))
    asyncio.run(handler.asgi({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(NotImplementedError, match="websocket"):
        asyncio.run(handler.asgi({"type": "websocket"}, receive, send))


class Client:
    """What a server of ASGI has of a client: it sends `hello`, waits, and keeps what it is sent."""

    def __init__(self) -> None:
        self.sent = list[Any]()
        self._messages = iter([{"type": "http.request", "body": b"hello"}])

    async def receive(self) -> Any:
        for message in self._messages:
            return message
        await asyncio.sleep(60)

    async def send(self, message: Any) -> None:
        self.sent.append(message)


def test_trailers_go_to_a_server_that_takes_them(pre: InstancePre) -> None:
    client = Client()
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "headers": [(b"host", b"a")],
        "extensions": {"http.response.trailers": {}},
    }
    asyncio.run(IncomingHandler(pre, Stores(pre)).asgi(scope, client.receive, client.send))
    sent = client.sent
    assert (sent[0]["status"], sent[0]["trailers"], sent[1]["body"]) == (200, True, b"hello")
    assert sent[-1] == {"type": "http.response.trailers", "headers": [(b"x-end", b"yes")], "more_trailers": False}


def _kept(pieces: list[bytes]) -> Callable[[ResponseHead], Callable[[bytes], None]]:
    return lambda _: pieces.append


def test_the_very_exception_comes_out(pre: InstancePre) -> None:
    gone = ConnectionResetError("gone")
    handler = IncomingHandler(pre, Stores(pre))

    def throws(*_: object) -> Any:
        raise gone

    def body() -> Iterator[bytes]:
        yield b"begun"
        raise gone

    def begins(_: ResponseHead) -> Callable[[bytes], object]:
        return throws

    asked: list[tuple[IncomingRequest, Callable[[ResponseHead], Callable[[bytes], object]]]] = [
        (IncomingRequest("GET", "/bare"), throws),
        (IncomingRequest("GET", "/flood"), begins),
        (IncomingRequest("POST", "/echo", body=body()), _kept([])),
    ]
    for request, respond in asked:
        with pytest.raises(ConnectionResetError) as raised:
            handler.handle(request, respond)
        assert raised.value is gone


def test_limits_of_the_store_hold(pre: InstancePre) -> None:
    engine = pre.component.engine

    def small() -> Store:
        store = Store(engine)
        store.set_limits(StoreLimits(memory_size=64 << 10))
        return store

    with pytest.raises(Exception, match="memory"):
        IncomingHandler(pre, small).handle(IncomingRequest("GET", "/bare"), _kept([]))


def test_mistakes_are_told(pre: InstancePre) -> None:
    engine = pre.component.engine
    with pytest.raises(NotFoundError, match="incoming-handler"):
        IncomingHandler(Linker(engine).instantiate_pre(Component(engine, "(component)")), lambda: Store(engine))
    with pytest.raises(WasmTypeError, match="expected a callable that makes one"):
        IncomingHandler(pre, Store(engine))  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="what the store's function gave"):
        IncomingHandler(pre, lambda: None).handle(IncomingRequest(), _kept([]))  # type: ignore[arg-type, return-value]
    handler = IncomingHandler(pre, lambda: Store(engine), timeout=0.1)
    with pytest.raises(WasmTypeError, match="the request"):
        handler.handle("GET /", _kept([]))  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="expected a callable for its body"):
        handler.handle(IncomingRequest("GET", "/bare"), lambda _: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(WasmTypeError, match="the headers of the request are"):
        handler.handle(IncomingRequest(headers=5), _kept([]))  # type: ignore[arg-type]
    with pytest.raises(TimeLimitTrap):
        handler.handle(IncomingRequest("GET", "/spin"), _kept([]))
    with pytest.raises(Trap):
        handler.handle(IncomingRequest("GET", "/trap"), _kept([]))


@pytest.mark.parametrize(("option", "value"), [("timeout", -1), ("timeout", float("nan")), ("guests", 0)])
def test_settings_that_cannot_be(pre: InstancePre, option: str, value: float) -> None:
    with pytest.raises(RangeError, match=option.rstrip("s")):
        IncomingHandler(pre, Stores(pre), **{option: value})  # type: ignore[arg-type]


def environment(length: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/echo",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_LENGTH": length,
        "wsgi.input": io.BytesIO(body),
    }


def test_a_body_that_ends_too_early_is_no_body(pre: InstancePre) -> None:
    handler = IncomingHandler(pre, Stores(pre), timeout=10)
    seen = list[str]()

    def start(status: str, _: Any) -> Callable[[bytes], None]:
        seen.append(status)
        return lambda _: None

    with pytest.raises(ConnectionAbortedError, match="48 bytes before its end"):
        list(handler.wsgi(environment("50", b"hi"), start))
    for length in ("-5", "zz", "\u0665"):
        seen.clear()
        assert list(handler.wsgi(environment(length, b"hi"), start)) == [b""]
        assert seen == ["400 Bad Request"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_has_threads_of_its_own(pre: InstancePre) -> None:
    handler = IncomingHandler(pre, Stores(pre), timeout=10)
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/echo", "headers": [(b"host", b"a")]}

    async def one() -> int:
        client = Client()
        await handler.asgi(scope, client.receive, client.send)
        status: int = client.sent[0]["status"]
        return status

    async def many() -> list[int]:
        return await asyncio.gather(*(one() for _ in range(8)))

    assert asyncio.run(many()) == [200] * 8
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if asyncio.run(many()) == [200] * 8 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_nothing_is_left_behind(pre: InstancePre) -> None:
    class Held:
        """Something that a responder has."""

    held = Held()
    gone = weakref.ref(held)

    def respond(_: ResponseHead, kept: Held = held) -> Callable[[bytes], object]:
        return lambda data: (data, kept)

    IncomingHandler(pre, Stores(pre)).handle(IncomingRequest("POST", "/echo", body=b"a"), respond)
    del held, respond
    gc.collect()
    assert gone() is None


def test_values_are_shown_and_compared(pre: InstancePre) -> None:
    request = IncomingRequest("GET", "/a")
    assert repr(request) == "IncomingRequest('GET', '/a')"
    assert request == IncomingRequest("GET", "/a") != IncomingRequest("GET", "/b")
    assert ResponseHead(200, []) == ResponseHead(200, [])
    assert hash(ResponseHead(200, [("a", b"b")])) == hash(ResponseHead(200, [("a", b"b")]))
    assert repr(IncomingHandler(pre, Stores(pre))).startswith("<IncomingHandler of <InstancePre")
