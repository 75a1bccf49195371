// Closures of Swift as what guests call: their types, and what they do with slots. Functions and linkers take the same ones.
// Those of up to four numbers with one result are generated (bindings/generator/src/swift/arity.rs), and take less time.

/// A closure that guests call, and its type.
@usableFromInline
struct HostClosure: Sendable {
  let type: FuncType
  private let body: Body

  private enum Body: Sendable {
    case slots(@Sendable (HostCall) throws -> Void)
    case values(@Sendable (borrowing Caller, [Val]) throws -> [Val])
  }

  /// One of any type, over values.
  init(_ type: FuncType, _ body: @escaping @Sendable (borrowing Caller, [Val]) throws -> [Val]) {
    self.type = type
    self.body = .values(body)
  }

  /// One of numbers, in slots.
  @usableFromInline
  init(
    _ params: [ValType],
    _ results: [ValType],
    _ body: @escaping @Sendable (HostCall) throws -> Void
  ) throws(WasmtimeError) {
    type = FuncType(params, results)
    try type.checkNumbers()
    self.body = .slots(body)
  }

  @inlinable
  init<each Parameter: WasmNumber, Result: WasmNumber>(
    one body: @escaping @Sendable (repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    let params = types(repeat (each Parameter).self)
    try self.init(params, [Result.valType]) { call in
      var row = call.row(params.count)
      call.slots[0] = try body(repeat (each Parameter)(slot: row.take())).slot
    }
  }

  @inlinable
  init<each Parameter: WasmNumber, each Result: WasmNumber>(
    several body: @escaping @Sendable (repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    let (params, results) = (types(repeat (each Parameter).self), types(repeat (each Result).self))
    try self.init(params, results) { call in
      var row = call.row(params.count)
      let given = try body(repeat (each Parameter)(slot: row.take()))
      row = call.row(results.count)
      repeat row.put((each given).slot)
    }
  }

  @inlinable
  init<each Parameter: WasmNumber, Result: WasmNumber>(
    calledOne body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    let params = types(repeat (each Parameter).self)
    try self.init(params, [Result.valType]) { call in
      let caller = try call.caller()
      var row = call.row(params.count)
      call.slots[0] = try body(caller, repeat (each Parameter)(slot: row.take())).slot
    }
  }

  @inlinable
  init<each Parameter: WasmNumber, each Result: WasmNumber>(
    calledSeveral body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    let (params, results) = (types(repeat (each Parameter).self), types(repeat (each Result).self))
    try self.init(params, results) { call in
      let caller = try call.caller()
      var row = call.row(params.count)
      let given = try body(caller, repeat (each Parameter)(slot: row.take()))
      row = call.row(results.count)
      repeat row.put((each given).slot)
    }
  }
}

extension HostClosure {
  /// Gives a function that has yet to be given what it does this closure. The store keeps it.
  func attach(to function: Func, _ store: Store) throws(WasmtimeError) {
    switch body {
    case .slots(let body): try function.attach(store, body)
    case .values(let body):
      let kinds = try function.kinds(store)
      try function.attach(store) { call in
        // The store is used where it lies: another hold on it would cost more than the rest.
        let caller = try call.caller()
        let arguments = [Val](unsafeUninitializedCapacity: kinds.params.count) { values, count in
          for index in kinds.params.indices {
            values.initializeElement(at: index, to: .taken(call.slots[index], kind: kinds.params[index], caller.store))
          }
          count = kinds.params.count
        }
        try call.give(body(caller, arguments), kinds.results, function, caller.store)
      }
    }
  }
}

/// What WebAssembly calls the types of a closure.
@inlinable
func types<each Number: WasmNumber>(_ numbers: repeat (each Number).Type) -> [ValType] {
  var types: [ValType] = []
  repeat types.append((each numbers).valType)
  return types
}
