/// A reference to a value of a guest's that is not null, held by the host. It belongs to one store, and keeps its value
/// alive there. References to values of the host need none: see ``Val/externRef(_:)``.
public final class Reference: Sendable {
  let core: Core.Reference

  init(_ core: Core.Reference) {
    self.core = core
  }

  /// Whether two references are to the same value, in the sense of `ref.eq`.
  ///
  /// - Parameters:
  ///   - store: The store of both.
  ///   - other: The other reference.
  /// - Throws: `wrongStore` where one of them belongs elsewhere.
  public func same(_ store: Store, _ other: Reference) throws(WasmtimeError) -> Bool {
    try calling { try core.same(store: store.core, other: other.core) }
  }
}

extension Reference: ValConvertible {
  /// The reference as a value, to pass it on.
  public var val: Val {
    get throws(WasmtimeError) {
      switch try calling(core.value) {
      case .externRef: .externRef(self)
      case .exnRef: .exnRef(self)
      default: .anyRef(self)
      }
    }
  }

  /// The reference that a value holds. Fails with `type` for null, and for a value of another type.
  public convenience init(_ val: Val) throws(WasmtimeError) {
    switch val {
    case .anyRef(let value?), .exnRef(let value?): self.init(value.core)
    case .externRef(let value as Reference): self.init(value.core)
    default: throw val.isNot("a reference")
    }
  }
}
