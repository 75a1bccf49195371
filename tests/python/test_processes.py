"""Other processes: children of a fork, and pools of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guests import config, engine
from trimaran import (
    Engine,
    Instance,
    LimitError,
    Linker,
    Module,
    ModuleLimits,
    OutputPipe,
    Store,
    Trap,
    WasiConfig,
)

WAT = '(module (func (export "f") (result i32) (i32.const 42)) (func (export "trap") unreachable))'
PRINT = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\04\\00\\00\\00text")
    (func (export "run") (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


def use(module: Module) -> None:
    """Compiles, calls, traps and prints."""
    store = Store(module.engine)
    for made in (module, Module(module.engine, WAT)):
        exports: Any = Instance(store, made).exports(store)
        assert exports["f"](store) == 42
        with pytest.raises(Trap):
            exports["trap"](store)
    linker, pipe = Linker(module.engine), OutputPipe()
    linker.define_wasi()
    store.set_wasi(WasiConfig().stdout_pipe(pipe))
    program = linker.instantiate(store, Module(module.engine, PRINT))
    assert program.func(store, "run")(store) == 0
    assert pipe.contents() == b"text"


def forked(work: Callable[[], object]) -> int:
    """Does the work in a child, and gives what it ended with: 0 if all went well."""
    with warnings.catch_warnings():
        # A fork of a process with threads is what this is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            # Nobody waits for ever.
            signal.alarm(30)
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def test_a_child_uses_what_its_parent_made() -> None:
    module = Module(engine(), WAT)
    use(module)
    assert forked(lambda: use(module)) == 0
    # And so does a child of that child, and the parent itself.
    assert forked(lambda: os._exit(0 if forked(lambda: use(module)) == 0 else 1)) == 0
    use(module)


def test_a_child_uses_a_store_of_its_parent() -> None:
    store = Store(engine())
    exports: Any = Instance(store, Module(store.engine, WAT)).exports(store)
    assert exports["f"](store) == 42

    def work() -> None:
        assert exports["f"](store) == 42
        with pytest.raises(Trap):
            exports["trap"](store)
        store.close()

    assert forked(work) == 0
    assert exports["f"](store) == 42


def test_a_child_has_all_places_for_compilations() -> None:
    hasty = Engine(config().module_limits(ModuleLimits(compile_time=0.02)))
    text = f"(module {'(func (result i32) (i32.const 1))' * 5_000})"
    # They take too long, and go on, until the engine has no place left.
    why = ""
    while "compiles as many modules" not in why:
        with pytest.raises(LimitError) as caught:
            Module(hasty, text)
        why = caught.value.reason

    def work() -> None:
        # Whether that is quick enough does not matter.
        try:
            Module(hasty, "(module)")
        except LimitError as error:
            assert "takes longer to compile" in error.reason

    assert forked(work) == 0


def test_a_child_uses_the_cache_of_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "cache.toml"
    file.write_text(f'[cache]\ndirectory = "{tmp_path / "cache"}"\n')
    module = Module(Engine(config().cache(str(file))), WAT)
    assert forked(lambda: use(module)) == 0
    use(module)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_pool(method: str) -> None:
    module = Module(engine(), WAT)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(use, [module] * 4).get(timeout=60) == [None] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_uses_what_other_threads_use() -> None:
    """In a process of its own, whose threads take the locks again and again."""
    program = """
import itertools, os, threading
from trimaran import *
memory, pipe, linker = MemoryDirectory({"a": b"x" * 4_000_000}), OutputPipe(), Linker(Engine())
numbers, over = itertools.count(), threading.Event()


def use():
    memory.read("a")
    pipe.contents()
    linker.define_func("names", str(next(numbers)), FuncType([], []), print)


def use_on():
    while not over.is_set():
        use()


threads = [threading.Thread(target=use_on) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(20):
    child = os.fork()
    if not child:
        use()
        os._exit(0)
    os.waitpid(child, 0)
over.set()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], timeout=120, check=True)
