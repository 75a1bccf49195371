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
    _ files: [String: [UInt8]] = [:],
    maxBytes: UInt64? = nil,
    maxFiles: UInt64? = nil
  ) throws(WasmtimeError) {
    let files = files.sorted { $0.key < $1.key }.map { Core.MemoryFile(name: $0.key, bytes: $0.value) }
    core = try Core.MemoryDirectory(files: files, maxBytes: maxBytes, maxFiles: maxFiles)
  }

  /// The names of the files, in their order.
  public var names: [String] {
    get throws(WasmtimeError) { try core.names() }
  }

  /// All files. Fails with `limit` where the process has no room for a copy.
  public var files: [String: [UInt8]] {
    get throws(WasmtimeError) {
      var found: [String: [UInt8]] = [:]
      for file in try core.files() { found[file.name] = file.bytes }
      return found
    }
  }

  /// What a file holds. Fails with `io` where there is none, and with `limit` where the process has no room for a copy.
  public func read(_ name: String) throws(WasmtimeError) -> [UInt8] {
    try core.read(name: name)
  }

  /// Writes a file, and makes it and its folders where there are none. A name that ends in a slash is a folder, and has no bytes.
  /// Fails with `limit` past the directory's limits, and with `io` for a name that cannot be.
  public func write(_ name: String, _ bytes: [UInt8]) throws(WasmtimeError) {
    try withBytes(bytes) { (bytes) throws(WasmtimeError) in try core.write(name: name, bytes: bytes) }
  }

  /// Removes a file, or an empty folder. Fails with `io` where there is none, or the folder has something in it.
  public func remove(_ name: String) throws(WasmtimeError) {
    try core.remove(name: name)
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
