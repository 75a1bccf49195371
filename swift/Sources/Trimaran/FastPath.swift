// Calls that are special: on slots, on values as they are, and copies into room that the caller has. What is rare or wrong goes
// over the generated calls, so that there is one place for every rule and one sentence for every error.

internal import CTrimaran

/// Runs an entry, and throws what it fails with. What it enters lives until it has ended. Gives whether the entry took
/// what it was given, and did not leave it for the generated code.
@inline(__always)
@discardableResult
func entering(
  _ object: some AnyObject,
  _ store: Store? = nil,
  _ entry: (UnsafeMutablePointer<trimaran_bytes>) -> Int32
) throws(WasmtimeError) -> Bool {
  var error = trimaran_bytes()
  let status = withExtendedLifetime(object) { withExtendedLifetime(store) { entry(&error) } }
  guard status == 1 else { return status == 0 }
  throw WasmtimeError(taking: error)
}

/// Fails where columns of these lengths are not equally long.
func checkColumns(_ lengths: [Int]) throws(WasmtimeError) {
  var error = trimaran_bytes()
  let status = trimaran_check_columns(lengths, lengths.count, &error)
  if status != 0 { throw WasmtimeError(taking: error) }
}

extension Extern {
  /// The error for this as the export `name`, which was asked for as another kind.
  func wrongExport(_ name: String, wanted: Int32) -> WasmtimeError {
    var name = name
    var error = trimaran_bytes()
    _ = name.withUTF8 { trimaran_wrong_export($0.baseAddress, $0.count, item.variant, wanted, &error) }
    return WasmtimeError(taking: error)
  }
}

/// The error for a name by which a calling instance exports nothing.
func noCallerExport(_ name: String) -> WasmtimeError {
  var name = name
  var error = trimaran_bytes()
  _ = name.withUTF8 { trimaran_no_caller_export($0.baseAddress, $0.count, &error) }
  return WasmtimeError(taking: error)
}

/// The error for a number below 0.
func negative(_ what: String, _ number: some CustomStringConvertible) -> WasmtimeError {
  let (what, number) = (Array(what.utf8), Array(number.description.utf8))
  var error = trimaran_bytes()
  _ = trimaran_negative(what, what.count, number, number.count, &error)
  return WasmtimeError(taking: error)
}

extension Func {
  /// Fails with `type` where the function is of another type.
  func checkType(_ store: Store, _ wanted: FuncType) throws(WasmtimeError) {
    let bytes = Writer.bytes { wanted.write(to: &$0) }
    try entering(self, store) { trimaran_func_check_type(core.pointer, store.core.pointer, bytes, bytes.count, $0) }
  }

  /// Calls the function on slots, in place.
  @usableFromInline
  func call(_ store: Store, _ slots: UnsafeMutableBufferPointer<Slot>) throws(WasmtimeError) {
    try entering(self, store) { error in
      trimaran_func_call_slots(core.pointer, store.core.pointer, raw(slots), slots.count, error)
    }
  }

  /// Calls the function once for each row, in place.
  @usableFromInline
  func call(_ store: Store, _ rows: Rows) throws(RowError) {
    var failed = 0
    do throws(WasmtimeError) {
      try entering(self, store) { error in
        trimaran_func_call_rows(
          core.pointer,
          store.core.pointer,
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
    var error = trimaran_bytes()
    var status: Int32 = 2
    let results: Results? = withUnsafeTemporaryAllocation(of: trimaran_value.self, capacity: most) { values in
      guard let first = values.baseAddress else { return nil }
      for index in arguments.indices {
        guard let value = trimaran_value(arguments[index]) else { return nil }
        values.initializeElement(at: index, to: value)
      }
      status = withExtendedLifetime(self) {
        withExtendedLifetime(store) {
          trimaran_func_call_values(core.pointer, store.core.pointer, first, &count, &error)
        }
      }
      return status == 0 ? take(UnsafeMutableBufferPointer(start: first, count: count)) : nil
    }
    if status == 1 { throw WasmtimeError(taking: error) }
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
  /// Fills `buffer` with what begins at `start`.
  func copyOut(
    _ store: Store,
    at start: Int,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(WasmtimeError) {
    try entering(self, store) { error in
      trimaran_memory_read_into(
        core.pointer,
        store.core.pointer,
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
        core.pointer,
        store.core.pointer,
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
        buffer.count,
        Int64(start),
        error
      )
    }
  }
}

extension SharedMemory {
  /// Writes what is in `buffer` to `start`.
  @usableFromInline
  func copyIn(_ buffer: UnsafeRawBufferPointer, at start: Int) throws(WasmtimeError) {
    try entering(self) { error in
      trimaran_shared_memory_write(
        core.pointer,
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

extension Instance {
  /// Fails where the store is another one, or closed.
  func check(_ store: Store) throws(WasmtimeError) {
    try entering(self, store) { trimaran_instance_check(core.pointer, store.core.pointer, $0) }
  }
}
