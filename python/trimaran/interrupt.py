"""Interrupt handles: they end a guest from any thread."""

from __future__ import annotations

from ._handle import Handle
from ._identity import Constant
from ._native import InterruptHandleBase


class InterruptHandle(InterruptHandleBase, Constant, Handle):
    """Interrupts the guest of a store, as `Store.interrupt_handle` gives it. It keeps no store alive."""

    __slots__ = ("__weakref__",)
    _instead = "it interrupts guests of this process"
