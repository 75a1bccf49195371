// What the generated calls are written with: bytes that the core leaves, records and enums as UniFFI serialises them, and the
// errors that come of a call.

internal import CTrimaran

/// What the generator makes of the core's exports lies in here: a struct for each object, which lets go of it at its end, and
/// the records and enums that cross.
package enum Core {}

/// Keeps a value alive up to here: what a call has only the address of.
@inline(__always)
func keep<Value: ~Copyable>(_ value: borrowing Value) {
  withExtendedLifetime(value) {}
}

/// An object that a call has left.
@inline(__always)
func made(_ pointer: OpaquePointer?) -> OpaquePointer {
  guard let pointer else { preconditionFailure("the core left no object") }
  return pointer
}

/// A call has failed that cannot.
func failed(_ error: trimaran_bytes) -> Never {
  preconditionFailure("\(WasmtimeError(taking: error))")
}

/// The core has a variant that this package does not know: the library is another one than it was built with.
func unknown(_ name: StaticString, _ variant: Int32) -> Never {
  preconditionFailure("\(name) has no variant \(variant)")
}

extension WasmtimeError {
  /// The error that a call has left.
  @inline(never)
  init(taking error: trimaran_bytes) {
    do throws(WasmtimeError) {
      self = try error.read { WasmtimeError(reading: &$0) }
    } catch {
      self = error
    }
  }
}

extension trimaran_bytes {
  private var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: data, count: length) }

  /// The bytes as text, and frees them. Fails with `limit` where there is no room for it.
  func text() throws(WasmtimeError) -> String {
    defer { trimaran_bytes_free(self) }
    try checkRoom(length)
    return String(decoding: buffer, as: UTF8.self)
  }

  /// The bytes, and frees them. Fails with `limit` where there is no room for them.
  func array() throws(WasmtimeError) -> [UInt8] {
    defer { trimaran_bytes_free(self) }
    try checkRoom(length)
    return Array(buffer)
  }

  /// The value that is in the bytes, and frees them. Fails with `limit` where there is no room for a part of it.
  func read<Value>(_ body: (inout Reader) -> Value) throws(WasmtimeError) -> Value {
    defer { trimaran_bytes_free(self) }
    var reader = Reader(buffer)
    let value = body(&reader)
    if let missing = reader.missing { throw noRoom(missing) }
    return value
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes as C has them. It is not called `bytes`, which is the standard library's in Swift 6.2.
  @inline(__always)
  var start: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

/// Reads what the core has serialised, value by value.
struct Reader {
  private let all: UnsafeRawBufferPointer
  private var place = 0
  /// For how many bytes there was no room. The value lacks them.
  private(set) var missing: Int?

  init(_ bytes: UnsafeBufferPointer<UInt8>) { all = UnsafeRawBufferPointer(bytes) }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number {
    defer { place += MemoryLayout<Number>.size }
    return Number(bigEndian: all.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  mutating func bool() -> Bool { number(UInt8.self) != 0 }

  mutating func text() -> String {
    let bytes = next()
    return isRoom(bytes.count) ? String(decoding: bytes, as: UTF8.self) : ""
  }

  mutating func bytes() -> [UInt8] {
    let bytes = next()
    return isRoom(bytes.count) ? Array(bytes) : []
  }

  mutating func pointer() -> OpaquePointer { made(OpaquePointer(bitPattern: UInt(number(UInt64.self)))) }

  mutating func optional<Value>(_ read: (inout Reader) -> Value) -> Value? { bool() ? read(&self) : nil }

  mutating func list<Value>(_ read: (inout Reader) -> Value) -> [Value] {
    let count = Int(number(Int32.self))
    guard isRoom(count * MemoryLayout<Value>.stride) else {
      // What is behind it has to be found.
      for _ in 0..<count { _ = read(&self) }
      return []
    }
    return [Value](unsafeUninitializedCapacity: count) { values, made in
      while made < count {
        values.initializeElement(at: made, to: read(&self))
        made += 1
      }
    }
  }

  private mutating func isRoom(_ count: Int) -> Bool {
    if canHold(count) { return true }
    missing = missing ?? count
    return false
  }

  private mutating func next() -> UnsafeRawBufferPointer {
    let start = place + MemoryLayout<Int32>.size
    place = start + Int(number(Int32.self))
    return UnsafeRawBufferPointer(rebasing: all[start..<place])
  }
}

/// Serialises values for the core, one after the other.
struct Writer {
  private var bytes: [UInt8] = []

  /// What `body` writes.
  static func bytes(_ body: (inout Writer) -> Void) -> [UInt8] {
    var writer = Writer()
    writer.bytes.reserveCapacity(128)
    body(&writer)
    return writer.bytes
  }

  mutating func number(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func bool(_ bool: Bool) { bytes.append(bool ? 1 : 0) }

  mutating func text(_ text: String) {
    number(Int32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func bytes(_ value: [UInt8]) {
    number(Int32(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func pointer(_ pointer: OpaquePointer) { number(UInt64(UInt(bitPattern: pointer))) }

  mutating func optional<Value>(_ value: Value?, _ write: (inout Writer, Value) -> Void) {
    bool(value != nil)
    if let value { write(&self, value) }
  }

  mutating func list<Value>(_ values: [Value], _ write: (inout Writer, Value) -> Void) {
    number(Int32(values.count))
    for value in values { write(&self, value) }
  }
}
