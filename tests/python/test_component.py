"""Components in Python: made, kept, looked at, linked."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path

import pytest
from component_guests import CALLS, ENGINE, linked

from trimaran import (
    ArtifactError,
    ClosedError,
    CompileError,
    Engine,
    FuncType,
    LinkError,
    Module,
    NotFoundError,
    Store,
    ValType,
    WasmtimeError,
    WasmTypeError,
    WatSyntaxError,
    component,
)
from trimaran.component import (
    U8,
    U32,
    Component,
    ComponentInstanceType,
    ExportIndex,
    Func,
    Instance,
    InstancePre,
    Linker,
    LinkerInstance,
    ListType,
    ModuleType,
    OptionType,
    RecordType,
    Resource,
    ResourceType,
    VariantType,
    validate_component,
)


def test_all_names_are_there() -> None:
    assert sorted(component.__all__, key=str.lower) == sorted(set(component.__all__), key=str.lower)
    for name in component.__all__:
        assert getattr(component, name).__doc__ or name == "ComponentItem"


def test_it_is_made_from_text_bytes_and_a_file(tmp_path: Path) -> None:
    binary = bytes.fromhex("0061736d0d000100")
    for wasm in ("(component)", b"(component)", binary, bytearray(binary), memoryview(binary)):
        assert Component(ENGINE, wasm).type.exports() == {}
        Component.validate(ENGINE, wasm)
        validate_component(ENGINE, wasm)
    path = tmp_path / "some.wat"
    path.write_text(CALLS)
    assert list(Component.from_file(ENGINE, path).type.exports()) == ["run", "one", "trap", "loop"]
    with pytest.raises(FileNotFoundError):
        Component.from_file(ENGINE, tmp_path / "none.wat")
    with pytest.raises(WasmTypeError, match="path of a file"):
        Component(ENGINE, "some.wasm")
    with pytest.raises(WatSyntaxError):
        Component(ENGINE, "(component (what))")
    with pytest.raises(CompileError):
        Component(ENGINE, "(module)")
    with pytest.raises(WasmTypeError, match="the engine is a str"):
        Component("engine", "(component)")  # type: ignore[arg-type]


def test_it_is_kept_as_bytes(tmp_path: Path) -> None:
    made = Component(ENGINE, CALLS)
    path = tmp_path / "artifact"
    path.write_bytes(made.serialize())
    for again in (Component.deserialize(ENGINE, made.serialize()), Component.deserialize_file(ENGINE, path)):
        assert again.type == made.type
    with pytest.raises(ArtifactError):
        Module.deserialize(ENGINE, made.serialize())
    packed: Component = pickle.loads(pickle.dumps(made))
    assert packed.type == made.type and packed.engine.is_pulley() == ENGINE.is_pulley()
    assert Component.unpack(made.pack()).type == made.type
    assert copy.copy(made) is made is copy.deepcopy(made)


def test_closing() -> None:
    with Component(ENGINE, "(component)") as made:
        pass
    made.close()
    for use in (made.serialize, made.pack, lambda: Linker(ENGINE).instantiate(Store(ENGINE), made)):
        with pytest.raises(ClosedError):
            use()
    assert repr(made) == "<Component>"
    with Linker(ENGINE) as linker:
        pass
    with pytest.raises(ClosedError):
        linker.root().define_func("f", print)


def test_nothing_is_made_by_hand() -> None:
    for kind in (Func, Instance, InstancePre, LinkerInstance, ExportIndex, Resource, ListType, component.FuncType):
        with pytest.raises(WasmTypeError):
            kind()
    for made in (Linker.__new__(Linker), Func.__new__(Func), Instance.__new__(Instance)):
        assert repr(made) == f"<{type(made).__name__}, never made>" or isinstance(made, Linker)
    with pytest.raises(WasmTypeError, match="the Func was never made"):
        Func.__new__(Func)(Store())


def test_types() -> None:
    text = """(component
      (type $p' (record (field "x-y" u8) (field "z" (option string)))) (import "p" (type $p (eq $p')))
      (type $v' (variant (case "a") (case "b" $p))) (import "v" (type $v (eq $v')))
      (import "r" (type $r (sub resource)))
      (import "f" (func (param "ps" (list $p)) (param "v" $v) (param "r" (borrow $r)) (result (own $r))))
      (import "m" (core module (export "seven" (func (result i32)))))
      (import "i" (instance (export "g" (func)))))"""
    one, other = Component(ENGINE, text).type, Component(ENGINE, text).type
    f = one.imports()["f"]
    assert isinstance(f, component.FuncType)
    (ps, listed), (_, variant), (_, lent) = f.params
    assert ps == "ps" and isinstance(listed, ListType) and isinstance(listed.element, RecordType)
    assert listed.element.fields == [("x-y", U8()), ("z", dict(listed.element.fields)["z"])]
    assert isinstance(dict(listed.element.fields)["z"], OptionType)
    assert isinstance(variant, VariantType) and variant.cases == [("a", None), ("b", listed.element)]
    assert variant.cases[1][1] is listed.element
    assert isinstance(f.result, component.OwnType) and isinstance(lent, component.BorrowType)
    assert f.result.ty == lent.ty == one.imports()["r"] and f.result.ty != other.imports()["r"]
    assert (
        str(f.result.ty) == "resource"
        and f.result.ty.name == "r" == str(f.result)
        and repr(f.result.ty) == "<ResourceType r>"
    )
    assert str(listed) == "list<record { x-y: u8, z: option<string> }>"
    assert repr(listed.element) == "<RecordType record { x-y: u8, z: option<string> }>"
    same = other.imports()["f"]
    assert isinstance(same, component.FuncType)
    assert same.params[0] == f.params[0] and hash(same.params[0][1]) == hash(listed)
    assert listed != variant and listed != U8() and U8() == U8() != U32() and hash(U8()) == hash(U8())
    assert str(U8()) == "u8" and copy.copy(listed) is listed
    module, instance = one.imports()["m"], one.imports()["i"]
    assert isinstance(module, ModuleType) and module.exports()[0].type == FuncType([], [ValType.i32()])
    assert isinstance(instance, ComponentInstanceType) and list(instance.exports(ENGINE)) == ["g"]
    with pytest.raises(WasmTypeError):
        pickle.dumps(listed)


def test_wide_types_are_compared_once() -> None:
    levels = "".join(
        f"(type $t{level}' (tuple $t{level - 1} $t{level - 1})) (import \"t{level}\" (type $t{level} (eq $t{level}')))"
        for level in range(1, 17)
    )
    text = f'(component (type $t0 (list u8)) {levels} (import "f" (func (param "x" (list $t16)))))'
    one, other = Component(ENGINE, text).type, Component(ENGINE, text).type
    assert one == other and len(str(one.imports()["f"])) < 2000


def test_export_indices() -> None:
    made = Component(ENGINE, '(component (core module $a) (instance (export "x") (export "m" (core module $a))))')
    store = Store(ENGINE)
    instance = Linker(ENGINE).instantiate(store, made)
    x = made.get_export_index("x")
    assert x is not None and repr(x) == "<ExportIndex 'x'>"
    assert instance.get_export_index(store, "m", x) is not None and instance.get_func(store, x) is None
    assert made.get_export_index("y") is None and made.get_export_index("m") is None
    other = Component(ENGINE, "(component)")
    assert other.get_export_index("m", x) is None
    strange = Linker(ENGINE).instantiate(store, other)
    assert strange.get_func(store, x) is None
    store.close()
    for index in ("x", x):
        with pytest.raises(ClosedError):
            instance.get_func(store, index)


def test_functions_are_found_by_path_and_by_index() -> None:
    store, instance = linked(CALLS, f=lambda n: n + 1)
    assert instance.func(store, "run")(store, 1) == 2
    assert instance.get_func(store, "none") is None
    found = instance.get_func(store, "run")
    assert found is not None and found(store, 2) == 3
    found.post_return(store)
    assert found.type(store).params == [("n", U32())] and found.type().result == U32()
    number = repr(found).split()[-1]
    assert repr(found) == f"<Func func(n: u32) -> u32 of store {number}"
    assert repr(instance) == f"<Instance of store {number}"
    with pytest.raises(NotFoundError, match="exports `run`, `one`, `trap`, `loop`"):
        instance.func(store, "none")
    with pytest.raises(WasmTypeError):
        pickle.dumps(found)


def test_linkers() -> None:
    linker = Linker(ENGINE)
    root = linker.root()
    assert root.path == () and root.linker is linker and linker.engine is ENGINE
    inner = linker.instance("a:b/c@1.0.0").instance("d")
    assert inner.path == ("a:b/c@1.0.0", "d") and repr(inner) == "<LinkerInstance 'a:b/c@1.0.0' 'd'>"
    inner.define_func("f", print)
    with pytest.raises(LinkError):
        inner.define_func("f", print)
    linker.allow_shadowing = True
    inner.define_func("f", print)
    ty = inner.define_resource("r")
    assert ty.is_host and ty == ty and ty != ResourceType.host() and repr(ty) == "<ResourceType of the host>"
    assert ResourceType.host(7) is ResourceType.host(7) != ResourceType.host(8)
    with pytest.raises(WasmTypeError, match="the function is an int"):
        inner.define_func("g", 1)  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="the module is a str"):
        inner.define_module("m", "(module)")  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="the component is a Module"):
        linker.instantiate(Store(ENGINE), Module(ENGINE, "(module)"))  # type: ignore[arg-type]


def test_prepared_instances() -> None:
    linker, made = Linker(ENGINE), Component(ENGINE, CALLS)
    linker.root().define_func("f", lambda n: n * 2)
    pre = linker.instantiate_pre(made)
    linker.close()
    assert pre.component is made
    stores = [Store(ENGINE) for _ in range(3)]
    runs = [pre.instantiate(store).func(store, "run") for store in stores]
    pre.close()
    del linker, pre
    gc.collect()
    # The stores keep what host functions do.
    assert [run(store, 4) for run, store in zip(runs, stores, strict=True)] == [8, 8, 8]


def test_other_engines() -> None:
    other = Engine()
    with pytest.raises(WasmtimeError, match="engine"):
        Linker(other).instantiate(Store(other), Component(ENGINE, "(component)"))


def test_linkers_are_collected() -> None:
    def make() -> weakref.ref[Linker]:
        linker = Linker(ENGINE)
        kept: list[object] = [linker]
        linker.root().define_func("f", lambda n: n if kept else 0)
        kept.append(linker.instantiate_pre(Component(ENGINE, CALLS)))
        return weakref.ref(linker)

    seen = make()
    gc.collect()
    assert seen() is None
