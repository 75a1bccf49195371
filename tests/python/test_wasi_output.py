"""What guests print, in Python: to memory, to files and to callbacks."""

from __future__ import annotations

import gc
import io
import signal
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from wasi_guest import Guest

from trimaran import BusyError, IoError, OutputPipe, RangeError, WasiConfig, WasmtimeError, WasmTypeError


def test_output_to_memory() -> None:
    wasi, out, error = WasiConfig(), OutputPipe(), OutputPipe()
    wasi.stdout_pipe, wasi.stderr_pipe = out, error
    guest = Guest(wasi)
    assert guest.print("Hello, ") == 0
    assert guest.print("wörld") == 0
    assert guest.print("oops", 2) == 0
    assert (out.contents(), error.contents()) == ("Hello, wörld".encode(), b"oops")
    assert (len(out), bytes(error), repr(error)) == (13, b"oops", "<OutputPipe, 4 bytes>")
    assert out.take() == "Hello, wörld".encode()
    assert out.contents() == b""
    assert out


def test_a_capacity_below_zero() -> None:
    with pytest.raises(RangeError, match="the capacity is -1: expected 0 or more"):
        OutputPipe(-1)


def test_output_to_files(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before")
    for text, setting in [("one", "stdout_append"), ("two", "stdout_file"), ("three", "stdout_append")]:
        wasi = WasiConfig()
        setattr(wasi, setting, file)
        assert Guest(wasi).print(text) == 0
        assert file.read_text() == {"one": "beforeone", "two": "two", "three": "twothree"}[text]


def test_output_to_a_callback() -> None:
    pieces: list[bytes] = []
    wasi = WasiConfig().stdout_custom(pieces.append)
    guest = Guest(wasi)
    guest.print("one")
    guest.print("two")
    assert pieces == [b"one", b"two"]
    assert Guest(wasi).print("three") == 0
    assert pieces == [b"one", b"two", b"three"]


def test_a_callback_may_take_less() -> None:
    pieces: list[bytes] = []

    def take(data: bytes) -> int:
        pieces.append(data[:2])
        return min(len(data), 2)

    wasi = WasiConfig()
    wasi.stderr_custom = take
    assert Guest(wasi).print("abcde", 2) == 0
    assert pieces == [b"ab", b"cd", b"e"]


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (-5, RangeError, "the callback for stdout gave -5: expected 1 to 4, or None"),
        (0, RangeError, "the callback for stdout gave 0: expected 1 to 4, or None"),
        (5, RangeError, "the callback for stdout gave 5: expected 1 to 4, or None"),
        ("4", WasmTypeError, "the callback for stdout gave a str: expected a number of bytes or None"),
        (True, WasmTypeError, "the callback for stdout gave a bool: expected a number of bytes or None"),
    ],
)
def test_a_callback_that_gives_nonsense(given: Any, kind: type[WasmtimeError], sentence: str) -> None:
    wasi = WasiConfig().stdout_custom(lambda _data: given)
    with pytest.raises(kind, match=sentence):
        Guest(wasi).print("text")


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), IoError("own")])
def test_what_a_callback_raises_is_the_same_object(error: BaseException) -> None:
    def fail(_data: bytes) -> None:
        raise error

    guest = Guest(WasiConfig().stdout_custom(fail))
    with pytest.raises(type(error)) as caught:
        guest.print("text")
    assert caught.value is error
    assert caught.traceback[-1].name == "fail"


def test_an_interrupt_while_a_callback_runs() -> None:
    def take(_data: bytes) -> None:
        signal.raise_signal(signal.SIGINT)

    guest = Guest(WasiConfig().stderr_custom(take))
    with pytest.raises(KeyboardInterrupt):
        guest.print("text", 2)
    # The store goes on.
    assert guest.print("text") == 0


