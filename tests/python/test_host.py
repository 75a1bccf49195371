"""Host functions: what becomes of their arguments and results, and what they may do."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import gc
import math
import struct
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from guests import config, engine
from trimaran import (
    Caller,
    ClosedError,
    Engine,
    EscapedError,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    LinkError,
    Memory,
    Module,
    NotFoundError,
    RangeError,
    Reference,
    Store,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmtimeError,
    WasmTypeError,
    WrongStoreError,
)

I32, I64, F32, F64, V128 = ValType.i32(), ValType.i64(), ValType.f32(), ValType.f64(), ValType.v128()
FUNCREF, EXTERNREF = ValType.funcref(), ValType.externref()
KINDS = {"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": V128, "funcref": FUNCREF, "externref": EXTERNREF}


class Thing:
    """Something that can be watched."""


def imported(store: Store, wat: str, *imports: Func) -> Any:
    """What an instance of a guest with these imports exports."""
    return Instance(store, Module(store.engine, wat), imports).exports(store)


def forward(params: str, results: str, gets: int) -> str:
    """A guest whose `run` calls its import with its own arguments."""
    given = " ".join(f"(local.get {place})" for place in range(gets))
    return f"""(module (import "host" "f" (func $f (param {params}) (result {results})))
        (func (export "run") (param {params}) (result {results}) (call $f {given})))"""


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


def outcome(call: Callable[[], list[Val]]) -> object:
    """The bits or the object that a call gives, or what it raises."""
    try:
        (result,) = call()
    except WasmtimeError as error:
        return type(error), str(error), error.__dict__
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
        ([], 1, "the host function gave 1 results: expected 0"),
        ([], [1, 2], "the host function gave 2 results: expected 0"),
        ([I32], None, "the host function gave 0 results: expected 1"),
        ([I32], [], "the host function gave 0 results: expected 1"),
        ([I32], (1, 2), "the host function gave 2 results: expected 1"),
        ([I32], [1], "result 1 is a list: expected a number, bytes, a Func, a Reference, None or a Val"),
        ([I32, I32], None, "the host function gave 0 results: expected 2"),
        ([I32, I32], 1, "the host function gave 1 results: expected 2"),
        ([I32, I32], "ab", "the host function gave 1 results: expected 2"),
        ([I32, I32], [1], "the host function gave 1 results: expected 2"),
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


def test_imports_are_checked(store: Store) -> None:
    wat = forward("i32", "i32", 1)
    with pytest.raises(LinkError):
        imported(store, wat, Func(store, FuncType([I64], [I32]), lambda number: number))
    with pytest.raises(WrongStoreError):
        imported(store, wat, Func(Store(store.engine), FuncType([I32], [I32]), lambda number: number))


def test_a_start_function_calls_the_host(store: Store) -> None:
    calls: list[int] = []
    host = Func(store, FuncType([I32], []), calls.append)
    imported(
        store, '(module (import "h" "f" (func $f (param i32))) (func $s (call $f (i32.const 7))) (start $s))', host
    )
    assert calls == [7]


READS = """(module
    (import "host" "f" (func $f (param i32 i32)))
    (memory (export "memory") 1 4)
    (data (i32.const 16) "Hello")
    (global (export "global") (mut i32) (i32.const 7))
    (func (export "other") (result i32) (i32.const 5))
    (func (export "run") (call $f (i32.const 16) (i32.const 5))))"""


def test_the_caller_knows_its_instance(store: Store) -> None:
    texts: list[str] = []

    def read(caller: Caller, start: int, length: int) -> None:
        memory: Any = caller["memory"]
        assert isinstance(memory, Memory)
        assert caller.store is store
        assert caller.get("nothing") is None
        assert caller.get("nothing", 3) == 3
        assert ("memory" in caller, "nothing" in caller, 5 in caller) == (True, False, False)
        texts.append(memory.read_string(caller, start, length))
        texts.append(memory.read(caller, start, start + length).decode())
        with pytest.raises(NotFoundError, match="the calling instance has no export `nothing`") as caught:
            caller["nothing"]
        assert isinstance(caught.value, KeyError) and caught.value.name == "nothing"
        with pytest.raises(WasmTypeError):
            caller[0]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
        assert caller.memory("memory").size(caller) == 1
        assert caller.func("other")(caller) == 5
        with pytest.raises(WasmTypeError, match="the export `memory` is a memory: expected a function"):
            caller.func("memory")
        with pytest.raises(NotFoundError):
            caller.memory("nothing")
        assert repr(caller) == "<Caller>"

    imported(store, READS, Func(store, FuncType([I32, I32], []), read, access_caller=True))["run"](store)
    assert texts == ["Hello", "Hello"]


def test_a_caller_stands_for_its_store_everywhere(store: Store) -> None:
    done: list[str] = []

    def use(caller: Caller, _start: int, _length: int) -> None:
        memory: Any = caller["memory"]
        other: Any = caller["other"]
        item: Any = caller["global"]
        assert (other(caller), other.call(caller, [])) == (5, [5])
        assert str(other.type(caller)) == "(func (result i32))"
        assert memory.grow(caller, 1) == 1
        assert (memory.size(caller), memory.data_len(caller)) == (2, 2 << 16)
        memory.store_i32(caller, 0, -5)
        assert memory.load_i32(caller, 0) == -5
        assert bytes(memory.view(caller, 16, 5)) == b"Hello"
        item.set_value(caller, 8)
        assert item.value(caller) == 8
        made = Global(caller, GlobalType(EXTERNREF, True), "thing")
        assert made.value(store) == made.value(caller) == "thing"
        inner = Func(caller, FuncType([I32], [I32]), lambda number: number + 1)
        assert inner(caller, 1) == 2
        assert list(inner.map(caller, np.arange(3, dtype=np.int32))) == [1, 2, 3]
        assert inner.same(caller, inner)
        module = Module(caller.store.engine, '(module (func (export "one") (result i32) (i32.const 1)))')
        instance = Instance(caller, module)
        assert instance.func(caller, "one") is instance.func(store, "one")
        assert instance.exports(caller) is instance.exports(store)
        assert instance.func(caller, "one")(store) == 1
        done.append("all")

    exports = imported(store, READS, Func(store, FuncType([I32, I32], []), use, access_caller=True))
    exports["run"](store)
    assert done == ["all"]
    assert (exports["memory"].size(store), exports["global"].value(store)) == (2, 8)


def uses(caller: Caller, memory: Memory, func: Func, item: Global) -> list[Callable[[], object]]:
    """What a caller can be used for."""
    return [
        lambda: caller["memory"],
        lambda: caller.get("memory"),
        lambda: "memory" in caller,
        lambda: memory.size(caller),
        lambda: memory.read(caller, 0, 1),
        lambda: memory.grow(caller, 0),
        lambda: memory.view(caller),
        lambda: func(caller),
        lambda: func.call(caller, []),
        lambda: func.type(caller),
        lambda: item.value(caller),
        lambda: item.set_value(caller, 1),
        lambda: Func(caller, FuncType([], []), print),
        lambda: Instance(caller, Module(caller.store.engine, "(module)")),
    ]


def test_a_caller_that_was_kept(store: Store) -> None:
    kept: list[Caller] = []
    host = Func(store, FuncType([I32, I32], []), lambda caller, *_: kept.append(caller), access_caller=True)
    exports = imported(store, READS, host)
    exports["run"](store)
    (caller,) = kept
    assert caller.store is store
    for use in uses(caller, exports["memory"], exports["other"], exports["global"]):
        with pytest.raises(EscapedError) as caught:
            use()
        assert str(caught.value) == "the caller is only valid on its own thread, until its host function returns"
    # The next call has another one.
    exports["run"](store)
    with pytest.raises(EscapedError):
        exports["memory"].size(caller)
    assert exports["memory"].size(store) == 1


def test_a_caller_on_another_thread(store: Store) -> None:
    found: list[object] = []

    def host(caller: Caller, *_: int) -> None:
        def use() -> None:
            for way in uses(caller, exports["memory"], exports["other"], exports["global"]):
                try:
                    found.append(way())
                except EscapedError as error:
                    found.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        # It is still good here.
        assert exports["memory"].size(caller) == 1

    exports = imported(store, READS, Func(store, FuncType([I32, I32], []), host, access_caller=True))
    exports["run"](store)
    assert found and {type(each) for each in found} == {EscapedError}


def test_the_caller_of_an_outer_call(store: Store) -> None:
    """It is valid while its own host function runs, however deep."""
    callers: list[Caller] = []

    def host(caller: Caller, depth: int) -> None:
        callers.append(caller)
        memory: Any = callers[0]["memory"]
        assert memory.size(callers[0]) == memory.size(caller) == 1
        if depth:
            exports["run"](caller, depth - 1)
            with pytest.raises(EscapedError):
                memory.size(callers[-1])
        callers.pop()
        callers.append(caller)

    wat = """(module (import "host" "f" (func $f (param i32))) (memory (export "memory") 1)
        (func (export "run") (param i32) (call $f (local.get 0))))"""
    exports = imported(store, wat, Func(store, FuncType([I32], []), host, access_caller=True))
    exports["run"](store, 3)


def test_a_caller_without_an_instance(store: Store) -> None:
    host = Func(store, FuncType([], [I32]), lambda caller: "memory" in caller, access_caller=True)
    assert host(store) == 0


FACTORIAL = """(module (import "host" "f" (func $f (param i64) (result i64)))
    (func (export "run") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $f (i64.sub (local.get 0) (i64.const 1))))))))"""


def test_guest_and_host_call_each_other(store: Store) -> None:
    host = Func(store, FuncType([I64], [I64]), lambda number: exports["run"](store, number))
    exports = imported(store, FACTORIAL, host)
    assert exports["run"](store, 20) == math.factorial(20)


@pytest.mark.parametrize("kilobytes", [None, 256, 512])
@pytest.mark.parametrize("surface", [False, True])
def test_an_endless_recursion_through_the_host_ends(store: Store, kilobytes: int | None, surface: bool) -> None:
    """Whichever stack is short: a typed error, and the store goes on."""
    wat = """(module (import "host" "f" (func $f)) (func (export "run") (call $f))
        (func (export "two") (result i32) (i32.const 2)))"""
    exports = imported(store, wat, Func(store, FuncType([], []), lambda: recurse()))

    def recurse() -> None:
        if surface:
            exports["run"].call(store, [])
        else:
            exports["run"](store)

    found: list[BaseException | int] = []

    def run() -> None:
        try:
            recurse()
        except (RecursionError, Trap, WasmtimeError) as error:
            found.append(error)
        found.append(exports["two"](store))

    on_a_thread(run, kilobytes)
    error, two = found
    assert isinstance(error, (RecursionError, WasmtimeError)), error
    assert not isinstance(error, Trap) or error.code is TrapCode.STACK_OVERFLOW
    assert two == 2


def on_a_thread(run: Callable[[], None], kilobytes: int | None) -> None:
    """Runs it on a thread with a stack of that size."""
    before = threading.stack_size((kilobytes or 0) << 10)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()


@pytest.mark.parametrize("kilobytes", [128, 256, 512, 1024])
def test_a_callback_on_a_small_stack(store: Store, kilobytes: int) -> None:
    results: list[Any] = []

    def host(number: int) -> int:
        return len(f"{number:>{number}}") + int(math.sqrt(number))

    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    on_a_thread(lambda: results.append(run(store, 100)), kilobytes)
    assert results == [110]


def test_a_host_function_may_close_its_store(store: Store) -> None:
    def host() -> None:
        store.close()
        with pytest.raises(ClosedError):
            exports["run"](store)

    wat = """(module (import "host" "f" (func $f))
        (func (export "run") (result i32) (call $f) (i32.const 5)))"""
    exports = imported(store, wat, Func(store, FuncType([], []), host))
    assert exports["run"](store) == 5
    assert store.closed
    with pytest.raises(ClosedError):
        exports["run"](store)


def test_a_host_function_may_make_others(store: Store) -> None:
    made: list[Func] = []

    def host(depth: int) -> int:
        if depth == 0:
            return 1
        func = Func(store, FuncType([I32], [I32]), host)
        made.append(func)
        return 1 + int(func(store, depth - 1))

    assert Func(store, FuncType([I32], [I32]), host)(store, 10) == 11
    assert [func(store, 0) for func in made] == [1] * 10


def test_a_function_is_called_row_by_row(store: Store) -> None:
    rows: list[int] = []

    def host(number: int) -> int:
        rows.append(number)
        # The store is free for whoever is called from within it.
        return int(double(store, number))

    wat = '(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))'
    double = imported(store, wat)["f"]
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    assert list(run.map(store, np.arange(100, dtype=np.int32))) == list(range(0, 200, 2))
    assert rows == list(range(100))


@pytest.mark.parametrize("caller", [False, True])
def test_a_closure_over_its_own_store_is_collected(caller: bool) -> None:
    def make() -> list[weakref.ref[Any]]:
        store, thing = Store(engine()), Thing()

        def host(*_: Any) -> None:
            thing.__class__  # noqa: B018
            funcs["run"](store)

        wat = '(module (import "host" "f" (func $f)) (func (export "call") (call $f)) (func (export "run")))'
        funcs = imported(store, wat, Func(store, FuncType([], []), host, access_caller=caller))
        funcs["call"](store)
        return [weakref.ref(store), weakref.ref(thing), weakref.ref(host)]

    known = make()
    gc.collect()
    assert [each() for each in known] == [None] * 3


def test_closing_lets_go_of_closures(store: Store) -> None:
    thing: Thing | None = Thing()
    known = weakref.ref(thing)

    def host(thing: Thing | None = thing) -> None:
        assert thing is not None

    func = Func(store, FuncType([], []), host)
    func(store)
    del host
    thing = None
    gc.collect()
    assert known() is not None
    store.close()
    assert known() is None
    with pytest.raises(ClosedError):
        func(store)


def test_a_store_keeps_its_host_functions(store: Store) -> None:
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), lambda number: number + 1))
    gc.collect()
    assert run["run"](store, 1) == 2


def test_a_call_keeps_nothing(store: Store) -> None:
    """The caller is gone when the call has returned, and so is what was given that is no reference."""
    known: list[weakref.ref[Any]] = []

    class Number:
        def __index__(self) -> int:
            return 5

    def host(caller: Caller, _number: int) -> Number:
        result = Number()
        known.extend([weakref.ref(caller), weakref.ref(result)])
        return result

    func = Func(store, FuncType([I32], [I32]), host, access_caller=True)
    run = imported(store, forward("i32", "i32", 1), func)["run"]
    gc.collect()
    gc.disable()
    try:
        assert run(store, 5) == 5
        assert [each() for each in known] == [None, None]
    finally:
        gc.enable()


def test_two_threads_with_a_store_each() -> None:
    ready = threading.Barrier(2)

    def work(number: int) -> int:
        store, total = Store(engine()), 0

        def host(given: int) -> int:
            nonlocal total
            total += given
            return total

        run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
        ready.wait()
        for _ in range(2000):
            run(store, number)
        return total

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, [1, 3])) == [2000, 6000]


def test_threads_share_a_store_with_a_host_function(store: Store) -> None:
    inside = 0

    def host(number: int) -> int:
        nonlocal inside
        inside += 1
        assert inside == 1
        found = int(double(store, number))
        inside -= 1
        return found

    double = Func(store, FuncType([I32], [I32]), lambda number: number * 2)
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: run(store, number), range(1000))) == list(range(0, 2000, 2))


def test_another_thread_waits_for_a_host_function(store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def host() -> None:
        entered.set()
        assert leave.wait(20)

    exports = imported(
        store,
        '(module (import "h" "f" (func $f)) (func (export "run") (call $f)))',
        Func(store, FuncType([], []), host),
    )
    other = Func(store, FuncType([], [I32]), lambda: 3)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(exports["run"], store)
        assert entered.wait(20)
        waiting = pool.submit(other, store)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.02)
        leave.set()
        assert call.result() is None
        assert waiting.result() == 3


def test_references_of_the_guest_reach_the_host() -> None:
    made = Engine(config().wasm_gc(True).wasm_function_references(True))
    store = Store(made)
    seen: list[object] = []

    def host(value: Reference) -> Reference:
        seen.append(value)
        return value

    wat = """(module (type $s (struct (field i32)))
        (import "host" "f" (func $f (param anyref) (result anyref)))
        (func (export "run") (param i32) (result i32)
            (struct.get $s 0 (ref.cast (ref $s) (call $f (struct.new $s (local.get 0)))))))"""
    func = Func(store, FuncType([ValType.anyref()], [ValType.anyref()]), host)
    assert imported(store, wat, func)["run"](store, 77) == 77
    assert isinstance(seen[0], Reference)
    wrong = Func(store, FuncType([], [ValType.anyref()]), lambda: func)
    with pytest.raises(WasmTypeError, match="result 1 is a funcref: expected anyref"):
        wrong(store)
