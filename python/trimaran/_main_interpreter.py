"""Refuses to be imported in a subinterpreter, whose threads the extension module would take for the main one's."""

from __future__ import annotations

REASON = "trimaran does not work in a subinterpreter: import it in the main interpreter, or in a process of its own"

try:
    from ._native import interpreter
except ImportError as error:
    if "subinterpreter" not in str(error):
        raise
    # An interpreter that shares nothing does not even load the module.
    raise ImportError(REASON, name="trimaran") from None

if interpreter() != 0:
    raise ImportError(REASON, name="trimaran")
