"""A long `map`, and what follows it."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any, ClassVar

import numpy as np
import pytest

from guests import guest
from trimaran import Config, Engine, Func, FuncType, Instance, Module, Store, TimeLimitTrap, Trap, WasmTypeError

WAT = """(module
    (func (export "half") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
    (func (export "loop") (param i32) (result i32)
        (if (local.get 0) (then (loop $l (br $l))))
        local.get 0))"""


class Bar:
    """What tqdm's bars have."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, *, total: int) -> None:
        self.total, self.done, self.closed = total, 0, False
        Bar.made.append(self)

    def update(self, rows: int) -> None:
        self.done += rows

    def close(self) -> None:
        self.closed = True


def limited(wat: str = WAT) -> tuple[Store, Instance]:
    config = Config()
    config.epoch_interruption = True
    store = Store(Engine(config))
    return store, Instance(store, Module(store.engine, wat))


def test_the_parts_are_all_rows() -> None:
    store, instance = guest(WAT)
    func, rows = instance.func(store, "half"), np.arange(1, 5001, dtype=np.int32)
    parts: list[int] = []
    made = func.map(store, rows, progress=parts.append)
    assert sum(parts) == 5000 and len(parts) > 1 and min(parts) > 0
    assert np.array_equal(made, 100 // rows)
    parts.clear()
    assert len(func.map(store, np.arange(0, dtype=np.int32), progress=parts.append)) == 0
    assert parts == []


def test_a_bar_and_the_class_of_one() -> None:
    store, instance = guest(WAT)
    func = instance.func(store, "half")
    bar = Bar(total=3)
    func.map(store, [1, 2, 3], progress=bar)
    assert (bar.done, bar.closed) == (3, False)
    Bar.made.clear()
    func.map(store, [1, 2, 3, 4], progress=Bar)
    assert [(bar.total, bar.done, bar.closed) for bar in Bar.made] == [(4, 4, True)]
    Bar.made.clear()
    with pytest.raises(Trap):
        func.map(store, [1, 0], progress=Bar)
    assert [(bar.total, bar.closed) for bar in Bar.made] == [(2, True)]
    with pytest.raises(WasmTypeError, match=r"^progress is an int: expected something that can be called"):
        func.map(store, [1], progress=1)


def test_tqdm() -> None:
    tqdm: Any = pytest.importorskip("tqdm").tqdm
    store, instance = guest(WAT)
    func, rows = instance.func(store, "half"), list(range(1, 100))
    with open("/dev/null", "w") as nowhere, tqdm(total=len(rows), file=nowhere) as bar:
        func.map(store, rows, progress=bar)
        assert bar.n == 99
    func.map(store, rows, progress=tqdm)


def test_the_row_of_an_error_counts_from_the_first_part() -> None:
    store, instance = guest(WAT)
    rows = np.ones(3000, np.int32)
    rows[2345] = 0
    out, parts = np.zeros(3000, np.int32), list[int]()
    with pytest.raises(Trap) as caught:
        instance.func(store, "half").map(store, rows, out=out, progress=parts.append)
    assert caught.value.row == 2345
    assert caught.value.__notes__ == ["in row 2345 of the columns"]
    assert out[:2345].all() and not out[2345:].any()
    assert sum(parts) <= 2345


def test_what_progress_raises() -> None:
    store, instance = guest(WAT)

    class Enough(Exception):
        pass

    def stop(_rows: int) -> None:
        raise Enough

    func = instance.func(store, "half")
    with pytest.raises(Enough) as caught:
        func.map(store, [1, 2, 3], progress=stop)
    assert not hasattr(caught.value, "__notes__")
    # The store is free again, for other threads as well.
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(func(store, 1)))
    thread.start()
    thread.join()
    assert done == [100]


def test_progress_may_use_the_store_and_others_wait() -> None:
    store, instance = guest(WAT)
    func = instance.func(store, "half")
    order: list[str] = []
    started = threading.Event()

    def other() -> None:
        started.set()
        func(store, 1)
        order.append("other")

    thread = threading.Thread(target=other)

    def follow(_rows: int) -> None:
        assert func(store, 10) == 10
        if not order:
            thread.start()
            started.wait()
        order.append("part")

    func.map(store, list(range(1, 100)), progress=follow)
    order.append("done")
    thread.join()
    # The parts are one turn.
    assert set(order[: order.index("done")]) - {"part"} <= {"other"}
    assert order.index("other") > max(place for place, word in enumerate(order) if word == "part")


@pytest.mark.parametrize("progress", [None, abs])
def test_a_timeout_is_for_all_rows(progress: Any) -> None:
    store, instance = limited()
    store.set_timeout(0.2)
    with pytest.raises(TimeLimitTrap) as caught:
        instance.func(store, "loop").map(store, [0] * 9 + [1], progress=progress)
    assert caught.value.row == 9


def test_a_timeout_counts_over_the_parts() -> None:
    store, instance = limited()
    store.set_timeout(0.3)
    seen: list[int] = []

    def slow(rows: int) -> None:
        seen.append(rows)
        time.sleep(0.1)

    with pytest.raises(TimeLimitTrap):
        instance.func(store, "loop").map(store, [0] * 1_000_000, progress=slow)
    store.set_timeout(None)
    assert 0 < len(seen) < 10
    # The limit of the map is gone with it.
    assert instance.func(store, "loop")(store, 0) == 0


def test_a_handle_ends_it_between_two_parts() -> None:
    store, instance = limited()
    handle = store.interrupt_handle()
    with pytest.raises(Trap):
        instance.func(store, "loop").map(store, [0] * 1000, progress=lambda _: handle.interrupt())


def test_ctrl_c_ends_it() -> None:
    store, instance = limited()
    parts: list[int] = []

    def follow(rows: int) -> None:
        parts.append(rows)
        if len(parts) == 2:
            timer.start()

    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        instance.func(store, "loop").map(store, [0] * 20 + [1], progress=follow)
    timer.join()
    assert sum(parts) <= 20


def test_from_a_host_function() -> None:
    store, instance = limited()
    func, parts = instance.func(store, "half"), list[int]()

    def body(caller: Any) -> None:
        assert func.map(caller, [1, 2, 4], progress=parts.append).tolist() == [100, 50, 25]

    host = Func(store, FuncType([], []), body, access_caller=True)
    store.set_timeout(60)
    host(store)
    assert sum(parts) == 3
