// Guests of modules that go on step by step, in the task that awaits them.

internal import CTrimaran

/// A guest that goes on step by step. It ends where it is not over when this goes.
final class GuestRun: GuestSteps, @unchecked Sendable {
  // One task steps it, one step after the other.
  private let pointer: OpaquePointer
  private let store: Store

  /// Takes over a run of the core's.
  init(_ pointer: OpaquePointer?, _ store: Store) {
    self.pointer = made(pointer)
    self.store = store
  }

  deinit { trimaran_run_free(pointer) }

  /// What the guest came to: the results of a call, or an instance.
  struct Outcome: Sendable {
    var results: [Val] = []
    var instance: Instance?
  }

  /// Runs the call, and gives its results.
  func results(isolation: isolated (any Actor)?) async throws -> [Val] {
    try await finish(isolation: isolation).results
  }

  /// Makes the instance.
  func instance(isolation: isolated (any Actor)?) async throws -> Instance {
    guard let instance = try await finish(isolation: isolation).instance else {
      preconditionFailure("a run of an instance has left none")
    }
    return instance
  }

  func step(
    _ answer: Result<[Val], any Error>?,
    _ wake: Wake?
  ) throws(WasmtimeError) -> GuestStep<AsyncHostCall, Outcome> {
    var came = trimaran_step()
    switch answer {
    case nil: try step(nil, wake, &came)
    case .success(let values):
      let lent = try LentValues(values, store)
      try lent.withBytes { (values) throws(WasmtimeError) in
        var given = trimaran_answer(values: values.baseAddress, count: values.count, thrown: 0)
        try step(&given, wake, &came)
      }
    case .failure(let error):
      let number = Thrown.keep(error)
      // Where the guest is over already, nobody has taken it.
      defer { _ = Thrown.take(number) }
      var given = trimaran_answer(values: nil, count: 0, thrown: number)
      try step(&given, wake, &came)
    }
    return what(came)
  }

  private func step(
    _ answer: UnsafePointer<trimaran_answer>?,
    _ wake: Wake?,
    _ came: inout trimaran_step
  ) throws(WasmtimeError) {
    try entering(self, store) { error in
      guard let wake else { return trimaran_run_step(pointer, answer, nil, &came, error) }
      var waker = wake.waker()
      return trimaran_run_step(pointer, answer, &waker, &came, error)
    }
  }

  private func what(_ came: trimaran_step) -> GuestStep<AsyncHostCall, Outcome> {
    let values = UnsafeBufferPointer(start: came.values, count: came.count)
    switch came.came {
    case 0: return .waits
    case 1:
      guard let context = came.context else { preconditionFailure("a host call without a context") }
      // The core holds it until the next step.
      let function = Unmanaged<AsyncHostFunction>.fromOpaque(context).takeUnretainedValue()
      let site = HostCallSite(store: came.store, run: came.run, call: came.call)
      return .asks(AsyncHostCall(function: function, site: site, store: store, arguments: taken(values, store)))
    case 2: return .turn
    case 4: return .later(sleeping(came.call))
    default:
      let instance = came.object.map { Instance(Core.Instance($0)) }
      return .over(Outcome(results: taken(values, store), instance: instance))
    }
  }
}

// Nothing happens before the first step of what is started.

extension Func {
  /// Starts a call.
  func start(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> GuestRun {
    var run: OpaquePointer?
    let lent = try LentValues(arguments, store)
    try lent.withBytes { (values) throws(WasmtimeError) in
      _ = try entering(self, store) {
        trimaran_func_start(core.pointer, store.core.pointer, values.baseAddress, values.count, &run, $0)
      }
    }
    return GuestRun(run, store)
  }
}

extension Instance {
  /// Starts an instance.
  static func start(_ store: Store, _ module: Module, _ imports: [Extern]) throws(WasmtimeError) -> GuestRun {
    let imports = Writer.bytes { $0.list(imports) { $1.write(to: &$0) } }
    var run: OpaquePointer?
    try entering(module, store) {
      trimaran_instance_start(store.core.pointer, module.core.pointer, imports, imports.count, &run, $0)
    }
    return GuestRun(run, store)
  }
}

extension Linker {
  /// Starts an instance.
  func start(_ store: Store, _ module: Module) throws(WasmtimeError) -> GuestRun {
    var run: OpaquePointer?
    try entering(self, store) {
      let status = trimaran_linker_start(core.pointer, store.core.pointer, module.core.pointer, &run, $0)
      keep(module)
      return status
    }
    return GuestRun(run, store)
  }
}

extension InstancePre {
  /// Starts an instance.
  func start(_ store: Store) throws(WasmtimeError) -> GuestRun {
    var run: OpaquePointer?
    try entering(self, store) { trimaran_instance_pre_start(core.pointer, store.core.pointer, &run, $0) }
    return GuestRun(run, store)
  }
}

/// Values as they are lent to the core, which has them for as long as this lives.
private struct LentValues {
  private var lent = Lent()
  private var values: [trimaran_value] = []
  private let owners: [Val]

  init(_ values: [Val], _ store: Store) throws(WasmtimeError) {
    owners = values
    self.values.reserveCapacity(values.count)
    for value in values {
      if let number = trimaran_value(value) {
        self.values.append(number)
      } else {
        // The slot names the kind of the reference.
        self.values.append(trimaran_value(slot: try lent.slot(value, store), kind: 9))
      }
    }
  }

  func withBytes(_ body: (UnsafeBufferPointer<trimaran_value>) throws(WasmtimeError) -> Void) throws(WasmtimeError) {
    var failure: WasmtimeError?
    withExtendedLifetime((lent, owners)) {
      values.withUnsafeBufferPointer { values in
        do throws(WasmtimeError) { try body(values) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}

/// Values that are ours from now on.
private func taken(_ values: UnsafeBufferPointer<trimaran_value>, _ store: Store) -> [Val] {
  [Val](unsafeUninitializedCapacity: values.count) { taken, count in
    for value in values {
      taken.initializeElement(at: count, to: .taken(value, store))
      count += 1
    }
  }
}