def test_threads_share_a_callback_and_a_pipe() -> None:
    pieces, pipe = list[bytes](), OutputPipe()
    wasi = WasiConfig().stdout_custom(pieces.append).stderr_pipe(pipe)

    def work(number: int) -> None:
        guest = Guest(wasi)
        for stream in (1, 2) * 20:
            guest.print(f"{number};", stream)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    whole = sorted(f"{number};".encode() for number in range(8) for _ in range(20))
    assert sorted(pieces) == whole
    assert sorted(pipe.contents().split(b";")[:-1]) == [piece.rstrip(b";") for piece in whole]


def test_a_callback_does_not_use_its_store() -> None:
    wasi, guest = WasiConfig(), Guest()
    wasi.stdout_custom = lambda _data: guest.memory.size(guest.store)
    guest.store.set_wasi(wasi)
    with pytest.raises(BusyError):
        guest.print("text")


def test_a_callback_may_run_another_guest() -> None:
    wasi, pipe = WasiConfig(), OutputPipe()
    other = Guest(WasiConfig().stdout_pipe(pipe))
    wasi.stdout_custom = lambda _data: other.print("passed on") or None
    Guest(wasi).print("text")
    assert pipe.contents() == b"passed on"


class Thing:
    """Something that can be watched."""


def test_a_callback_over_its_own_store_is_collected() -> None:
    def make() -> weakref.ref[Thing]:
        thing, things = Thing(), list[object]()

        def take(_data: bytes) -> None:
            things.append(thing)

        wasi = WasiConfig().stdout_custom(take).stderr_custom(take)
        guest = Guest(wasi)
        things += [guest, wasi]
        guest.print("text")
        return weakref.ref(thing)

    gone = make()
    gc.collect()
    assert gone() is None


def keeper(thing: Thing) -> Callable[[bytes], None]:
    """A callback that keeps something."""
    things = [thing]
    return lambda _data: things.clear()


def test_closing_lets_go_of_callbacks() -> None:
    def make() -> tuple[Guest, weakref.ref[Thing]]:
        thing = Thing()
        return Guest(WasiConfig().stdout_custom(keeper(thing))), weakref.ref(thing)

    guest, thing = make()
    gc.collect()
    assert thing() is not None
    guest.store.close()
    gc.collect()
    assert thing() is None


def test_another_configuration_lets_go_of_callbacks() -> None:
    def make() -> tuple[Guest, weakref.ref[Thing]]:
        thing = Thing()
        return Guest(WasiConfig().stdout_custom(keeper(thing))), weakref.ref(thing)

    guest, thing = make()
    guest.store.set_wasi(WasiConfig())
    gc.collect()
    assert thing() is None
    assert guest.print("text") == 0


def test_the_last_setting_of_a_stream_counts(tmp_path: Path) -> None:
    pipe = OutputPipe()
    wasi = WasiConfig().stdout_file(tmp_path / "none").stdout_custom(print).stdout_pipe(pipe)
    assert wasi.stdout_file.value is None
    assert wasi.stdout_pipe.value is pipe
    Guest(wasi).print("text")
    assert pipe.contents() == b"text"
    assert not (tmp_path / "none").exists()
    wasi.stdout_pipe = None
    assert wasi == WasiConfig()


def test_output_to_what_can_be_written(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with (tmp_path / "out").open("wb", buffering=0) as file:
        guest = Guest(WasiConfig().stdout_custom(memory).stderr_custom(file))
        assert guest.print("one") == 0
        assert guest.print("two", 2) == 0
    assert (memory.getvalue(), (tmp_path / "out").read_bytes()) == (b"one", b"two")


@pytest.mark.parametrize("setting", ["stdout_file", "stdout_append"])
def test_both_outputs_to_one_file(tmp_path: Path, setting: str) -> None:
    wasi, file = WasiConfig(), tmp_path / "log"
    setattr(wasi, setting, file)
    setattr(wasi, setting.replace("stdout", "stderr"), file)
    guest = Guest(wasi)
    for stream, text in enumerate(["one ", "two ", "three "]):
        assert guest.print(text, 1 + stream % 2) == 0
    assert file.read_text() == "one two three "
