// A plugin host in a few lines: plugin_host COMPONENT.

import DrawingBindings
import TrimaranComponent

struct Log: Drawing.Imports.Log.Host {
  func write(text: String) { print("the plugin says: \(text)") }
}

struct Host: Drawing.Host {
  let log = Log()
}

let engine = try Engine()
let component = try Component(engine, fromFile: CommandLine.arguments[1])
let drawing = try Drawing.instantiate(Store(engine), component, Host())
print(try drawing.shapes.area(shape: .circle(10)))
