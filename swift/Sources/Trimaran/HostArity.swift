// The host functions that are called most, as `HostClosure` has them: those of up to four parameters and one result.

extension Func {
  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable () throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }

  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }

  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Second: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First, Second) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }

  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Second: WasmNumber, Third: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First, Second, Third) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }

  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<
    First: WasmNumber,
    Second: WasmNumber,
    Third: WasmNumber,
    Fourth: WasmNumber,
    Result: WasmNumber
  >(
    _ store: Store,
    _ body: @escaping @Sendable (First, Second, Third, Fourth) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }
}
