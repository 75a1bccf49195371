internal import CTrimaran

/// A memory that several threads may use at once, each from a store of its own.
///
/// It belongs to an engine and to no store: none of its methods waits for one. Racing accesses see single
/// bytes as they were before or after, never torn.
public final class SharedMemory: Sendable {
  let core: Core.SharedMemory

  init(_ core: consuming Core.SharedMemory) {
    self.core = core
  }

  /// Makes a shared memory.
  ///
  /// - Parameters:
  ///   - engine: Its engine, with ``Config/wasmThreads`` or ``Config/sharedMemory``.
  ///   - type: Its type. It need not say that it is shared, but has to have a maximum.
  /// - Throws: `range` without a maximum or where the type is impossible, `config` where the engine has no
  ///   shared memories, and `limit` where there is no room.
  public init(_ engine: Engine, _ type: MemoryType) throws(WasmtimeError) {
    core = try Core.SharedMemory(engine: engine.core, ty: type)
  }

  /// The memory's type. Its limits are those that it was made with.
  public var type: MemoryType {
    get throws(WasmtimeError) { try core.type() }
  }

  /// The size now, in pages.
  public var size: Int {
    get throws(WasmtimeError) { try Int(clamping: core.size()) }
  }

  /// The size now, in bytes.
  public var dataLen: Int {
    get throws(WasmtimeError) { try Int(clamping: core.dataLen()) }
  }

  /// The address of the first byte in this process. It stays the same for as long as the memory lives. Nothing
  /// checks what is done with it.
  public var dataPtr: UnsafeMutableRawPointer {
    get throws(WasmtimeError) { try pointer(core.dataPtr()) }
  }

  /// Grows the memory for all threads.
  ///
  /// - Parameter delta: How many pages to add, 0 or more.
  /// - Returns: The size before, in pages.
  /// - Throws: `limit` past its maximum, `range` for a negative number.
  @discardableResult
  public func grow(by delta: Int) throws(WasmtimeError) -> Int {
    try Int(clamping: core.grow(delta: Int64(delta)))
  }

  /// Copies bytes out. Each byte is read atomically, the whole is not.
  ///
  /// - Parameters:
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes.
  /// - Throws: `bounds` past the end, `range` for a negative number.
  public func read(at start: Int, count: Int) throws(WasmtimeError) -> [UInt8] {
    guard try canMakeRoom(count, at: start, of: dataLen) else {
      return try core.read(start: Int64(start), length: Int64(count))
    }
    return try withExtendedLifetime(self) { () throws(WasmtimeError) in
      try filling(count) { buffer, error in
        trimaran_shared_memory_read_into(core.pointer, Int64(start), buffer, count, error)
      }
    }
  }

