internal import CTrimaran

/// The most bytes that cross to the core at once.
private let mostAtOnce = 1 << 30

/// The most items of a list that cross at once: more than a module can have of anything.
private let mostItems = 1 << 24

/// Lends `bytes` to the core, without copying them where they lie one after the other. Fails with `limit` for more than the
/// crossing can carry.
package func lending<R>(
  _ bytes: some Collection<UInt8>,
  _ body: (UnsafeRawBufferPointer) throws(WasmtimeError) -> R
) throws(WasmtimeError) -> R {
  let count = bytes.count
  guard count <= mostAtOnce else { throw tooMany(count) }
  return try inOnePiece(bytes, body)
}

/// Lends text to the core, in UTF-8.
func lending<R>(
  _ text: String,
  _ body: (UnsafeRawBufferPointer) throws(WasmtimeError) -> R
) throws(WasmtimeError) -> R {
  try lending(text.utf8, body)
}

/// Lends bytes to a closure, in one piece. Fails with `limit` where they do not lie one after the other and there is no room for a
/// copy.
@inlinable
func inOnePiece<R>(
  _ bytes: some Collection<UInt8>,
  _ body: (UnsafeRawBufferPointer) throws(WasmtimeError) -> R
) throws(WasmtimeError) -> R {
  let lent = bytes.withContiguousStorageIfAvailable { buffer in
    Result { () throws(WasmtimeError) in try body(UnsafeRawBufferPointer(buffer)) }
  }
  if let lent { return try lent.get() }
  let count = bytes.count
  guard let room = makeRoom(count) else { throw noRoom(count) }
  defer { freeRoom(room) }
  let copy = UnsafeMutableBufferPointer(start: room.bindMemory(to: UInt8.self, capacity: count), count: count)
  // It copies no more than there is room for, whatever the collection says of itself.
  let (_, end) = copy.initialize(from: bytes)
  return try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: copy[..<end])))
}

/// Text that crosses to the core as such.
package func checked(_ text: String) throws(WasmtimeError) -> String {
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
package func canMakeRoom(
  _ count: Int,
  at start: Int,
  of size: @autoclosure () throws(WasmtimeError) -> Int
) throws(WasmtimeError) -> Bool {
  if count <= smallRead { return count >= 0 }
  guard start >= 0 else { return false }
  return try count <= size() - start
}

/// As many bytes as the entry `fill` fills, in new memory that nothing else wrote before.
@inline(__always)
func filling(
  _ count: Int,
  _ fill: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<trimaran_bytes>) -> Int32
) throws(WasmtimeError) -> [UInt8] {
  try checkRoom(count)
  var (status, error): (Int32, trimaran_bytes) = (0, trimaran_bytes())
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    status = fill(buffer.baseAddress, &error)
    filled = status == 0 ? count : 0
  }
  guard status == 0 else { throw WasmtimeError(taking: error) }
  return bytes
}

/// The same, as text: `fill` fails where it is none.
@inline(__always)
func fillingText(
  _ count: Int,
  _ fill: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<trimaran_bytes>) -> Int32
) throws(WasmtimeError) -> String {
  try checkRoom(count)
  var (status, error): (Int32, trimaran_bytes) = (0, trimaran_bytes())
  let text = String(unsafeUninitializedCapacity: count) { buffer in
    status = fill(buffer.baseAddress, &error)
    return status == 0 ? count : 0
  }
  guard status == 0 else { throw WasmtimeError(taking: error) }
  return text
}

/// Fails with `limit` where there is no room for so many bytes. An array or a text that finds none ends the process.
@inline(__always)
package func checkRoom(_ count: Int) throws(WasmtimeError) {
  guard canHold(count) else { throw noRoom(count) }
}

/// Whether there is room for so many bytes. Few are not asked for.
@inline(__always)
package func canHold(_ count: Int) -> Bool {
  guard count > smallRead else { return true }
  guard let room = makeRoom(count) else { return false }
  freeRoom(room)
  return true
}

/// The error of bytes for which there is no room.
@usableFromInline
package func noRoom(_ count: Int) -> WasmtimeError { .limit(reason: "there is no room for \(count) bytes") }

/// The length of a range; one that no integer holds is as far outside as the longest.
package func length(of range: Range<Int>) -> Int {
  let (length, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
  return overflow ? .max : length
}

/// The offsets of a range of any kind, in a memory of `size` bytes. What reaches past the end still does.
package func offsets(_ range: some RangeExpression<Int>, of size: Int) -> Range<Int> {
  // What `relative(to:)` does for them ends the process where an offset is not inside.
  func after(_ last: Int) -> Int { last == .max ? last : last + 1 }
  return switch range {
  case let range as Range<Int>: range
  case let range as ClosedRange<Int>: range.lowerBound..<after(range.upperBound)
  case let range as PartialRangeUpTo<Int>: min(0, range.upperBound)..<range.upperBound
  case let range as PartialRangeThrough<Int>: min(0, after(range.upperBound))..<after(range.upperBound)
  case let range as PartialRangeFrom<Int>: range.lowerBound..<max(size, range.lowerBound)
  default: range.relative(to: 0..<size)
  }
}

/// An address of the core as a pointer.
func pointer(_ address: UInt64) throws(WasmtimeError) -> UnsafeMutableRawPointer {
  guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(clamping: address)) else {
    throw .unexpected(reason: "a memory begins at address 0")
  }
  return pointer
}
