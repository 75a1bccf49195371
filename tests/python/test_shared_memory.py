"""Shared memories: many threads and stores, one memory."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from guests import MODULES, threads
from trimaran import (
    BoundsError,
    ClosedError,
    Config,
    Engine,
    Func,
    Instance,
    LimitError,
    Limits,
    MemoryType,
    Module,
    RangeError,
    SharedMemory,
    Store,
    WaitOutcome,
    WasmTypeError,
)

PAGE = 65_536
THREADS = 4
TIMES = 20_000


@pytest.fixture
def native() -> Engine:
    return threads()


@pytest.fixture
def memory(native: Engine) -> SharedMemory:
    return SharedMemory(native, MemoryType(Limits(1, 5)))


def counter(engine: Engine, memory: SharedMemory, name: str) -> tuple[Store, Func]:
    """A function of a guest that imports the memory, in a store of its own."""
    store = Store(engine)
    module = Module.from_file(engine, MODULES / "shared_counter.wat")
    return store, Instance(store, module, [memory]).func(store, name)


def test_four_threads_count_in_one_memory(native: Engine, memory: SharedMemory) -> None:
    def count(place: int) -> None:
        store, add = counter(native, memory, "add")
        view = memory.as_memory(store)
        add(store, 8, TIMES)
        view.write(store, f"thread {place}".encode(), 64 + 16 * place)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(THREADS)))
    store = Store(native)
    view = memory.as_memory(store)
    assert view.load_i32(store, 8) == THREADS * TIMES
    assert [view.read_terminated(store, 64 + 16 * place) for place in range(THREADS)] == [
        f"thread {place}" for place in range(THREADS)
    ]


def test_the_host_reads_while_guests_count(native: Engine, memory: SharedMemory) -> None:
    store = Store(native)
    view = memory.as_memory(store)

    def count() -> None:
        guest_store, add = counter(native, memory, "add")
        add(guest_store, 0, 100_000)

    with ThreadPoolExecutor(1) as pool:
        done, last = pool.submit(count), 0
        # The guests may have counted before this thread looks for the first time.
        view.write(store, b"beside the counter", 64)
        while not done.done():
            view.write(store, b"beside the counter", 64)
            now = view.load_i32(store, 0)
            assert now >= last
            last = now
        done.result()
    assert view.load_i32(store, 0) == 100_000
    assert view.read(store, 64, 82) == b"beside the counter"


def test_growth_is_seen_by_all(native: Engine, memory: SharedMemory) -> None:
    store, size = counter(native, memory, "size")
    other, grow = counter(native, memory, "grow")
    view = memory.as_memory(store)
    assert memory.grow(1) == 1
    assert (memory.size(), view.size(store), size(store)) == (2, 2, 2)
    assert grow(other, 1) == 2
    assert (memory.size(), view.size(store), size(store)) == (3, 3, 3)
    view.write(store, b"far", 3 * PAGE - 3)
    assert memory.read(-3) == b"far"
    with pytest.raises(LimitError, match="its maximum is 5"):
        memory.grow(3)


def test_it_reads_and_writes_without_a_store(memory: SharedMemory) -> None:
    assert memory.write(b"abc", 5) == 3
    assert memory.write(b"xyz", -3) == 3
    assert memory.read(5, 8) == b"abc"
    assert memory.read(-3) == b"xyz"
    assert memory.read(8, 5) == b""
    assert memory.data_len() == PAGE
    assert memory.data_ptr()[5:8] == list(b"abc")
    with pytest.raises(BoundsError):
        memory.read(0, PAGE + 1)
    with pytest.raises(BoundsError):
        memory.write(b"ab", PAGE - 1)


def test_it_is_a_sequence_of_bytes(memory: SharedMemory) -> None:
    assert len(memory) == memory.data_len()
    memory[8:12] = b"text"
    memory[-1] = 255
    assert memory[8:12] == b"text"
    assert memory[8:12:2] == b"tx"
    assert (memory[9], memory[-1], memory[len(memory) - 1]) == (ord("e"), 255, 255)
    assert len(memory[-2:]) == 2
    assert memory
    for use in (lambda: memory[len(memory)], lambda: memory.__setitem__(-len(memory) - 1, 0)):
        with pytest.raises(IndexError):
            use()
    with pytest.raises(ValueError):
        memory[0:2] = b"three"
    with pytest.raises(ValueError):
        memory[0] = 256


def test_type(memory: SharedMemory) -> None:
    ty = memory.type()
    assert ty == MemoryType(Limits(1, 5), shared=True)
    assert ty.is_shared
    assert str(ty) == "(memory 1 5 shared)"
    assert repr(memory) == "<SharedMemory (memory 1 5 shared)>"


def test_wasmtime_py_makes_them_so() -> None:
    config = Config()
    config.shared_memory = True
    memory = SharedMemory(Engine(config), MemoryType(Limits(1, 2), shared=True))
    assert memory.size() == 1


def test_an_exported_shared_memory(native: Engine) -> None:
    store = Store(native)
    instance = Instance(store, Module(native, '(module (memory (export "m") 1 2 shared))'))
    memory = instance.shared_memory(store, "m")
    memory.write(b"out")
    assert memory.as_memory(Store(native)) is not None
    assert memory.type().is_shared


def test_waits_that_end_at_once(memory: SharedMemory) -> None:
    assert memory.wait32(0, 1) is WaitOutcome.MISMATCH
    assert memory.wait32(0, 0, timeout=0.001) is WaitOutcome.TIMED_OUT
    assert memory.wait64(8, 0, timeout=0) is WaitOutcome.TIMED_OUT
    memory.write(b"\xff" * 8)
    assert memory.wait32(0, 0xFFFF_FFFF, 0) is WaitOutcome.TIMED_OUT
    assert memory.wait32(0, -1, 0) is WaitOutcome.TIMED_OUT
    assert memory.wait64(0, 2**64 - 1, 0) is WaitOutcome.TIMED_OUT
    assert memory.notify(0) == 0


def test_waits_that_cannot_be(memory: SharedMemory) -> None:
    for use in (
        lambda: memory.wait32(2, 0),
        lambda: memory.wait64(4, 0),
        lambda: memory.notify(PAGE),
        lambda: memory.notify(-4),
        lambda: memory.notify(0, -1),
        lambda: memory.notify(0, 1 << 32),
        lambda: memory.wait32(0, 1 << 32),
        lambda: memory.wait32(0, 0, -1),
        lambda: memory.wait32(0, 0, float("nan")),
        lambda: memory.wait32(0, 0, float("inf")),
        lambda: memory.wait32(0, 0, 1 << 80),
    ):
        with pytest.raises(RangeError):
            use()
    with pytest.raises(WasmTypeError, match="the timeout is a str: expected seconds"):
        memory.wait32(0, 0, "1")  # type: ignore[arg-type]


def test_the_host_wakes_the_host(memory: SharedMemory) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(memory.wait32, 0, 0, 20)
        while not memory.notify(0, 1):
            pass
        assert waiter.result() is WaitOutcome.OK


def test_the_host_wakes_a_guest(native: Engine, memory: SharedMemory) -> None:
    store, wait = counter(native, memory, "wait")
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(wait, store, 0, 0, 20_000_000_000)
        while not memory.notify(0, 1):
            pass
        assert waiter.result() == 0


def test_a_guest_wakes_the_host(native: Engine, memory: SharedMemory) -> None:
    store, notify = counter(native, memory, "notify")
    woken: list[WaitOutcome] = []
    waiter = threading.Thread(target=lambda: woken.append(memory.wait32(0, 0, 20)))
    waiter.start()
    while notify(store, 0, 1) == 0:
        pass
    waiter.join()
    assert woken == [WaitOutcome.OK]


def test_close(native: Engine) -> None:
    store = Store(native)
    with SharedMemory(native, MemoryType(Limits(1, 5))) as memory:
        view = memory.as_memory(store)
    memory.close()
    for use in (memory.size, memory.type, memory.data_len, memory.data_ptr, memory.read):
        with pytest.raises(ClosedError, match="the shared memory is closed"):
            use()
    for act in (
        lambda: memory.as_memory(store),
        lambda: memory.write(b"a"),
        lambda: memory.grow(1),
        lambda: memory.notify(0),
        lambda: memory.wait32(0, 0, 0),
    ):
        with pytest.raises(ClosedError, match="the shared memory is closed"):
            act()
    # What a store has of it lives on.
    view.write(store, b"still here")
    assert view.read(store, 0, 10) == b"still here"
    assert repr(memory) == "<SharedMemory, closed>"
