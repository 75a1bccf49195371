/// A reference to a value of a guest's that is not null, held by the host. It belongs to one store, and keeps its value
/// alive there. References to values of the host need none: see ``Val/externRef(_:)``.
public final class Reference: Sendable {
  let core: Core.Reference

  init(_ core: consuming Core.Reference) {
    self.core = core
  }

  /// Makes an `i31`: an integer of 31 bits that is a reference and needs no memory.
  ///
  /// - Parameters:
  ///   - store: The store that it will be in.
  ///   - value: The integer, in its signed or its unsigned reading.
  /// - Throws: `range` outside of -2^30 to 2^31 - 1.
  public init(_ store: Store, i31 value: Int32) throws(WasmtimeError) {
    core = try Core.Reference.ofI31(store: store.core, value: value)
  }

  /// The integer, in its signed reading, where the reference is to an `i31`; `nil` where it is to something else.
  ///
  /// - Parameter store: The reference's store.
  public func i31(_ store: Store) throws(WasmtimeError) -> Int32? {
    try core.i31(store: store.core)
  }

  /// The type of the value itself, which is never null.
  ///
  /// - Parameter store: The reference's store.
  public func type(_ store: Store) throws(WasmtimeError) -> RefType {
    try core.type(store: store.core)
  }

  /// Whether the value is of a type.
  ///
  /// - Parameters:
  ///   - store: The reference's store.
  ///   - type: The type.
  /// - Throws: `unsupported` for a type of a module.
  public func matches(_ store: Store, _ type: RefType) throws(WasmtimeError) -> Bool {
    try core.matches(store: store.core, ty: type)
  }

  /// The fields of a struct, the elements of an array, or what an exception carries.
  ///
  /// - Parameter store: The reference's store.
  /// - Throws: `type` for a value that has none, `limit` for more than 1,048,576 of them, which are given in ranges alone.
  public func fields(_ store: Store) throws(WasmtimeError) -> [Val] {
    try fields(store, 0, nil)
  }

  /// Some of the fields of a struct, of the elements of an array, or of what an exception carries: at most 1,048,576 at once, since
  /// a guest may make arrays of any size.
  ///
  /// - Parameters:
  ///   - store: The reference's store.
  ///   - range: Their places, counted from 0.
  /// - Throws: `type` for a value that has none, `range` where they are not there, `limit` for too many at once.
  public func fields(_ store: Store, _ range: Range<Int>) throws(WasmtimeError) -> [Val] {
    try fields(store, Int64(range.lowerBound), Int64(length(of: range)))
  }

  private func fields(_ store: Store, _ start: Int64, _ length: Int64?) throws(WasmtimeError) -> [Val] {
    try core.fields(store: store.core, start: start, length: length).map { (value) throws(WasmtimeError) in
      try Val(value, store)
    }
  }

  /// How many fields a struct has, elements an array, or values an exception.
  ///
  /// - Parameter store: The reference's store.
  /// - Throws: `type` for a value that has none.
  public func fieldCount(_ store: Store) throws(WasmtimeError) -> Int {
    try Int(clamping: core.fieldCount(store: store.core))
  }

  /// The tag of an exception; `nil` where it is something else.
  ///
  /// - Parameter store: The reference's store.
  public func tag(_ store: Store) throws(WasmtimeError) -> Tag? {
    try core.tag(store: store.core)
  }

  /// Whether two references are to the same value, in the sense of `ref.eq`.
  ///
  /// - Parameters:
  ///   - store: The store of both.
  ///   - other: The other reference.
  /// - Throws: `wrongStore` where one of them belongs elsewhere.
  public func same(_ store: Store, _ other: Reference) throws(WasmtimeError) -> Bool {
    try core.same(store: store.core, other: other.core)
  }
}

extension Reference: ValConvertible {
  /// The reference as a value, to pass it on.
  public var val: Val {
    get throws(WasmtimeError) {
      switch try core.value() {
      case .externRef: .externRef(self)
      case .exnRef: .exnRef(self)
      default: .anyRef(self)
      }
    }
  }

  /// The reference that a value holds. Fails with `type` for null, and for a value of another type.
  public convenience init(_ val: Val) throws(WasmtimeError) {
    switch val {
    case .anyRef(let value?), .exnRef(let value?): self.init(Core.Reference(value.core.kept()))
    case .externRef(let value as Reference): self.init(Core.Reference(value.core.kept()))
    default: throw val.isNot("a reference")
    }
  }
}
