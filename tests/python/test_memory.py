"""Memories in Python's idiom: slices, bytes-like data, pointers."""

from __future__ import annotations

import array
import ctypes
import math
import re
import struct
from collections.abc import Callable

import numpy as np
import pytest

from guests import engine, guest
from trimaran import (
    BoundsError,
    ClosedError,
    EncodingError,
    LimitError,
    Limits,
    Memory,
    MemoryType,
    RangeError,
    Store,
    Val,
    WasmtimeError,
    WasmTypeError,
    WrongStoreError,
    u32,
)

PAGE = 65_536


@pytest.fixture
def store() -> Store:
    return Store(engine())


@pytest.fixture
def memory(store: Store) -> Memory:
    made = Memory(store, MemoryType(Limits(1, 3)))
    made.write(store, b"0123456789")
    made.write(store, b"END", PAGE - 3)
    return made


def test_read_gives_bytes(store: Store, memory: Memory) -> None:
    assert memory.read(store, 2, 5) == b"234"
    assert type(memory.read(store, 2, 5)) is bytes


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, None),
        (None, None),
        (None, 4),
        (PAGE - 3, None),
        (-3, None),
        (-3, -1),
        (0, -PAGE + 4),
        (4, 2),
        (PAGE + 9, None),
        (PAGE + 9, 3),
        (-PAGE - 9, 4),
        (-4, PAGE + 9),
        (3, 3),
        (PAGE, PAGE),
        (2, 5),
    ],
)
def test_read_is_a_slice(store: Store, memory: Memory, start: int | None, stop: int | None) -> None:
    assert memory.read(store, start, stop) == memory.read(store)[start:stop]


@pytest.mark.parametrize(
    ("start", "stop", "length"), [(PAGE, PAGE + 1, 1), (0, PAGE + 1, PAGE + 1), (PAGE + 1, PAGE + 1, 0)]
)
def test_bounds_in_order_raise(store: Store, memory: Memory, start: int, stop: int, length: int) -> None:
    with pytest.raises(BoundsError) as caught:
        memory.read(store, start, stop)
    error = caught.value
    assert (error.offset, error.length, error.size) == (start, length, PAGE)
    many = "1 byte" if length == 1 else f"{length} bytes"
    assert str(error) == f"out of bounds: {many} at offset {start}, in a memory of {PAGE} bytes"


@pytest.mark.parametrize(
    "data",
    [
        b"abcd",
        bytearray(b"abcd"),
        memoryview(b"abcd"),
        memoryview(b"a.b.c.d.")[::2],
        array.array("B", b"abcd"),
        np.frombuffer(b"abcd", dtype=np.uint8),
        [97, 98, 99, 100],
    ],
)
def test_write_takes_what_has_bytes(store: Store, memory: Memory, data: bytes) -> None:
    assert memory.write(store, data, 7) == 4
    assert memory.read(store, 6, 12) == b"6abcd\0"


@pytest.mark.parametrize("data", ["text", 5, None, 1.5, [256], ["a"], object()])
def test_write_takes_nothing_else(store: Store, memory: Memory, data: bytes) -> None:
    with pytest.raises(WasmTypeError, match=r"^the data is .*: expected bytes or another bytes-like object"):
        memory.write(store, data)
    assert memory.read(store, 0, 4) == b"0123"


def test_write_past_the_end_is_both_errors_and_writes_nothing(store: Store, memory: Memory) -> None:
    for kind in (WasmtimeError, IndexError):
        with pytest.raises(kind, match="out of bounds: 4 bytes at offset 65534"):
            memory.write(store, b"abcd", PAGE - 2)
    assert memory.read(store, PAGE - 3) == b"END"
    assert memory.write(store, b"", PAGE) == 0


def test_a_negative_start_of_a_write_counts_from_the_end(store: Store, memory: Memory) -> None:
    memory.write(store, b"xy", -2)
    assert memory.read(store, -3) == b"Exy"
    memory.write(store, b"#", -PAGE * 2)
    assert memory.read(store, 0, 2) == b"#1"
    memory.write(store, value=b"?", start=None)
    assert memory.read(store, stop=1) == b"?"


