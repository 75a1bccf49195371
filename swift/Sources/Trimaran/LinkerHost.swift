// Host functions by name: the closures that `Func` takes as well.

extension Linker {
  /// Defines a host function, of any type.
  ///
  /// ```swift
  /// try linker.define("env", "log", FuncType([.i32, .i32], [])) { caller, arguments in
  ///   guard case .i32(let start) = arguments[0], case .i32(let count) = arguments[1] else { return [] }
  ///   print(try caller.memory("memory").readString(caller.store, at: Int(UInt32(bitPattern: start)), count: Int(count)))
  ///   return []
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - type: What the function takes and gives.
  ///   - body: Gets its caller and as many arguments as the type has parameters, and returns as many values as the
  ///     type has results, as for a ``Func``. What it throws comes out of the outermost call. It may run in several
  ///     stores, and on several threads.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  public func define(
    _ module: String,
    _ name: String,
    _ type: FuncType,
    _ body: @escaping @Sendable (_ caller: borrowing Caller, _ arguments: [Val]) throws -> [Val]
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(type, body))
  }

  /// Defines a host function whose type Swift knows, at the speed of the machine.
  ///
  /// ```swift
  /// try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
  /// ```
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @inlinable
  public func define<each Parameter: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }

  /// Defines a host function whose type Swift knows, where it has no result, or several, which are a tuple.
  ///
  /// ```swift
  /// try linker.define("env", "log") { (value: Int32) in print(value) }
  /// ```
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @inlinable
  @_disfavoredOverload
  public func define<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(several: body))
  }

  /// Defines a host function whose type Swift knows, and which gets its caller.
  ///
  /// ```swift
  /// try linker.define("env", "first") { (caller: borrowing Caller, at: UInt32) -> Int32 in
  ///   try caller.memory("memory").loadI32(caller.store, at: Int(at))
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @inlinable
  public func define<each Parameter: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(calledOne: body))
  }

  /// Defines a host function whose type Swift knows, and which gets its caller. It has no result, or
  /// several, which are a tuple.
  ///
  /// - Parameters:
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `link` where the name is defined already, unless shadowing is allowed.
  @inlinable
  @_disfavoredOverload
  public func define<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(calledSeveral: body))
  }
}

// Those that are called most, as `HostClosure` has them.
extension Linker {
  /// Defines a host function; see the one for any number of parameters.
  @inlinable
  public func define<Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable () throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }

  /// Defines a host function; see the one for any number of parameters.
  @inlinable
  public func define<First: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (First) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }

  /// Defines a host function; see the one for any number of parameters.
  @inlinable
  public func define<First: WasmNumber, Second: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (First, Second) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }

  /// Defines a host function; see the one for any number of parameters.
  @inlinable
  public func define<First: WasmNumber, Second: WasmNumber, Third: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (First, Second, Third) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }

  /// Defines a host function; see the one for any number of parameters.
  @inlinable
  public func define<First: WasmNumber, Second: WasmNumber, Third: WasmNumber, Fourth: WasmNumber, Result: WasmNumber>(
    _ module: String,
    _ name: String,
    _ body: @escaping @Sendable (First, Second, Third, Fourth) throws -> Result
  ) throws(WasmtimeError) {
    try define(module, name, hosting: HostClosure(one: body))
  }
}
