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
  /// Whether a call needs no stream.
  private let isPlain: Bool

  /// The function's type: its parameters by name, and its result.
  public let type: ComponentType

  init(_ core: consuming Core.ComponentFunc) throws(WasmtimeError) {
    type = ComponentType(try core.types())
    codec = type.function()
    isPlain = Func.isPlain(core, codec)
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
    if isPlain && codec.kinds.isEmpty && arguments.isEmpty { return try callPlain(store, count: 0) }
    return try enter(store) { (writer) throws(WasmtimeError) in
      try writer.write(arguments, codec)
    }
  }

  /// Calls the function with plain Swift values.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: The result; `nil` where the function has none.
  /// - Throws: As ``call(_:_:)``.
  @inlinable
  @discardableResult
  @_disfavoredOverload
  public func callAsFunction<each Argument: ComponentConvertible>(
    _ store: Store,
    _ arguments: repeat each Argument
  ) throws(WasmtimeError) -> ComponentValue? {
    var values: [ComponentValue] = []
    repeat values.append((each arguments).componentValue)
    return try call(store, values)
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
  /// - Returns: The result. As a `ComponentValue?` it is what ``call(_:_:)`` gives: `nil` where the function has none.
  /// - Throws: As ``call(_:_:)``; `type` if the function has no result or one of another type, `range` if it does not fit.
  @inlinable
  public func callAsFunction<each Argument: ComponentConvertible, Result: ComponentConvertible>(
    _ store: Store,
    _ arguments: repeat each Argument
  ) throws(WasmtimeError) -> Result {
    var values: [ComponentValue] = []
    repeat values.append((each arguments).componentValue)
    return try the(call(store, values))
  }

  /// The result, where there is one, as that type of Swift.
  @inlinable
  func the<Result: ComponentConvertible>(_ result: ComponentValue?) throws(WasmtimeError) -> Result {
    // To the compiler, a `ComponentValue?` is a `Result` as well: it is what `call` gives.
    if Result.self == ComponentValue?.self, let same = result as? Result { return same }
    guard let result else { throw .type(reason: "the function gives no result: expected one") }
    do throws(WasmtimeError) {
      return try Result(result)
    } catch {
      throw error.inside("result")
    }
  }
}

// Those that are called most: they need no list.
extension Func {
  /// Calls the function; see the one for any number of arguments.
  @inlinable
  public func callAsFunction<Result: ComponentConvertible>(_ store: Store) throws(WasmtimeError) -> Result {
    try the(call(store, []))
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  public func callAsFunction<First: ComponentConvertible, Result: ComponentConvertible>(
    _ store: Store,
    _ first: First
  ) throws(WasmtimeError) -> Result {
    try the(call(store, first.componentValue))
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  public func callAsFunction<First: ComponentConvertible, Second: ComponentConvertible, Result: ComponentConvertible>(
    _ store: Store,
    _ first: First,
    _ second: Second
  ) throws(WasmtimeError) -> Result {
    try the(call(store, first.componentValue, second.componentValue))
  }

  @usableFromInline
  func call(_ store: Store, _ first: ComponentValue) throws(WasmtimeError) -> ComponentValue? {
    if isPlain && codec.kinds.count == 1 {
      if let first = slot(first, codec.kinds[0]) { return try callPlain(store, first, count: 1) }
      if let first = resource(first) { return try callPlain(store, first, count: 1) }
    }
    return try enter(store) { (writer) throws(WasmtimeError) in
      try writer.check(1, codec)
      try writer.write(first, 0, codec)
    }
  }

  @usableFromInline
  func call(_ store: Store, _ first: ComponentValue, _ second: ComponentValue) throws(WasmtimeError) -> ComponentValue?
  {
    if isPlain && codec.kinds.count == 2, let second = slot(second, codec.kinds[1]) {
      if let first = slot(first, codec.kinds[0]) { return try callPlain(store, first, second, count: 2) }
      if let first = resource(first) { return try callPlain(store, first, second, count: 2) }
    }
    return try enter(store) { (writer) throws(WasmtimeError) in
      try writer.check(2, codec)
      try writer.write(first, 0, codec)
      try writer.write(second, 1, codec)
    }
  }

  /// The resource of the first argument, where that is one of a guest's and a handle is expected.
  @inline(__always)
  private func resource(_ first: ComponentValue) -> Resource? {
    guard codec.kinds[0] == .borrow || codec.kinds[0] == .own, case .resource(let resource) = first else { return nil }
    return resource
  }
}

extension Wit.Writer {
  /// Writes the arguments of a call.
  mutating func write(_ arguments: [ComponentValue], _ codec: FuncCodec) throws(WasmtimeError) {
    try check(arguments.count, codec)
    for index in arguments.indices { try write(arguments[index], index, codec) }
  }

  /// Fails for another number of arguments than the function has parameters.
  @inline(__always)
  func check(_ count: Int, _ codec: FuncCodec) throws(WasmtimeError) {
    let expected = codec.params.count
    if count == expected { return }
    throw Mistake(.count(what: "arguments", expected: UInt64(expected), found: UInt64(count))).error
  }

  /// Writes one argument.
  @inline(__always)
  mutating func write(_ argument: ComponentValue, _ index: Int, _ codec: FuncCodec) throws(WasmtimeError) {
    if putNumber(argument, codec.kinds[index]) { return }
    do throws(Mistake) {
      try write(argument, codec.params[index])
    } catch {
      throw error.inside("argument \(index + 1)").error
    }
  }
}
