"""How an engine is configured."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from ._closable import Managed
from ._ffi import expect, out_of_range
from ._limits import ModuleLimits, PoolingConfig
from ._native import text, untrusted_config
from ._setting import Configurable, Knob, size, switch
from .allocation import allocation_of, as_allocation, raw_allocation

Word = TypeVar("Word", bound=StrEnum)


class Strategy(StrEnum):
    """Which compiler turns a module into machine code."""

    AUTO = "auto"
    """The best one that there is for the target."""
    CRANELIFT = "cranelift"
    """Cranelift, the optimising compiler."""


class OptLevel(StrEnum):
    """How hard Cranelift tries."""

    NONE = "none"
    """As little as possible: compiles fastest."""
    SPEED = "speed"
    """For speed."""
    SPEED_AND_SIZE = "speed_and_size"
    """For speed, and for small code."""


class ProfilingStrategy(StrEnum):
    """How compiled code is shown to a profiler."""

    NONE = "none"
    """Not at all."""
    JITDUMP = "jitdump"
    """By a jitdump file, for `perf inject` on Linux."""
    VTUNE = "vtune"
    """By the interface of VTune."""
    PERFMAP = "perfmap"
    """By a perf map file, on Linux."""


class Collector(StrEnum):
    """How garbage-collected references are managed."""

    AUTO = "auto"
    """The best one that there is for the target."""
    DEFERRED_REFERENCE_COUNTING = "deferred_reference_counting"
    """Deferred reference counting: short pauses, but cycles are never freed."""
    NULL = "null"
    """Never collects: for short runs."""
    COPYING = "copying"
    """A copying collector, which frees cycles."""


_WORDS: dict[str, type[StrEnum]] = {
    "strategy": Strategy,
    "cranelift_opt_level": OptLevel,
    "profiler": ProfilingStrategy,
    "collector": Collector,
}


def _word(words: type[Word]) -> Knob[Word | str]:
    def check(value: object, name: str) -> Word:
        try:
            return words(expect(value, str, name))
        except ValueError:
            known = ", ".join(words)
            raise out_of_range(f"{name} is {value!r}: expected one of {known}") from None

    return Knob(check)


def _cache(value: object, name: str) -> bool | str:
    if value is False:
        raise out_of_range(
            f"{name} is False: expected True, or the path of a folder or a file; without it none is kept"
        )
    return value if value is True else text(value, name)


class Config(Configurable, Managed):
    """The configuration of an engine. What is not set keeps the default of wasmtime 48.

    Each setting is an attribute that can be set, called and read:

        config.wasm_threads = True
        config.wasm_threads(True).consume_fuel(True)
        config.wasm_threads.value

    A configuration is a plain value: change it as you like, an engine reads it once when it is made. Sizes are in
    bytes. A value of the wrong type raises `WasmTypeError`, and one that does not exist `RangeError`.
    """

    __slots__ = ("_flags", "_values")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._once("_values")
        self._values: dict[str, Any] = {}
        self._flags: list[tuple[str, str | None]] = []

    debug_info = switch()
    """Emits DWARF debug information for compiled code, for native debuggers."""
    wasm_backtrace_details = switch()
    """Keeps what modules say of their source files, so that traps have the file, the line and the column.

    On by default. It takes as much memory as the module has of it, and is read only when somebody asks. Wasmtime's
    `WASMTIME_BACKTRACE_DETAILS` has no effect.
    """
    coredump_on_trap = switch()
    """Has a trap keep what can write a core dump of its store, for `wasm-tools` and debuggers: see `Trap.coredump`.

    Off by default: each trap then lists all that the store has.
    """
    wasm_threads = switch()
    """The threads proposal: atomics and shared memories in modules. Turning it on also lets the host make shared
    memories, unless `shared_memory` says otherwise. The portable interpreter does not have it."""
    wasm_tail_call = switch()
    """The tail calls of WebAssembly 3.0."""
    wasm_reference_types = switch()
    """The reference types of WebAssembly 2.0."""
    wasm_simd = switch()
    """The vector instructions of WebAssembly 2.0."""
    wasm_bulk_memory = switch()
    """The bulk memory operations of WebAssembly 2.0."""
    wasm_multi_value = switch()
    """Several results of functions and blocks (WebAssembly 2.0)."""
    wasm_multi_memory = switch()
    """Several memories in a module (WebAssembly 3.0)."""
    wasm_memory64 = switch()
    """Memories and tables with 64-bit addresses (WebAssembly 3.0)."""
    wasm_relaxed_simd = switch()
    """The relaxed vector instructions of WebAssembly 3.0."""
    wasm_relaxed_simd_deterministic = switch()
    """Gives relaxed vector instructions one result on every machine, at the cost of speed."""
    wasm_component_model = switch()
    """The component model."""
    wasm_component_model_async = switch()
    """The async part of the component model: functions that are async by their type, whose tasks go on while others
    wait. Off by default: where it is on, the guests of components run on fibers, and a call of one costs several times
    as much."""
    wasm_component_model_more_async_builtins = switch()
    """More of what guests may call in the async part of the component model, such as reads and writes of streams that
    wait. Needs `wasm_component_model_async`."""
    wasm_component_model_async_stackful = switch()
    """Async functions of the component model that wait on stacks of their own, and have no callback. Needs
    `wasm_component_model_async`."""
    wasm_component_model_threading = switch()
    """The cooperative threads of the component model. Needs `wasm_component_model_async`."""
    wasm_component_model_map = switch()
    """The map type of the component model."""
    wasm_component_model_fixed_length_lists = switch()
    """Lists of a fixed length of the component model. Wasmtime's support for them is not complete: leave it off for
    components that you do not trust."""
    wasm_exceptions = switch()
    """The exceptions of WebAssembly 3.0."""
    wasm_function_references = switch()
    """The typed function references of WebAssembly 3.0."""
    wasm_gc = switch()
    """The garbage-collected types of WebAssembly 3.0."""
    wasm_wide_arithmetic = switch()
    """The wide arithmetic proposal: 128-bit addition and multiplication."""
    wasm_custom_page_sizes = switch()
    """The custom page sizes proposal: memories with pages of one byte."""
    wasm_stack_switching = switch()
    """The stack switching proposal (x86-64 Linux only)."""
    strategy = _word(Strategy)
    """Which compiler is used: a `Strategy`, or its text."""
    cranelift_debug_verifier = switch()
    """Has Cranelift check its own intermediate code. Slow; for debugging."""
    cranelift_opt_level = _word(OptLevel)
    """How hard Cranelift tries: an `OptLevel`, or its text."""
    cranelift_nan_canonicalization = switch()
    """Gives every NaN one bit pattern, so that floating-point results are the same on every machine."""
    profiler = _word(ProfilingStrategy)
    """How compiled code is shown to a profiler: a `ProfilingStrategy`, or its text."""
    cache = Knob(_cache)
    """Keeps compiled modules and components between runs, for any number of processes at once.

    It keeps up to 512 MiB, unless a file with settings says otherwise: `True` in the place and with the limits that
    wasmtime chooses for this user, or in the folder at a path, or as the TOML file there says. A path that ends in `/`
    is that of a folder, which is made where there is none. What is damaged there is compiled again. They are machine
    code: give it a folder that nobody else writes to.
    """
    allocation: Knob[PoolingConfig | str] = Knob(as_allocation)
    """Where the memory of instances comes from: a `PoolingConfig`, `"pooling"`, or `"on_demand"` as by default."""
    epoch_interruption = switch()
    """Lets guests be interrupted: by `Engine.increment_epoch` at their deadlines, by the timeout or a deadline of their
    store, and by an `InterruptHandle`."""
    consume_fuel = switch()
    """Makes guests use fuel. A store begins with none."""
    module_limits: Knob[ModuleLimits] = Knob(lambda value, name: expect(value, ModuleLimits, name))
    """How large a module may be that is compiled, and how long compiling may take: a `ModuleLimits`. wasmtime has
    limits of its own, which are far wider."""
    parallel_compilation = switch()
    """Compiles the functions of a module on several threads."""
    shared_memory = switch()
    """Lets the host make shared memories. Off by default, as in wasmtime."""
    max_wasm_stack = size()
    """The greatest stack that guests may use, in bytes: more than zero, at most 1 GiB. Host functions that call guests
    again count as well. On a thread that has less left, guests run on a stack of their own."""
    gc_support = switch()
    """Support for garbage-collected references as a whole."""
    collector = _word(Collector)
    """How garbage-collected references are managed: a `Collector`, or its text."""
    memory_may_move = switch()
    """Lets a memory move when it grows past its reservation."""
    memory_reservation = size()
    """The address space that is reserved for each memory, in bytes."""
    memory_guard_size = size()
    """The size of the guard region behind each memory, in bytes."""
    memory_reservation_for_growth = size()
    """The address space that is reserved again when a memory has moved, in bytes."""
    memory_init_cow = switch()
    """Initialises memories by copy-on-write mappings, where the system has them."""
    native_unwind_info = switch()
    """Emits native unwind information for compiled code."""
    target = Knob(text)
    """The target that code is compiled for, as a triple such as `x86_64-unknown-linux-gnu`, or `pulley64` for the
    portable interpreter. Code for another machine can be compiled, if this build has a compiler for it, but not run."""
    macos_use_mach_ports = switch()
    """Uses Mach ports for traps on macOS, and not signals."""
    signals_based_traps = switch()
    """Uses the processor's own faults to detect traps, by signal handlers of the process."""

    @staticmethod
    def untrusted() -> Config:
        """A configuration for untrusted guests.

        You can interrupt the guests. They have a small stack and no shared memories, and the engine refuses modules
        that are too large. Use it together with `StoreLimits.untrusted` and `Store.set_timeout`.
        """
        return Config._from_raw(untrusted_config())

    def cranelift_flag_enable(self, flag: str) -> None:
        """Enables a target-specific flag of Cranelift.

        A flag changes the code that is made: one that promises what the machine cannot do makes a guest crash
        the process.
        """
        self._flags.append((text(flag, "the flag"), None))

    def cranelift_flag_set(self, key: str, value: str) -> None:
        """Sets a target-specific flag of Cranelift to a value. See `cranelift_flag_enable`."""
        self._flags.append((text(key, "the flag"), text(value, "the flag's value")))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Config):
            return NotImplemented
        return self._values == other._values and self._flags == other._flags

    def __repr__(self) -> str:
        settings = [
            f"{name}={str(value) if isinstance(value, StrEnum) else value!r}" for name, value in self._values.items()
        ]
        flags = [name if value is None else f"{name}={value}" for name, value in self._flags]
        return f"Config({', '.join(settings + ([f'cranelift_flags={flags}'] if flags else []))})"

    @classmethod
    def _from_raw(cls, settings: dict[str, Any]) -> Config:
        made = cls()
        for name, knob in vars(cls).items():
            value = settings.get(name) if isinstance(knob, Knob) else None
            if value is not None:
                made._values[name] = _value(name, value)
        made._flags = list(settings.get("cranelift_flags", ()))
        return made

    def _to_raw(self) -> dict[str, Any]:
        fields = {name: _raw_value(name, value) for name, value in self._values.items()}
        return fields | {"cranelift_flags": self._flags}


def _raw_value(name: str, value: Any) -> Any:
    if name == "cache":
        return ("STANDARD",) if value is True else ("FILE", value)
    if name == "allocation":
        return raw_allocation(value)
    if isinstance(value, ModuleLimits):
        return value._to_raw()
    if isinstance(value, StrEnum):
        # The enums of the core have the same names.
        return value.name
    return value


def _value(name: str, value: Any) -> Any:
    if name == "cache":
        return value[1] if value[0] == "FILE" else True
    if name == "allocation":
        return allocation_of(value)
    if name == "module_limits":
        return ModuleLimits._from_raw(value)
    words = _WORDS.get(name)
    return value if words is None else words[value]
