# Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
#     python -m trimaran bindgen examples/wit/drawing.wit -o examples/python/drawing

"""The interface `example:drawing/shapes@1.0.0`, which the component exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from trimaran.component import Resource, ResultError, wit


class Line(Resource):
    """A line from point to point."""

    __slots__ = ("_functions",)
    _functions: _Functions

    def __init__(self, api: Shapes, /, start: Point) -> None:
        """Begins at a point."""
        functions: _Functions = wit.functions(api)
        wit.adopt(self, functions, functions.new_line(start))

    def extend(self, to: Point) -> int:
        """Goes on to a point, and gives the length so far: as the steps of the two axes."""
        return self._functions.line_extend(self, to)

    def end(self) -> Point:
        """Where the line ends so far."""
        return self._functions.line_end(self)


@wit.record(("x", "s32"), ("y", "s32"))
@dataclass(slots=True)
class Point:
    """A place on the sheet."""

    x: int
    y: int


@wit.variant
class Shape:
    """What can be drawn."""

    __slots__ = ()


@wit.case("dot", None)
@dataclass(frozen=True, slots=True)
class ShapeDot(Shape):
    """It has no area."""


@wit.case("circle", "u32")
@dataclass(frozen=True, slots=True)
class ShapeCircle(Shape):
    """A circle, by its radius."""

    value: int


@wit.case("rectangle", Point)
@dataclass(frozen=True, slots=True)
class ShapeRectangle(Shape):
    """A rectangle, by the corner that lies across from 0, 0."""

    value: Point


@wit.enum("empty", "too-large")
class Problem(Enum):
    """Why a shape has no area."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"


class ProblemException(ResultError[Problem]):
    """A function failed with a `Problem`, which is its `value`."""


class _Functions:
    """The functions of an instance."""

    area: Callable[[Shape], int]
    new_line: Callable[[Point], Resource]
    line_extend: Callable[[Line, Point], int]
    line_end: Callable[[Line], Point]

    def __init__(self, bound: wit.Bound) -> None:
        place = bound.place(self, ["example:drawing/shapes@1.0.0"], Line)
        self.area = place.func(
            "area",
            [("shape", Shape)],
            ("result", "u32", Problem),
            ProblemException,
        )
        self.new_line = place.func(
            "[constructor]line",
            [("start", Point)],
            ("own", None),
        )
        self.line_extend = place.func(
            "[method]line.extend",
            [("self", ("borrow", Line)), ("to", Point)],
            "u32",
        )
        self.line_end = place.func(
            "[method]line.end",
            [("self", ("borrow", Line))],
            Point,
        )


class Shapes:
    """The interface `example:drawing/shapes@1.0.0`, which the component exports.

    Shapes, and lines through points.
    """

    def __init__(self, bound: wit.Bound) -> None:
        self._functions = _Functions(bound)
        wit.attach(self, Shapes, area=self._functions.area)

    def area(self, shape: Shape) -> int:
        """The area of a shape. A circle has 3 times the square of its radius.

        Raises `ProblemException`.
        """
        return self._functions.area(shape)