  /// Copies bytes out. Each byte is read atomically, the whole is not.
  ///
  /// - Parameter range: The offsets of the bytes.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  public func read(_ range: Range<Int>) throws(WasmtimeError) -> [UInt8] {
    try read(at: range.lowerBound, count: length(of: range))
  }

  /// Copies bytes out. Each byte is read atomically, the whole is not.
  ///
  /// - Parameter range: The offsets of the bytes, such as `0...4`, `..<5` or `16...`, which ends where the memory does now.
  /// - Throws: `bounds` past the end, `range` for a negative offset.
  public func read(_ range: some RangeExpression<Int>) throws(WasmtimeError) -> [UInt8] {
    try read(offsets(range, of: dataLen))
  }

  /// Copies bytes in. Each byte is written atomically, the whole is not.
  ///
  /// - Parameters:
  ///   - data: The bytes.
  ///   - start: The offset of the first byte.
  /// - Throws: `bounds` past the end, and then nothing is written; `range` for a negative offset.
  @inlinable
  public func write(_ data: some Collection<UInt8>, at start: Int = 0) throws(WasmtimeError) {
    let lent = data.withContiguousStorageIfAvailable { bytes in
      Result { () throws(WasmtimeError) in try copyIn(UnsafeRawBufferPointer(bytes), at: start) }
    }
    if let lent { return try lent.get() }
    // What does not fit is not copied first.
    try checkRange(at: start, count: data.count)
    try inOnePiece(data) { (bytes) throws(WasmtimeError) in try copyIn(bytes, at: start) }
  }

  /// Fails where the range is not inside the memory.
  @usableFromInline
  func checkRange(at start: Int, count: Int) throws(WasmtimeError) {
    let size = try dataLen
    guard start < 0 || count > size - start else { return }
    // The core says what is wrong.
    _ = try core.read(start: Int64(start), length: Int64(count))
  }

  /// This memory as a ``Memory`` of `store`. Any number of stores may have one, all over the same bytes, and
  /// instances may import it.
  ///
  /// - Parameter store: A store of the same engine.
  /// - Throws: `wrongEngine` for a store of another engine.
  public func asMemory(_ store: Store) throws(WasmtimeError) -> Memory {
    try Memory(core.asMemory(store: store.core))
  }

  /// Wakes threads that wait at `address`, as `memory.atomic.notify` does (threads proposal).
  ///
  /// - Parameters:
  ///   - address: Where they wait, in bytes, a multiple of 4.
  ///   - count: How many threads at most.
  /// - Returns: How many there were.
  /// - Throws: `range` for an address that is no multiple of 4 or outside.
  @discardableResult
  public func notify(at address: Int, count: UInt32 = .max) throws(WasmtimeError) -> Int {
    try Int(core.notify(address: Int64(address), count: count))
  }

  /// Waits while the memory holds `expected` at `address`, until it is notified or the time is up, as
  /// `memory.atomic.wait32` does (threads proposal). Where its task is cancelled, it ends with
  /// `thrown`, which has a `CancellationError`.
  ///
  /// - Parameters:
  ///   - address: Where to wait, in bytes, a multiple of 4.
  ///   - expected: The number that has to be there.
  ///   - timeout: How long to wait, to the millisecond; `nil` is no limit.
  /// - Throws: `range` for an address that is no multiple of 4 or outside, or for a time below 0; `closed` if another
  ///   thread closes the memory meanwhile.
  public func wait32(
    at address: Int,
    expected: Int32,
    timeout: Duration? = nil
  ) throws(WasmtimeError) -> WaitOutcome {
    _ = watchesWaits
    return try core.wait32(address: Int64(address), expected: expected, timeoutMs: milliseconds(ofTimeout: timeout))
  }

  /// Like ``wait32(at:expected:timeout:)``, for 64-bit numbers, as `memory.atomic.wait64` does.
  ///
  /// - Parameters:
  ///   - address: Where to wait, in bytes, a multiple of 8.
  ///   - expected: The number that has to be there.
  ///   - timeout: How long to wait, to the millisecond; `nil` is no limit.
  /// - Throws: `range` for an address that is no multiple of 8 or outside, or for a time below 0.
  public func wait64(
    at address: Int,
    expected: Int64,
    timeout: Duration? = nil
  ) throws(WasmtimeError) -> WaitOutcome {
    _ = watchesWaits
    return try core.wait64(address: Int64(address), expected: expected, timeoutMs: milliseconds(ofTimeout: timeout))
  }

  /// Closes this handle. The memory itself lives until every store that uses it is closed as well.
  /// Closing twice does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}

/// How a wait ended.
public enum WaitOutcome: Sendable, Hashable {
  /// A notification woke it.
  case ok
  /// The memory did not hold the expected value: it did not wait.
  case mismatch
  /// The time was up.
  case timedOut
}

/// A timeout in whole milliseconds. Fails with `range` for a time below 0.
func milliseconds(ofTimeout timeout: Duration?) throws(WasmtimeError) -> UInt64? {
  guard let timeout else { return nil }
  guard timeout >= .zero else { throw negative("the timeout", timeout) }
  return milliseconds(timeout)
}

/// A time in whole milliseconds; what is left of one counts as one, so that no wait ends early.
func milliseconds(_ duration: Duration) -> UInt64 {
  let (seconds, attoseconds) = duration.components
  guard seconds >= 0, attoseconds >= 0 else { return 0 }
  let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000)
  let part = UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  return overflow ? .max : whole.addingReportingOverflow(part).overflow ? .max : whole + part
}
