internal import CTrimaran

/// Holds instances and everything that they own: memories, tables, globals, functions.
///
/// Any thread may use a store, one at a time: another thread waits for its turn. A host function may use the store
/// that called it, as deep as ``Config/maxWasmStack`` and the thread's stack have room: then the call fails with `trap` or `limit`.
/// Objects of one store do not work with another.
///
/// With ``Config/epochInterruption``, the cancellation of a task ends the guest that runs in it. A guest that is called without `await` keeps the
/// thread of its task for as long as it runs, and tasks have as many threads as the machine has cores. Endless guests in so many
/// tasks leave none to the task that would cancel them: await guests (`callAsync` of a ``Func``), which lets others have their turn, set a
/// time limit (``setTimeout(_:)``), or use ``run(_:isolation:)``.
///
/// The store keeps the closures of its host functions until it goes or is closed. A closure that captures the store
/// keeps the store as well, and neither goes before ``close()``: take the store from the ``Caller``, or capture it
/// `weak`.
///
/// Close a store to free its memory at once. Otherwise the memory goes when nothing refers to the store and its objects
/// any more.
public final class Store: Sendable {
  package let core: Core.Store
  private let kept: Locked<Kept>

  private struct Kept {
    var data: (any Sendable)?
    /// The memory that a host function was given last. Most ask for the same one at each call.
    var memory: Memory?
    var isClosed = false
  }

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - engine: The engine of everything that will be in it.
  ///   - data: What the host keeps with it; see ``data``.
  /// - Throws: `closed` where the engine is closed, `limit` where there is no room.
  public init(_ engine: Engine, data: (any Sendable)? = nil) throws(WasmtimeError) {
    core = try Core.Store(engine: engine.core)
    kept = Locked(Kept(data: data))
    try watch()
  }

  /// Any value that the host keeps with the store. Host functions find it by ``Caller/store``. The store releases it
  /// when the store is closed, or goes. A closed store keeps nothing: it stays `nil`.
  ///
  /// ```swift
  /// let store = try Store(engine, data: Session(user: "ada"))
  /// let session = store.data as? Session
  /// ```
  public var data: (any Sendable)? {
    get { kept.withLock { $0.data } }
    // Releases the old object outside the lock, because its deinit may run any code.
    set { _ = kept.withLock { kept in kept.isClosed ? newValue : swapping(&kept.data, newValue) } }
  }

  /// Gives guests `fuel` units from now on.
  ///
  /// - Parameter fuel: How many units; about one for each instruction.
  /// - Throws: `config` unless ``Config/consumeFuel`` is set.
  public func setFuel(_ fuel: UInt64) throws(WasmtimeError) {
    try core.setFuel(fuel: fuel)
  }

  /// Makes each call of a host function cost `fuel` units from now on. At first it is 0. A guest that cannot
  /// pay traps with ``TrapCode/outOfFuel``, and the store does not call the function.
  ///
  /// - Parameter fuel: How many units.
  /// - Throws: `config` unless ``Config/consumeFuel`` is set.
  public func setHostCallFuel(_ fuel: UInt64) throws(WasmtimeError) {
    try core.setHostCallFuel(fuel: fuel)
  }

  /// The fuel that is left, in units. Fails with `config` unless ``Config/consumeFuel`` is set.
  public var fuel: UInt64 {
    get throws(WasmtimeError) { try core.fuel() }
  }

  /// Lets guests run until the engine's epoch has advanced by `ticks`. Then they trap with ``TrapCode/interrupt``.
  ///
  /// - Parameter ticks: How many times, 0 or more.
  /// - Throws: `config` unless ``Config/epochInterruption`` is set, `range` for a negative number.
  public func setEpochDeadline(_ ticks: Int) throws(WasmtimeError) {
    try core.setEpochDeadline(ticks: Int64(ticks))
  }

  /// Runs `body`, and joins all calls that this thread makes into the store in it to one turn.
  ///
  /// ```swift
  /// let total = try store.withTurn {
  ///   try (0..<1_000).reduce(Int32(0)) { sum, row in try sum + add(store, row, 1) }
  /// }
  /// ```
  ///
  /// No other thread comes between the calls, and each call is a little faster, since the thread enters the store once
  /// for all of them. Another thread waits as it waits for a call, and fails with `busy` if the turn lasts for more
  /// than 30 s without a guest that runs. Turns may lie in each other. A turn that a host function begins ends with
  /// that function at the latest.
  ///
  /// - Parameter body: Makes the calls.
  /// - Returns: What `body` gives.
  /// - Throws: `busy` if the thread may not enter the store, `closed` if the store is closed, and what `body` throws.
  public func withTurn<Result>(_ body: () throws -> Result) throws -> Result {
    try core.beginTurn()
    // This thread began it, in this very place.
    defer { try? core.endTurn() }
    return try body()
  }

  /// Collects garbage now: references that nothing holds any more.
  public func gc() throws(WasmtimeError) {
    try core.gc()
  }

  /// Closes the store, after the thread that is inside has left it. When this returns, the store's memory is free, and
  /// every later use of the store or of its objects fails with `closed`. The store releases the closures of its host
  /// functions. A second `close` does nothing.
  ///
  /// In a host function that this store called, later uses fail at once, and the memory is free when the outermost call
  /// has returned. Bytes that a closure looks at (``Memory/withUnsafeBytes(_:at:count:_:)-1enk2``) stay until it has ended.
  ///
  /// The cancellation of the task, or a deadline (``withDeadline(_:_:)-35sb4``), ends the wait for another thread. The store
  /// is closed then all the same, and its memory is free when that thread has left it.
  public func close() {
    // What ends the waiting has nobody to tell here.
    try? core.release()
    _ = kept.withLock { kept in swapping(&kept, Kept(isClosed: true)) }
  }

  /// Whether the store is closed.
  public var isClosed: Bool { (try? core.isReleased()) ?? true }
}

extension Store {
  /// What the instance that made a host call exports; `nil` where it has nothing of that name.
  func callerExport(_ callID: UInt64, _ name: String) throws(WasmtimeError) -> Extern? {
    let core = core.pointer
    var (name, item, error) = (name, trimaran_item(), trimaran_bytes())
    let status = name.withUTF8 { name in
      trimaran_store_caller_export(core, callID, name.baseAddress, name.count, &item, &error)
    }
    keep(self)
    if status != 0 { throw WasmtimeError(taking: error) }
    switch item.variant {
    case 0: return nil
    case Extern.Variant.memory: return .memory(known(Core.Memory(made(OpaquePointer(item.object)))))
    default: return Extern(item)
    }
  }

  /// The object of a memory: the one of before, if it is this very memory.
  private func known(_ memory: consuming Core.Memory) -> Memory {
    if let known = kept.withLock({ $0.memory }), known.core.pointer == memory.pointer { return known }
    let made = Memory(memory)
    _ = kept.withLock { kept in swapping(&kept.memory, made) }
    return made
  }
}
