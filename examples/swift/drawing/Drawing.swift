// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     trimaran bindgen swift examples/wit/drawing.wit -o examples/swift/drawing

import TrimaranComponent

/// The world `example:drawing/drawing@1.0.0`.
///
/// A component that knows shapes.
public struct Drawing: Sendable {
  let functions: Functions

  /// The interface `example:drawing/shapes@1.0.0`, which the component exports.
  public var shapes: Drawing.Exports.Shapes { Drawing.Exports.Shapes(functions: functions) }

  /// Takes an instance of the component, whose types are checked.
  ///
  /// - Throws: `link` where the component is another one than these bindings were made of.
  public init(_ store: Store, _ instance: Instance) throws(WasmtimeError) {
    functions = try Functions(store, instance)
  }

  /// Defines what the world imports in a linker.
  public static func define(_ linker: Linker, _ host: some Host) throws(WasmtimeError) {
    try Drawing.Imports.Log.define(in: linker.instance("example:drawing/log@1.0.0"), host.log)
  }

  /// Makes an instance of the component in a store.
  ///
  /// - Throws: `link` where the component is another one than these bindings were made of, and
  /// whatever making an instance fails with.
  public static func instantiate(
    _ store: Store,
    _ component: Component,
    _ host: some Host
  ) throws(WasmtimeError) -> Drawing {
    let linker = try Linker(component.engine)
    defer { linker.close() }
    try define(linker, host)
    return try Drawing(store, linker.instantiate(store, component))
  }

  /// What the world `example:drawing/drawing@1.0.0` imports, and the host implements.
  public protocol Host: Sendable {
    /// Who implements the interface `example:drawing/log@1.0.0`.
    associatedtype LogHost: Drawing.Imports.Log.Host
    /// The one that implements the interface `example:drawing/log@1.0.0`.
    var log: LogHost { get }
  }

  /// The interfaces that the world imports.
  public enum Imports {}

  /// The interfaces that the world exports.
  public enum Exports {}

  /// The functions of an instance, each looked up and checked once.
  final class Functions: Sendable {
    let shapesArea: Wit.Function
    let shapesMakeLine: Wit.Function
    let shapesLineExtend: Wit.Function
    let shapesLineEnd: Wit.Function

    init(_ store: Store, _ instance: Instance) throws(WasmtimeError) {
      shapesArea = try Wit.Function(
        store,
        instance,
        "example:drawing/shapes@1.0.0",
        "area",
        ["shape": Drawing.Exports.Shapes.Shape.wit],
        result: .result(.u32, Drawing.Exports.Shapes.Problem.wit)
      )
      shapesMakeLine = try Wit.Function(
        store,
        instance,
        "example:drawing/shapes@1.0.0",
        "[constructor]line",
        ["start": Drawing.Exports.Shapes.Point.wit],
        result: .own
      )
      shapesLineExtend = try Wit.Function(
        store,
        instance,
        "example:drawing/shapes@1.0.0",
        "[method]line.extend",
        ["self": .borrow, "to": Drawing.Exports.Shapes.Point.wit],
        result: .u32
      )
      shapesLineEnd = try Wit.Function(
        store,
        instance,
        "example:drawing/shapes@1.0.0",
        "[method]line.end",
        ["self": .borrow],
        result: Drawing.Exports.Shapes.Point.wit
      )
    }
  }
}
