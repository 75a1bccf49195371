// What the calls of components, in a module of their own, are written with.

package import CTrimaran

extension WasmtimeError {
  /// The error that a call has left.
  @inline(never)
  package static func left(_ error: trimaran_bytes) -> WasmtimeError { WasmtimeError(taking: error) }

  /// Keeps an error while the core carries it past the guests, and gives its number.
  package static func keep(_ error: any Error) -> UInt64 { Thrown.keep(error) }

  /// Lets go of an error that nobody has taken.
  package static func forget(_ number: UInt64) { _ = Thrown.take(number) }
}

extension Core.ComponentTypes {
  /// The table that the core has serialised.
  package static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(WasmtimeError) -> Core.ComponentTypes {
    var reader = Reader(bytes)
    let types = Core.ComponentTypes(reading: &reader)
    if let missing = reader.missing { throw noRoom(missing) }
    return types
  }

  package init(nodes: [Core.ComponentTypeNode], at root: UInt32) { self.init(nodes: nodes, root: root) }
}

extension Core {
  /// A path as it crosses.
  package static func serialised(_ path: [String]) -> [UInt8] { Writer.bytes { $0.list(path) { $0.text($1) } } }
}
