"""Components that answer HTTP requests (`wasi:http/incoming-handler`), as applications of ASGI and WSGI."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .._ffi import contents, expect, milliseconds, out_of_range, shown, wrong_type
from .._handle import Handle, shown_if_made
from .._identity import Identity
from .._native import ComponentServingBase, article, index, text
from .._record import Record
from ..http import Body, Headers, Pieces, header_pairs
from ..store import Store
from .instance_pre import InstancePre

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Write: TypeAlias = Callable[[bytes], object]
"""Takes a piece of a response's body."""

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class IncomingRequest(Record):
    """A request that a component is to answer.

        IncomingRequest("POST", "/orders?new", authority="example.com", headers={"accept": "*/*"}, body=b"{}")

    The body may be bytes or text, something with a method `read`, or an iterable of bytes. It is asked for pieces while
    the guest reads. What it raises then ends the guest, and comes out of `IncomingHandler.handle`.
    """

    __slots__ = ("method", "path_with_query", "scheme", "authority", "headers", "body")
    method: str
    """The method, such as `GET`."""
    path_with_query: str
    """The path, which begins with a slash, and the query."""
    scheme: str
    """`http` or `https`."""
    authority: str
    """The host, and the port where it is not that of the scheme: what the header `Host` says."""
    headers: Headers
    """The headers, as they were given. A guest does not see those that belong to the connection."""
    body: Body
    """The body, as it was given."""

    def __init__(
        self,
        method: str = "GET",
        path_with_query: str = "/",
        *,
        scheme: str = "http",
        authority: str = "localhost",
        headers: Headers = (),
        body: Body = b"",
    ) -> None:
        """A request of that method, for that path."""
        self._set(
            method=method,
            path_with_query=path_with_query,
            scheme=scheme,
            authority=authority,
            headers=headers,
            body=body,
        )

    def __repr__(self) -> str:
        return f"IncomingRequest({self.method!r}, {self.path_with_query!r})"

    def _to_raw(self, sink: Callable[[bytes], None]) -> tuple[Any, ...]:
        return (
            text(self.method, "the method"),
            text(self.scheme, "the scheme"),
            text(self.authority, "the authority"),
            text(self.path_with_query, "the path"),
            header_pairs(self.headers, "header", "request"),
            _source(self.body),
            sink,
        )


class ResponseHead(Record):
    """The head of a component's response."""

    __slots__ = ("status", "headers", "body_size")
    status: int
    """The status, such as 200."""
    headers: list[tuple[str, bytes]]
    """The headers in their order, their names in lower case. Those that belong to the connection are not among them."""
    body_size: int | None
    """How many bytes the body will have, where the guest has said so: by `content-length`, or as it has no body."""

    def __init__(self, status: int, headers: list[tuple[str, bytes]], body_size: int | None = None) -> None:
        """A head with that status."""
        self._set(status=status, headers=headers, body_size=body_size)

    def __hash__(self) -> int:
        return hash((self.status, tuple(self.headers), self.body_size))


Respond: TypeAlias = Callable[[ResponseHead], Write]
"""Takes the head of a response, and gives what takes the pieces of its body."""


def _source(body: Any) -> tuple[Any, ...]:
    if isinstance(body, str):
        return "BYTES", text(body, "the body of the request").encode()
    read = getattr(body, "read1", None) or getattr(body, "read", None)
    if not callable(read):
        whole: Any = body
        if isinstance(whole, (bytes, bytearray, memoryview)) or not hasattr(whole, "__iter__"):
            return "BYTES", contents(body, "the body of the request")
        pieces: Iterable[Any] = body
        read = Pieces(iter(pieces), "request")

    def piece(most: int) -> bytes:
        # To be asked for none means that the guest wants no more.
        return contents(read(most), "what the request's body gave") if most else b""

    return "SOURCE", piece


class Serving(ComponentServingBase, Handle):
    """One request that a component answers."""

    __slots__ = ("__weakref__", "_respond", "_write")
    _respond: Respond | None
    _write: Write | None

    def __init__(self, request: IncomingRequest, respond: Respond) -> None:
        self._respond, self._write = respond, None
        self._make(expect(request, IncomingRequest, "the request")._to_raw(self._take))

    def _take(self, data: bytes) -> None:
        """Takes a piece of the response. The first is empty, and says that the head is there."""
        if self._write is None:
            head = self._response()
            if self._respond is not None and head is not None:
                self._write = self._respond(ResponseHead(*head))
            if not callable(self._write):
                raise wrong_type(f"what takes a response gave {article(self._write)}: expected a callable for its body")
        elif data:
            self._write(data)

    def _end(self) -> None:
        # Both may refer to this object.
        self._respond = self._write = None


