"""The HTTP client of the command line: it sends what `--http-allow` permits, to the addresses that were checked."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from .http import HttpError, HttpRequest, HttpResponse

_Given = TypeVar("_Given")

_SLICE = 0.05
"""How often a guest that waits is looked at, whose time may be over, in seconds."""


def send(request: HttpRequest) -> HttpResponse:
    """Sends a request, and gives the response, whose body is read while the guest reads. It follows no redirect."""
    connection = _Connection(request)
    with _codes():
        _waited(request, connection.ask)
        response = _waited(request, connection.getresponse)
    return HttpResponse(response.status, response.getheaders(), _Body(request, connection, response))


class _Connection(http.client.HTTPConnection):
    """A connection to one of the request's addresses. `Host` and the certificate are those of its name."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.host, request.port)
        self._request = request

    def connect(self) -> None:
        """Connects to the first address that answers."""
        request, refused = self._request, OSError("no address")
        for address in request._addresses():
            try:
                self.sock = socket.create_connection((address, request.port), request.connect_timeout)
                break
            except OSError as error:
                refused = error
        else:
            raise refused
        # The request is sent in pieces, which wait for nothing.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if request.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=request.host)

    def ask(self) -> None:
        """Sends the request."""
        request = self._request
        with _codes(timeout="connection-timeout"):
            self.connect()
        self.sock.settimeout(request.first_byte_timeout)
        self.putrequest(request.method, request.path_with_query, skip_host=True, skip_accept_encoding=True)
        self.putheader("Host", request.authority)
        for name, value in request.headers:
            if name != "content-length":
                self.putheader(name, value)
        if request.body_size or request.method not in ("GET", "HEAD"):
            self.putheader("Content-Length", str(request.body_size))
        self.endheaders()
        while piece := request.read(1 << 16):
            self.send(piece)


class _Body:
    """The body of a response, as the guest reads it."""

    def __init__(self, request: HttpRequest, connection: _Connection, response: http.client.HTTPResponse) -> None:
        self._request, self._connection, self._response = request, connection, response
        # It is away where the server closes the connection behind the body.
        if connection.sock is not None:  # pyright: ignore[reportUnnecessaryComparison]
            connection.sock.settimeout(request.between_bytes_timeout)

    def read(self, most: int) -> bytes:
        """The next bytes, as soon as there are some."""
        with _codes():
            piece = _waited(self._request, lambda: self._response.read1(most))
            # `read1` gives nothing, too, where the server ends too early.
            if not piece and self._response.length:
                raise HttpError("HTTP-response-incomplete")
            return piece

    def close(self) -> None:
        """The guest wants no more."""
        self._connection.close()


def _waited(request: HttpRequest, call: Callable[[], _Given]) -> _Given:
    """Calls on a thread of its own, which nobody waits for any more when the guest has to end."""
    given: list[_Given] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            given.append(call())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while True:
        thread.join(_SLICE)
        if not thread.is_alive():
            break
        request.check()
    if failed:
        raise failed[0]
    return given[0]


@contextmanager
def _codes(timeout: str = "connection-read-timeout") -> Generator[None]:
    """Turns Python's errors into the codes of `wasi:http`."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise HttpError("TLS-certificate-error") from error
    except ssl.SSLError as error:
        raise HttpError("TLS-protocol-error") from error
    except TimeoutError as error:
        raise HttpError(timeout) from error
    except ConnectionRefusedError as error:
        raise HttpError("connection-refused") from error
    except http.client.IncompleteRead as error:
        raise HttpError("HTTP-response-incomplete") from error
    except (ConnectionError, http.client.RemoteDisconnected) as error:
        raise HttpError("connection-terminated") from error
    except (http.client.InvalidURL, ValueError) as error:
        raise HttpError("HTTP-request-URI-invalid") from error
    except http.client.HTTPException as error:
        raise HttpError("HTTP-protocol-error") from error
    except OSError as error:
        raise HttpError("destination-unavailable") from error
