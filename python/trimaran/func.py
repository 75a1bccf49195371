"""Functions of guests and host functions. A call checks its values first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

# `value` needs this module as well, so that its content is looked up when it is needed.
from . import value as _value
from ._columns import map_columns
from ._ffi import expect, wrong_type
from ._handle import StoreItem
from ._identity import Constant
from ._native import FuncBase, RunBase, article
from ._run import drive, waits
from .store import Storelike, check_storelike, store_of
from .types import FuncType


class Func(FuncBase, Constant, StoreItem):
    """A function of a guest, or a host function. It belongs to one store.

    Call it with its store, and with plain Python objects or `Val`s. An int becomes any number that holds it exactly. A
    float becomes an `f32` by rounding. 16 bytes become a `v128`, a `Func` or a `Reference` becomes a reference, any
    other object an `externref`, and `None` a null reference. The call returns `None`, the one result, or a list of the
    results, each as in `Val.value`.

    A call raises `WasmTypeError` for a wrong number or type of arguments, `RangeError` for a number that does not
    fit, `Trap` where the guest traps, and whatever a host function raised, as the very same object.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; send the Module, and take the function of an instance there"

    def __init__(self, store: Storelike, ty: FuncType, func: Callable[..., Any], access_caller: bool = False) -> None:
        """Makes a host function, which calls `func` with its arguments as plain objects.

        `func` returns `None`, the one result, or a sequence of results: plain objects or `Val`s. The package checks
        them as it checks arguments. With `access_caller`, the first argument is the `Caller`. `func` may use the store
        in every way. After the guest has unwound, the outermost call raises whatever `func` raised, as the very same
        object, a `KeyboardInterrupt` too. For a result that does not fit it raises `WasmTypeError` or `RangeError`.

        The guest waits for a `func` that is an `async def`, while the task that awaits `call_async` awaits it. It is a
        guest that was called by `call_async`: any other one ends with `SuspendError`. While the guest waits, `func` may
        use the store in every way, and tasks that it begins may as well; what they leave undone ends with it.

        The store keeps `func` until the store is closed or gone. A `func` that refers to its store is no leak.

        Raises `BusyError` for the first async function of a store in a host function of a guest that cannot wait.
        """
        check_storelike(store)
        expect(ty, FuncType, "the type")
        function, access_caller, is_async = host_body(func, access_caller)
        if is_async:
            self._make_async_host(store, ty)
        else:
            self._make_host(store, ty)
        self._attach(store_of(store), function, access_caller, is_async)

    async def call_async(self, store: Storelike, *params: Any) -> Any:
        """Calls the function, and lets other tasks run while the guest waits for an async host function.

        ```python
        async def fetch(at: int) -> int:
            await asyncio.sleep(0.01)
            return at * at


        linker.define_func("env", "fetch", ty, fetch)
        instance = await linker.instantiate_async(store, module)
        async with asyncio.timeout(5):
            print(await instance.func(store, "run").call_async(store, 1))
        ```

        Host functions run in the task that awaits this, by asyncio, trio or any other loop: context variables,
        time-outs and cancellation are those of that task. Where it is cancelled, the guest ends, and the store stays
        usable. While another call of the store waits, this one stands in line behind it. What a host function calls
        goes on top of its own guest.

        A guest that computes keeps the loop. With `Config.epoch_interruption`, it lets other tasks run every few
        milliseconds, and `Store.set_executor` moves it to another thread.

        Raises what a call of the function raises. What a host function raised is the very same object.
        """
        came = self._begin(store, params)
        return await drive(came) if type(came) is RunBase else came

    def call(self, store: Storelike, values: Iterable[Any]) -> list[_value.Val]:
        """Calls the function, and returns all its results as `Val`s, which keep every bit.

        Raises `WasmTypeError`, `RangeError` and `Trap` as a call of the function itself does.
        """
        check_storelike(store)
        arguments = self._arguments(store, _listed(values))
        return [_value.Val._from_raw(result, store) for result in self._call(store, arguments)]

    def map(
        self, store: Storelike, *columns: Any, out: Any = None, progress: Callable[[int], object] | Any | None = None
    ) -> Any:
        """Calls the function once for each row of the columns, in one turn of the store.

        Each parameter has a column, or a number, which then is the same in every row. A column is a list or a tuple, a
        NumPy array of any layout, an `array.array` or another one-dimensional buffer, or a column of pandas, polars,
        Arrow or of another library that has `__arrow_c_array__`, `__arrow_c_stream__` or `__array__`.

        The type of its items decides whether it fits, and no number changes: an i32 takes integers of up to 32 bits,
        with or without a sign, an i64 those of up to 64 bits, an f32 `float32`, `float16` and integers of up to 16
        bits, and an f64 floats of up to 64 bits and integers of up to 32 bits. `bool` counts as 0 or 1. The items of a
        list, and a number for all rows, fit as the arguments of a call do. A column with nulls and a masked array fit
        nowhere.

        `map` returns `None`, the one column of results, or a list of columns of int32, int64, float32 or float64: NumPy
        arrays if NumPy is installed and you gave something with `__array__`, or else arrays of `array`. With `out`, it
        writes the results there, and returns `out`: a buffer of just that type, or a list of one for each result. It
        may be a column that you gave.

        `progress` follows a long `map`: something that is called with a number of rows each time so many more are done,
        some times a second, a progress bar with such an `update`, or the class of one, such as `tqdm`.

        It stops at the first row that fails. The error has the row's number, counted from 0, in `row` and in a note;
        `out` has the results of the rows before it. Raises `WasmTypeError` for columns that do not fit, and for a
        function with vectors or references, `RangeError` for an item of a list that does not fit, and whatever
        `progress` raises.
        """
        check_storelike(store)
        return map_columns(self, store, columns, out, progress)

    def _arguments(self, store: Storelike, values: list[Any]) -> list[_value.Raw]:
        params = self.type(store).params
        if len(values) != len(params):
            # The core says so.
            return [_value.Val.null()._to_raw(store)] * len(values)
        return [
            _value.to_raw(value, ty, store, f"argument {place}")
            for place, (value, ty) in enumerate(zip(values, params, strict=True), 1)
        ]


def _listed(values: object) -> list[Any]:
    try:
        return list(cast(Iterable[Any], values))
    except TypeError:
        # What an iterator raises while it runs is its own.
        if hasattr(values, "__iter__") or hasattr(values, "__getitem__"):
            raise
        raise wrong_type(f"the arguments are {article(values)}: expected a list or a tuple of them") from None


def host_body(func: Callable[..., Any], access_caller: bool) -> tuple[Callable[..., Any], bool, bool]:
    """What a host function is made from, if it is that, and whether it is an async one."""
    if not callable(func):
        raise wrong_type(f"the function is {article(func)}: expected something that can be called")
    return func, expect(access_caller, bool, "access_caller"), waits(func)
