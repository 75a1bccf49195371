"""Traps: why a guest stopped, and where."""

from __future__ import annotations

import os
from enum import Enum
from typing import Any, cast

from . import _native
from ._record import Record
from .error import WasmtimeError

_ARGS = BaseException.__dict__["args"]


class TrapCode(Enum):
    """Why a guest trapped. Names and numbers are those of wasmtime."""

    STACK_OVERFLOW = 0
    """The call stack is exhausted."""
    MEMORY_OUT_OF_BOUNDS = 1
    """An access outside a linear memory."""
    HEAP_MISALIGNED = 2
    """An atomic access whose address is not a multiple of its width."""
    TABLE_OUT_OF_BOUNDS = 3
    """An access outside a table."""
    INDIRECT_CALL_TO_NULL = 4
    """An indirect call to a null table element."""
    BAD_SIGNATURE = 5
    """An indirect call to a function of another type."""
    INTEGER_OVERFLOW = 6
    """An integer operation overflowed."""
    INTEGER_DIVISION_BY_ZERO = 7
    """An integer was divided by zero."""
    BAD_CONVERSION_TO_INTEGER = 8
    """A float that no integer can hold was converted to one."""
    UNREACHABLE = 9
    """An `unreachable` instruction was executed."""
    INTERRUPT = 10
    """The guest was interrupted: by a time limit, a handle, or an epoch deadline. `Trap.interruption` says which."""
    OUT_OF_FUEL = 11
    """All fuel is used up."""
    ATOMIC_WAIT_NON_SHARED_MEMORY = 12
    """An atomic wait on a memory that is not shared."""
    NULL_REFERENCE = 13
    """A null reference was used."""
    ARRAY_OUT_OF_BOUNDS = 14
    """An access outside an array."""
    ALLOCATION_TOO_LARGE = 15
    """An allocation that can never succeed."""
    CAST_FAILURE = 16
    """A reference was cast to a type that it does not have."""
    CANNOT_ENTER_COMPONENT = 17
    """A component was entered against the rules of reentrance."""
    NO_ASYNC_RESULT = 18
    """An async-lifted export ended without a result."""
    UNHANDLED_TAG = 19
    """A suspension met no handler for its tag."""
    CONTINUATION_ALREADY_CONSUMED = 20
    """A continuation was resumed twice."""
    DISABLED_OPCODE = 21
    """The Pulley interpreter met an opcode that was disabled at compile time."""
    ASYNC_DEADLOCK = 22
    """The event loop can make no progress."""
    CANNOT_LEAVE_COMPONENT = 23
    """A component called out when it may not."""
    CANNOT_BLOCK_SYNC_TASK = 24
    """A synchronous task would have blocked before it returned."""
    INVALID_CHAR = 25
    """A bit pattern that is no `char`."""
    DEBUG_ASSERT_STRING_ENCODING_FINISHED = 26
    """Wasmtime's own check: string encoding is not finished."""
    DEBUG_ASSERT_EQUAL_CODE_UNITS = 27
    """Wasmtime's own check: code units differ."""
    DEBUG_ASSERT_POINTER_ALIGNED = 28
    """Wasmtime's own check: a pointer is not aligned."""
    DEBUG_ASSERT_UPPER_BITS_UNSET = 29
    """Wasmtime's own check: upper bits are set."""
    STRING_OUT_OF_BOUNDS = 30
    """A string reaches past the end of its memory."""
    LIST_OUT_OF_BOUNDS = 31
    """A list reaches past the end of its memory."""
    INVALID_DISCRIMINANT = 32
    """A variant has an invalid discriminant."""
    UNALIGNED_POINTER = 33
    """A pointer is not aligned."""
    TASK_CANCEL_NOT_CANCELLED = 34
    """`task.cancel` by a task that was not cancelled."""
    TASK_CANCEL_OR_RETURN_TWICE = 35
    """`task.cancel` or `task.return` more than once."""
    SUBTASK_CANCEL_AFTER_TERMINAL = 36
    """`subtask.cancel` after the subtask ended."""
    TASK_RETURN_INVALID = 37
    """`task.return` with another type."""
    WAITABLE_SET_DROP_HAS_WAITERS = 38
    """`waitable-set.drop` while something waits."""
    SUBTASK_DROP_NOT_RESOLVED = 39
    """`subtask.drop` before the subtask ended."""
    THREAD_NEW_INDIRECT_INVALID_TYPE = 40
    """`thread.new-indirect` with a function of another type."""
    THREAD_NEW_INDIRECT_UNINITIALIZED = 41
    """`thread.new-indirect` with an uninitialised function."""
    BACKPRESSURE_OVERFLOW = 42
    """A backpressure counter overflowed."""
    UNSUPPORTED_CALLBACK_CODE = 43
    """A callback returned an unknown code."""
    CANNOT_RESUME_THREAD = 44
    """A thread was resumed that is not suspended."""
    CONCURRENT_FUTURE_STREAM_OP = 45
    """A future or stream is in use already."""
    REFERENCE_COUNT_OVERFLOW = 46
    """A reference count overflowed."""
    STREAM_OP_TOO_BIG = 47
    """A stream was read or written with too large a count."""
    WAITABLE_SYNC_AND_ASYNC = 48
    """A waitable was used synchronously and asynchronously."""
    UNCAUGHT_EXCEPTION = 49
    """An exception was thrown and nobody caught it."""


