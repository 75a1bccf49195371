"""HTTP requests of components, which a function of Python answers: `wasi:http` of WASI 0.2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from ._ffi import BytesLike, contents, expect, out_of_range, wrong_type
from ._handle import Handle
from ._native import HttpRequestBase, article, http_header_value, index, text
from ._record import Record


class Readable(Protocol):
    """What bytes can be read from: a response of `urllib`, a file in binary mode, an `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, `size` of them at most, and none at the end."""
        ...


Headers: TypeAlias = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]
Body: TypeAlias = BytesLike | str | Readable | Iterable[bytes]


class HttpError(Exception):
    """What an HTTP handler raises to give the guest an error code of `wasi:http`.

        raise HttpError("connection-refused")
        raise HttpError("DNS-error", "NXDOMAIN")

    The codes are those of the WIT, `error-code`, by its names. The detail is for codes that have a text: `DNS-error`,
    `TLS-alert-received`, `HTTP-response-transfer-coding`, `HTTP-response-content-coding` and `internal-error`. A name
    that is none, and a detail with another code, end the guest with a `ConfigError`. Any other exception ends the
    guest, and comes out of its call as the very same object.
    """

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(*((code,) if detail is None else (code, detail)))

    @property
    def code(self) -> str:
        """The code, as the WIT names it."""
        code: str = self.args[0] if self.args else ""
        return code

    @property
    def detail(self) -> str | None:
        """The text that goes with the code, if there is one."""
        detail: str | None = self.args[1] if len(self.args) > 1 else None
        return detail

    def __str__(self) -> str:
        return self.code if self.detail is None else f"{self.code}: {self.detail}"


class HttpRequest(HttpRequestBase, Handle):
    """What a component asks for by HTTP: `WasiConfig.http` gets one for each request.

    The guest has finished the body when the handler is called: it is all here, and `read` gives it in pieces.
    """

    __slots__ = ("__weakref__", "_known")
    _known: tuple[Any, ...]

    def _field(self, place: int) -> Any:
        return self._known[place]

    @property
    def method(self) -> str:
        """The method, such as `GET`."""
        method: str = self._field(0)
        return method

    @property
    def scheme(self) -> str:
        """`http`, or `https`, which it is where the guest says none."""
        scheme: str = self._field(1)
        return scheme

    @property
    def host(self) -> str:
        """The host, in lower case and without the brackets of an IPv6 address."""
        host: str = self._field(2)
        return host

    @property
    def port(self) -> int:
        """The port; that of the scheme where the guest says none."""
        port: int = self._field(3)
        return port

    @property
    def authority(self) -> str:
        """The host and the port as the guest said them. There is no user's name in it: such a request fails."""
        authority: str = self._field(4)
        return authority

    @property
    def path_with_query(self) -> str:
        """The path, which begins with a slash, and the query."""
        path: str = self._field(5)
        return path

    @property
    def url(self) -> str:
        """All of that: `https://example.com/path?query`."""
        return f"{self.scheme}://{self.authority}{self.path_with_query}"

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The headers in their order, their names in lower case.

        Those that belong to the connection are not among them: `Host`, `Connection`, `Transfer-Encoding` and the like,
        which a guest cannot set.
        """
        return list(self._field(6))

    @property
    def body_size(self) -> int:
        """How many bytes the body has."""
        size: int = self._field(7)
        return size

    @property
    def connect_timeout(self) -> float | None:
        """How long the guest waits for the connection, in seconds; `None` is as long as it takes."""
        return _seconds(self._field(8))

    @property
    def first_byte_timeout(self) -> float | None:
        """How long the guest waits for the first byte of the response, in seconds."""
        return _seconds(self._field(9))

    @property
    def between_bytes_timeout(self) -> float | None:
        """How long the guest waits between two pieces of the response's body, in seconds."""
        return _seconds(self._field(10))

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the body, `size` of them at most, or all that are left; none at its end.

        Raises `LimitError` where the process has no room for them.
        """
        most = index(size, "the size")
        return self._read(self.body_size if most < 0 else most)

    def check(self) -> None:
        """Raises `Trap`, the one that the guest is to end with, if its time is over or somebody has interrupted it.

        Nothing else interrupts a handler that waits: one that takes long calls this now and then.
        """
        self._check()

    def _said(self) -> str:
        return f" {self.method} {self.url}"


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


class HttpResponse(Record):
    """What an HTTP handler answers with.

        HttpResponse(200, {"content-type": "text/plain"}, b"hello")

    The body may be bytes or text, something with a method `read`, or an iterable of bytes. It is asked for pieces while
    the guest reads, and its method `close` is called at the end, if it has one. What it raises then comes out of the
    guest's call, but for `HttpError`, which ends the body for the guest.
    """

    __slots__ = ("status", "headers", "body", "trailers")
    status: int
    """The status, such as 200."""
    headers: Headers
    """The headers, as they were given."""
    body: Body
    """The body, as it was given."""
    trailers: Headers
    """What follows the body."""

    def __init__(self, status: int = 200, headers: Headers = (), body: Body = b"", trailers: Headers = ()) -> None:
        """A response with that status. The trailers follow the body."""
        self._set(status=status, headers=headers, body=body, trailers=trailers)

    def __repr__(self) -> str:
        return f"HttpResponse({self.status!r}, {self.headers!r})"

    def _to_raw(self, request: HttpRequest) -> tuple[Any, ...]:
        status = index(self.status, "the status of the response")
        if not 0 <= status < 1 << 16:
            raise out_of_range(f"the status of an HTTP response is {status}: expected 100 to 999")
        headers, trailers = header_pairs(self.headers, "header"), header_pairs(self.trailers, "trailer")
        return status, headers, _body(self.body, request), trailers


Handler: TypeAlias = Callable[[HttpRequest], HttpResponse]


def header_pairs(headers: Any, what: str, whose: str = "response") -> list[tuple[str, bytes]]:
    """Headers or trailers, as the core takes them."""
    pairs: Any = headers.items() if hasattr(headers, "items") else headers
    if isinstance(pairs, (str, bytes)) or not hasattr(pairs, "__iter__"):
        raise wrong_type(f"the {what}s of the {whose} are {article(pairs)}: expected a mapping, or pairs")
    found: list[tuple[str, bytes]] = []
    for pair in pairs:
        parts = list(pair)
        if len(parts) != 2:
            raise wrong_type(f"a {what} of the {whose} has {len(parts)} parts: expected a name and a value")
        name, value = parts
        key = text(name, f"the name of a {what}")
        is_text = isinstance(value, str)
        octets = http_header_value(key, value) if is_text else contents(value, f"the {what} {name!r}")
        found.append((key, octets))
    return found


def _body(body: Any, request: HttpRequest) -> tuple[Any, ...]:
    if isinstance(body, str):
        return "BYTES", text(body, "the body of the response").encode()
    # One piece at a time, not as many bytes as there are: `read` of many streams waits for all of them.
    read = getattr(body, "read1", None) or getattr(body, "read", None)
    if callable(read):
        return "SOURCE", _Source(request, read, getattr(body, "close", None))
    whole: Any = body
    if isinstance(whole, (bytes, bytearray, memoryview)) or not hasattr(whole, "__iter__"):
        return "BYTES", contents(body, "the body of the response")
    pieces = iter(whole)
    return "SOURCE", _Source(request, Pieces(pieces), getattr(pieces, "close", None))


class Pieces:
    """Reads an iterable of bytes."""

    def __init__(self, pieces: Iterator[Any], whose: str = "response") -> None:
        self._pieces, self._left, self._whose = pieces, b"", whose

    def __call__(self, most: int) -> bytes:
        """The next bytes."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = contents(piece, f"a piece of the {self._whose}'s body")
        piece, self._left = self._left[:most], self._left[most:]
        return piece


