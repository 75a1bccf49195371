// Async closures as what guests call. The core never calls them: the task that steps the guest does.

internal import CTrimaran

/// An async closure that guests call, and its type.
struct AsyncHostClosure: Sendable {
  typealias Body = @Sendable (AsyncCaller, [Val]) async throws -> [Val]

  let type: FuncType
  private let body: Body

  /// One of any type.
  init(_ type: FuncType, _ body: @escaping Body) {
    self.type = type
    self.body = body
  }

  /// One of numbers.
  private init(_ params: [ValType], _ results: [ValType], _ body: @escaping Body) throws(WasmtimeError) {
    self.init(FuncType(params, results), body)
    try type.checkNumbers()
  }

  init<each Parameter: WasmNumber, Result: WasmNumber>(
    one body: @escaping @Sendable (repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try self.init(calledOne: { (_: AsyncCaller, arguments: repeat each Parameter) in
      try await body(repeat each arguments)
    })
  }

  init<each Parameter: WasmNumber, each Result: WasmNumber>(
    several body: @escaping @Sendable (repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(calledSeveral: { (_: AsyncCaller, arguments: repeat each Parameter) in
      try await body(repeat each arguments)
    })
  }

  init<each Parameter: WasmNumber, Result: WasmNumber>(
    calledOne body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    try self.init(types(repeat (each Parameter).self), [Result.valType]) { caller, arguments in
      var numbers = Numbers(arguments)
      let given = try await body(caller, repeat numbers.take(as: (each Parameter).self))
      return [Val(given)]
    }
  }

  init<each Parameter: WasmNumber, each Result: WasmNumber>(
    calledSeveral body: @escaping @Sendable (AsyncCaller, repeat each Parameter) async throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(types(repeat (each Parameter).self), types(repeat (each Result).self)) { caller, arguments in
      var numbers = Numbers(arguments)
      let given = try await body(caller, repeat numbers.take(as: (each Parameter).self))
      var results: [Val] = []
      repeat results.append(Val(each given))
      return results
    }
  }

  /// Gives a function that has yet to be given what it does this closure. The store keeps it.
  func attach(to function: Func, _ store: Store) throws(WasmtimeError) {
    _ = tellsHostCalls
    let context = Unmanaged.passRetained(AsyncHostFunction(body)).toOpaque()
    try entering(function, store) {
      trimaran_func_attach_async(function.core.pointer, store.core.pointer, releaseAsyncHost, context, $0)
    }
  }
}

/// The numbers of a call, taken one after the other. The core has checked that they are what the function takes.
struct Numbers {
  private let values: [Val]
  private var next = 0

  init(_ values: [Val]) { self.values = values }

  mutating func take<Number: WasmNumber>(as _: Number.Type) -> Number {
    defer { next += 1 }
    return Number(slot: values[next].number?.bits ?? Slot(low: 0))
  }
}

extension Val {
  /// A number that Swift knows the type of.
  init(_ number: some WasmNumber) {
    let slot = number.slot
    self =
      switch type(of: number).valType {
      case .i32: .i32(Int32(slot: slot))
      case .i64: .i64(Int64(slot: slot))
      case .f32: .f32(Float(slot: slot))
      case .f64: .f64(Double(slot: slot))
      case .v128: .v128(low: slot.low, high: slot.high)
      case .ref: .null
      }
  }
}

/// An async closure that guests call. The core holds it for the store.
final class AsyncHostFunction: Sendable {
  let body: AsyncHostClosure.Body

  init(_ body: @escaping AsyncHostClosure.Body) { self.body = body }
}

/// Which async host call a task works for: what the task calls in that store meanwhile belongs to it.
package final class HostCallSite: Sendable {
  let store: UInt64
  let run: UInt64
  let call: UInt64
  /// The one that this call came from, which may be of another store.
  private let outer: HostCallSite?

  /// Where the present task works. Tasks that it begins work there as well.
  package static let current = TaskLocal<HostCallSite?>(wrappedValue: nil)

  package init(store: UInt64, run: UInt64, call: UInt64) {
    _ = tellsHostCalls
    self.store = store
    self.run = run
    self.call = call
    outer = Self.current.get()
  }

  /// The innermost one of a store.
  func site(of number: UInt64) -> HostCallSite? {
    var site: HostCallSite? = self
    while let here = site, here.store != number { site = here.outer }
    return site
  }
}

/// A guest waits for an async host function.
struct AsyncHostCall: GuestCall {
  let function: AsyncHostFunction
  let site: HostCallSite
  let store: Store
  let arguments: [Val]

  /// What the function gives, or throws.
  func answer(isolation: isolated (any Actor)?) async -> Result<[Val], any Error> {
    do {
      let caller = AsyncCaller(store, site.call)
      return .success(try await HostCallSite.current.withValue(site) { try await function.body(caller, arguments) })
    } catch {
      return .failure(error)
    }
  }
}

/// Has the core ask which async host call a task works for.
private let tellsHostCalls: Void = trimaran_tell_works_for(tellHostCall)

private func tellHostCall(
  _ store: UInt64,
  _ run: UnsafeMutablePointer<UInt64>?,
  _ call: UnsafeMutablePointer<UInt64>?
) -> Bool {
  guard let site = HostCallSite.current.get()?.site(of: store) else { return false }
  run?.pointee = site.run
  call?.pointee = site.call
  return true
}

/// Lets go of an async host function.
private func releaseAsyncHost(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<AsyncHostFunction>.fromOpaque($0).release() }
}
