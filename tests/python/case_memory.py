"""The steps of shared cases about memories."""

from __future__ import annotations

from collections.abc import Callable

from case import Case, Kept
from step import Problem, Step, bits_of, float_from
from trimaran import Limits, Memory, MemoryType, SharedMemory, Store

LOADS: dict[str, Callable[[Memory, Store, int], int | float]] = {
    "i8": Memory.load_i8,
    "u8": Memory.load_u8,
    "i16": Memory.load_i16,
    "u16": Memory.load_u16,
    "i32": Memory.load_i32,
    "u32": Memory.load_u32,
    "i64": Memory.load_i64,
    "u64": Memory.load_u64,
    "f32": Memory.load_f32,
    "f64": Memory.load_f64,
}
STORES: dict[str, Callable[[Memory, Store, int, int], None]] = {
    "i8": Memory.store_i8,
    "u8": Memory.store_u8,
    "i16": Memory.store_i16,
    "u16": Memory.store_u16,
    "i32": Memory.store_i32,
    "u32": Memory.store_u32,
    "i64": Memory.store_i64,
    "u64": Memory.store_u64,
}
FLOAT_STORES = {"f32": Memory.store_f32, "f64": Memory.store_f64}


class MemoryCase(Case):
    """A case with memories."""

    def _memory(self, step: Step) -> tuple[Store, Memory]:
        return self._store(step), self._get(step, "memory", Memory)

    def _op_view(self, step: Step) -> Kept:
        store, memory = self._memory(step)
        return Kept(memory.view(store, step.int("start"), step.int("length")))

    def _op_view_read(self, step: Step) -> str:
        return self._get(step, "view", memoryview).hex()

    def _op_view_write(self, step: Step) -> None:
        view, offset, data = self._get(step, "view", memoryview), step.int("offset"), step.bytes("hex")
        view[offset : offset + len(data)] = data

    def _op_drop_view(self, step: Step) -> None:
        # Nobody else has it, so that it is gone for good.
        self._get(step, "view", memoryview)
        del self._objects[step.text("view")]

    def _op_memory(self, step: Step) -> Kept:
        return Kept(Memory(self._store(step), _memory_type(step)))

    def _op_shared_memory(self, step: Step) -> Kept:
        return Kept(SharedMemory(self._engine(step), _memory_type(step)))

    def _op_as_memory(self, step: Step) -> Kept:
        return Kept(self._get(step, "shared", SharedMemory).as_memory(self._store(step)))

    def _op_memory_type(self, step: Step) -> str:
        store, memory = self._memory(step)
        return str(memory.type(store))

    def _op_size(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.size(store)

    def _op_data_len(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.data_len(store)

    def _op_grow(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.grow(store, step.int("delta"))

    def _op_read(self, step: Step) -> str:
        store, memory = self._memory(step)
        start = step.int("start")
        return memory.read(store, start, start + step.int("length")).hex()

    def _op_write(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.write(store, step.bytes("hex"), step.int("start"))

    def _op_fill(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.fill(store, step.int("value"), step.int("start"), step.int("length"))

    def _op_copy(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.copy_within(store, step.int("source"), step.int("destination"), step.int("length"))

    def _op_find(self, step: Step) -> int | None:
        store, memory = self._memory(step)
        return memory.find(store, step.bytes("hex"), step.int("start"), step.optional("length"))

    def _op_read_string(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.read_string(store, step.int("start"), step.int("length"))

    def _op_read_terminated(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.read_terminated(store, step.int("start"), step.int("terminator"))

    def _op_hexdump(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.hexdump(store, step.int("start"), step.int("length"), step.int("width"))

    def _op_load(self, step: Step) -> str:
        store, memory = self._memory(step)
        kind = step.text("type")
        if kind not in LOADS:
            raise Problem(f"unknown type `{kind}`")
        number = LOADS[kind](memory, store, step.int("offset"))
        return bits_of(number, kind) if isinstance(number, float) else str(number)

    def _op_store_number(self, step: Step) -> None:
        store, memory = self._memory(step)
        kind, offset, value = step.text("type"), step.int("offset"), step.text("value")
        if kind in FLOAT_STORES:
            FLOAT_STORES[kind](memory, store, offset, float_from(value, kind))
        elif kind in STORES:
            STORES[kind](memory, store, offset, int(value))
        else:
            raise Problem(f"unknown type `{kind}`")


def _memory_type(step: Step) -> MemoryType:
    return MemoryType(limits(step), shared=step.optional("shared") or False)


def limits(step: Step) -> Limits:
    """The limits of a step."""
    return Limits(step.int("min"), step.int("max") if step.has("max") else None)
