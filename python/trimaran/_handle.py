"""What all objects of the core have in common here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from ._ffi import plain, wrong_type
from ._identity import Identity
from ._native import indefinite, store_number
from .error import ClosedError, WasmtimeError, WasmTypeError

stores: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""All stores that somebody has, by their numbers."""


def shown_in_store(made: object, store: Callable[[], object]) -> str:
    """What `repr` says of what belongs to a store, and is no object of the core."""
    name = type(made).__name__
    try:
        return f"<{name} of store {store_number(store())}>"
    except WasmTypeError:
        return f"<{name}, never made>"


def shown_if_made(made: object, words: Callable[[], str]) -> str:
    """What `repr` says of a plain object behind the name of its class."""
    name = type(made).__name__
    try:
        return f"<{name} {words()}>"
    except WasmTypeError:
        return f"<{name}, never made>"


class Handle(Identity):
    """An object of the core. The extension module has the other base of its class, which holds it."""

    __slots__ = ()
    # What gives one, if there is no constructor.
    _origin: ClassVar[str] = "comes out of a guest: it cannot be made here"

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} {self._origin}")

    def _said(self) -> str:
        """What `repr` says of it behind its name."""
        return ""

    def __repr__(self) -> str:
        try:
            said = self._said()
        except ClosedError:
            said = ", closed"
        except WasmTypeError:
            said = ", never made"
        return f"<{type(self).__name__}{said}>"


class StoreItem(Handle):
    """What belongs to a store. `repr` says which one, and the type, if the store can be asked without a wait."""

    __slots__ = ()

    def _said(self) -> str:
        number = store_number(self)
        if number is None:
            raise wrong_type("it was never made")
        store = stores.get(number)
        if store is None or store.closed:
            return f" of store {number}{'' if store is None else ', closed'}"
        return f"{self._type_in(store)} of store {number}"

    def _type_in(self, store: Any) -> str:
        """The type behind a space; nothing where another thread is in the store."""
        item: Any = self
        try:
            return f" {plain(str(item.type(store)))}" if hasattr(item, "type") and store._is_free() else ""
        except WasmtimeError:
            return ""
