"""Generated bindings: values of every kind both ways, resources, hosts, and what does not belong together."""

from __future__ import annotations

import asyncio
import gc
import importlib
import pickle
import re
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bindings_guests import ASKS, COUNTERS
from component_guests import CALLS, ENGINE, echo

from guests import ROOT
from trimaran import (
    CompileError,
    Engine,
    LinkError,
    Store,
    SuspendError,
    UnsupportedError,
    WasiConfig,
    WasmTypeError,
    wat2wasm,
)
from trimaran.component import Component, Err, Linker, Ok, ResultError, Some, load, wit

P = '(type $p\' (record (field "x" s32) (field "first-name" string))) (import "p" (type $p (eq $p\')))'
C = '(type $c\' (enum "red" "light-green")) (import "c" (type $c (eq $c\')))'
F = '(type $f\' (flags "read" "write" "exec")) (import "f-s" (type $f (eq $f\')))'
V = '(type $v\' (variant (case "circle" f64) (case "t" u8) (case "none"))) (import "v" (type $v (eq $v\')))'


def same(value: Any) -> Any:
    return value


def round_trip(ty: str, flat: str, before: str, make: Callable[[Any], Any]) -> None:
    """What goes in, the host gets; what the host gives, comes out."""
    module = load(echo(ty, flat, before).encode())
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append(x)
        return x

    value = make(module)
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, SimpleNamespace(f=f))
        given = world.run(value)
    assert seen == [value]
    assert given == value
    assert type(seen[0]) is type(given) is type(value)


VALUES: list[tuple[str, str, str, Callable[[Any], Any]]] = [
    ("u8", "i32", "", lambda _: 255),
    ("s64", "i64", "", lambda _: -(1 << 63)),
    ("f32", "f32", "", lambda _: 0.5),
    ("f64", "f64", "", lambda _: 0.1),
    ("bool", "i32", "", lambda _: True),
    ("char", "i32", "", lambda _: "😀"),
    ("string", "i32 i32", "", lambda _: "a wörld"),
    ("(list u8)", "i32 i32", "", lambda _: b"\0\xff"),
    ("(list u32)", "i32 i32", "", lambda _: [1, (1 << 32) - 1]),
    ("(list string)", "i32 i32", "", lambda _: ["", "x" * 5000]),
    ("(tuple u8 string)", "i32 i32 i32", "", lambda _: (1, "one")),
    ('(record (field "a" u8) (field "class" string))', "i32 i32 i32", "", lambda m: m.T(a=7, class_="it")),
    ("(list $p)", "i32 i32", P, lambda m: [m.P(x=-1, first_name="Ada"), m.P(x=2, first_name="")]),
    ('(variant (case "p" $p) (case "t") (case "n" (list u8)))', "i32 i32 i32 i32", P, lambda m: m.TT()),
    ('(variant (case "p" $p) (case "t"))', "i32 i32 i32 i32", P, lambda m: m.TP(m.P(x=1, first_name="é"))),
    ("(list $v)", "i32 i32", V, lambda m: [m.VNone(), m.VCircle(0.25), m.VT(3)]),
    ('(enum "a" "b-c")', "i32", "", lambda m: m.T.B_C),
    ("(list $c)", "i32 i32", C, lambda m: [m.C.LIGHT_GREEN, m.C.RED]),
    ('(flags "a" "b" "c")', "i32", "", lambda m: m.T.A | m.T.C),
    ("(tuple $f $f)", "i32 i32", F, lambda m: (m.FS(0), m.FS.READ | m.FS.EXEC)),
    ("(option string)", "i32 i32 i32", "", lambda _: "there"),
    ("(option u8)", "i32 i32", "", lambda _: None),
    ("(option (option u8))", "i32 i32 i32", "", lambda _: Some(None)),
    ("(option (option u8))", "i32 i32 i32", "", lambda _: Some(1)),
    ("(option (option u8))", "i32 i32 i32", "", lambda _: None),
    ("(tuple (result u8 (error string)))", "i32 i32 i32", "", lambda _: (Err("no"),)),
    ("(list (result u8))", "i32 i32", "", lambda _: [Ok(1), Err()]),
]


