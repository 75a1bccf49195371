"""Integers with more digits than Python prints: every method raises a typed error for them, and never Python's own."""

from __future__ import annotations

import decimal
import fractions
import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest

import objects
import trimaran
from trimaran import RangeError, Store, Val, WasmtimeError, WasmTypeError

HUGE = 10**5000
CLASSES = objects.classes()


def tried(use: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    """What fails is an error of the package, or of Python for a wrong number of arguments and a missing export."""
    try:
        objects.ended(use(*arguments))
    except WasmtimeError as error:
        assert len(str(error)) < 1000
    except (TypeError, AttributeError, LookupError):
        pass


def test_python_writes_no_such_number() -> None:
    assert len(range(sys.get_int_max_str_digits(), 5001)) > 0
    with pytest.raises(ValueError, match="Exceeds the limit"):
        str(HUGE)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_method(kind: Any) -> None:
    examples = objects.examples()
    thing, store = examples[kind], examples[Store]
    given = [thing, *([kind] if kind is not type(thing) or kind in (Val,) else [])]
    for owner, name in itertools.product(given, objects.uses(kind)):
        if name in ("close", "interrupt") or name.startswith("__"):
            continue
        for number in (HUGE, -HUGE):
            for arguments in (
                (number,),
                (store, number),
                (store, number, 0),
                (store, 0, number),
                (store, 0, 0, number),
            ):
                used = getattr(owner, name, None)
                if callable(used):
                    tried(used, arguments)


def keywords(kind: Any) -> list[str]:
    """What a constructor takes by name."""
    code = getattr(kind.__init__, "__code__", None)
    return [] if code is None else [*code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]]


def named(kind: Any, given: dict[str, Any]) -> object:
    """What is made with arguments by name."""
    return kind(**given)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_constructor(kind: Any) -> None:
    examples = objects.examples()
    store = examples[Store]
    names = keywords(kind)
    for number in (HUGE, -HUGE):
        for arguments in ((number,), (0, number), (store, number), (store, number, number)):
            tried(kind, arguments)
        for name in names:
            tried(named, (kind, {name: number}))


@pytest.mark.parametrize("number", [HUGE, -HUGE], ids=["large", "small"])
def test_a_call(number: int) -> None:
    store = objects.examples()[Store]
    wat = "".join(f'(func (export "{ty}") (param {ty}))' for ty in ("i32", "i64", "f32", "f64"))
    instance = trimaran.Instance(store, trimaran.Module(store.engine, f"(module {wat})"), [])
    for name, func in instance.exports(store).items():
        with pytest.raises(RangeError, match=rf"parameter 1.*int of \d+ bits|{name}"):
            func(store, number)  # type: ignore[operator]


def test_a_time_is_any_number() -> None:
    store = objects.examples()[Store]

    class Number:
        """As NumPy's are."""

        def __init__(self, value: float) -> None:
            self.value = value

        def __float__(self) -> float:
            return float(self.value)

    class Whole(Number):
        def __index__(self) -> int:
            return int(self.value)

    times: list[Any] = [1, 1.5, Number(1.5), Whole(2), decimal.Decimal("0.5"), fractions.Fraction(1, 3)]
    for seconds in times:
        store.set_timeout(seconds)
    wrong: list[Any] = [True, "1", b"1", [1], object()]
    for seconds in wrong:
        with pytest.raises(WasmTypeError, match="expected seconds"):
            store.set_timeout(seconds)
    large: list[Any] = [HUGE, -HUGE, fractions.Fraction(HUGE), float("nan"), Number(float("inf")), Whole(-1)]
    for seconds in large:
        with pytest.raises(RangeError, match="expected 0 or more seconds"):
            store.set_timeout(seconds)
