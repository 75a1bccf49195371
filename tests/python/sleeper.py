"""A guest that sleeps: a test that runs it knows that a thread is inside the store."""

from __future__ import annotations

from guests import MODULES, threads
from trimaran import Func, Instance, Limits, Memory, MemoryType, Module, SharedMemory, Store

LONG = 20_000_000_000
"""Twenty seconds in nanoseconds: far longer than a test takes."""


class Sleeper:
    """A guest that sleeps in its store until the host wakes it."""

    def __init__(self) -> None:
        engine = threads()
        self.store = Store(engine)
        self.memory = SharedMemory(engine, MemoryType(Limits(1, 5)))
        self.own = Memory(self.store, MemoryType(Limits(1)))
        module = Module.from_file(engine, MODULES / "shared_counter.wat")
        self._instance = Instance(self.store, module, [self.memory])
        self._sleep = self.func("sleep")

    def func(self, name: str) -> Func:
        return self._instance.func(self.store, name)

    def sleep(self) -> int:
        """Sleeps; 0 is woken."""
        woken: int = self._sleep(self.store, 0, LONG)
        return woken

    def wait_until_asleep(self) -> None:
        """Returns when the guest is about to sleep, and so is inside its store."""
        while self.memory.read(4, 5) == b"\0":
            pass

    def wake(self) -> None:
        """Wakes the guest, even if it does not sleep yet."""
        while not self.memory.notify(0, 1):
            pass