@pytest.mark.parametrize(("ty", "flat", "before", "make"), VALUES)
def test_a_value_goes_both_ways(ty: str, flat: str, before: str, make: Callable[[Any], Any]) -> None:
    round_trip(ty, flat, before, make)


def test_a_value_of_another_class_is_refused_with_its_path() -> None:
    module = load(echo("(list $p)", "i32 i32", P).encode())
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, SimpleNamespace(f=same))
        with pytest.raises(WasmTypeError, match='argument 1: element 0: field "first-name"'):
            world.run([module.P(x=1, first_name=2)])
        # What has the fields is taken as well, as everywhere.
        assert world.run([{"x": 1, "first_name": "a"}]) == [module.P(x=1, first_name="a")]


def test_a_flag_that_the_type_does_not_have() -> None:
    module = load(echo('(flags "a" "b")', "i32").encode())
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, SimpleNamespace(f=same))
        assert world.run({"b"}) == module.T.B
        with pytest.raises(WasmTypeError):
            world.run("b")


def test_a_resource_is_a_class() -> None:
    module = load(COUNTERS.encode(), "app")
    counters = module.exports.counters
    with Store(ENGINE) as store:
        app = module.App.instantiate(store)
        with counters.Counter(app.counters, 40) as counter:
            assert (counter.next(), counter.next()) == (41, 42)
            other = counters.Counter(app.counters, start=8)
            merged = counters.Counter.merge(app.counters, counter, other)
            assert type(merged) is counters.Counter
            assert merged.next() == 51
            assert not counter.alive
        merged.close()
        other.close()
        assert app.counters.dropped() == 2
        assert app.counters.even(4) == 4
        with pytest.raises(counters.ErrorException) as caught:
            app.counters.even(number=3)
        assert caught.value.value is counters.Error.ODD
        assert isinstance(caught.value, ResultError)


def test_arguments_go_by_name_and_a_wrong_one_is_refused() -> None:
    module = load(CALLS.encode(), "calls")
    with Store(ENGINE) as store:
        world = module.Calls.instantiate(store, SimpleNamespace(f=same))
        assert world.run(n=4) == world.run(4)
        unexpected, counted = "an unexpected keyword argument", "expected 1 argument"
        wrong: list[tuple[tuple[int, ...], dict[str, int], str]] = [
            ((), {"m": 1}, unexpected),
            ((1,), {"n": 1}, "several values for argument"),
            ((), {}, counted),
            ((1, 2), {}, counted),
            ((1, 2), {"n": 3}, counted),
        ]
        for arguments, keywords, sentence in wrong:
            with pytest.raises(TypeError, match=sentence):
                world.run(*arguments, **keywords)
        assert world.run.__name__ == "run"
        assert "run" in repr(world.run)


def test_what_overrides_a_method_is_called() -> None:
    module = load(COUNTERS.encode(), "app")
    counters = module.exports.counters

    class Doubled(counters.Counters):  # type: ignore[misc, name-defined]
        def even(self, number: int) -> int:
            return int(counters.Counters.even(self, number)) * 2

    with Store(ENGINE) as store:
        app = module.App.instantiate(store)
        doubled = Doubled(wit.bind(store, Linker(ENGINE).instantiate(store, Component(ENGINE, COUNTERS))))
        assert (app.counters.even(4), doubled.even(4), doubled.dropped()) == (4, 8, 0)


def test_a_type_beside_the_interfaces_is_refused_with_a_way_out() -> None:
    with pytest.raises(UnsupportedError, match=r"the type `counter` beside its interfaces.*: export it"):
        load(ROOT / "tests" / "modules" / "component_plugin.wat")


def test_an_instance_is_no_leak() -> None:
    module = load(COUNTERS.encode(), "app")
    store = Store(ENGINE)
    app = module.App.instantiate(store)
    counter = module.exports.counters.Counter(app.counters, 1)
    found = weakref.ref(store)
    del app, store
    assert counter.next() == 2
    del counter
    gc.collect()
    assert found() is None


