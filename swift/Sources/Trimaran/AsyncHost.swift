// Async host functions: closures that guests call, and wait for without a thread.

internal import CTrimaran

extension Func {
  /// Makes an async host function, of any type.
  ///
  /// ```swift
  /// let fetch = try Func(store, FuncType([.i32], [.i32])) { caller, arguments async throws in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return arguments
  /// }
  /// ```
  ///
  /// A guest that calls it waits for it, and takes no thread meanwhile. So it has to have been called by
  /// `callAsync`, and no host function that is not async may lie between: otherwise its call fails with
  /// `suspend`. The closure runs in the task that called the guest. What it throws comes out of that call, after the guests between have been
  /// unwound: the very same error.
  ///
  /// The store keeps the closure until it goes or is closed. One that captures the store keeps it as well: use
  /// ``AsyncCaller/store``, capture the store `weak`, or close it. From the first async host function on, guests of the store run on stacks
  /// of their own: calls without `await` take longer than in other stores.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in.
  ///   - type: What the function takes and gives.
  ///   - body: Gets its caller and as many arguments as the type has parameters, and returns as many values as the
  ///     type has results. These are converted as arguments of a call are: `type` and `range` where that cannot be.
  /// - Throws: `closed` where the store is closed, `unsupported` for a type that the engine does not have, `busy` in a host function
  ///   of a store that has no async one yet.
  public convenience init(
    _ store: Store,
    _ type: FuncType,
    _ body: @escaping @Sendable (_ caller: AsyncCaller, _ arguments: [Val]) async throws -> [Val]
  ) throws(WasmtimeError) {
    try self.init(store, hosting: AsyncHostClosure(type, body))
  }

  /// Makes an async host function whose type Swift knows.
  ///
  /// ```swift
  /// let fetch = try Func(store) { (id: Int32) async throws -> Int32 in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return id * id
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `closed` where the store is closed, `busy` in a host function of a store that has no async one yet.
  public convenience init<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: AsyncHostClosure(one: body))
  }

  /// Makes an async host function whose type Swift knows, where it has no result, or several, which are a tuple.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `closed` where the store is closed, `busy` in a host function of a store that has no async one yet.
  @_disfavoredOverload
  public convenience init<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(store, hosting: AsyncHostClosure(several: body))
  }

  /// Makes an async host function whose type Swift knows, and which gets its caller.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `closed` where the store is closed, `busy` in a host function of a store that has no async one yet.
  public convenience init<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: AsyncHostClosure(calledOne: body))
  }

  /// Makes an async host function whose type Swift knows, and which gets its caller. It has no result, or
  /// several, which are a tuple.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `closed` where the store is closed, `busy` in a host function of a store that has no async one yet.
  @_disfavoredOverload
  public convenience init<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(store, hosting: AsyncHostClosure(calledSeveral: body))
  }

  private convenience init(_ store: Store, hosting closure: AsyncHostClosure) throws(WasmtimeError) {
    self.init(try Core.Func.asyncHost(closure.type, store))
    try closure.attach(to: self, store)
  }
}

extension Core.Func {
  fileprivate static func asyncHost(_ type: FuncType, _ store: Store) throws(WasmtimeError) -> Core.Func {
    let type = Writer.bytes { type.write(to: &$0) }
    var function: OpaquePointer?
    try entering(store) { trimaran_func_async_host(store.core.pointer, type, type.count, &function, $0) }
    return Core.Func(made(function))
  }
}
