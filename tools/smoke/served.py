#!/usr/bin/env python3
"""Serves a folder by https under a name of the internet, and runs a command meanwhile:
`served.py FOLDER HOST -- COMMAND`.

It runs as root in a tree of its own (`namespace.py`), which comes to trust a certificate made here, and in a network of
its own, which has nothing but this server: whatever the command fetches is in the folder, or fails.
"""

from __future__ import annotations

import fcntl
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SIOCSIFFLAGS, IFF_UP, PORT = 0x8914, 1, 443


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it serves: what is printed is the command's."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def loopback() -> None:
    """A network with the loopback interface alone."""
    os.unshare(os.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def certificate(host: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key. Programs of the tree trust it."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    extension = ["-addext", f"subjectAltName=DNS:{host}"]
    subprocess.run([*command, *extension, "-keyout", key, "-out", made], check=True, stderr=subprocess.DEVNULL)
    trusted = Path("/usr/local/share/ca-certificates/smoke.crt")
    trusted.write_bytes(made.read_bytes())
    subprocess.run(["update-ca-certificates"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return made, key


def main() -> int:
    at = sys.argv.index("--")
    place, host = Path(sys.argv[1]), sys.argv[2]
    loopback()
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost {host}\n")
    with tempfile.TemporaryDirectory() as folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(host, Path(folder)))
    server = ThreadingHTTPServer(("127.0.0.1", PORT), partial(Quiet, directory=str(place / host)))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return subprocess.run(sys.argv[at + 1 :]).returncode


if __name__ == "__main__":
    sys.exit(main())
