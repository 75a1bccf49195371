"""What all of the package share: errors of the core, and what becomes of arguments on their way there."""

from __future__ import annotations

import math
import operator
import os
import sys
from collections.abc import Iterable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar, cast

from . import _native, trap
from ._native import article, indefinite, take_thrown, text
from .error import WasmtimeError, io_error

if TYPE_CHECKING:
    from typing_extensions import Buffer

    BytesLike: TypeAlias = Buffer
else:
    # Whatever has the buffer protocol; before Python 3.12 there is no name for it.
    BytesLike = bytes | bytearray | memoryview

T = TypeVar("T")

_kinds = {kind.variant: kind for kind in WasmtimeError.__subclasses__()}

_LONGEST = (1 << 31) - 1
# What Python writes for a byte of the system's that is no UTF-8.
_NO_UTF8 = {chr(0xDC00 + octet) for octet in range(0x80, 0x100)}
_SHOWN = 128


def raised(variant: str, sentence: str | None, fields: dict[str, Any]) -> BaseException:
    """The error for a failure of the core. Where a host function failed, it is the very object that it raised."""
    if variant == "Host":
        number, frames = fields.pop("thrown"), fields.pop("frames")
        thrown = None if number is None else take_thrown(number)
        if thrown is not None:
            if frames:
                trap.note_calls(thrown, frames)
            return thrown
        fields["frames"] = trap.seen(frames)
    if variant == "Io":
        return io_error(sentence or "", fields)
    kind = trap.adopted(fields) if variant == "Trap" else _kinds[variant]
    # No constructor has anything to add.
    made = kind.__new__(kind)
    made.args, made.__dict__ = () if sentence is None else (sentence,), fields
    return made


def throw(error: BaseException) -> NoReturn:
    """Raises an error. What a host function raised keeps its context, which `raise` would replace."""
    context = error.__context__
    try:
        raise error
    finally:
        if context is not None:
            error.__context__ = context
        del error, context


def failure(variant: str, **fields: Any) -> WasmtimeError:
    """An error of the core, with the core's own sentence."""
    return cast(WasmtimeError, _native.failure(variant, fields))


def wrong_type(reason: str) -> WasmtimeError:
    """The error for a value of the wrong type."""
    return failure("Type", reason=reason)


def out_of_range(reason: str) -> WasmtimeError:
    """The error for a number that does not fit."""
    return failure("Range", reason=reason)


def milliseconds(timeout: object, what: str = "the timeout") -> int | None:
    """A time in seconds for the core, rounded up so that no wait is too short; `None` is for ever."""
    if timeout is None:
        return None
    seconds = _seconds(timeout)
    if seconds is None:
        raise wrong_type(f"{what} is {article(timeout)}: expected seconds, as an int or a float")
    if not 0 <= seconds < 1e15:
        said = shown(seconds) if isinstance(seconds, int) else seconds
        raise out_of_range(f"{what} is {said}: expected 0 or more seconds, below 10^15, or None for ever")
    return math.ceil(seconds * 1000)


def _seconds(value: object) -> int | float | None:
    """A number of any kind, such as one of NumPy's. A bool is none."""
    if isinstance(value, bool):
        return None
    for convert in (operator.index, _real):
        try:
            return convert(cast(Any, value))
        except TypeError:
            continue
        except OverflowError:
            # A fraction may be larger than every float.
            return math.inf
    return None


def _real(value: Any) -> float:
    if not hasattr(value, "__float__"):
        # Text is no number, although it can be read as one.
        raise TypeError
    return float(value)


def shown(number: int) -> str:
    """A number as a sentence shows it. Python refuses to write one of thousands of digits."""
    bits = number.bit_length()
    return str(number) if bits <= 256 else f"an int of {bits} bits"


def file_name(value: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    """The path of a file as text."""
    try:
        name = os.fsdecode(value)
    except TypeError:
        raise wrong_type(f"the path is {article(value)}: expected a str, bytes or a Path") from None
    try:
        name.encode()
    except UnicodeEncodeError as error:
        if error.object[error.start] in _NO_UTF8:
            reason = f"the path {os.fsencode(name)!r} is not UTF-8: rename it, or use the directory that it is in"
            raise wrong_type(reason) from None
    return text(name, "the path")


def contents(data: object, what: str) -> bytes:
    """The bytes of anything that has bytes: `bytes`, `bytearray`, `memoryview`, arrays."""
    octets = _octets(data)
    if octets is None:
        raise wrong_type(f"{what} is {article(data)}: expected bytes or another bytes-like object")
    if len(octets) > _LONGEST:
        reason = f"{what} has {len(octets)} bytes: expected at most {_LONGEST}; pass it in parts"
        raise failure("Limit", reason=reason)
    return octets


def _octets(data: object) -> bytes | None:
    if type(data) is bytes:
        return data
    if isinstance(data, (int, str)):
        return None
    try:
        return memoryview(cast(Any, data)).tobytes()
    except TypeError:
        pass
    # An integer of any kind would be taken for a length.
    if hasattr(data, "__index__"):
        return None
    # wasmtime-py takes any sequence of integers.
    try:
        return bytes(cast(Iterable[int], data))
    except (TypeError, ValueError):
        return None


def source(wasm: object, what: str) -> bytes:
    """A module in the binary format, or in the text format as `str` or in UTF-8."""
    return text(wasm, what).encode() if isinstance(wasm, str) else contents(wasm, what)


def unawaited(value: Any) -> str:
    """What is wrong with a coroutine, a task or a future that a host function gave."""
    if isinstance(value, CoroutineType):
        # It never runs.
        value.close()
    return (
        f"the host function gave {article(value)}, and nothing awaits it: define it with `async def`, or run the "
        "coroutine in it, as with `asyncio.run`"
    )


def expect(value: object, kind: type[T], what: str) -> T:
    """The value, if it is of that kind. A truth value of NumPy's is a bool."""
    if not isinstance(value, kind):
        if kind is bool and _is_numpy_bool(value):
            return cast(T, bool(value))
        raise wrong_type(f"{what} is {article(value)}: expected {indefinite(kind.__name__)}")
    return value


def _is_numpy_bool(value: Any) -> bool:
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.bool_)


def plain(name: str) -> str:
    """A name that a guest chose, as it is shown: without control characters, and as far as its first letters."""
    short = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
    return short if short.isprintable() else repr(short)[1:-1]
