"""What many tests use: engines for the target under test, guests, folders."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from trimaran import Config, Engine, Instance, Module, Store, Trap

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "tests" / "modules"
TARGET = os.environ.get("TRIMARAN_TEST_TARGET")
ASYNC_COMPONENTS = "TRIMARAN_TEST_ASYNC_COMPONENTS" in os.environ
IS_INTERPRETER = (TARGET or "").startswith("pulley")


def config() -> Config:
    """A configuration for the target under test."""
    return Config().target(TARGET)


def engine() -> Engine:
    """An engine for the target under test."""
    return Engine(config())


def threads() -> Engine:
    """An engine with threads, which the interpreter does not have: it is always native."""
    return Engine(Config().wasm_threads(True))


def guest(wat: str) -> tuple[Store, Instance]:
    """An instance of a guest that imports nothing, in a store of its own."""
    store = Store(engine())
    return store, Instance(store, Module(store.engine, wat))


def number(store: Store) -> int:
    """The number by which `repr` names a store."""
    found = re.match(r"<\w+ (\d+)", repr(store))
    assert found
    return int(found[1])


def core_dump() -> Any:
    """What a trap keeps of its store, which is closed."""
    engine = Engine(Config().coredump_on_trap(True))
    with Store(engine) as store:
        try:
            Instance(store, Module(engine, "(module (func $f unreachable) (start $f))"), [])
        except Trap as trap:
            return vars(trap)["_raw"][0][7]
