/// A global of a guest or of the host. It belongs to one store.
public final class Global: Sendable {
  let core: Core.Global

  init(_ core: consuming Core.Global) {
    self.core = core
  }

  /// Makes a global.
  ///
  /// ```swift
  /// let counter = try Global(store, GlobalType(.i32, mutable: true), 0)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that it will be in.
  ///   - type: What it holds, and whether it can be set.
  ///   - value: What it holds at first. It is converted as the arguments of a call are.
  /// - Throws: `type` for a value of another type, `range` for a number that does not fit.
  public init(_ store: Store, _ type: GlobalType, _ value: any ValConvertible) throws(WasmtimeError) {
    let value = try Self.value(of: value) { type.content }.core(store)
    core = try Core.Global(store: store.core, ty: type, value: value)
  }

  /// The global's type.
  ///
  /// - Parameter store: The global's store.
  public func type(_ store: Store) throws(WasmtimeError) -> GlobalType {
    try core.type(store: store.core)
  }

  /// What the global holds now.
  ///
  /// - Parameter store: The global's store.
  public func get(_ store: Store) throws(WasmtimeError) -> Val {
    try value(store)
  }

  /// What the global holds now, as a plain number of Swift.
  ///
  /// ```swift
  /// let count = try counter.get(store, as: Int.self)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The global's store.
  ///   - type: What it is wanted as. An unsigned type takes the unsigned reading of an integer.
  /// - Throws: `type` where it holds something else, `range` where its number does not fit.
  public func get<Value: ValConvertible>(
    _ store: Store,
    as type: Value.Type
  ) throws(WasmtimeError) -> Value {
    try Value(value(store))
  }

  /// Sets the global.
  ///
  /// - Parameters:
  ///   - store: The global's store.
  ///   - value: What it is to hold. It is converted as the arguments of a call are.
  /// - Throws: `type` where it is constant and for a value of another type, `range` for a number that does not fit.
  @inlinable
  public func set(_ store: Store, _ value: some ValConvertible) throws(WasmtimeError) {
    try put(store, val(of: value, store))
  }

  @usableFromInline
  func val(of value: some ValConvertible, _ store: Store) throws(WasmtimeError) -> Val {
    try Self.value(of: value) { () throws(WasmtimeError) in try type(store).content }
  }

  private static func value(
    of value: any ValConvertible,
    _ content: () throws(WasmtimeError) -> ValType
  ) throws(WasmtimeError) -> Val {
    do {
      return try value.val
    } catch {
      guard let value = unsigned(value), try content() == .i64 else { throw error }
      return value
    }
  }

  @usableFromInline
  func put(_ store: Store, _ value: Val) throws(WasmtimeError) {
    if try setPlain(store, value) { return }
    try setConverted(store, value)
  }

  @inline(never)
  private func setConverted(_ store: Store, _ value: Val) throws(WasmtimeError) {
    let converted = try value.core(store)
    try core.set(store: store.core, value: converted)
  }
}
