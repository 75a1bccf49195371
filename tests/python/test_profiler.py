"""Profilers: where guests spend their time."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from guests import config
from loops import LOOPS, Home, Loop, interruptible
from trimaran import (
    BusyError,
    ClosedError,
    ConfigError,
    Engine,
    Func,
    FuncType,
    Instance,
    IoError,
    Module,
    Profiler,
    RangeError,
    Store,
    TimeLimitTrap,
    WasmTypeError,
)

ENGINE = Engine(config().epoch_interruption(True))
MODULE = Module(
    ENGINE,
    """(module $busy
      (import "host" "sleep" (func $sleep))
      (func $work (param i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func $outer (export "outer") (param i32) (call $work (local.get 0)))
      (func $slow (export "slow") (call $sleep))
      (func $spin (export "spin") (loop (br 0))))""",
)
# Some 20 ms or more.
WORK = 50_000_000


class Guest:
    """An instance whose host function takes some time."""

    def __init__(self) -> None:
        self.store = Store(ENGINE)
        sleep = Func(self.store, FuncType([], []), lambda: time.sleep(0.03))
        self.instance = Instance(self.store, MODULE, [sleep])

    def __call__(self, name: str, *given: int) -> Any:
        return self.instance.func(self.store, name)(self.store, *given)


def functions(profile: str) -> set[str]:
    """The functions that a profile has."""
    thread = json.loads(profile)["threads"][0]
    return {thread["stringArray"][name] for name in thread["funcTable"]["name"]}


def weight(profile: str) -> int:
    """How many intervals it has seen."""
    return sum(json.loads(profile)["threads"][0]["samples"]["weight"])


def test_a_profile(tmp_path: Path) -> None:
    guest, file = Guest(), tmp_path / "profile.json"
    with Profiler(guest.store) as profiler:
        guest("outer", WORK)
        # While it goes on as well.
        profiler.save(str(file))
        assert functions(file.read_text()) == {"outer", "work"}
        assert repr(profiler).startswith("<Profiler, ")
    profiler.save(file)
    saved = file.read_text()
    assert saved == profiler.json()
    assert functions(saved) == {"outer", "work"}
    samples = profiler.samples
    assert samples == len(json.loads(saved)["threads"][0]["samples"]["stack"]) > 0
    assert profiler.lost_samples == 0
    # It has ended.
    guest("outer", WORK)
    profiler.stop()
    profiler.close()
    assert profiler.samples == samples
    with pytest.raises(IoError):
        profiler.save(tmp_path)
    with pytest.raises(WasmTypeError):
        profiler.save(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_host_functions_and_limits_of_time() -> None:
    guest = Guest()
    guest.store.set_timeout(0.1)
    with Profiler(guest.store, interval=0.002) as profiler:
        guest("slow")
        assert functions(profiler.json()) == {"slow"}
        assert weight(profiler.json()) >= 13
        with pytest.raises(TimeLimitTrap):
            guest("spin")
    assert functions(profiler.json()) == {"slow", "spin"}


def test_a_bound() -> None:
    guest = Guest()
    guest.store.set_timeout(0.2)
    with Profiler(guest.store, max_samples=2) as profiler, pytest.raises(TimeLimitTrap):
        guest("spin")
    assert (profiler.samples, profiler.lost_samples > 0) == (2, True)


def test_what_cannot_be_profiled() -> None:
    with pytest.raises(ConfigError, match="epoch_interruption"):
        Profiler(Store(Engine(config())))
    store = Store(ENGINE)
    with Profiler(store), pytest.raises(BusyError, match="still running"):
        Profiler(store)
    for arguments in ({"interval": 0}, {"interval": 61}, {"max_samples": 0}, {"max_samples": 1_000_001}):
        with pytest.raises(RangeError):
            Profiler(store, **arguments)  # pyright: ignore[reportArgumentType]
    nothing: Any = None
    with pytest.raises(WasmTypeError, match="the interval is None: expected seconds"):
        Profiler(store, interval=nothing)
    # One that nobody has any more has ended.
    Profiler(store)
    kept = Profiler(store)
    store.close()
    assert json.loads(kept.json())["threads"]
    kept.stop()
    with pytest.raises(ClosedError):
        Profiler(store)


def test_another_thread_looks_at_a_guest_that_runs() -> None:
    guest = Guest()
    handle = guest.store.interrupt_handle()
    caught: list[BaseException] = []

    def spin() -> None:
        try:
            guest("spin")
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=spin)
    thread.start()
    with Profiler(guest.store) as profiler:
        begun = time.monotonic()
        while profiler.samples < 3:
            assert time.monotonic() - begun < 30
            time.sleep(0.001)
    while not handle.interrupt():
        time.sleep(0.001)
    thread.join()
    assert caught and functions(profiler.json()) == {"spin"}


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_async_calls(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await loop.sleep(0.2)
        return number

    home = Home(wait, settings=interruptible())
    with Profiler(home.store) as profiler:
        loop.run(lambda: home.start("counts", WORK))
        computed = weight(profiler.json())
        assert computed > 0
        # The time in which it waits is not its own.
        loop.run(lambda: home.start("once", 4))
    assert weight(profiler.json()) - computed < 100
    assert "counts" in functions(profiler.json())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_goes_on() -> None:
    guest = Guest()
    guest("outer", WORK)
    with Profiler(guest.store) as profiler:
        guest("outer", WORK)
        before = profiler.samples
        child = os.fork()
        if child == 0:
            status = 1
            try:
                guest("outer", WORK)
                status = int(not (profiler.samples > before and functions(profiler.json()) == {"outer", "work"}))
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert profiler.samples == before
