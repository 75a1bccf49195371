/// The names of a module's name section, by their indexes, those that it imports counted first.
public struct ModuleNames: Sendable, Hashable {
  /// The module's own name.
  public var module: String?
  /// Of functions.
  public var functions: [UInt32: String] = [:]
  /// Of the locals of functions, by the function and the local: parameters are the first locals.
  public var locals: [UInt32: [UInt32: String]] = [:]
  /// Of the labels of functions, by the function and the label.
  public var labels: [UInt32: [UInt32: String]] = [:]
  /// Of types.
  public var types: [UInt32: String] = [:]
  /// Of the fields of types, by the type and the field.
  public var fields: [UInt32: [UInt32: String]] = [:]
  /// Of tables.
  public var tables: [UInt32: String] = [:]
  /// Of memories.
  public var memories: [UInt32: String] = [:]
  /// Of globals.
  public var globals: [UInt32: String] = [:]
  /// Of tags.
  public var tags: [UInt32: String] = [:]
  /// Of element segments.
  public var elements: [UInt32: String] = [:]
  /// Of data segments.
  public var data: [UInt32: String] = [:]

  /// No names but that of the module, if there is one.
  public init(module: String? = nil) { self.module = module }

  init(_ raw: Core.ModuleNames) {
    module = raw.module
    functions = byIndex(raw.functions)
    locals = within(raw.locals)
    labels = within(raw.labels)
    types = byIndex(raw.types)
    fields = within(raw.fields)
    tables = byIndex(raw.tables)
    memories = byIndex(raw.memories)
    globals = byIndex(raw.globals)
    tags = byIndex(raw.tags)
    elements = byIndex(raw.elements)
    data = byIndex(raw.data)
  }
}

private func byIndex(_ names: [Core.ItemName]) -> [UInt32: String] {
  Dictionary(names.map { ($0.index, $0.name) }, uniquingKeysWith: { _, last in last })
}

private func within(_ names: [Core.InnerName]) -> [UInt32: [UInt32: String]] {
  names.reduce(into: [:]) { $0[$1.outer, default: [:]][$1.index] = $1.name }
}

/// A tool that took part in making a module, or the language that it was written in.
public struct Producer: Sendable, Hashable {
  /// What it is: `language`, `processed-by` or `sdk`, by the tool conventions.
  public var field: String
  /// Its name, such as `clang` or `Rust`.
  public var name: String
  /// Its version; it may be empty.
  public var version: String

  /// A tool of that name and version.
  public init(field: String, name: String, version: String = "") {
    (self.field, self.name, self.version) = (field, name, version)
  }
}

/// Bytes that a module has for a memory.
public struct DataSegment: Sendable, Hashable {
  /// The index of the memory that it is written to when an instance is made; `nil` where it is passive, so that the guest
  /// itself writes it.
  public var memory: UInt32?
  /// Where in that memory, in bytes; `nil` where it is passive, or a global says it.
  public var offset: UInt64?
  /// What is written.
  public var bytes: [UInt8]

  /// Whether the guest itself writes it, when it wants to.
  public var isPassive: Bool { memory == nil }
}

extension Module {
  /// The names of a module's name section. The module, in the binary or the text format, is neither validated nor compiled. What
  /// cannot be read in a name section is left out, as engines do.
  ///
  /// - Parameter bytes: The module.
  /// - Returns: The names.
  /// - Throws: `compile` where it is no module or is truncated, `syntax` where text has a mistake, and `limit` where there are
  ///   more than 1,000,000 names.
  public static func names(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> ModuleNames {
    ModuleNames(try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.moduleNames(bytes: bytes) })
  }

  /// The names of a module's name section, of a module in the text format. Fails as of bytes.
  public static func names(_ text: some StringProtocol) throws(WasmtimeError) -> ModuleNames {
    try names(text.utf8)
  }

  /// The tools that made a module, by its producers section (WebAssembly tool conventions). The module, in the binary or the
  /// text format, is neither validated nor compiled. What cannot be read in the section is left out.
  ///
  /// - Parameter bytes: The module.
  /// - Returns: The tools, in their order.
  /// - Throws: `compile` where it is no module or is truncated, `syntax` where text has a mistake, and `limit` where there are
  ///   more than 1,000,000.
  public static func producers(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> [Producer] {
    let found = try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.moduleProducers(bytes: bytes) }
    return found.map { Producer(field: $0.field, name: $0.name, version: $0.version) }
  }

  /// The tools that made a module, of a module in the text format. Fails as of bytes.
  public static func producers(_ text: some StringProtocol) throws(WasmtimeError) -> [Producer] {
    try producers(text.utf8)
  }

  /// The data segments of a module in the binary or the text format, which is neither validated nor compiled.
  ///
  /// - Parameter bytes: The module.
  /// - Returns: The segments, in their order.
  /// - Throws: `compile` where it is no module, is truncated, or a segment cannot be read, `syntax` where text has a mistake, and
  ///   `limit` where there are more than 1,000,000, or there is no room for a copy.
  public static func dataSegments(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> [DataSegment] {
    let found = try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.moduleData(bytes: bytes) }
    return found.map { DataSegment(memory: $0.memory, offset: $0.offset, bytes: $0.bytes) }
  }

  /// The data segments of a module in the text format. Fails as of bytes.
  public static func dataSegments(_ text: some StringProtocol) throws(WasmtimeError) -> [DataSegment] {
    try dataSegments(text.utf8)
  }
}
