// Calls that are awaited: their guests may wait for async host functions, and take no thread meanwhile.

extension Func {
  /// Calls the function in the present task, which goes on with other work while the guest waits for an async host function.
  ///
  /// ```swift
  /// let results = try await add.callAsync(store, [.i32(40), .i32(2)])
  /// ```
  ///
  /// The task awaits the host function itself, so that task-locals, priorities and cancellation are its own. Cancelling it ends the
  /// guest: at once where it waits, with ``Config/epochInterruption`` after a few milliseconds where it computes, and otherwise when it
  /// comes back to the host. Its stack is unwound by the time that this throws, and the store can be used.
  ///
  /// The guest runs where the caller does, on its actor, and with epochs it lets others have their turn every few milliseconds. For
  /// callers on the main actor it runs elsewhere. Guests that compute for long without epochs keep a thread from other tasks: see
  /// ``Store/run(_:isolation:)``.
  ///
  /// While a guest waits, every task may read and write the memories, globals and tables of its store. A call without `await` from another task stands
  /// in line with its thread and its actor, and fails with `busy` after 30 seconds in one host function: await it, or use ``Store/run(_:isolation:)``.
  ///
  /// One call at a time runs in a store. Another one waits in line, in order, without a thread. A call from within an async host function
  /// of the same store, and from the tasks that it begins, goes on top of the guest that waits; it ends with the function at the
  /// latest, and then fails with `escaped`.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many values as the function has parameters. They are converted as those of ``call(_:_:)`` are.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: As many values as the function has results.
  /// - Throws: The very error that a host function threw, `CancellationError` where the task was cancelled, and otherwise a
  ///   ``WasmtimeError``, as ``call(_:_:)``.
  @discardableResult
  public func callAsync(
    _ store: Store,
    _ arguments: [Val],
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Val] {
    try await start(store, arguments).results(isolation: isolation)
  }

  /// The same with plain Swift numbers, values and references.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: As many values as the function has results.
  /// - Throws: As the one with values.
  @discardableResult
  public func callAsync(
    _ store: Store,
    _ arguments: any ValConvertible...,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Val] {
    try await start(store, values(of: arguments, store)).results(isolation: isolation)
  }

  /// The same with plain Swift numbers, values and references. It returns the one result as the type that the context asks for.
  ///
  /// ```swift
  /// let sum: Int = try await add.callAsync(store, 1, 2)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The result. An unsigned type takes the unsigned reading of an integer.
  /// - Throws: As the one with values; `type` if the function has another number of results or a result of another type,
  ///   `range` if the result does not fit.
  public func callAsync<Result: ValConvertible>(
    _ store: Store,
    _ arguments: any ValConvertible...,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Result {
    let given = try await start(store, values(of: arguments, store)).results(isolation: isolation)
    var results = Results(given, wanted: 1)
    return try results.next()
  }

  /// The same with plain Swift numbers, values and references. It returns the results as the tuple that the context asks for.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The results. An unsigned type takes the unsigned reading of an integer.
  /// - Throws: As the one with values; `type` if the function has another number of results or a result of another type,
  ///   `range` if a result does not fit.
  public func callAsync<First: ValConvertible, Second: ValConvertible, each Rest: ValConvertible>(
    _ store: Store,
    _ arguments: any ValConvertible...,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> (First, Second, repeat each Rest) {
    let given = try await start(store, values(of: arguments, store)).results(isolation: isolation)
    var wanted = 2
    for _ in repeat (each Rest).self { wanted += 1 }
    var results = Results(given, wanted: wanted)
    return (try results.next(), try results.next(), repeat try results.next(as: (each Rest).self))
  }
}

extension TypedFunc {
  /// Calls the function in the present task, as ``Func`` does by its own `callAsync`.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: The arguments.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The result.
  /// - Throws: The very error that a host function threw, `CancellationError` where the task was cancelled, and otherwise a
  ///   ``WasmtimeError``.
  @discardableResult
  public func callAsync<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ arguments: repeat each Parameter,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Result where Signature == (repeat each Parameter) -> Result {
    var values: [Val] = []
    repeat values.append(Val(each arguments))
    var results = Numbers(try await function.callAsync(store, values, isolation: isolation))
    return results.take(as: Result.self)
  }

  /// Calls the function in the present task, as ``Func`` does by its own `callAsync`.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: The arguments.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: Nothing, or the tuple of the results.
  /// - Throws: The very error that a host function threw, `CancellationError` where the task was cancelled, and otherwise a
  ///   ``WasmtimeError``.
  @discardableResult
  @_disfavoredOverload
  public func callAsync<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ arguments: repeat each Parameter,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> (repeat each Result) where Signature == (repeat each Parameter) -> (repeat each Result) {
    var values: [Val] = []
    repeat values.append(Val(each arguments))
    var results = Numbers(try await function.callAsync(store, values, isolation: isolation))
    return (repeat results.take(as: (each Result).self))
  }
}
