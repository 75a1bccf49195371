"""The one error model: the same misuse is the same error in every language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from ._closable import Managed

if TYPE_CHECKING:
    from .trap import Frame

# What an error keeps for itself.
_PRIVATE = {"_frames", "_raw"}


class WasmtimeError(Exception, Managed):
    """Everything that can go wrong; its subclasses say what went wrong.

    `str()` is the sentence for a person: what was wrong, what was expected, what to do. It is the same in every
    language. Subclasses also have the natural base of Python, so that `except IndexError` finds what it should.
    """

    variant: ClassVar[str] = ""
    """The name of the error in every language, such as `"Bounds"`."""
    row: int | None = None
    """The row that failed, counted from 0, where `Func.map` raised it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)

    @property
    def message(self) -> str:
        """The sentence, as `str()` gives it."""
        return str(self.args[0]) if self.args else ""

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in _PRIVATE]

    def __str__(self) -> str:
        # A KeyError would put it in quotes.
        return self.message


class CompileError(WasmtimeError, ValueError):
    """Bytes are not a WebAssembly module, are truncated, or do not validate."""

    variant = "Compile"
    reason: str = ""
    """The file, if the module came from one, and what is wrong with the module, and where."""


class WatSyntaxError(WasmtimeError, ValueError):
    """Text is not the WebAssembly text format."""

    variant = "Syntax"
    reason: str = ""
    """The file, if the text came from one, and what the parser expected."""
    line: int = 0
    """The line of the mistake, counted from 1."""
    column: int = 0
    """The column of the mistake, counted from 1, in bytes."""
    excerpt: str = ""
    """The line of the mistake, and a caret below the place. Of a long line it is the part around that."""


class LinkError(WasmtimeError):
    """An import is missing, superfluous, or of another type than the module declares."""

    variant = "Link"
    reason: str = ""
    """What the module wants and what it was given."""
    module: str = ""
    """The module part of the import's name; empty where no single import is at fault."""
    name: str = ""
    """The field part of the import's name; empty where no single import is at fault."""


class ExitTrap(WasmtimeError):
    """The guest ended itself with an exit status."""

    variant = "Exit"
    status: int = 0
    """The status; zero is success."""

    @property
    def code(self) -> int:
        """The status, by the name that wasmtime-py gives it."""
        return self.status


class HostError(WasmtimeError):
    """A host function failed with something that is no exception of Python."""

    variant = "Host"
    reason: str = ""
    """What the host function said."""
    frames: list[Frame] = []  # noqa: RUF012
    """The call stack of the guest that called the host function, innermost first."""


class WasmTypeError(WasmtimeError, TypeError):
    """A value has the wrong type, or there are too many or too few."""

    variant = "Type"
    reason: str = ""
    """What was given and what was expected."""


class RangeError(WasmtimeError, ValueError, IndexError):
    """A number is outside what its type or its place allows, such as an index outside its table."""

    variant = "Range"
    reason: str = ""
    """The number, and what was expected."""


class BoundsError(WasmtimeError, IndexError):
    """A range of bytes is not inside the memory. Nothing was read or written."""

    variant = "Bounds"
    offset: int = 0
    """Where the range begins, in bytes."""
    length: int = 0
    """How long it is, in bytes."""
    size: int = 0
    """How much there is, in bytes."""


class EncodingError(WasmtimeError, ValueError):
    """Bytes are not text in UTF-8, or have no terminator."""

    variant = "Encoding"
    reason: str = ""
    """What is wrong."""
    offset: int = 0
    """Where in memory, in bytes."""


class LimitError(WasmtimeError):
    """A limit was reached: the maximum of a memory or table, the store's limits, the address space."""

    variant = "Limit"
    reason: str = ""
    """The limit, the number that was asked for, and the number that is permitted."""


class NotFoundError(WasmtimeError, KeyError):
    """There is no export of that name."""

    variant = "NotFound"
    name: str = ""
    """The name that was asked for."""
    reason: str = ""
    """The name, and the names that exist."""


class ClosedError(WasmtimeError, ValueError):
    """An object was used after it was closed."""

    variant = "Closed"
    what: str = ""
    """What kind of object."""


class WrongStoreError(WasmtimeError, ValueError):
    """An object was used with another store than the one that it belongs to."""

    variant = "WrongStore"
    what: str = ""
    """What kind of object."""


class WrongEngineError(WasmtimeError, ValueError):
    """An object was used with another engine than the one that it belongs to."""

    variant = "WrongEngine"
    what: str = ""
    """What kind of object."""


class EscapedError(WasmtimeError, ValueError):
    """A `Caller` was kept past the host call that it was given to, or used on another thread."""

    variant = "Escaped"


class PoisonedError(WasmtimeError, RuntimeError):
    """A guest of the store has trapped, or was ended otherwise: no component of that store can be entered any more."""

    variant = "Poisoned"


class BusyError(WasmtimeError, RuntimeError):
    """The store is in use further up this thread's stack."""

    variant = "Busy"
    reason: str = ""
    """Who uses it."""


class SuspendError(WasmtimeError, RuntimeError):
    """A guest called an async host function where it cannot wait.

    That is in a synchronous call, or below a host function that is not async.
    """

    variant = "Suspend"
    reason: str = ""
    """Which function, if a linker defines it, and what to do instead."""


class ConfigError(WasmtimeError, ValueError):
    """An engine cannot be made from this configuration."""

    variant = "Config"
    reason: str = ""
    """Which setting, and why not."""


class ArtifactError(WasmtimeError, ValueError):
    """A compiled artifact is damaged, or was made by another version or for another configuration."""

    variant = "Artifact"
    reason: str = ""
    """What does not fit."""


class IoError(WasmtimeError, OSError):
    """A file could not be read or written.

    It is also the kind of `OSError` that the system's error is, such as `FileNotFoundError` or `PermissionError`, with
    its `errno`, `strerror` and `filename`.
    """

    variant = "Io"
    path: str = ""
    """The file."""
    reason: str = ""
    """What the system said."""
    code: int | None = None
    """The system's number for it; `None` where the failure is not the system's. On Windows, `errno` is another one."""

    def __reduce__(self) -> str | tuple[Any, ...]:
        return io_error, (self.message, self.__dict__)


_IO_KINDS: dict[type[OSError], type[IoError]] = {
    OSError: IoError,
    **{
        # They differ in their base alone, and `__reduce__` finds the right one again.
        kind: type(IoError.__name__, (IoError, kind), {"__module__": IoError.__module__, "__doc__": IoError.__doc__})
        for kind in (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
    },
}


def io_error(sentence: str, fields: dict[str, Any]) -> IoError:
    """The error for a file, with these fields, of the kind that Python has for the system's number."""
    code, reason, path = fields.get("code"), fields.get("reason"), fields.get("path")
    if code is None:
        found = OSError()
    elif sys.platform == "win32":
        found = OSError(0, reason, path, code)
    else:
        found = OSError(code, reason, path)
    kind = _IO_KINDS.get(type(found), IoError)
    made = kind.__new__(kind)
    made.args, made.__dict__ = (sentence,), dict(fields)
    made.errno, made.strerror, made.filename = found.errno, reason, path
    return made


class UnsupportedError(WasmtimeError, NotImplementedError):
    """It is specified, but not available in this build or on this machine."""

    variant = "Unsupported"
    reason: str = ""
    """What, and what to use instead."""


class UnexpectedError(WasmtimeError, RuntimeError):
    """A mistake of this library: please report it."""

    variant = "Unexpected"
    reason: str = ""
    """What is known about it."""
