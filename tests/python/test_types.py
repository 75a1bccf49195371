"""Types are plain values: compared, hashed, printed and copied."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from guests import engine
from trimaran import (
    Config,
    Engine,
    ExportType,
    FuncType,
    GlobalType,
    HeapType,
    ImportType,
    Limits,
    Memory,
    MemoryType,
    Module,
    ModuleLimits,
    PoolingConfig,
    RangeError,
    RefType,
    Store,
    StoreLimits,
    TableType,
    TagType,
    UnsupportedError,
    ValType,
    WasiConfig,
    WasmtimeError,
    WasmTypeError,
)

I32, I64, F32, F64 = ValType.i32(), ValType.i64(), ValType.f32(), ValType.f64()
FUNC = FuncType([I32, I64], [F64])
HEAPS = "extern noextern func nofunc any eq i31 struct array none exn noexn cont nocont".split()

TEXTS = [
    (I32, "i32"),
    (I64, "i64"),
    (F32, "f32"),
    (F64, "f64"),
    (ValType.v128(), "v128"),
    (ValType.funcref(), "funcref"),
    (ValType.externref(), "externref"),
    (ValType.anyref(), "anyref"),
    (ValType.exnref(), "exnref"),
    (ValType.ref(RefType(False, HeapType("func"))), "(ref func)"),
    (ValType.ref(RefType(True, HeapType("none"))), "nullref"),
    (ValType.ref(RefType(True, HeapType("(func (param i32))"))), "(ref null (func (param i32)))"),
    (RefType(True, HeapType("i31")), "i31ref"),
    (HeapType("struct"), "struct"),
    (Limits(1), "1"),
    (Limits(1, 10), "1 10"),
    (MemoryType(Limits(1)), "(memory 1)"),
    (MemoryType(Limits(1, 5), shared=True), "(memory 1 5 shared)"),
    (MemoryType(Limits(1, 5), is_64=True), "(memory i64 1 5)"),
    (MemoryType(Limits(1, 5), page_size_log2=0), "(memory 1 5 (pagesize 0x1))"),
    (TableType(ValType.funcref(), Limits(2, 3)), "(table 2 3 funcref)"),
    (GlobalType(I32, False), "(global i32)"),
    (GlobalType(I32, True), "(global (mut i32))"),
    (FuncType([], []), "(func)"),
    (FUNC, "(func (param i32 i64) (result f64))"),
    (TagType(FuncType([I32], [])), "(tag (param i32))"),
]


@pytest.mark.parametrize(("ty", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_text(ty: object, text: str) -> None:
    assert str(ty) == text
    assert copy.deepcopy(ty) == ty
    assert pickle.loads(pickle.dumps(ty)) == ty
    assert hash(copy.copy(ty)) == hash(ty)
    assert text in repr(ty) or isinstance(ty, Limits)


def test_all_differ() -> None:
    types = [ty for ty, _ in TEXTS]
    assert len(set(types)) == len(types)
    text: object = "i32"
    assert text != I32
    assert Limits(1) != Limits(1, 1)


@pytest.mark.parametrize("name", HEAPS)
def test_heap_types(name: str) -> None:
    assert str(RefType(False, HeapType(name))) == f"(ref {name})"


def test_repr() -> None:
    assert repr(I32) == "i32"
    assert repr([I32, ValType.funcref()]) == "[i32, funcref]"
    assert repr(Limits(1)) == "Limits(1)"
    assert repr(Limits(1, 10)) == "Limits(1, 10)"
    assert repr(FUNC) == "<FuncType (func (param i32 i64) (result f64))>"
    assert repr(ImportType("env", "f", FUNC)) == f'<ImportType (import "env" "f" {FUNC})>'
    assert str(ImportType("env", "f", FUNC)) == f'(import "env" "f" {FUNC})'
    assert str(ExportType("f", FUNC)) == f'(export "f" {FUNC})'


def test_the_names_of_wasmtime_py() -> None:
    assert (Limits(1, None).min, Limits(1, None).max) == (1, None)
    assert (FUNC.params, FUNC.results) == ([I32, I64], [F64])
    assert FuncType(params=(I32,), results=[]).params == [I32]
    ty = GlobalType(valtype=I32, mutable=True)
    assert (ty.content, ty.mutable) == (I32, True)
    table = TableType(valtype=ValType.externref(), limits=Limits(1, 2))
    assert (table.element, table.limits, table.is_64) == (ValType.externref(), Limits(1, 2), False)
    memory = MemoryType(limits=Limits(1, 2), is_64=False, shared=True, page_size_log2=16)
    assert (memory.limits, memory.is_64, memory.is_shared) == (Limits(1, 2), False, True)
    assert (memory.page_size, memory.page_size_log2) == (65_536, 16)
    assert TagType(functype=FUNC).functype == FUNC
    with pytest.raises(WasmtimeError):
        ValType()


def test_types_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Limits(1).min = 2  # type: ignore[misc]
    FUNC.params.clear()
    assert FUNC.params == [I32, I64]


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Limits("1"), "the minimum is a str: expected an int"),  # type: ignore[arg-type]
    (lambda: Limits(1, 2.0), "the maximum is a float: expected an int"),  # type: ignore[arg-type]
    (lambda: MemoryType(1), "the limits is an int: expected a Limits"),  # type: ignore[arg-type]
    (lambda: MemoryType(Limits(1), 1), "is_64 is an int: expected a bool"),  # type: ignore[arg-type]
    (lambda: FuncType([1], []), "parameter 1 is an int: expected a ValType"),  # type: ignore[list-item]
    (lambda: FuncType([I32], [I32, None]), "result 2 is None: expected a ValType"),  # type: ignore[list-item]
    (lambda: TableType(I32, Limits(1)), "the element type is i32: expected a reference type"),
    (lambda: TagType(I32), "the function type is a ValType: expected a FuncType"),  # type: ignore[arg-type]
    (lambda: GlobalType(I32, 1), "mutable is an int: expected a bool"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_wrong_types(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(WasmTypeError) as caught:
        make()
    assert str(caught.value) == sentence


def test_impossible_memories() -> None:
    store = Store(engine())
    with pytest.raises(RangeError, match="the memory's maximum of 1 pages is below its minimum of 2 pages"):
        Memory(store, MemoryType(Limits(2, 1)))
    with pytest.raises(RangeError, match="at most 65536 pages"):
        Memory(store, MemoryType(Limits(65_537)))
    with pytest.raises(RangeError, match=r"^the maximum is 18446744073709551616: expected less than 2\^64$"):
        Limits(1, 1 << 64)
    with pytest.raises(RangeError):
        Memory(store, MemoryType(Limits(1), page_size_log2=3))


def test_a_type_of_a_module_cannot_be_used_outside() -> None:
    module = Module(Engine(Config().wasm_gc(True).wasm_function_references(True)), CONCRETE)
    ty = module.exports[0].type
    assert str(ty) == "(func (param (ref null (struct (field (mut i32))))))"
    assert isinstance(ty, FuncType)
    (param,) = ty.params
    assert param.ref_type is not None
    assert param.ref_type.heap == HeapType("(struct (field (mut i32)))")
    assert isinstance(UnsupportedError(), NotImplementedError)


CONCRETE = """(module (type $s (struct (field (mut i32)))) (func (export "f") (param (ref null $s))))"""


def test_reflection_has_a_word_for_everything() -> None:
    module = Module(
        Engine(Config().wasm_gc(True).wasm_exceptions(True).wasm_function_references(True)),
        """(module
            (import "env" "f" (func (param v128 externref) (result i31ref)))
            (import "env" "g" (global (mut anyref)))
            (import "env" "t" (table 1 2 funcref))
            (import "env" "m" (memory 1 2))
            (import "env" "e" (tag (param f64)))
            (export "f" (func 0)) (export "g" (global 0)) (export "t" (table 0)) (export "m" (memory 0))
            (export "e" (tag 0)))""",
    )
    texts = {
        "f": "(func (param v128 externref) (result i31ref))",
        "g": "(global (mut anyref))",
        "t": "(table 1 2 funcref)",
        "m": "(memory 1 2)",
        "e": "(tag (param f64))",
    }
    assert [str(ty) for ty in module.exports] == [f'(export "{name}" {text})' for name, text in texts.items()]
    assert [str(ty) for ty in module.imports] == [f'(import "env" "{name}" {text})' for name, text in texts.items()]
    kinds = [FuncType, GlobalType, TableType, MemoryType, TagType]
    assert [type(ty.type) for ty in module.imports] == kinds
    assert (module.imports[3].module, module.imports[3].name) == ("env", "m")
    assert module.exports[3] == ExportType("m", MemoryType(Limits(1, 2)))
    assert hash(module.imports[0]) == hash(module.imports[0])


class Once:
    """A number that can be asked for once."""

    def __init__(self) -> None:
        self.asked = 0

    def __index__(self) -> int:
        self.asked += 1
        return self.asked


def test_a_number_is_asked_for_once() -> None:
    made = Limits(Once(), Once())  # type: ignore[arg-type]
    assert (made.min, made.max, type(made.min)) == (1, 1, int)
    size = Once()
    ty = MemoryType(made, page_size_log2=size)  # type: ignore[arg-type]
    assert (ty.page_size_log2, size.asked) == (1, 1)


@pytest.mark.parametrize(
    "made",
    [Limits(1), StoreLimits.untrusted(), ModuleLimits.untrusted(), Config.untrusted(), WasiConfig(), PoolingConfig()],
)
def test_a_value_is_made_once(made: Any) -> None:
    shown, arguments = repr(made), [1] if isinstance(made, Limits) else []
    with pytest.raises(WasmTypeError, match="made already"):
        made.__init__(*arguments)
    assert repr(made) == shown
