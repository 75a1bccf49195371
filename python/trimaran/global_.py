"""Globals: single values that a guest and its host share."""

from __future__ import annotations

from typing import Any

from ._ffi import expect
from ._handle import StoreItem
from ._native import GlobalBase
from .store import Storelike, check_storelike
from .types import GlobalType
from .value import Val, to_raw


class Global(GlobalBase, StoreItem):
    """A global. It belongs to one store.

    Its value is a plain Python object, as in a call of a `Func`: an int, a float, the 16 bytes of a `v128`, a `Func`,
    a `Reference`, a host object in an `externref`, or `None` for null.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; read its value"

    def __init__(self, store: Storelike, ty: GlobalType, val: Any) -> None:
        """Makes a global in `store` that holds `val`, a plain object or a `Val`.

        Raises `WasmTypeError` for a value of another type, and `RangeError` for a number that does not fit.
        """
        check_storelike(store)
        kind = expect(ty, GlobalType, "the type")
        self._make(store, kind, to_raw(val, kind.content, store, "the value"))

    def get(self, store: Storelike) -> Val:
        """The value now, as a `Val`, which keeps every bit."""
        return Val._from_raw(self._get(store), store)
