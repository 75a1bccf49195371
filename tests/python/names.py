"""The public names of a package as plain data, to compare this one with wasmtime-py.

`wasmtime_names.json` holds those of wasmtime-py 48.0.0, without its components. It was made in an environment that has
that package: `python tests/python/names.py wasmtime > tests/python/wasmtime_names.json`.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from enum import EnumType
from importlib import import_module
from types import ModuleType
from typing import Any

# The methods that have an underscore and are public all the same: those that the language calls.
SPECIAL = "__call__ __enter__ __eq__ __exit__ __getitem__ __init__ __iter__ __len__ __str__".split()


def describe(package: ModuleType) -> dict[str, str]:
    """Every public name of the package, and what it is, in alphabetical order."""
    return {
        name: word
        for thing_name, thing in sorted(vars(package).items())
        if not thing_name.startswith("_") and not isinstance(thing, ModuleType)
        for name, word in _describe(thing_name, thing)
    }


def _describe(name: str, thing: Any) -> Iterator[tuple[str, str]]:
    if isinstance(thing, EnumType):
        yield name, "enum"
        yield from ((f"{name}.{member}", "member") for member in sorted(thing.__members__))
    elif inspect.isclass(thing):
        yield name, "class"
        yield from ((f"{name}.{member}", _member(thing, member)) for member in sorted(set(_members(thing))))
    else:
        yield name, f"function({_parameters(thing)})" if inspect.isroutine(thing) else "value"


def _members(thing: type) -> Iterator[str]:
    package = thing.__module__.partition(".")[0]
    for kind in thing.__mro__:
        if kind.__module__.partition(".")[0] == package:
            # What is only declared is set by the constructor.
            for name in [*vars(kind), *inspect.get_annotations(kind)]:
                if name in SPECIAL or not name.startswith("_"):
                    yield name


def _member(thing: type, name: str) -> str:
    found = inspect.getattr_static(thing, name, None)
    if isinstance(found, classmethod):
        return f"class method({_parameters(getattr(thing, name))})"
    if inspect.isroutine(found):
        # What the language calls has no names for its parameters, but for these two.
        is_special = name.startswith("_") and name not in ("__init__", "__call__")
        return "method" if is_special else f"method({_parameters(found, 1)})"
    if isinstance(found, property):
        return "attribute" if found.fget else "setting"
    # A slot is an attribute, whatever has `__set__` of its own is not.
    return "setting" if hasattr(found, "__set__") and not inspect.ismemberdescriptor(found) else "attribute"


def _parameters(function: Any, bound: int = 0) -> str:
    """The parameters, without the first ones: their names, and what may be left out."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[bound:]
    except ValueError:
        return "?"
    return ", ".join(str(parameter.replace(annotation=inspect.Parameter.empty)) for parameter in parameters)


if __name__ == "__main__":
    print(json.dumps(describe(import_module(sys.argv[1])), indent=1))
