"""The operations that core exports, by the generator's model, and wrong arguments for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from component_guests import GUESTS

import trimaran
from guests import IS_INTERPRETER, MODULES, ROOT, TARGET, config, core_dump
from objects import of_streams
from trimaran import (
    Engine,
    FuncType,
    GlobalType,
    HeapType,
    HttpRequest,
    HttpResponse,
    Instance,
    Limits,
    Linker,
    MemoryDirectory,
    MemoryType,
    Module,
    OutputPipe,
    Profiler,
    Reference,
    RefType,
    SharedMemory,
    Store,
    TableType,
    Tag,
    TagType,
    ValType,
    WasiConfig,
    component,
)
from trimaran._bodies import HostBody
from trimaran._streams import StreamPort
from trimaran.component.serving import Serving

NATIVE: Any = import_module("trimaran._native")
MODEL = ROOT / "target" / "generated" / "model" / "model.json"
WAT = """
(module
  (memory (export "m") 1 4)
  (table (export "t") 2 4 funcref)
  (global (export "g") (mut i32) (i32.const 1))
  (func (export "f") (param i32)))
"""
# The bodies that are written by hand: what the extension module calls them, and what they take after their arguments.
BY_HAND: dict[str, tuple[str, list[Any]]] = {
    "Store.new": ("_make", []),
    "Memory.read_string": ("read_string", []),
    "Linker.define_func": ("_define_func", [HostBody(print, False)]),
}
# What Python does in the course of another operation.
WITHIN = {
    "Func.convert_results": "Func.call",
}


@dataclass(frozen=True)
class Param:
    """A parameter, with its type as the model writes it."""

    name: str
    type: Any
    is_optional: bool


@dataclass(frozen=True)
class Operation:
    """A constructor or a method of a class of the extension module, or a function of that module."""

    owner: str | None
    name: str
    is_constructor: bool
    params: list[Param]
    python: str
    # What the extension module takes after the parameters of the core.
    more: list[Any]

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def closes(self) -> bool:
        """Whether it closes what it is called on."""
        return self.name == "release"

    def world(self) -> World:
        """A world to do it in."""
        return world_to_close(self.owner or "") if self.closes else World()

    def receiver(self, world: World) -> Any:
        """An object to call it on; for a constructor one that is yet to be made."""
        if self.owner is None:
            return NATIVE
        return unmade(self.owner) if self.is_constructor else world.get(self.owner)

    def call(self, receiver: Any, arguments: list[Any]) -> object:
        """Calls it on an object."""
        return getattr(receiver, self.python)(*arguments, *self.more)

    def arguments(self, world: World) -> list[Any]:
        """Arguments with which nothing is wrong."""
        return [SAFE.get(param.name) or good(param.type, world) for param in self.params]


def operations() -> list[Operation]:
    """All that Python has under a name."""
    found = [operation(fields) for fields in json.loads(MODEL.read_text(encoding="utf-8"))["operations"]]
    return [it for it in found if str(it) not in WITHIN]


def operation(fields: dict[str, Any]) -> Operation:
    """An operation, from a line of the model."""
    owner, name = fields["class"], fields["name"]
    params = [Param(param["name"], param["type"], param["default"]) for param in fields["params"]]
    title = f"{owner}.{name}"
    # A body by hand that nobody has told of here fails the test that asks for it.
    python, more = (fields["python"], []) if fields["python"] else BY_HAND.get(title, ("", []))
    return Operation(owner, name, fields["constructor"], params, python, more)


@cache
def shared_engine() -> Engine:
    """An engine for every world that does not close its own."""
    return new_engine()


def new_engine() -> Engine:
    """An engine with all that the operations ask for."""
    made = config().wasm_gc(True).wasm_exceptions(True).epoch_interruption(True).consume_fuel(True)
    return Engine(made if IS_INTERPRETER else made.wasm_threads(True).shared_memory(True))


@cache
def compiled(engine: Engine) -> Module:
    """The guest of an engine."""
    return Module(engine, WAT)


class World:
    """An object of each class, in a store of their own; each is made when it is asked for."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or shared_engine()
        self.store = Store(self.engine)
        self.store.set_fuel(1_000_000)
        self.store.set_epoch_deadline(1_000)
        self._made: dict[str, Any] = {"Engine": self.engine, "Store": self.store}

    def get(self, kind: str) -> Any:
        """The object of that class."""
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: str) -> Any:
        store = self.store
        match kind:
            # Not the one that worlds share, which an operation may close.
            case "Module":
                return Module(self.engine, "(module)")
            case "Linker":
                return Linker(self.engine)
            case "InstancePre":
                return self.get("Linker").instantiate_pre(self.get("Module"))
            case "Instance":
                return Instance(store, compiled(self.engine), [])
            case "Func" | "Memory" | "Table" | "Global":
                return self.get("Instance").exports(store)[kind[0].lower()]
            case "Tag":
                return Tag(store, TagType(FuncType([], [])))
            case "Reference":
                return Reference.of_i31(store, 7)
            case "InterruptHandle":
                return store.interrupt_handle()
            case "OutputPipe":
                return OutputPipe()
            case "StreamPort":
                return StreamPort(store, serve_nothing)
            case "HttpRequest":
                return a_request()
            case "ComponentServing":
                return Serving(component.IncomingRequest(), _keep_nothing)
            case "MemoryDirectory":
                return MemoryDirectory({"m": b"b"})
            case "CoreDump":
                return core_dump()
            case "Profiler":
                return Profiler(Store(self.engine))
            case "DebugInfo":
                return Module.from_file(self.engine, MODULES / "divide.wasm").debug_info
            case "SharedMemory":
                return SharedMemory(threaded() if IS_INTERPRETER else self.engine, MemoryType(Limits(1, 2)))
            case "Component":
                return component.Component(self.engine, GUESTS)
            case "ComponentLinker":
                return component.Linker(self.engine)
            case "ComponentInstancePre":
                return self.get("ComponentLinker").instantiate_pre(self.get("Component"))
            case "ComponentInstance":
                return self.get("ComponentInstancePre").instantiate(store)
            case "ComponentFunc":
                return self.get("ComponentInstance").func(store, "make")
            case "ComponentResource":
                return self.get("ComponentFunc")(store, 7)
            case "ComponentResourceType":
                return component.ResourceType.host()
            case "ComponentStream":
                # It needs an engine of its own.
                return of_streams()[0]
            case other:
                raise AssertionError(f"the model has a class that this test does not know: {other}")

    def closed(self, kind: str) -> Any:
        """The object of that class, closed; or, where it cannot be, with its store closed."""
        found = self.get(kind)
        (found if hasattr(found, "close") else self.store).close()
        return found


