"""What all objects of the core have in common here."""

from __future__ import annotations

from ._ffi import wrong_type
from ._identity import Identity
from ._native import indefinite
from .error import ClosedError, WasmTypeError


class Handle(Identity):
    """An object of the core. The extension module has the other base of its class, which holds it."""

    __slots__ = ()

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes out of a guest: it cannot be made here")

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
