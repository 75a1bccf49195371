"""What guests read, in Python."""

from __future__ import annotations

import gc
import io
import weakref
from pathlib import Path
from typing import Any

import pytest
from wasi_guest import Guest

from trimaran import BusyError, RangeError, Store, WasiConfig, WasmTypeError


def test_input(tmp_path: Path) -> None:
    assert Guest(WasiConfig()).read() == b""
    guest = Guest(WasiConfig().stdin_bytes(b"some bytes"))
    assert (guest.read(4), guest.read(), guest.read()) == (b"some", b" bytes", b"")
    file = tmp_path / "in"
    file.write_bytes(b"of a file")
    wasi = WasiConfig()
    for path in (file, str(file), bytes(file)):
        wasi.stdin_file = path
        assert Guest(wasi).read() == b"of a file"


def reading(source: Any) -> WasiConfig:
    """A configuration with that input."""
    wasi = WasiConfig()
    wasi.stdin_custom = source
    return wasi


def test_input_from_what_can_be_read() -> None:
    asked: list[int] = []
    pieces: list[bytes | bytearray] = [b"ab", bytearray(b"cde"), b""]

    def read(size: int) -> bytes | bytearray:
        asked.append(size)
        return pieces.pop(0)

    run = Guest(reading(read))
    assert [run("read", 1024, 100), run("read", 1026, 3), run("read", 1029, 7)] == [2, 3, 0]
    assert asked == [100, 3, 7]
    run = Guest(reading(io.BytesIO(b"hello")))
    assert [run("read", 1024, 4), run("read", 1028, 4), run("read", 1029, 4)] == [4, 1, 0]


def test_what_an_input_raises_comes_out() -> None:
    error = KeyError("mine")

    def read(size: int) -> bytes:
        raise error

    run = Guest(reading(read))
    with pytest.raises(KeyError) as caught:
        run("read", 1024, 4)
    assert caught.value is error


@pytest.mark.parametrize(
    ("given", "kind", "part"),
    [
        ("text", WasmTypeError, "what the standard input gave is a str: expected bytes"),
        (None, WasmTypeError, "expected bytes"),
        (3, WasmTypeError, "expected bytes"),
        (b"12345", RangeError, "the standard input gave more bytes than expected: 4 at most"),
    ],
)
def test_an_input_that_gives_what_it_should_not(given: Any, kind: type[Exception], part: str) -> None:
    def read(size: int) -> Any:
        return given

    run = Guest(reading(read))
    with pytest.raises(kind, match=part):
        run("read", 1024, 4)
    with pytest.raises(WasmTypeError, match="stdin_custom is an int: expected something with a method read"):
        WasiConfig().stdin_custom = 3  # type: ignore[assignment]


def test_an_input_cannot_use_its_store_and_does_not_keep_it() -> None:
    class Source:
        store: Store

        def read(self, size: int) -> bytes:
            return bytes(self.store.get_fuel())

    source = Source()
    run = Guest(reading(source))
    source.store = run.store
    with pytest.raises(BusyError):
        run("read", 1024, 4)
    gone = weakref.ref(run.store)
    del run, source
    gc.collect()
    assert gone() is None


def test_the_last_setting_of_the_input_counts() -> None:
    wasi = WasiConfig()
    wasi.stdin_custom(io.BytesIO(b"first")).stdin_bytes(b"second")
    run = Guest(wasi)
    assert run("read", 1024, 9) == 6
