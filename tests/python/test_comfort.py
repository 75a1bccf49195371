"""What a person sees in a REPL and in a notebook: `help`, `dir`, completion, `repr` and tables."""

from __future__ import annotations

import pydoc
import re
import threading
from html.parser import HTMLParser
from typing import Any

import pytest

import objects
from guests import engine, guest, number
from trimaran import (
    Caller,
    Config,
    Func,
    FuncType,
    Global,
    Instance,
    Linker,
    Memory,
    Module,
    Reference,
    Setting,
    Store,
    Table,
    Trap,
    WasiConfig,
)

MANY = """(module $plugin
    (import "env" "log" (func (param i32)))
    (func (export "f") (param i32) (result i32) local.get 0)
    (memory (export "m") 1 2)
    (global (export "g") (mut i64) (i64.const 5))
    (table (export "t") 1 2 funcref))"""


@pytest.fixture
def world() -> tuple[Store, Instance]:
    made = engine()
    store, linker = Store(made), Linker(made)
    linker.define_unknown_imports_as_traps(Module(made, MANY))
    return store, linker.instantiate(store, Module(made, MANY))


def settings(kind: type) -> list[str]:
    return [
        name for name in vars(kind) if isinstance(getattr(kind() if kind is not Linker else None, name, None), Setting)
    ]


@pytest.mark.parametrize("kind", [Config, WasiConfig])
def test_every_setting_says_what_it_is(kind: Any) -> None:
    made, names = kind(), settings(kind)
    assert len(names) > 10
    for name in names:
        setting = getattr(made, name)
        said = setting.__doc__
        assert said and said[0].isupper() and said.rstrip().endswith("."), name
        assert getattr(kind, name).__doc__ == said
        first = said.splitlines()[0]
        for asked in (setting, getattr(kind, name), kind):
            assert first in pydoc.plain(pydoc.render_doc(asked)), name
        assert repr(getattr(kind, name)) == f"<setting {kind.__name__}.{name}>"


def test_a_setting_of_a_linker_and_of_a_subclass() -> None:
    assert Linker(engine()).allow_shadowing.__doc__ == Linker.allow_shadowing.__doc__
    assert "define a name again" in str(Linker.allow_shadowing.__doc__)

    class Mine(Config):
        pass

    assert Mine().wasm_simd.__doc__ == Config.wasm_simd.__doc__
    assert str(Setting.__doc__).startswith("One setting of one object")


def test_a_program_without_its_source_has_no_documents() -> None:
    from trimaran._setting import documents_of

    made = type("Made", (Config,), {})
    assert documents_of(made) == {}


def test_dir_has_the_fields_and_nothing_of_ours() -> None:
    store, instance = guest('(module (func (export "f") unreachable))')
    with pytest.raises(Trap) as caught:
        instance.func(store, "f")(store)
    fields = {"code", "frames", "interruption", "message", "reason", "row", "trap_code"}
    for kind in (Trap, caught.value):
        assert fields <= set(dir(kind))
        assert not [name for name in dir(kind) if re.match("_[a-z]", name)]
    assert caught.value.frames and not [name for name in dir(caught.value) if re.match("_[a-z]", name)]


@pytest.mark.parametrize(("kind", "made"), objects.examples().items(), ids=lambda it: getattr(it, "__name__", ""))
def test_dir_of_every_object(kind: type, made: Any) -> None:
    names = dir(made)
    # `_repr_html_` and the like are names that IPython looks for, and the other one is of `typing`.
    theirs = {"_is_protocol"} | {name for name in names if name.endswith("_")}
    assert not [name for name in set(names) - theirs if re.match("_[a-z]", name)]
    public = [name for name in dir(kind) if not name.startswith("_")]
    assert set(public) <= set(names)


def test_dir_keeps_what_a_subclass_has() -> None:
    class Mine(Store):
        _kept = 1

    assert "_kept" in dir(Mine(engine()))


def test_completion_of_exports(world: tuple[Store, Instance]) -> None:
    store, instance = world
    exports: Any = instance.exports(store)
    assert exports._ipython_key_completions_() == ["f", "m", "g", "t"]
    assert {"func", "memory", "global_", "table"} <= set(dir(exports))


