"""Where the memory of instances comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ._ffi import out_of_range, wrong_type
from ._limits import PoolingConfig
from ._native import article


class Allocation(StrEnum):
    """Where instances get their memory from."""

    ON_DEMAND = "on_demand"
    """From the system, when they are made."""
    POOLING = "pooling"
    """From a pool that the engine reserves when it is made: a `PoolingConfig` says how large it is."""


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
