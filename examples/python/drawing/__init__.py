# Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
#     python -m trimaran bindgen examples/wit/drawing.wit -o examples/python/drawing

"""The world `example:drawing/drawing@1.0.0`."""

from __future__ import annotations

from typing import Protocol, Self

from trimaran import Store
from trimaran.component import Component, Instance, Linker, wit

from .exports.shapes import Shapes
from .imports.log import Log


class DrawingImports(Protocol):
    """What the world `example:drawing/drawing@1.0.0` imports, and the host implements."""

    @property
    def log(self) -> Log: ...


class Drawing:
    """The world `example:drawing/drawing@1.0.0`.

    A component that knows shapes.
    """

    def __init__(self, store: Store, instance: Instance) -> None:
        """Takes an instance of the component, whose types are checked."""
        bound = wit.bind(store, instance)
        self.shapes = Shapes(bound)
        """The interface `example:drawing/shapes@1.0.0`, which the component exports.

        Shapes, and lines through points.
        """

    @staticmethod
    def define(linker: Linker, imports: DrawingImports) -> None:
        """Defines what the world imports in a linker."""
        wit.define(linker, "example:drawing/log@1.0.0", Log, imports.log)

    @classmethod
    def instantiate(
        cls,
        store: Store,
        component: Component,
        imports: DrawingImports,
    ) -> Self:
        """Makes an instance of the component in a store."""
        with Linker(store.engine) as linker:
            cls.define(linker, imports)
            return cls(store, linker.instantiate(store, component))
