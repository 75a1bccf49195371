// The fast lane: direct entries into the very objects that the generated code holds, without serialisation. What is
// rare or wrong goes over the generated code, so that there is one place for every rule and one sentence for every error.

internal import CTrimaran
internal import TrimaranGenerated

/// An object of the core, opened for the lane for as long as its owner lives.
struct Lane: ~Copyable, @unchecked Sendable {
  fileprivate let pointer: OpaquePointer?
  private let close: @convention(c) (OpaquePointer?) -> Void

  private init(_ pointer: OpaquePointer?, _ close: @escaping @convention(c) (OpaquePointer?) -> Void) {
    self.pointer = pointer
    self.close = close
  }

  init(_ core: Core.Store) {
    self.init(trimaran_store_open(core.uniffiCloneHandle()), trimaran_store_close)
  }

  init(_ core: Core.Func) {
    self.init(trimaran_func_open(core.uniffiCloneHandle()), trimaran_func_close)
  }

  init(_ core: Core.Memory) {
    self.init(trimaran_memory_open(core.uniffiCloneHandle()), trimaran_memory_close)
  }

  init(_ core: Core.SharedMemory) {
    self.init(trimaran_shared_memory_open(core.uniffiCloneHandle()), trimaran_shared_memory_close)
  }

  deinit { close(pointer) }
}

/// Runs an entry, and throws what it fails with. What it enters lives until it has ended.
@inline(__always)
private func entering(
  _ object: some AnyObject,
  _ store: Store? = nil,
  _ entry: (UnsafeMutablePointer<RustBuffer>) -> Int32
) throws(WasmtimeError) {
  var error = RustBuffer()
  let status = withExtendedLifetime(object) { withExtendedLifetime(store) { entry(&error) } }
  guard status != 0 else { return }
  throw failure(error)
}

/// What an entry failed with. The generated code reads it, as it reads its own errors.
private func failure(_ error: RustBuffer) -> WasmtimeError {
  do throws(WasmtimeError) {
    return try calling { WasmtimeError(try FfiConverterTypeWasmtimeError_lift(error)) }
  } catch {
    return error
  }
}

extension Func {
  /// Calls the function on slots, in place.
  @usableFromInline
  func call(_ store: Store, _ slots: UnsafeMutableBufferPointer<Slot>) throws(WasmtimeError) {
    try entering(self, store) { error in
      trimaran_func_call(lane.pointer, store.lane.pointer, raw(slots), slots.count, error)
    }
  }

  /// Calls the function once for each row, in place.
  @usableFromInline
  func call(_ store: Store, _ rows: Rows) throws(RowError) {
    var failed = 0
    do throws(WasmtimeError) {
      try entering(self, store) { error in
        trimaran_func_call_rows(
          lane.pointer,
          store.lane.pointer,
          raw(rows.slots),
          rows.count,
          rows.width,
          &failed,
          error
        )
      }
    } catch {
      throw RowError(row: failed, error: error)
    }
  }

  /// Calls the function where its arguments are simply what it takes, and it gives nothing but numbers; otherwise
  /// gives `nil`, and has done nothing.
  func callPlain(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> [Val]? {
    let most = 16
    guard arguments.count <= most else { return nil }
    var failed: WasmtimeError?
    let results: [Val]? = withUnsafeTemporaryAllocation(of: trimaran_value.self, capacity: most) { values in
      guard let first = values.baseAddress else { return nil }
      for (index, argument) in arguments.enumerated() {
        guard let value = trimaran_value(argument) else { return nil }
        values.initializeElement(at: index, to: value)
      }
      var count = arguments.count
      var error = RustBuffer()
      let status = withExtendedLifetime(self) {
        withExtendedLifetime(store) {
          trimaran_func_call_values(lane.pointer, store.lane.pointer, first, &count, &error)
        }
      }
      if status == 1 { failed = failure(error) }
      return status == 0 ? values[..<count].map(Val.init) : nil
    }
    if let failed { throw failed }
    return results
  }
}

extension Memory {
  /// The size, in pages.
  func pages(_ store: Store) throws(WasmtimeError) -> Int {
    var size: UInt64 = 0
    try entering(self, store) { trimaran_memory_size(lane.pointer, store.lane.pointer, &size, $0) }
    return Int(clamping: size)
  }

  /// The size, in bytes.
  func bytes(_ store: Store) throws(WasmtimeError) -> Int {
    var size: UInt64 = 0
    try entering(self, store) { trimaran_memory_data_len(lane.pointer, store.lane.pointer, &size, $0) }
    return Int(clamping: size)
  }

  /// Fills `buffer` with what begins at `start`.
  func copyOut(
    _ store: Store,
    at start: Int,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(WasmtimeError) {
    try entering(self, store) { error in
      trimaran_memory_read(
        lane.pointer,
        store.lane.pointer,
        Int64(start),
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
        buffer.count,
        error
      )
    }
  }

  /// Writes what is in `buffer` to `start`.
  @usableFromInline
  func copyIn(_ store: Store, _ buffer: UnsafeRawBufferPointer, at start: Int) throws(WasmtimeError) {
    try entering(self, store) { error in
      trimaran_memory_write(
        lane.pointer,
        store.lane.pointer,
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
        buffer.count,
        Int64(start),
        error
      )
    }
  }
}

extension SharedMemory {
  /// Fills `buffer` with what begins at `start`.
  func copyOut(at start: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WasmtimeError) {
    try entering(self) { error in
      trimaran_shared_memory_read(
        lane.pointer,
        Int64(start),
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
        buffer.count,
        error
      )
    }
  }

  /// Writes what is in `buffer` to `start`.
  @usableFromInline
  func copyIn(_ buffer: UnsafeRawBufferPointer, at start: Int) throws(WasmtimeError) {
    try entering(self) { error in
      trimaran_shared_memory_write(
        lane.pointer,
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
        buffer.count,
        Int64(start),
        error
      )
    }
  }
}

/// Slots as C has them: the same two numbers.
private func raw(_ slots: UnsafeMutableBufferPointer<Slot>) -> UnsafeMutablePointer<trimaran_slot>? {
  UnsafeMutableRawPointer(slots.baseAddress)?.assumingMemoryBound(to: trimaran_slot.self)
}

extension trimaran_value {
  /// A value as the lane takes it; `nil` for a reference.
  fileprivate init?(_ value: Val) {
    switch value {
    case .i32(let value): self.init(kind: 0, UInt64(UInt32(bitPattern: value)))
    case .i64(let value): self.init(kind: 1, UInt64(bitPattern: value))
    case .f32(let value): self.init(kind: 2, UInt64(value.bitPattern))
    case .f64(let value): self.init(kind: 3, value.bitPattern)
    case .v128(let low, let high): self.init(kind: 4, low, high)
    default: return nil
    }
  }

  private init(kind: UInt8, _ low: UInt64, _ high: UInt64 = 0) {
    self.init(slot: trimaran_slot(low: low, high: high), kind: kind)
  }
}

extension Val {
  /// A number that came out of the lane.
  fileprivate init(_ value: trimaran_value) {
    let low = value.slot.low
    self =
      switch value.kind {
      case 0: .i32(Int32(truncatingIfNeeded: low))
      case 1: .i64(Int64(bitPattern: low))
      case 2: .f32(Float(bitPattern: UInt32(truncatingIfNeeded: low)))
      case 3: .f64(Double(bitPattern: low))
      default: .v128(low: low, high: value.slot.high)
      }
  }
}
