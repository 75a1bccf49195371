import Trimaran

/// An instance in a linker, or the linker itself: a place where items are defined.
public struct LinkerInstance: Sendable {
  let linker: Linker
  let path: [String]

  init(_ linker: Linker, _ path: [String]) { (self.linker, self.path) = (linker, path) }

  /// The instance of that name in this one, which is made if it is not there.
  ///
  /// - Parameter name: Its name.
  /// - Throws: `link` if something else has the name, or no component can import it.
  public func instance(_ name: String) throws(WasmtimeError) -> LinkerInstance {
    let path = try self.path + [checked(name)]
    try linker.core.defineInstance(path: path)
    return LinkerInstance(linker, path)
  }

  /// Defines a module, which components instantiate themselves.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - module: The module.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing; `wrongEngine`.
  public func defineModule(_ name: String, _ module: Module) throws(WasmtimeError) {
    try linker.core.defineModule(path: path, name: checked(name), module: module.core)
  }

  /// Defines a type of resources of the host's: guests then have handles of objects of Swift. The store keeps an object for as long
  /// as a guest has its handle, and lets go of it when the guest drops that, or the store is closed. ``ResourceType/init(drop:)`` tells
  /// you of that.
  ///
  /// ```swift
  /// try host.defineResource("file", ResourceType())
  /// try host.defineFunc("open") { _, arguments in .object(File(arguments[0])) }
  /// try host.defineFunc("[method]file.read") { _, arguments in
  ///   guard case .object(let file as File) = arguments[0] else { return nil }
  ///   return .bytes(try file.read())
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - type: The type.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing; `type` for one of a guest's.
  public func defineResource(_ name: String, _ type: ResourceType) throws(WasmtimeError) {
    try linker.core.defineResource(path: path, name: checked(name), ty: type.core)
  }
}
