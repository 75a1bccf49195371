// Components that go on step by step, in the task that awaits them: as guests of modules do.

internal import CTrimaran
import Trimaran

/// A component's guest that goes on step by step. It ends where it is not over when this goes.
final class ComponentRun<Outcome: Sendable>: GuestSteps, @unchecked Sendable {
  // One task steps it, one step after the other.
  private let pointer: OpaquePointer
  private let store: Store
  /// Takes what the last step has left.
  private let take: Take

  typealias Take = @Sendable (inout trimaran_component_step, Store) throws(WasmtimeError) -> Outcome

  init(_ pointer: OpaquePointer?, _ store: Store, _ take: @escaping Take) {
    guard let pointer else { preconditionFailure("the core left no run") }
    (self.pointer, self.store, self.take) = (pointer, store, take)
  }

  deinit { trimaran_component_run_free(pointer) }

  func step(
    _ answer: AsyncComponentCall.Answer?,
    _ wake: Wake?
  ) throws(WasmtimeError) -> GuestStep<AsyncComponentCall, Outcome> {
    var came = trimaran_component_step()
    switch answer {
    case nil: try step(nil, 0, wake, &came)
    case .thrown(let error): try step(throwing: error, wake, &came)
    case .result(let write):
      var hasBegun = false
      do throws(WasmtimeError) {
        try lending(write) {
          (given) throws(WasmtimeError) in
          hasBegun = true
          try step(given, 0, wake, &came)
        }
      } catch {
        if hasBegun { throw error }
        // It does not fit.
        try step(throwing: error, wake, &came)
      }
    }
    return try what(&came)
  }

  private func step(
    throwing error: any Error,
    _ wake: Wake?,
    _ came: inout trimaran_component_step
  ) throws(WasmtimeError) {
    let number = WasmtimeError.keep(error)
    // Where the guest is over already, nobody has taken it.
    defer { WasmtimeError.forget(number) }
    try step(nil, number, wake, &came)
  }

  private func step(
    _ answer: UnsafePointer<trimaran_given>?,
    _ thrown: UInt64,
    _ wake: Wake?,
    _ came: inout trimaran_component_step
  ) throws(WasmtimeError) {
    var error = trimaran_bytes()
    let status = withExtendedLifetime(self) {
      guard let wake else { return trimaran_component_run_step(pointer, answer, thrown, nil, &came, &error) }
      var waker = wake.waker()
      return trimaran_component_run_step(pointer, answer, thrown, &waker, &came, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
  }

  private func what(
    _ came: inout trimaran_component_step
  ) throws(WasmtimeError) -> GuestStep<AsyncComponentCall, Outcome> {
    defer { if came.values.owner != nil { trimaran_component_values_free(came.values.owner) } }
    switch came.came {
    case 0: return .waits
    case 1:
      guard let context = came.context, let prepared = came.prepared else {
        preconditionFailure("a host call without a context")
      }
      // The core holds both until the next step.
      let function = Unmanaged<HostFunction>.fromOpaque(context).takeUnretainedValue()
      let type = Unmanaged<HostType>.fromOpaque(prepared).takeUnretainedValue()
      guard let waiting = function.waiting else {
        throw .unexpected(reason: "a function that is not async, of a guest that waits for it")
      }
      let site = HostCallSite(store: came.store, run: came.run, call: came.call)
      return .asks(AsyncComponentCall(site: site, work: try waiting(type, &came.values, store)))
    case 2: return .turn
    case 4: return .later(sleeping(came.call))
    default: return .over(try take(&came, store))
    }
  }
}

/// A component waits for an async function of the host.
struct AsyncComponentCall: GuestCall {
  enum Answer: Sendable {
    /// What writes the result.
    case result(@Sendable (inout Wit.Writer) throws(WasmtimeError) -> Void)
    case thrown(any Error)
  }

  let site: HostCallSite
  let work: HostFunction.Work

  /// What the function gives, or throws.
  func answer(isolation: isolated (any Actor)?) async -> Answer {
    do {
      return .result(try await HostCallSite.current.withValue(site) { try await work() })
    } catch {
      return .thrown(error)
    }
  }
}

// Nothing happens before the first step of what is started.

extension Func {
  /// Starts a call with those arguments.
  func start(_ store: Store, _ arguments: [ComponentValue]) throws(WasmtimeError) -> ComponentRun<ComponentValue?> {
    let codec = codec
    return try start(store) { (writer) throws(WasmtimeError) in
      try writer.write(arguments, codec)
    } reading: { (taken, store) throws(WasmtimeError) in
      try codec.result(taken, store)
    }
  }

  /// Starts a call with what `write` writes. `read` reads its result.
  func start<Value: Sendable>(
    _ store: Store,
    _ write: (inout Wit.Writer) throws(WasmtimeError) -> Void,
    reading read: @escaping @Sendable (UnsafePointer<trimaran_taken>, Store) throws(WasmtimeError) -> Value
  ) throws(WasmtimeError) -> ComponentRun<Value> {
    var run: OpaquePointer?
    try lending(write) { (given) throws(WasmtimeError) in
      var error = trimaran_bytes()
      let status = withExtendedLifetime((self, store)) {
        trimaran_component_func_start(core.pointer, store.core.pointer, given, &run, &error)
      }
      if status != 0 { throw WasmtimeError.left(error) }
    }
    return ComponentRun(run, store) { (came, store) throws(WasmtimeError) in try read(&came.values, store) }
  }
}

extension Linker {
  /// Starts an instance.
  func start(_ store: Store, _ component: Component) throws(WasmtimeError) -> ComponentRun<Instance> {
    var (run, error): (OpaquePointer?, trimaran_bytes) = (nil, trimaran_bytes())
    let status = withExtendedLifetime((self, store, component)) {
      trimaran_component_linker_start(core.pointer, store.core.pointer, component.core.pointer, &run, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return ComponentRun(run, store, takeInstance)
  }
}

extension InstancePre {
  /// Starts an instance.
  func start(_ store: Store) throws(WasmtimeError) -> ComponentRun<Instance> {
    var (run, error): (OpaquePointer?, trimaran_bytes) = (nil, trimaran_bytes())
    let status = withExtendedLifetime((self, store)) {
      trimaran_component_instance_pre_start(core.pointer, store.core.pointer, &run, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return ComponentRun(run, store, takeInstance)
  }
}

/// The instance that a run has made.
private func takeInstance(_ came: inout trimaran_component_step, _ store: Store) throws(WasmtimeError) -> Instance {
  guard let instance = came.object else { preconditionFailure("a run of an instance has left none") }
  return Instance(Core.ComponentInstance(instance))
}
