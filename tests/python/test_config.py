"""Configurations: attributes that can be set, called and read."""

from __future__ import annotations

import copy
import hashlib
import pickle
import platform
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guests import IS_INTERPRETER, config
from trimaran import (
    Allocation,
    ArtifactError,
    ClosedError,
    Collector,
    CompileError,
    Config,
    ConfigError,
    Engine,
    Instance,
    LimitError,
    Limits,
    Memory,
    MemoryType,
    Module,
    ModuleLimits,
    OptLevel,
    PoolingConfig,
    ProfilingStrategy,
    RangeError,
    Setting,
    Store,
    StoreLimits,
    Strategy,
    WasmtimeError,
    WasmTypeError,
    WrongEngineError,
)

SWITCHES = """
    debug_info wasm_threads wasm_tail_call wasm_reference_types wasm_simd wasm_bulk_memory wasm_multi_value
    wasm_multi_memory wasm_memory64 wasm_relaxed_simd wasm_relaxed_simd_deterministic wasm_component_model
    wasm_component_model_async wasm_component_model_more_async_builtins wasm_component_model_async_stackful
    wasm_component_model_threading
    wasm_component_model_map wasm_component_model_fixed_length_lists wasm_exceptions wasm_function_references
    wasm_gc wasm_wide_arithmetic
    wasm_custom_page_sizes wasm_stack_switching cranelift_debug_verifier cranelift_nan_canonicalization
    epoch_interruption consume_fuel parallel_compilation shared_memory gc_support memory_may_move memory_init_cow
    native_unwind_info macos_use_mach_ports signals_based_traps wasm_backtrace_details coredump_on_trap
""".split()
SIZES = "max_wasm_stack memory_reservation memory_guard_size memory_reservation_for_growth".split()
WORDS = {
    "strategy": Strategy,
    "cranelift_opt_level": OptLevel,
    "profiler": ProfilingStrategy,
    "collector": Collector,
}
OTHERS = ["target", "cache", "allocation", "module_limits"]


def test_every_setting_is_here() -> None:
    settings = [name for name, value in vars(Config).items() if hasattr(value, "__set__") and not name.startswith("_")]
    assert sorted(settings) == sorted([*SWITCHES, *SIZES, *WORDS, *OTHERS])


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
    other.allocation = PoolingConfig(total_tables=5)
    twin = copy.deepcopy(other)
    assert twin == other == pickle.loads(pickle.dumps(other))
    twin.wasm_simd(False)
    assert twin != other
    other.allocation = None
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
            if name != "profiler" or word is ProfilingStrategy.NONE:
                made = getattr(config(), name)(word)
                assert Engine(made).config == made
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


