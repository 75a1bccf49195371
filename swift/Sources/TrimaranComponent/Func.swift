import Trimaran

/// A function that an instance of a component exports. It belongs to one store.
///
/// Call it like a Swift function:
///
/// ```swift
/// let add = try instance.function(store, "add")
/// let sum: UInt32 = try add(store, 1, 2)
/// ```
public final class Func: Sendable {
  let core: Core.ComponentFunc
  let codec: FuncCodec

  /// The function's type: its parameters by name, and its result.
  public let type: ComponentType

  init(_ core: consuming Core.ComponentFunc) throws(WasmtimeError) {
    type = ComponentType(try core.types())
    codec = type.function()
    self.core = core
  }

  /// Calls the function with values. It checks them before the guest knows of the call, and says where in them a mistake is:
  /// `argument 1: field "name": expected a string, found an int`.
  ///
  /// ```swift
  /// try paint.call(store, [.enum("red"), ["x": 1, "y": 2], nil])
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many values as the function has parameters.
  /// - Returns: The result; `nil` where the function has none.
  /// - Throws: `type` for a wrong number or type of arguments, `range` for a number that does not fit; `trap` if the guest traps, and
  ///   `poisoned` for each later call into a component of the store; `closed` for a resource that is gone; `busy` where the
  ///   instance is in a call already; and `thrown`, which holds whatever a host function threw.
  @discardableResult
  public func call(_ store: Store, _ arguments: [ComponentValue]) throws(WasmtimeError) -> ComponentValue? {
    try enter(store) { (encoder) throws(WasmtimeError) in
      try encoder.write(arguments, codec)
    }
  }

  /// Calls the function with plain Swift values.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: The result; `nil` where the function has none.
  /// - Throws: As ``call(_:_:)``.
  @discardableResult
  public func callAsFunction(
    _ store: Store,
    _ arguments: any ComponentConvertible...
  ) throws(WasmtimeError) -> ComponentValue? {
    try call(store, arguments.map(\.componentValue))
  }

  /// Calls the function with plain Swift values, and gives its result as the type that the context asks for.
  ///
  /// ```swift
  /// let names: [String] = try list(store, "/")
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: The result.
  /// - Throws: As ``call(_:_:)``; `type` if the function has no result or one of another type, `range` if it does not fit.
  public func callAsFunction<Result: ComponentConvertible>(
    _ store: Store,
    _ arguments: any ComponentConvertible...
  ) throws(WasmtimeError) -> Result {
    guard let value = try call(store, arguments.map(\.componentValue)) else {
      throw .type(reason: "the function gives no result: expected one")
    }
    return try Result(value)
  }
}

extension Encoder {
  /// Writes the arguments of a call.
  mutating func write(_ arguments: [ComponentValue], _ codec: FuncCodec) throws(WasmtimeError) {
    let params = codec.params
    guard arguments.count == params.count else {
      throw Mistake(.count(what: "arguments", expected: UInt64(params.count), found: UInt64(arguments.count))).error
    }
    for index in arguments.indices {
      do throws(Mistake) {
        try write(arguments[index], params[index])
      } catch {
        throw error.inside("argument \(index + 1)").error
      }
    }
  }
}
