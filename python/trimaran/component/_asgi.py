"""Components as applications of ASGI 3."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import MutableMapping
from concurrent.futures import Executor
from threading import Condition
from typing import TYPE_CHECKING, Any

from .serving import IncomingRequest, Receive, ResponseHead, Scope, Send, Serving, Write

if TYPE_CHECKING:
    from ..interrupt import InterruptHandle
    from ..store import Store
    from .serving import IncomingHandler

SLICE = 0.05
"""How often a guest is looked at that waits for its client, in seconds: its time may be over."""

AHEAD = 1 << 20
"""How many bytes of a body are taken before the guest wants them: a client that hangs up is seen behind them."""


class HungUp(Exception):
    """The client has gone."""


async def serve(handler: IncomingHandler, pool: Executor, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what a server of ASGI asks."""
    match scope["type"]:
        case "http":
            await Exchange(handler, scope, send).run(pool, receive)
        case "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        case other:
            raise NotImplementedError(f"a component answers requests of http: it is asked for {other}")


class Exchange:
    """A request and its response, between the loop and the guest's thread."""

    def __init__(self, handler: IncomingHandler, scope: Scope, send: Send) -> None:
        self.handler, self.send = handler, send
        self.loop, self.room = asyncio.get_running_loop(), asyncio.Event()
        self.has_trailers = "http.response.trailers" in (scope.get("extensions") or {})
        # What the loop has for the guest.
        self.changed = Condition()
        self.pieces: deque[bytes] = deque()
        self.size, self.is_over, self.has_hung_up = 0, False, False
        self.handle: InterruptHandle | None = None
        self.serving = Serving(request(scope, self.read), self.respond)

    async def run(self, pool: Executor, receive: Receive) -> None:
        """Runs the guest to its end."""
        listening = self.loop.create_task(self.listen(receive))
        guest = self.loop.run_in_executor(pool, self.guest)
        try:
            await asyncio.shield(guest)
        except asyncio.CancelledError:
            self.hang_up()
            # Its store is closed when it has ended.
            await asyncio.wait([guest])
            guest.exception()
            raise
        except BaseException:
            if not self.has_hung_up:
                raise
        finally:
            listening.cancel()

    async def listen(self, receive: Receive) -> None:
        """Takes what the client sends, no further than the guest reads."""
        while True:
            try:
                message = await receive()
            except Exception:
                # Nothing comes any more, and nobody else would hear of it.
                self.hang_up()
                raise
            if message["type"] == "http.disconnect":
                self.hang_up()
                return
            with self.changed:
                piece = message.get("body", b"")
                if piece:
                    self.pieces.append(piece)
                    self.size += len(piece)
                self.is_over = not message.get("more_body", False)
                is_full = self.size > AHEAD
                self.room.clear()
                self.changed.notify_all()
            if is_full:
                await self.room.wait()

    def hang_up(self) -> None:
        """The client has gone: the guest ends."""
        with self.changed:
            self.has_hung_up = True
            self.changed.notify_all()
            handle = self.handle
        if handle is not None:
            handle.interrupt()

    # What follows runs in the guest's thread.

    def guest(self) -> None:
        """The guest, and the end of the response."""
        trailers = self.handler._run(self.serving, self.begins)
        self.tell({"type": "http.response.body", "body": b"", "more_body": False})
        if self.has_trailers:
            headers = [(name.encode(), value) for name, value in trailers]
            self.tell({"type": "http.response.trailers", "headers": headers, "more_trailers": False})

    def begins(self, store: Store) -> None:
        """The guest begins in that store."""
        with self.changed:
            self.handle = store.interrupt_handle()
            if self.has_hung_up:
                raise HungUp

    def read(self, most: int) -> bytes:
        """The next bytes of the request's body."""
        with self.changed:
            while not self.pieces and not self.is_over and not self.has_hung_up:
                self.changed.wait(SLICE)
                self.serving._check()
            if self.has_hung_up:
                raise HungUp
            if not self.pieces:
                return b""
            piece = self.pieces.popleft()
            if len(piece) > most:
                self.pieces.appendleft(piece[most:])
                piece = piece[:most]
            self.size -= len(piece)
            has_room = self.size <= AHEAD
        if has_room:
            self.loop.call_soon_threadsafe(self.room.set)
        return piece

    def respond(self, head: ResponseHead) -> Write:
        """The head of the response goes to the client."""
        headers = [(name.encode(), value) for name, value in head.headers]
        start: dict[str, Any] = {"type": "http.response.start", "status": head.status, "headers": headers}
        if self.has_trailers:
            start["trailers"] = True
        if head.body_size == 0 and all(name != "content-length" for name, _ in head.headers):
            # Without a body and without this, a server would say that there are pieces to come.
            headers += [] if head.status in (204, 304) else [(b"content-length", b"0")]
        self.tell(start)
        return lambda data: self.tell({"type": "http.response.body", "body": data, "more_body": True})

    def tell(self, message: MutableMapping[str, Any]) -> None:
        """Sends a message, and waits until the client has room for the next one."""
        if self.has_hung_up:
            raise HungUp
        sent = asyncio.run_coroutine_threadsafe(_sent(self.send, message), self.loop)
        try:
            while not sent.done():
                try:
                    sent.result(SLICE)
                except TimeoutError:
                    self.serving._check()
            sent.result()
        except BaseException:
            sent.cancel()
            raise


async def _sent(send: Send, message: MutableMapping[str, Any]) -> None:
    await send(message)


class _Read:
    """The body of a request, as it comes."""

    def __init__(self, read: Any) -> None:
        self.read = read


def request(scope: Scope, read: Any) -> IncomingRequest:
    """The request of a scope."""
    headers = [(name.decode("latin-1"), value) for name, value in scope["headers"]]
    raw = scope.get("raw_path")
    if raw is None:
        from urllib.parse import quote

        raw = quote(scope["path"]).encode()
    query = scope.get("query_string") or b""
    hosts = [value.decode("latin-1") for name, value in headers if name == "host"]
    place = scope.get("server") or ("localhost", None)
    # A server on a Unix socket has no port.
    host = str(place[0]) if place[1] is None else f"{place[0]}:{place[1]}"
    return IncomingRequest(
        scope["method"],
        (raw + (b"?" + query if query else b"")).decode("latin-1"),
        scheme=scope.get("scheme") or "http",
        authority=hosts[0] if hosts else host,
        headers=headers,
        body=_Read(read),
    )