def test_repr_says_type_and_store(world: tuple[Store, Instance]) -> None:
    store, instance = world
    exports, home = instance.exports(store), f"of store {number(store)}"
    assert [repr(item) for item in exports.values()] == [
        f"<Func (func (param i32) (result i32)) {home}>",
        f"<Memory (memory 1 2) {home}>",
        f"<Global (global (mut i64)) {home}>",
        f"<Table (table 1 2 funcref) {home}>",
    ]
    others = [instance, store.turn(), store.deadline(1), Reference.of_i31(store, 1)]
    assert [repr(item) for item in others] == [
        f"<Instance {home}>",
        f"<Turn {home}>",
        f"<Deadline {home}>",
        f"<Reference (ref i31) {home}>",
    ]
    assert (number(store), number(Store(store.engine))) == (number(store), number(store) + 1)
    store.close()
    assert repr(exports["f"]) == f"<Func {home}, closed>"
    assert repr(exports) == f"<InstanceExports {home}: f, m, g, t>"


def test_repr_of_what_outlives_its_store() -> None:
    store, instance = guest('(module (memory (export "m") 1))')
    memory, home = instance.memory(store, "m"), number(store)
    del store, instance
    assert repr(memory) in (f"<Memory of store {home}>", f"<Memory (memory 1) of store {home}>")


def test_repr_waits_for_nobody() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def body(caller: Caller) -> None:
        # The thread that is inside may ask.
        seen.append(repr(memory))
        inside.set()
        go_on.wait()

    store = Store(engine())
    seen: list[str] = []
    host = Func(store, FuncType([], []), body, access_caller=True)
    instance = Instance(store, Module(store.engine, '(module (memory (export "m") 1))'))
    memory, home = instance.memory(store, "m"), f"of store {number(store)}"
    thread = threading.Thread(target=host, args=(store,))
    thread.start()
    inside.wait()
    try:
        assert repr(memory) == f"<Memory {home}>"
        assert html(instance) == [f"<Instance {home}>"]
    finally:
        go_on.set()
        thread.join()
    assert seen == [f"<Memory (memory 1) {home}>"]
    assert repr(memory) == f"<Memory (memory 1) {home}>"


class Text(HTMLParser):
    """The texts of the cells, and the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "code", "p"}


def html(made: Any) -> list[str]:
    parser = Text()
    parser.feed(made._repr_html_())
    parser.close()
    assert parser.tags <= TAGS
    return parser.texts


def test_tables_of_a_module_and_an_instance(world: tuple[Store, Instance]) -> None:
    store, instance = world
    texts = html(Module(store.engine, MANY))
    assert texts[:7] == ["<Module 'plugin'>", "1 import", "module", "name", "type", "env", "log"]
    assert "4 exports" in texts and "(memory 1 2)" in texts
    texts = html(instance.exports(store))
    assert texts == html(instance)
    assert texts[0] == f"4 exports of an instance in store {number(store)}"
    assert texts[4:7] == ["f", "Func", "(func (param i32) (result i32))"]
    store.close()
    assert html(instance) == [f"<Instance of store {number(store)}, closed>"]


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;", "</table>", "\\1b[2J\\e2\\80\\ae"]


def test_names_of_an_untrusted_module_are_no_html() -> None:
    quoted = [name.replace('"', '\\"') for name in HOSTILE]
    imports = "".join(f'(import "{name}" "{name}" (func))' for name in quoted)
    exports = "".join(f'(export "{name}" (func 0))' for name in quoted)
    module = Module(engine(), f"(module {imports} {exports})")
    named = Module(engine(), '(module (@name "<b>evil"))')
    texts = html(module)
    assert "<script>alert(1)</script>" in texts and "&lt;" in texts
    assert "\\x1b[2J\\u202e" in texts
    assert "b" not in Text().tags and html(named)[0] == "<Module '<b>evil'>"
    linker, store = Linker(module.engine), Store(module.engine)
    linker.define_unknown_imports_as_traps(module)
    instance = linker.instantiate(store, module)
    assert set(html(instance)) >= {"<script>alert(1)</script>", "&lt;", "</table>"}


def test_tables_are_bounded() -> None:
    exports = "".join(f'(export "{number}-{"x" * 5000}" (func 0))' for number in range(1000))
    store, instance = guest(f"(module (func) {exports})")
    for made in (instance, instance.exports(store), Module(store.engine, f"(module (func) {exports})")):
        text: Any = made
        assert len(text._repr_html_()) < 20_000
        assert "and 968 more" in html(made)


def test_the_kinds_that_have_tables() -> None:
    assert all(hasattr(kind, "_repr_html_") for kind in (Module, Instance))
    assert not any(hasattr(kind, "_repr_html_") for kind in (Func, Memory, Global, Table))