class Sink:
    def __init__(self, start: int) -> None:
        self.total = start

    def put(self, number: int) -> int:
        self.total += number
        return self.total


class Host:
    def __init__(self) -> None:
        self.raises: BaseException | None = None
        self.host = self

    def new_sink(self, start: int) -> Sink:
        return Sink(start)

    def sink_limit(self) -> int:
        return 100

    def check(self, number: int) -> None:
        if self.raises is not None:
            raise self.raises
        if number > 9:
            raise ResultError(number)


def test_a_host_is_an_object_of_a_class() -> None:
    module = load(ASKS.encode())
    with Store(ENGINE) as store:
        assert module.World.instantiate(store, Host()).run(5) == 107


def test_what_is_declared_becomes_the_error_and_all_else_comes_out() -> None:
    module = load(ASKS.encode())
    host = Host()
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, host)
        assert (world.checked(1), world.checked(200)) == (1000, 200)
    # Neither an error whose value does not fit, nor another one, is what the function declares.
    for error in (ResultError("text"), ResultError(300), KeyError("x"), SystemExit(3)):
        host.raises = error
        with Store(ENGINE) as store:
            world = module.World.instantiate(store, host)
            with pytest.raises(BaseException) as caught:
                world.checked(1)
            assert caught.value is error


class LateHost(Host):
    async def check(self, number: int) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().check(number)


def test_a_host_with_async_methods() -> None:
    module = load(ASKS.encode())
    host = LateHost()
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, host)
        # What the function declares goes to the guest, which goes on.
        assert asyncio.run(world.checked.call_async(1)) == 1000
        assert asyncio.run(world.checked.call_async(number=200)) == 200
        host.raises = KeyError("x")
        with pytest.raises(KeyError) as caught:
            asyncio.run(world.checked.call_async(1))
        assert caught.value is host.raises
    with Store(ENGINE) as store:
        world = module.World.instantiate(store, host)
        with pytest.raises(SuspendError):
            world.checked(1)


def test_a_host_without_a_method() -> None:
    module = load(ASKS.encode())
    with Store(ENGINE) as store, pytest.raises(WasmTypeError, match="no method 'check', by which `check` of `test:app"):
        module.World.instantiate(store, SimpleNamespace(host=SimpleNamespace(new_sink=len, sink_limit=len)))


WIT = """package test:app;
world plugin {{
  type t = {ty};
  import f: func(x: t) -> t;
  export run: func(x: t) -> t;
}}
"""


def made(folder: Path, text: str, name: str) -> Any:
    """The bindings of a world, made by the command line."""
    wit = folder / f"{name}.wit"
    wit.write_text(text)
    command(str(wit), "-o", str(folder / name))
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def command(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "trimaran", "bindgen", *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def refused(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "trimaran", "bindgen", *arguments], capture_output=True, check=False)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode()


def test_files_that_were_made_of_another_component(tmp_path: Path) -> None:
    module = made(tmp_path, WIT.format(ty="list<u64>"), "other_component")
    component = Component(ENGINE, echo("(list u32)", "i32 i32"))
    sentence = 'the function `f`: parameter "x": element: the bindings were made for u64, and the component has u32'
    with Store(ENGINE) as store, pytest.raises(LinkError) as caught:
        module.Plugin.instantiate(store, component, SimpleNamespace(f=same))
    assert sentence in str(caught.value)


def test_a_world_that_imports_wasi_has_it(tmp_path: Path) -> None:
    modules = ROOT / "tests" / "modules"
    module = made(tmp_path, (modules / "command.wit").read_text(), "a_command")
    component = Component.from_file(ENGINE, modules / "component_wasi.wat")
    with Store(ENGINE) as store:
        config = WasiConfig()
        config.argv = ["program", "-v"]
        config.env = [("A", "1")]
        store.set_wasi(config)
        command = module.Command.instantiate(store, component)
        assert command.environment() == [("A", "1")]
        assert command.arguments() == ["program", "-v"]
    # What the store does not grant is not there.
    with Store(ENGINE) as store:
        assert module.Command.instantiate(store, component).environment() == []