@pytest.mark.parametrize("number", [1.0, "1", b"1", [1], None, True, False, 1j])
def test_only_ints_are_counts(store: Store, memory: Memory, number: int) -> None:
    for use in (
        lambda: memory.grow(store, number),
        lambda: memory.fill(store, 0, number, 1),
        lambda: memory.load_i32(store, number),
        lambda: memory.hexdump(store, 0, number),
        lambda: Limits(number),
    ):
        with pytest.raises(WasmTypeError, match="expected an int"):
            use()
    assert memory.size(store) == 1


def test_a_float_is_no_index(store: Store, memory: Memory) -> None:
    with pytest.raises(TypeError, match="the offset is a float: expected an int"):
        memory.read(store, 1.0, 2)  # type: ignore[arg-type]


def test_numpy_ints_are_ints(store: Store, memory: Memory) -> None:
    assert memory.read(store, np.int64(2), np.uint8(4)) == b"23"  # type: ignore[arg-type]
    assert memory.load_u8(store, np.int32(3)) == ord("3")  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1 << 63, 1 << 64, 1 << 200, -(1 << 63) - 1, -(1 << 200)])
def test_ints_of_any_size(store: Store, memory: Memory, number: int) -> None:
    with pytest.raises(RangeError, match=f"the number of pages to grow by is {number}: expected"):
        memory.grow(store, number)
    with pytest.raises(RangeError, match=f"the offset is {number}: expected"):
        memory.load_i32(store, number)
    if number > 0:
        with pytest.raises(RangeError, match=f"the offset is {number}: expected less than 2"):
            memory.write(store, b"a", number)
    else:
        with pytest.raises(RangeError, match=f"the minimum is {number}: expected 0 or more"):
            Limits(number)


def test_grow(store: Store, memory: Memory) -> None:
    pointer = memory.size(store), memory.data_len(store), memory.page_size(store), memory.page_size_log2(store)
    assert pointer == (1, PAGE, PAGE, 16)
    assert memory.grow(store, 2) == 1
    assert memory.grow(store, delta=0) == 3
    with pytest.raises(LimitError, match="cannot grow the memory by 1 page: it has 3, and its maximum is 3"):
        memory.grow(store, 1)
    assert (memory.size(store), memory.data_len(store)) == (3, 3 * PAGE)
    assert str(memory.type(store)) == "(memory 1 3)"


def test_big_copies(store: Store) -> None:
    memory = Memory(store, MemoryType(Limits(256)))
    data = bytes(range(256)) * PAGE
    assert memory.write(store, data) == len(data)
    assert memory.read(store) == data


def test_the_pointer_is_an_int(store: Store, memory: Memory) -> None:
    pointer = memory.data_ptr(store)
    assert isinstance(pointer, int)
    assert bytes((ctypes.c_ubyte * 10).from_address(pointer)) == b"0123456789"
    assert bytes((ctypes.c_ubyte * 2).from_address(pointer + 3)) == b"34"
    assert repr(pointer).startswith("<Pointer 0x")


def test_the_pointer_is_a_pointer(store: Store, memory: Memory) -> None:
    pointer = memory.data_ptr(store)
    assert (pointer[0], pointer[9]) == (ord("0"), ord("9"))
    assert pointer[2:5] == list(b"234")
    assert pointer.contents.value == ord("0")
    assert ctypes.addressof(pointer.contents) == pointer
    pointer[1] = ord("!")
    assert memory.read(store, 0, 3) == b"0!2"
    with pytest.raises(TypeError):
        pointer["1"]  # type: ignore[call-overload]


def test_a_numpy_array_over_the_memory(store: Store, memory: Memory) -> None:
    view = np.frombuffer(memoryview(memory.get_buffer_ptr(store)), dtype=np.uint8)
    assert len(view) == PAGE
    view[0:4] = list(b"abcd")
    assert memory.read(store, 0, 5) == b"abcd4"
    assert bytes(memory.get_buffer_ptr(store, 3, 2)) == b"cd4"
    assert len(memory.get_buffer_ptr(store, offset=PAGE)) == 0
    for size, offset in ((PAGE + 1, 0), (1, PAGE), (-1, 0), (1, -1)):
        with pytest.raises(BoundsError):
            memory.get_buffer_ptr(store, size, offset)


