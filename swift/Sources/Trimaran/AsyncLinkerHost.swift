// Async host functions by name: the closures that `Func` takes as well.

extension Linker {
  /// Defines an async host function, of any type.
  ///
  /// ```swift
  /// try linker.define("env", "fetch", FuncType([.i32], [.i32])) { caller, arguments async throws in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return arguments
  /// }
  /// ```
  ///
  /// A guest that calls it waits for it, and takes no thread meanwhile: see ``Func``'s `callAsync`.
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - type: What the function takes and gives.
  ///   - body: Gets its caller and as many arguments as the type has parameters, and returns as many values as the
  ///     type has results, as for a ``Func``. What it throws comes out of the call that is awaited. It may run in several
  ///     stores, and on several threads.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  public func define(
    _ module: String,
    _ name: String,
    _ type: FuncType,
    _ body: @escaping @Sendable (_ caller: AsyncCaller, _ arguments: [Val]) async throws -> [Val]
  ) throws(WasmtimeError) {
    try define(module, name, hosting: AsyncHostClosure(type, body))
  }

  /// Defines an async host function whose type Swift knows.
  ///
  /// ```swift
  /// try linker.define("env", "fetch") { (id: Int32) async throws -> Int32 in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return id * id
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  public func define<each Parameter: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: AsyncHostClosure(one: body))
  }

  /// Defines an async host function whose type Swift knows, where it has no result, or several, which are a tuple.
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @_disfavoredOverload
  public func define<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try define(module, name, hosting: AsyncHostClosure(several: body))
  }

  /// Defines an async host function whose type Swift knows, and which gets its caller.
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  public func define<each Parameter: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: AsyncHostClosure(calledOne: body))
  }

  /// Defines an async host function whose type Swift knows, and which gets its caller. It has no result, or
  /// several, which are a tuple.
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the call that is awaited.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @_disfavoredOverload
  public func define<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try define(module, name, hosting: AsyncHostClosure(calledSeveral: body))
  }
}
