"""Setting one option keeps every other option: every pair, in both orders."""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest

from guests import config, engine
from trimaran import (
    Allocation,
    Config,
    ConfigError,
    Engine,
    FuncType,
    Instance,
    Linker,
    MemoryDirectory,
    Module,
    ModuleLimits,
    OutputPipe,
    PoolingConfig,
    RangeError,
    Store,
    StoreLimits,
    Trap,
    TrapCode,
    WasiConfig,
    WasmTypeError,
)

PIPE = OutputPipe()
FOLDER = MemoryDirectory({"a": b""})
UNTRUSTED: Any = StoreLimits.untrusted
KNOBS: dict[str, Any] = {
    name: knob for name, knob in vars(Config).items() if type(knob).__name__ == "Knob" and not name.startswith("_")
}
WORDS = {"strategy": "cranelift", "cranelift_opt_level": "speed", "profiler": "none", "collector": "null"}
OTHERS: dict[str, Any] = {
    "cache": True,
    "target": "pulley64",
    "allocation": PoolingConfig(total_tables=5),
    "module_limits": ModuleLimits(functions=7),
}


def sample(name: str) -> Any:
    """A value of a setting that is no default."""
    if name in OTHERS or name in WORDS:
        return OTHERS.get(name, WORDS.get(name))
    made = Config()
    try:
        setattr(made, name, False)
    except WasmTypeError:
        return 1 << 20
    return False


def carried(made: Config) -> Config:
    """A configuration that has been to the core and back."""
    private: Any = Config
    found: Config = private._from_raw(private._to_raw(made))
    return found


@pytest.mark.parametrize("first", KNOBS)
def test_every_pair_of_a_configuration(first: str) -> None:
    for second in KNOBS:
        if first == second:
            continue
        for base in (Config(), Config.untrusted()):
            before = {name: getattr(base, name).value for name in KNOBS}
            setattr(base, first, sample(first))
            getattr(base, second)(sample(second))
            wanted = before | {first: sample(first), second: sample(second)}
            for made in (base, carried(base), copy.copy(base)):
                assert {name: getattr(made, name).value for name in KNOBS} == wanted


@pytest.mark.parametrize("name", KNOBS)
def test_an_engine_has_each_setting(name: str) -> None:
    made = Config.untrusted()
    setattr(made, name, sample(name))
    try:
        found = Engine(made).config
    except ConfigError:
        # It says which two exclude each other: nothing is dropped.
        return
    assert found == made


def test_flags_stand_beside_settings() -> None:
    made = Config()
    made.cranelift_flag_set("opt_level", "speed")
    made.consume_fuel = True
    made.cranelift_flag_enable("has_sse3")
    assert repr(carried(made)) == "Config(consume_fuel=True, cranelift_flags=['opt_level=speed', 'has_sse3'])"


def fields_of(figures: object) -> tuple[str, ...]:
    """The names of its fields."""
    kind: Any = type(figures)
    names: tuple[str, ...] = kind.__match_args__
    return names


FIGURES: list[Any] = [
    (StoreLimits(), {"trap_on_grow_failure": True}),
    (StoreLimits.untrusted(), {"trap_on_grow_failure": True}),
    (ModuleLimits(), {"compile_time": 0.5}),
    (ModuleLimits.untrusted(), {"compile_time": 0.5}),
    (PoolingConfig(), {}),
    (PoolingConfig(total_tables=3, max_memory_size=1 << 20), {}),
]


@pytest.mark.parametrize(("base", "special"), FIGURES, ids=lambda it: repr(it)[:40])
def test_every_pair_of_figures(base: Any, special: dict[str, Any]) -> None:
    names = fields_of(base)
    values = {name: special.get(name, 11) for name in names}
    before = {name: getattr(base, name) for name in names}
    for first, second in itertools.permutations(names, 2):
        made = base.replace(**{first: values[first]}).replace(**{second: values[second]})
        assert made == base.replace(**{first: values[first], second: values[second]})
        assert {name: getattr(made, name) for name in names} == before | {
            first: values[first],
            second: values[second],
        }
        assert made.__replace__(**{first: before[first]}) == base.replace(**{second: values[second]})
    assert base.replace() == base
    assert {name: getattr(base, name) for name in names} == before
    with pytest.raises(TypeError, match="colour"):
        base.replace(colour=1)
    with pytest.raises(RangeError, match=f"{names[0]} is -1: expected"):
        base.replace(**{names[0]: -1})
    if sys.version_info >= (3, 13):
        assert copy.replace(base, **{names[0]: 1}) == base.replace(**{names[0]: 1})


def test_limits_for_untrusted_guests_but_for_some() -> None:
    for kind, name in ((StoreLimits, "memories"), (ModuleLimits, "functions")):
        figures: Any = kind
        made = figures.untrusted(**{name: 1})
        assert getattr(made, name) == 1
        assert made.replace(**{name: getattr(figures.untrusted(), name)}) == figures.untrusted()
    assert ModuleLimits.untrusted() == Config.untrusted().module_limits.value
    with pytest.raises(WasmTypeError, match="memories is a float: expected an int"):
        StoreLimits.untrusted(memories=1.5)  # type: ignore[arg-type]


