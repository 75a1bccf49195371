"""Engines and modules in pools of processes, by every way that Python has."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import pickle

import pytest

from guests import config, engine
from trimaran import ClosedError, Config, Engine, Instance, Linker, Module, Store

WAT = '(module $adder (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
METHODS = multiprocessing.get_all_start_methods()


def add(given: Engine, left: int, right: int) -> int:
    """Compiles and calls in the other process."""
    store = Store(given)
    result: int = Instance(store, Module(given, WAT)).func(store, "add")(store, left, right)
    return result


def there_and_back(given: Engine, module: Module) -> tuple[Config, bool, Engine]:
    """What arrives fits together, and goes back."""
    Linker(module.engine).instantiate(Store(module.engine), module)
    return given.config, given.compatibility_hash() == module.engine.compatibility_hash(), given


def test_an_engine_arrives_as_the_shared_one() -> None:
    first = Engine(config().wasm_simd(False).wasm_relaxed_simd(False))
    one, two = (pickle.loads(pickle.dumps(first)) for _ in range(2))
    assert one.config == first.config
    store = Store(one)
    # The same engine: what one made works in a store of the other.
    for made in (one, two, Engine.shared(first.config)):
        assert Instance(store, Module(made, WAT)).func(store, "add")(store, 1, 2) == 3


def test_a_closed_engine_stays_here() -> None:
    made = engine()
    made.close()
    with pytest.raises(ClosedError, match="the engine is closed"):
        pickle.dumps(made)


@pytest.mark.parametrize("method", METHODS)
def test_a_pool(method: str) -> None:
    made = Engine(config().consume_fuel(False))
    # It has compiled, and has threads, before a child is forked.
    assert add(made, 1, 1) == 2
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.starmap(add, [(made, number, 2) for number in range(6)]) == list(range(2, 8))
        settings, fits, back = pool.apply(there_and_back, (made, Module(made, WAT)))
    assert settings == made.config == back.config
    assert fits
    assert add(back, 1, 2) == 3


@pytest.mark.parametrize("method", METHODS)
def test_an_executor(method: str) -> None:
    made = engine()
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert pool.submit(add, made, 40, 2).result() == 42
        assert [pool.submit(add, made, number, 1).result() for number in range(3)] == [1, 2, 3]
        # What cannot go says so, and the pool goes on.
        with pytest.raises(TypeError, match="a Store can be neither copied nor pickled"):
            pool.submit(add, Store(made), 1, 2).result()  # type: ignore[arg-type]
        assert pool.submit(add, made, 1, 2).result() == 3
