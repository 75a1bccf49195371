"""Globals: single values that a guest and its host share."""

from __future__ import annotations

from typing import Any

from . import _bindings as raw
from ._handle import Laned
from ._native import GlobalLane
from ._surface import call, expect
from .store import Storelike, inside
from .types import GlobalType
from .value import Val, to_raw


class Global(GlobalLane, Laned[raw.Global]):
    """A global. It belongs to one store.

    Its value is a plain Python object, as in a call of a `Func`: an int, a float, the 16 bytes of a `v128`, a `Func`,
    a `Reference`, an object of the host in an `externref`, or `None` for null.
    """

    __slots__ = ("__weakref__", "_raw")
    _instead = "it lives in its store; read its value"

    def __init__(self, store: Storelike, ty: GlobalType, val: Any) -> None:
        """Makes a global in `store` that holds `val`, a plain object or a `Val`.

        Raises `WasmTypeError` for a value of another type, and `RangeError` for a number that does not fit.
        """
        given, kind = inside(store), expect(ty, GlobalType, "the type")
        value = to_raw(val, kind.content, store, "the value")
        self._hold(call(raw.Global, given, kind._to_raw(), value))

    def type(self, store: Storelike) -> GlobalType:
        """The global's type."""
        return GlobalType._from_raw(call(self._raw.type, inside(store)))

    def get(self, store: Storelike) -> Val:
        """The value now, as a `Val`, which keeps every bit."""
        return Val._from_raw(call(self._raw.get, inside(store)), store)

    # What the lane gives back, because it is unusual or wrong.

    def _value(self, store: Storelike) -> Any:
        return self.get(store).value

    def _set_value(self, store: Storelike, val: Any) -> None:
        given = inside(store)
        call(self._raw.set, given, to_raw(val, self.type(store).content, store, "the value"))
