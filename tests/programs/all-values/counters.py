"""The resource that the component exports. componentize-py looks for it in the module of its interface's name."""

from __future__ import annotations

import weakref

from wit_world.exports import counters

ALIVE: weakref.WeakSet[Counter] = weakref.WeakSet()


class Counter(counters.Counter):
    """A number that grows."""

    def __init__(self, start: int) -> None:
        self.count = start
        ALIVE.add(self)

    def add(self, n: int) -> int:
        self.count += n
        return self.count

    @classmethod
    def sum(cls, a: Counter, b: Counter) -> Counter:
        return cls(a.count + b.count)
