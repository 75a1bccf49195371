internal import CTrimaran

/// A linear memory. It belongs to one store.
///
/// Its size is a whole number of pages, of 65,536 bytes unless its type says otherwise. Offsets and counts
/// are in bytes. Whatever reaches past the end fails with `bounds`, and then nothing is read or written.
///
/// A pointer of a guest is an i32 without a sign. As an `Int32` it is negative from 2 GiB on: take it as a `UInt32`, which a
/// ``TypedFunc`` gives and a closure of a host function may have, and read at `Int(pointer)`. Of an `Int32` it is
/// `Int(UInt32(bitPattern: pointer))`.
///
/// ```swift
/// let memory = try Memory(store, MemoryType(Limits(1, 10)))
/// try memory.write(store, "Hello", at: 0)
/// let bytes = try memory.read(store, 0..<5)
/// ```
public final class Memory: Sendable {
  let core: Core.Memory

  init(_ core: consuming Core.Memory) {
    self.core = core
  }

  /// Makes a memory.
  ///
  /// - Parameters:
  ///   - store: The store that it will be in.
  ///   - type: Its type, with its limits in pages.
  /// - Throws: `range` where the type is impossible, `limit` where there is no room, and `type` for a shared
  ///   type, which ``SharedMemory`` is for.
  public init(_ store: Store, _ type: MemoryType) throws(WasmtimeError) {
    core = try Core.Memory(store: store.core, ty: type)
  }

  /// The memory's type. Its limits are those that it was made with.
  ///
  /// - Parameter store: The memory's store.
  public func type(_ store: Store) throws(WasmtimeError) -> MemoryType {
    try core.type(store: store.core)
  }

  /// The size now, in pages.
  ///
  /// - Parameter store: The memory's store.
  public func size(_ store: Store) throws(WasmtimeError) -> Int {
    try Int(clamping: core.size(store: store.core))
  }

  /// The size now, in bytes.
  ///
  /// - Parameter store: The memory's store.
  public func dataLen(_ store: Store) throws(WasmtimeError) -> Int {
    try Int(clamping: core.dataLen(store: store.core))
  }

  /// The size of a page, in bytes.
  ///
  /// - Parameter store: The memory's store.
  public func pageSize(_ store: Store) throws(WasmtimeError) -> Int {
    try Int(clamping: core.pageSize(store: store.core))
  }

  /// The address of the first byte in this process. Nothing checks what is done with it; it is void once the
  /// memory grows or its store is closed.
  ///
  /// - Parameter store: The memory's store.
  public func dataPtr(_ store: Store) throws(WasmtimeError) -> UnsafeMutableRawPointer {
    try pointer(core.dataPtr(store: store.core))
  }

  /// Grows the memory.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - delta: How many pages to add, 0 or more.
  /// - Returns: The size before, in pages.
  /// - Throws: `limit` past the maximum of its type or of its store, and then nothing has changed; `range` for
  ///   a negative number.
  @discardableResult
  public func grow(_ store: Store, by delta: Int) throws(WasmtimeError) -> Int {
    try Int(clamping: core.grow(store: store.core, delta: Int64(delta)))
  }

