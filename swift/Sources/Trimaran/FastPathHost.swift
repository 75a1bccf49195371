// What the fast path lends for a while: closures to guests, and the bytes of memories to closures; and what asks
// whether guests may go on.

internal import CTrimaran

extension Func {
  /// Gives a host function what it does. The store keeps it.
  func attach(_ store: Store, _ body: @escaping @Sendable (HostCall) throws -> Void) throws(WasmtimeError) {
    let context = Unmanaged.passRetained(HostFunction(store, body)).toOpaque()
    try entering(self, store) {
      trimaran_func_attach(core.pointer, store.core.pointer, callHost, releaseHost, context, $0)
    }
  }

  /// The kind of each parameter and of each result.
  func kinds(_ store: Store) throws(WasmtimeError) -> (params: [UInt8], results: [UInt8]) {
    // As many as a type may have.
    var kinds = [UInt8](repeating: 0, count: 2_000)
    var (params, results) = (0, 0)
    let fit = try entering(self, store) {
      trimaran_func_kinds(core.pointer, store.core.pointer, &kinds, kinds.count, &params, &results, $0)
    }
    guard fit else { throw .unsupported(reason: "a function of more than \(kinds.count) parameters and results") }
    return (Array(kinds[..<params]), Array(kinds[params..<params + results]))
  }
}

extension Linker {
  /// Defines a host function. The core keeps the closure.
  @usableFromInline
  func define(_ module: String, _ name: String, hosting closure: HostClosure) throws(WasmtimeError) {
    try define(module, name, closure.type, LinkedClosure(closure.attach), waits: false)
  }

  /// Defines an async host function. The core keeps the closure.
  func define(_ module: String, _ name: String, hosting closure: AsyncHostClosure) throws(WasmtimeError) {
    try define(module, name, closure.type, LinkedClosure(closure.attach), waits: true)
  }

  private func define(
    _ module: String,
    _ name: String,
    _ type: FuncType,
    _ closure: LinkedClosure,
    waits: Bool
  ) throws(WasmtimeError) {
    var (module, name) = (try checked(module), try checked(name))
    let type = Writer.bytes { type.write(to: &$0) }
    let context = Unmanaged.passRetained(closure).toOpaque()
    try entering(self) { error in
      module.withUTF8 { module in
        name.withUTF8 { name in
          trimaran_linker_define_host(
            core.pointer,
            module.baseAddress,
            module.count,
            name.baseAddress,
            name.count,
            type,
            type.count,
            bindHost,
            releaseLinked,
            context,
            waits,
            error
          )
        }
      }
    }
  }
}

/// A closure that a linker has, for every store.
private final class LinkedClosure: Sendable {
  /// Gives a function in a store the closure.
  let attach: @Sendable (Func, Store) throws(WasmtimeError) -> Void

  init(_ attach: @escaping @Sendable (Func, Store) throws(WasmtimeError) -> Void) {
    self.attach = attach
    Self.order.withLock { $0 += 1 }
  }

  /// The core's locks order who makes a closure before who finds it. ThreadSanitizer does not see them, but sees this one.
  private static let order = Locked<UInt64>(0)

  /// The closure that the core keeps.
  static func of(_ context: UnsafeMutableRawPointer) -> LinkedClosure {
    order.withLock { _ in }
    return Unmanaged.fromOpaque(context).takeUnretainedValue()
  }
}

/// By what the core finds a store of Swift's, which it must not keep.
package final class WeakStore: @unchecked Sendable {
  /// Set once, before it is shared.
  package private(set) weak var store: Store?

  package init(_ store: Store) { self.store = store }
}

/// Gives a store's function, which this takes over, a linker's closure.
private func bindHost(
  _ context: UnsafeMutableRawPointer?,
  _ function: OpaquePointer?,
  _ store: UnsafeMutableRawPointer?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  let function = Func(Core.Func(made(function)))
  guard let context, let store, let thrown else { preconditionFailure("a call without a context or room") }
  do throws(WasmtimeError) {
    // The core holds both until this has returned.
    let closure = LinkedClosure.of(context)
    guard let store = Unmanaged<WeakStore>.fromOpaque(store).takeUnretainedValue().store else {
      throw .closed(what: "store")
    }
    try closure.attach(function, store)
    return 0
  } catch {
    thrown.pointee = Thrown.keep(error)
    return 1
  }
}

