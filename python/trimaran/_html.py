"""Tables for notebooks. Names come out of untrusted modules: everything is escaped, and is short."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from itertools import islice

from ._ffi import plain

ROWS = 32
"""How many rows are shown."""


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]], count: int) -> str:
    """The first of `count` rows, under their heads. `rows` is not asked for more than are shown."""
    if not count:
        return f"<p>{escape(title)}</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in islice(rows, ROWS))
    more = f"<p>and {count - ROWS} more</p>" if count > ROWS else ""
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cells(row: Iterable[str]) -> str:
    return "".join(f"<td><code>{escape(plain(text))}</code></td>" for text in row)


def line(text: str) -> str:
    """What `repr` says, where there is nothing to make a table of."""
    return f"<code>{escape(text)}</code>"


def counted(word: str, items: Collection[object]) -> str:
    """How many there are, for a title."""
    return f"{len(items)} {word}{'' if len(items) == 1 else 's'}"
