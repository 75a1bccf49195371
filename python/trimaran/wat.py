"""The text format of WebAssembly."""

from __future__ import annotations

from typing import TypeAlias

from . import _native
from ._ffi import BytesLike, source

Wasm: TypeAlias = str | BytesLike
"""A module: in the text format, or the bytes of either format."""


def wat2wasm(wat: Wasm) -> bytes:
    """Translates the WebAssembly text format to the binary format (core specification, section 6).

    Bytes that are binary already come back unchanged. Raises `WatSyntaxError`, which has line and column.
    """
    return _native.wat2wasm(source(wat, "the text"))
