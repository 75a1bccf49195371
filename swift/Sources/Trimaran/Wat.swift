/// Translates the WebAssembly text format to the binary format (core specification, section 6).
///
/// - Parameter text: A module in the text format.
/// - Returns: The module in the binary format.
/// - Throws: `syntax`, which has line and column.
public func wat2wasm(_ text: some StringProtocol) throws(WasmtimeError) -> [UInt8] {
  try wat2wasm(text.utf8)
}

/// Translates the WebAssembly text format to the binary format (core specification, section 6).
///
/// - Parameter bytes: A module in the text format, in UTF-8. One that is binary already comes back unchanged.
/// - Returns: The module in the binary format.
/// - Throws: `syntax`, which has line and column.
public func wat2wasm(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> [UInt8] {
  try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.wat2wasm(text: bytes) }
}
