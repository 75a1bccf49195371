"""Difficult values, for Hypothesis: the least and greatest numbers, every kind of NaN, references to everything."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import strategies as st

from guests import config
from trimaran import Engine, Func, FuncType, HeapType, Instance, Module, Reference, RefType, Store, Val, ValType

GC = config().wasm_gc(True).wasm_function_references(True).wasm_exceptions(True)
STORE = Store(Engine(GC))
FUNCS = [Func(STORE, FuncType([], []), lambda: None) for _ in range(2)]
# Falsy objects are objects as well.
OBJECTS: list[Any] = [object(), "text", "", 0, False, [], {}, 1.5]

# What only guests can make.
_MAKERS = """(module
    (type $point (struct (field i32) (field f64)))
    (type $bytes (array (mut i8)))
    (tag $tag (param i32))
    (func (export "struct") (param i32) (result anyref) (struct.new $point (local.get 0) (f64.const 1.5)))
    (func (export "array") (param i32) (result anyref) (array.new $bytes (local.get 0) (i32.const 3)))
    (func (export "exn") (param i32) (result exnref)
        (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $tag (local.get 0))) unreachable))
    (func (export "extern") (param i32) (result externref) (extern.convert_any (ref.i31 (local.get 0)))))"""
_EXPORTS: Any = Instance(STORE, Module(STORE.engine, _MAKERS)).exports(STORE)


def _made(name: str) -> list[Reference]:
    return [_EXPORTS[name](STORE, number) for number in (1, 2)]


STRUCTS, ARRAYS, EXNS, OUTSIDE = map(_made, ("struct", "array", "exn", "extern"))

# Zeros, infinities, the smallest and the largest, quiet and signalling NaNs with payload and without.
F32 = [0, 0x7F80_0000, 1, 0x007F_FFFF, 0x7F7F_FFFF, 0x7FC0_0000, 0x7FC1_2345, 0x7F80_0001, 0x7FA0_0000, 0x7FFF_FFFF]
F64 = [0, 0x7FF0 << 48, 1, 0x7FF8 << 48, 0x7FF8_1234_5678_9ABC, (0x7FF0 << 48) + 1, 0x7FF4 << 48, (1 << 63) - 1]


def signed(bits: int) -> st.SearchStrategy[int]:
    """Any number of so many bits, and those at the edges."""
    edges = st.sampled_from([0, 1, -1, -1 << (bits - 1), (1 << (bits - 1)) - 1])
    return edges | st.integers(-1 << (bits - 1), (1 << (bits - 1)) - 1)


def pattern(edges: list[int], bits: int) -> st.SearchStrategy[int]:
    """The bits of any float, and of those at the edges with either sign."""
    sign = st.sampled_from([0, 1 << (bits - 1)])
    edge = st.tuples(st.sampled_from(edges), sign).map(lambda both: both[0] | both[1])
    return edge | st.integers(0, (1 << bits) - 1)


def _lanes(bits: int, lane: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
    """A vector with a value at the edge in any lane."""
    count = 128 // bits
    whole = st.lists(lane, min_size=count, max_size=count)
    return whole.map(lambda lanes: sum((value % (1 << bits)) << (place * bits) for place, value in enumerate(lanes)))


V128 = st.one_of(
    st.integers(0, (1 << 128) - 1),
    *(_lanes(bits, signed(bits)) for bits in (8, 16, 32, 64)),
    _lanes(32, pattern(F32, 32)),
    _lanes(64, pattern(F64, 64)),
)
I31 = signed(31).map(lambda number: Reference.of_i31(STORE, number))
_EQ = I31 | st.sampled_from(STRUCTS + ARRAYS)
# What is not null, by the name of its heap type.
_REFERENCES: dict[str, st.SearchStrategy[Val]] = {
    "func": st.sampled_from(FUNCS).map(Val.funcref),
    "extern": st.sampled_from([*OBJECTS, *OUTSIDE]).map(Val.externref),
    "any": _EQ.map(Val.anyref),
    "eq": _EQ.map(Val.anyref),
    "i31": I31.map(Val.anyref),
    "struct": st.sampled_from(STRUCTS).map(Val.anyref),
    "array": st.sampled_from(ARRAYS).map(Val.anyref),
    "exn": st.sampled_from(EXNS).map(Val.exnref),
}
NUMBERS: dict[str, st.SearchStrategy[Val]] = {
    "i32": signed(32).map(Val.i32),
    "i64": signed(64).map(Val.i64),
    "f32": pattern(F32, 32).map(Val.f32_from_bits),
    "f64": pattern(F64, 64).map(Val.f64_from_bits),
    "v128": V128.map(Val.v128),
}


def _or_null(heap: str) -> st.SearchStrategy[Val]:
    typed = Val.ref_null(ValType.ref(RefType(True, HeapType(heap))))
    return st.sampled_from([Val.null(), typed]) | _REFERENCES[heap]


NULLABLE = {f"{heap}ref": _or_null(heap) for heap in _REFERENCES}
# Values of each type, by its name in the text format.
VALUES = NUMBERS | NULLABLE | {f"(ref {heap})": values for heap, values in _REFERENCES.items()}
TYPES = {
    "i32": ValType.i32(),
    "i64": ValType.i64(),
    "f32": ValType.f32(),
    "f64": ValType.f64(),
    "v128": ValType.v128(),
    **{f"{heap}ref": ValType.ref(RefType(True, HeapType(heap))) for heap in _REFERENCES},
    **{f"(ref {heap})": ValType.ref(RefType(False, HeapType(heap))) for heap in _REFERENCES},
}


def check(sent: Val, found: Val) -> None:
    """Fails unless the value has come out as it went in."""
    if sent.type.ref_type is None:
        assert (str(found.type), found.bits) == (str(sent.type), sent.bits)
    else:
        check_plain(sent, found.value)


def check_plain(sent: Val, found: Any) -> None:
    """The same for a plain object."""
    value, name = sent.value, str(sent.type)
    if isinstance(value, Func):
        assert isinstance(found, Func) and found.same(STORE, value)
    elif isinstance(value, Reference):
        assert isinstance(found, Reference) and found.same(STORE, value)
    elif name == "externref":
        assert found is value
    elif name == "f64":
        assert struct.pack("<d", found) == sent.bits.to_bytes(8, "little")
    elif name == "f32":
        # Python's floats have 64 bits: a NaN is compared as one of them, since `struct` may make it quiet.
        wide = int.from_bytes(struct.pack("<d", found), "little")
        narrow = (wide >> 63) << 31 | 0xFF << 23 | (wide >> 29) & 0x7F_FFFF
        assert (narrow if value != value else int.from_bytes(struct.pack("<f", found), "little")) == sent.bits
    else:
        assert type(found) is type(value) and found == value