async def serve_nothing(_: StreamPort, __: int) -> None:
    """Gives a stream nothing, and takes nothing."""


def a_request() -> HttpRequest:
    """A request that was answered."""
    kept: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        kept.append(request)
        return HttpResponse()

    guest_engine = Engine(config())
    with Store(guest_engine) as store:
        store.set_wasi(WasiConfig().http(answer))
        linker = component.Linker(guest_engine)
        linker.define_wasi()
        sender = component.Component.from_file(guest_engine, MODULES / "component_http.wat")
        linker.instantiate(store, sender).func(store, "header")(store, "example.com", "x")
    return kept[0]


def world_to_close(kind: str) -> World:
    """A world whose object of that class may be closed."""
    return World(new_engine() if kind == "Engine" else None)


@cache
def other_engine() -> Engine:
    """One more engine."""
    return new_engine()


@cache
def threaded() -> Engine:
    """An engine with shared memories, which the interpreter has not."""
    return Engine(trimaran.Config().wasm_threads(True))


def public(kind: str) -> Any:
    """The public class."""
    if kind == "ComponentServing":
        return Serving
    if kind.startswith("Component"):
        return getattr(component, kind.removeprefix("Component") or kind)
    return StreamPort if kind == "StreamPort" else getattr(trimaran, kind)


def unmade(kind: str) -> Any:
    """An object that no constructor made."""
    return public(kind).__new__(public(kind))


def forgetful(kind: str) -> Any:
    """An object of a subclass that forgot the constructor of its base."""

    def __init__(_: object) -> None:
        pass

    return type("Forgetful", (public(kind),), {"__init__": __init__})()


# What would not come back with 0: a wait for that very value.
SAFE: dict[str, Any] = {"expected": 1}


def _nothing(_: bytes) -> None:
    """Takes a piece."""


def _keep_nothing(_: component.ResponseHead) -> Callable[[bytes], object]:
    return _nothing