def test_a_component_that_uses_wasi_beside_its_world(tmp_path: Path) -> None:
    text = "package test:app; world plugin { export environment: func() -> list<tuple<string, string>>; }"
    module = made(tmp_path, text, "beside_wasi")
    component = Component.from_file(ENGINE, ROOT / "tests" / "modules" / "component_wasi.wat")
    with Store(ENGINE) as store:
        # A plugin gets what its world says, and nothing else.
        with pytest.raises(LinkError, match="wasi:"):
            module.Plugin.instantiate(store, component)
        with Linker(ENGINE) as linker:
            linker.define_wasi()
            module.Plugin.define(linker)
            assert module.Plugin(store, linker.instantiate(store, component)).environment() == []


def test_an_export_of_another_type(tmp_path: Path) -> None:
    text = "package test:app; world plugin { import f: func(n: u32) -> u32; export run: func(n: u32) -> u64; }"
    module = made(tmp_path, text, "other_export")
    with Store(ENGINE) as store, pytest.raises(LinkError, match="`run`: result: the bindings were made for u64"):
        module.Plugin.instantiate(store, Component(ENGINE, CALLS), SimpleNamespace(f=same))


@pytest.mark.parametrize("exports", ["export other: func();", "export run: interface { f: func(); }"])
def test_an_export_that_is_not_there(tmp_path: Path, exports: str) -> None:
    text = f"package test:app; world plugin {{ import f: func(n: u32) -> u32; {exports} }}"
    module = made(tmp_path, text, f"no_export_{len(exports)}")
    with Store(ENGINE) as store, pytest.raises(LinkError, match="the bindings were made for another component: "):
        module.Plugin.instantiate(store, Component(ENGINE, CALLS), SimpleNamespace(f=same))


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.wit").write_text(WIT.format(ty="u8"))
    command(str(tmp_path / "a.wit"), "-o", str(tmp_path / "out"))
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "out").rglob("*.py")}
    command(str(tmp_path / "a.wit"), "-o", str(tmp_path / "out"))
    assert before == {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "out").rglob("*.py")}


def test_nothing_of_others_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.wit").write_text(WIT.format(ty="u8"))
    mine = tmp_path / "out" / "mine.py"
    mine.parent.mkdir()
    mine.write_text("x = 1\n")
    status, said = refused(str(tmp_path / "a.wit"), "-o", str(tmp_path / "out"))
    assert status == 1
    assert "holds files that were not generated: `mine.py`" in said
    assert list((tmp_path / "out").iterdir()) == [mine]
    command(str(tmp_path / "a.wit"), "-o", str(tmp_path / "out"), "--force")
    assert mine.read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "options", "status", "sentence"),
    [
        ("package a:b;\nworld w {\n  import f: fun();\n}", [], 1, "a.wit:3:16"),
        ("package a:b;\nworld w { import c:d/e; }", [], 1, "there is no package `c:d`: looked for it in"),
        ("package a:b;\nworld w {}", ["--world", "v"], 2, "there is no world `v`: the worlds there: `w`"),
        ("package a:b;\nworld w {}\nworld v {}", [], 2, "name one of `w`, `v` with --world"),
        ("package a:b;", [], 2, "the package has no world"),
        ("", [], 1, "a.wit: "),
        ("package a:b;\nworld w { export f: func(x: stream<u8>); }", [], 1, "has a stream, which bindings cannot"),
    ],
)
def test_bad_wit(tmp_path: Path, text: str, options: list[str], status: int, sentence: str) -> None:
    (tmp_path / "a.wit").write_text(text)
    found = refused(str(tmp_path / "a.wit"), "-o", str(tmp_path / "out"), *options)
    assert found[0] == status
    assert sentence in found[1]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_name(tmp_path: Path) -> None:
    (tmp_path / "a.wit").write_text(WIT.format(ty="u8"))
    assert refused(str(tmp_path / "a.wit"), "-o", str(tmp_path / "my-out")) == (
        1,
        "python -m trimaran: `my-out` cannot be the name of a Python package\n",
    )


