"""What a process keeps of the functions that run in it: their code, and stores that wait for the next batch."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeAlias

from .._limits import StoreLimits
from ..component import Component
from ..component import Linker as ComponentLinker
from ..linker import Linker
from ..module import Module
from ..store import Store
from ..wasi import WasiConfig

Code: TypeAlias = "Module | Component"
Key: TypeAlias = "tuple[bytes, tuple[str, ...], StoreLimits]"

# How many functions a process keeps: those that were used last.
_MOST_HOMES = 64
# How many stores of each function wait, whatever number of threads has used it at once.
_MOST_IDLE = 16


class Home:
    """A function in this process."""

    def __init__(self, code: Code, path: tuple[str, ...], limits: StoreLimits) -> None:
        self.code, self.is_component = code, isinstance(code, Component)
        linker: Any = ComponentLinker(code.engine) if self.is_component else Linker(code.engine)
        # It grants nothing, and what is compiled for WASI starts.
        linker.define_wasi()
        self._pre = linker.instantiate_pre(code)
        self._path, self._limits = path, limits
        self._idle: deque[tuple[Store, Any]] = deque()

    @contextmanager
    def lent(self, seconds: float | None, fresh: bool) -> Generator[tuple[Store, Any]]:
        """A store with an instance, and the function, for one batch and so many seconds.

        It waits for the next batch afterwards, unless something went wrong or it is to be a fresh one each time.
        """
        try:
            store, func = self._idle.pop()
        except IndexError:
            store, func = Store(self.code.engine), None
        try:
            with nullcontext() if seconds is None else store.deadline(seconds):
                func = func or self._func(store)
                yield store, func
        except BaseException:
            store.close()
            raise
        if fresh or len(self._idle) >= _MOST_IDLE:
            store.close()
        else:
            self._idle.append((store, func))

    def _func(self, store: Store) -> Any:
        store.set_limits(self._limits)
        store.set_wasi(WasiConfig())
        return self._pre.instantiate(store).func(store, *self._path)


_homes: OrderedDict[Key, Home] = OrderedDict()
_lock = threading.Lock()


def home(key: Key, make: Callable[[], Code]) -> Home:
    """The function of that key. It is loaded by whoever asks first; the others wait for that."""
    with _lock:
        found = _homes.get(key)
        if found is None:
            found = _homes[key] = Home(make(), key[1], key[2])
            if len(_homes) > _MOST_HOMES:
                _homes.popitem(last=False)
        else:
            _homes.move_to_end(key)
        return found


def _forked() -> None:
    """Another thread of the parent may have had the lock."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
