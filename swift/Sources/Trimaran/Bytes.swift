import Foundation

/// The most bytes that cross to the core at once: the generated code counts them in 32 bits, with a sign.
private let mostAtOnce = 1 << 30

/// The most items of a list that cross at once: more than a module can have of anything.
private let mostItems = 1 << 24

/// Lends `bytes` to the core without copying them. Fails with `limit` for more than the crossing can carry.
func lending<R>(_ bytes: some ContiguousBytes, _ body: (Data) throws -> R) throws(WasmtimeError) -> R {
  try calling {
    try bytes.withUnsafeBytes { buffer in
      guard buffer.count <= mostAtOnce else { throw tooMany(buffer.count) }
      return try body(view(of: buffer))
    }
  }
}

/// Lends text to the core, in UTF-8.
func lending<R>(_ text: String, _ body: (Data) throws -> R) throws(WasmtimeError) -> R {
  try lending(Array(text.utf8), body)
}

/// Text that crosses to the core as such.
func checked(_ text: String) throws(WasmtimeError) -> String {
  guard text.utf8.count <= mostAtOnce else { throw tooMany(text.utf8.count) }
  return text
}

/// A list that crosses to the core item by item.
func checked<Item>(_ list: [Item]) throws(WasmtimeError) -> [Item] {
  guard list.count <= mostItems else { throw tooMany(list.count, "items", mostItems) }
  return list
}

private func tooMany(_ count: Int, _ unit: String = "bytes", _ most: Int = mostAtOnce) -> WasmtimeError {
  .limit(reason: "\(count) \(unit) at once: the most is \(most)")
}

/// The bytes of a memory, for copies of any size.
struct Bytes {
  /// How many there are.
  let size: () throws -> UInt64
  /// Copies `length` bytes out, beginning at `start`.
  let read: (_ start: Int64, _ length: Int64) throws -> Data
  /// Copies bytes in, beginning at `start`.
  let write: (_ data: Data, _ start: Int64) throws -> Void

  func read(at start: Int, count: Int) throws(WasmtimeError) -> Data {
    try calling {
      guard try crossesInPieces(start, count) else { return try read(Int64(start), Int64(count)) }
      var all = Data(capacity: count)
      while all.count < count {
        let piece = min(count - all.count, mostAtOnce)
        try all.append(read(Int64(start + all.count), Int64(piece)))
      }
      return all
    }
  }

  func write(_ bytes: some ContiguousBytes, at start: Int) throws(WasmtimeError) {
    try calling {
      try bytes.withUnsafeBytes { buffer in
        guard buffer.count > mostAtOnce else { return try write(view(of: buffer), Int64(start)) }
        guard try crossesInPieces(start, buffer.count) else {
          // It is outside, and the core says so in its own words.
          _ = try read(Int64(start), Int64(buffer.count))
          return
        }
        for offset in stride(from: 0, to: buffer.count, by: mostAtOnce) {
          let piece = buffer[offset...].prefix(mostAtOnce)
          try write(view(of: UnsafeRawBufferPointer(rebasing: piece)), Int64(start + offset))
        }
      }
    }
  }

  /// Whether a range is too long to cross at once, and lies inside: it is copied whole or not at all, and a
  /// memory never shrinks.
  private func crossesInPieces(_ start: Int, _ count: Int) throws -> Bool {
    guard count > mostAtOnce, start >= 0 else { return false }
    return try UInt64(start) + UInt64(count) <= size()
  }
}

/// The length of a range; one that no integer holds is as far outside as the longest.
func length(of range: Range<Int>) -> Int {
  let (length, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
  return overflow ? .max : length
}

/// An address of the core as a pointer.
func pointer(_ address: UInt64) throws(WasmtimeError) -> UnsafeMutableRawPointer {
  guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(clamping: address)) else {
    throw .unexpected(reason: "a memory begins at address 0")
  }
  return pointer
}

/// Bytes as the generated code wants them, for as long as one call lasts.
private func view(of buffer: UnsafeRawBufferPointer) -> Data {
  guard let base = buffer.baseAddress, !buffer.isEmpty else { return Data() }
  return Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: buffer.count, deallocator: .none)
}
