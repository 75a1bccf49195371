"""What the tests of host functions share."""

from __future__ import annotations

from typing import Any

from trimaran import (
    Func,
    Instance,
    Module,
    Store,
    ValType,
)

I32, I64, F32, F64, V128 = ValType.i32(), ValType.i64(), ValType.f32(), ValType.f64(), ValType.v128()
FUNCREF, EXTERNREF = ValType.funcref(), ValType.externref()
KINDS = {"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": V128, "funcref": FUNCREF, "externref": EXTERNREF}


class Thing:
    """Something that can be watched."""


def imported(store: Store, wat: str, *imports: Func) -> Any:
    """What an instance of a guest with these imports exports."""
    return Instance(store, Module(store.engine, wat), imports).exports(store)


def forward(params: str, results: str, gets: int) -> str:
    """A guest whose `run` calls its import with its own arguments."""
    given = " ".join(f"(local.get {place})" for place in range(gets))
    return f"""(module (import "host" "f" (func $f (param {params}) (result {results})))
        (func (export "run") (param {params}) (result {results}) (call $f {given})))"""
