"""Views of memories: they show the bytes in place, and keep them for as long as the view lives."""

from __future__ import annotations

import gc
import struct
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from guests import IS_INTERPRETER, config, engine, threads
from sleeper import Sleeper
from trimaran import (
    BoundsError,
    ClosedError,
    Engine,
    Func,
    FuncType,
    Instance,
    LimitError,
    Limits,
    Memory,
    MemoryType,
    Module,
    RangeError,
    SharedMemory,
    Store,
    WasmTypeError,
    WrongStoreError,
)

PAGE = 65_536


def movable() -> Engine:
    """An engine whose memories move when they grow."""
    made = config()
    made.memory_reservation, made.memory_reservation_for_growth, made.memory_guard_size = 0, 0, 0
    return Engine(made)


@pytest.fixture
def store() -> Store:
    return Store(engine())


@pytest.fixture
def memory(store: Store) -> Memory:
    return Memory(store, MemoryType(Limits(1, 4)))


def test_it_is_a_plain_memoryview(store: Store, memory: Memory) -> None:
    view = memory.view(store)
    assert type(view) is memoryview
    assert (view.format, view.itemsize, view.ndim, view.shape, view.strides) == ("B", 1, 1, (PAGE,), (1,))
    assert (view.readonly, view.contiguous, view.c_contiguous, view.nbytes) == (False, True, True, PAGE)
    assert len(memory.view(store, 5)) == PAGE - 5
    assert len(memory.view(store, 5, 7)) == 7
    assert len(memory.view(store, start=PAGE)) == len(memory.view(store, PAGE, 0)) == 0


def test_both_sides_see_every_write(store: Store, memory: Memory) -> None:
    view = memory.view(store, 16, 16)
    view[0], view[1:4] = 7, b"abc"
    assert memory.read(store, 16, 20) == b"\7abc"
    memory.write(store, b"xyz", 18)
    assert view[:5].tobytes() == b"\7axyz"
    memory.store_i32(store, 24, -2)
    assert struct.unpack_from("<i", view, 8) == (-2,)
    struct.pack_into("<d", view, 8, 1.5)
    assert memory.load_f64(store, 24) == 1.5


def test_a_guest_sees_it(store: Store) -> None:
    wat = """(module (memory (export "memory") 1)
        (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "set") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"""
    exports: Any = Instance(store, Module(store.engine, wat)).exports(store)
    words = exports["memory"].view(store).cast("i")
    words[3] = -7
    assert exports["get"](store, 12) == -7
    exports["set"](store, 400, 99)
    assert words[100] == 99


