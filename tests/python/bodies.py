"""The host functions of the shared cases, and the callers that they keep."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from step import Json, Problem, Step, to_val
from trimaran import Caller, Func, Memory, Store

if TYPE_CHECKING:
    from case import Case

Body = Callable[..., Any]


class Thrown(BaseException):
    """What a body throws. It is no error of the package, and not even an `Exception`."""


class Callers:
    """The callers that bodies have kept, by the name of their host function."""

    def __init__(self) -> None:
        self._kept: dict[str, Caller] = {}

    def keep(self, name: str, caller: Caller) -> None:
        self._kept[name] = caller

    def __getitem__(self, name: str) -> Caller:
        if name not in self._kept:
            raise Problem(f"`{name}` has kept no caller")
        return self._kept[name]


def body(case: Case, name: str, fields: dict[str, Json]) -> Body:
    """The host function that a step asks for. It takes its caller."""
    step = Step(fields)
    op = step.text("op")
    make: Callable[[Case, str, Step], Body] | None = BODIES.get(op)
    if make is None:
        raise Problem(f"unknown body `{op}`")
    made = make(case, name, step)
    step.check_all_used()
    return made


def _add(_world: Case, _name: str, _step: Step) -> Body:
    return lambda _caller, *numbers: (sum(numbers) + (1 << 31)) % (1 << 32) - (1 << 31)


def _echo(_world: Case, _name: str, _step: Step) -> Body:
    return lambda _caller, *given: results_of(list(given))


def _give(case: Case, _name: str, step: Step) -> Body:
    given = step.value("values")
    # An integer is plain: a `Val` says its type, which has to be the result's.
    plain = {"i32", "i64"}
    return lambda _caller, *_arguments: results_of(
        [to_val(value).value if value[0] in plain else case.val(value) for value in given]
    )


def _throw(case: Case, _name: str, step: Step) -> Body:
    name = step.text("as")

    def throw(_caller: Caller, *_arguments: object) -> None:
        thrown = Thrown(name)
        case.keep(name, thrown)
        raise thrown

    return throw


def _call(case: Case, _name: str, step: Step) -> Body:
    name, given = step.text("func"), step.value("args")

    def call(caller: Caller, *_arguments: object) -> Any:
        return results_of(case.named(name, Func).call(caller, [case.val(value) for value in given]))

    return call


def _read(case: Case, name: str, step: Step) -> Body:
    export, start, length = step.text("export"), step.int("start"), step.int("length")

    def read(caller: Caller, *_arguments: object) -> int:
        case.callers.keep(name, caller)
        memory = caller[export]
        if not isinstance(memory, Memory):
            raise Problem(f"`{export}` is no memory")
        return memory.read(caller, start, start + length)[0]

    return read


def _close(case: Case, _name: str, step: Step) -> Body:
    name = step.text("store")
    return lambda _caller, *_arguments: case.named(name, Store).close()


def _grow(case: Case, _name: str, step: Step) -> Body:
    name, delta = step.text("memory"), step.int("delta")

    def grow(caller: Caller, *_arguments: object) -> None:
        case.named(name, Memory).grow(caller, delta)

    return grow


def _escape(case: Case, name: str, _step: Step) -> Body:
    return lambda caller, *_arguments: case.callers.keep(name, caller)


def results_of(values: list[Any]) -> Any:
    """How a host function gives them."""
    return values if len(values) > 1 else next(iter(values), None)


BODIES: dict[str, Callable[[Case, str, Step], Body]] = {
    "add": _add,
    "echo": _echo,
    "give": _give,
    "throw": _throw,
    "call": _call,
    "read": _read,
    "close": _close,
    "grow": _grow,
    "escape": _escape,
}