/// Lets go of a closure of a linker's.
private func releaseLinked(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<LinkedClosure>.fromOpaque($0).release() }
}

/// Lets go of what a store is found by.
private func releaseWeakStore(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<WeakStore>.fromOpaque($0).release() }
}

/// Runs a host function. What it throws is kept while the guests unwind.
private func callHost(
  _ context: UnsafeMutableRawPointer?,
  _ callID: UInt64,
  _ slots: UnsafeMutablePointer<trimaran_slot>?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let slots, let thrown else { preconditionFailure("a call without a context or room") }
  do {
    let slots = UnsafeMutableRawPointer(slots).assumingMemoryBound(to: Slot.self)
    // The core holds it until the call has returned.
    try Unmanaged<HostFunction>.fromOpaque(context)._withUnsafeGuaranteedRef { try $0.call(callID, slots) }
    return 0
  } catch {
    thrown.pointee = Thrown.keep(error)
    return 1
  }
}

/// Lets go of a host function.
private func releaseHost(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<HostFunction>.fromOpaque($0).release() }
}

/// Bytes of a memory, which stay where they are for as long as this lives.
struct View: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer
  private let view: OpaquePointer?

  fileprivate init(_ view: OpaquePointer?, _ base: UnsafeMutablePointer<UInt8>?, _ size: Int) {
    self.view = view
    bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
  }

  deinit { trimaran_view_close(view) }
}

extension Memory {
  /// Opens a view of bytes; without a count up to the end.
  func view(_ store: Store, at start: Int, count: Int?) throws(WasmtimeError) -> View {
    // The C function's mark for the end is no count that a caller may give: the core says so.
    if let count, count < 0 { _ = try read(store, at: start, count: count) }
    var (view, base, size): (OpaquePointer?, UnsafeMutablePointer<UInt8>?, Int) = (nil, nil, 0)
    try entering(self, store) { error in
      trimaran_memory_view(
        core.pointer,
        store.core.pointer,
        Int64(start),
        Int64(count ?? -1),
        &view,
        &base,
        &size,
        error
      )
    }
    return View(view, base, size)
  }
}

extension SharedMemory {
  /// Opens a view of bytes; without a count up to the end.
  func view(at start: Int, count: Int?) throws(WasmtimeError) -> View {
    if let count, count < 0 { _ = try read(at: start, count: count) }
    var (view, base, size): (OpaquePointer?, UnsafeMutablePointer<UInt8>?, Int) = (nil, nil, 0)
    try entering(self) { error in
      trimaran_shared_memory_view(core.pointer, Int64(start), Int64(count ?? -1), &view, &base, &size, error)
    }
    return View(view, base, size)
  }
}

extension Store {
  /// Has guests end where the task that they run in is cancelled, if the engine can interrupt them, and the core find this store.
  func watch() throws(WasmtimeError) {
    let context = Unmanaged.passRetained(WeakStore(self)).toOpaque()
    try entering(self) { trimaran_store_set_language_store(core.pointer, releaseWeakStore, context, $0) }
    try entering(self) { trimaran_store_watch(core.pointer, checkTask, { _ in }, nil, $0) }
  }
}

/// Has a wait in a shared memory end where the task that waits is cancelled.
let watchesWaits: Void = trimaran_watch_waits(checkTask, { _ in }, nil)

/// Whether a guest on this thread may go on, or a wait.
private func checkTask(_: UnsafeMutableRawPointer?, _ thrown: UnsafeMutablePointer<UInt64>?) -> Int32 {
  guard withUnsafeCurrentTask(body: { $0?.isCancelled ?? Cancellation.isOnThread }) else { return 0 }
  thrown?.pointee = Thrown.keep(CancellationError())
  return 1
}
