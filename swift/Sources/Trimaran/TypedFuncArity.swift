// What is called most: up to four parameters and one result, and nothing at all. `callAsFunction` of any number does the same, but the
// compiler (6.0) asks at run time for the type of each element of a pack, at about 5 ns each.

extension TypedFunc {
  /// Calls the function; see the one for any number of arguments.
  @inlinable
  public func callAsFunction(_ store: Store) throws(WasmtimeError) where Signature == () -> Void {
    try call(store, 0) { _ in
    } take: { _ in
    }
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  @discardableResult
  public func callAsFunction<First: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ first: First
  ) throws(WasmtimeError) -> Result where Signature == (First) -> Result {
    try call(store, 1) { row in
      row.put(first.slot)
    } take: { row in
      Result(slot: row.take())
    }
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  @discardableResult
  public func callAsFunction<First: WasmNumber, Second: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ first: First,
    _ second: Second
  ) throws(WasmtimeError) -> Result where Signature == (First, Second) -> Result {
    try call(store, 2) { row in
      row.put(first.slot)
      row.put(second.slot)
    } take: { row in
      Result(slot: row.take())
    }
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  @discardableResult
  public func callAsFunction<First: WasmNumber, Second: WasmNumber, Third: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ first: First,
    _ second: Second,
    _ third: Third
  ) throws(WasmtimeError) -> Result where Signature == (First, Second, Third) -> Result {
    try call(store, 3) { row in
      row.put(first.slot)
      row.put(second.slot)
      row.put(third.slot)
    } take: { row in
      Result(slot: row.take())
    }
  }

  /// Calls the function; see the one for any number of arguments.
  @inlinable
  @discardableResult
  public func callAsFunction<
    First: WasmNumber,
    Second: WasmNumber,
    Third: WasmNumber,
    Fourth: WasmNumber,
    Result: WasmNumber
  >(
    _ store: Store,
    _ first: First,
    _ second: Second,
    _ third: Third,
    _ fourth: Fourth
  ) throws(WasmtimeError) -> Result where Signature == (First, Second, Third, Fourth) -> Result {
    try call(store, 4) { row in
      row.put(first.slot)
      row.put(second.slot)
      row.put(third.slot)
      row.put(fourth.slot)
    } take: { row in
      Result(slot: row.take())
    }
  }
}
