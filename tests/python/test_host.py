"""Host functions: how their arguments and results are converted."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import gc
import math
import struct
import weakref
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from guests import engine
from hosts import EXTERNREF, F32, F64, FUNCREF, I32, I64, KINDS, V128, Thing, forward, imported
from trimaran import (
    Caller,
    Func,
    FuncType,
    Instance,
    Module,
    RangeError,
    Store,
    Val,
    ValType,
    WasmtimeError,
    WasmTypeError,
    WrongStoreError,
)


@pytest.fixture
def store() -> Store:
    return Store(engine())


def test_a_guest_calls_the_host(store: Store) -> None:
    host = Func(store, FuncType([I32, I32], [I32]), lambda left, right: left + right)
    run = imported(store, forward("i32 i32", "i32", 2), host)["run"]
    assert run(store, 40, 2) == host(store, 40, 2) == 42
    assert str(host.type(store)) == "(func (param i32 i32) (result i32))"
    assert host.same(store, host)


@pytest.mark.parametrize("caller", [False, True])
def test_any_number_of_values(store: Store, caller: bool) -> None:
    for count in [0, 1, 2, 16, 17, 40]:
        seen: list[tuple[Any, ...]] = []

        def host(*given: Any, seen: list[tuple[Any, ...]] = seen) -> Any:
            seen.append(given)
            values = list(given[1:] if caller else given)
            return values if len(values) > 1 else next(iter(values), None)

        kinds = [[I32, I64, F64][place % 3] for place in range(count)]
        func = Func(store, FuncType(kinds, kinds), host, access_caller=caller)
        words = " ".join(map(str, kinds))
        run = imported(store, forward(words, words, count), func)["run"]
        values = list(range(count))
        assert run(store, *values) == (values if count > 1 else 0 if count else None)
        (given,) = seen
        assert list(given[1:] if caller else given) == values
        assert [type(value) for value in given[int(caller) :]] == [[int, int, float][place % 3] for place in values]
        assert not caller or isinstance(given[0], Caller)


def test_plain_arguments(store: Store) -> None:
    seen: list[Any] = []
    kinds = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF]
    host = Func(store, FuncType(kinds, []), lambda *given: seen.extend(given))
    words = " ".join(map(str, kinds))
    run = imported(store, forward(words, "", 7), host)["run"]
    thing = object()
    run(store, 2**32 - 1, 2**64 - 1, 0.1, 0.1, bytes(range(16)), host, thing)
    func = seen.pop(5)
    assert isinstance(func, Func) and func.same(store, host)
    assert seen == [-1, -1, struct.unpack("<f", struct.pack("<f", 0.1))[0], 0.1, bytes(range(16)), thing]
    seen.clear()
    run(store, 0, 0, 0, 0, bytes(16), None, None)
    assert seen == [0, 0, 0.0, 0.0, bytes(16), None, None]


INTS = [
    *(0, 1, -1, True, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**32, -(2**31) - 1),
    *(2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 2**200),
    *(2**24, 2**24 + 1, 2**53, 2**53 + 1, -(2**53) - 1),
]
FLOATS = [0.0, -0.0, 0.1, 1e300, -1e300, 5e-324, 1e-46, math.inf, -math.inf, math.nan]
OTHERS: list[Any] = [
    *(np.int32(-7), np.uint64(2**64 - 1), np.float32(0.1), np.float64(0.1), np.bool_(True), Fraction(1, 3)),
    *("1", 1j, b"", bytes(range(16)), bytearray(16), object(), {}, {1: 2}),
    *(Val.i32(3), Val.i32(-3), Val.i64(3), Val.i64(-3), Val.i64(2**40), Val.f32(0.1), Val.f64(0.1), Val.v128(3)),
    *(Val.f32_from_bits(0x7F80_0001), Val.f64_from_bits(0x7FF0_0000_0000_0001), Val.null()),
    *(Val.funcref(None), Val.externref(None), Val.anyref(None), Val.externref("1"), Val.externref(7)),
]


def fields(error: BaseException) -> dict[str, Any]:
    """What an exception has, but for the note on the guest that it has crossed."""
    return {name: value for name, value in error.__dict__.items() if name != "__notes__"}


def outcome(call: Callable[[], list[Val]]) -> object:
    """The bits or the object that a call gives, or what it raises."""
    try:
        (result,) = call()
    except WasmtimeError as error:
        return type(error), str(error), fields(error)
    return result.bits if result.type.ref_type is None else ("reference", id(result.value))


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_taken_as_arguments_are(store: Store, kind: str) -> None:
    """What fits as an argument fits as a result; what does not is said in the same sentence."""
    results: list[Any] = []
    host = Func(store, FuncType([], [KINDS[kind]]), lambda: results[-1])
    run = imported(store, forward("", kind, 0), host)["run"]
    echo = guest_echo(store, kind)
    for given in [*INTS, *FLOATS, *OTHERS]:
        results.append(given)
        argument, result = outcome(lambda given=given: echo.call(store, [given])), outcome(lambda: run.call(store, []))  # type: ignore[misc]
        assert result == said_of_a_result(argument), repr(given)


def guest_echo(store: Store, kind: str) -> Func:
    wat = f'(module (func (export "echo") (param {kind}) (result {kind}) local.get 0))'
    return Instance(store, Module(store.engine, wat)).func(store, "echo")


def said_of_a_result(found: object) -> object:
    match found:
        case (kind, str(sentence), dict(fields)):
            place = ("argument 1", "result 1")
            return kind, sentence.replace(*place), {"reason": str(fields["reason"]).replace(*place)}
        case _:
            return found


@pytest.mark.parametrize(
    ("kinds", "given", "sentence"),
    [
        ([], 1, "the host function gave 1 result: expected 0"),
        ([], [1, 2], "the host function gave 2 results: expected 0"),
        ([I32], None, "the host function gave 0 results: expected 1"),
        ([I32], [], "the host function gave 0 results: expected 1"),
        ([I32], (1, 2), "the host function gave 2 results: expected 1"),
        ([I32], [1], "result 1 is a list: expected an int or a Val"),
        ([I32, I32], None, "the host function gave 0 results: expected 2"),
        ([I32, I32], 1, "the host function gave 1 result: expected 2"),
        ([I32, I32], "ab", "the host function gave 1 result: expected 2"),
        ([I32, I32], [1], "the host function gave 1 result: expected 2"),
        ([I32, I32], (1, 2, 3), "the host function gave 3 results: expected 2"),
        ([I32, I32], (1, 2.0), "result 2 is an f64: expected i32"),
        ([I32, I32], (1, None), "result 2 is null: expected i32"),
        ([F64, EXTERNREF, FUNCREF], [1, 2, 3], "result 3 is an i64: expected funcref"),
    ],
)
def test_results_that_do_not_fit(store: Store, kinds: list[ValType], given: object, sentence: str) -> None:
    host = Func(store, FuncType([], kinds), lambda: given)
    run = imported(store, forward("", " ".join(map(str, kinds)), 0), host)["run"]
    calls: list[Callable[[], object]] = [lambda: run(store), lambda: run.call(store, []), lambda: host(store)]
    for call in calls:
        with pytest.raises(WasmTypeError) as caught:
            call()
        assert str(caught.value) == caught.value.reason == sentence


def test_a_result_is_never_cut_off(store: Store) -> None:
    host = Func(store, FuncType([I32], [I32]), lambda number: number << 16)
    run = imported(store, forward("i32", "i32", 1), host)["run"]
    assert run(store, 2**14) == 2**30
    with pytest.raises(RangeError) as caught:
        run(store, 2**16)
    assert str(caught.value) == "result 1 is 4294967296: expected an i32, from -2147483648 to 4294967295"


@pytest.mark.parametrize("make", [tuple, list, np.array])
def test_several_results(store: Store, make: Callable[[list[int]], Any]) -> None:
    host = Func(store, FuncType([], [I32, I64]), lambda: make([1, -2]))
    assert imported(store, forward("", "i32 i64", 0), host)["run"](store) == [1, -2]


def test_a_reference_may_be_a_list(store: Store) -> None:
    things: list[Any] = [[], [1], [1, 2], (), {}, ""]
    for given in things:
        host = Func(store, FuncType([], [EXTERNREF]), lambda given=given: given)
        assert imported(store, forward("", "externref", 0), host)["run"](store) is given


def test_references_as_results(store: Store) -> None:
    host = Func(store, FuncType([FUNCREF], [FUNCREF]), lambda func: func)
    run = imported(store, forward("funcref", "funcref", 1), host)["run"]
    assert run(store, None) is None
    assert run(store, run).same(store, run)
    foreign = Func(Store(store.engine), FuncType([], []), lambda: None)
    gives_foreign = Func(store, FuncType([], [FUNCREF]), lambda: foreign)
    with pytest.raises(WrongStoreError):
        gives_foreign(store)


def test_a_result_of_the_wrong_type_lets_go_of_the_others(store: Store) -> None:
    thing = Thing()
    known = weakref.ref(thing)
    given: list[Any] = [thing, 1]
    host = Func(store, FuncType([], [EXTERNREF, FUNCREF]), lambda: given)
    with pytest.raises(WasmTypeError):
        host(store)
    given.clear()
    del thing
    store.gc()
    gc.collect()
    assert known() is None


@pytest.mark.parametrize(
    "make",
    [
        lambda store: Func(store, FuncType([], []), 5),  # type: ignore[arg-type]
        lambda store: Func(store, FuncType([], []), None),  # type: ignore[arg-type]
        lambda store: Func(store, (), print),  # type: ignore[arg-type]
        lambda _store: Func(None, FuncType([], []), print),  # type: ignore[arg-type]
        lambda store: Func(store, FuncType([], []), print, access_caller=1),  # type: ignore[arg-type]
        lambda _store: Caller(),
    ],
)
def test_what_is_no_host_function(store: Store, make: Callable[[Store], object]) -> None:
    with pytest.raises(WasmTypeError):
        make(store)


def test_whatever_can_be_called(store: Store) -> None:
    class Adder:
        def __init__(self) -> None:
            self.total = 0

        def add(self, number: int) -> int:
            self.total += number
            return self.total

        __call__ = add

    adder = Adder()
    ty = FuncType([I32], [I32])
    for func in (adder, adder.add, lambda number: adder.add(number), partial(adder.add)):
        assert Func(store, ty, func)(store, 1) == adder.total
    assert adder.total == 4
    assert Func(store, ty, abs)(store, -7) == 7


def test_a_start_function_calls_the_host(store: Store) -> None:
    calls: list[int] = []
    host = Func(store, FuncType([I32], []), calls.append)
    imported(
        store, '(module (import "h" "f" (func $f (param i32))) (func $s (call $f (i32.const 7))) (start $s))', host
    )
    assert calls == [7]
