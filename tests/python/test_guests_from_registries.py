"""Guests that the tools of the registries make, through the generated classes of the example."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from component_guests import ENGINE

from guests import ROOT
from program import PROGRAMS, compiled
from trimaran.component import Component


@pytest.mark.parametrize("name", ["drawing-python.wasm", "drawing-javascript.wasm"])
def test_a_guest_prints_what_the_example_prints(name: str, monkeypatch: Any, capsys: Any) -> None:
    if not (PROGRAMS / name).exists():
        pytest.skip(f"{name} is not here: tests/programs/fetch could not make it, and has said why")
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "python"))
    example = importlib.import_module("component_typed")
    try:
        example.run(ENGINE, compiled(Component, ENGINE, name))
    finally:
        for module in [it for it in sys.modules if it.split(".")[0] in ("component_typed", "drawing")]:
            del sys.modules[module]
    assert capsys.readouterr().out == (ROOT / "tests/examples/output/component_typed.txt").read_text(encoding="utf-8")
