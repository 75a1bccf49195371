"""The page on strangers' modules: its Python is run with some of them, and its figures are those of the core."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trimaran import StoreLimits, _bindings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "untrusted.md").read_text(encoding="utf-8")
BLOCK = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)

KIND = '(module (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))'
ENDLESS = '(module (func (export "run") (param i32) (result i32) (loop (br 0)) (unreachable)))'
GREEDY = '(module (memory 2000) (func (export "run") (param i32) (result i32) (i32.const 0)))'
WIDE = f'(module (func (export "run") (param i32) (result i32) (local {"i32 " * 6000}) (i32.const 0)))'


@pytest.mark.parametrize(
    ("stranger", "words"),
    [(KIND, "21"), (ENDLESS, "it was stopped:"), (GREEDY, "it cannot be run:"), (WIDE, "6000 locals")],
)
def test_a_stranger(stranger: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert BLOCK
    exec(BLOCK[1].replace("store.set_timeout(2)", "store.set_timeout(0.1)"), {"stranger": stranger})
    assert words in capsys.readouterr().out


def test_the_figures_of_the_page() -> None:
    # A setting of a `Config` can be set, and not be read.
    limits, module = StoreLimits.untrusted(), _bindings.untrusted_config().module_limits
    assert module
    assert (limits.memory_size, limits.table_elements) == (64 << 20, 100_000)
    assert (limits.instances, limits.tables, limits.memories) == (10, 10, 4)
    assert (module.size, module.types, module.functions) == (16 << 20, 10_000, 50_000)
    assert (module.imports, module.exports, module.globals) == (1_000, 10_000, 10_000)
    assert (module.locals, module.function_size, module.nesting) == (5_000, 512 << 10, 500)
    for words in ("16 MiB", "10,000, 50,000", "1,000, 10,000, 10,000", "5,000, 512 KiB", "64 MiB each", "10, 10, 4"):
        assert words in PAGE