def test_a_name_is_no_code() -> None:
    assert load(wat2wasm(CALLS), 'x" + exit() + "').XExit.instantiate.__doc__
    assert load(wat2wasm(CALLS), "3-d").World.instantiate.__doc__


def test_components_are_imported(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "counting_app.wasm").write_bytes(wat2wasm(COUNTERS))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("trimaran.component.importer")
    module = importlib.import_module("counting_app")
    counters = importlib.import_module("counting_app.exports.counters")
    with Store(ENGINE) as store:
        app = module.CountingApp.instantiate(store)
        assert counters.Counter(app.counters, 1).next() == 2
    # A class that can be imported can be pickled.
    assert pickle.loads(pickle.dumps(counters.Error.BAD)) is counters.Error.BAD


def test_a_file_that_is_no_component(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("trimaran.component.importer")
    core = tmp_path / "a_core_module.wasm"
    core.write_bytes(wat2wasm("(module)"))
    with pytest.raises(ImportError, match="this is a core module, and no component") as caught:
        importlib.import_module("a_core_module")
    assert (caught.value.name, caught.value.path) == ("a_core_module", str(core))
    assert isinstance(caught.value.__cause__, CompileError)
    for given in (str(core), core.read_bytes()):
        with pytest.raises(CompileError, match="core module"):
            load(given)
    with pytest.raises(CompileError):
        load(b"\0asm\x0d\0\1\0zzzz")
    with pytest.raises(CompileError, match=re.escape(str(core))):
        load(core)
    assert refused(str(core), "-o", str(tmp_path / "out"))[1].count("this is a core module, and no component") == 1
    assert not (tmp_path / "out").exists()
    with pytest.raises(OSError, match="there_is_none"):
        load(tmp_path / "there_is_none.wasm")


def test_a_component_is_compiled_once_for_an_engine(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "app.wasm"
    path.write_bytes(wat2wasm(COUNTERS))
    compiled: list[Engine] = []
    package = importlib.import_module("trimaran.component.load")

    class Counted(Component):
        def __init__(self, engine: Engine, wasm: bytes) -> None:
            compiled.append(engine)
            super().__init__(engine, wasm)

    def none(*_: object) -> Component:
        raise AssertionError

    monkeypatch.setattr(package, "Component", Counted)
    monkeypatch.setattr(Component, "from_file", none)
    for given in (path, path.read_bytes()):
        module = load(given, "app")
        assert not compiled
        engine = Engine()
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(module.App.instantiate, Store(engine)) for _ in range(8)]:
                done.result()
        module.App.instantiate(Store(ENGINE))
        assert compiled == [engine, ENGINE]
        compiled.clear()


def test_generated_files_are_strictly_typed(tmp_path: Path) -> None:
    (tmp_path / "counters.wasm").write_bytes(wat2wasm(COUNTERS))
    command(str(tmp_path / "counters.wasm"), "-o", str(tmp_path / "counting"))
    use = tmp_path / "use.py"
    use.write_text(
        "from counting import Counters\n"
        "from counting.exports.counters import Counter, ErrorException\n"
        "from trimaran import Store\n"
        "from trimaran.component import Component\n\n\n"
        "def run(store: Store, component: Component) -> int:\n"
        "    app = Counters.instantiate(store, component)\n"
        "    with Counter(app.counters, 1) as counter:\n"
        "        reveal_type(counter.next())\n"
        "    try:\n"
        "        return app.counters.even(1)\n"
        "    except ErrorException as error:\n"
        "        reveal_type(error.value)\n"
        "        return 0\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "counting", "use.py"]
    done = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Success" in done.stdout, done.stdout + done.stderr
    assert '"int"' in done.stdout
    assert "counting.exports.counters.Error" in done.stdout
