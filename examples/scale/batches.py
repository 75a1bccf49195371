"""What a worker does with a batch of rows. The programs beside this file send it to their workers."""

from functools import cache
from typing import Any

from trimaran import Config, Engine, Instance, Module, Store, StoreLimits, WasmtimeError

# How much each person pays, in cents. With nobody to pay, the division traps.
SHARE = """
(module
  (func (export "share") (param $cents i64) (param $people i32) (result i64)
    (i64.div_s (local.get $cents) (i64.extend_i32_s (local.get $people)))))"""

SECONDS_A_BATCH = 5.0


def packed() -> bytes:
    """The module, compiled. The program that hands out the work makes it once."""
    return Module(Engine(Config.untrusted()), SHARE).pack()


@cache
def loaded(packed: bytes) -> Module:
    """The module again, once for each worker process. Nothing is compiled there."""
    return Module.unpack(packed)


def shares(packed: bytes, cents: Any, people: Any, names: Any) -> Any:
    """A batch: a store of its own, one call for all rows, a time limit, and the row's name in the error."""
    module = loaded(packed)
    with Store(module.engine) as store:
        store.set_limits(StoreLimits.untrusted())
        store.set_timeout(SECONDS_A_BATCH)
        try:
            return Instance(store, module).func(store, "share").map(store, cents, people)
        except WasmtimeError as error:
            if error.row is not None:
                error.add_note(f"the row is {names[error.row]}")
            raise
