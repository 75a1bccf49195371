// The bytes of memories in place, without a copy. Each lends them to a closure, so that they cannot be kept. Each has a twin for
// closures that throw nothing else than errors of this package.

extension Memory {
  /// Lends bytes in place to a closure, to read them.
  ///
  /// ```swift
  /// let sum = try memory.withUnsafeBytes(store, at: 16, count: 64) { bytes in
  ///   bytes.reduce(0) { $0 + Int($1) }
  /// }
  /// ```
  ///
  /// Other threads and guests may use the store meanwhile, and may write to these bytes. The memory grows only where
  /// that does not move it; the bytes stay those that they were. Where the store is closed meanwhile, it is closed for
  /// every use, and its memory is given back when the closure has ended.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes; `nil` is up to the end.
  ///   - body: What to do with them. They must not be used after it.
  /// - Returns: What `body` returns.
  /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
  public func withUnsafeBytes<R>(
    _ store: Store,
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let view = try view(store, at: start, count: count)
    return try withExtendedLifetime(view) { try body(UnsafeRawBufferPointer(view.bytes)) }
  }

  /// The same, for a closure that throws nothing else than errors of this package.
  public func withUnsafeBytes<R>(
    _ store: Store,
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws(WasmtimeError) -> R
  ) throws(WasmtimeError) -> R {
    let view = try view(store, at: start, count: count)
    return try withExtendedLifetime(view) { () throws(WasmtimeError) in try body(UnsafeRawBufferPointer(view.bytes)) }
  }

  /// Lends bytes in place to a closure, to read and to write them; see ``withUnsafeBytes(_:at:count:_:)-1enk2``.
  ///
  /// - Parameters:
  ///   - store: The memory's store.
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes; `nil` is up to the end.
  ///   - body: What to do with them. They must not be used after it.
  /// - Returns: What `body` returns.
  /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
  public func withUnsafeMutableBytes<R>(
    _ store: Store,
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) throws -> R {
    let view = try view(store, at: start, count: count)
    return try withExtendedLifetime(view) { try body(view.bytes) }
  }

  /// The same, for a closure that throws nothing else than errors of this package.
  public func withUnsafeMutableBytes<R>(
    _ store: Store,
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeMutableRawBufferPointer) throws(WasmtimeError) -> R
  ) throws(WasmtimeError) -> R {
    let view = try view(store, at: start, count: count)
    return try withExtendedLifetime(view) { () throws(WasmtimeError) in try body(view.bytes) }
  }

  #if compiler(>=6.2)
    /// Lends bytes in place to a closure, to read them, in a way that the compiler checks; see
    /// ``withUnsafeBytes(_:at:count:_:)-1enk2``.
    ///
    /// - Parameters:
    ///   - store: The memory's store.
    ///   - start: The offset of the first byte.
    ///   - count: How many bytes; `nil` is up to the end.
    ///   - body: What to do with them.
    /// - Returns: What `body` returns.
    /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
    public func withBytes<R>(
      _ store: Store,
      at start: Int = 0,
      count: Int? = nil,
      _ body: (RawSpan) throws -> R
    ) throws -> R {
      try withUnsafeBytes(store, at: start, count: count) { try body($0.bytes) }
    }

    /// The same, for a closure that throws nothing else than errors of this package.
    public func withBytes<R>(
      _ store: Store,
      at start: Int = 0,
      count: Int? = nil,
      _ body: (RawSpan) throws(WasmtimeError) -> R
    ) throws(WasmtimeError) -> R {
      try withUnsafeBytes(store, at: start, count: count) { (bytes: UnsafeRawBufferPointer) throws(WasmtimeError) in
        try body(bytes.bytes)
      }
    }
  #endif
}

extension SharedMemory {
  /// Lends bytes in place to a closure, to read them. Other threads may write to them meanwhile: what is read by
  /// ordinary means while another thread writes it may be torn.
  ///
  /// - Parameters:
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes; `nil` is up to the end as it is now.
  ///   - body: What to do with them. They must not be used after it.
  /// - Returns: What `body` returns.
  /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
  public func withUnsafeBytes<R>(
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let view = try view(at: start, count: count)
    return try withExtendedLifetime(view) { try body(UnsafeRawBufferPointer(view.bytes)) }
  }

  /// The same, for a closure that throws nothing else than errors of this package.
  public func withUnsafeBytes<R>(
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws(WasmtimeError) -> R
  ) throws(WasmtimeError) -> R {
    let view = try view(at: start, count: count)
    return try withExtendedLifetime(view) { () throws(WasmtimeError) in try body(UnsafeRawBufferPointer(view.bytes)) }
  }

  /// Lends bytes in place to a closure, to read and to write them; see ``withUnsafeBytes(at:count:_:)-669f5``.
  ///
  /// - Parameters:
  ///   - start: The offset of the first byte.
  ///   - count: How many bytes; `nil` is up to the end as it is now.
  ///   - body: What to do with them. They must not be used after it.
  /// - Returns: What `body` returns.
  /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
  public func withUnsafeMutableBytes<R>(
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) throws -> R {
    let view = try view(at: start, count: count)
    return try withExtendedLifetime(view) { try body(view.bytes) }
  }

  /// The same, for a closure that throws nothing else than errors of this package.
  public func withUnsafeMutableBytes<R>(
    at start: Int = 0,
    count: Int? = nil,
    _ body: (UnsafeMutableRawBufferPointer) throws(WasmtimeError) -> R
  ) throws(WasmtimeError) -> R {
    let view = try view(at: start, count: count)
    return try withExtendedLifetime(view) { () throws(WasmtimeError) in try body(view.bytes) }
  }

  #if compiler(>=6.2)
    /// Lends bytes in place to a closure, to read them, in a way that the compiler checks; see
    /// ``withUnsafeBytes(at:count:_:)-669f5``.
    ///
    /// - Parameters:
    ///   - start: The offset of the first byte.
    ///   - count: How many bytes; `nil` is up to the end as it is now.
    ///   - body: What to do with them.
    /// - Returns: What `body` returns.
    /// - Throws: `bounds` past the end, `range` for a negative number, and what `body` throws.
    public func withBytes<R>(
      at start: Int = 0,
      count: Int? = nil,
      _ body: (RawSpan) throws -> R
    ) throws -> R {
      try withUnsafeBytes(at: start, count: count) { try body($0.bytes) }
    }

    /// The same, for a closure that throws nothing else than errors of this package.
    public func withBytes<R>(
      at start: Int = 0,
      count: Int? = nil,
      _ body: (RawSpan) throws(WasmtimeError) -> R
    ) throws(WasmtimeError) -> R {
      try withUnsafeBytes(at: start, count: count) { (bytes: UnsafeRawBufferPointer) throws(WasmtimeError) in
        try body(bytes.bytes)
      }
    }
  #endif
}
