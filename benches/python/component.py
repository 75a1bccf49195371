"""The rows about components: the package and its peer run the same component side by side."""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

Call = Callable[[], object]
Measure = Callable[..., None]

TEXT = Path(__file__).resolve().parent.parent / "component.wat"
CALLBACKS = 1000
SIZES = {"16 B": 16, "64 KiB": 1 << 16}


class Guest:
    """The component, in either package."""

    def __init__(self, package: ModuleType) -> None:
        self.package, self.component = (
            package,
            importlib.import_module(f"{package.__name__}.component"),
        )
        self.engine = package.Engine()
        self.made = self.component.Component(self.engine, TEXT.read_text())
        self.linker = self.component.Linker(self.engine)
        with self.linker.root() as root:
            if hasattr(root, "define_func"):
                root.define_func("double", lambda n: n * 2)
            else:
                root.add_func("double", lambda _store, n: n * 2)
        self.store = package.Store(self.engine)
        self.instance = self.linker.instantiate(self.store, self.made)

    def func(self, name: str) -> Any:
        return self.instance.get_func(self.store, name)

    def call(self, name: str, *values: object) -> Call:
        return partial(self.func(name), self.store, *values)

    def echo(self, name: str, value: Any, arrays: bool = False) -> Call:
        """Gives a value to the guest, which gives it back. As a buffer where the package takes and gives those."""
        func = self.func(name)
        if arrays and hasattr(func, "with_arrays"):
            func, value = func.with_arrays(), array("d", value)
        call = partial(func, self.store, value)
        if call() != value:
            raise SystemExit(f"{name}: it gave something else back")
        return call

    def record(self) -> Any:
        made = self.component.Record()
        fields = {
            "a": 1,
            "b": -2,
            "c": 0.5,
            "d": 0.25,
            "e": True,
            "f": 6,
            "name": "hull",
        }
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    def resource(self) -> Call:
        counter = self.func("[constructor]counter")(self.store, 7)
        call = self.call("[method]counter.get", counter)
        if call() != 7:
            raise SystemExit("the counter has another number")
        return call

    def instantiate(self) -> Call:
        """A new store with an instance; the imports are looked up before, where the package can."""
        package, made = self.package, self.made
        if hasattr(self.linker, "instantiate_pre"):
            pre = self.linker.instantiate_pre(made)
            return lambda: pre.instantiate(package.Store(self.engine))
        return lambda: self.linker.instantiate(package.Store(self.engine), made)


def bench(packages: dict[str, ModuleType], measure: Measure) -> None:
    guests = {who: Guest(package) for who, package in packages.items()}

    def row(name: str, make: Callable[[Guest], Call], each_has: int = 1) -> None:
        measure(
            f"component {name}",
            {who: make(guest) for who, guest in guests.items()},
            each_has,
        )

    row("(u32, u32) -> u32", lambda guest: guest.call("add", 40, 2))
    row("host call", lambda guest: guest.call("host", CALLBACKS), CALLBACKS)
    row("resource method", Guest.resource)
    for name, size in SIZES.items():
        row(f"string {name}", partial(Guest.echo, name="string", value="x" * size))
    row("list<u8> 64 KiB", partial(Guest.echo, name="bytes", value=bytes(1 << 16)))
    row(
        "list<f64> 64 Ki",
        partial(
            Guest.echo,
            name="floats",
            value=[float(number) for number in range(1 << 16)],
        ),
    )
    row(
        "list<f64> 64 Ki, buffers",
        partial(
            Guest.echo,
            name="floats",
            value=[float(number) for number in range(1 << 16)],
            arrays=True,
        ),
    )
    row("record", lambda guest: guest.echo("record", guest.record()))
    row(
        "1000 records",
        lambda guest: guest.echo("records", [guest.record() for _ in range(1000)]),
    )
    row("new store and instance", Guest.instantiate)
