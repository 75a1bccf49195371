"""Uses a component through generated classes: component_typed.py COMPONENT.

The package `drawing` was made by: python -m trimaran bindgen examples/wit/drawing.wit -o examples/python/drawing
"""

import sys
from pathlib import Path

from drawing import Drawing
from drawing.exports.shapes import Line, Point, Problem, ProblemException, Shape, ShapeCircle, ShapeDot, ShapeRectangle

from trimaran import Engine, Store
from trimaran.component import Component


class Log:
    """What the component tells its host."""

    def write(self, text: str) -> None:
        print(f"the component says: {text}")


class Host:
    """What the world imports."""

    log = Log()


def described(shape: Shape) -> str:
    match shape:
        case ShapeCircle(radius):
            return f"a circle of {radius}"
        case ShapeRectangle(Point(x, y)):
            return f"a rectangle of {x} by {y}"
        case _:
            return "a dot"


def run(engine: Engine, component: Component) -> None:
    with Store(engine) as store:
        drawing = Drawing.instantiate(store, component, Host())

        for shape in (ShapeCircle(10), ShapeRectangle(Point(4, 5)), ShapeDot(), ShapeCircle(5000)):
            try:
                print(f"{described(shape)} has an area of {drawing.shapes.area(shape)}")
            except ProblemException as error:
                reason = "too large" if error.value is Problem.TOO_LARGE else "empty"
                print(f"{described(shape)} is {reason}")

        with Line(drawing.shapes, Point(1, 1)) as line:
            print(f"the line is {line.extend(Point(1, 4))} long, then {line.extend(Point(-3, 4))}")
            end = line.end()
            print(f"it ends at {end.x}, {end.y}")


if __name__ == "__main__":
    engine = Engine()
    run(engine, Component.from_file(engine, Path(sys.argv[1])))
