"""The way to the generated module: every call passes here, and every error becomes a public one."""

from __future__ import annotations

import ctypes
import math
import operator
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeAlias, TypeVar, cast

from . import _bindings, trap
from ._native import take_thrown
from .error import WasmtimeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    BytesLike: TypeAlias = Buffer
else:
    # Whatever has the buffer protocol; before Python 3.12 there is no name for it.
    BytesLike = bytes | bytearray | memoryview

P = ParamSpec("P")
T = TypeVar("T")

# The generated class is made in two steps, which type checkers do not follow.
_raw_error: type[Exception] = cast(Any, _bindings.WasmtimeError)
_generated: Any = _bindings
_Stream = _generated._UniffiRustBufferStream
NotFound: type[Exception] = cast(Any, _raw_error).NotFound
"""The core's own error of that name. What a host function raises is none, whatever it is."""
_failures = (_raw_error, _bindings.InternalError)
_kinds = {kind.variant: kind for kind in WasmtimeError.__subclasses__()}

_I64 = 1 << 63
_LONGEST = (1 << 31) - 1
_SHOWN = 128


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls the core; what it fails with is raised as an error of this package, or as what a host function raised."""
    try:
        return function(*args, **kwargs)
    except _failures as raw:
        raised = _raised(raw)
    except ctypes.ArgumentError as error:
        # The generated code passes what `ctypes` takes; only the end of the stack keeps that from being looked at.
        raised = RecursionError(str(error))
    # Outside the handler, so that a traceback does not show generated code.
    try:
        throw(raised)
    finally:
        # The error knows this frame: it must not know the error, or neither is freed at once.
        del raised


def throw(error: BaseException) -> NoReturn:
    """Raises an error. What a host function raised keeps its context, which `raise` would replace."""
    context = error.__context__
    try:
        raise error
    finally:
        if context is not None:
            error.__context__ = context
        del error, context


def lane_error(data: bytes, sentence: str) -> BaseException:
    """An error of the lane, in the form that it has on the surface, and the core's sentence for it."""
    return _raised(_generated._UniffiFfiConverterTypeWasmtimeError.read(_Stream(data, len(data))), sentence)


def failure(variant: str, **fields: Any) -> WasmtimeError:
    """An error of the core, with the core's own sentence."""
    return _translate(getattr(_raw_error, variant)(**fields))


def wrong_type(reason: str) -> WasmtimeError:
    """The error for a value of the wrong type."""
    return failure("Type", reason=reason)


def out_of_range(reason: str) -> WasmtimeError:
    """The error for a number that does not fit."""
    return failure("Range", reason=reason)


def _raised(raw: Exception, sentence: str | None = None) -> BaseException:
    """The error for a failure of the core. Where a host function failed, it is the very object that it raised."""
    number = getattr(raw, "thrown", None)
    thrown = None if number is None else take_thrown(number)
    return _translate(raw, sentence) if thrown is None else thrown


def _translate(raw: Exception, sentence: str | None = None) -> WasmtimeError:
    if not isinstance(raw, _raw_error):
        return failure("Unexpected", reason=str(raw))
    text = cast(Any, raw).text() if sentence is None else sentence
    kind = _kinds[type(raw).__name__]
    if kind is trap.Trap and (cause := cast(Any, raw).interruption) is not None:
        kind = trap.kind(cause.value)
    raised = kind(text)
    vars(raised).update(vars(raw))
    # What was thrown has been taken, or is no exception of Python.
    vars(raised).pop("thrown", None)
    if isinstance(raised, trap.Trap):
        raised.adopt()
    return raised


def integer(value: object, what: str) -> int:
    """A whole number for the core, which checks the sign itself."""
    return _whole(value, what, -_I64, _I64, "2^63")


def natural(value: object, what: str) -> int:
    """A whole number from 0 to 2^64 - 1."""
    return _whole(value, what, 0, 2 * _I64, "2^64")


def _whole(value: object, what: str, low: int, end: int, word: str) -> int:
    number = index(value, what)
    if number < low:
        raise out_of_range(f"{what} is {number}: expected 0 or more")
    if number >= end:
        raise out_of_range(f"{what} is {number}: expected less than {word}")
    return number


def index(value: object, what: str) -> int:
    """A whole number of any size. A bool is none."""
    if not isinstance(value, bool):
        try:
            return operator.index(cast(Any, value))
        except TypeError:
            pass
    raise wrong_type(f"{what} is {article(value)}: expected an int")


def within(value: object, what: str, kind: str, low: int, high: int) -> int:
    """A whole number that a type of WebAssembly holds."""
    number = index(value, what)
    if not low <= number <= high:
        raise out_of_range(f"{what} is {number}: expected {indefinite(kind)}, from {low} to {high}")
    return number


def milliseconds(timeout: object, what: str = "the timeout") -> int | None:
    """A time in seconds for the core, rounded up so that no wait is too short; `None` is for ever."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise wrong_type(f"{what} is {article(timeout)}: expected seconds, as an int or a float")
    if not 0 <= timeout < 1e15:
        raise out_of_range(f"{what} is {timeout}: expected 0 or more seconds, below 10^15, or None for ever")
    return math.ceil(timeout * 1000)


def text(value: object, what: str) -> str:
    """A text that can be written as UTF-8."""
    string = expect(value, str, what)
    try:
        string.encode()
    except UnicodeEncodeError:
        raise wrong_type(f"{what} holds half of a surrogate pair: expected Unicode text") from None
    return string


def file_name(value: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    """The path of a file as text."""
    try:
        name = os.fsdecode(value)
    except TypeError:
        raise wrong_type(f"the path is {article(value)}: expected a str, bytes or a Path") from None
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


def expect(value: object, kind: type[T], what: str) -> T:
    """The value, if it is of that kind."""
    if not isinstance(value, kind):
        raise wrong_type(f"{what} is {article(value)}: expected {indefinite(kind.__name__)}")
    return value


def article(value: object) -> str:
    """The type of a value with its article, for messages."""
    return "None" if value is None else indefinite(type(value).__name__)


def indefinite(name: str) -> str:
    """A name with its article."""
    # The types of floats are read letter by letter: an f64.
    vowel = name[:1].lower() in "aeio" or name in ("f32", "f64")
    return f"{'an' if vowel else 'a'} {name}"


def plain(name: str) -> str:
    """A name that a guest chose, as it is shown: without control characters, and as far as its first letters."""
    short = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
    return short if short.isprintable() else repr(short)[1:-1]
