"""HTTP requests of components, which functions of Python answer."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import trimaran
from guests import MODULES, config
from trimaran import (
    BusyError,
    ClosedError,
    ConfigError,
    Engine,
    HttpError,
    HttpRequest,
    HttpResponse,
    RangeError,
    Store,
    TimeLimitTrap,
    WasiConfig,
    WasmTypeError,
)
from trimaran.component import Component, Err, Instance, Linker, Ok

ENGINE = Engine(config().epoch_interruption(True))
COMPONENT = Component.from_file(ENGINE, MODULES / "component_http.wat")
DENIED, REFUSED, DNS = 15, 6, 1


class Guest:
    """A guest that sends requests, in a store of its own."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponse] | None, **settings: int) -> None:
        wasi = WasiConfig()
        wasi.http = handler
        for name, value in settings.items():
            setattr(wasi, name, value)
        self.store = Store(ENGINE)
        self.store.set_wasi(wasi)
        linker = Linker(ENGINE)
        linker.define_wasi()
        self.instance: Instance = linker.instantiate(self.store, COMPONENT)

    def fetch(self, host: str = "example.com", path: str = "/", body: bytes = b"", late: bool = False) -> object:
        """The status and the body, or the number of an error code."""
        got: Any = self.instance.func(self.store, "fetch")(self.store, host, path, body, late)
        value: Any = got.value
        if isinstance(got, Ok):
            return int.from_bytes(value[:2], "little"), value[2:]
        assert isinstance(got, Err)
        return value

    def header(self, name: str) -> bytes:
        """The value of a response's header."""
        value: bytes = self.instance.func(self.store, "header")(self.store, "example.com", name)
        return value


