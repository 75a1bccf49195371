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
      return Data(try read(store, at: start, count: count) as [UInt8])
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
  public func read(_ store: Store, _ range: Range<Int>) throws(WasmtimeError) -> Data {
    try read(store, at: range.lowerBound, count: length(of: range))
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
    Data(try read(at: start, count: count) as [UInt8])
  }

  /// Copies bytes out, as `Data`. Each byte is read atomically, the whole is not.
  ///
  /// - Parameter range: The offsets of the bytes.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  @_disfavoredOverload
  public func read(_ range: Range<Int>) throws(WasmtimeError) -> Data {
    Data(try read(range) as [UInt8])
  }
}

extension Module {
  /// The compiled module as `Data`, to keep it and to load it without compiling.
  ///
  /// - Returns: The artifact.
  /// - Throws: `closed` where the module is closed.
  @_disfavoredOverload
  public func serialize() throws(WasmtimeError) -> Data { Data(try serialize() as [UInt8]) }

  /// The compiled module with the configuration of its engine, as `Data`: all that another process needs.
  ///
  /// - Returns: What ``Trimaran/Module/init(unpack:)`` makes the module of.
  /// - Throws: `closed` where the module is closed.
  @_disfavoredOverload
  public func pack() throws(WasmtimeError) -> Data { Data(try pack() as [UInt8]) }
}

extension Engine {
  /// Compiles a module to an artifact, as `Data`.
  ///
  /// - Parameter bytes: The module in the binary format, or in the text format in UTF-8.
  /// - Throws: `compile` where it is no module, is truncated or does not validate, and `syntax` where text has a mistake.
  @_disfavoredOverload
  public func precompile(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> Data {
    Data(try precompile(bytes) as [UInt8])
  }

  /// Compiles a module from the text format to an artifact, as `Data`.
  ///
  /// - Parameter text: The module in the text format.
  /// - Throws: `syntax` where it has a mistake, and `compile` where it is no module or does not validate.
  @_disfavoredOverload
  public func precompile(_ text: String) throws(WasmtimeError) -> Data { Data(try precompile(text) as [UInt8]) }
}

/// Translates the WebAssembly text format to the binary format, as `Data`.
///
/// - Parameter text: A module in the text format.
/// - Throws: `syntax`, which has line and column.
@_disfavoredOverload
public func wat2wasm(_ text: String) throws(WasmtimeError) -> Data { Data(try Trimaran.wat2wasm(text) as [UInt8]) }

/// Translates the WebAssembly text format to the binary format, as `Data`.
///
/// - Parameter bytes: A module in the text format, in UTF-8. One that is binary already comes back unchanged.
/// - Throws: `syntax`, which has line and column.
@_disfavoredOverload
public func wat2wasm(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> Data {
  Data(try Trimaran.wat2wasm(bytes) as [UInt8])
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
