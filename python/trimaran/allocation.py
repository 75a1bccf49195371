"""Where the memory of instances comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ._ffi import out_of_range, wrong_type
from ._native import article
from ._numeric_record import NumericRecord

if TYPE_CHECKING:
    from typing import Self, TypedDict, Unpack

    class PoolingChanges(TypedDict, total=False):
        """The fields of `PoolingConfig`, any of them."""

        total_core_instances: int | None
        total_memories: int | None
        total_tables: int | None
        total_gc_heaps: int | None
        max_core_instance_size: int | None
        max_memories_per_module: int | None
        max_tables_per_module: int | None
        max_memory_size: int | None
        table_elements: int | None
        max_unused_warm_slots: int | None
        linear_memory_keep_resident: int | None
        table_keep_resident: int | None


class Allocation(StrEnum):
    """Where instances get their memory from."""

    ON_DEMAND = "on_demand"
    """From the system, when they are made."""
    POOLING = "pooling"
    """From a pool that the engine reserves when it is made: a `PoolingConfig` says how large it is."""


class PoolingConfig(NumericRecord):
    """A pool of memory for instances, which makes instantiating fast and limits what all of an engine's stores have.

    What is `None` keeps the default of wasmtime. Sizes are in bytes.
    """

    # The core counts these with 32 bits.
    _narrow = frozenset(
        {
            "total_core_instances",
            "total_memories",
            "total_tables",
            "total_gc_heaps",
            "max_memories_per_module",
            "max_tables_per_module",
            "max_unused_warm_slots",
        }
    )
    __slots__ = (
        "total_core_instances",
        "total_memories",
        "total_tables",
        "total_gc_heaps",
        "max_core_instance_size",
        "max_memories_per_module",
        "max_tables_per_module",
        "max_memory_size",
        "table_elements",
        "max_unused_warm_slots",
        "linear_memory_keep_resident",
        "table_keep_resident",
    )
    total_core_instances: int | None
    """How many instances there may be at once."""
    total_memories: int | None
    """How many memories there may be at once."""
    total_tables: int | None
    """How many tables there may be at once."""
    total_gc_heaps: int | None
    """How many stores with garbage-collected values there may be at once."""
    max_core_instance_size: int | None
    """What an instance needs at most for itself, in bytes."""
    max_memories_per_module: int | None
    """How many memories a module may define."""
    max_tables_per_module: int | None
    """How many tables a module may define."""
    max_memory_size: int | None
    """The greatest size of a memory, in bytes."""
    table_elements: int | None
    """The greatest size of a table, in elements."""
    max_unused_warm_slots: int | None
    """How many places that are not in use stay ready for the module that had them."""
    linear_memory_keep_resident: int | None
    """How many bytes of a memory stay with the process when its instance goes."""
    table_keep_resident: int | None
    """How many bytes of a table stay with the process when its instance goes."""

    def __init__(
        self,
        *,
        total_core_instances: int | None = None,
        total_memories: int | None = None,
        total_tables: int | None = None,
        total_gc_heaps: int | None = None,
        max_core_instance_size: int | None = None,
        max_memories_per_module: int | None = None,
        max_tables_per_module: int | None = None,
        max_memory_size: int | None = None,
        table_elements: int | None = None,
        max_unused_warm_slots: int | None = None,
        linear_memory_keep_resident: int | None = None,
        table_keep_resident: int | None = None,
    ) -> None:
        """A pool; each number is 0 or more."""
        self._take(locals())

    def replace(self, **changes: Unpack[PoolingChanges]) -> Self:
        """The same pool, except for `changes`, as in `pool.replace(total_memories=10)`. `copy.replace` does the same.

        Raises as the constructor does.
        """
        return self._replaced(changes)

    __replace__ = replace


def as_allocation(value: object, name: str) -> Allocation | PoolingConfig:
    """What a configuration may have for it."""
    if isinstance(value, PoolingConfig):
        return value
    if not isinstance(value, str):
        raise wrong_type(f"{name} is {article(value)}: expected a PoolingConfig or a str")
    try:
        word = Allocation(value)
    except ValueError:
        raise out_of_range(f"{name} is {value!r}: expected one of {', '.join(Allocation)}") from None
    return PoolingConfig() if word is Allocation.POOLING else word


def raw_allocation(value: Allocation | PoolingConfig) -> Any:
    """The same for the core."""
    return ("POOLING", value._to_raw()) if isinstance(value, PoolingConfig) else ("ON_DEMAND",)


def allocation_of(value: Any) -> Allocation | PoolingConfig:
    """The same from the core."""
    return PoolingConfig._from_raw(value[1]) if value[0] == "POOLING" else Allocation.ON_DEMAND
