"""The extension module reads and writes memories as the rules in `rules.py` say."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rules import rule

from guests import engine, threads
from trimaran import (
    BoundsError,
    Limits,
    Memory,
    MemoryType,
    SharedMemory,
    Store,
)
from ways import FLOATS, INTS, OTHERS, outcome

SIZE = 2 * 65_536
PLACES: list[Any] = [
    *(None, 0, 1, -1, SIZE, SIZE - 1, SIZE + 1, -SIZE, -SIZE - 1),
    *(2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, True, 1.0, "1", np.int64(3), np.uint8(200)),
]


@pytest.fixture(params=["own", "shared as a memory", "shared"])
def memories(request: pytest.FixtureRequest) -> tuple[Any, tuple[Any, ...]]:
    """A memory, and what stands before the other arguments of its methods."""
    if request.param == "own":
        store = Store(engine())
        memory = Memory(store, MemoryType(Limits(2)))
        memory.write(store, bytes(range(256)) * (SIZE // 256))
        return memory, (store,)
    host = threads()
    shared = SharedMemory(host, MemoryType(Limits(2, 2)))
    shared.write(bytes(range(256)) * (SIZE // 256))
    if request.param == "shared":
        return shared, ()
    store = Store(host)
    return shared.as_memory(store), (store,)


def test_both_ways_read_the_same_slices(memories: tuple[Any, tuple[Any, ...]]) -> None:
    memory, first = memories
    for start in PLACES:
        for stop in PLACES:
            fast = outcome(lambda start=start, stop=stop: memory.read(*first, start, stop))  # type: ignore[misc]
            assert fast == outcome(lambda: rule(memory, "read")(*first, start, stop)), (start, stop)  # noqa: B023
    assert len(memory.read(*first)) == SIZE
    assert memory.read(*first, stop=4) == bytes(range(4))


WRITTEN: list[Callable[[], Any]] = [
    lambda: b"",
    lambda: b"abc",
    lambda: bytes(SIZE),
    lambda: bytes(SIZE + 1),
    lambda: bytearray(b"abc"),
    lambda: memoryview(b"abcdef")[1:4],
    lambda: memoryview(b"abcdef")[::-2],
    lambda: array.array("i", [1, 2, 3]),
    lambda: np.arange(6, dtype=np.int16).reshape(2, 3),
    lambda: np.arange(6, dtype=np.int16).reshape(2, 3).T,
    lambda: bytearray(),
    lambda: [1, 2, 3],
    lambda: "abc",
    lambda: 3,
    lambda: None,
    lambda: [256],
]


@pytest.mark.parametrize("make", WRITTEN)
def test_both_ways_write_the_same_bytes(memories: tuple[Any, tuple[Any, ...]], make: Callable[[], Any]) -> None:
    memory, first = memories
    for start in PLACES:
        data, before = make(), memory.read(*first)
        fast = outcome(lambda data=data, start=start: memory.write(*first, data, start))  # type: ignore[misc]
        after = memory.read(*first)
        memory.write(*first, before)
        assert fast == outcome(lambda: rule(memory, "write")(*first, data, start)), start  # noqa: B023
        assert memory.read(*first) == after
        memory.write(*first, before)


def test_a_memory_is_written_from_a_view_of_itself() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    memory.write(store, bytes(range(100)))
    assert memory.write(store, memory.get_buffer_ptr(store, 100), 50) == 100
    assert memory.read(store, 0, 150) == bytes(range(50)) + bytes(range(100))


def test_a_length_that_no_memory_has_makes_no_object(memories: tuple[Any, tuple[Any, ...]]) -> None:
    memory, first = memories
    with pytest.raises(BoundsError) as caught:
        memory.read(*first, 0, 2**60)
    assert (caught.value.offset, caught.value.length, caught.value.size) == (0, 2**60, SIZE)


def test_both_ways_load_and_store_the_same_numbers() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    for kind in ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"]:
        load, write = getattr(memory, f"load_{kind}"), getattr(memory, f"store_{kind}")
        for value in [*INTS, 127, 128, 255, 256, -129, 65_535, 65_536, *FLOATS, *OTHERS]:
            memory.fill(store, 0, 0, 16)
            fast = outcome(lambda: write(store, 3, value))  # noqa: B023
            found = memory.read(store, 0, 16)
            memory.fill(store, 0, 0, 16)
            way: tuple[Any, ...] = (kind, store, 3, value)
            assert fast == outcome(lambda: rule(memory, "store")(*way)), way  # noqa: B023
            assert memory.read(store, 0, 16) == found, way
            assert outcome(lambda: load(store, 3)) == outcome(lambda: rule(memory, "load")(kind, store, 3))  # noqa: B023
        for offset in [65_536, 65_535, -1, 2**63, -(2**63) - 1, True, None, 1.0]:
            fast = outcome(lambda: load(store, offset))  # noqa: B023
            assert fast == outcome(lambda: rule(memory, "load")(kind, store, offset)), offset  # noqa: B023
        assert outcome(lambda: load(None, 0)) == outcome(lambda: rule(memory, "load")(kind, None, 0))  # noqa: B023
