"""Components as applications of WSGI."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .serving import IncomingRequest, ResponseHead, Write

if TYPE_CHECKING:
    from .serving import IncomingHandler

SAFE = "/:@!$&'()*+,;=~-._"
"""What a path may have as it is."""


class _Limited:
    """Reads so many bytes and no more: some servers would wait for more at the end."""

    def __init__(self, stream: Any, size: int | None) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if self._left is None:
            return bytes(self._stream.read(size))
        # One that reads a piece waits for no more than is there.
        read = getattr(self._stream, "read1", self._stream.read)
        piece = bytes(read(min(size, self._left))) if self._left else b""
        if self._left and not piece:
            raise ConnectionAbortedError(f"the request's body ended {self._left} bytes before its end")
        self._left -= len(piece)
        return piece


def serve(
    handler: IncomingHandler,
    environ: dict[str, Any],
    start_response: Callable[[str, list[tuple[str, str]]], Write],
) -> Iterable[bytes]:
    """Answers a request."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        start_response("400 Bad Request", [("content-length", "0")])
        return [b""]
    has_body = False
    write: Write | None = None

    def respond(head: ResponseHead) -> Write:
        nonlocal write
        reason = HTTPStatus(head.status).phrase if head.status in HTTPStatus._value2member_map_ else "Other"
        headers = [(name, value.decode("latin-1")) for name, value in head.headers]
        if (
            head.body_size == 0
            and head.status not in (204, 304)
            and all(name != "content-length" for name, _ in headers)
        ):
            headers.append(("content-length", "0"))
        write = start_response(f"{head.status} {reason}", headers)
        return put

    def put(data: bytes) -> None:
        nonlocal has_body
        has_body = True
        if write is not None:
            write(data)

    handler.handle(request(environ), respond)
    return [] if has_body else [b""]


def request(environ: dict[str, Any]) -> IncomingRequest:
    """The request of an environment."""
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"), SAFE) or "/"
    query = environ.get("QUERY_STRING", "")
    headers = [
        (name[5:].replace("_", "-").lower(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers.append((name.replace("_", "-").lower(), environ[name].encode("latin-1")))
    length = environ.get("CONTENT_LENGTH") or "0"
    size = None if environ.get("wsgi.input_terminated") else int(length)
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return IncomingRequest(
        environ["REQUEST_METHOD"],
        f"{path}?{query}" if query else path,
        scheme=environ.get("wsgi.url_scheme", "http"),
        authority=host,
        headers=headers,
        body=_Limited(environ["wsgi.input"], size),
    )