  /// Copies bytes out.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  public func read(_ store: Store, at start: Int, count: Int) throws(WasmtimeError) -> [UInt8] {
    guard try canMakeRoom(count, at: start, of: dataLen(store)) else {
      return try core.read(store: store.core, start: Int64(start), length: Int64(count))
    }
    return try withExtendedLifetime((self, store)) { () throws(WasmtimeError) in
      try filling(count) { buffer, error in
        trimaran_memory_read_into(core.pointer, store.core.pointer, Int64(start), buffer, count, error)
      }
    }
  }

  /// Copies bytes out.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - range: The offsets of the bytes.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  public func read(_ store: Store, _ range: Range<Int>) throws(WasmtimeError) -> [UInt8] {
    try read(store, at: range.lowerBound, count: length(of: range))
  }

  /// Copies bytes out.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - range: The offsets of the bytes, such as `0...4`, `..<5` or `16...`, which ends where the memory does.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  public func read(_ store: Store, _ range: some RangeExpression<Int>) throws(WasmtimeError) -> [UInt8] {
    try read(store, offsets(range, of: dataLen(store)))
  }

  /// Copies bytes out into a buffer of the caller's, until it is full.
  ///
  /// ```swift
  /// var bytes = [UInt8](repeating: 0, count: 1024)
  /// try bytes.withUnsafeMutableBytes { try memory.read(store, at: 0, into: $0) }
  /// ```
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - buffer: Where they go. It must not be used by others meanwhile.
  /// - Throws: `bounds` past the end, and then the buffer is as before; `range` for a negative offset.
  public func read(
    _ store: Store,
    at start: Int,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(WasmtimeError) {
    try copyOut(store, at: start, into: buffer)
  }

  /// Copies bytes in.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - data: The bytes, such as `Data` or `[UInt8]`.
  ///   - start: The offset of the first byte.
  /// - Throws: `bounds` past the end, and then nothing is written; `range` for a negative offset.
  @inlinable
  public func write(_ store: Store, _ data: some Collection<UInt8>, at start: Int = 0) throws(WasmtimeError) {
    let lent = data.withContiguousStorageIfAvailable { bytes in
      Result { () throws(WasmtimeError) in try copyIn(store, UnsafeRawBufferPointer(bytes), at: start) }
    }
    if let lent { return try lent.get() }
    // What does not fit is not copied first.
    try checkRange(store, at: start, count: data.count)
    try inOnePiece(data) { (bytes) throws(WasmtimeError) in try copyIn(store, bytes, at: start) }
  }

  /// Fails where the range is not inside the memory.
  @usableFromInline
  func checkRange(_ store: Store, at start: Int, count: Int) throws(WasmtimeError) {
    // To look for nothing only looks at the range.
    _ = try find(store, bytes: UnsafeRawBufferPointer(start: nil, count: 0), at: start, count: count)
  }

  /// Copies text in, in UTF-8 and without a terminator.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - text: The text.
  ///   - start: The offset of the first byte.
  /// - Throws: `bounds` past the end, and then nothing is written; `range` for a negative offset.
  public func write(_ store: Store, _ text: some StringProtocol, at start: Int = 0) throws(WasmtimeError) {
    try write(store, text.utf8, at: start)
  }

  /// Sets bytes to one value.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - value: What each byte becomes.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, and then nothing is written; `range` for a negative number.
  public func fill(_ store: Store, _ value: UInt8, at start: Int, count: Int) throws(WasmtimeError) {
    try core.fill(store: store.core, value: value, start: Int64(start), length: Int64(count))
  }

  /// Copies bytes from one place to another. The two ranges may overlap.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - source: The offset of the first byte.
  ///   - destination: The offset that it is copied to.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, and then nothing is written; `range` for a negative number.
  public func copyWithin(
    _ store: Store,
    from source: Int,
    to destination: Int,
    count: Int
  ) throws(WasmtimeError) {
    try core.copyWithin(
      store: store.core,
      source: Int64(source),
      destination: Int64(destination),
      length: Int64(count)
    )
  }

  /// Finds bytes.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - needle: What to look for. An empty needle is found at once.
  ///   - start: Where to begin.
  ///   - count: How many bytes to look through; `nil` is up to the end.
  /// - Returns: The offset of the first that there is, in bytes from the start of the memory; `nil` where there
  ///   is none.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  @inlinable
  public func find(
    _ store: Store,
    _ needle: some Collection<UInt8>,
    at start: Int = 0,
    count: Int? = nil
  ) throws(WasmtimeError) -> Int? {
    // What is longer than the memory is not there, and not copied first. The range is looked at all the same.
    if try needle.count > dataLen(store) {
      _ = try find(store, bytes: UnsafeRawBufferPointer(start: nil, count: 0), at: start, count: count)
      return nil
    }
    return try inOnePiece(needle) { (needle) throws(WasmtimeError) in
      try find(store, bytes: needle, at: start, count: count)
    }
  }

  @usableFromInline
  func find(
    _ store: Store,
    bytes needle: UnsafeRawBufferPointer,
    at start: Int,
    count: Int?
  ) throws(WasmtimeError) -> Int? {
    try core.find(store: store.core, needle: needle, start: Int64(start), length: count.map(Int64.init)).map(Int.init)
  }

  /// Finds text, in UTF-8.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - needle: What to look for. An empty needle is found at once.
  ///   - start: Where to begin.
  ///   - count: How many bytes to look through; `nil` is up to the end.
  /// - Returns: The offset of the first that there is, in bytes from the start of the memory; `nil` where there
  ///   is none.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  public func find(
    _ store: Store,
    _ needle: some StringProtocol,
    at start: Int = 0,
    count: Int? = nil
  ) throws(WasmtimeError) -> Int? {
    try find(store, needle.utf8, at: start, count: count)
  }

  /// Reads text of a known length.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes of UTF-8 it has.
  /// - Throws: `encoding` where it is not UTF-8, `bounds` past the end, `range` for a negative number.
  public func readString(_ store: Store, at start: Int, count: Int) throws(WasmtimeError) -> String {
    guard try canMakeRoom(count, at: start, of: dataLen(store)) else {
      return try core.readString(store: store.core, start: Int64(start), length: Int64(count))
    }
    return try withExtendedLifetime((self, store)) { () throws(WasmtimeError) in
      try fillingText(count) { buffer, error in
        trimaran_memory_read_string_into(core.pointer, store.core.pointer, Int64(start), buffer, count, error)
      }
    }
  }

  /// Reads text up to a terminator, as in C with 0.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - terminator: The byte that ends it.
  /// - Throws: `encoding` where it is not UTF-8 or no terminator follows, `bounds` past the end.
  public func readTerminated(
    _ store: Store,
    at start: Int,
    by terminator: UInt8 = 0
  ) throws(WasmtimeError) -> String {
    try core.readTerminated(store: store.core, start: Int64(start), terminator: terminator)
  }

  /// Bytes as text for people: line by line, by offset, in hex and as ASCII.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  ///   - width: How many bytes a line has, 1 to 4096.
  /// - Throws: `bounds` past the end, `range` for a negative number or any other width.
  public func hexdump(
    _ store: Store,
    at start: Int = 0,
    count: Int = 256,
    width: Int = 16
  ) throws(WasmtimeError) -> String {
    try core.hexdump(
      store: store.core,
      start: Int64(start),
      length: Int64(count),
      width: Int64(width)
    )
  }
}
