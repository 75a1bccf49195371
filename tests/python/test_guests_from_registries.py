"""Guests that the tools of the registries make, through the generated classes of the example."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from component_guests import ENGINE

from guests import ROOT
from program import PROGRAMS, compiled
from trimaran import HttpError, HttpRequest, HttpResponse, Store, WasiConfig
from trimaran.component import Component, Linker, ResultError, load


def there(name: str) -> str:
    """The component of that name. A test without it is skipped."""
    if not (PROGRAMS / name).exists():
        pytest.skip(f"{name} is not here: tests/programs/fetch could not make it, and has said why")
    return name


@pytest.mark.parametrize("name", ["drawing-python.wasm", "drawing-javascript.wasm"])
def test_a_guest_prints_what_the_example_prints(name: str, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "python"))
    example = importlib.import_module("component_typed")
    try:
        example.run(ENGINE, compiled(Component, ENGINE, there(name)))
    finally:
        for module in [it for it in sys.modules if it.split(".")[0] in ("component_typed", "drawing")]:
            del sys.modules[module]
    assert capsys.readouterr().out == (ROOT / "tests/examples/output/component_typed.txt").read_text(encoding="utf-8")


def test_a_guest_in_python_sends_requests() -> None:
    component = compiled(Component, ENGINE, there("fetcher.wasm"))
    fetcher = load(PROGRAMS / "fetcher.wasm")
    seen: list[tuple[str, str, list[tuple[str, bytes]]]] = []

    def answer(request: HttpRequest) -> HttpResponse:
        if request.host != "api.example":
            raise HttpError("HTTP-request-denied")
        seen.append((request.method, request.url, request.headers))
        # More than the guest reads at once.
        return HttpResponse(201, {"content-type": "text/plain"}, request.read().decode().upper() * 1000)

    wasi = WasiConfig()
    wasi.http = answer
    with Store(ENGINE) as store, Linker(ENGINE) as linker:
        store.set_wasi(wasi)
        # WASI is all that it imports, and is defined without being asked for.
        fetcher.Fetcher.define(linker)
        made = fetcher.Fetcher(store, linker.instantiate(store, component))
        assert made.post("api.example", "/a?b=1", "héllo") == (201, "HÉLLO" * 1000)
        with pytest.raises(ResultError) as caught:
            made.post("other.example", "/", "text")
        assert caught.value.value == "ErrorCode_HttpRequestDenied"
    headers = [("content-type", b"text/plain"), ("x-made-by", b"python")]
    assert seen == [("POST", "https://api.example/a?b=1", headers)]