def test_a_pool() -> None:
    made = config()
    for word, value in {"on_demand": Allocation.ON_DEMAND, "pooling": PoolingConfig()}.items():
        made.allocation = word
        assert made.allocation == value
        assert Module(Engine(made), "(module (memory 1))")
    made.allocation = PoolingConfig(total_memories=1, max_memory_size=1 << 20)
    assert repr(made.allocation) == "PoolingConfig(total_memories=1, max_memory_size=1048576)"
    small = Engine(made)
    assert small.config == made
    module = Module(small, "(module (memory 1))")
    store, other = Store(small), Store(small)
    Instance(store, module)
    with pytest.raises(LimitError):
        Instance(other, module)
    store.close()
    Instance(other, module)
    made.allocation = None
    assert made == config()


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ("pool", RangeError, "allocation is 'pool': expected one of on_demand, pooling"),
        (1, WasmTypeError, "allocation is an int: expected a PoolingConfig or a str"),
    ],
)
def test_what_is_no_allocation(value: Any, kind: type[WasmtimeError], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        Config().allocation = value


def test_what_is_no_pool() -> None:
    with pytest.raises(RangeError, match="total_memories is 4294967296"):
        PoolingConfig(total_memories=1 << 32)
    with pytest.raises(WasmTypeError, match="max_memory_size is a float: expected an int"):
        PoolingConfig(max_memory_size=1.5)  # type: ignore[arg-type]


def test_limits_of_modules() -> None:
    made = config().module_limits(ModuleLimits(functions=1, nesting=3))
    assert repr(made.module_limits) == "ModuleLimits(functions=1, nesting=3)"
    limited = Engine(made)
    assert limited.config == made
    assert Module(limited, "(module (func (block (block))))")
    for wat in ("(module (func) (func))", "(module (func (block (block (block (block))))))"):
        with pytest.raises(LimitError):
            Module(limited, wat)
    with pytest.raises(WasmTypeError, match="module_limits is an int: expected a ModuleLimits"):
        made.module_limits = 1  # type: ignore[assignment]
    with pytest.raises(RangeError, match="size is -1: expected 0 or more"):
        ModuleLimits(size=-1)


def test_a_limit_of_the_time_to_compile() -> None:
    assert ModuleLimits().compile_time is None
    limits = ModuleLimits(compile_time=0.0005, nesting=3)
    assert limits == ModuleLimits(compile_time=0.001, nesting=3), "no time is too short"
    assert repr(limits) == "ModuleLimits(nesting=3, compile_time=0.001)"
    assert pickle.loads(pickle.dumps(limits)) == limits
    for time in (limits.compile_time, 0.0, 1.001, 16.001, 32.002, 1e9):
        made = config().module_limits(ModuleLimits(compile_time=time))
        assert Engine(made).config == made
        assert pickle.loads(pickle.dumps(made)) == made
    untrusted = Config.untrusted().module_limits.value
    assert untrusted is not None and untrusted.compile_time == 10
    enough = Engine(config().module_limits(ModuleLimits(compile_time=60)))
    assert Module(enough, "(module (func))")
    none = Engine(config().module_limits(ModuleLimits(compile_time=0)))
    with pytest.raises(LimitError, match="compil"):
        Module(none, "(module (func))")
    with pytest.raises(RangeError, match="compile_time is -1: expected 0 or more seconds"):
        ModuleLimits(compile_time=-1)
    with pytest.raises(WasmTypeError, match="compile_time is a str: expected seconds"):
        ModuleLimits(compile_time="1")  # type: ignore[arg-type]


def test_untrusted_guests() -> None:
    made = Config.untrusted()
    assert made.consume_fuel or made.epoch_interruption
    assert made.module_limits.value is not None
    engine, limits = Engine(made), StoreLimits.untrusted()
    assert limits.memory_size
    store = Store(engine)
    store.set_limits(limits)
    with pytest.raises(LimitError):
        Memory(store, MemoryType(Limits(limits.memory_size // 65_536 + 1)))


def test_an_engine_knows_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "cache.toml"
    file.write_text(f'[cache]\ndirectory = "{tmp_path / "cache"}"\n')
    made = config().consume_fuel(True).cranelift_opt_level("speed").max_wasm_stack(1 << 19).cache(str(file))
    made.cranelift_flag_set("unwind_info", "true")
    assert Engine(made).config == made
    assert Engine(config()).config == config()
    Engine(made).config.consume_fuel = False
    assert made.consume_fuel


def test_shared_engines() -> None:
    one, two = Engine.shared(config().consume_fuel(True)), Engine.shared(config().consume_fuel(True))
    # What one of them made fits the other.
    assert Instance(Store(one), Module(two, "(module)"))
    with pytest.raises(WrongEngineError):
        Instance(Store(one), Module(Engine.shared(config()), "(module)"))
    assert Module(Engine.shared(), "(module)")


def test_objects_of_one_engine_are_equal() -> None:
    one, two = Engine.shared(config()), Engine.shared(config())
    assert one == two and hash(one) == hash(two) and len({one, two}) == 1
    assert pickle.loads(pickle.dumps(one)) == one
    mine, other = Engine(config()), Engine(config())
    assert mine == mine and mine != other and mine != one and mine != "engine"
    assert Module(mine, "(module)").engine == mine == Store(mine).engine
    assert Module(mine, "(module)").engine != other
    mine.close()
    assert mine == mine and mine != other


def test_a_shared_engine_is_closed_for_nobody() -> None:
    one = Engine.shared(config())
    with Engine.shared(config()) as two:
        module = Module(two, "(module)")
    two.close()
    # Whoever has it goes on with it.
    assert Instance(Store(one), module) and Module(two, "(module)")
    assert Engine.shared(config()) == one == two


def section(elf: bytes, wanted: bytes) -> tuple[int, int]:
    """Where a section of an ELF file is, and how large."""
    (table,), (width, count, names) = struct.unpack_from("<Q", elf, 40), struct.unpack_from("<HHH", elf, 58)
    entries = [struct.unpack_from("<IIQQQQ", elf, table + index * width) for index in range(count)]
    for name, _, _, _, at, size in entries:
        start = entries[names][4] + name
        if elf[start : elf.index(0, start)] == wanted:
            return at, size
    raise AssertionError(f"there is no section {wanted!r}")


def test_accepting_loads_no_machine_code() -> None:
    made = Engine(config())
    artifact = made.precompile('(module (func (export "f") (result i32) (i32.const 7)))')

    def sealed(content: bytes) -> bytes:
        return content + hashlib.sha256(content).digest() + b"trimaran"

    content = artifact[: -32 - 8]
    assert sealed(content) == artifact
    # Without what wasmtime keeps of it, nothing can be made of the module.
    broken = bytearray(content)
    at, size = section(content, b".wasmtime.info")
    broken[at : at + size] = b"\xff" * size
    with pytest.raises(ArtifactError):
        Module.deserialize(made, sealed(bytes(broken)))
    assert made.accepts(sealed(bytes(broken)))
    # A header of another configuration is seen all the same, and none at all.
    assert not Engine(config().consume_fuel(True)).accepts(sealed(bytes(broken)))
    for other in (b"", b"\x7fELF", content[:64], content[: len(content) // 2], b"\0asm\1\0\0\0"):
        assert not made.accepts(sealed(other))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names the machine")
@pytest.mark.skipif(sys.platform != "linux", reason="names the system")
def test_code_for_any_machine_of_a_kind_is_accepted() -> None:
    plain = Engine(Config().target("x86_64-unknown-linux-gnu"))
    own = Engine(Config())
    artifact = plain.precompile("(module)")
    assert own.accepts(artifact)
    assert Module.deserialize(own, artifact).exports == []
    assert not Engine(Config().target("pulley64")).accepts(artifact)


def test_artifacts() -> None:
    made, other = Engine(config()), Engine(config().consume_fuel(True))
    artifact = made.precompile('(module (func (export "f")))')
    assert Module.deserialize(made, artifact).exports[0].name == "f"
    assert made.accepts(artifact) and not other.accepts(artifact)
    changed = bytearray(artifact)
    changed[len(changed) // 2] ^= 1
    assert not made.accepts(changed)
    assert made.compatibility_hash() == Engine(config()).compatibility_hash() != other.compatibility_hash()
    with pytest.raises(CompileError):
        made.precompile(b"\0asm")


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


def test_a_truth_value_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    switched: Any = config()
    switched.consume_fuel = numpy.bool_(True)
    assert switched.consume_fuel.value is True
    switched.consume_fuel(numpy.array([1]).all() < 0)
    assert switched.consume_fuel.value is False


def test_a_setting_is_no_value() -> None:
    given: Any = config().max_wasm_stack(1 << 20)
    other: Any = config()
    with pytest.raises(
        WasmTypeError, match=r"max_wasm_stack is a Setting: expected what it is set to, which its `\.value`"
    ):
        other.max_wasm_stack = given.max_wasm_stack
    other.max_wasm_stack = given.max_wasm_stack.value
    assert other == given
