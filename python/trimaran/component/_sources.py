"""What the host gives guests as streams and futures: the extension module asks for it."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sized
from typing import Any, cast

from .._bodies import HostBody
from .._loop import turn


def source_of(value: object, is_future: bool) -> HostBody | None:
    """The function that has what guests read from `value`; nothing for what is none."""
    kind, whole = type(value), iter((value,))
    if is_future:
        return (
            _body(functools.partial(_value, cast("Awaitable[Any]", value)), True)
            if hasattr(kind, "__await__")
            else None
        )
    if hasattr(kind, "__aiter__"):
        return _body(functools.partial(_next_async, aiter(cast("AsyncIterable[Any]", value))), True)
    if hasattr(kind, "__next__"):
        return _body(functools.partial(_next, cast("Iterator[Any]", value)), False)
    # What a list takes is all of it. A text is no list of its characters.
    if isinstance(value, str) or not isinstance(value, Iterable):
        return None
    return _body(functools.partial(_next, whole), False)


def _body(function: Callable[..., Any], waits: bool) -> HostBody:
    return HostBody(function, False, waits)


def _is_empty(part: object) -> bool:
    """An empty part would be the end."""
    return isinstance(part, Sized) and len(part) == 0


def _next(parts: Iterator[Any], most: int) -> Any:
    return next((part for part in parts if not _is_empty(part)), ())


async def _next_async(parts: AsyncIterator[Any], most: int) -> Any:
    async for part in parts:
        if not _is_empty(part):
            return part
        # An iterator may have them for ever without waiting.
        await turn()
    return ()


async def _value(value: Awaitable[Any]) -> Any:
    return await value