def test_typed_numbers(store: Store, memory: Memory) -> None:
    memory.store_i16(store, 1, -2)
    assert memory.load_u16(store, 1) == 0xFFFE
    memory.store_u64(store, 3, 2**64 - 1)
    assert memory.load_i64(store, 3) == -1
    memory.store_f32(store, 0, 0.1)
    assert memory.load_f32(store, 0) == struct.unpack("<f", struct.pack("<f", 0.1))[0]
    memory.store_f64(store, 0, 3)
    assert memory.load_f64(store, 0) == 3.0
    assert type(memory.load_f64(store, 0)) is float
    memory.store_f32(store, 0, 1e300)
    assert memory.load_f32(store, 0) == math.inf


def test_numbers_that_do_not_fit(store: Store, memory: Memory) -> None:
    with pytest.raises(RangeError, match=r"^the value is 128: expected an i8, from -128 to 127$"):
        memory.store_i8(store, 0, 128)
    with pytest.raises(RangeError, match=r"^the value is -1: expected a u64, from 0 to 18446744073709551615$"):
        memory.store_u64(store, 0, -1)
    with pytest.raises(RangeError, match=r"^the value is 9007199254740993: an f64 holds integers up to 2\^53 exactly"):
        memory.store_f64(store, 0, 2**53 + 1)
    with pytest.raises(RangeError, match="2\\^24"):
        memory.store_f32(store, 0, 2**24 + 1)
    with pytest.raises(WasmTypeError, match=r"^the value is a str: expected a float$"):
        memory.store_f32(store, 0, "1")  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match=r"^the value is a float: expected an int$"):
        memory.store_i32(store, 0, 1.0)  # type: ignore[arg-type]
    with pytest.raises(RangeError, match=r"^the value is 256: expected a u8, from 0 to 255$"):
        memory.fill(store, 256, 0, 1)
    assert memory.read(store, 0, 8) == b"01234567"


def test_quiet_nans_keep_their_payload(store: Store, memory: Memory) -> None:
    memory.store_u64(store, 0, 0x7FF8_0000_0000_1234)
    number = memory.load_f64(store, 0)
    memory.store_f64(store, 8, number)
    assert memory.load_u64(store, 8) == 0x7FF8_0000_0000_1234
    memory.store_u32(store, 0, 0x7FC0_1234)
    memory.store_f32(store, 8, memory.load_f32(store, 0))
    assert memory.load_u32(store, 8) == 0x7FC0_1234


@pytest.mark.parametrize("bits", [0x7F80_0001, 0x7FA0_1234, 0xFFBF_FFFF])
def test_signalling_nans_stay_signalling(store: Store, memory: Memory, bits: int) -> None:
    memory.store_u32(store, 0, bits)
    memory.store_f32(store, 8, memory.load_f32(store, 0))
    assert memory.load_u32(store, 8) == bits
    assert Val.f32(memory.load_f32(store, 0)).bits == bits
    assert Val.f32(Val.f32_from_bits(bits).value).bits == bits


def test_a_nan_of_64_bits_never_becomes_an_infinity(store: Store, memory: Memory) -> None:
    (nan,) = struct.unpack("<d", (0x7FF0_0000_0000_0001).to_bytes(8, "little"))
    memory.store_f32(store, 0, nan)
    assert memory.load_u32(store, 0) == 0x7FC0_0000


def test_the_conveniences(store: Store, memory: Memory) -> None:
    memory.fill(store, 0x41, 100, 3)
    memory.copy_within(store, 100, 102, 3)
    assert memory.read(store, 100, 106) == b"AAAAA\0"
    assert memory.find(store, b"45") == 4
    assert memory.find(store, bytearray(b"45"), start=5) is None
    assert memory.find(store, b"45", 0, 5) is None
    assert memory.find(store, b"", 7) == 7
    memory.write(store, "grüße\0".encode(), 200)
    assert memory.read_string(store, 200, 7) == "grüße"
    assert memory.read_terminated(store, 200) == "grüße"
    assert memory.read_terminated(store, 0, terminator=ord("5")) == "01234"
    with pytest.raises(EncodingError, match="not UTF-8") as caught:
        memory.read_string(store, 200, 3)
    assert caught.value.offset == 202
    assert memory.hexdump(store, 0, 8, 4) == (
        "Memory dump from 0x0000 to 0x0008:\n0000: 30 31 32 33  |0123|\n0004: 34 35 36 37  |4567|"
    )
    assert memory.hexdump(store).count("\n") == 16


