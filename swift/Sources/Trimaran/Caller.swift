/// The caller of a host function: an instance of a guest, and its store.
///
/// It is valid on the thread of the call, until the function returns. The function borrows it. To keep it, to copy it
/// or to send it elsewhere does not compile. A function that your closure passes it to borrows it as well:
///
/// ```swift
/// func text(_ caller: borrowing Caller, at start: UInt32) throws(WasmtimeError) -> String {
///   try caller.memory("memory").readTerminated(caller.store, at: Int(start))
/// }
/// ```
///
/// Code that brings it to another thread all the same gets the error `escaped` there.
public struct Caller: ~Copyable {
  /// The store of the call. A host function may use it in every way: call functions, read and grow memories. Calls in calls go
  /// as deep as ``Config/maxWasmStack`` and the thread's stack have room, and then fail with `trap` or `limit`. It stays valid
  /// after the caller.
  public let store: Store

  private let callID: UInt64

  init(_ store: Store, _ callID: UInt64) {
    self.store = store
    self.callID = callID
  }

  // Without it the optimiser (6.0) takes the caller apart as if it were copyable, and crashes.
  deinit {}

  /// The export of the calling instance with that name.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` where there is no such export, or the host itself made the call; `escaped` on another thread.
  public func export(_ name: String) throws(WasmtimeError) -> Extern {
    guard let item = try store.callerExport(callID, name) else {
      throw noCallerExport(name)
    }
    return item
  }

  /// The function that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func function(_ name: String) throws(WasmtimeError) -> Func {
    try export(name).expected(Extern.Variant.function, name, \.function)
  }

  /// The memory that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func memory(_ name: String) throws(WasmtimeError) -> Memory {
    let item = try export(name)
    // Most host functions ask for it at each call: not by a key path.
    if case .memory(let memory) = item { return memory }
    return try item.expected(Extern.Variant.memory, name, \.memory)
  }

  /// The shared memory that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func sharedMemory(_ name: String) throws(WasmtimeError) -> SharedMemory {
    try export(name).expected(Extern.Variant.sharedMemory, name, \.sharedMemory)
  }

  /// The global that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func global(_ name: String) throws(WasmtimeError) -> Global {
    try export(name).expected(Extern.Variant.global, name, \.global)
  }

  /// The table that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func table(_ name: String) throws(WasmtimeError) -> Table {
    try export(name).expected(Extern.Variant.table, name, \.table)
  }

  /// The tag that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func tag(_ name: String) throws(WasmtimeError) -> Tag {
    try export(name).expected(Extern.Variant.tag, name, \.tag)
  }
}
