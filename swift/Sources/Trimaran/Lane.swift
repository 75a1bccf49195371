// The fast lane: direct entries into the very objects that the generated code holds, without serialisation. What is
// rare or wrong goes over the generated code, so that there is one place for every rule and one sentence for every error.

internal import CTrimaran
internal import TrimaranGenerated

/// An object of the core, opened for the lane for as long as its owner lives.
struct Lane: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer?
  private let close: @convention(c) (OpaquePointer?) -> Void

  private init(_ pointer: OpaquePointer?, _ close: @escaping @convention(c) (OpaquePointer?) -> Void) {
    self.pointer = pointer
    self.close = close
  }

  init(_ core: Core.Store) {
    self.init(trimaran_store_open(core.uniffiCloneHandle()), trimaran_store_close)
  }

  init(_ core: Core.Func) {
    self.init(taking: core.uniffiCloneHandle())
  }

  /// A function by a handle that is ours from now on.
  init(taking handle: UInt64) {
    self.init(trimaran_func_open(handle), trimaran_func_close)
  }

  init(_ core: Core.Global) {
    self.init(trimaran_global_open(core.uniffiCloneHandle()), trimaran_global_close)
  }

  init(_ core: Core.Table) {
    self.init(trimaran_table_open(core.uniffiCloneHandle()), trimaran_table_close)
  }

  init(_ core: Core.Memory) {
    self.init(trimaran_memory_open(core.uniffiCloneHandle()), trimaran_memory_close)
  }

  init(_ core: Core.SharedMemory) {
    self.init(trimaran_shared_memory_open(core.uniffiCloneHandle()), trimaran_shared_memory_close)
  }

  deinit { close(pointer) }
}

/// Runs an entry, and throws what it fails with. What it enters lives until it has ended. Gives whether the entry took
/// what it was given, and did not leave it for the generated code.
@inline(__always)
@discardableResult
func entering(
  _ object: some AnyObject,
  _ store: Store? = nil,
  _ entry: (UnsafeMutablePointer<RustBuffer>) -> Int32
) throws(WasmtimeError) -> Bool {
  var error = RustBuffer()
  let status = withExtendedLifetime(object) { withExtendedLifetime(store) { entry(&error) } }
  guard status == 1 else { return status == 0 }
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
  /// The function as the generated code has it.
  var core: Core.Func {
    withExtendedLifetime(self) { Core.Func(unsafeFromHandle: trimaran_func_handle(lane.pointer)) }
  }

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
  /// gives `nil`, and has done nothing. The results are there for as long as `take` runs.
  @inline(__always)
  func callPlain<Results>(
    _ store: Store,
    _ arguments: [Val],
    take: (UnsafeMutableBufferPointer<trimaran_value>) -> Results
  ) throws(WasmtimeError) -> Results? {
    let most = 16
    var count = arguments.count
    guard count <= most else { return nil }
    var error = RustBuffer()
    var status: Int32 = 2
    let results: Results? = withUnsafeTemporaryAllocation(of: trimaran_value.self, capacity: most) { values in
      guard let first = values.baseAddress else { return nil }
      for index in arguments.indices {
        guard let value = trimaran_value(arguments[index]) else { return nil }
        values.initializeElement(at: index, to: value)
      }
      status = withExtendedLifetime(self) {
        withExtendedLifetime(store) {
          trimaran_func_call_values(lane.pointer, store.lane.pointer, first, &count, &error)
        }
      }
      return status == 0 ? take(UnsafeMutableBufferPointer(start: first, count: count)) : nil
    }
    if status == 1 { throw failure(error) }
    return results
  }

  /// The same, with all results.
  func callPlain(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> [Val]? {
    try callPlain(store, arguments) { values in
      [Val](unsafeUninitializedCapacity: values.count) { results, count in
        for value in values {
          results.initializeElement(at: count, to: .taken(value, store))
          count += 1
        }
      }
    }
  }

  /// The same, with the only result; an inner `nil` is any other number of them.
  func callPlainForOne(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> (one: Val?, count: Int)? {
    try callPlain(store, arguments) { values in
      (values.count == 1 ? .taken(values[0], store) : nil, values.count)
    }
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
