"""What is of no use before its constructor has run."""

from __future__ import annotations

from collections.abc import Iterable
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar


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
        from ._ffi import wrong_type

        raise wrong_type("the object is made already: make another one, and do not call its constructor again")

    if not TYPE_CHECKING:
        # A type checker would take every name for one that is there.

        def __getattr__(self, name: str) -> Any:
            # Only for what is not there. Our own slots are empty where no constructor has filled them.
            slot = getattr(type(self), name, None)
            if isinstance(slot, MemberDescriptorType) and slot.__objclass__.__module__.startswith(f"{__package__}."):
                # The errors need this module.
                from ._ffi import wrong_type

                raise wrong_type(f"the {type(self).__name__} was never made: {self._making}")
            # As Python itself words it.
            sentence = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(sentence, name=name, obj=self)
