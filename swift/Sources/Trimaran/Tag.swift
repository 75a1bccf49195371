/// A tag of a guest or of the host: what tells exceptions apart. It belongs to one store.
public final class Tag: Sendable {
  let core: Core.Tag

  init(_ core: consuming Core.Tag) {
    self.core = core
  }

  /// Makes a tag.
  ///
  /// - Parameters:
  ///   - store: The store that it will be in.
  ///   - type: What exceptions of this tag carry.
  /// - Throws: `type` where the function of the type has results, `config` in an engine without exceptions, `unsupported` for a
  ///   type that the engine does not have.
  public init(_ store: Store, _ type: TagType) throws(WasmtimeError) {
    core = try Core.Tag(store: store.core, ty: type)
  }

  /// Whether two handles are to the same tag.
  ///
  /// - Parameters:
  ///   - store: The store of both.
  ///   - other: The other tag.
  /// - Throws: `wrongStore` where one of them belongs elsewhere.
  public func same(_ store: Store, _ other: Tag) throws(WasmtimeError) -> Bool {
    try core.same(store: store.core, other: other.core)
  }

  /// The tag's type.
  ///
  /// - Parameter store: The tag's store.
  public func type(_ store: Store) throws(WasmtimeError) -> TagType {
    try core.type(store: store.core)
  }
}
