"""Values of many kinds, and the outcome of a call with them, to compare two ways of calling."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from trimaran import Val

INTS = [
    *(0, 1, -1, True, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**32, -(2**31) - 1),
    *(2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, -(2**63) - 1),
    *(2**24, 2**24 + 1, 2**53, 2**53 + 1, -(2**53) - 1),
]
FLOATS = [0.0, -0.0, 0.1, 1e300, -1e300, 5e-324, 1e-46, math.inf, -math.inf, math.nan]
OTHERS: list[Any] = [
    *(np.int32(-7), np.uint64(2**64 - 1), np.float32(0.1), np.float64(0.1), np.bool_(True)),
    *(None, "1", 1j, b"", bytes(range(16)), bytearray(16), Val.i32(3), Val.f64(0.5), [], object()),
    *(Val.null(), Val.funcref(None), Val.externref(None), Val.externref("1"), Val.anyref(None)),
]


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """What a call gives, or what it raises: the class, the sentence and all fields."""
    try:
        result: Any = call()
    except Exception as error:
        return type(error), str(error), error.__dict__
    items: list[Any] = result if isinstance(result, list) else [result]  # pyright: ignore[reportUnknownVariableType]
    # A NaN does not equal itself, and 0.0 equals -0.0: bits do.
    return tuple((type(item), struct.pack("<d", item) if isinstance(item, float) else item) for item in items)
