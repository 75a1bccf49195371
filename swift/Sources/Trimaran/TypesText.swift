// Types as text, which the core writes.

extension ValType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension RefType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension HeapType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension Limits: CustomStringConvertible {
  /// The limits as in the text format.
  public var description: String { text }
}

extension MemoryType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension TableType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension GlobalType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension FuncType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension TagType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension ExternType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { text }
}

extension ImportType: CustomStringConvertible {
  /// The import as in the text format.
  public var description: String { text }
}

extension ExportType: CustomStringConvertible {
  /// The export as in the text format.
  public var description: String { text }
}
