"""The part of the extension module that is written by hand: `_native.pyi`, which is generated, has all of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, SupportsIndex, overload

from ._bodies import HostBody
from ._ffi import BytesLike
from .externs import Extern
from .func import Func
from .instance import InstanceExports
from .memory import Memory
from .reference import Reference
from .store import Store, Storelike
from .types import FuncType

__version__: str

def arrow_parts(column: object) -> tuple[str, int, list[bytes]] | None: ...
def component_bindings(wasm: bytes, name: str, path: str | None) -> list[tuple[str, str]]: ...
def component_file(path: str) -> bytes: ...
def article(value: object) -> str: ...
def f32_bits(value: float) -> int: ...
def f32_of(bits: int) -> float: ...
def failure(variant: str, fields: dict[str, Any]) -> BaseException: ...
def indefinite(name: str) -> str: ...
def index(value: object, what: str) -> int: ...
def integer(value: object, what: str) -> int: ...
def interpreter() -> int: ...
def made_already() -> BaseException: ...
def natural(value: object, what: str) -> int: ...
def never_made(name: str, making: str) -> BaseException: ...
def packed(items: tuple[Any, ...], code: str, odd: Callable[[Any, int], int]) -> bytes: ...
def real(value: object, what: str, kind: str) -> float: ...
def refer(store: Storelike, object: object) -> Reference: ...
def referred(store: Storelike, reference: Reference) -> Any: ...
def shown(kind: str, value: object) -> str: ...
def store_number(object: object) -> int | None: ...
def take_thrown(number: int) -> BaseException | None: ...
def text(value: object, what: str) -> str: ...
def within(value: object, what: str, kind: str, low: int, high: int) -> int: ...
def wrong_export(name: str, found: int, expected: int) -> BaseException: ...

class StoreBodies:
    def _make(self, engine: object) -> None: ...
    def _check(self) -> None: ...
    def _forget(self) -> None: ...
    def _is_free(self) -> bool: ...
    def _run_limit(self) -> int | None: ...

class CallerBase:
    @property
    def store(self) -> Store:
        """The store of the guest. It may be kept."""
    def __getitem__(self, name: str) -> Extern:
        """What the calling instance exports under that name. Raises `NotFoundError`, which is a `KeyError`."""
    def func(self, name: str) -> Func:
        """The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else."""
    def memory(self, name: str) -> Memory:
        """The memory of that name. Raises as `func` does."""
    def _find(self, name: str) -> Extern | None: ...
    def _check(self) -> None: ...

class ComponentFuncBodies:
    def __call__(self, store: Storelike, /, *params: Any) -> Any:
        """Calls the function."""
    def _check(self, store: Storelike) -> None: ...
    def _in(self, store: Store) -> Callable[..., Any]: ...
    def _with_arrays(self) -> Any: ...
    def _bound(
        self,
        name: str,
        params: Sequence[tuple[str, Any]],
        result: Any,
        error: type[BaseException] | None,
        homes: dict[type, Any],
    ) -> Any: ...

class ComponentResourceBodies:
    def _take(self, other: Any) -> None: ...

class ComponentLinkerBodies:
    def _define_func(self, path: Iterable[str], name: str, body: HostBody) -> None: ...

class FuncBodies:
    def _attach(self, store: Store, function: Callable[..., Any], pass_caller: bool) -> None: ...
    def __call__(self, store: Storelike, *params: Any) -> Any: ...
    def _columns(self, store: Storelike) -> tuple[str, str]: ...
    def _map(
        self, store: Storelike, columns: Sequence[Any], results: Sequence[Any], start: int, rows: int
    ) -> tuple[int, Any] | None: ...

class InstanceBodies:
    def exports(self, store: Storelike) -> InstanceExports:
        """Everything that the instance exports, by name, in the module's order."""

class PointerBase:
    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> list[int]: ...

class ExportsBase:
    @property
    def _store(self) -> Store: ...
    @property
    def _items(self) -> dict[str, Extern]: ...
    def _fill(self, store: Store, items: dict[str, Extern]) -> None: ...
    @overload
    def __getitem__(self, key: str | int) -> Extern: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Extern]: ...

class LinkerBodies:
    def _define_func(self, module: str, name: str, ty: FuncType, body: HostBody) -> None: ...

class EngineBodies:
    def _number(self) -> int: ...

class GlobalBodies:
    def value(self, store: Storelike) -> Any:
        """The value now, as a plain object."""
    def set_value(self, store: Storelike, val: Any) -> None:
        """Sets the value to a plain object or a `Val`.

        Raises `WasmTypeError` for a constant global or a value of another type, and `RangeError` for a number that
        does not fit.
        """

class TableBodies:
    def get(self, store: Storelike, idx: int) -> Any:
        """The element at `idx`, as a plain object."""
    def set(self, store: Storelike, idx: int, val: Any) -> None:
        """Sets the element at `idx` to a plain object or a `Val`.

        Raises `WasmTypeError` for an element of another type.
        """

class MemoryBodies:
    def read(self, store: Storelike, start: int | None = 0, stop: int | None = None) -> bytes:
        """Copies the bytes from `start` up to `stop`, which is not included, or up to the end.

        Raises `BoundsError` where `start` and `stop` are in order and reach past the end. Everything else is as in
        a slice: a negative index counts from the end, and a range that is turned around is empty. In a memory of
        more than 2 GiB a negative index is a `RangeError`: it may be a guest's pointer, which `u32` reads.
        """
    def read_string(self, store: Storelike, start: int, length: int) -> str:
        """The text of `length` bytes of UTF-8, beginning at `start`. Raises `EncodingError` where it is not UTF-8."""
    def write(self, store: Storelike, value: BytesLike, start: int | None = None) -> int:
        """Copies `value` in, beginning at `start` or at 0, and gives the number of bytes.

        A negative `start` counts from the end, as in a slice; in a memory of more than 2 GiB it is a `RangeError`, as
        for `read`. Raises `BoundsError` where it does not fit; then nothing is written.
        """
    def view(self, store: Storelike, start: int = 0, length: int | None = None) -> memoryview:
        """`length` bytes from `start`, or up to the end, in place: a writable view, which `numpy.frombuffer` takes.

        The view stays valid whatever happens. While it is there, the store's memories do not grow where that
        would move them: `grow` raises `LimitError` then, and the guest's `memory.grow` gives -1. A view keeps its
        length when the memory grows, and its bytes when the store is closed. Guests and other threads may write while
        it is looked at.
        """

class SharedMemoryBodies:
    def read(self, start: int | None = 0, stop: int | None = None) -> bytes:
        """Copies the bytes from `start` up to `stop`, as `Memory.read` does. The whole is not read at once."""
    def write(self, value: BytesLike, start: int | None = None) -> int:
        """Copies `value` in, as `Memory.write` does. The whole is not written at once."""
    def view(self, start: int = 0, length: int | None = None) -> memoryview:
        """`length` bytes from `start`, or up to the end, in place, as `Memory.view` gives them."""
