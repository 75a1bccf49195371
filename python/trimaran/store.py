"""The store: where instances live, and the way into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast, overload

from ._bodies import HostBody
from ._closable import Managed
from ._ffi import expect, milliseconds, wrong_type
from ._handle import Handle, stores
from ._limits import StoreLimits
from ._native import StoreBase, article, index, natural, store_number
from .caller import Caller
from .deadline import Deadline
from .engine import Engine
from .output import Sinks
from .turn import Turn
from .wasi import WasiConfig

if TYPE_CHECKING:
    from concurrent.futures import Executor


class _Unset(int):
    """A number that was not given, which shows as what it stands for."""

    __slots__ = ()


UNSET = _Unset(-1)


class Store(StoreBase, Handle, Managed):
    """Holds instances and everything that they own: memories, tables, globals, functions.

    Any thread may use a store, one at a time: another thread waits for its turn. Objects of one store do not work with
    another. A host function may use the store that called it, as deep as `Config.max_wasm_stack`, the thread's stack
    and Python's limit of recursion allow: then the call raises `Trap`, `LimitError` or `RecursionError`. A `with`
    statement closes the store at its end, which gives its memory back.
    """

    __slots__ = ("__weakref__", "_bodies", "_data", "_engine", "_executor", "_sinks")
    _instead = "guests live in it; make another one, and instantiate their modules there"

    def __init__(self, engine: Engine | None = None, data: Any = None) -> None:
        """Makes an empty store of `engine`, or of a new engine. `data()` returns `data`."""
        self._engine = Engine() if engine is None else expect(engine, Engine, "the engine")
        self._data = data
        self._sinks: Sinks | None = None
        self._executor: Executor | None = None
        # The functions of the host that its components call; the core has weak references to them.
        self._bodies: set[HostBody] = set()
        self._make(self._engine)
        stores[cast(int, store_number(self))] = self

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine

    def data(self) -> Any:
        """The `data` that the constructor got."""
        return self._data

    def get_fuel(self) -> int:
        """The fuel that is left, in units. Raises `ConfigError` unless `Config.consume_fuel` is set."""
        return self._fuel()

    def set_epoch_deadline(self, ticks_after_current: int) -> None:
        """Lets guests run until the engine's epoch has advanced by that many ticks.

        Then they trap with `TrapCode.INTERRUPT`. Raises `ConfigError` unless `Config.epoch_interruption` is set.
        """
        self._set_epoch_deadline(ticks_after_current)

    def set_wasi(self, wasi: WasiConfig) -> None:
        """Grants guests what `wasi` says, from now on, and opens its files and directories.

        Raises `IoError` for a file or directory that cannot be opened, `ConfigError` if two directories have the same
        path for guests, `RangeError` if `max_transfer` is out of its range, and `LimitError` if the directories and the
        three standard streams are more than `StoreLimits.file_descriptors`. Without this call WASI grants nothing.

        It is for modules and for components: `WasiConfig.http` answers the HTTP requests of components.
        """
        sinks = Sinks()
        self._set_wasi(expect(wasi, WasiConfig, "the WASI configuration")._to_raw(sinks, self))
        self._sinks = sinks

    def set_timeout(self, seconds: float | None) -> None:
        """Limits the time of each later run of a guest: a call or an instantiation, with everything that it calls.

        The time begins when the caller is in the store. When it is over, the guest ends with a `TimeLimitTrap`, which
        is a `TimeoutError`, some 20 ms later at most: in a loop or a call, in an atomic wait, in a sleep, a read or a
        write of WASI. It does not interrupt a host function; the guest ends when that returns. If a host function runs
        a guest of another store, that store's own limit holds. `None` is no limit.

        Raises `ConfigError` unless `Config.epoch_interruption` is set.
        """
        self._set_timeout(milliseconds(seconds))

    def set_executor(self, executor: Executor | None) -> None:
        """Has guests that compute go on in an executor, such as a `ThreadPoolExecutor`, beside the event loop.

        It is for `call_async`, and for engines with `Config.epoch_interruption`: a guest that has computed for a few
        milliseconds then goes on in a thread of the executor until it calls an async host function. Host functions that
        are not async run in that thread, in a copy of the task's context. `None`, as at first, leaves guests in the
        loop's own thread. The store does not shut the executor down. A process pool cannot run guests.
        """
        if executor is not None and not hasattr(executor, "submit"):
            raise wrong_type(f"the executor is {article(executor)}: expected an Executor, or None")
        self._executor = executor

    def deadline(self, seconds: float | None) -> Deadline:
        """Limits the time of all calls together that this thread makes into the store in a `with` statement.

        ```python
        with store.deadline(0.5):
            plugin = linker.instantiate(store, module)
            plugin.exports(store)["run"](store)
        ```

        Everything counts: waits for the store, guests, host functions, and the time between two calls. When the time is
        over, the guest ends with a `TimeLimitTrap`, which is a `TimeoutError`, and so does every later call of a guest.
        `None` is no limit: then the statement only joins the calls, so that an `InterruptHandle` that somebody uses
        between two of them ends the later ones. It does not affect other threads or greenlets. Where deadlines lie in
        each other, the earliest counts. A deadline ends with its thread at the latest. Do not `await` in the statement:
        it counts for everything that its thread does.

        The `with` statement raises `ConfigError` unless `Config.epoch_interruption` is set.
        """
        return Deadline._of(self, seconds)

    def turn(self) -> Turn:
        """Joins all calls that this thread makes into the store in a `with` statement to one turn.

        ```python
        with store.turn():
            add(store, 1, 2)
            memory.read(store, 0, 16)
        ```

        No other thread comes between the calls, and each call is faster, since the thread enters the store once for all
        of them. Another thread waits as it waits for a call, and gets `BusyError` if the turn lasts for more than 30 s
        without a guest that runs. Turns may lie in each other. A turn that a host function begins ends with that
        function at the latest, and every turn ends with its thread. Do not `await` in the statement: the thread keeps
        the store meanwhile.
        """
        return Turn._of(self)

    @overload
    def set_limits(
        self,
        limits: StoreLimits,
        /,
        table_elements: int = ...,
        instances: int = ...,
        tables: int = ...,
        memories: int = ...,
        trap_on_grow_failure: bool = ...,
        file_descriptors: int = ...,
        *,
        memory_size: int = ...,
    ) -> None: ...
    @overload
    def set_limits(
        self,
        memory_size: int = -1,
        table_elements: int = -1,
        instances: int = -1,
        tables: int = -1,
        memories: int = -1,
        trap_on_grow_failure: bool = False,
        file_descriptors: int = -1,
    ) -> None: ...
    # Mypy does not see that `named` takes the keyword.
    def set_limits(  # type: ignore[misc]
        self,
        memory_size: int | StoreLimits = UNSET,
        /,
        table_elements: int = UNSET,
        instances: int = UNSET,
        tables: int = UNSET,
        memories: int = UNSET,
        trap_on_grow_failure: bool | None = None,
        file_descriptors: int = UNSET,
        **named: Any,
    ) -> None:
        """Limits what guests may have from now on: the bytes of each memory, the elements of each table, and how many
        instances, tables, memories and file descriptors of WASI there are. A number less than 0 is no limit.

        You may also give all limits as one `StoreLimits`; keywords then change the limits that they name:
        `store.set_limits(StoreLimits.untrusted(), memories=1)`.

        Each call replaces all limits of earlier calls. Where a guest would pass a limit, its `memory.grow` and
        `table.grow` give -1, or end the guest with `LimitError` if `trap_on_grow_failure` is set. The host's `grow`,
        and an instantiation, always raise `LimitError`. An instance with a shared memory whose maximum is greater than
        `memory_size` is refused with `LimitError`.

        Raises `LimitError` if the store has such an instance already, `ConfigError` if `Config.wasm_stack_switching`
        lets guests take memory that `memory_size` would not bound, and `BusyError` in a host function.
        """
        given: dict[str, Any] = {name: it for name, it in locals().items() if name in StoreLimits.__match_args__}
        # The name of what may only stand first is that of a keyword as well.
        given["memory_size"] = named.pop("memory_size", UNSET)
        del given["trap_on_grow_failure"]
        limits = StoreLimits()
        if isinstance(memory_size, StoreLimits):
            limits = memory_size
        elif memory_size is not UNSET:
            if given["memory_size"] is not UNSET:
                raise TypeError("set_limits() got multiple values for argument 'memory_size'")
            given["memory_size"] = memory_size
        for name in named:
            raise TypeError(f"set_limits() got an unexpected keyword argument {name!r}")
        changes: dict[str, Any] = {name: _limit(it, name) for name, it in given.items() if it is not UNSET}
        if trap_on_grow_failure is not None:
            changes["trap_on_grow_failure"] = trap_on_grow_failure
        self._set_limits(limits._replaced(changes)._to_raw())

    def close(self) -> None:
        """Closes the store, after the thread that is inside has left it.

        When `close` returns, the store's memory is free, and every later use of the store or of its objects raises
        `ClosedError`. The store releases its host functions and the host objects in it. A second `close` does nothing.

        In a host function that this store called, later uses fail at once, and the memory is free when the outermost
        call has returned. Memory that a view shows stays until the last view is gone.

        Ctrl-C, another exception of a signal handler, or a `deadline` ends the wait for another thread. The store is
        closed then all the same, and its memory is free when that thread has left it.
        """
        try:
            self._release()
        finally:
            if self.closed:
                self._forget()
                self._sinks = None
                self._bodies = set()

    def __del__(self) -> None:
        # What its guests own is dropped while all that it takes for that is there.
        try:
            bodies = object.__getattribute__(self, "_bodies")
        except AttributeError:
            # It was never made.
            return
        if bodies:
            self._leave_objects(bodies)

    def _keep_bodies(self, bodies: Iterable[HostBody]) -> None:
        """Keeps what host functions of an instance do, as long as the store is open."""
        if not self.closed:
            self._bodies.update(bodies)

    @property
    def closed(self) -> bool:
        """Whether the store is closed."""
        return self._is_released()

    def _said(self) -> str:
        return f" {store_number(self)}{', closed' if self.closed else ''}"


def _limit(number: object, what: str) -> int | None:
    return None if index(number, what) < 0 else natural(number, what)


Storelike: TypeAlias = Store | Caller
"""What stands for a store where one is asked for."""


def check_storelike(store: object) -> None:
    """Raises if `store` is not a store, or is no longer valid."""
    if isinstance(store, Caller):
        store._check()
    else:
        expect(store, Store, "the store")._check()


def store_of(store: object) -> Store:
    """The store that an argument stands for. Nothing checks whether it can be entered."""
    return store.store if isinstance(store, Caller) else expect(store, Store, "the store")
