import Testing
import TrimaranComponent

/// Components that wait, and the examples with `await` in the comments of the sources about components, word for word.
@Suite("Components that wait for async functions of the host")
struct AsyncComponentTests {
  static let file = #filePath

  private let engine: Engine
  private let store: Store
  private let linker: Linker

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
    linker = try Linker(engine)
  }

  /// A component that gives what the host's `fetch` gives.
  private static let fetching = """
    (component
      (import "fetch" (func $fetch (param "id" u32) (result u32)))
      (core func $fetch (canon lower (func $fetch)))
      (core module $m
        (import "" "fetch" (func $fetch (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $fetch (local.get 0)))
        (func (export "one") (result i32) (i32.const 1)))
      (core instance $m (instantiate $m (with "" (instance (export "fetch" (func $fetch))))))
      (func (export "run") (param "id" u32) (result u32) (canon lift (core func $m "run")))
      (func (export "one") (result u32) (canon lift (core func $m "one"))))
    """

  /// The function `run` of a component that calls `fetch`, as it is defined.
  private func run(_ name: String = "run") async throws -> Func {
    try await linker.instantiateAsync(store, Component(engine, Self.fetching)).function(store, name)
  }

  @Test func calls() async throws {
    let component = try Component(engine, ComponentDocsTests.adder(importing: false))
    let add = try await linker.instantiatePre(component).instantiateAsync(store).function(store, "add")
    do {
      let sum = try await add.callAsync(store, values: [1, 2])
      #expect(sum == .u32(3))
    }
    let sum: UInt32 = try await add.callAsync(store, 1, 2)
    #expect(sum == 3)
    #expect(try await add.callAsync(store, 1 as UInt32, 2 as UInt32) == .u32(3))
    let wrong = await failure { try await add.callAsync(store, values: [1]) } as? WasmtimeError
    #expect(wrong == failure { try add.call(store, [1]) })
  }

  @Test func functionsOverValues() async throws {
    try linker.root.defineFunc("fetch") { caller, arguments async throws in
      try await Task.sleep(for: .milliseconds(1))
      return arguments[0]
    }
    #expect(try await run().callAsync(store, values: [7]) == .u32(7))
    guard case .suspend? = failure({ try run(in: store) }) else { throw Mine() }
  }

  /// A synchronous call of `run`, in an instance of its own.
  private func run(in store: Store) throws -> ComponentValue? {
    try linker.instantiate(store, Component(engine, Self.fetching)).function(store, "run").call(store, [7])
  }

  @Test func functionsOverTypes() async throws {
    try linker.root.defineFunc("fetch") { (id: UInt32) async throws -> UInt32 in
      try await Task.sleep(for: .milliseconds(1))
      return id * id
    }
    #expect(try await run().callAsync(store, 7) == .u32(49))
    try linker.allowShadowing()
    try linker.root.defineFunc("fetch") { (_: UInt32) async in await Task.yield() }
    let wrong = await failure { try await run() } as? WasmtimeError
    let reason = "the function `fetch`: result: the host's function gives nothing, and the component takes u32"
    #expect(wrong == .link(reason: reason, module: "", name: ""))
  }

  @Test func whatAFunctionThrowsComesOutAsItself() async throws {
    let mine = Mine()
    try linker.root.defineFunc("fetch") { (_: UInt32) async throws -> UInt32 in throw mine }
    let run = try await run()
    #expect(await failure { try await run.callAsync(store, 7) } as? Mine === mine)
    #expect(await failure { try await run.callAsync(store, 7) } as? WasmtimeError == .poisoned)
  }

  @Test func aFunctionUsesOtherInstancesOfItsStore() async throws {
    let component = try Component(engine, ComponentDocsTests.adder(importing: false))
    let add = try linker.instantiate(store, component).function(store, "add")
    try linker.root.defineFunc("fetch") { caller, arguments async throws in
      await Task.yield()
      guard case .u32(let id) = arguments[0] else { throw Mine() }
      let sum: UInt32 = try add(caller.store, id, 1)
      async let more: UInt32 = add.callAsync(caller.store, sum, 10)
      return .u32(try await more)
    }
    #expect(try await run().callAsync(store, 7) == .u32(18))
  }

  @Test func cancelledWhileItWaits() async throws {
    let barrier = Barrier()
    try linker.root.defineFunc("fetch") { (id: UInt32) async throws -> UInt32 in
      async let waits: Void = barrier.pass()
      try await Task.sleep(for: .seconds(1_000))
      await waits
      return id
    }
    let (run, store) = (try await run(), store)
    let task = Task { try await run.callAsync(store, 7) }
    await barrier.fill(1)
    await barrier.open()
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    // As after a trap.
    #expect(await failure { try await run.callAsync(store, 7) } as? WasmtimeError == .poisoned)
  }

  @Test func streams() async throws {
    let guest = try StreamGuest()
    let (store, count) = (guest.store, try guest.instance.function(guest.store, "count"))
    let (later, add) = (try guest.instance.function(store, "later"), try guest.instance.function(store, "sum"))
    do {
      let pieces = AsyncStream<[UInt8]> { pieces in
        pieces.yield([1, 2])
        pieces.yield([3])
        pieces.finish()
      }
      let sum: UInt32 = try await add.callAsync(store, ComponentSource.parts(pieces), 3 as UInt32)
      #expect(sum == 6)
    }
    try await read(count, store)
    try await value(later, store)
  }

  private func read(_ count: Func, _ store: Store) async throws {
    guard case .stream(let stream) = try await count.callAsync(store, values: [3, 4]) else { return }
    for try await part in stream { print(part) }
    #expect(!stream.isAlive)
  }

  private func value(_ later: Func, _ store: Store) async throws {
    guard case .future(let future) = try await later.callAsync(store, values: []) else { return }
    print(try await future.readAsync() as Any)
    #expect(!future.isAlive)
  }
}
