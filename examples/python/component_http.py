"""Answers the HTTP requests of a component, without a network: component_http.py COMPONENT."""

import sys
from pathlib import Path

from trimaran import Engine, HttpError, HttpRequest, HttpResponse, Store, WasiConfig
from trimaran.component import Component, Err, Linker, Ok


def answer(request: HttpRequest) -> HttpResponse:
    print(f"{request.method} {request.url}")
    # What a guest may reach is up to this function, and so is the client that it uses.
    if request.host != "api.example":
        raise HttpError("HTTP-request-denied")
    text = request.read().decode()
    return HttpResponse(200, {"content-type": "text/plain"}, f"{len(text)} letters")


def main(path: str) -> None:
    engine = Engine()
    linker = Linker(engine)
    linker.define_wasi()
    wasi = WasiConfig()
    wasi.http = answer

    with Store(engine) as store:
        store.set_wasi(wasi)
        fetch = linker.instantiate(store, Component.from_file(engine, Path(path))).func(store, "fetch")
        for host in ("api.example", "other.example"):
            result: Ok | Err = fetch(store, host, "/count?what=letters", b"hello", False)
            match result:
                case Ok(response):
                    print(f"the guest got {int.from_bytes(response[:2], 'little')}: {response[2:].decode()}")
                case Err(code):
                    print(f"the guest got the error code {code}")


if __name__ == "__main__":
    main(sys.argv[1])
