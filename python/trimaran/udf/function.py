"""Functions of guests that travel to where the data is."""

from __future__ import annotations

import hashlib
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

from .._ffi import expect, wrong_type
from .._limits import StoreLimits
from .._native import article
from ..component import Component
from ..error import WasmtimeError
from ..module import Module
from ._homes import Home, Key, home
from ._rows import item, map_rows
from ._signature import Signature
from .error import RowError


class ColumnFunction:
    """A function of a module or a component, for columns of data.

    ```python
    share = ColumnFunction(Module(Engine(Config.untrusted()), wasm), "share")
    shares = share([100, 250], [4, 5])
    ```

    Call it with columns: a list, an array of NumPy's, a series of pandas' or Polars', a column of Arrow's, or a single
    value that is the same in every row. A function of a module runs as `Func.map` does, and gives an array of NumPy's
    or of `array`. A function of a component takes and gives what `component.Func` does, row by row, and gives a list;
    of a `result` it gives the value, and an error of the guest's is a `RowError`.

    It can be pickled, and carries what is compiled: a process loads it once, and keeps it, as one of the 64 functions
    used last. Processes need the same version of the package and the same kind of processor, or else the first call
    raises `ArtifactError`. Unpickle it only from where you would load a program.

    Any number of threads may call it at once: each batch has a store of its own. A store that has done a batch
    waits for the next one, and so has the guest's memory what the last batch left there. With `fresh`, each batch has a
    new one.

    Guests get WASI, which grants nothing, and no other imports.
    """

    __slots__ = ("__weakref__", "_fresh", "_key", "_kind", "_packed", "_seconds")
    _kind: type[Module | Component]

    def __init__(
        self,
        code: Module | Component,
        *path: str,
        limits: StoreLimits | None = None,
        seconds: float | None = 5.0,
        fresh: bool = False,
    ) -> None:
        """The function of that name, or of that path in a component.

        `limits` are those of each store; `None` is `StoreLimits.untrusted()`. `seconds` is the time for each batch,
        which needs an engine with `Config.epoch_interruption`, such as that of `Config.untrusted()`; `None` is no
        limit.

        Instantiates it once. Raises `NotFoundError` if there is no such function, `LinkError` if something is imported
        that is not WASI, `ConfigError` for a time without epochs, and `WasmTypeError` for a path that is none.
        """
        code = _code(code)
        if not path:
            raise wrong_type("there is no name: expected that of a function")
        for name in path:
            expect(name, str, "the name")
        limits = StoreLimits.untrusted() if limits is None else expect(limits, StoreLimits, "the limits")
        self._kind = Component if isinstance(code, Component) else Module
        self._packed, self._seconds, self._fresh = code.pack(), seconds, expect(fresh, bool, "fresh")
        self._key = hashlib.sha256(self._packed).digest(), path, limits
        with home(self._key, lambda: code).lent(seconds, fresh):
            pass

    @property
    def name(self) -> str:
        """The function's own name."""
        return self._key[1][-1]

    def __call__(self, *columns: Any, progress: Callable[[int], object] | Any | None = None) -> Any:
        """Calls the function once for each row, in one store and in its time.

        `progress` follows the rows as that of `Func.map` does.

        Raises `RowError` for the first row that fails, with the `Trap` or what else it was as its cause, a
        `TimeLimitTrap` too. Raises `WasmTypeError` for columns that do not fit.
        """
        return self._over(columns, progress)

    def _over(self, columns: Sequence[Any], progress: Any = None, places: Sequence[int] | None = None) -> Any:
        """The same. `places` says where the rows lie in what the engine gave, if that is elsewhere."""
        mine = self._home()
        with mine.lent(self._seconds, self._fresh) as (store, func):
            try:
                if mine.is_component:
                    return map_rows(func, store, columns, progress)
                return func.map(store, *columns, progress=progress)
            except WasmtimeError as error:
                row = error.row
                if row is None:
                    raise
                raise self._failed(error, columns, row, row if places is None else places[row]) from error

    def _failed(self, error: WasmtimeError, columns: Sequence[Any], row: int, place: int) -> RowError:
        values = tuple(item(column, row) for column in columns)
        # Frames follow in the lines after it.
        reason = str(error).partition("\n")[0]
        made = RowError(f"{self.name}({', '.join(map(reprlib.repr, values))}) in row {place}: {reason}")
        made.row, made.values = place, values
        return made

    def _signature(self) -> Signature:
        """The types of its parameters and its results."""
        with self._home().lent(self._seconds, self._fresh) as (store, func):
            return Signature.of(func.type(store), self.name)

    def _home(self) -> Home:
        return home(self._key, lambda: self._kind.unpack(self._packed))

    def __reduce__(self) -> tuple[Callable[..., ColumnFunction], tuple[Any, ...]]:
        return _again, (self._kind, self._packed, self._key, self._seconds, self._fresh)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        """What Dask names its tasks by: the same function has the same name in every process."""
        return type(self).__name__, *self._key[:2], repr(self._key[2]), self._seconds, self._fresh

    def __repr__(self) -> str:
        return f"<ColumnFunction {'.'.join(self._key[1])}>"


def _code(code: object) -> Module | Component:
    if not isinstance(code, (Module, Component)):
        raise wrong_type(f"the code is {article(code)}: expected a Module or a Component")
    return code


def _again(
    kind: type[Module | Component], packed: bytes, key: Key, seconds: float | None, fresh: bool
) -> ColumnFunction:
    """The function that was pickled. What it needs is loaded when it is called."""
    made = ColumnFunction.__new__(ColumnFunction)
    made._kind, made._packed, made._key, made._seconds, made._fresh = kind, packed, key, seconds, fresh
    return made
