"""Steps on components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from step import Oops, Step, things
from trimaran import WasiConfig
from trimaran.component import Component, Linker, Resource


def component(_step: Step, name: str, of: str, path: str) -> None:
    with open(path, "rb") as file:
        things[name] = Component(things[of], file.read())


def wit(_step: Step, name: str) -> str:
    """Whether the types of a component, written out, stay short."""
    ty = things[name].type
    texts = [f"{name}: {item}" for items in (ty.imports(), ty.exports()) for name, item in items.items()]
    return "short" if sum(map(len, texts)) <= 1 << 16 else "!long"


def composed(_step: Step, name: str, of: str, compiled: str, *imports: str) -> None:
    """An instance, with WASI and functions of the host where they are asked for."""
    store, made = things[of], things[compiled]
    linker = Linker(made.engine)
    for given in imports:
        if given in ("wasi", "granted"):
            linker.define_wasi()
            if given == "wasi":
                store.set_wasi(WasiConfig())
        else:
            function, body = given.split("=")
            if body == "resource":
                linker.root().define_resource(function)
                continue
            linker.root().define_func(function, host(body.split(":")), access_caller=True)
    things[name] = store, linker.instantiate(store, made)


def host(body: list[str]) -> Callable[..., Any]:
    def work(caller: Any, *given: Any) -> Any:
        match body:
            case ["plain"]:
                return given[0]
            case ["object"]:
                return object()
            case ["throw"]:
                raise Oops
            case ["call", of, function, *numbers]:
                # It gives what that gives.
                return things[of][1].func(caller, function)(caller, *map(int, numbers))
            case ["lend", name]:
                things[name] = given[0]
                return 0
            case ["drop"]:
                given[0].drop(caller)
                return 0
            case _:
                raise ValueError(body)

    return work


def invoke(_step: Step, of: str, function: str, *arguments: str) -> str:
    """Calls an exported function, and says what it gave: a number itself, and of anything longer how many there are."""
    store, instance = things[of]
    found = instance.func(store, function)(store, *map(argument, arguments))
    match found:
        case None:
            return "ok"
        case int():
            return str(found)
        case Resource():
            things[f"{of}.{function}"] = found
            return "a resource"
        case _:
            return f"{len(found)} of them"


def argument(text: str) -> Any:
    return things[text[1:]] if text.startswith("@") else int(text)


def free(_step: Step, name: str, of: str) -> None:
    things[name].drop(things[of])


OPS: dict[str, Callable[..., str | None]] = {
    "component": component,
    "wit": wit,
    "composed": composed,
    "invoke": invoke,
    "free": free,
}
