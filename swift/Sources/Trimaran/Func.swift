/// A function of a guest, or a host function. It belongs to one store.
///
/// Call it like a Swift function, with plain numbers:
///
/// ```swift
/// let add = try instance.function(store, "add")
/// let sum: Int = try add(store, 1, 2)
/// ```
public final class Func: Sendable {
  let core: Core.Func

  init(_ core: consuming Core.Func) { self.core = core }

  /// The function's type.
  ///
  /// - Parameter store: The function's store.
  public func type(_ store: Store) throws(WasmtimeError) -> FuncType {
    try core.type(store: store.core)
  }

  /// Calls the function with values. It converts them where nothing is lost: integers of either width become any number
  /// that holds them exactly, and an f64 becomes an f32 by rounding.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many values as the function has parameters.
  /// - Returns: As many values as the function has results.
  /// - Throws: `type` for a wrong number or type of arguments, `range` for a number that does not fit, `trap` if the
  ///   guest traps, and `thrown`, which holds whatever a host function threw.
  @discardableResult
  public func call(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> [Val] {
    if let results = try callPlain(store, arguments) { return results }
    return try callConverted(store, arguments)
  }

  private func callConverted(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> [Val] {
    if let results = try callWithReferences(store, arguments) { return results }
    return try withExtendedLifetime(store) { () throws(WasmtimeError) in
      let arguments = try converted(checked(arguments), store)
      return try core.call(store: store.core, arguments: arguments).map { (value) throws(WasmtimeError) in
        try Val(value, store)
      }
    }
  }

  /// Calls the function with plain Swift numbers, values and references.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: As many values as the function has results.
  /// - Throws: As ``call(_:_:)``.
  @discardableResult
  public func callAsFunction(_ store: Store, _ arguments: any ValConvertible...) throws(WasmtimeError) -> [Val] {
    try call(store, values(of: arguments, store))
  }

  /// Calls the function with plain Swift numbers, values and references, and returns its one result as the type that
  /// the context asks for.
  ///
  /// ```swift
  /// let sum: Int = try add(store, 1, 2)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: The result. An unsigned type takes the unsigned reading of an integer.
  /// - Throws: As ``call(_:_:)``; `type` if the function has another number of results or a result of another type,
  ///   `range` if the result does not fit.
  public func callAsFunction<Result: ValConvertible>(
    _ store: Store,
    _ arguments: any ValConvertible...
  ) throws(WasmtimeError) -> Result {
    let arguments = try values(of: arguments, store)
    // Most give one number: it needs no list.
    if let (one, count) = try callPlainForOne(store, arguments) {
      guard let one else { throw Results.wrong(count, wanted: 1) }
      return try at("result 1") { () throws(WasmtimeError) in try Result(one) }
    }
    var results = Results(try callConverted(store, arguments), wanted: 1)
    return try results.next()
  }

  /// Calls the function with plain Swift numbers, values and references, and returns its results as the tuple that the
  /// context asks for.
  ///
  /// ```swift
  /// let (quotient, rest): (Int, Int) = try divide(store, 7, 2)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  /// - Returns: The results. An unsigned type takes the unsigned reading of an integer.
  /// - Throws: As ``call(_:_:)``; `type` if the function has another number of results or a result of another type,
  ///   `range` if a result does not fit.
  public func callAsFunction<First: ValConvertible, Second: ValConvertible, each Rest: ValConvertible>(
    _ store: Store,
    _ arguments: any ValConvertible...
  ) throws(WasmtimeError) -> (First, Second, repeat each Rest) {
    var wanted = 2
    for _ in repeat (each Rest).self { wanted += 1 }
    var results = Results(try call(store, values(of: arguments, store)), wanted: wanted)
    return (try results.next(), try results.next(), repeat try results.next(as: (each Rest).self))
  }

  /// Whether two handles are to the same function of the same store.
  ///
  /// - Parameters:
  ///   - store: The store of both.
  ///   - other: The other function.
  /// - Throws: `wrongStore` if one of them belongs to another store.
  public func same(_ store: Store, _ other: Func) throws(WasmtimeError) -> Bool {
    try core.same(store: store.core, other: other.core)
  }
}

extension Func: ValConvertible {
  /// The function as a value.
  public var val: Val { .funcRef(self) }

  /// The function that a value refers to. Fails with `type` for null, and for a value of another type.
  public convenience init(_ val: Val) throws(WasmtimeError) {
    guard case .funcRef(let function?) = val else { throw val.isNot("a function") }
    self.init(Core.Func(function.core.kept()))
  }
}

extension Func {
  /// The arguments of a call as values; the error of one that has none says which it was.
  func values(of arguments: [any ValConvertible], _ store: Store) throws(WasmtimeError) -> [Val] {
    var values: [Val] = []
    values.reserveCapacity(arguments.count)
    for index in arguments.indices {
      let converted = try at("argument \(index + 1)") { () throws(WasmtimeError) in
        try value(of: arguments[index], index, store)
      }
      values.append(converted)
    }
    return values
  }

  private func value(of argument: any ValConvertible, _ index: Int, _ store: Store) throws(WasmtimeError) -> Val {
    do {
      return try argument.val
    } catch {
      guard let value = unsigned(argument), try takesInteger(index, store) else { throw error }
      return value
    }
  }

  /// Whether the function has an i64 for that argument.
  private func takesInteger(_ index: Int, _ store: Store) throws(WasmtimeError) -> Bool {
    let params = try type(store).params
    return params.indices.contains(index) && params[index] == .i64
  }
}

/// The results of a call, taken one after the other.
struct Results {
  private let values: [Val]
  private let wanted: Int
  private var taken = 0

  init(_ values: [Val], wanted: Int) {
    self.values = values
    self.wanted = wanted
  }

  static func wrong(_ count: Int, wanted: Int) -> WasmtimeError {
    .type(reason: "the function gives \(counted(count, "result")): expected \(wanted)")
  }

  mutating func next<Result: ValConvertible>(as type: Result.Type = Result.self) throws(WasmtimeError) -> Result {
    guard values.count == wanted else { throw Self.wrong(values.count, wanted: wanted) }
    let value = values[taken]
    taken += 1
    return try at("result \(taken)") { () throws(WasmtimeError) in try Result(value) }
  }
}

/// Says in the error of a conversion which value it was.
private func at<R>(
  _ place: @autoclosure () -> String,
  _ body: () throws(WasmtimeError) -> R
) throws(WasmtimeError) -> R {
  do {
    return try body()
  } catch .range(let reason) {
    throw .range(reason: "\(place()) is \(reason)")
  } catch .type(let reason) {
    throw .type(reason: "\(place()) is \(reason)")
  }
}
