"""A plugin host in a few lines: plugin_host.py COMPONENT."""

import sys

from drawing import Drawing
from drawing.exports.shapes import ShapeCircle

from trimaran import Engine, Store
from trimaran.component import Component


class Log:
    def write(self, text: str) -> None:
        print(f"the plugin says: {text}")


class Host:
    log = Log()


engine = Engine()
component = Component.from_file(engine, sys.argv[1])
with Store(engine) as store:
    drawing = Drawing.instantiate(store, component, Host())
    print(drawing.shapes.area(ShapeCircle(10)))
