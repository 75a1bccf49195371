/// Stops the guest of a store from any thread.
///
/// ```swift
/// let handle = try store.interruptHandle()
/// DispatchQueue.global().asyncAfter(deadline: .now() + 1) { handle.interrupt() }
/// ```
public final class InterruptHandle: Sendable {
  private let core: Core.InterruptHandle

  fileprivate init(_ core: consuming Core.InterruptHandle) { self.core = core }

  /// Stops the run that is under way in the store now: its call fails with `trap`, ``TrapCode/interrupt`` and
  /// ``Interruption/handle``. Where none is, it stops the next of the calls that wait for the store. Where there is none,
  /// nothing happens, now or later.
  ///
  /// A run is a call or an instantiation, with all that its host functions call in the same store. One that is just about to
  /// end may still end as it would have. The calls of a ``Store/withDeadline(_:_:)-35sb4`` are under way together
  /// until that ends: each of them that comes later fails at once.
  ///
  /// It takes effect at the guest's next loop or call, when a host function returns, some 30 ms later at most in an
  /// atomic wait, and in a sleep, a read or a write of WASI. It does not interrupt a host function.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  public func interrupt() -> Bool {
    // The core has no way to fail here.
    (try? core.interrupt()) ?? false
  }
}

extension Store {
  /// Limits how long each later run of a guest may take: from the outermost call, instantiation or program to its end; the
  /// time begins when the caller is in the store. A guest that takes longer traps with ``TrapCode/interrupt`` and
  /// ``Interruption/timeLimit``, some 20 ms later at most.
  ///
  /// It takes effect in a guest's loops and calls, in an atomic wait, and in a sleep, a read or a write of WASI. A host function is not
  /// interrupted, but what it takes counts.
  ///
  /// - Parameter timeout: How long, to the millisecond; `nil` is no limit.
  /// - Throws: `config` unless ``Config/epochInterruption`` is set, `range` for a time below 0.
  public func setTimeout(_ timeout: Duration?) throws(WasmtimeError) {
    try core.setTimeout(milliseconds: milliseconds(ofTimeout: timeout))
  }

  /// Runs `body`, in which all calls that this thread makes into the store have `timeout` together.
  ///
  /// ```swift
  /// let sum: Int = try store.withDeadline(.milliseconds(500)) {
  ///   let plugin = try linker.instantiate(store, module)
  ///   return try plugin.function(store, "add")(store, 40, 2)
  /// }
  /// ```
  ///
  /// All of it counts: waiting for the store, guests, host functions, and what lies between two calls. A guest whose time is
  /// over traps with ``Interruption/timeLimit``, and so does every later call of a guest. Other threads are not affected.
  /// Deadlines may lie in each other: the earliest counts.
  ///
  /// - Parameters:
  ///   - timeout: How long, to the millisecond; `nil` is no time: then it only makes the calls one, so that an
  ///     ``InterruptHandle`` that is used between two of them ends the later ones.
  ///   - body: Makes the calls.
  /// - Returns: What `body` gives.
  /// - Throws: `config` unless ``Config/epochInterruption`` is set, `range` for a time below 0, and what `body` throws.
  public func withDeadline<Result>(_ timeout: Duration?, _ body: () throws -> Result) throws -> Result {
    let deadline = try core.beginDeadline(milliseconds: milliseconds(ofTimeout: timeout))
    // It fails for a store that cannot interrupt, which has none.
    defer { try? core.endDeadline(deadline: deadline) }
    return try body()
  }

  /// The same, for a closure that throws nothing else than errors of this package.
  public func withDeadline<Result>(
    _ timeout: Duration?,
    _ body: () throws(WasmtimeError) -> Result
  ) throws(WasmtimeError) -> Result {
    let deadline = try core.beginDeadline(milliseconds: milliseconds(ofTimeout: timeout))
    // It fails for a store that cannot interrupt, which has none.
    defer { try? core.endDeadline(deadline: deadline) }
    return try body()
  }

  /// Something that stops the guest of this store from any thread.
  ///
  /// - Throws: `config` unless ``Config/epochInterruption`` is set.
  public func interruptHandle() throws(WasmtimeError) -> InterruptHandle {
    try InterruptHandle(core.interruptHandle())
  }
}