def test_memory_of_another_store(store: Store, memory: Memory) -> None:
    with pytest.raises(WrongStoreError, match="the memory belongs to another store") as caught:
        memory.read(Store(store.engine), 0, 1)
    assert caught.value.what == "memory"


def test_after_close(store: Store, memory: Memory) -> None:
    store.close()
    for use in (
        lambda: memory.read(store, 0, 1),
        lambda: memory.read(store, 5, 1),
        lambda: memory.read(store),
        lambda: memory.write(store, b"a", -1),
        lambda: memory.size(store),
        lambda: memory.data_ptr(store),
        lambda: memory.get_buffer_ptr(store),
        lambda: memory.page_size(store),
    ):
        with pytest.raises(ClosedError, match="the store is closed"):
            use()
    assert re.fullmatch(r"<Memory of store \d+, closed>", repr(memory))


@pytest.mark.parametrize("thing", [None, "store", 5, object()])
def test_something_else_than_a_store(memory: Memory, thing: Store) -> None:
    with pytest.raises(WasmTypeError, match=r"^the store is .*: expected a Store"):
        memory.size(thing)


def test_something_else_than_a_type(store: Store) -> None:
    with pytest.raises(WasmTypeError, match=r"^the type is a Limits: expected a MemoryType$"):
        Memory(store, Limits(1))  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="shared: make it with SharedMemory"):
        Memory(store, MemoryType(Limits(1, 2), shared=True))


def test_what_the_guest_writes() -> None:
    store, instance = guest(
        """(module (memory (export "memory") 1)
            (func (export "put") (param i32 i64) (i64.store (local.get 0) (local.get 1))))"""
    )
    memory, put = instance.memory(store, "memory"), instance.func(store, "put")
    put(store, 16, Val.i64(-2))
    assert memory.read(store, 16, 24) == b"\xfe" + b"\xff" * 7


def test_a_guest_s_pointer_above_2_gib(store: Store) -> None:
    pointer = 0x9000_0000 - (1 << 32)
    large = Memory(store, MemoryType(Limits(49_152)))
    large.write(store, b"Hello", u32(pointer))
    assert large.read_string(store, u32(pointer), u32(5)) == "Hello"
    wanted = rf"is {pointer}: expected 0 or more; an i32 that is a pointer wants its unsigned reading, {0x9000_0000}$"
    uses: list[Callable[[], object]] = [
        lambda: large.read(store, pointer),
        lambda: large.read(store, pointer, pointer + 5),
        lambda: large.read(store, 0, pointer),
        lambda: large.write(store, b"!", pointer),
        lambda: large.write(store, bytearray(b"!"), pointer),
        lambda: large.view(store, pointer),
        lambda: large.view(store, pointer, 1),
        lambda: large.load_i32(store, pointer),
        lambda: large.read_terminated(store, pointer),
    ]
    for use in uses:
        with pytest.raises(RangeError, match=wanted):
            use()
    with pytest.raises(RangeError, match="the offset is -1"):
        large.read(store, -1)
    with pytest.raises(RangeError):
        large.write(store, b"!", -(1 << 80))
    # With 2 GiB and less it is a slice's index.
    assert large.read(store, u32(pointer), u32(pointer) + 6) == b"Hello\0"
    exact = Memory(store, MemoryType(Limits(32_768)))
    assert exact.write(store, b"!", -1) == 1
    assert exact.read(store, -2) == b"\0!"


def test_the_unsigned_reading_of_an_i32() -> None:
    values = (0, 5, -1, -(1 << 31), (1 << 32) - 1, np.int32(-16))
    assert [u32(int(value)) for value in values] == [0, 5, (1 << 32) - 1, 1 << 31, (1 << 32) - 1, (1 << 32) - 16]
    assert u32(np.int32(-16)) == (1 << 32) - 16  # type: ignore[arg-type]
    for wrong in (1 << 32, -(1 << 31) - 1):
        with pytest.raises(RangeError, match=rf"the value is {wrong}: expected an i32"):
            u32(wrong)
    with pytest.raises(WasmTypeError):
        u32("1")  # type: ignore[arg-type]
