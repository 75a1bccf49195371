"""Profilers: where guests spend their time."""

from __future__ import annotations

import os

from ._closable import Managed
from ._ffi import file_name, milliseconds, wrong_type
from ._handle import Handle
from ._native import ProfilerBase, natural
from .store import Storelike


def _interval(seconds: object) -> int | None:
    """In milliseconds."""
    if seconds is None:
        raise wrong_type("the interval is None: expected seconds, as an int or a float")
    return milliseconds(seconds, "the interval")


class Profiler(ProfilerBase, Handle, Managed):
    """Shows where the guests of a store spend their time: it notes every now and then which functions they are in.

    ```python
    with Profiler(store) as profiler:
        run(store)
    profiler.save("profile.json")
    ```

    The file is for the Firefox Profiler (<https://profiler.firefox.com>), with the names of functions and, where the
    module has DWARF, files and lines.

    A guest is seen in its loops and calls, and when a host function returns: the time of that counts for the function
    that has called it. What the host functions do is not seen, and neither is time in which no guest runs, or one waits
    for an async host function. A stack has 256 calls at most: the innermost. A profile keeps up to 1,000,000 different
    calls.
    """

    __slots__ = ("__weakref__",)
    _instead = "it watches a store of this process; send its json()"

    def __init__(self, store: Storelike, *, interval: float = 0.001, max_samples: int = 100_000) -> None:
        """Begins to note where the guests of the store are, each time they have run for `interval` seconds.

        That is rounded up to milliseconds, 1 to 60,000. It keeps up to `max_samples` samples, 1 to 1,000,000: 100,000
        are 100 seconds of a guest. Those that come later are lost.

        Raises `ConfigError` unless `Config.epoch_interruption` is set, `BusyError` where the store has a profiler that
        is not stopped, `RangeError` for other numbers, and `ClosedError` where the store is closed.
        """
        self._make(store, _interval(interval), natural(max_samples, "the number of samples"))

    def _said(self) -> str:
        return f", {self.samples} samples"

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return self._samples()

    @property
    def lost_samples(self) -> int:
        """How many samples it had no room for."""
        return self._lost_samples()

    def save(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
        """Writes what `json` gives to a file. Raises `IoError`."""
        self._save(file_name(path))

    def close(self) -> None:
        """Stops it, as `stop` does."""
        self.stop()
