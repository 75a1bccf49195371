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

/// Up to how many bytes are made room for without asking whether they are there.
private let smallRead = 1 << 16

/// Whether there may be room made for `count` bytes that are to be copied out. Otherwise the core says what is wrong.
func canMakeRoom(
  _ count: Int,
  at start: Int,
  of size: @autoclosure () throws(WasmtimeError) -> Int
) throws(WasmtimeError) -> Bool {
  if count <= smallRead { return count >= 0 }
  guard start >= 0 else { return false }
  return try count <= size() - start
}

/// As many bytes as `fill` fills, in new memory that nothing else wrote before.
func filling(
  _ count: Int,
  _ fill: (UnsafeMutableRawBufferPointer) throws(WasmtimeError) -> Void
) throws(WasmtimeError) -> Data {
  // At least one byte: some systems have no address for none.
  guard let room = malloc(max(count, 1)) else { throw .limit(reason: "there is no room for \(count) bytes") }
  do throws(WasmtimeError) {
    try fill(UnsafeMutableRawBufferPointer(start: room, count: count))
  } catch {
    free(room)
    throw error
  }
  return Data(bytesNoCopy: room, count: count, deallocator: .free)
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