class _Source:
    """What the core asks for the pieces of a body."""

    __slots__ = ("_close", "_read", "_request")

    def __init__(self, request: HttpRequest, read: Callable[[int], Any], close: Callable[[], object] | None) -> None:
        self._request, self._read, self._close = request, read, close

    def __call__(self, most: int) -> bytes:
        """The next piece; to be asked for none means that the guest wants no more."""
        if most == 0:
            self._end()
            return b""
        try:
            piece = contents(self._read(most), "what the response's body gave")
        except HttpError as error:
            self._request._fail(error.code, error.detail)
            piece = b""
        except BaseException:
            self._end()
            raise
        if not piece:
            self._end()
        return piece

    def _end(self) -> None:
        close, self._close = self._close, None
        if callable(close):
            close()


def checked(value: Any, name: str) -> Handler:
    """A handler, if it is one."""
    handler: Handler = value
    if not callable(value):
        raise wrong_type(f"{name} is {article(value)}: expected a callable, which is given an HttpRequest")
    return handler


def answer(handler: Handler, request: HttpRequest) -> None:
    """Has the handler answer a request."""
    request._known = request._head()
    try:
        response = expect(handler(request), HttpResponse, "what the HTTP handler gave")
    except HttpError as error:
        request._fail(error.code, error.detail)
        return
    status, headers, body, trailers = response._to_raw(request)
    try:
        request._respond((status, headers, body, trailers))
    except BaseException:
        if body[0] == "SOURCE":
            body[1](0)
        raise
