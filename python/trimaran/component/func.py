"""Functions that components export."""

from __future__ import annotations

from typing import Any

from .._handle import StoreItem
from .._identity import Constant
from .._native import ComponentFuncBase, RunBase
from .._run import drive
from ..store import Store, Storelike
from .types import FuncType, table


class Func(ComponentFuncBase, Constant, StoreItem):
    """A function that an instance of a component exports. It belongs to one store.

    Call it with its store and with its arguments:

    | type | what it takes | what it gives |
    |---|---|---|
    | integers | `int` in the range of the type | `int` |
    | `f32`, `f64` | `float`, or an `int` that is equal to one | `float` |
    | `bool`, `string` | `bool`, `str` | the same |
    | `char` | `str` of one character | the same |
    | `list<u8>` | `bytes`, or another buffer or sequence | `bytes` |
    | list of numbers | a buffer of that type, such as NumPy's, or a sequence | `list`, or an array: `with_arrays` |
    | list | a sequence | `list` |
    | record | a `Record`, a dictionary, or any object with these attributes | `Record` |
    | tuple | `tuple` or `list` | `tuple` |
    | variant | `Variant` | `Variant` |
    | enum | `str`: the name | the same |
    | option | `None` or the value; `Some` where the value is an option itself | the same |
    | result | `Ok` or `Err` | the same |
    | flags | a set of names | `set` |
    | own, borrow | a `Resource`, or any object for a resource of the host | the same |
    | stream | an iterator or an async iterator of parts, what a list takes, or a `Stream` | `Stream` |
    | future | an awaitable, or a `Future` | `Future` |

    It returns the result, or `None` if it has none. Before the guest knows of the call, it raises `WasmTypeError` or
    `RangeError` for a value that does not fit, with the way to that value: `argument 1: field "age": 300 does not fit a
    u8: expected 0 to 255`.

    A call raises `Trap` where the guest traps, `PoisonedError` after that, `BusyError` if the instance is in a call
    already, and whatever a host function raised, as the very same object.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; send the Component, and take the function of an instance there"

    async def call_async(self, store: Storelike, *params: Any) -> Any:
        """Calls the function, and lets other tasks run while the guest waits for an async host function.

        That is as in `trimaran.Func.call_async`, with values as in a call. An instance takes one call at a time:
        what its host functions call in it meanwhile raises `BusyError`, and calls of others stand in line. Where the
        task is cancelled while the guest waits, no component of its store can be entered any more, as after a trap:
        that raises `PoisonedError`.
        """
        came = self._begin(store, params)
        return await drive(came) if came.__class__ is RunBase else came

    def type(self, store: Storelike | None = None) -> FuncType:
        """Its type. It needs no store; `store` is for code that was written for wasmtime-py."""
        found = table(self._types()).root
        assert isinstance(found, FuncType)
        return found

    def with_arrays(self) -> Func:
        """The same function, whose lists of numbers come out as arrays of `array`, which costs far less.

        Those of `u8` are `bytes` in any case. `numpy.frombuffer` takes an array without a copy.
        """
        made: Func = self._with_arrays()
        return made

    def post_return(self, store: Storelike) -> None:
        """Does nothing: a call has done this itself. It is for code that was written for wasmtime-py."""
        self._check(store)

    def _type_in(self, store: Store) -> str:
        return f" {self.type()}"
