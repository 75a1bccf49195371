// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     trimaran bindgen swift examples/wit/drawing.wit -o examples/swift/drawing

import TrimaranComponent

extension Drawing.Exports {
  /// The interface `example:drawing/shapes@1.0.0`, which the component exports.
  ///
  /// Shapes, and lines through points.
  public struct Shapes: Sendable {
    let functions: Drawing.Functions

    /// The area of a shape. A circle has 3 times the square of its radius.
    ///
    /// - Throws: `Problem`, and `WasmtimeError` where the call itself fails.
    public func area(shape: Shape) throws -> UInt32 {
      let result = try functions.shapesArea.call { writer in
        shape.write(into: &writer)
      } reading: { (reader) throws(WasmtimeError) in
        try reader.result(ok: { reader in reader.u32() }, error: Problem.init(reading:))
      }
      return try result.get()
    }

    /// A place on the sheet.
    public struct Point: Sendable, Hashable {
      /// The field `x`.
      public var x: Int32
      /// The field `y`.
      public var y: Int32

      /// Makes one of its fields.
      public init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
      }
    }

    /// What can be drawn.
    public enum Shape: Sendable, Hashable {
      /// It has no area.
      case dot
      /// A circle, by its radius.
      case circle(UInt32)
      /// A rectangle, by the corner that lies across from 0, 0.
      case rectangle(Point)
    }

    /// Why a shape has no area.
    public enum Problem: String, CaseIterable, Sendable, Hashable, Error {
      /// The case `empty`.
      case empty
      /// The case `too-large`.
      case tooLarge = "too-large"
    }

    /// A line from point to point.
    public final class Line: Sendable {
      /// The handle: whether it is owned, and whether it is there still.
      public let handle: Resource
      let functions: Drawing.Functions

      init(reading reader: inout Wit.Reader) throws(WasmtimeError) {
        handle = try reader.resource()
        functions = reader.context(as: Drawing.Functions.self)
      }

      /// Begins at a point.
      public init(_ api: Drawing.Exports.Shapes, start: Point) throws(WasmtimeError) {
        self.handle = try api.functions.shapesMakeLine.call { writer in
          start.write(into: &writer)
        } reading: { (reader) throws(WasmtimeError) in
          try reader.resource()
        }
        self.functions = api.functions
      }

      /// Goes on to a point, and gives the length so far: as the steps of the two axes.
      public func extend(to: Point) throws(WasmtimeError) -> UInt32 {
        try functions.shapesLineExtend.call { writer in
          writer.borrow(self.handle)
          to.write(into: &writer)
        } reading: { reader in
          reader.u32()
        }
      }

      /// Where the line ends so far.
      public func end() throws(WasmtimeError) -> Point {
        try functions.shapesLineEnd.call { writer in
          writer.borrow(self.handle)
        } reading: { (reader) throws(WasmtimeError) in
          try Point(reading: &reader)
        }
      }

      /// Drops the handle, which runs the destructor of the component if it is owned.
      /// Without it, that happens some time after the last reference is gone.
      public func close() throws(WasmtimeError) { try handle.close() }
    }
  }
}

extension Drawing.Exports.Shapes.Point {
  static let wit: Wit.Shape = .record(["x": .s32, "y": .s32])

  init(reading reader: inout Wit.Reader) throws(WasmtimeError) {
    x = reader.s32()
    y = reader.s32()
  }

  func write(into writer: inout Wit.Writer) {
    writer.s32(x)
    writer.s32(y)
  }
}

extension Drawing.Exports.Shapes.Shape {
  static let wit: Wit.Shape = .variant([
    "dot": nil,
    "circle": .u32,
    "rectangle": Drawing.Exports.Shapes.Point.wit,
  ])

  init(reading reader: inout Wit.Reader) throws(WasmtimeError) {
    switch reader.index() {
    case 0:
      self = .dot
    case 1:
      self = .circle(reader.u32())
    case 2:
      self = try .rectangle(Drawing.Exports.Shapes.Point(reading: &reader))
    default: Wit.noCase()
    }
  }

  func write(into writer: inout Wit.Writer) {
    switch self {
    case .dot:
      writer.index(0)
    case .circle(let value):
      writer.index(1)
      writer.u32(value)
    case .rectangle(let value):
      writer.index(2)
      value.write(into: &writer)
    }
  }
}

extension Drawing.Exports.Shapes.Problem {
  static let wit: Wit.Shape = .enum(["empty", "too-large"])

  init(reading reader: inout Wit.Reader) {
    switch reader.index() {
    case 0: self = .empty
    case 1: self = .tooLarge
    default: Wit.noCase()
    }
  }

  func write(into writer: inout Wit.Writer) {
    switch self {
    case .empty: writer.index(0)
    case .tooLarge: writer.index(1)
    }
  }
}
