public import Foundation
public import Trimaran

// Bytes as `Data`. What takes bytes takes `Data` without this: it is a collection of them.

extension Memory {
  /// Copies bytes out, as `Data`.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  @_disfavoredOverload
  public func read(_ store: Store, at start: Int, count: Int) throws(WasmtimeError) -> Data {
    guard try canMakeRoom(count, at: start, of: dataLen(store)) else {
      return try copied(read(store, at: start, count: count))
    }
    return try filling(count) { (buffer) throws(WasmtimeError) in try read(store, at: start, into: buffer) }
  }

  /// Copies bytes out, as `Data`.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - range: The offsets of the bytes.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  @_disfavoredOverload
  public func read(_ store: Store, _ range: some RangeExpression<Int>) throws(WasmtimeError) -> Data {
    let range = try offsets(range, of: dataLen(store))
    return try read(store, at: range.lowerBound, count: length(of: range))
  }
}

extension SharedMemory {
  /// Copies bytes out, as `Data`. Each byte is read atomically, the whole is not.
  ///
  /// - Parameters:
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  @_disfavoredOverload
  public func read(at start: Int, count: Int) throws(WasmtimeError) -> Data {
    try copied(read(at: start, count: count))
  }

  /// Copies bytes out, as `Data`. Each byte is read atomically, the whole is not.
  ///
  /// - Parameter range: The offsets of the bytes.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  @_disfavoredOverload
  public func read(_ range: some RangeExpression<Int>) throws(WasmtimeError) -> Data {
    try copied(read(offsets(range, of: dataLen)))
  }
}

extension Module {
  /// Compiles a module from a file in the binary or the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - url: Where the file is.
  /// - Throws: As for bytes, and `io` where the file cannot be read, or the URL is of no file.
  public convenience init(_ engine: Engine, fromFile url: URL) throws(WasmtimeError) {
    try self.init(engine, fromFile: path(of: url))
  }

  /// Makes a module from a file that holds what `serialize` gave.
  ///
  /// - Parameters:
  ///   - engine: An engine of the same configuration as the one that compiled it.
  ///   - url: Where the file is.
  /// - Throws: As for bytes, and `io` where the file cannot be read, or the URL is of no file.
  public convenience init(_ engine: Engine, deserializeFile url: URL) throws(WasmtimeError) {
    try self.init(engine, deserializeFile: path(of: url))
  }

  /// The compiled module as `Data`, to keep it and to load it without compiling.
  ///
  /// - Returns: The artifact.
  /// - Throws: `closed` where the module is closed, and `unsupported` for one that was made for snapshots.
  @_disfavoredOverload
  public func serialize() throws(WasmtimeError) -> Data { try copied(serialize()) }

  /// The compiled module with the configuration of its engine, as `Data`: all that another process needs.
  ///
  /// - Returns: What ``Trimaran/Module/init(unpack:)`` makes the module of.
  /// - Throws: `closed` where the module is closed.
  @_disfavoredOverload
  public func pack() throws(WasmtimeError) -> Data { try copied(pack()) }
}

extension Engine {
  /// Compiles a module to an artifact, as `Data`.
  ///
  /// - Parameter bytes: The module in the binary format, or in the text format in UTF-8.
  /// - Throws: `compile` where it is no module, is truncated or does not validate, and `syntax` where text has a mistake.
  @_disfavoredOverload
  public func precompile(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> Data {
    try copied(precompile(bytes))
  }

  /// Compiles a module from the text format to an artifact, as `Data`.
  ///
  /// - Parameter text: The module in the text format.
  /// - Throws: `syntax` where it has a mistake, and `compile` where it is no module or does not validate.
  @_disfavoredOverload
  public func precompile(_ text: some StringProtocol) throws(WasmtimeError) -> Data { try copied(precompile(text)) }
}

/// Translates the WebAssembly text format to the binary format, as `Data`.
///
/// - Parameter text: A module in the text format.
/// - Throws: `syntax`, which has line and column.
@_disfavoredOverload
public func wat2wasm(_ text: some StringProtocol) throws(WasmtimeError) -> Data { try copied(Trimaran.wat2wasm(text)) }

/// Translates the WebAssembly text format to the binary format, as `Data`.
///
/// - Parameter bytes: A module in the text format, in UTF-8. One that is binary already comes back unchanged.
/// - Throws: `syntax`, which has line and column.
@_disfavoredOverload
public func wat2wasm(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> Data {
  try copied(Trimaran.wat2wasm(bytes))
}

/// As many bytes as `fill` fills, in new memory that nothing else wrote before.
private func filling(
  _ count: Int,
  _ fill: (UnsafeMutableRawBufferPointer) throws(WasmtimeError) -> Void
) throws(WasmtimeError) -> Data {
  guard let room = makeRoom(count) else { throw noRoom(count) }
  do throws(WasmtimeError) {
    try fill(UnsafeMutableRawBufferPointer(start: room, count: count))
  } catch {
    freeRoom(room)
    throw error
  }
  return Data(bytesNoCopy: room, count: count, deallocator: .free)
}

/// Bytes as `Data`. Fails with `limit` where there is no room for a copy.
func copied(_ bytes: [UInt8]) throws(WasmtimeError) -> Data {
  try filling(bytes.count) { $0.copyBytes(from: bytes) }
}

/// Where the file of a URL is. Fails with `io` where it is of none.
private func path(of url: URL) throws(WasmtimeError) -> String {
  guard url.isFileURL else { throw .io(path: url.absoluteString, reason: "expected the URL of a file") }
  return url.path(percentEncoded: false)
}
