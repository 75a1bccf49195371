// Components that go on step by step, in the task that awaits them: as guests of modules do.

internal import CTrimaran
import Trimaran

/// A component's guest that goes on step by step. It ends where it is not over when this goes.
final class ComponentRun: GuestSteps, @unchecked Sendable {
  // One task steps it, one step after the other.
  private let pointer: OpaquePointer
  private let store: Store
  /// What reads the result of a call.
  private let codec: FuncCodec?

  init(_ pointer: OpaquePointer?, _ store: Store, _ codec: FuncCodec? = nil) {
    guard let pointer else { preconditionFailure("the core left no run") }
    (self.pointer, self.store, self.codec) = (pointer, store, codec)
  }

  deinit { trimaran_component_run_free(pointer) }

  /// What the guest came to: the result of a call, or an instance.
  struct Outcome: Sendable {
    var result: ComponentValue?
    var instance: Instance?
  }

  /// Makes the instance.
  func instance(isolation: isolated (any Actor)?) async throws -> Instance {
    guard let instance = try await finish(isolation: isolation).instance else {
      preconditionFailure("a run of an instance has left none")
    }
    return instance
  }

  func step(
    _ answer: AsyncComponentCall.Answer?,
    _ wake: Wake?
  ) throws(WasmtimeError) -> GuestStep<AsyncComponentCall, Outcome> {
    var came = trimaran_component_step()
    switch answer {
    case nil: try step(nil, 0, wake, &came)
    case .thrown(let error): try step(throwing: error, wake, &came)
    case .result(let result, let type):
      var hasBegun = false
      do throws(WasmtimeError) {
        try lending({ (writer) throws(WasmtimeError) in try type.write(result, &writer) }) {
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
      let arguments = try type.codec.arguments(&came.values, store)
      let site = HostCallSite(store: came.store, run: came.run, call: came.call)
      return .asks(AsyncComponentCall(function: function, type: type, site: site, store: store, arguments: arguments))
    case 2: return .turn
    default:
      if let instance = came.object { return .over(Outcome(instance: Instance(Core.ComponentInstance(instance)))) }
      guard let codec else { return .over(Outcome()) }
      return .over(Outcome(result: try codec.result(&came.values, store)))
    }
  }
}

/// A component waits for an async function of the host.
struct AsyncComponentCall: GuestCall {
  enum Answer: Sendable {
    case result(ComponentValue?, HostType)
    case thrown(any Error)
  }

  let function: HostFunction
  let type: HostType
  let site: HostCallSite
  let store: Store
  let arguments: [ComponentValue]

  /// What the function gives, or throws.
  func answer(isolation: isolated (any Actor)?) async -> Answer {
    do {
      guard let body = function.waiting else {
        throw WasmtimeError.unexpected(reason: "a function that is not async, of a guest that waits for it")
      }
      let caller = AsyncComponentCaller(store: store)
      return .result(
        try await HostCallSite.current.withValue(site) { try await body(caller, arguments, type.name) },
        type
      )
    } catch {
      return .thrown(error)
    }
  }
}

// Nothing happens before the first step of what is started.

extension Func {
  /// Starts a call with what `write` writes.
  func start(_ store: Store, _ arguments: [ComponentValue]) throws(WasmtimeError) -> ComponentRun {
    var run: OpaquePointer?
    try lending({ (writer) throws(WasmtimeError) in try writer.write(arguments, codec) }) {
      (given) throws(WasmtimeError) in
      var error = trimaran_bytes()
      let status = withExtendedLifetime((self, store)) {
        trimaran_component_func_start(core.pointer, store.core.pointer, given, &run, &error)
      }
      if status != 0 { throw WasmtimeError.left(error) }
    }
    return ComponentRun(run, store, codec)
  }
}

extension Linker {
  /// Starts an instance.
  func start(_ store: Store, _ component: Component) throws(WasmtimeError) -> ComponentRun {
    var (run, error): (OpaquePointer?, trimaran_bytes) = (nil, trimaran_bytes())
    let status = withExtendedLifetime((self, store, component)) {
      trimaran_component_linker_start(core.pointer, store.core.pointer, component.core.pointer, &run, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return ComponentRun(run, store)
  }
}

extension InstancePre {
  /// Starts an instance.
  func start(_ store: Store) throws(WasmtimeError) -> ComponentRun {
    var (run, error): (OpaquePointer?, trimaran_bytes) = (nil, trimaran_bytes())
    let status = withExtendedLifetime((self, store)) {
      trimaran_component_instance_pre_start(core.pointer, store.core.pointer, &run, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return ComponentRun(run, store)
  }
}
