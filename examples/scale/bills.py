"""The function that the programs beside this file run over their tables."""

from trimaran import Config, Engine, Module
from trimaran.udf import ColumnFunction

# How much each person pays, in cents. With nobody to pay, the division traps.
SHARE = """
(module
  (func (export "share") (param $cents i64) (param $people i64) (result i64)
    (i64.div_s (local.get $cents) (local.get $people))))"""


def share() -> ColumnFunction:
    """Compiles it, once. A batch may take five seconds, and no more than `StoreLimits.untrusted()`."""
    return ColumnFunction(Module(Engine(Config.untrusted()), SHARE), "share", seconds=5.0)