class Interruption(Enum):
    """What interrupted a guest, on a `Trap` with the code `TrapCode.INTERRUPT`.

    Ctrl-C is none of them: it comes out as the `KeyboardInterrupt` that its handler raises.
    """

    TIME_LIMIT = 0
    """The time of `Store.set_timeout` or `Store.deadline` is over: the trap is a `TimeLimitTrap`."""
    HANDLE = 1
    """An `InterruptHandle` was used."""
    EPOCH = 2
    """The engine's epoch has passed the deadline of `Store.set_epoch_deadline`."""


class FrameSymbol(Record):
    """A function of a guest's source that was running, and where in its file."""

    __slots__ = ("name", "file", "line", "column")
    name: str | None
    """The function's name in the source, as `Frame.func_name` shows names; `None` where the module does not say it."""
    file: str | None
    """The path of the file, as the compiler knew it: up to 2,048 bytes of UTF-8; `…` stands for the rest."""
    line: int | None
    """The line, counted from 1."""
    column: int | None
    """The column, counted from 1, in bytes."""

    def __init__(self, name: str | None, file: str | None, line: int | None, column: int | None) -> None:
        """A function of that name, at that place."""
        self._set(name=name, file=file, line=line, column=column)

    def __str__(self) -> str:
        return _native.shown("FrameSymbol", self._values())


class Frame(Record):
    """One call of a guest's call stack. `str()` is the function, where in the module, and where in the source."""

    __slots__ = ("func_index", "func_name", "module_name", "func_offset", "module_offset", "symbols")
    func_index: int
    """The function's index in its module."""
    func_name: str | None
    """The function's name, from the module's name section, or else one that it is exported by: demangled, where it is a
    mangled one of ordinary size, and otherwise as it is, up to 2,048 bytes of UTF-8; `…` stands for the rest."""
    module_name: str | None
    """The module's name, from its name section, up to 2,048 bytes in the same way."""
    func_offset: int | None
    """Where it stopped, in bytes from the start of the function's body."""
    module_offset: int | None
    """Where it stopped, in bytes from the start of the module."""
    symbols: tuple[FrameSymbol, ...]
    """Where in the source that is. Functions that the compiler has inlined into each other stand one behind the other,
    the innermost first. Empty where the module does not say it."""

    def __init__(
        self,
        func_index: int,
        func_name: str | None,
        module_name: str | None,
        func_offset: int | None,
        module_offset: int | None,
        symbols: tuple[FrameSymbol, ...] = (),
    ) -> None:
        """A call of the function of that index."""
        self._set(
            func_index=func_index,
            func_name=func_name,
            module_name=module_name,
            func_offset=func_offset,
            module_offset=module_offset,
            symbols=tuple(symbols),
        )

    @property
    def file(self) -> str | None:
        """The path of the source file, where it is known: that of the innermost of `symbols`."""
        return self.symbols[0].file if self.symbols else None

    @property
    def line(self) -> int | None:
        """The line in that file, counted from 1."""
        return self.symbols[0].line if self.symbols else None

    @property
    def column(self) -> int | None:
        """The column in that line, counted from 1, in bytes."""
        return self.symbols[0].column if self.symbols else None

    def __str__(self) -> str:
        return _native.shown("Frame", (*self._raw(), None, None))

    def _raw(self) -> tuple[Any, ...]:
        """The fields as the core has them, but for what knows the symbols."""
        *fields, symbols = self._values()
        return *fields, list(symbols)

    def __repr__(self) -> str:
        # That module needs this one.
        from ._ffi import plain

        shown = (plain(value) if isinstance(value, str) else value for value in self._values())
        fields = zip(self._fields(), shown, strict=True)
        return f"Frame({', '.join(f'{name}={value!r}' for name, value in fields)})"