class IncomingHandler(Identity):
    """A component that answers HTTP requests: one of the world `wasi:http/proxy`.

        handler = IncomingHandler(linker.instantiate_pre(component), lambda: Store(engine), timeout=5)
        app = Starlette(routes=[Mount("/plugin", handler.asgi)])

    Each request has a store of its own, which is closed behind it, and so an instance of its own. Several threads may
    use one handler. The engine needs `Config.epoch_interruption`, as `Config.untrusted()` has: a guest ends when its
    time is over, and when its client hangs up.
    """

    __slots__ = ("__weakref__", "_guests", "_pool", "_pre", "_process", "_store", "_timeout")
    _instead = "make one in each process"
    _pre: InstancePre
    _store: Callable[[], Store]

    def __init__(
        self,
        pre: InstancePre,
        store: Callable[[], Store],
        *,
        timeout: float | None = None,
        guests: int = 64,
    ) -> None:
        """Has the component answer.

        Args:
            pre: The component, with its imports: `Linker.define_wasi` defines those of the world.
            store: Makes the store of a request, with its limits and what its guest may use by WASI.
            timeout: How long a request may take, in seconds, with everything: the guest, and the waits for its client.
            guests: How many guests of `asgi` run at once. Each has a thread; further requests wait.

        Raises `NotFoundError` where the component does not export `wasi:http/incoming-handler` of WASI 0.2, and
        `RangeError` for a time below 0 or for no guests.
        """
        expect(pre, InstancePre, "the prepared instance")._check_handler()
        if not callable(store):
            raise wrong_type(f"the store is {article(store)}: expected a callable that makes one")
        milliseconds(timeout)
        self._pre, self._store, self._timeout = pre, store, timeout
        self._guests = index(guests, "the number of guests")
        if self._guests < 1:
            raise out_of_range(f"the number of guests is {shown(self._guests)}: expected 1 or more")
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def handle(self, request: IncomingRequest, respond: Respond) -> list[tuple[str, bytes]]:
        """Has the component answer a request in this thread. Gives the trailers of the response.

            def respond(head: ResponseHead) -> Callable[[bytes], object]:
                print(head.status)
                return sys.stdout.buffer.write

            handler.handle(IncomingRequest("GET", "/"), respond)

        `respond` is called as soon as the guest has set the head, and what it gives takes each piece of the body while
        the guest writes on. The guest waits for both, and what they raise ends it and comes out of here as the very
        same object: raise there when the client has gone.

        Raises `Trap` where the guest traps, and `TimeLimitTrap` where its time is over; `WasmTypeError` where it gives
        no answer, an error code, or a body that it does not finish; `LimitError` where the headers take too much; and
        what the store fails with. If `respond` was not called until then, answer with a status of 500.
        """
        return self._run(Serving(request, respond), _nobody)

    def _run(self, serving: Serving, begins: Callable[[Store], object]) -> list[tuple[str, bytes]]:
        try:
            with expect(self._store(), Store, "what the store's function gave") as store:
                # An interrupt before the guest begins ends it as well.
                with store.deadline(self._timeout):
                    begins(store)
                    store._keep_bodies(self._pre._bodies)
                    serving._run(self._pre, store)
                return serving._trailers()
        finally:
            serving._end()

    @property
    def asgi(self) -> Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]:
        """An application of ASGI 3: `uvicorn.run(handler.asgi)`, or mounted in Starlette or FastAPI.

        Bodies are streamed both ways, each side no faster than the other. The guest runs in a thread, and ends when the
        client hangs up. What `handle` raises comes out, for the server to answer with a status of 500, or to break the
        response off. The guest is given the whole path, with that of a mount.
        """
        from ._asgi import serve

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # The child of a fork has the pool of its parent, and none of its threads.
            if self._pool is None or self._process != os.getpid():
                from concurrent.futures import ThreadPoolExecutor

                self._pool, self._process = ThreadPoolExecutor(self._guests, "trimaran-guest"), os.getpid()
            await serve(self, self._pool, scope, receive, send)

        # Servers take a function for one of ASGI 3, and a method for one of ASGI 2.
        return app

    def wsgi(
        self, environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Write]
    ) -> Iterable[bytes]:
        """An application of WSGI: `make_server("", 8000, handler.wsgi)`, or under gunicorn.

        The guest runs in the server's thread. Bodies are streamed both ways. A server of WSGI says that the client has
        hung up when somebody writes: `timeout` ends a guest that does not. What `handle` raises comes out.
        """
        from ._wsgi import serve

        return serve(self, environ, start_response)

    def __repr__(self) -> str:
        return shown_if_made(self, lambda: f"of {self._pre!r}")


def _nobody(_: Store) -> None:
    """Nobody has to know the store."""
