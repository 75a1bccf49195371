"""The guest of the example of typed bindings, in Python. componentize-py makes a component of it."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import shapes
from wit_world.exports.shapes import Point, Problem, Shape, Shape_Circle, Shape_Rectangle
from wit_world.imports import log


class Line(shapes.Line):
    def __init__(self, start: Point) -> None:
        self.length = 0
        self.last = start

    def extend(self, to: Point) -> int:
        log.write("longer")
        self.length += abs(to.x - self.last.x) + abs(to.y - self.last.y)
        self.last = to
        return self.length

    def end(self) -> Point:
        return self.last


class Shapes(exports.Shapes):
    def area(self, shape: Shape) -> int:
        match shape:
            case Shape_Circle(radius) if radius <= 1000:
                return 3 * radius**2
            case Shape_Rectangle(corner):
                return corner.x * corner.y
        log.write("no area")
        # What a function raises as Err becomes the error of its result.
        raise Err(Problem.TOO_LARGE if isinstance(shape, Shape_Circle) else Problem.EMPTY)