class Trap(WasmtimeError):
    """The guest trapped (WebAssembly core specification, section 4.1).

    `str()` is why, and every call of the guest's call stack, with the file and the line where the module says them.
    """

    variant = "Trap"
    code: TrapCode | None = None
    """Why; `None` for a trap that has no code."""
    reason: str = ""
    """The trap's own words."""
    interruption: Interruption | None = None
    """What interrupted the guest, where the code is `TrapCode.INTERRUPT`; `None` for every other trap."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.reason = message

    @property
    def args(self) -> tuple[Any, ...]:
        """The sentence, as for every exception."""
        # Most traps are caught without a look at them, and a sentence has the lines of the guest's source.
        told: tuple[Any, ...] = _ARGS.__get__(self)
        raw = vars(self).get("_raw")
        if raw is not None and not told:
            fields = {"code": None, "reason": self.reason, "interruption": None, "frames": raw}
            told = (_native.sentence("Trap", fields),)
            _ARGS.__set__(self, told)
        return told

    @args.setter
    def args(self, args: tuple[Any, ...]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        _ARGS.__set__(self, args)

    @property
    def frames(self) -> list[Frame]:
        """The guest's call stack, innermost first."""
        # A subclass may forget about the constructor.
        known = vars(self)
        if "_frames" not in known:
            known["_frames"] = seen(known.get("_raw") or [])
        return cast("list[Frame]", known["_frames"])

    @frames.setter
    def frames(self, frames: list[Frame]) -> None:
        self._frames = frames

    @property
    def trap_code(self) -> TrapCode | None:
        """The code, by the name that wasmtime-py gives it."""
        return self.code

    def coredump(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
        """Writes the store as it is now to a file, as a core dump (WebAssembly tool conventions, `Coredump.md`).

        That has the guest's calls, and the memories and globals of all instances. Memories that are shared are left
        out, and references are null. Call it before the store is closed, and before another guest runs in it.

        Raises `ConfigError` unless `Config.coredump_on_trap` was set, `ClosedError` if the store is closed, `IoError`
        if the file cannot be written, `LimitError` if more than 390 MiB of the memories are not zero, and
        `UnsupportedError` for memories of other pages than 64 KiB and for globals that hold exceptions or
        continuations.
        """
        from ._ffi import file_name

        raw = vars(self).get("_raw")
        dump = raw[0][_DEBUG_INFO + 1] if raw else None
        if dump is None:
            _native.no_core_dump()
        else:
            dump.write(file_name(path))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.args))})"

    def __reduce__(self) -> tuple[Any, ...]:
        self.frames  # noqa: B018
        # What the core gave may know the module, and does not go along.
        return type(self), self.args, {name: value for name, value in vars(self).items() if name != "_raw"}


class TimeLimitTrap(Trap, TimeoutError):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A guest was stopped because its time was over: that of `Store.set_timeout`, or of a `Store.deadline`."""


def seen(raw: list[Any]) -> list[Frame]:
    """Frames as the core gives them, with where in the source each of them is."""
    frames: list[Frame] = []
    for *fields, symbols, debug_info, _ in raw:
        offset = fields[-1]
        known = symbols if debug_info is None or offset is None else debug_info.symbols(offset)
        frames.append(Frame(*fields, tuple(known)))  # type: ignore[call-arg]
    return frames


def adopted(fields: dict[str, Any]) -> type[Trap]:
    """The class of a trap with these fields, which become those of an object. Its frames stay what the core gives."""
    fields["_raw"] = fields.pop("frames")
    return TimeLimitTrap if fields["interruption"] is Interruption.TIME_LIMIT else Trap


class GuestCalls(str):
    """A note on an exception that has crossed a guest: that guest's calls, in lines.

    As text, those are read when somebody looks: they have the files and the lines of the guest's source.
    """

    __slots__ = ("_raw",)
    _raw: list[Any]

    def __new__(cls, raw: list[Any]) -> GuestCalls:
        """The note of these calls, as the core gives them."""
        made = super().__new__(cls, _calls([(*frame[:_DEBUG_INFO], None, None) for frame in raw]))
        made._raw = raw
        return made

    def __str__(self) -> str:
        return _calls(self._raw)

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


def _calls(raw: list[Any]) -> str:
    return _native.backtrace("Host", {"reason": "", "thrown": None, "frames": raw})


def note_calls(error: BaseException, raw: list[Any]) -> None:
    """Notes on an exception which guest it has crossed, once for each call of that guest that it has left."""
    calls = [frame[:_DEBUG_INFO] for frame in raw]
    try:
        notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, GuestCalls)]
        # An inner guest's calls have those of the guest outside of it, and one object may be raised again and again.
        known = any([frame[:_DEBUG_INFO] for frame in note._raw][-len(calls) :] == calls for note in notes)
        if not known and len(notes) < _NOTES:
            error.add_note(GuestCalls(raw))
    except Exception:
        # An exception of the program's may take no note: then it comes without.
        return


_NOTES = 16
# The place of what knows the symbols of a frame, in what the core gives.
_DEBUG_INFO = 6

CODES = {"UNREACHABLE_CODE_REACHED" if code is TrapCode.UNREACHABLE else code.name: code for code in TrapCode}
"""The codes, by the names that wasmtime gives them."""
