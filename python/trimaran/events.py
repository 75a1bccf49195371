"""What happens in an engine and in its stores, as a listener is told: see `Engine.set_listener`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from ._ffi import wrong_type
from ._native import article
from ._record import Record


class EventKind(Enum):
    """What an event is about."""

    COMPILE = 0
    """A module or a component was compiled, or was found in the cache."""
    INSTANTIATE = 1
    """An instance was made, with its start function."""
    CALL = 2
    """The host called a function of a guest, and it has returned."""
    TRAP = 3
    """A guest has trapped."""


class Event(Record):
    """Something that has happened. As a text it is a sentence: `compiled qjs, 1044320 bytes, in 812.345 ms`."""

    __slots__ = ("kind", "name", "seconds", "size", "error", "text")
    kind: EventKind
    """What it is about."""
    name: str | None
    """The name of the module, or the one by which the function is exported; its first 2 KiB. `None` where there is
    none, and of a trap."""
    seconds: float
    """How long it took. Of a trap 0: its call took that long."""
    size: int | None
    """How many bytes the module or the component had that was compiled; `None` of other events."""
    error: str | None
    """Why it has failed, in the words of its error; `None` where it has not."""
    text: str
    """All of that as a sentence: `compiled qjs, 1044320 bytes, in 812.345 ms`."""

    def __init__(
        self,
        kind: EventKind,
        name: str | None = None,
        seconds: float = 0.0,
        size: int | None = None,
        error: str | None = None,
        text: str = "",
    ) -> None:
        """An event of that kind."""
        self._set(kind=kind, name=name, seconds=seconds, size=size, error=error, text=text)

    def __str__(self) -> str:
        return self.text


_Told = Callable[[int, str | None, int, int | None, str | None, str], None]


def told(listener: Callable[[Event], object]) -> _Told:
    """What the core calls."""
    if not callable(listener):
        raise wrong_type(f"the listener is {article(listener)}: expected a callable that takes an event")

    def on_event(kind: int, name: str | None, nanoseconds: int, size: int | None, error: str | None, text: str) -> None:
        listener(Event(EventKind(kind), name, nanoseconds / 1e9, size, error, text))

    return on_event
