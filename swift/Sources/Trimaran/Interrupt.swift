/// Stops the guest of a store from any thread.
///
/// ```swift
/// let handle = try store.interruptHandle()
/// DispatchQueue.global().asyncAfter(deadline: .now() + 1) { try? handle.interrupt() }
/// ```
public final class InterruptHandle: Sendable {
  private let core: Core.InterruptHandle

  fileprivate init(_ core: Core.InterruptHandle) { self.core = core }

  /// Stops the guest that runs in the store now: it traps with ``TrapCode/interrupt``, within some 20 ms where it loops or
  /// calls. Where none runs, nothing happens.
  public func interrupt() throws(WasmtimeError) {
    try calling(core.interrupt)
  }
}

extension Store {
  /// Limits how long a run of a guest may take from now on: from the outermost call, instantiation or program to its end. A
  /// guest that takes longer traps with ``TrapCode/interrupt``, some 20 ms later at most.
  ///
  /// It takes effect in a guest's loops and calls, in an atomic wait, and in a sleep or a read of WASI. A host function is not
  /// interrupted, but what it takes counts.
  ///
  /// - Parameter timeout: How long, to the millisecond; `nil` is for ever.
  /// - Throws: `config` unless ``Config/epochInterruption`` is set.
  public func setTimeout(_ timeout: Duration?) throws(WasmtimeError) {
    try calling { try core.setTimeout(milliseconds: timeout.map(milliseconds)) }
  }

  /// Something that stops the guest of this store from any thread.
  ///
  /// - Throws: `config` unless ``Config/epochInterruption`` is set.
  public func interruptHandle() throws(WasmtimeError) -> InterruptHandle {
    try calling { try InterruptHandle(core.interruptHandle()) }
  }
}
