/// The caller of an async host function: an instance of a guest that waits, and its store.
///
/// It is valid until the function returns, on any thread and in every task that the function begins:
///
/// ```swift
/// let body = { @Sendable (caller: AsyncCaller, start: UInt32, count: UInt32) async throws -> Int32 in
///   let memory = try caller.memory("memory")
///   let text = try memory.readString(caller.store, at: Int(start), count: Int(count))
///   try await Task.sleep(for: .milliseconds(1))
///   return Int32(text.count)
/// }
/// ```
///
/// Later it fails with `escaped`.
public struct AsyncCaller: Sendable {
  /// The store of the call. While the guest waits, the function may use it in every way: read and grow memories, call functions with
  /// and without `await`. What it calls goes on top of the guest that waits. It stays valid after the caller.
  public let store: Store

  private let callID: UInt64

  init(_ store: Store, _ callID: UInt64) {
    self.store = store
    self.callID = callID
  }

  /// The same as of another host function, which may not be kept.
  private var caller: Caller { Caller(store, callID) }

  /// The export of the calling instance with that name.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` where there is no such export, or the host itself made the call; `escaped` after the function has
  ///   returned.
  public func export(_ name: String) throws(WasmtimeError) -> Extern { try caller.export(name) }

  /// The function that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func function(_ name: String) throws(WasmtimeError) -> Func { try caller.function(name) }

  /// The memory that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func memory(_ name: String) throws(WasmtimeError) -> Memory { try caller.memory(name) }

  /// The shared memory that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func sharedMemory(_ name: String) throws(WasmtimeError) -> SharedMemory { try caller.sharedMemory(name) }

  /// The global that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func global(_ name: String) throws(WasmtimeError) -> Global { try caller.global(name) }

  /// The table that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func table(_ name: String) throws(WasmtimeError) -> Table { try caller.table(name) }

  /// The tag that the calling instance exports under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: As ``export(_:)``, and `type` where it is something else.
  public func tag(_ name: String) throws(WasmtimeError) -> Tag { try caller.tag(name) }
}
