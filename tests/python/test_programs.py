"""A real program: the JSON formatter of dprint, through linear memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guests import ROOT, engine
from trimaran import Func, Instance, Memory, Module, Store

PLUGIN = Path(os.environ.get("TRIMARAN_DPRINT", ROOT / "target" / "programs" / "dprint-json.wasm"))
EXAMPLE = ROOT / "examples" / "python" / "format_json.py"

pytestmark = pytest.mark.skipif(not PLUGIN.exists(), reason=f"{PLUGIN} is not there; TRIMARAN_DPRINT says where it is")


class Formatter:
    """The guest, and how bytes go to it and come back."""

    def __init__(self) -> None:
        self._store = Store(engine())
        self._instance = Instance(self._store, Module.from_file(self._store.engine, PLUGIN))
        self._memory: Memory = self._instance.memory(self._store, "memory")
        self._send('{"global":{},"plugin":{}}')
        self._func("register_config")(self._store, 1)

    def format(self, name: str, text: str) -> tuple[int, str]:
        """The code of the guest, and the text that it gives: formatted, or what is wrong."""
        self._send(name)
        self._func("set_file_path")(self._store)
        self._send(text)
        code: int = self._func("format")(self._store, 1)
        if code == 0:
            return code, text
        length = self._func("get_formatted_text" if code == 1 else "get_error_text")(self._store)
        return code, self._memory.read_string(self._store, self._pointer(), length)

    def _func(self, name: str) -> Func:
        return self._instance.func(self._store, name)

    def _pointer(self) -> int:
        pointer: int = self._func("get_shared_bytes_ptr")(self._store)
        return pointer

    def _send(self, text: str) -> None:
        octets = text.encode()
        self._func("clear_shared_bytes")(self._store, len(octets))
        self._memory.write(self._store, octets, self._pointer())


@pytest.fixture(scope="module")
def formatter() -> Formatter:
    return Formatter()


def test_a_good_file(formatter: Formatter) -> None:
    assert formatter.format("a.json", '{"b":[1,2,  3],"a":{"ü":null}}') == (
        1,
        '{ "b": [1, 2, 3], "a": { "ü": null } }\n',
    )


def test_a_file_that_is_formatted_already(formatter: Formatter) -> None:
    text = '{ "b": 1 }\n'
    assert formatter.format("a.json", text) == (0, text)


def test_a_broken_file(formatter: Formatter) -> None:
    code, text = formatter.format("a.json", '{"b":[1,2')
    assert code == 2
    assert "Unterminated array" in text


def test_a_big_file(formatter: Formatter) -> None:
    text = "[" + ",".join(f'{{"number":{number}}}' for number in range(5000)) + "]"
    code, formatted = formatter.format("big.json", text)
    assert code == 1
    assert formatted.count('"number": ') == 5000


def run(file: Path) -> tuple[int, str]:
    command = [sys.executable, "-W", "error", str(EXAMPLE), str(PLUGIN), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_example(tmp_path: Path) -> None:
    file = tmp_path / "good.json"
    file.write_text('{"a":1}')
    assert run(file) == (0, '{ "a": 1 }\n')
    file.write_text('{"a":')
    status, printed = run(file)
    assert status == 1
    assert printed.startswith("error: Line 1, column 6: ")
    assert printed == printed.strip() + "\n"