def _answer(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _told(*_: object) -> None: ...


GOOD: dict[str, Callable[[], Any]] = {
    "Config": lambda: {"target": TARGET} if TARGET else {},
    "StoreLimits": dict,
    "WasiConfig": dict,
    "FuncType": lambda: FuncType([ValType.i32()], []),
    "GlobalType": lambda: GlobalType(ValType.i32(), True),
    "MemoryType": lambda: MemoryType(Limits(1, 2)),
    "TableType": lambda: TableType(ValType.funcref(), Limits(1, 2)),
    "TagType": lambda: TagType(FuncType([], [])),
    "RefType": lambda: RefType(True, HeapType("any")),
    "Val": lambda: ("I32", 7),
    "WasiHttp": lambda: ("HANDLER", _answer),
    "HttpResponse": lambda: (200, [], ("BYTES", b""), []),
    "ServedRequest": lambda: ("GET", "http", "a", "/", [], ("BYTES", b""), _nothing),
    "ComponentTypes": lambda: ([("U8", [], [], 0, [], [])], 0),
    "EventListening": lambda: (_told, True),
    "ComponentMistake": lambda: ("MISSING_FIELD", "a"),
}


# Values that are of their type, and that few operations take.
STRANGE: dict[str, list[Any]] = {
    "FuncType": [FuncType([ValType.i32()] * 2_000, [ValType.externref()] * 2_000)],
    "GlobalType": [GlobalType(ValType.v128(), False), GlobalType(ValType.funcref(), True)],
    "MemoryType": [MemoryType(Limits(1 << 60)), MemoryType(Limits(1, 1 << 60)), MemoryType(Limits(0, 0))],
    "TableType": [TableType(ValType.externref(), Limits(1 << 60)), TableType(ValType.funcref(), Limits(0, 0))],
    "TagType": [TagType(FuncType([ValType.i32()], [ValType.i32()]))],
    "RefType": [RefType(False, HeapType("none")), RefType(True, HeapType("func"))],
    "Val": [("F64", 0), ("V128", 0, 0), ("NULL",), ("I32", 1 << 31)],
}


def good(type_: Any, world: World) -> Any:
    """A value of a type."""
    match type_["kind"]:
        case "bool":
            return True
        case "int" | "float":
            return 0
        case "text":
            return "m"
        case "bytes":
            return b"(module)"
        case "object":
            return world.get(type_["name"])
        case "enum" if type_["name"] == "Extern":
            return world.get("Memory")
        case "record" | "enum":
            return GOOD[type_["name"]]()
        case "option":
            return good(type_["of"], world)
        case "list":
            return []
        case other:
            raise AssertionError(f"the model has a kind that this test does not know: {other}")


# What succeeds all the same, by what the core's documents say.
FINE: set[str] = {
    # What an object knows by itself, without its engine or store.
    "Module.engine: a closed object",
    "Reference.value: a closed object",
    "Store.is_released: a closed object",
    # Closing twice does nothing, and what has an end ends when it is closed.
    "Engine.release: a closed object",
    "InstancePre.release: a closed object",
    "Linker.release: a closed object",
    "Module.release: a closed object",
    "SharedMemory.release: a closed object",
    "Store.release: a closed object",
    "Store.end_deadline: a closed object",
    # Nothing is left to interrupt.
    "InterruptHandle.interrupt: a closed object",
    # It belongs to no store.
    "StreamPort.give: a closed object",
    "StreamPort.take: a closed object",
    "OutputPipe.contents: a closed object",
    "OutputPipe.take: a closed object",
    "HttpRequest.head: a closed object",
    "HttpRequest.addresses: a closed object",
    "HttpRequest.permits: a closed object",
    "HttpRequest.read: a closed object",
    "HttpRequest.check: a closed object",
    "ComponentServing.check: a closed object",
    "ComponentServing.response: a closed object",
    "ComponentServing.trailers: a closed object",
    # A type belongs to no store, and nothing of it is closed.
    "ComponentFunc.types: a closed object",
    "ComponentLinker.define_resource: a closed ComponentResourceType as ty",
    "ComponentResourceType.is_host: a closed object",
    "ComponentResourceType.same: a closed ComponentResourceType as other",
    "ComponentResourceType.same: a closed object",
    "ComponentResource.resource_type: a closed object",
    # What says so itself, and closing twice.
    "Component.engine: a closed object",
    "Component.release: a closed object",
    "ComponentInstancePre.release: a closed object",
    "ComponentLinker.release: a closed object",
    "ComponentResource.is_alive: a closed object",
    "ComponentResource.is_owned: a closed object",
    "ComponentResource.resource_drop: a closed object",
    "ComponentStream.release: a closed object",
    "ComponentStream.is_alive: a closed object",
    "ComponentStream.is_future: a closed object",
    "ComponentStream.types: a closed object",
    "DebugInfo.symbols: a closed object",
    # A profile stays when its store is closed.
    "Profiler.json: a closed object",
    "Profiler.lost_samples: a closed object",
    "Profiler.samples: a closed object",
    "Profiler.save: a closed object",
    "Profiler.stop: a closed object",
    "MemoryDirectory.files: a closed object",
    "MemoryDirectory.names: a closed object",
    "MemoryDirectory.read: a closed object",
    "MemoryDirectory.remove: a closed object",
    "MemoryDirectory.write: a closed object",
}


def check_health() -> None:
    """The engine of the worlds still makes stores, instances and calls."""
    world = World()
    assert world.get("Memory").size(world.store) == 1
    assert world.get("Func")(world.store, 1) is None


@dataclass(frozen=True)
class Wrong:
    """Something that is wrong with an argument, and whether it has to fail."""

    name: str
    make: Callable[[World], Any]
    fails: bool = True


def wrong(*values: Any, fails: bool = True) -> list[Wrong]:
    def as_it_is(value: Any) -> Wrong:
        return Wrong(repr(value), lambda _: value, fails)

    return [as_it_is(value) for value in values]


class Unrelated:
    """An object that no operation takes."""

    def __repr__(self) -> str:
        return "an unrelated object"


def in_list(item: Wrong) -> Wrong:
    return Wrong(f"[{item.name}]", lambda world: [item.make(world)], item.fails)


def bad(type_: Any) -> list[Wrong]:
    """What may be wrong with an argument of a type."""
    match type_["kind"]:
        case "option":
            return [it for it in bad(type_["of"]) if it.name != "None"] + wrong(None, fails=False)
        case "list":
            return [*wrong(Unrelated(), None, 7), *map(in_list, bad(type_["of"]))]
        case _:
            pass
    return [*wrong(Unrelated(), None), *of_kind(type_)]


def of_kind(type_: Any) -> Iterator[Wrong]:
    """The same, without what is wrong everywhere."""
    match type_["kind"]:
        case "bool":
            yield from wrong("x", fails=False)
        case "int":
            bits, signed = type_["bits"], type_["signed"]
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            yield from wrong("7", b"7", 1.5, [], low - 1, high + 1, 1 << 200, -1 << 200)
            yield from wrong(low, high, -1 if signed else 1, True, fails=False)
        case "float":
            yield from wrong("7", b"7", [], 10**400)
            yield from wrong(float("nan"), float("inf"), 1e300, fails=False)
        case "text":
            yield from wrong(7, b"m", [], "\ud800")
            yield from wrong("", "\0", "no such thing", "ü" * 100_000, fails=False)
        case "bytes":
            yield from wrong(7, 1.5, ["x"])
            yield from wrong("m", b"", b"\0asm", bytes(70_000), memoryview(b"abcd")[::2], fails=False)
        case "object":
            yield from of_object(type_["name"])
        case "enum" if type_["name"] == "Extern":
            yield from (
                it for kind in ("Func", "Global", "Table", "Memory", "SharedMemory", "Tag") for it in of_object(kind)
            )
        case "record" | "enum":
            yield from wrong(7, "x", [])
            yield from wrong(*STRANGE.get(type_["name"], []), fails=False)
            yield from wrong({"colour": 1}, fails=False)
        case other:
            raise AssertionError(f"the model has a kind that this test does not know: {other}")


def of_object(kind: str) -> Iterator[Wrong]:
    """What may be wrong with an object."""
    other = "Engine" if kind == "Store" else "Store"
    yield from wrong(7, public(kind))
    yield Wrong(f"a {other}", lambda world: world.get(other))
    yield Wrong(f"an unmade {kind}", lambda _: unmade(kind))
    yield Wrong(f"a forgetful {kind}", lambda _: forgetful(kind))
    yield Wrong(f"a closed {kind}", lambda _: world_to_close(kind).closed(kind))
    yield Wrong(f"a {kind} of another store", lambda world: World(world.engine).get(kind), fails=False)
    yield Wrong(f"a {kind} of another engine", lambda _: World(other_engine()).get(kind), fails=False)
