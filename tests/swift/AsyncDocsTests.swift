import Testing
import Trimaran

/// The examples with `await` in the comments of the sources, word for word.
@Suite("The examples of the documentation that are awaited")
struct AsyncDocsTests {
  static let file = #filePath

  private let engine: Engine
  private let store: Store
  private let add: Func

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
    let text = """
      (module
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      """
    add = try Instance(store, Module(engine, text)).function(store, "add")
  }

  @Test func calls() async throws {
    do {
      let results = try await add.callAsync(store, [.i32(40), .i32(2)])
      #expect(results == [.i32(42)])
    }
    do {
      let sum: Int = try await add.callAsync(store, 1, 2)
      #expect(sum == 3)
    }
    let (store, add) = (store, add)
    let sum: Int = try await store.run { try add(store, 1, 2) }
    #expect(sum == 3)
  }

  @Test func hostFunctions() async throws {
    do {
      let fetch = try Func(store, FuncType([.i32], [.i32])) { caller, arguments async throws in
        try await Task.sleep(for: .milliseconds(1))
        return arguments
      }
      #expect(try await fetch.callAsync(store, 7) == [.i32(7)])
    }
    do {
      let fetch = try Func(store) { (id: Int32) async throws -> Int32 in
        try await Task.sleep(for: .milliseconds(1))
        return id * id
      }
      #expect(try await fetch.callAsync(store, 7) == [.i32(49)])
    }
  }

  @Test func linkers() async throws {
    let text = """
      (module
        (import "env" "fetch" (func $fetch (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $fetch (local.get 0))))
      """
    let module = try Module(engine, text)
    let linker = try Linker(engine)
    try linker.allowShadowing()
    try linker.define("env", "fetch", FuncType([.i32], [.i32])) { caller, arguments async throws in
      try await Task.sleep(for: .milliseconds(1))
      return arguments
    }
    let first = try linker.instantiate(store, module).function(store, "run")
    #expect(try await first.callAsync(store, 7) == [.i32(7)])
    try linker.define("env", "fetch") { (id: Int32) async throws -> Int32 in
      try await Task.sleep(for: .milliseconds(1))
      return id * id
    }
    do {
      let instance = try await linker.instantiateAsync(store, module)
      #expect(try await instance.function(store, "run").callAsync(store, 7) == [.i32(49)])
    }
  }

  @Test func queues() async throws {
    let linker = try Linker(engine)
    try linker.defineWasi()
    let module = try Module(engine, fromFile: folder("modules").appendingPathComponent("streams.wat").path)
    let output = OutputQueue(capacity: 4)
    try store.setWasi { $0.stdout = .queue(output) }
    let copy = try linker.instantiate(store, module).function(store, "cat")
    let guest = Task {
      defer { output.finish() }
      let _: Int = try await copy.callAsync(store)
    }
    for await piece in output { print(piece.count) }
    try await guest.value
  }

  @Test func callers() async throws {
    let text = """
      (module
        (import "env" "length" (func $length (param i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "a boat")
        (func (export "run") (result i32) (call $length (i32.const 8) (i32.const 6))))
      """
    let body = { @Sendable (caller: AsyncCaller, start: UInt32, count: UInt32) async throws -> Int32 in
      let memory = try caller.memory("memory")
      let text = try memory.readString(caller.store, at: Int(start), count: Int(count))
      try await Task.sleep(for: .milliseconds(1))
      return Int32(text.count)
    }
    let instance = try Instance(store, Module(engine, text), [Func(store, body)])
    #expect(try await instance.function(store, "run").callAsync(store) == [.i32(6)])
  }
}
