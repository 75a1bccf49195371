"""Limits for the guests of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ._ffi import expect
from ._native import untrusted_limits
from ._numeric_record import NumericRecord

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class StoreLimitChanges(TypedDict, total=False):
        """The fields of `StoreLimits`, any of them."""

        memory_size: int | None
        table_elements: int | None
        instances: int | None
        tables: int | None
        memories: int | None
        file_descriptors: int | None
        trap_on_grow_failure: bool


class StoreLimits(NumericRecord):
    """How much the guests of a store may have, for `Store.set_limits`. `None` is no limit."""

    __slots__ = (
        "memory_size",
        "table_elements",
        "instances",
        "tables",
        "memories",
        "file_descriptors",
        "trap_on_grow_failure",
    )
    memory_size: int | None
    """The bytes of each memory."""
    table_elements: int | None
    """The elements of each table."""
    instances: int | None
    """How many instances there are."""
    tables: int | None
    """How many tables the instances define in all. Those that the host makes do not count."""
    memories: int | None
    """How many memories the instances define in all. Those that the host makes do not count."""
    file_descriptors: int | None
    """How many WASI file descriptors guests may have at a time, with the three standard streams and granted
    directories. A guest that opens one more gets the error number `mfile`."""
    trap_on_grow_failure: bool
    """Whether growth past a limit ends the guest with `LimitError`. If not, the guest gets -1."""

    def __init__(
        self,
        *,
        memory_size: int | None = None,
        table_elements: int | None = None,
        instances: int | None = None,
        tables: int | None = None,
        memories: int | None = None,
        file_descriptors: int | None = None,
        trap_on_grow_failure: bool = False,
    ) -> None:
        """Limits; each number is 0 or more."""
        self._take(locals())

    @classmethod
    def untrusted(cls, **changes: Unpack[StoreLimitChanges]) -> Self:
        """Limits for untrusted guests, except for `changes`: `StoreLimits.untrusted(memories=1)`."""
        return cls._from_raw(untrusted_limits())._replaced(changes)

    def replace(self, **changes: Unpack[StoreLimitChanges]) -> Self:
        """The same limits, except for `changes`: `limits.replace(memories=1)`. `copy.replace` does the same.

        Raises as the constructor does.
        """
        return self._replaced(changes)

    __replace__ = replace

    def _checked(self, name: str, value: object) -> int | None:
        return expect(value, bool, name) if name == "trap_on_grow_failure" else super()._checked(name, value)
