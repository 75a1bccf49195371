/// A directory in memory, which ``WasiConfig/memoryPreopens`` grants in any number of stores. Their guests then see each other's
/// files, and the host reads and writes them at any time.
///
/// ```swift
/// let files = try MemoryDirectory(["input/a.txt": Array("hello".utf8), "output/": []])
/// try store.setWasi { $0.memoryPreopens = [MemoryPreopen(files, as: "/data")] }
/// ```
///
/// What guests make it hold is bounded: by the bytes of all files, by the number of files and folders, by 255 bytes for a name,
/// and by 1024 bytes for a path. A guest that would go past a limit gets the error number 19 (`dquot`), or 37 (`nametoolong`). A
/// file takes the room of its size, whatever of it was written. There are no links.
public final class MemoryDirectory: Sendable {
  let core: Core.MemoryDirectory

  init(_ core: consuming Core.MemoryDirectory) { self.core = core }

  /// Makes one with these files, by their paths. A name that ends in a slash is an empty folder.
  ///
  /// - Parameters:
  ///   - files: The files.
  ///   - maxBytes: How many bytes all files together may have: if nothing is said 67108864, which is 64 MiB, or what it begins
  ///     with if that is more.
  ///   - maxFiles: How many files and folders there may be: if nothing is said 10000, or what it begins with.
  /// - Throws: `limit` where it begins with more, and `io` for a name that cannot be: an empty one, one that begins with a slash
  ///   or leads upwards, or one below a file.
  public init(
    _ files: Files = [:],
    maxBytes: UInt64? = nil,
    maxFiles: UInt64? = nil
  ) throws(WasmtimeError) {
    let files = files.map { Core.MemoryFile(name: $0.name, bytes: $0.bytes) }
    core = try Core.MemoryDirectory(files: files, maxBytes: maxBytes, maxFiles: maxFiles)
  }

  /// The same, with the files of a dictionary.
  @_disfavoredOverload
  public convenience init(
    _ files: [String: [UInt8]],
    maxBytes: UInt64? = nil,
    maxFiles: UInt64? = nil
  ) throws(WasmtimeError) {
    try self.init(Files(files), maxBytes: maxBytes, maxFiles: maxFiles)
  }

  /// The names of the files, in their order.
  public var names: [String] {
    get throws(WasmtimeError) { try core.names() }
  }

  /// All files, in the order of their names. Fails with `limit` where the process has no room for a copy.
  public var files: Files {
    get throws(WasmtimeError) { Files(try core.files().map { (name: $0.name, bytes: $0.bytes) }) }
  }

  /// What a file holds. Fails with `io` where there is none, and with `limit` where the process has no room for a copy.
  public func read(_ name: String) throws(WasmtimeError) -> [UInt8] {
    try core.read(name: name)
  }

  /// Writes a file, and makes it and its folders where there are none. A name that ends in a slash is a folder, and has no bytes.
  /// Fails with `limit` past the directory's limits, and with `io` for a name that cannot be.
  public func write(_ name: String, _ bytes: [UInt8]) throws(WasmtimeError) {
    try inOnePiece(bytes) { (bytes) throws(WasmtimeError) in try core.write(name: name, bytes: bytes) }
  }

  /// Removes a file, or an empty folder. Fails with `io` where there is none, or the folder has something in it.
  public func remove(_ name: String) throws(WasmtimeError) {
    try core.remove(name: name)
  }
}

extension MemoryDirectory {
  /// Files by their names. A name is its bytes in UTF-8, to guests and here: "å" in one scalar and in two are two files, where a
  /// dictionary has room for one of them.
  public struct Files: Sendable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
    /// A name, and what the file holds.
    public typealias Element = (name: String, bytes: [UInt8])

    private let files: [Element]

    /// These files. Of those with one name, the last counts.
    public init(_ files: some Sequence<Element>) { self.files = Array(files) }

    /// These files, by the order of their names.
    public init(_ files: [String: [UInt8]]) {
      self.init(files.sorted { $0.key < $1.key }.map { (name: $0.key, bytes: $0.value) })
    }

    /// These files. Of those with one name, the last counts.
    public init(dictionaryLiteral elements: (String, [UInt8])...) {
      files = elements.map { (name: $0.0, bytes: $0.1) }
    }

    /// The place of the first file.
    public var startIndex: Int { files.startIndex }

    /// The place after the last file.
    public var endIndex: Int { files.endIndex }

    /// The file at a place.
    public subscript(position: Int) -> Element { files[position] }

    /// What the file of that name holds; `nil` where there is none.
    public subscript(name: String) -> [UInt8]? { files.last { Name($0.name) == Name(name) }?.bytes }
  }
}

/// A directory in memory that a guest gets.
public struct MemoryPreopen: Sendable {
  /// The directory.
  public var directory: MemoryDirectory
  /// Where it is for the guest.
  public var guestPath: String
  /// Whether the guest may not change anything in it.
  public var readOnly: Bool

  /// The directory, as `guestPath` for the guest.
  public init(_ directory: MemoryDirectory, as guestPath: String, readOnly: Bool = false) {
    self.directory = directory
    self.guestPath = guestPath
    self.readOnly = readOnly
  }
}
