// Numbers in memory. Each is in little-endian order, at any offset: it need not be aligned. Each fails with
// `bounds` past the end of the memory and with `range` for a negative offset.

extension Memory {
  /// Reads a signed 8-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadI8(_ store: Store, at offset: Int) throws(WasmtimeError) -> Int8 {
    try number(store, at: offset)
  }

  /// Writes a signed 8-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeI8(_ store: Store, _ value: Int8, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads an unsigned 8-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadU8(_ store: Store, at offset: Int) throws(WasmtimeError) -> UInt8 {
    try number(store, at: offset)
  }

  /// Writes an unsigned 8-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeU8(_ store: Store, _ value: UInt8, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads a signed 16-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadI16(_ store: Store, at offset: Int) throws(WasmtimeError) -> Int16 {
    try number(store, at: offset)
  }

  /// Writes a signed 16-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeI16(_ store: Store, _ value: Int16, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads an unsigned 16-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadU16(_ store: Store, at offset: Int) throws(WasmtimeError) -> UInt16 {
    try number(store, at: offset)
  }

  /// Writes an unsigned 16-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeU16(_ store: Store, _ value: UInt16, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads a signed 32-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadI32(_ store: Store, at offset: Int) throws(WasmtimeError) -> Int32 {
    try number(store, at: offset)
  }

  /// Writes a signed 32-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeI32(_ store: Store, _ value: Int32, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads an unsigned 32-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadU32(_ store: Store, at offset: Int) throws(WasmtimeError) -> UInt32 {
    try number(store, at: offset)
  }

  /// Writes an unsigned 32-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeU32(_ store: Store, _ value: UInt32, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads a signed 64-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadI64(_ store: Store, at offset: Int) throws(WasmtimeError) -> Int64 {
    try number(store, at: offset)
  }

  /// Writes a signed 64-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeI64(_ store: Store, _ value: Int64, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads an unsigned 64-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func loadU64(_ store: Store, at offset: Int) throws(WasmtimeError) -> UInt64 {
    try number(store, at: offset)
  }

  /// Writes an unsigned 64-bit integer at `offset`, in little-endian order. It need not be aligned.
  public func storeU64(_ store: Store, _ value: UInt64, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value, at: offset)
  }

  /// Reads a 32-bit float at `offset`, in little-endian order. It need not be aligned.
  public func loadF32(_ store: Store, at offset: Int) throws(WasmtimeError) -> Float {
    try Float(bitPattern: number(store, at: offset))
  }

  /// Writes a 32-bit float at `offset`, in little-endian order. It need not be aligned.
  public func storeF32(_ store: Store, _ value: Float, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value.bitPattern, at: offset)
  }

  /// Reads a 64-bit float at `offset`, in little-endian order. It need not be aligned.
  public func loadF64(_ store: Store, at offset: Int) throws(WasmtimeError) -> Double {
    try Double(bitPattern: number(store, at: offset))
  }

  /// Writes a 64-bit float at `offset`, in little-endian order. It need not be aligned.
  public func storeF64(_ store: Store, _ value: Double, at offset: Int) throws(WasmtimeError) {
    try setNumber(store, value.bitPattern, at: offset)
  }

  // Not `load`: that is what an extension outside of this package would call its own.
  private func number<Number: FixedWidthInteger>(_ store: Store, at offset: Int) throws(WasmtimeError) -> Number {
    var number: Number = 0
    try Swift.withUnsafeMutableBytes(of: &number) { (bytes) throws(WasmtimeError) in
      try copyOut(store, at: offset, into: bytes)
    }
    return Number(littleEndian: number)
  }

  private func setNumber(_ store: Store, _ number: some FixedWidthInteger, at offset: Int) throws(WasmtimeError) {
    try Swift.withUnsafeBytes(of: number.littleEndian) { (bytes) throws(WasmtimeError) in
      try copyIn(store, bytes, at: offset)
    }
  }
}
