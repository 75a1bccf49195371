"""opa-wasmtime: decisions of a policy that Open Policy Agent compiled, with a built-in host function.

`policy.wasm.gz` is `policy.rego`, compiled by `opa build -t wasm -e example/decision -e example/allow` of OPA 1.4.2.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

from opa_wasmtime import OPAPolicy

DATA = {"roles": {"ada": ["admin"], "bob": ["guest"]}, "grants": {"admin": ["read", "write"], "guest": ["read"]}}
INPUTS = [("ada", "write"), ("bob", "read"), ("bob", "write"), ("eve", "read"), ("jürgen", "write")]


def show(result: object) -> None:
    print(json.dumps(result, sort_keys=True, ensure_ascii=False))


with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "policy.wasm"
    file.write_bytes(gzip.decompress((Path(__file__).parent / "policy.wasm.gz").read_bytes()))
    try:
        OPAPolicy(str(file))
    except LookupError as error:
        print(error)
    policy = OPAPolicy(str(file), builtins={"sprintf": lambda template, values: template % tuple(values)})
    print(sorted(policy.entrypoints), policy.supports_fastpath)
    show(policy.evaluate({"user": "ada", "action": "write", "numbers": []}))
    policy.set_data(DATA)
    for user, action in INPUTS:
        show(policy.evaluate({"user": user, "action": action, "numbers": [1, 2.5, len(user)]}))
        show(policy.evaluate({"user": user, "action": action}, "example/allow"))
    try:
        policy.evaluate({}, "nothing")
    except ValueError as error:
        print(error)
