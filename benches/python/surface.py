"""The rows of what a host does beside calls: texts, names, types and objects.

Where the peer has no such method, the row has this package alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import getitem
from pathlib import Path
from typing import Any

Call = Callable[[], object]

TEXT = Path(__file__).resolve().parent.parent / "text.wat"
TIMES = 1000
PLACE, LENGTH = 64, 16
MIB = 1 << 20
EXPORTS = (
    "(module "
    + " ".join(f'(func (export "f{index}") (param i32))' for index in range(10))
    + ")"
)


def expect(value: object, expected: object) -> None:
    if value != expected:
        raise SystemExit(f"expected {expected!r}, got {value!r}")


def checked(call: Call, expected: object) -> Call:
    expect(call(), expected)
    return call


def read_string(memory: Any, store: Any, start: int, length: int) -> str:
    """The text in a memory, as a program of either package reads it."""
    if hasattr(memory, "read_string"):
        text: str = memory.read_string(store, start, length)
        return text
    return bytes(memory.read(store, start, start + length)).decode()


def text_guest(guest: Any, read: Callable[..., int]) -> Any:
    """A run of a guest that gives `read` a text so many times, and the store for it."""
    package = guest.package
    store, i32 = package.Store(guest.engine), package.ValType.i32()
    host = package.Func(
        store, package.FuncType([i32, i32], [i32]), read, access_caller=True
    )
    module = package.Module(guest.engine, TEXT.read_text())
    return partial(package.Instance(store, module, [host]).exports(store)["run"], store)


def reads_text(guest: Any) -> Call:
    def read(caller: Any, start: int, length: int) -> int:
        return len(read_string(caller["memory"], caller, start, length))

    return checked(partial(text_guest(guest, read), TIMES), TIMES * LENGTH)


def caller_memory(guest: Any) -> Call:
    """The host function looks its memory up a thousand times."""

    def read(caller: Any, _start: int, _length: int) -> int:
        for _ in range(TIMES):
            caller["memory"]
        return 1

    return checked(partial(text_guest(guest, read), 1), 1)


def text(guest: Any, length: int) -> Call:
    guest.memory.write(guest.store, b"x" * length, 0)
    return checked(
        partial(read_string, guest.memory, guest.store, 0, length), "x" * length
    )


def decoded(guest: Any, length: int) -> Call:
    """What the language itself takes to make a text of bytes that lie in place."""
    view = guest.memory.view(guest.store, 0, length)
    return checked(lambda: str(view, "utf-8"), "x" * length)


def bounds(guest: Any) -> Call:
    memory, store, package = guest.memory, guest.store, guest.package

    def caught() -> bool:
        try:
            memory.write(store, b"12345678", 257 << 16)
        except (IndexError, package.WasmtimeError):
            return True
        return False

    return checked(caught, True)


def linker(guest: Any) -> Call:
    def make() -> None:
        guest.package.Linker(guest.engine).define_wasi()

    return make


def func_type(guest: Any) -> Call:
    package = guest.package
    i32 = package.ValType.i32()
    return partial(package.FuncType, [i32, i32], [i32])


def ten_exports(guest: Any) -> Call:
    module = guest.package.Module(guest.engine, EXPORTS)
    return checked(lambda: len(module.exports), 10)


def bench(guests: dict[str, Any], measure: Callable[..., None]) -> None:
    """Prints the rows: `measure` takes the row, what each package calls, and how often a call does it."""

    def both(row: str, make: Callable[[Any], Call], each_has: int = 1) -> None:
        measure(row, {who: make(guest) for who, guest in guests.items()}, each_has)

    ours = guests["python"]
    memory, store = ours.memory, ours.store

    def alone(row: str, call: Call) -> None:
        measure(row, {"python": call})

    both("caller, memory by name", caller_memory, TIMES)
    both("host function reads a text", reads_text, TIMES)
    both("read_string 16 B", partial(text, length=LENGTH))
    measure(
        "read_string 1 MiB",
        {"python": text(ours, MIB), "decoding a view": decoded(ours, MIB)},
    )
    alone("fill 16 B", partial(memory.fill, store, 7, 0, LENGTH))
    alone("copy_within 16 B", partial(memory.copy_within, store, 0, 64, LENGTH))
    memory.write(store, bytes(99) + b"!", 0)
    alone("find in 100 B", checked(partial(memory.find, store, b"!", 0, 100), 99))
    both(
        "grow by 0",
        lambda guest: checked(partial(guest.memory.grow, guest.store, 0), 257),
    )
    both("data_ptr", lambda guest: partial(guest.memory.data_ptr, guest.store))
    both(
        "data_ptr()[i]",
        lambda guest: partial(getitem, guest.memory.data_ptr(guest.store), 3),
    )
    alone("view of 16 B", partial(memory.view, store, 0, LENGTH))
    both("export by name", lambda guest: partial(getitem, guest.exports, "add"))
    alone("instance.memory(name)", partial(ours.instance.memory, store, "memory"))
    both(
        "exports of an instance, by name",
        lambda guest: lambda: guest.instance.exports(guest.store)["add"],
    )
    both("memory.type", lambda guest: lambda: guest.memory.type(guest.store))
    both("module.exports, 10 items", ten_exports)
    alone("hexdump of 32 B", partial(memory.hexdump, store, 0, 32))
    both("bounds error", bounds)
    both("engine", lambda guest: guest.package.Engine)
    both("linker with WASI", linker)
    both("store", lambda guest: partial(guest.package.Store, guest.engine))
    both("function type", func_type)