def test_numpy(store: Store, memory: Memory) -> None:
    numbers = np.frombuffer(memory.view(store), dtype=np.int32)
    assert numbers.shape == (PAGE // 4,)
    assert numbers.flags.writeable and numbers.flags.aligned
    numbers[:100] = np.arange(100)
    assert memory.load_i32(store, 99 * 4) == 99
    assert np.frombuffer(memory.view(store, 4, 8), dtype="<u4").tolist() == [1, 2]
    wide = np.asarray(memory.view(store, 8, 32).cast("q", (2, 2)))
    assert wide.shape == (2, 2)
    wide[1, 1] = -1
    assert memory.load_i64(store, 8 + 24) == -1


def test_slices_and_casts_keep_it(store: Store, memory: Memory) -> None:
    view = memory.view(store)
    part = view[100:200].cast("H")[10:20]
    bytes_of_part = np.frombuffer(part, dtype=np.uint8)
    view.release()
    del view
    gc.collect()
    part[0] = 0x1234
    assert memory.load_u16(store, 120) == 0x1234
    assert bytes_of_part[:2].tolist() == [0x34, 0x12]
    with memory.view(store) as view:
        assert len(view) == PAGE
    with pytest.raises(ValueError):
        view[0]


def test_a_memory_takes_a_view_as_bytes(store: Store, memory: Memory) -> None:
    memory.write(store, bytes(range(100)))
    assert memory.write(store, memory.view(store, 0, 50), 25) == 50
    assert memory.read(store, 0, 75) == bytes(range(25)) + bytes(range(50))
    assert memory.find(store, memory.view(store, 30, 4)) == 5


@pytest.mark.parametrize(
    ("start", "length", "kind"),
    [
        (PAGE + 1, None, BoundsError),
        (PAGE + 1, 0, BoundsError),
        (PAGE, 1, BoundsError),
        (0, PAGE + 1, BoundsError),
        (2**62, 2**62, BoundsError),
        (-1, None, RangeError),
        (0, -1, RangeError),
        (2**63, None, RangeError),
        (0, 2**64, RangeError),
        ("0", None, WasmTypeError),
        (1.0, 5, WasmTypeError),
        (0, 5.0, WasmTypeError),
        (True, 5, WasmTypeError),
    ],
)
def test_places_that_there_are_not(
    store: Store, memory: Memory, start: Any, length: Any, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        memory.view(store, start, length)
    shared = SharedMemory(threads(), MemoryType(Limits(1, 2)))
    with pytest.raises(kind):
        shared.view(start, length)


def test_numbers_of_numpy_are_places(store: Store, memory: Memory) -> None:
    assert len(memory.view(store, np.int64(8), np.uint8(16))) == 16  # type: ignore[arg-type]


def test_a_view_keeps_its_length_when_the_memory_grows(store: Store, memory: Memory) -> None:
    """Where the memory has room reserved, growth moves nothing."""
    view = memory.view(store)
    assert memory.grow(store, 2) == 1
    view[0] = 9
    assert (len(view), memory.load_u8(store, 0), len(memory.view(store))) == (PAGE, 9, 3 * PAGE)


GROW = """(module (memory (export "memory") 1 4)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "set") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"""


def test_a_memory_that_would_move_does_not_grow() -> None:
    store = Store(movable())
    exports: Any = Instance(store, Module(store.engine, GROW)).exports(store)
    memory = exports["memory"]
    view = memory.view(store, 8, 4)
    part = view[2:]
    with pytest.raises(LimitError):
        memory.grow(store, 1)
    assert exports["grow"](store, 1) == -1
    assert memory.size(store) == 1
    exports["set"](store, 8, -1)
    assert view.tobytes() == b"\xff" * 4
    del view
    # A slice is a view as well.
    assert exports["grow"](store, 1) == -1
    del part
    assert exports["grow"](store, 1) == 1
    assert memory.grow(store, 1) == 2
    assert memory.size(store) == 3


def test_growing_by_nothing_moves_nothing() -> None:
    store = Store(movable())
    memory = Memory(store, MemoryType(Limits(1, 4)))
    view = memory.view(store)
    assert memory.grow(store, 0) == 1
    view[0] = 1
    assert memory.load_u8(store, 0) == 1


def test_a_view_of_one_store_is_none_of_another() -> None:
    made = movable()
    first, second = Store(made), Store(made)
    memory, other = Memory(first, MemoryType(Limits(1, 4))), Memory(second, MemoryType(Limits(1, 4)))
    view = memory.view(first)
    assert other.grow(second, 1) == 1
    view[0] = 1
    assert memory.load_u8(first, 0) == 1


@pytest.mark.parametrize("make", [engine, movable])
def test_a_view_outlives_its_store(make: Callable[[], Engine]) -> None:
    store = Store(make())
    memory = Memory(store, MemoryType(Limits(1, 4)))
    view = memory.view(store)
    view[:3] = b"abc"
    store.close()
    assert store.closed
    with pytest.raises(ClosedError):
        memory.read(store, 0, 1)
    with pytest.raises(ClosedError):
        memory.view(store)
    assert view[:4].tobytes() == b"abc\0"
    view[3] = 100
    array_of_it = np.frombuffer(view, dtype=np.uint8)
    view.release()
    del store, memory, view
    gc.collect()
    assert array_of_it[:4].tobytes() == b"abcd"


def test_a_view_outlives_a_store_that_nobody_closed() -> None:
    def make() -> memoryview:
        store = Store(engine())
        memory = Memory(store, MemoryType(Limits(1)))
        memory.write(store, b"abc")
        return memory.view(store)

    view = make()
    gc.collect()
    assert view[:3].tobytes() == b"abc"


def test_the_store_is_not_kept_by_a_view() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    view, known = memory.view(store), weakref.ref(store)
    del store, memory
    gc.collect()
    assert known() is None
    view[0] = 1


def test_many_views(store: Store, memory: Memory) -> None:
    views = [memory.view(store, place, 1) for place in range(10_000)]
    for place, view in enumerate(views):
        view[0] = place % 251
    assert memory.read(store, 0, 10_000) == bytes(place % 251 for place in range(10_000))


def test_a_view_goes_on_another_thread() -> None:
    store = Store(movable())
    memory = Memory(store, MemoryType(Limits(1, 9)))
    for size in range(1, 6):
        views = [memory.view(store)]
        thread = threading.Thread(target=views.clear)
        thread.start()
        thread.join()
        assert memory.grow(store, 1) == size


def test_a_view_goes_while_another_thread_is_in_the_store() -> None:
    """Nobody waits for a store to let go of a view."""
    if IS_INTERPRETER:
        pytest.skip("the interpreter has no threads")
    sleeper = Sleeper()
    view = sleeper.own.view(sleeper.store)
    thread = threading.Thread(target=sleeper.sleep)
    thread.start()
    sleeper.wait_until_asleep()
    view[0] = 1
    del view
    sleeper.wake()
    thread.join()


def test_views_in_a_host_function() -> None:
    store = Store(movable())
    kept: list[memoryview] = []

    def host() -> None:
        memory: Any = exports["memory"]
        kept.append(memory.view(store, 0, 4))

    wat = """(module (import "h" "f" (func $f)) (memory (export "memory") 1 4)
        (func (export "run") (result i32) (call $f) (memory.grow (i32.const 1))))"""
    func = Func(store, FuncType([], []), host)
    exports: Any = Instance(store, Module(store.engine, wat), [func]).exports(store)
    assert exports["run"](store) == -1
    kept.clear()
    assert exports["memory"].size(store) == 1


def test_a_host_function_closes_the_store_with_a_view_out() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    view = memory.view(store)
    Func(store, FuncType([], []), store.close)(store)
    view[0] = 5
    assert view[0] == 5
    with pytest.raises(ClosedError):
        memory.size(store)


def test_shared_memories() -> None:
    host = threads()
    shared = SharedMemory(host, MemoryType(Limits(1, 4)))
    view = shared.view()
    assert (type(view), len(view), view.readonly, view.format) == (memoryview, PAGE, False, "B")
    view[10:13] = b"abc"
    assert shared.read(10, 13) == b"abc"
    assert shared.grow(2) == 1
    assert (len(view), len(shared.view()), len(shared.view(PAGE, 5))) == (PAGE, 3 * PAGE, 5)
    store = Store(host)
    own = shared.as_memory(store)
    through = own.view(store, 10, 3)
    assert through.tobytes() == b"abc"
    numbers = np.frombuffer(shared.view(), dtype=np.uint8)
    store.close()
    shared.close()
    with pytest.raises(ClosedError):
        shared.view()
    del own, store, shared
    gc.collect()
    view[10] = 65
    assert (through.tobytes(), numbers[10:13].tobytes()) == (b"Abc", b"Abc")


def test_threads_share_a_view() -> None:
    shared = SharedMemory(threads(), MemoryType(Limits(1, 1)))

    def fill(place: int) -> None:
        view = shared.view(place * 1000, 1000)
        for at in range(1000):
            view[at] = place

    workers = [threading.Thread(target=fill, args=[place]) for place in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert shared.read(0, 8000) == b"".join(bytes([place]) * 1000 for place in range(8))


def test_the_store_is_checked(store: Store, memory: Memory) -> None:
    with pytest.raises(WrongStoreError):
        memory.view(Store(store.engine))
    with pytest.raises(WasmTypeError, match="the store is None: expected a Store"):
        memory.view(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        memory.view()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_it_can_be_read_into(store: Store, memory: Memory, tmp_path: Any) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"from a file")
    with file.open("rb") as stream:
        assert stream.readinto(memory.view(store, 100, 64)) == 11
    assert memory.read(store, 100, 111) == b"from a file"
