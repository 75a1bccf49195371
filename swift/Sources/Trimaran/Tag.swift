/// A tag of a guest. It belongs to one store.
public final class Tag: Sendable {
  let core: Core.Tag

  init(_ core: Core.Tag) {
    self.core = core
  }

  /// The tag's type.
  ///
  /// - Parameter store: The tag's store.
  public func type(_ store: Store) throws(WasmtimeError) -> TagType {
    try calling { try TagType(core.type(store: store.core)) }
  }
}
