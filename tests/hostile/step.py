"""What a step is, and what steps share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import trimaran
from trimaran import Trap

things: dict[str, Any] = {}
"""What the steps made, by name."""


class Step:
    """A line, and the lines inside it."""

    def __init__(self, number: int, words: list[str]) -> None:
        self.number, self.words, self.inside = number, words, []  # type: int, list[str], list[Step]


class Oops(Exception):
    """What a host function throws."""


def named(error: BaseException) -> str:
    """An error as every language names it."""
    if isinstance(error, (Oops, KeyboardInterrupt)):
        return "!Thrown"
    if isinstance(error, Trap):
        name = "" if error.code is None else error.code.name.title().replace("_", "")
        return f"!Trap {name or 'none'}"
    if isinstance(error, trimaran.ExitTrap):
        return f"!Exit {error.status}"
    if isinstance(error, trimaran.WasmtimeError):
        return f"!{error.variant}"
    return f"!!{type(error).__name__}: {error}"


def on_thread(work: Callable[[], None], kib: int = 0) -> threading.Thread:
    before = threading.stack_size(kib * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    threading.stack_size(before)
    return thread
