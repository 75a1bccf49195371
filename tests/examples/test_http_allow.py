"""`run --http-allow` is the same in Python, Kotlin and Swift: where requests may go, and what comes back."""

from __future__ import annotations

import http.server
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

import pytest
from command_lines import PROGRAMS, run

GUEST = "tests/modules/component_http.wat"

CODES = {
    1: "DNS-error",
    4: "destination-IP-prohibited",
    3: "destination-unavailable",
    6: "connection-refused",
    7: "connection-terminated",
    13: "TLS-certificate-error",
    15: "HTTP-request-denied",
    25: "HTTP-response-incomplete",
    35: "HTTP-protocol-error",
}

LARGE = bytes(range(256)) * 1200


class Case(NamedTuple):
    """What is granted and asked for, and what comes of it. `{port}` is the server's; at `{closed}` nobody listens."""

    name: str
    grants: tuple[str, ...]
    authority: str
    path: str
    expected: tuple[int, bytes] | str
    body: bytes = b""


CASES = [
    Case("an address", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/hello", (200, b"hello")),
    Case("one of several", ("a.test", "127.0.0.1:{port}"), "127.0.0.1:{port}", "/hello", (200, b"hello")),
    Case("a query", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/echo?a=b%20c", (200, b"GET /echo?a=b%20c ")),
    Case(
        "a body", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/echo", (200, b"POST /echo " + LARGE[:5000]), LARGE[:5000]
    ),
    Case("headers", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/headers", (200, b"127.0.0.1:{port} yes")),
    Case("localhost", ("LocalHost:{port}",), "localhost:{port}", "/headers", (200, b"localhost:{port} yes")),
    Case("a status", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/missing", (404, b"there is none")),
    Case("pieces", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/chunks", (200, LARGE)),
    Case("no body", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/empty", (204, b"")),
    Case("a redirect", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/redirect", (302, b"elsewhere")),
    Case("nothing granted", (), "127.0.0.1:{port}", "/hello", "HTTP-request-denied"),
    Case("another port", ("127.0.0.1:{closed}",), "127.0.0.1:{port}", "/hello", "HTTP-request-denied"),
    Case("the port of the scheme", ("127.0.0.1",), "127.0.0.1:{port}", "/hello", "HTTP-request-denied"),
    Case("another host", ("localhost:{port}",), "127.0.0.1:{port}", "/hello", "HTTP-request-denied"),
    Case("the end of a name", ("localhost:{port}",), "not-localhost:{port}", "/hello", "HTTP-request-denied"),
    # The system takes it for 127.0.0.1, as it would a name that its owner has lead there.
    Case("a name of a private address", ("127.1:{port}",), "127.1:{port}", "/hello", "destination-IP-prohibited"),
    Case("a name that is none", ("none.invalid",), "none.invalid", "/", "DNS-error"),
    Case("nobody there", ("127.0.0.1:{closed}",), "127.0.0.1:{closed}", "/", "connection-refused"),
    Case("no answer", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/leave", "connection-terminated"),
    Case("no HTTP", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/nonsense", "HTTP-protocol-error"),
    Case("half a body", ("127.0.0.1:{port}",), "127.0.0.1:{port}", "/half", "HTTP-response-incomplete"),
]


class Handler(http.server.BaseHTTPRequestHandler):
    """A server that does as the path says."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []
    stop: ClassVar[threading.Event] = threading.Event()

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append(self.path)
        match self.path.partition("?")[0]:
            case "/hello":
                self.answer(200, b"hello")
            case "/echo":
                self.answer(200, f"{self.command} {self.path} ".encode() + body)
            case "/headers":
                self.answer(200, f"{self.headers['Host']} {self.headers['X-Guest']}".encode())
            case "/empty":
                self.answer(204, b"")
            case "/redirect":
                self.answer(302, b"elsewhere", ("Location", "/hello"))
            case "/chunks":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for start in range(0, len(LARGE), 100_000):
                    piece = LARGE[start : start + 100_000]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            case "/leave":
                self.close_connection = True
            case "/nonsense":
                self.wfile.write(b"nonsense\r\n\r\n")
                self.close_connection = True
            case "/half":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"half")
                self.close_connection = True
            case "/wait":
                self.stop.wait(60)
                self.close_connection = True
            case "/stall":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"half")
                self.stop.wait(60)
                self.close_connection = True
            case _:
                self.answer(404, b"there is none")

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """It is quiet."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """It has a thread for each connection, and does not look up its own name."""

    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        Handler.stop.set()
        server.shutdown()


@pytest.fixture(scope="module")
def closed() -> Iterator[int]:
    """A port that nobody else gets, and where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(params=PROGRAMS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fetched(language: str, grants: list[str], authority: str, path: str, body: bytes = b"") -> tuple[int, bytes] | str:
    """What the guest got: the status and the body, or the error code."""
    options = [word for grant in grants for word in ("--http-allow", grant)]
    call = f'fetch("{authority}", "{path}", {list(body)}, false)'
    status, text, problem = run(language, "run", *options, "--invoke", call, GUEST)
    assert (status, problem) == (0, "")
    kind, _, rest = text.strip().removesuffix(")").partition("(")
    if kind == "err":
        return CODES.get(int(rest), rest)
    assert kind == "ok"
    octets = bytes(int(number) for number in rest.strip("[]").split(","))
    return int.from_bytes(octets[:2], "little"), octets[2:]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_requests(language: str, case: Case, port: int, closed: int) -> None:
    def filled(text: str) -> str:
        return text.replace("{port}", str(port)).replace("{closed}", str(closed))

    Handler.asked.clear()
    grants, authority = [filled(grant) for grant in case.grants], "http://" + filled(case.authority)
    expected = case.expected
    if not isinstance(expected, str):
        expected = expected[0], expected[1].replace(b"{port}", str(port).encode())
    assert fetched(language, grants, authority, case.path, case.body) == expected
    is_sent = not isinstance(expected, str) or case.path in ("/leave", "/nonsense", "/half")
    # A client may try once more where it got no answer.
    assert set(Handler.asked) == ({case.path} if is_sent else set())


@pytest.mark.parametrize("path", ["/wait", "/stall"])
def test_a_timeout_ends_a_guest_that_waits_for_a_server(language: str, path: str, port: int) -> None:
    call = f'fetch("http://127.0.0.1:{port}", "{path}", [], false)'
    options = ("--timeout", "2", "--http-allow", f"127.0.0.1:{port}")
    status, text, problem = run(language, "run", *options, "--invoke", call, GUEST)
    assert (status, text) == (134, "")
    assert problem.startswith("trimaran: the guest was stopped after 2 s")


def test_a_certificate_that_nobody_vouches_for(language: str, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("there is no openssl, which makes the certificate")
    pair = tmp_path / "pair.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "-", "-out", "-"]
    pair.write_bytes(subprocess.run([*made, *subject], check=True, capture_output=True).stdout)
    with Server(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"localhost:{server.server_address[1]}"
        Handler.asked.clear()
        # Foundation on Linux has no error of its own for it.
        expected = {"TLS-certificate-error", "destination-unavailable" if language == "swift" else ""}
        assert fetched(language, [place], place, "/hello") in expected
        assert Handler.asked == []
        server.shutdown()


@pytest.mark.parametrize("host", ["https://example.com", "example.com:http", "*", "a b", "[::1]80"])
def test_a_host_that_is_none(language: str, host: str) -> None:
    expected = (
        f'trimaran: --http-allow "{host}": expected HOST or HOST:PORT, such as example.com:8080\n'
        "Try: trimaran run --help\n"
    )
    assert run(language, "run", "--http-allow", host, GUEST) == (2, "", expected)


def test_the_help_says_so(language: str) -> None:
    assert "--http-allow HOST[:PORT]" in run(language, "run", "--help")[1]
