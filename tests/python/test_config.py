"""Configurations: attributes that can be set, called and read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from guests import IS_INTERPRETER, config
from trimaran import (
    ClosedError,
    Collector,
    Config,
    ConfigError,
    Engine,
    Module,
    OptLevel,
    Profiler,
    RangeError,
    Setting,
    Store,
    Strategy,
    WasmtimeError,
    WasmTypeError,
)

SWITCHES = """
    debug_info wasm_threads wasm_tail_call wasm_reference_types wasm_simd wasm_bulk_memory wasm_multi_value
    wasm_multi_memory wasm_memory64 wasm_relaxed_simd wasm_relaxed_simd_deterministic wasm_component_model
    wasm_component_model_map wasm_exceptions wasm_function_references wasm_gc wasm_wide_arithmetic
    wasm_custom_page_sizes wasm_stack_switching cranelift_debug_verifier cranelift_nan_canonicalization
    epoch_interruption consume_fuel parallel_compilation shared_memory gc_support memory_may_move memory_init_cow
    native_unwind_info macos_use_mach_ports signals_based_traps
""".split()
SIZES = "max_wasm_stack memory_reservation memory_guard_size memory_reservation_for_growth".split()
WORDS = {
    "strategy": Strategy,
    "cranelift_opt_level": OptLevel,
    "profiler": Profiler,
    "collector": Collector,
}
TEXTS = ["target", "cache"]


def test_every_setting_is_here() -> None:
    settings = [name for name, value in vars(Config).items() if hasattr(value, "__set__") and not name.startswith("_")]
    assert sorted(settings) == sorted([*SWITCHES, *SIZES, *WORDS, *TEXTS])


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch(name: str) -> None:
    made = Config()
    assert getattr(made, name).value is None
    setattr(made, name, True)
    assert getattr(made, name).value is True
    assert getattr(made, name)
    getattr(made, name)(False)
    assert getattr(made, name) == False  # noqa: E712
    assert not getattr(made, name)
    for wrong in (1, 0, "yes", 1.0):
        with pytest.raises(WasmTypeError, match=f"{name} is .*: expected a bool"):
            setattr(made, name, wrong)
    setattr(made, name, None)
    assert made == Config()


@pytest.mark.parametrize("name", SIZES)
def test_a_size(name: str) -> None:
    made = Config()
    setattr(made, name, 65_536)
    assert getattr(made, name) == 65_536
    assert repr(made) == f"Config({name}=65536)"
    for wrong in (True, 1.0, "1"):
        with pytest.raises(WasmTypeError, match=f"{name} is .*: expected an int"):
            setattr(made, name, wrong)
    for number in (-1, 1 << 64, 1 << 100):
        with pytest.raises(RangeError, match=f"{name} is {number}: expected"):
            setattr(made, name, number)


@pytest.mark.parametrize("name", WORDS)
def test_a_word(name: str) -> None:
    made = Config()
    for word in WORDS[name]:
        setattr(made, name, word.value)
        assert getattr(made, name).value is word
        getattr(made, name)(word)
        assert getattr(made, name) == word.value
    with pytest.raises(WasmtimeError, match=f"{name} is 'fastest': expected one of {', '.join(WORDS[name])}"):
        setattr(made, name, "fastest")
    with pytest.raises(WasmTypeError):
        setattr(made, name, 1)


def test_calls_can_be_chained() -> None:
    made = Config().consume_fuel(True).max_wasm_stack(1 << 19).cranelift_opt_level("speed")
    assert repr(made) == "Config(consume_fuel=True, max_wasm_stack=524288, cranelift_opt_level='speed')"
    assert isinstance(made.consume_fuel, Setting)
    assert repr(made.consume_fuel) == "True"


def test_configurations_are_values() -> None:
    one, other = Config().wasm_simd(True), Config().wasm_simd(True)
    assert one == other
    assert one.wasm_simd == other.wasm_simd
    other.cranelift_flag_set("opt_level", "speed")
    assert one != other
    assert one != "config"
    twin = copy.deepcopy(other)
    assert twin == other
    twin.wasm_simd(False)
    assert twin != other
    assert repr(other) == "Config(wasm_simd=True, cranelift_flags=['opt_level=speed'])"


def test_an_engine_reads_it_once() -> None:
    made = config().consume_fuel(True)
    first = Engine(made)
    made.consume_fuel(False)
    Store(first).set_fuel(5)
    with pytest.raises(ConfigError, match="fuel needs an engine with consume_fuel"):
        Store(Engine(made)).set_fuel(5)


MAKE: list[Callable[[Config], object]] = [
    lambda made: made.max_wasm_stack(0),
    lambda made: made.wasm_simd(False).wasm_relaxed_simd(True),
    lambda made: made.target("abacus"),
    lambda made: made.target("pulley64").wasm_threads(True),
    lambda made: made.cache("/nowhere/cache.toml"),
]


@pytest.mark.parametrize("make", MAKE)
def test_engines_that_cannot_be(make: Callable[[Config], object]) -> None:
    made = config()
    make(made)
    with pytest.raises(ConfigError) as caught:
        Engine(made)
    assert caught.value.reason == str(caught.value)


def test_engines_that_can_be(tmp_path: Path) -> None:
    for name, words in WORDS.items():
        for word in words:
            if name != "profiler" or word is Profiler.NONE:
                Engine(getattr(config(), name)(word))
    file = tmp_path / "cache.toml"
    file.write_text(f'[cache]\ndirectory = "{tmp_path / "cache"}"\n')
    cached = Engine(config().cache(str(file)))
    for _ in range(2):
        assert Module(cached, '(module (func (export "f")))').exports


def test_the_cache_cannot_be_turned_off() -> None:
    made = Config()
    with pytest.raises(WasmtimeError, match="cache is False"):
        made.cache = False
    made.cache = True
    assert made.cache.value is True


@pytest.mark.skipif(IS_INTERPRETER, reason="a flag of the native compiler")
def test_flags() -> None:
    made = Config()
    made.cranelift_flag_set("enable_nan_canonicalization", "true")
    made.cranelift_flag_enable("unwind_info")
    assert Module(Engine(made), "(module (func))")
    with pytest.raises(WasmTypeError):
        made.cranelift_flag_enable(1)  # type: ignore[arg-type]


def test_the_interpreter() -> None:
    assert Engine(Config().target("pulley64")).is_pulley()
    assert Engine(config()).is_pulley() == IS_INTERPRETER
    assert repr(Engine(Config().target("pulley64"))) == "<Engine, interpreting>"


def test_the_engine_closes() -> None:
    with Engine(config()) as made:
        store = Store(made)
    made.close()
    for use in (lambda: Store(made), lambda: Module(made, "(module)"), made.increment_epoch, made.is_pulley):
        with pytest.raises(ClosedError, match="the engine is closed"):
            use()
    assert repr(made) == "<Engine, closed>"
    store.gc()
