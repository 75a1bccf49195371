"""The objects that the steps of one shared case made, and how a step ends. Uses only the public package."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, TypeVar

from bodies import Callers, Thrown
from shown import HostObject, show
from step import Json, Problem, Step, check_error, from_number, to_val
from trimaran import Engine, Func, HeapType, Reference, RefType, Store, Val, ValType, WasmtimeError

T = TypeVar("T")
NUMBERS = {
    "i32": ValType.i32(),
    "i64": ValType.i64(),
    "f32": ValType.f32(),
    "f64": ValType.f64(),
    "v128": ValType.v128(),
}
HEAPS = ["func", "extern", "any", "eq", "i31", "struct", "array", "exn"]
TYPES = NUMBERS | {f"{heap}ref": ValType.ref(RefType(True, HeapType(heap))) for heap in HEAPS}


class Kept:
    """Marks what a step made and keeps under a name."""

    def __init__(self, thing: object) -> None:
        self.thing = thing


class Case:
    """Runs the steps of a case, one after the other. What a step does, the subclasses know: `_op_` and its name."""

    def __init__(self) -> None:
        self._objects: dict[str, object] = {}
        self._hosts: dict[str, HostObject] = {}
        self.callers = Callers()
        # The errors that steps really ended with, in their order.
        self.variants: list[str] = []
        # What is cleaned up after the case.
        self.ending = ExitStack()

    def step(self, fields: dict[str, Json]) -> None:
        """Runs one step and compares how it ended."""
        step = Step(fields)
        error, name = step.optional("error"), step.optional("as")
        expects_result, expected = "result" in fields, step.optional("result")
        outcome: object
        try:
            outcome = self._run(step)
        except (WasmtimeError, Thrown) as found:
            outcome = found
        if isinstance(outcome, (WasmtimeError, Thrown)):
            self.variants.append(outcome.variant if isinstance(outcome, WasmtimeError) else "Thrown")
        step.check_all_used()
        if isinstance(outcome, (WasmtimeError, Thrown)):
            self._check_error(outcome, error)
            return
        if error is not None:
            raise Problem("it did not fail")
        if isinstance(outcome, Kept):
            if not isinstance(name, str) or expects_result:
                raise Problem("what it made needs a name (`as`), and cannot be compared")
            self._objects[name] = outcome.thing
        elif name is not None:
            raise Problem("it made nothing to keep")
        elif outcome != expected:
            raise Problem(f"it gave {outcome}")

    def _check_error(self, found: WasmtimeError | Thrown, error: Json) -> None:
        if error is None:
            raise Problem(f"it failed: {found}")
        match error:
            case {"thrown": str(name)} if len(error) == 1:
                if found is not self._objects.get(name):
                    raise Problem(f"its error is {found!r}: expected what was thrown as `{name}`")
            case _ if isinstance(found, WasmtimeError):
                check_error(found, error)
            case _:
                raise Problem(f"it threw `{found}`")

    def _run(self, step: Step) -> Kept | Json:
        op = step.text("op")
        run = getattr(self, f"_op_{op}", None)
        if run is None:
            raise Problem(f"unknown op `{op}`")
        return run(step)

    def keep(self, name: str, thing: object) -> None:
        """Keeps something under a name."""
        self._objects[name] = thing

    def named(self, name: str, kind: type[T], word: str | None = None) -> T:
        """What has that name, if it is of that kind."""
        thing = self._objects.get(name)
        if not isinstance(thing, kind):
            raise Problem(f"`{name}` is no {word or kind.__name__}")
        return thing

    def val(self, value: Json) -> Any:
        """A value of a case, for a call."""
        match value:
            case ["func", None]:
                return Val.funcref(None)
            case ["func", str(name)]:
                return Val.funcref(self.named(name, Func))
            case ["host", str(text)]:
                return Val.externref(self._hosts.setdefault(text, HostObject(text)))
            case ["ref", None]:
                return Val.null()
            case ["ref", str(name)]:
                return self.named(name, Reference)
            case _:
                return to_val(value)

    def fitting(self, value: Json, ty: ValType) -> Any:
        """The same for a place of that type: a `Val` says its type, and a plain number goes into each that holds it."""
        val = self.val(value)
        is_plain = isinstance(val, Val) and val.type != ty and val.type.ref_type is None and ty.ref_type is None
        return val.value if is_plain else val

    def _shown(self, val: Val, store: Store) -> Json:
        if val.type.ref_type is None:
            return from_number(val)
        return self._shown_reference(val.value, "func" in str(val.type), store)

    def _shown_reference(self, thing: object, is_func: bool, store: Store) -> Json:
        return show(thing, is_func, store, self._objects, self._hosts)

    def _get(self, step: Step, field: str, kind: type[T]) -> T:
        return self.named(step.text(field), kind, field)

    def _engine(self, step: Step) -> Engine:
        return self._get(step, "engine", Engine)

    def _store(self, step: Step) -> Store:
        return self._get(step, "store", Store)


def val_type(name: str) -> ValType:
    """A type by its name."""
    if name not in TYPES:
        raise Problem(f"unknown type `{name}`")
    return TYPES[name]
