/// A function whose type Swift knows: checked once, when it is made, and then called at the speed of the machine,
/// with nothing allocated.
///
/// ```swift
/// let add = try instance.function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
/// let sum = try add(store, 40, 2)
/// let sums = try add.map(store, [1, 2, 3], [10, 20, 30])
/// ```
///
/// `Signature` is written as a function type of Swift over ``WasmNumber``s; several results are a tuple, and none is
/// `Void`.
public struct TypedFunc<Signature>: Sendable {
  /// The function, for values that are only known when the program runs.
  public let function: Func

  /// How many slots a call needs: parameters and results use the same ones.
  @usableFromInline
  let width: Int

  /// Checks the type of a function.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - function: The function.
  /// - Throws: `type` where the function has another type.
  public init<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ function: Func
  ) throws(WasmtimeError) where Signature == (repeat each Parameter) -> (repeat each Result) {
    var wanted = FuncType([], [])
    repeat wanted.params.append((each Parameter).valType)
    repeat wanted.results.append((each Result).valType)
    try function.checkType(store, wanted)
    try wanted.checkNumbers()
    self.function = function
    width = max(wanted.params.count, wanted.results.count)
  }

  // One result has functions of its own, which are preferred: a pack of one is a tuple of one to the compiler (6.0)
  // until the whole expression has its type, so that `add(store, 1, 2).description` would not compile.

  /// Calls the function.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: The arguments.
  /// - Returns: The result.
  /// - Throws: `trap` where the guest traps, and whatever a host function failed with.
  @inlinable
  @discardableResult
  public func callAsFunction<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ arguments: repeat each Parameter
  ) throws(WasmtimeError) -> Result where Signature == (repeat each Parameter) -> Result {
    try call(store, width) { row in
      repeat row.put((each arguments).slot)
    } take: { row in
      Result(slot: row.take())
    }
  }

  /// Calls the function.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: The arguments.
  /// - Returns: Nothing, or the tuple of the results.
  /// - Throws: `trap` where the guest traps, and whatever a host function failed with.
  @inlinable
  @discardableResult
  @_disfavoredOverload
  public func callAsFunction<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ arguments: repeat each Parameter
  ) throws(WasmtimeError) -> (repeat each Result)
  where Signature == (repeat each Parameter) -> (repeat each Result) {
    try call(store, width) { row in
      repeat row.put((each arguments).slot)
    } take: { row in
      (repeat (each Result)(slot: row.take()))
    }
  }

  /// Calls the function once for each row of `columns`, in one crossing and one turn of the store.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - columns: For each parameter its arguments, all equally many.
  /// - Returns: The results, a row each.
  /// - Throws: The error of the first row that fails, with its number; the rows after it are not called. Nothing is
  ///   called where one of the columns is shorter than another.
  @inlinable
  public func map<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ columns: repeat [each Parameter]
  ) throws(RowError) -> [Result] where Signature == (repeat each Parameter) -> Result {
    try call(store, rows: repeat each columns).take(as: Result.self)
  }

  /// Calls the function once for each row of `columns`, in one crossing and one turn of the store.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - columns: For each parameter its arguments, all equally many.
  /// - Returns: For each result its values, a row each.
  /// - Throws: The error of the first row that fails, with its number; the rows after it are not called. Nothing is
  ///   called where one of the columns is shorter than another.
  @inlinable
  @discardableResult
  @_disfavoredOverload
  public func map<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ columns: repeat [each Parameter]
  ) throws(RowError) -> (repeat [each Result])
  where Signature == (repeat each Parameter) -> (repeat each Result) {
    let rows = try call(store, rows: repeat each columns)
    return (repeat rows.take(as: (each Result).self))
  }

  /// Calls the function on `width` slots on the stack.
  @inlinable
  @inline(__always)
  func call<Results>(
    _ store: Store,
    _ width: Int,
    put: (inout Row) -> Void,
    take: (inout Row) -> Results
  ) throws(WasmtimeError) -> Results {
    var failure: WasmtimeError?
    let results = withUnsafeTemporaryAllocation(of: Slot.self, capacity: width) { slots in
      var row = Row(slots)
      put(&row)
      row.clear()
      do throws(WasmtimeError) { try function.call(store, slots) } catch { failure = error }
      row = Row(slots)
      // After a failure they mean nothing, but any bits are numbers.
      return take(&row)
    }
    if let failure { throw failure }
    return results
  }

  /// Calls the function on the rows of `columns`, and gives the rows of its results.
  @inlinable
  func call<each Parameter: WasmNumber>(
    _ store: Store,
    rows columns: repeat [each Parameter]
  ) throws(RowError) -> Rows {
    let rows = Rows(width: width)
    repeat rows.expect((each columns).count)
    try rows.allocate()
    // A call of no rows fails where the time is over or the task is cancelled: then many rows are not packed first.
    if rows.isMany { try function.call(store, Rows(width: width)) }
    repeat rows.put(each columns)
    try function.call(store, rows)
    rows.rewind()
    return rows
  }
}

extension FuncType {
  /// Fails where there is a reference: a ``WasmNumber`` of somebody's may say that it is one, but has only bits.
  func checkNumbers() throws(WasmtimeError) {
    for case .ref(let type) in params + results {
      throw .type(reason: "\(type) is no number: use the function with values")
    }
  }
}

extension TypedFunc: CustomStringConvertible {
  /// The function type of Swift.
  public var description: String { "\(Signature.self)" }
}

extension Func {
  /// The function with a type that Swift knows.
  ///
  /// ```swift
  /// let add = try add.typed(store, as: ((Int32, Int32) -> Int32).self)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - signature: Its type, as a function type of Swift. It may be left out where it is clear what is wanted.
  /// - Throws: `type` where the function has another type.
  public func typed<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    as signature: ((repeat each Parameter) -> Result).Type = ((repeat each Parameter) -> Result).self
  ) throws(WasmtimeError) -> TypedFunc<(repeat each Parameter) -> Result> {
    try TypedFunc(store, self)
  }

  /// The function with a type that Swift knows, where it has no result, or several, which are a tuple.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - signature: Its type, as a function type of Swift. It may be left out where it is clear what is wanted.
  /// - Throws: `type` where the function has another type.
  @_disfavoredOverload
  public func typed<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    as signature: ((repeat each Parameter) -> (repeat each Result)).Type =
      ((repeat each Parameter) -> (repeat each Result)).self
  ) throws(WasmtimeError) -> TypedFunc<(repeat each Parameter) -> (repeat each Result)> {
    try TypedFunc(store, self)
  }
}

/// Where a call of many rows stopped, and why.
public struct RowError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The row, counted from 0.
  public let row: Int
  /// What went wrong there.
  public let error: WasmtimeError

  /// The row and the error's own sentence.
  public var description: String { "row \(row): \(error)" }

  /// What a call of many rows throws: for those who make one themselves, such as tests.
  public init(row: Int, error: WasmtimeError) {
    self.row = row
    self.error = error
  }
}
