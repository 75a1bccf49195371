// Uses a component through generated types: component_typed COMPONENT.
//
// The module `DrawingBindings` was made by: trimaran bindgen swift examples/wit/drawing.wit -o examples/swift/drawing

import DrawingBindings
import TrimaranComponent

typealias Shapes = Drawing.Exports.Shapes

/// What the component tells its host.
struct Log: Drawing.Imports.Log.Host {
  func write(text: String) { print("the component says: \(text)") }
}

/// What the world imports.
struct Host: Drawing.Host {
  let log = Log()
}

func described(_ shape: Shapes.Shape) -> String {
  switch shape {
  case .circle(let radius): "a circle of \(radius)"
  case .rectangle(let corner): "a rectangle of \(corner.x) by \(corner.y)"
  case .dot: "a dot"
  }
}

let engine = try Engine()
let component = try Component(engine, fromFile: CommandLine.arguments[1])
let store = try Store(engine)
let drawing = try Drawing.instantiate(store, component, Host())

for shape: Shapes.Shape in [.circle(10), .rectangle(Shapes.Point(x: 4, y: 5)), .dot, .circle(5000)] {
  do {
    print("\(described(shape)) has an area of \(try drawing.shapes.area(shape: shape))")
  } catch let problem as Shapes.Problem {
    print("\(described(shape)) is \(problem == .tooLarge ? "too large" : "empty")")
  }
}

let line = try Shapes.Line(drawing.shapes, start: Shapes.Point(x: 1, y: 1))
let first = try line.extend(to: Shapes.Point(x: 1, y: 4))
print("the line is \(first) long, then \(try line.extend(to: Shapes.Point(x: -3, y: 4)))")
let end = try line.end()
print("it ends at \(end.x), \(end.y)")
try line.close()
