// Host functions: closures that guests call.

extension Func {
  /// Makes a host function, of any type.
  ///
  /// ```swift
  /// let log = try Func(store, FuncType([.i32, .i32], [])) { caller, arguments in
  ///   guard case .i32(let start) = arguments[0], case .i32(let count) = arguments[1] else { return [] }
  ///   print(try caller.memory("memory").readString(caller.store, at: Int(UInt32(bitPattern: start)), count: Int(count)))
  ///   return []
  /// }
  /// ```
  ///
  /// A closure may use the store that it was called from, as deep as ``Config/maxWasmStack`` and the thread's stack have room: then
  /// the call fails with `trap` or `limit`. What it throws comes out of the outermost call, after the guests between have been unwound: a ``WasmtimeError`` as itself, and any other error as
  /// ``WasmtimeError/thrown(_:)``, which holds the very same.
  ///
  /// The store keeps the closure until it goes or is closed. One that captures the store keeps it as well: use
  /// ``Caller/store``, capture the store `weak`, or close it.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in.
  ///   - type: What the function takes and gives.
  ///   - body: Gets its caller and as many arguments as the type has parameters, and returns as many values as the
  ///     type has results. These are converted as arguments of a call are: `type` and `range` where that cannot be.
  /// - Throws: `closed` where the store is closed, `unsupported` for a type that the engine does not have.
  public convenience init(
    _ store: Store,
    _ type: FuncType,
    _ body: @escaping @Sendable (_ caller: borrowing Caller, _ arguments: [Val]) throws -> [Val]
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(type, body))
  }

  /// Makes a host function whose type Swift knows, at the speed of the machine.
  ///
  /// ```swift
  /// let add = try Func(store) { (a: Int32, b: Int32) -> Int32 in a + b }
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure; see ``init(_:_:_:)``.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `closed` where the store is closed.
  @inlinable
  public convenience init<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(one: body))
  }

  /// Makes a host function whose type Swift knows, where it has no result, or several, which are a tuple.
  ///
  /// ```swift
  /// let log = try Func(store) { (value: Int32) in print(value) }
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure; see ``init(_:_:_:)``.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `closed` where the store is closed.
  @inlinable
  @_disfavoredOverload
  public convenience init<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(several: body))
  }

  /// Makes a host function whose type Swift knows, and which gets its caller.
  ///
  /// ```swift
  /// let first = try Func(store) { (caller: borrowing Caller, at: UInt32) -> Int32 in
  ///   try caller.memory("memory").loadI32(caller.store, at: Int(at))
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure; see ``init(_:_:_:)``.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `closed` where the store is closed.
  @inlinable
  public convenience init<each Parameter: WasmNumber, Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(calledOne: body))
  }

  /// Makes a host function whose type Swift knows, and which gets its caller. It has no result, or
  /// several, which are a tuple.
  ///
  /// - Parameters:
  ///   - store: The store that the function will be in. It keeps the closure; see ``init(_:_:_:)``.
  ///   - body: A closure over ``WasmNumber``s. What it throws comes out of the outermost call.
  /// - Throws: `closed` where the store is closed.
  @inlinable
  @_disfavoredOverload
  public convenience init<each Parameter: WasmNumber, each Result: WasmNumber>(
    _ store: Store,
    _ body: @escaping @Sendable (borrowing Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws(WasmtimeError) {
    try self.init(store, hosting: HostClosure(calledSeveral: body))
  }

  @usableFromInline
  convenience init(_ store: Store, hosting closure: HostClosure) throws(WasmtimeError) {
    self.init(try Core.Func.host(store: store.core, ty: closure.type))
    try closure.attach(to: self, store)
  }
}

/// A closure that guests call. The core holds it for the store.
final class HostFunction: @unchecked Sendable {
  /// The store owns this, so this must not own the store. Set once, before it is shared.
  fileprivate private(set) weak var store: Store?
  private let body: @Sendable (HostCall) throws -> Void

  init(_ store: Store, _ body: @escaping @Sendable (HostCall) throws -> Void) {
    self.store = store
    self.body = body
  }

  /// Runs the closure, with its arguments in slots, where it leaves its results.
  func call(_ callID: UInt64, _ slots: UnsafeMutablePointer<Slot>) throws {
    try body(HostCall(function: self, callID: callID, slots: slots))
  }
}

/// One call of a host function.
@usableFromInline
struct HostCall {
  fileprivate let function: HostFunction
  fileprivate let callID: UInt64
  /// The arguments, in whose place the results go.
  @usableFromInline let slots: UnsafeMutablePointer<Slot>

  /// Who called. The store lives: a thread that runs something in it holds it.
  @usableFromInline
  func caller() throws(WasmtimeError) -> Caller {
    guard let store = function.store else { throw .closed(what: "store") }
    return Caller(store, callID)
  }

  @inlinable
  func row(_ count: Int) -> Row { Row(UnsafeMutableBufferPointer(start: slots, count: count)) }

  /// Leaves results of these kinds. What is not simply right is for the core to convert, or to refuse.
  func give(_ results: [Val], _ kinds: [UInt8], _ function: Func, _ store: Store) throws(WasmtimeError) {
    if givePlain(results, kinds) { return }
    // What is right needs no store, which may be closed by now.
    if results.count == kinds.count, results.indices.allSatisfy({ results[$0].isSimply(kinds[$0]) }) {
      return try slots.give(results, kinds, store)
    }
    let given = try function.core.convertResults(store: store.core, values: converted(checked(results), store))
    for (index, (value, kind)) in zip(given, kinds).enumerated() { slots[index] = Slot(value, kind: kind) }
  }

  /// Leaves results that are simply the numbers that they should be, and says whether all were.
  private func givePlain(_ results: [Val], _ kinds: [UInt8]) -> Bool {
    guard results.count == kinds.count else { return false }
    for index in results.indices {
      guard let number = results[index].number, number.kind == kinds[index] else { return false }
      slots[index] = number.bits
    }
    return true
  }
}
