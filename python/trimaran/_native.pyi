"""The extension module: the library that the generated module loads, and the fast lane into it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ._surface import BytesLike
from .store import Storelike

Bodies: TypeAlias = dict[int, tuple[Callable[..., Any], bool]]

__version__: str

def new_store(engine: int) -> int: ...
def new_instance(store: int, module: int) -> int: ...
def new_extern(store: StoreLane, value: object) -> int: ...
def extern_object(store: StoreLane, reference: int) -> tuple[Any] | None: ...
def link(linker: int, store: StoreLane, module: int, bodies: Bodies) -> int | None: ...
def linker_ready(linker: int, store: StoreLane, module: int, bodies: Bodies) -> None: ...
def instantiate_pre(pre: int, store: StoreLane, bodies: Bodies) -> int: ...
def new_sink(write: Callable[[bytes], None]) -> int: ...
def interpreter() -> int: ...
def take_thrown(number: int) -> BaseException | None: ...

class StoreLane:
    def _open(self, handle: int) -> None: ...
    def _forget(self) -> None: ...

class CallerLane:
    def _open(self, store: StoreLane, number: int) -> None: ...

class FuncLane:
    def _open(self, handle: int) -> None: ...
    def _lend(self) -> int: ...
    def _attach(self, store: StoreLane, function: Callable[..., Any], pass_caller: bool) -> None: ...
    def __call__(self, store: Storelike, *params: Any) -> Any: ...
    def _columns(self, store: Storelike) -> str: ...
    def _map(self, store: Storelike, columns: Sequence[Any], results: Sequence[Any]) -> tuple[int, Any] | None: ...

class InstanceLane:
    def _take(self, handle: int) -> None: ...
    def _lend(self) -> int: ...

class GlobalLane:
    def _open(self, handle: int) -> None: ...
    def value(self, store: Storelike) -> Any:
        """The value now, as a plain object."""
    def set_value(self, store: Storelike, val: Any) -> None:
        """Sets the value to a plain object or a `Val`.

        Raises `WasmTypeError` for a constant global or a value of another type, and `RangeError` for a number that
        does not fit.
        """

class TableLane:
    def _open(self, handle: int) -> None: ...
    def size(self, store: Storelike) -> int:
        """The size now, in elements."""
    def get(self, store: Storelike, idx: int) -> Any:
        """The element at `idx`, as a plain object."""
    def set(self, store: Storelike, idx: int, val: Any) -> None:
        """Sets the element at `idx` to a plain object or a `Val`.

        Raises `WasmTypeError` for an element of another type.
        """

class MemoryLane:
    def _open(self, handle: int) -> None: ...
    def size(self, store: Storelike) -> int:
        """The size now, in pages."""
    def data_len(self, store: Storelike) -> int:
        """The size now, in bytes."""
    def read(self, store: Storelike, start: int | None = 0, stop: int | None = None) -> bytes:
        """Copies the bytes from `start` up to `stop`, which is not included, or up to the end.

        Raises `BoundsError` where `start` and `stop` are in order and reach past the end. Everything else is as in
        a slice: a negative index counts from the end, and a range that is turned around is empty.
        """
    def write(self, store: Storelike, value: BytesLike, start: int | None = None) -> int:
        """Copies `value` in, beginning at `start` or at 0, and gives the number of bytes.

        A negative `start` counts from the end, as in a slice. Raises `BoundsError` where it does not fit; then
        nothing is written.
        """
    def view(self, store: Storelike, start: int = 0, length: int | None = None) -> memoryview:
        """`length` bytes from `start`, or up to the end, in place: a writable view, which `numpy.frombuffer` takes.

        The view stays valid whatever happens. While it is there, the store's memories do not grow where that
        would move them: `grow` raises `LimitError` then, and the guest's `memory.grow` gives -1. A view keeps its
        length when the memory grows, and its bytes when the store is closed. Guests and other threads may write while
        it is looked at.
        """
    def load_i8(self, store: Storelike, offset: int) -> int:
        """Reads a signed 8-bit integer at `offset`."""
    def store_i8(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 8-bit integer at `offset`."""
    def load_u8(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 8-bit integer at `offset`."""
    def store_u8(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 8-bit integer at `offset`."""
    def load_i16(self, store: Storelike, offset: int) -> int:
        """Reads a signed 16-bit integer at `offset`."""
    def store_i16(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 16-bit integer at `offset`."""
    def load_u16(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 16-bit integer at `offset`."""
    def store_u16(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 16-bit integer at `offset`."""
    def load_i32(self, store: Storelike, offset: int) -> int:
        """Reads a signed 32-bit integer at `offset`."""
    def store_i32(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 32-bit integer at `offset`."""
    def load_u32(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 32-bit integer at `offset`."""
    def store_u32(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 32-bit integer at `offset`."""
    def load_i64(self, store: Storelike, offset: int) -> int:
        """Reads a signed 64-bit integer at `offset`."""
    def store_i64(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 64-bit integer at `offset`."""
    def load_u64(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 64-bit integer at `offset`."""
    def store_u64(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 64-bit integer at `offset`."""
    def load_f32(self, store: Storelike, offset: int) -> float:
        """Reads a 32-bit float at `offset`."""
    def store_f32(self, store: Storelike, offset: int, value: float) -> None:
        """Writes a 32-bit float at `offset`. Rounds to the nearest."""
    def load_f64(self, store: Storelike, offset: int) -> float:
        """Reads a 64-bit float at `offset`."""
    def store_f64(self, store: Storelike, offset: int, value: float) -> None:
        """Writes a 64-bit float at `offset`."""

class SharedMemoryLane:
    def _open(self, handle: int) -> None: ...
    def read(self, start: int | None = 0, stop: int | None = None) -> bytes:
        """Copies the bytes from `start` up to `stop`, as `Memory.read` does. The whole is not read at once."""
    def write(self, value: BytesLike, start: int | None = None) -> int:
        """Copies `value` in, as `Memory.write` does. The whole is not written at once."""
    def view(self, start: int = 0, length: int | None = None) -> memoryview:
        """`length` bytes from `start`, or up to the end, in place, as `Memory.view` gives them."""
