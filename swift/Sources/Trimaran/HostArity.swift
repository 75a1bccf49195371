// The host functions that are called most: up to four parameters and one result. Those of any number do the same, but
// the compiler (6.0) asks at run time for the type of each element of a pack, at about 5 ns each.

extension Func {
  /// Makes a function of the host; see the one for any number of parameters.
  @inlinable
  public convenience init<Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable () throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, [], [Result.valType]) { call in
      call.slots[0] = try body().slot
    }
  }

  /// Makes a function of the host; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, [First.valType], [Result.valType]) { call in
      let slots = call.slots
      slots[0] = try body(First(slot: slots[0])).slot
    }
  }

  /// Makes a function of the host; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Second: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First, Second) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, [First.valType, Second.valType], [Result.valType]) { call in
      let slots = call.slots
      slots[0] = try body(First(slot: slots[0]), Second(slot: slots[1])).slot
    }
  }

  /// Makes a function of the host; see the one for any number of parameters.
  @inlinable
  public convenience init<First: WasmNumber, Second: WasmNumber, Third: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (First, Second, Third) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, [First.valType, Second.valType, Third.valType], [Result.valType]) { call in
      let slots = call.slots
      slots[0] = try body(First(slot: slots[0]), Second(slot: slots[1]), Third(slot: slots[2])).slot
    }
  }

  /// Makes a function of the host; see the one for any number of parameters.
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
    let params = [First.valType, Second.valType, Third.valType, Fourth.valType]
    try self.init(store, params, [Result.valType]) { call in
      let slots = call.slots
      let (first, second) = (First(slot: slots[0]), Second(slot: slots[1]))
      slots[0] = try body(first, second, Third(slot: slots[2]), Fourth(slot: slots[3])).slot
    }
  }
}
