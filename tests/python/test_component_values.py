"""Values of components in Python: what a component takes, what it gives, and what it refuses."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import array
import collections
import dataclasses
import pickle
import threading
from collections.abc import Callable, Iterator
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from component_guests import echo, echoing, linked

from trimaran import RangeError, WasmTypeError
from trimaran.component import Err, Ok, Record, Some, Variant


class Pair(NamedTuple):
    first_name: str
    age: int


POINT = '(record (field "first-name" string) (field "age" u8))'


@dataclasses.dataclass
class Person:
    first_name: str
    age: int


def test_records() -> None:
    store, run = echoing(POINT, "i32 i32 i32")
    given: list[Any] = [
        Record(first_name="Ada", age=36),
        {"first-name": "Ada", "age": 36},
        {"first_name": "Ada", "age": 36},
        Person("Ada", 36),
        Pair("Ada", 36),
        SimpleNamespace(**{"first-name": "Ada", "age": 36}),
    ]
    for each in given:
        got = run(store, each)
        assert type(got) is Record and got == Record(first_name="Ada", age=36) == got
        assert got.first_name == getattr(got, "first-name") == "Ada" and got.age == 36
        assert repr(got) == "Record(first_name='Ada', age=36)"
        match got:
            case Record(first_name=name, age=36):
                assert name == "Ada"
            case _:
                pytest.fail("it does not match")
    got = run(store, given[0])
    assert got == Person("Ada", 36) and got != Person("Ada", 37) and got != Record(first_name="Ada") and got != 1
    assert list(got) == ["Ada", 36] and pickle.loads(pickle.dumps(got)) == got
    got.age = 37
    setattr(got, "first-name", "Eve")
    assert run(store, got) == Record(first_name="Eve", age=37)
    with pytest.raises(AttributeError, match="the record has no field 'height': its fields are first_name, age"):
        _ = got.height
    with pytest.raises(TypeError):
        hash(got)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Record(first_name="Ada"), "the field `age` is missing"),
        ({"first-name": "Ada"}, "the field `age` is missing"),
        (SimpleNamespace(age=1), "the field `first-name` is missing"),
        (Record(first_name="Ada", ages=1), "there is no field `ages`: the fields are `first-name`, `age`"),
        ({"first-name": "Ada", "age": 1, "first_name": "Eve"}, "the field `first-name` is given twice"),
        ({"first-name": "Ada", "first_name": "Eve"}, "the field `first-name` is given twice"),
        (MappingProxyType({"first-name": "Ada"}), "the field `age` is missing"),
        ({"first-name": "Ada", "age": 1, 2: 3}, "there is no field `2`: the fields are `first-name`, `age`"),
        (None, "expected a record, found None"),
        (1, "expected a record, found an int"),
        ([1], "expected a record, found a list"),
        (np.float64(1), "expected a record, found a float64"),
        (Person("Ada", "old"), 'field "age": expected a u8, found a str'),  # type: ignore[arg-type]
    ],
)
def test_records_that_do_not_fit(value: object, words: str) -> None:
    store, run = echoing(POINT, "i32 i32 i32")
    with pytest.raises(WasmTypeError) as caught:
        run(store, value)
    assert str(caught.value) == f"argument 1: {words}"
    # The store is as it was.
    assert run(store, Person("Ada", 1)).age == 1


def test_a_field_given_twice_in_a_list_and_by_the_host() -> None:
    twice = {"first-name": "Ada", "first_name": "Eve", "age": 1}
    before = f"(type $p' {POINT}) (import \"p\" (type $p (eq $p')))"
    store, run = echoing("(list $p)", "i32 i32", before=before)
    with pytest.raises(WasmTypeError, match="argument 1: element 1: the field `first-name` is given twice"):
        run(store, [Person("Ada", 1), twice])
    assert run(store, [Person("Ada", 1)])[0].age == 1
    store, instance = linked(echo(POINT, "i32 i32 i32"), f=lambda _: twice)
    with pytest.raises(WasmTypeError, match="`f`: result: the field `first-name` is given twice"):
        instance.func(store, "run")(store, Person("Ada", 1))


def test_mappings_are_records() -> None:
    store, run = echoing(POINT, "i32 i32 i32")
    fields = {"first-name": "Ada", "age": 36}
    for value in (MappingProxyType(fields), collections.UserDict(fields), collections.ChainMap(fields)):
        assert run(store, value) == Record(first_name="Ada", age=36)


def test_a_record_shows_itself_and_has_any_field() -> None:
    record = Record(self=1)
    record.inner = record
    assert repr(record) == "Record(self=1, inner=Record(...))"


def test_a_property_raises_what_it_raises() -> None:
    class Odd:
        age = 1

        @property
        def first_name(self) -> str:
            raise KeyError("first_name")

    store, run = echoing(POINT, "i32 i32 i32")
    with pytest.raises(KeyError, match="first_name"):
        run(store, Odd())
    assert run(store, Person("Ada", 1)).age == 1


def test_values_that_change_while_they_are_written() -> None:
    before = f"(type $p' {POINT}) (import \"p\" (type $p (eq $p')))"
    store, run = echoing("(list $p)", "i32 i32", before=before)
    people: list[Any] = []

    class Shrinking:
        age = 1

        @property
        def first_name(self) -> str:
            people.clear()
            return "x"

    people += [Shrinking(), Shrinking(), Shrinking()]
    # It is what it was at the beginning.
    assert [each.first_name for each in run(store, people)] == ["x", "x", "x"] and not people


@pytest.mark.parametrize(
    ("ty", "code", "dtype"),
    [
        ("s8", "b", np.int8),
        ("s16", "h", np.int16),
        ("u16", "H", np.uint16),
        ("s32", "i", np.int32),
        ("u32", "I", np.uint32),
        ("s64", "q", np.int64),
        ("u64", "Q", np.uint64),
        ("f32", "f", np.float32),
        ("f64", "d", np.float64),
    ],
)
def test_lists_of_numbers(ty: str, code: str, dtype: type[Any]) -> None:
    seen: list[Any] = []
    store, run = echoing(f"(list {ty})", "i32 i32", seen)
    for count in (0, 1, 3, 1000):
        plain = [number % 100 for number in range(count)]
        wanted: list[Any] = [float(number) for number in plain] if ty.startswith("f") else plain
        given: list[Any] = [
            plain,
            tuple(plain),
            array.array(code, plain),
            np.array(plain, dtype),
            memoryview(array.array(code, plain)),
            np.array(plain * 2, dtype)[: len(plain)],
            np.repeat(np.array(plain, dtype), 2)[::2],
            np.array(plain, np.int8),
            np.array(plain, np.dtype(dtype).newbyteorder(">")),
            collections.deque(plain),
        ]
        if not ty.startswith("f") and count < 100:
            given.append(range(count))
        for each in given:
            assert run(store, each) == wanted, each
            assert all(type(item) is type(wanted[0]) for item in seen[-1])
        got = run.with_arrays()(store, plain)
        assert type(got) is array.array and got.typecode == code and got.tolist() == wanted
        assert np.frombuffer(got, dtype).tolist() == wanted


def test_bytes() -> None:
    store, run = echoing("(list u8)", "i32 i32")
    octets = bytes(range(256)) * 20
    given: list[Any] = [
        octets,
        bytearray(octets),
        memoryview(octets),
        memoryview(octets)[::1],
        array.array("B", octets),
        np.frombuffer(octets, np.uint8),
        list(octets),
        np.frombuffer(octets, np.uint8).astype(np.int64),
    ]
    for each in given:
        got = run(store, each)
        assert type(got) is bytes and got == octets
    assert run(store, memoryview(octets)[::3]) == octets[::3]
    assert run.with_arrays()(store, b"abc") == b"abc"
    for value, words in [
        ("abc", "argument 1: expected a list, found a str"),
        ({1: 2}, "argument 1: expected a list, found a dict"),
        ({1}, "argument 1: expected a list, found a set"),
        (iter([1]), "argument 1: expected a list, found a list_iterator"),
        (1, "argument 1: expected a list, found an int"),
        ([1, 2.0], "argument 1: element 1: expected a u8, found a float"),
        (np.array([[1, 2], [3, 4]], np.uint8), "argument 1: expected a list, found an ndarray of 2 dimensions"),
        (np.array(5, np.uint8), "argument 1: expected a list, found an ndarray"),
        (memoryview(b"abcd").cast("B", (2, 2)), "argument 1: expected a list, found a memoryview of 2 dimensions"),
        (
            np.ma.array([1, 2], mask=[False, True], dtype=np.uint8),
            "argument 1: expected a list, found a masked array: pass one without a mask, as its `filled` gives",
        ),
        (np.array([True]), "argument 1: element 0: expected a u8, found a bool"),
        (np.array([1.5]), "argument 1: element 0: expected a u8, found a float64"),
    ]:
        with pytest.raises(WasmTypeError) as caught:
            run(store, value)
        assert str(caught.value) == words
    with pytest.raises(RangeError, match="element 2: 256 does not fit a u8"):
        run(store, [1, 2, 256])


def test_arrays_of_other_numbers() -> None:
    plain = [0, 1, 100, 7]
    dtypes: list[Any] = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
    for ty in ("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64"):
        store, run = echoing(f"(list {ty})", "i32 i32")
        floats: list[Any] = [np.float16, np.float32, np.float64] if ty[0] == "f" else []
        for kind in dtypes + floats:
            for dtype in (np.dtype(kind).newbyteorder("<"), np.dtype(kind).newbyteorder(">")):
                given = np.array(plain, dtype)
                assert list(run(store, given)) == plain
                assert list(run(store, np.repeat(given, 3)[::-3])) == plain[::-1]
        if ty[0] == "f":
            halves = np.array([-0.5, 6e-8, 65504, np.inf, -np.inf], np.float16)
            assert run(store, halves) == [float(half) for half in halves]
            assert np.isnan(run(store, np.array([np.nan], np.float16))).all()
    for ty, dtype, number, words in [
        ("u8", np.int32, 256, "256 does not fit a u8: expected 0 to 255"),
        ("u8", np.int64, -1, "-1 does not fit a u8: expected 0 to 255"),
        ("s32", np.uint64, (1 << 64) - 1, "18446744073709551615 does not fit an s32"),
        ("s64", np.uint64, 1 << 63, "9223372036854775808 does not fit an s64"),
        ("f32", np.int64, (1 << 24) + 1, "16777217 does not fit an f32"),
    ]:
        store, run = echoing(f"(list {ty})", "i32 i32")
        with pytest.raises(RangeError, match=f"argument 1: element 2: {words}"):
            run(store, np.array([0, 1, number], dtype))


def test_truth_values_of_numpy() -> None:
    store, run = echoing("bool", "i32")
    assert run(store, np.True_) is True and run(store, np.False_) is False
    store, run = echoing("(list bool)", "i32 i32")
    assert run(store, np.array([True, False])) == [True, False]
    with pytest.raises(WasmTypeError, match="argument 1: expected a list, found an ndarray"):
        run(store, np.array(True))
    with pytest.raises(WasmTypeError, match="argument 1: expected a list, found a memoryview"):
        run(store, memoryview(b"abcd").cast("B", (2, 2)))


def test_numbers_of_other_kinds() -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    class Int(int):
        pass

    store, run = echoing("s32", "i32")
    for value in (7, np.int8(7), np.uint64(7), Index(), Int(7)):
        got = run(store, value)
        assert type(got) is int and got == 7
    for bad in (True, np.True_, 1.0, np.float32(1), "1", None, [1]):
        with pytest.raises(WasmTypeError, match="argument 1: expected an s32, found"):
            run(store, bad)
    store, run = echoing("f32", "f32")
    for half in (0.5, np.float32(0.5), np.float64(0.5)):
        assert run(store, half) == 0.5
    assert run(store, 1 << 24) == float(1 << 24) and run(store, 0.1) == np.float32(0.1)
    for worse in (True, "1", None, 1j):
        with pytest.raises(WasmTypeError, match="argument 1: expected an f32, found"):
            run(store, worse)
    with pytest.raises(RangeError, match="argument 1: 16777217 does not fit an f32"):
        run(store, (1 << 24) + 1)


def test_texts() -> None:
    store, run = echoing("string", "i32 i32")
    for value in ("", "ß€🚢", "a\0b", "x" * 100_000, "ß" * 5000):
        assert run(store, value) == value
    for bad in (b"abc", 1, None, ["a"]):
        with pytest.raises(WasmTypeError, match="argument 1: expected a string, found"):
            run(store, bad)
    with pytest.raises(WasmTypeError, match="half of a surrogate pair"):
        run(store, "a\ud800")
    store, run = echoing("char", "i32")
    assert run(store, "🚢") == "🚢"
    for odd in ("", "ab", "\ud800"):
        with pytest.raises(RangeError, match="expected one Unicode scalar value"):
            run(store, odd)


def test_variants_options_and_results() -> None:
    store, run = echoing('(variant (case "a") (case "b" u32))', "i32 i32")
    assert run(store, Variant("b", 1)) == Variant("b", 1) != Variant("a") and repr(Variant("b", 1)) == "Variant('b', 1)"
    match run(store, Variant("a")):
        case Variant("a", None):
            pass
        case _:
            pytest.fail("it does not match")
    store, run = echoing("(option u32)", "i32 i32")
    assert run(store, None) is None and run(store, 0) == 0 == run(store, Some(0))
    store, run = echoing("(option (option u32))", "i32 i32 i32")
    assert [run(store, each) for each in (None, Some(None), Some(3), Some(Some(3)))] == [
        None,
        Some(None),
        Some(3),
        Some(3),
    ]
    with pytest.raises(WasmTypeError, match="expected an option, found an int"):
        run(store, 3)
    store, run = echoing("(result u32 (error u32))", "i32 i32")
    assert (
        run(store, Ok(1)) == Ok(1) != run(store, Err(1)) == Err(1) and repr(Ok(1)) == "Ok(1)" and repr(Err()) == "Err()"
    )
    got = run(store, Variant("err", 2))
    assert got == Err(2) and (got.tag, got.payload) == ("err", 2) and run(store, Variant("ok", 2)) == Ok(2)
    with pytest.raises(WasmTypeError, match="expected a result, found an int"):
        run(store, 1)
    assert pickle.loads(pickle.dumps([Ok(1), Some(2), Variant("a", 3)])) == [Ok(1), Some(2), Variant("a", 3)]


def test_flags_and_enums() -> None:
    store, run = echoing('(flags "a" "b-c")', "i32")
    for value in ({"a"}, frozenset({"a"}), ["a"], ("a", "a")):
        assert run(store, value) == {"a"}
    with pytest.raises(WasmTypeError, match="expected flags, found a str"):
        run(store, "a")
    with pytest.raises(WasmTypeError, match="expected flags, found an int"):
        run(store, {1})
    store, run = echoing('(enum "red" "b-c")', "i32")
    assert run(store, "b-c") == "b-c"


def test_a_buffer_that_another_thread_writes_to() -> None:
    store, run = echoing("(list u32)", "i32 i32")
    shared = np.zeros(10_000, np.uint32)
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            shared[:] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(20):
            assert len(run(store, shared)) == len(shared)
    finally:
        done.set()
        thread.join()


def test_deep_values() -> None:
    depth = 60
    ty, value = "u8", 7
    for _ in range(depth):
        ty = f"(option {ty})"
    made: Any = value
    for _ in range(depth - 1):
        made = Some(made)
    store, run = echoing(ty, " ".join(["i32"] * (depth + 1))) if depth < 16 else echoing(f"(list {ty})", "i32 i32")
    assert run(store, [made]) == [made]


def test_generators_are_no_lists() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    store, run = echoing("(list string)", "i32 i32")
    for bad in (numbers(), {"a"}, "ab", {"a": 1}):
        with pytest.raises(WasmTypeError, match="argument 1: expected a list, found"):
            run(store, bad)


def test_a_sequence_that_raises() -> None:
    class Odd:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, place: int) -> int:
            raise OSError("gone")

    store, run = echoing("(list u32)", "i32 i32")
    with pytest.raises(OSError, match="gone"):
        run(store, Odd())


def test_calls_need_a_store() -> None:
    store, run = echoing("u32", "i32")
    calls: list[Callable[[], Any]] = [lambda: run(), lambda: run(store), lambda: run(1, 2), lambda: run(store, 1, 2)]  # type: ignore[call-arg, arg-type]
    for call in calls:
        with pytest.raises(TypeError):
            call()