LIMITS: dict[str, Any] = {
    "memory_size": 65_536,
    "table_elements": 10,
    "instances": 2,
    "tables": 1,
    "memories": 1,
    "trap_on_grow_failure": True,
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The limits that arrive at the core."""
    found: list[Any] = []
    private: Any = StoreLimits

    def arrive(_store: object, limits: object) -> None:
        found.append(private._from_raw(limits))

    monkeypatch.setattr(Store, "_set_limits", arrive)
    return found


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(LIMITS, 2)))
def test_keywords_change_the_limits_that_are_given(given: list[Any], first: str, second: str) -> None:
    store: Any = Store(engine())
    changes = {first: LIMITS[first], second: LIMITS[second]}
    store.set_limits(StoreLimits.untrusted(), **changes)
    assert given.pop() == UNTRUSTED(**changes)
    store.set_limits(StoreLimits(**{first: LIMITS[first]}), **{second: LIMITS[second]})
    assert given.pop() == StoreLimits(**changes)
    store.set_limits(**changes)
    assert given.pop() == StoreLimits(**changes)
    if first != "trap_on_grow_failure":
        # Less than 0 lifts the limit, as it does without others.
        store.set_limits(StoreLimits.untrusted(), **{first: -1})
        assert given.pop() == UNTRUSTED(**{first: None})


def test_keywords_at_their_places(given: list[Any]) -> None:
    store: Any = Store(engine())
    store.set_limits(StoreLimits.untrusted(), 10, 2, 1, 1, True)
    store.set_limits(65_536, 10, 2, 1, 1, True)
    store.set_limits()
    rest = {name: value for name, value in LIMITS.items() if name != "memory_size"}
    assert given == [UNTRUSTED(**rest), StoreLimits(**LIMITS), StoreLimits()]
    with pytest.raises(TypeError, match="multiple values for argument 'memory_size'"):
        store.set_limits(1, memory_size=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        store.set_limits(StoreLimits.untrusted(), colour=2)
    with pytest.raises(WasmTypeError, match="memory_size is a StoreLimits: expected an int"):
        store.set_limits(memory_size=StoreLimits())
    assert len(given) == 3


def test_the_limits_for_untrusted_guests_and_one_memory() -> None:
    store = Store(engine())
    store.set_limits(StoreLimits.untrusted(), memories=1, trap_on_grow_failure=True)
    module = Module(
        store.engine,
        '(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 2000))))',
    )
    instance = Instance(store, module)
    with pytest.raises(Exception, match="the store's limit for a memory is 67108864 bytes"):
        instance.func(store, "f")(store)
    with pytest.raises(Exception, match="the store's limit for memories is 1: there would be 2"):
        Instance(store, module)


WASI: dict[str, Callable[[WasiConfig], object]] = {
    "argv": lambda wasi: setattr(wasi, "argv", ["a"]),
    "inherit_argv": lambda wasi: wasi.inherit_argv(),
    "env": lambda wasi: setattr(wasi, "env", {"A": "1"}),
    "inherit_env": lambda wasi: wasi.inherit_env(),
    "stdin_bytes": lambda wasi: setattr(wasi, "stdin_bytes", b"in"),
    "stdin_file": lambda wasi: setattr(wasi, "stdin_file", "in"),
    "inherit_stdin": lambda wasi: wasi.inherit_stdin(),
    "stdout_file": lambda wasi: setattr(wasi, "stdout_file", "out"),
    "stdout_append": lambda wasi: setattr(wasi, "stdout_append", "out"),
    "stdout_pipe": lambda wasi: setattr(wasi, "stdout_pipe", PIPE),
    "inherit_stdout": lambda wasi: wasi.inherit_stdout(),
    "stderr_file": lambda wasi: setattr(wasi, "stderr_file", "out"),
    "stderr_append": lambda wasi: setattr(wasi, "stderr_append", "out"),
    "stderr_pipe": lambda wasi: setattr(wasi, "stderr_pipe", PIPE),
    "inherit_stderr": lambda wasi: wasi.inherit_stderr(),
    "preopen_memory": lambda wasi: wasi.preopen_memory(FOLDER, "/m"),
    "max_transfer": lambda wasi: setattr(wasi, "max_transfer", 1 << 20),
    "max_http_body": lambda wasi: setattr(wasi, "max_http_body", 1 << 20),
    "preopen_dir": lambda wasi: wasi.preopen_dir(".", "/", fs_mutable=False),
    "fixed_clock": lambda wasi: wasi.fixed_clock(1, 2),
    "random_seed": lambda wasi: setattr(wasi, "random_seed", 3),
}
# What is called, and no value: it is compared in `test_wasi.py` and `test_http.py`.
CALLED = {"stdin_custom", "stdout_custom", "stderr_custom", "http"}


def carries(wasi: WasiConfig) -> dict[str, Any]:
    """What a WASI configuration gives the core, where that is more than nothing."""
    private: Any = wasi
    return {name: value for name, value in private._to_raw(None, None).items() if value}


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What two configurations give the core together, which have no setting in common."""
    variables = dict([*one.get("env", []), *other.get("env", [])])
    return one | other | ({"env": variables} if variables else {})


def stream(name: str) -> str:
    return next((it for it in ("stdin", "stdout", "stderr") if it in name), name)


def test_every_setting_of_wasi_is_tried() -> None:
    knobs = {name for name, knob in vars(WasiConfig).items() if type(knob).__name__ == "Knob"}
    methods = {name for name, it in vars(WasiConfig).items() if callable(it) and not name.startswith("_")}
    assert knobs | methods == set(WASI) | CALLED


@pytest.mark.parametrize("first", WASI)
def test_every_pair_of_wasi(first: str) -> None:
    for second in WASI:
        alone = list[dict[str, Any]]()
        for name in (first, second):
            wasi = WasiConfig()
            WASI[name](wasi)
            alone.append(carries(wasi))
        both = WasiConfig()
        WASI[first](both)
        WASI[second](both)
        if stream(first) != stream(second):
            # Of variables there are those of both: what is set replaces what is inherited.
            assert joined(carries(both), {}) == joined(*alone)
        elif first != second:
            # Of one stream the last one counts.
            assert carries(both) == alone[1]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_default_of_one_way_does_not_undo_another(stream: str) -> None:
    wasi = WasiConfig()
    setattr(wasi, f"{stream}_pipe", PIPE)
    for other in ("file", "append", "custom"):
        setattr(wasi, f"{stream}_{other}", None)
        assert getattr(wasi, f"{stream}_pipe").value is PIPE
    setattr(wasi, f"{stream}_pipe", None)
    assert carries(wasi) == {}


GUEST = """
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "host" "f" (func $f))
  (memory (export "memory") 1)
  (func (export "call") (call $f))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "args") (result i32) (drop (call $args (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
  (func (export "spin") (loop $l (br $l))))
"""


class Guest:
    """A store that can be set in every way, and a guest that shows it."""

    def __init__(self) -> None:
        self.engine = Engine(config().consume_fuel(True).epoch_interruption(True))
        self.store = Store(self.engine)
        self.linker = Linker(self.engine)
        self.linker.define_wasi()
        self.linker.define_func("host", "f", FuncType([], []), lambda: None)

    def start(self) -> None:
        if self.store.get_fuel() == 0:
            self.store.set_fuel(1 << 60)
        self.instance = self.linker.instantiate(self.store, Module(self.engine, GUEST))

    def __call__(self, name: str) -> Any:
        return self.instance.func(self.store, name)(self.store)

    def interrupted(self) -> bool:
        with pytest.raises(Trap) as caught:
            self("spin")
        return caught.value.code is TrapCode.INTERRUPT


def wasi() -> WasiConfig:
    made = WasiConfig()
    made.argv = ["a", "b", "c"]
    return made


def pays(guest: Guest) -> bool:
    before = guest.store.get_fuel()
    guest("call")
    return before - guest.store.get_fuel() > 1000


def moved(guest: Guest) -> bool:
    for _ in range(1000):
        guest.engine.increment_epoch()
    return guest.interrupted()


STORE: dict[str, tuple[Callable[[Guest], None], Callable[[Guest], bool]]] = {
    "limits": (
        lambda guest: guest.store.set_limits(memory_size=65_536),
        lambda guest: guest("grow") == -1,
    ),
    "fuel": (lambda guest: guest.store.set_fuel(1 << 40), lambda guest: 1 << 39 < guest.store.get_fuel() <= 1 << 40),
    "host_call_fuel": (lambda guest: guest.store.set_host_call_fuel(1000), pays),
    "wasi": (lambda guest: guest.store.set_wasi(wasi()), lambda guest: guest("args") == 3),
    "epoch_deadline": (lambda guest: guest.store.set_epoch_deadline(1000), moved),
    "timeout": (lambda guest: guest.store.set_timeout(0.05), Guest.interrupted),
}


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(STORE, 2)))
def test_every_pair_of_a_store(first: str, second: str) -> None:
    # Each is seen in a guest of its own, where the other one is set as well.
    for shown in (first, second):
        guest = Guest()
        STORE[first][0](guest)
        STORE[second][0](guest)
        guest.start()
        assert STORE[shown][1](guest)


def test_a_pool_keeps_the_rest() -> None:
    made = Config()
    made.allocation = PoolingConfig(total_tables=5)
    assert isinstance(made.allocation.value, PoolingConfig)
    made.allocation = made.allocation.value.replace(total_memories=3)
    assert carried(made).allocation == PoolingConfig(total_tables=5, total_memories=3)
    made.allocation = "on_demand"
    assert made.allocation == Allocation.ON_DEMAND
