"""Modules travel: by pickle, to other processes, as copies."""

from __future__ import annotations

import copy
import multiprocessing
import pickle

import pytest

from guests import config, engine
from trimaran import ArtifactError, Engine, Instance, Module, Store

WAT = '(module $adder (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'


def add(module: Module, left: int, right: int) -> int:
    """Calls the guest in a store of its own. Another process imports it from here."""
    store = Store(module.engine)
    result: int = Instance(store, module).func(store, "add")(store, left, right)
    return result


def test_pickle() -> None:
    module = Module(engine(), WAT)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(module, protocol))
        assert (other.name, other.exports) == (module.name, module.exports)
        assert add(other, 40, 2) == 42
        assert other.engine.config == module.engine.config


def test_modules_that_were_pickled_share_their_engine() -> None:
    one, two = (pickle.loads(pickle.dumps(Module(engine(), WAT))) for _ in range(2))
    store = Store(one.engine)
    for module in (one, two):
        assert Instance(store, module).func(store, "add")(store, 1, 2) == 3
    assert Instance(Store(Engine.shared(config())), one)


def test_any_flipped_bit_is_found() -> None:
    packed = Module(engine(), WAT).pack()
    assert add(Module.unpack(packed), 1, 2) == 3
    for place in [*range(0, len(packed), max(1, len(packed) // 50)), len(packed) - 1]:
        changed = bytearray(packed)
        changed[place] ^= 1
        with pytest.raises(ArtifactError):
            Module.unpack(changed)
    for cut in (b"", packed[:-1], packed + b"\0", Module(engine(), WAT).serialize()):
        with pytest.raises(ArtifactError):
            Module.unpack(cut)


def test_another_process() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(add, (Module(engine(), WAT), 40, 2)) == 42


def test_a_copy_is_the_module_itself() -> None:
    module = Module(engine(), WAT)
    assert copy.copy(module) is module
    assert copy.deepcopy([module])[0] is module
