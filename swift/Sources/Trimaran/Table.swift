/// A table of a guest or of the host: a list of references. It belongs to one store.
public final class Table: Sendable {
  let core: Core.Table

  init(_ core: consuming Core.Table) {
    self.core = core
  }

  /// Makes a table.
  ///
  /// ```swift
  /// let functions = try Table(store, TableType(.funcref, Limits(8)))
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that it will be in.
  ///   - type: What its elements are, and how many.
  ///   - value: What each element is at first.
  /// - Throws: `range` where the type is impossible, `limit` where there is no room, and `type` for a value of another
  ///   type.
  public init(
    _ store: Store,
    _ type: TableType,
    _ value: any ValConvertible = Val.null
  ) throws(WasmtimeError) {
    let value = try value.val.core(store)
    core = try Core.Table(store: store.core, ty: type, init: value)
  }

  /// The table's type. Its limits are those that it was made with.
  ///
  /// - Parameter store: The table's store.
  public func type(_ store: Store) throws(WasmtimeError) -> TableType {
    try core.type(store: store.core)
  }

  /// The size now, in elements.
  ///
  /// - Parameter store: The table's store.
  public func size(_ store: Store) throws(WasmtimeError) -> Int {
    try Int(clamping: core.size(store: store.core))
  }

  /// An element.
  ///
  /// - Parameters:
  ///   - store: The table's store.
  ///   - index: The number of the element, from 0.
  /// - Throws: `range` past the end and for a negative number.
  public func get(_ store: Store, at index: Int) throws(WasmtimeError) -> Val {
    try element(store, at: index)
  }

  /// Sets an element.
  ///
  /// - Parameters:
  ///   - store: The table's store.
  ///   - value: What the element is to be.
  ///   - index: The number of the element, from 0.
  /// - Throws: `range` past the end and for a negative number, `type` for a value of another type.
  public func set(_ store: Store, _ value: any ValConvertible, at index: Int) throws(WasmtimeError) {
    let value = try value.val
    if try setPlain(store, value, at: index) { return }
    let converted = try value.core(store)
    try core.set(store: store.core, index: Int64(index), value: converted)
  }

  /// Grows the table.
  ///
  /// - Parameters:
  ///   - store: The table's store.
  ///   - delta: How many elements to add, 0 or more.
  ///   - value: What each of them is.
  /// - Returns: The size before, in elements.
  /// - Throws: `limit` past the maximum of its type or of its store, and then nothing has changed; `range` for
  ///   a negative number, `type` for a value of another type.
  @discardableResult
  public func grow(
    _ store: Store,
    by delta: Int,
    _ value: any ValConvertible = Val.null
  ) throws(WasmtimeError) -> Int {
    let value = try value.val.core(store)
    return try Int(clamping: core.grow(store: store.core, delta: Int64(delta), init: value))
  }

  /// Sets elements to one value.
  ///
  /// - Parameters:
  ///   - store: The table's store.
  ///   - value: What each of them becomes.
  ///   - start: The number of the first element.
  ///   - count: How many.
  /// - Throws: `range` past the end, and then nothing is set, and for a negative number; `type` for a value of another
  ///   type.
  public func fill(
    _ store: Store,
    _ value: any ValConvertible,
    at start: Int,
    count: Int
  ) throws(WasmtimeError) {
    let value = try value.val.core(store)
    try core.fill(store: store.core, index: Int64(start), value: value, length: Int64(count))
  }

  /// Copies elements here. Both tables may be one, and the ranges may overlap.
  ///
  /// - Parameters:
  ///   - store: The store of both tables.
  ///   - source: Where they come from.
  ///   - place: The number of the first element there.
  ///   - start: The number of the first element here.
  ///   - count: How many.
  /// - Throws: `range` past the end of either table, and then nothing is copied, and for a negative number; `type`
  ///   where the elements are of another type.
  public func copy(
    _ store: Store,
    from source: Table,
    at place: Int,
    to start: Int,
    count: Int
  ) throws(WasmtimeError) {
    try core.copy(
      store: store.core,
      index: Int64(start),
      source: source.core,
      sourceIndex: Int64(place),
      length: Int64(count)
    )
  }
}
