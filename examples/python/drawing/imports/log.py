# Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
#     python -m trimaran bindgen examples/wit/drawing.wit -o examples/python/drawing

"""The interface `example:drawing/log@1.0.0`, which the host implements."""

from __future__ import annotations

from typing import Protocol

from trimaran.component import wit


class Log(Protocol):
    """The interface `example:drawing/log@1.0.0`, which the host implements.

    What the component tells its host.
    """

    @wit.imported("write", [("text", "string")], None)
    def write(self, text: str) -> None:
        """Takes a line of text."""