def test_a_request_has_everything_and_a_response_arrives() -> None:
    seen: list[HttpRequest] = []

    def handler(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse(201, {"X-One": "1"}, request.read(3) + b"|" + request.read())

    guest = Guest(handler)
    for late in (False, True):
        assert guest.fetch("Example.com:81", "/a?b", b"hello", late) == (201, b"hel|lo")
    (request, _) = seen
    assert (request.method, request.scheme, request.host, request.port) == ("POST", "https", "example.com", 81)
    assert (request.authority, request.path_with_query) == ("Example.com:81", "/a?b")
    assert request.url == "https://Example.com:81/a?b"
    assert request.headers == [("x-guest", b"yes")]
    assert (request.body_size, request.read()) == (5, b"")
    assert request.connect_timeout is request.first_byte_timeout is request.between_bytes_timeout is None
    assert repr(request) == "<HttpRequest POST https://Example.com:81/a?b>"
    request.check()
    assert guest.header("x-one") == b"1"


def test_without_a_handler_each_request_is_denied() -> None:
    assert Guest(None).fetch() == DENIED


def test_an_error_code_is_for_the_guest() -> None:
    def handler(request: HttpRequest) -> HttpResponse:
        if request.path_with_query == "/dns":
            raise HttpError("DNS-error", "NXDOMAIN")
        raise HttpError("connection-refused")

    guest = Guest(handler)
    assert guest.fetch() == REFUSED
    assert guest.fetch(path="/dns") == DNS
    error = HttpError("DNS-error", "NXDOMAIN")
    assert (error.code, error.detail, str(error)) == ("DNS-error", "NXDOMAIN", "DNS-error: NXDOMAIN")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    with pytest.raises(ConfigError, match="`odd` is no error code"):
        Guest(_raising(HttpError("odd"))).fetch()


def _raising(error: BaseException) -> Callable[[HttpRequest], HttpResponse]:
    def handler(_: HttpRequest) -> HttpResponse:
        raise error

    return handler


def test_what_a_handler_raises_comes_out_as_it_is() -> None:
    for error in (KeyError("gone"), KeyboardInterrupt(), SystemExit(3), TimeoutError()):
        with pytest.raises(type(error)) as caught:
            Guest(_raising(error)).fetch()
        assert caught.value is error


def _pieces(*pieces: bytes, end: BaseException | None = None) -> Iterator[bytes]:
    yield from pieces
    if end:
        raise end


def test_bodies_of_every_kind() -> None:
    bodies: list[tuple[trimaran.http.Body, bytes]] = [
        (b"bytes", b"bytes"),
        (bytearray(b"array"), b"array"),
        ("tëxt", "tëxt".encode()),
        (io.BytesIO(b"stream"), b"stream"),
        (_pieces(b"one ", b"", b"two"), b"one two"),
        ([b"x" * 100_000, b"y"], b"x" * 100_000 + b"y"),
        (_pieces(), b""),
    ]
    for body, expected in bodies:
        assert Guest(lambda _, body=body: HttpResponse(body=body)).fetch() == (200, expected)  # type: ignore[misc]


def test_a_stream_is_closed_whatever_happens() -> None:
    class Stream(io.BytesIO):
        pass

    for path in ("/", "/dropped", "/refused"):
        stream = Stream(b"text")
        headers = {"a b": "no header"} if path == "/refused" else {}
        guest = Guest(lambda _, h=headers, s=stream: HttpResponse(200, h, s))  # type: ignore[misc]
        if path == "/":
            assert guest.fetch() == (200, b"text")
        elif path == "/dropped":
            assert guest.header("x") == b""
        else:
            with pytest.raises(ConfigError, match="`a b` is no name of an HTTP header"):
                guest.fetch()
        assert stream.closed, path


def test_a_body_that_breaks_off() -> None:
    ended = _pieces(b"half", end=HttpError("connection-refused"))
    assert Guest(lambda _: HttpResponse(body=ended)).fetch() == REFUSED
    error = KeyError("half")
    broken = _pieces(b"half", end=error)
    with pytest.raises(KeyError) as caught:
        Guest(lambda _: HttpResponse(body=broken)).fetch()
    assert caught.value is error


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (None, WasmTypeError),
        (HttpResponse(99), RangeError),
        (HttpResponse(1 << 70), RangeError),
        (HttpResponse("200"), WasmTypeError),  # type: ignore[arg-type]
        (HttpResponse(headers=7), WasmTypeError),  # type: ignore[arg-type]
        (HttpResponse(headers=[("a",)]), WasmTypeError),  # type: ignore[list-item]
        (HttpResponse(headers=[("a", 7)]), WasmTypeError),  # type: ignore[list-item]
        (HttpResponse(headers=[("a", "b\nc")]), ConfigError),
        (HttpResponse(headers=[("a", "\u2603")]), trimaran.EncodingError),
        (HttpResponse(body=7), WasmTypeError),  # type: ignore[arg-type]
        (HttpResponse(body=[7]), WasmTypeError),  # type: ignore[list-item]
    ],
)
def test_a_wrong_response_is_an_error(response: HttpResponse, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Guest(lambda _: response).fetch()


def test_a_store_is_busy_and_a_request_outlives_its_handler() -> None:
    kept: list[HttpRequest] = []

    def handler(request: HttpRequest) -> HttpResponse:
        kept.append(request)
        with pytest.raises(BusyError):
            guest.fetch()
        return HttpResponse()

    guest = Guest(handler)
    assert guest.fetch(body=b"late") == (200, b"")
    guest.store.close()
    assert kept[0].read() == b"late"
    with pytest.raises(ClosedError):
        kept[0]._respond((200, [], ("BYTES", b""), []))


def test_a_handler_that_waits_asks_whether_its_guest_has_to_end() -> None:
    def handler(request: HttpRequest) -> HttpResponse:
        while True:
            request.check()
            threading.Event().wait(0.005)

    guest = Guest(handler)
    guest.store.set_timeout(0.05)
    with pytest.raises(TimeLimitTrap):
        guest.fetch()
    waiting = Guest(lambda _: HttpResponse())
    handle = waiting.store.interrupt_handle()
    timer = threading.Timer(0.05, handle.interrupt)
    timer.start()
    with pytest.raises(trimaran.Trap):
        waiting.instance.func(waiting.store, "wait")(waiting.store, "example.com")
    timer.join()


def test_bodies_are_bounded() -> None:
    guest = Guest(lambda request: HttpResponse(body=request.read() * 2), max_http_body=10_000)
    assert guest.instance.func(guest.store, "flood")(guest.store, "h") == 17
    guest = Guest(lambda request: HttpResponse(body=request.read() * 2), max_http_body=10_000)
    assert guest.fetch(body=b"x" * 5_000) == (200, b"x" * 10_000)
    assert guest.fetch(body=b"x" * 5_001) == 28
    with pytest.raises(trimaran.LimitError, match="headers of a guest's HTTP messages"):
        guest.instance.func(guest.store, "hoard")(guest.store)


def test_a_configuration_keeps_its_handler() -> None:
    def handler(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    wasi = WasiConfig().http(handler).max_http_body(5)
    for other in (copy.copy(wasi), copy.deepcopy(wasi)):
        assert other == wasi
        assert other.http.value is handler
    assert WasiConfig() != wasi
    module_level = WasiConfig().http(answer_nothing)
    assert pickle.loads(pickle.dumps(module_level)) == module_level
    wasi.http = None
    assert wasi.http.value is None
    with pytest.raises(WasmTypeError, match="http is an int: expected a callable"):
        wasi.http = 7  # type: ignore[assignment]


def answer_nothing(_: HttpRequest) -> HttpResponse:
    """Can be pickled."""
    return HttpResponse()


def test_a_handler_that_holds_its_store_goes_with_it() -> None:
    class Host:
        guest: Guest

        def handle(self, _: HttpRequest) -> HttpResponse:
            return HttpResponse()

    host = Host()
    host.guest = Guest(host.handle)
    assert host.guest.fetch() == (200, b"")
    gone = weakref.ref(host)
    del host
    gc.collect()
    assert gone() is None


def test_a_request_cannot_be_made() -> None:
    with pytest.raises(WasmTypeError):
        HttpRequest()
