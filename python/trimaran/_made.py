"""What is of no use before its constructor has run."""

from __future__ import annotations

from collections.abc import Iterable
from types import MemberDescriptorType
from typing import Any, ClassVar


def shown(kind: type, names: Iterable[str]) -> list[str]:
    """The names that `dir` gives of an object of that class: without those that are this package's own business."""
    ours = [base for base in kind.__mro__ if base.__module__.partition(".")[0] == __package__]
    private = {name for base in ours for name in vars(base) if name.startswith("_") and not name.endswith("__")}
    return [name for name in names if name not in private]


class Made:
    """Says so where something of it is used that no constructor has filled.

    `object.__new__` makes such objects, and a subclass whose constructor forgets about that of its base.
    """

    __slots__ = ()
    # How to make one.
    _making: ClassVar[str] = "call its constructor, and in a subclass super().__init__()"

    def __dir__(self) -> list[str]:
        return shown(type(self), super().__dir__())

    def _once(self, slot: str) -> None:
        """Refuses an object that its constructor has filled already."""
        try:
            object.__getattribute__(self, slot)
        except AttributeError:
            return
        from ._native import made_already

        raise made_already()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        # Only where there may be an empty slot of ours: Python looks up each method of a class with `__getattr__` the
        # slow way. A type checker would take every name for one that is there.
        if cls.__module__.partition(".")[0] == __package__ and set(vars(cls).get("__slots__", ())) - {"__weakref__"}:
            setattr(cls, "__getattr__", _absent)  # noqa: B010


def _absent(made: Made, name: str) -> Any:
    """What is not there. Our own slots are empty where no constructor has filled them."""
    slot = getattr(type(made), name, None)
    if isinstance(slot, MemberDescriptorType) and slot.__objclass__.__module__.startswith(f"{__package__}."):
        # The extension module needs this one.
        from ._native import never_made

        raise never_made(type(made).__name__, made._making)
    # As Python itself words it.
    raise AttributeError(f"{type(made).__name__!r} object has no attribute {name!r}", name=name, obj=made)
