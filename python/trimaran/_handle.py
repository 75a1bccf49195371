"""What all objects of the core have in common here."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar

from ._identity import Identity
from ._surface import indefinite, wrong_type
from .error import ClosedError, WasmTypeError

Raw = TypeVar("Raw")


class _Wrapper(Identity, Generic[Raw]):
    """Holds an object of the core, so that generated code stays private."""

    __slots__ = ()
    _raw: Raw

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes out of a guest: it cannot be made here")

    @classmethod
    def _wrap(cls, raw: Raw) -> Self:
        made = cls.__new__(cls)
        made._hold(raw)
        return made

    def _hold(self, raw: Raw) -> None:
        # The slot is in the class of the object, where mypy does not look.
        self._raw = raw  # type: ignore[misc]

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


def adopt(kind: Any, handle: int) -> Any:
    """The generated object for a handle that the lane made."""
    return kind._uniffi_make_instance(handle)


def handle_of(raw: Any) -> int:
    """The handle of a generated object, which has to live for as long as the lane looks at it."""
    handle: int = raw._handle
    return handle


class Handle(_Wrapper[Raw]):
    """An object that is reached over the surface only."""

    __slots__ = ("__weakref__", "_raw")


class Laned(_Wrapper[Raw]):
    """An object with a fast lane, which is another base of its class and takes a hold of its own.

    Such a class has the slots of a `Handle`, which only one base of a class may have.
    """

    __slots__ = ()

    def _hold(self, raw: Raw) -> None:
        # First what fails where a constructor is called twice.
        self._open(handle_of(raw))
        super()._hold(raw)

    def _open(self, handle: int) -> None:
        raise NotImplementedError
