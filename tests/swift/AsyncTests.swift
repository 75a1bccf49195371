import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Guests that wait for async host functions")
struct AsyncTests {
  @Test func aGuestWaitsAndGoesOnWithTheAnswer() async throws {
    let guest = try AsyncGuest { _, value in
      await Task.yield()
      return value * 2
    }
    #expect(try await guest.callAsync("once", 5) == 15)
    #expect(try await guest.callAsync("twice", 5) == 20)
    #expect(try await guest.callAsync("plain", 5) == 6)
    let (store, once) = (guest.store, try guest.function("once"))
    #expect(try await once.callAsync(store, [.i32(5)]) == [.i32(15)])
    #expect(try await once.callAsync(store, 5) == [.i32(15)])
    let typed = try once.typed(store, as: ((Int32) -> Int32).self)
    #expect(try await typed.callAsync(store, 5) == 15)
    // And without an async function anywhere, in a store that has none.
    let plain = try Guest(
      #"(module (func (export "f") (result i32 i64) (i32.const 3) (i64.const 4)) (func (export "g")))"#
    )
    let (three, four): (Int, Int) = try await plain.function("f").callAsync(plain.store)
    #expect(three == 3 && four == 4)
    let both = try plain.function("f").typed(plain.store, as: (() -> (Int32, Int64)).self)
    let pair = try await both.callAsync(plain.store)
    #expect(pair == (3, 4))
    try await plain.function("g").typed(plain.store, as: (() -> Void).self).callAsync(plain.store)
    try await plain.function("g").callAsync(plain.store)
  }

  @Test func closuresOfEveryShape() async throws {
    let engine = try testEngine()
    let linker = try Linker(engine)
    let store = try Store(engine)
    let text = """
      (module
        (import "host" "values" (func $values (param i32 i64) (result i64 i32)))
        (import "host" "one" (func $one (param i32) (result i32)))
        (import "host" "several" (func $several (param i32) (result i32 f64)))
        (import "host" "none" (func $none))
        (import "host" "calledOne" (func $calledOne (param i32) (result i32)))
        (import "host" "calledSeveral" (func $calledSeveral (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 8) "hello")
        (func (export "values") (param i32 i64) (result i64 i32) (call $values (local.get 0) (local.get 1)))
        (func (export "one") (param i32) (result i32) (call $one (local.get 0)))
        (func (export "several") (param i32) (result i32 f64) (call $several (local.get 0)))
        (func (export "none") (call $none))
        (func (export "calledOne") (param i32) (result i32) (call $calledOne (local.get 0)))
        (func (export "calledSeveral") (param i32) (call $calledSeveral (local.get 0))))
      """
    let seen = Seen()
    try linker.define("host", "values", FuncType([.i32, .i64], [.i64, .i32])) { _, arguments async in
      await Task.yield()
      return arguments.reversed()
    }
    try linker.define("host", "one") { (value: Int32) async throws -> Int32 in
      try await Task.sleep(for: .milliseconds(1))
      return value + 1
    }
    try linker.define("host", "several") { (value: Int32) async -> (Int32, Double) in
      await Task.yield()
      return (value, 1.5)
    }
    try linker.define("host", "none") { () async in
      await Task.yield()
      seen.add(1)
    }
    try linker.define("host", "calledOne") { (caller: AsyncCaller, at: UInt32) async throws -> Int32 in
      await Task.yield()
      return Int32(try caller.memory("memory").readString(caller.store, at: Int(at), count: 5).count)
    }
    try linker.define("host", "calledSeveral") { (caller: AsyncCaller, at: UInt32) async throws in
      await Task.yield()
      try caller.memory("memory").write(caller.store, "j", at: Int(at))
    }
    let module = try Module(engine, text)
    for instance in [try linker.instantiate(store, module), try linker.instantiatePre(module).instantiate(store)] {
      let call = { (name: String, values: [Val]) in
        try await instance.function(store, name).callAsync(store, values)
      }
      #expect(try await call("values", [.i32(1), .i64(2)]) == [.i64(2), .i32(1)])
      #expect(try await call("one", [.i32(1)]) == [.i32(2)])
      #expect(try await call("several", [.i32(1)]) == [.i32(1), .f64(1.5)])
      #expect(try await call("none", []).isEmpty)
      #expect(try await call("calledOne", [.i32(8)]) == [.i32(5)])
      #expect(try await call("calledSeveral", [.i32(8)]).isEmpty)
      #expect(try instance.memory(store, "memory").readString(store, at: 8, count: 5) == "jello")
    }
    #expect(seen.values == [1, 1])
    // The same of one store.
    let one = try Func(store) { (value: Int32) async -> Int32 in value }
    let several = try Func(store) { (value: Int32) async -> (Int32, Int32) in (value, value) }
    let calledOne = try Func(store) { (_: AsyncCaller, value: Int32) async -> Int32 in value }
    let calledSeveral = try Func(store) { (_: AsyncCaller, _: Int32) async in }
    let values = try Func(store, FuncType([.i32], [])) { _, _ async in [] }
    #expect(try await one.callAsync(store, 7) == [.i32(7)])
    #expect(try await several.callAsync(store, 7) == [.i32(7), .i32(7)])
    #expect(try await calledOne.callAsync(store, 7) == [.i32(7)])
    #expect(try await calledSeveral.callAsync(store, 7) == [])
    #expect(try await values.callAsync(store, 7) == [])
    #expect(try one.type(store) == FuncType([.i32], [.i32]))
  }

  @Test func valuesOfEveryType() async throws {
    let engine = try testEngine {
      $0.wasmGC = true; $0.wasmFunctionReferences = true
    }
    let store = try Store(engine)
    let type = FuncType(
      [.i32, .i64, .f32, .f64, .v128, .externref, .funcref],
      [.funcref, .externref, .v128, .f64, .f32, .i64, .i32]
    )
    let echo = try Func(store, type) { _, arguments async in
      await Task.yield()
      return arguments.reversed()
    }
    let object = Mine()
    let values: [Val] = [
      .i32(.min), .i64(.max), .f32(Float(bitPattern: 0x7fa0_0001)), .f64(Double(bitPattern: 0x7ff4_0000_0000_0001)),
      .v128(low: 1, high: .max), .externRef(object), .funcRef(echo),
    ]
    let results = try await echo.callAsync(store, values)
    #expect(Array(results.dropFirst()) == Array(values.dropLast().reversed()))
    guard case .funcRef(let function?) = results[0] else { throw Mine() }
    #expect(try function.same(store, echo))
    let nulls = try await echo.callAsync(store, Array(values.prefix(5)) + [.null, .funcRef(nil)])
    #expect(nulls[0].isNull && nulls[1].isNull)
  }

  @Test func whatAHostFunctionThrowsComesOutAsItself() async throws {
    let mine = Mine()
    let guest = try AsyncGuest { _, value in
      await Task.yield()
      if value == 0 { throw WasmtimeError.notFound(name: "it", reason: "it is not there") }
      throw mine
    }
    #expect(await failure { try await guest.callAsync("once", 1) } as? Mine === mine)
    #expect(
      await failure { try await guest.callAsync("once", 0) } as? WasmtimeError
        == .notFound(name: "it", reason: "it is not there")
    )
    #expect(guest.isUsable)
  }

  @Test func trapsAndWrongAnswers() async throws {
    let guest = try AsyncGuest { _, value in value }
    let error = await failure { try await guest.callAsync("traps", 1) } as? WasmtimeError
    #expect(error?.trapCode == .unreachableCodeReached && error?.frames.isEmpty == false)
    let wrong = await failure { try await guest.function("once").callAsync(guest.store) } as? WasmtimeError
    #expect(wrong == failure { try guest.function("once")(guest.store) })
    let (store, kinds) = (guest.store, FuncType([.i32], [.i32]))
    let answers: [([Val], String)] = [
      ([], "the host function gave 0 results: expected 1"),
      ([.i64(1 << 40)], "result 1 is 1099511627776: expected an i32, from -2147483648 to 4294967295"),
      ([.f64(1)], "result 1 is an f64: expected i32"),
    ]
    for (answer, sentence) in answers {
      let function = try Func(store, kinds) { _, _ async in answer }
      let sync = try Func(store, kinds) { _, _ in answer }
      let error = await failure { try await function.callAsync(store, 1) } as? WasmtimeError
      #expect(error == failure { try sync(store, 1) })
      #expect(error?.description == sentence)
    }
    #expect(guest.isUsable)
  }

  @Test func anAsyncFunctionWhereItsGuestCannotWait() async throws {
    let functions = Kept<AsyncGuest>()
    let guest = try AsyncGuest(now: { caller, value in
      guard let once = try functions.value?.function("once") else { return value }
      return try once(caller.store, value)
    }) { _, value in value }
    functions.value = guest
    let isSuspend = { (error: WasmtimeError?) in
      if case .suspend(let reason) = error { reason.contains("cannot wait") } else { false }
    }
    #expect(isSuspend(failure { try guest.function("once")(guest.store, 1) }))
    #expect(isSuspend(await failure { try await guest.callAsync("calls", 1) } as? WasmtimeError))
    #expect(guest.isUsable)
    functions.value = nil
  }

  @Test func aHostFunctionUsesTheGuestThatWaits() async throws {
    let kept = Kept<AsyncCaller>()
    let guest = try AsyncGuest { caller, value in
      kept.value = caller
      let memory = try caller.memory("memory")
      #expect(try memory.loadI32(caller.store, at: 0) == value)
      await Task.yield()
      try memory.storeI32(caller.store, 100, at: 0)
      // Calls go on top of the guest that waits, with and without `await`, in child tasks as well.
      let plain = try caller.function("plain")
      #expect(try plain(caller.store, 1) == [.i32(2)])
      await Task.yield()
      #expect(try await plain.callAsync(caller.store, 2) == [.i32(3)])
      if value > 0 {
        let once = try caller.function("once")
        async let first: Int = once.callAsync(caller.store, value - 1)
        async let second: Int = plain.callAsync(caller.store, value - 1)
        _ = try await (first, second)
        try memory.storeI32(caller.store, 100, at: 0)
      }
      return value
    }
    #expect(try await guest.callAsync("once", 3) == 103)
    let caller = try #require(kept.value)
    #expect(throws: WasmtimeError.escaped) { try caller.memory("memory") }
    kept.value = nil
    #expect(guest.isUsable)
  }

  @Test func whatAHostFunctionLeavesBehindEndsWithIt() async throws {
    let (barrier, left) = (Barrier(), Kept<Task<Int, any Error>>())
    let guest = try AsyncGuest { caller, value in
      if value == 1 {
        await barrier.pass()
        return 1
      }
      guard value == 0 else { return value }
      let once = try caller.function("once")
      left.value = Task { try await once.callAsync(caller.store, 1) }
      await barrier.fill(1)
      return 0
    }
    #expect(try await guest.callAsync("once", 0) == 1)
    await barrier.open()
    let error = await left.value?.result
    #expect(throws: WasmtimeError.escaped) { try error?.get() }
    left.value = nil
    #expect(guest.isUsable)
  }

  @Test func callsOfSeveralTasksStandInLine() async throws {
    let (barrier, seen) = (Barrier(), Seen())
    let guest = try AsyncGuest { _, value in
      seen.add(value)
      await barrier.pass()
      return value
    }
    try await withThrowingTaskGroup(of: Int32.self) { group in
      for value in 1...20 as ClosedRange<Int32> { group.addTask { try await guest.callAsync("once", value) } }
      await barrier.fill(1)
      try await Task.sleep(for: .milliseconds(20))
      // The others have not begun, and one that is cancelled leaves the line.
      #expect(seen.values.count == 1)
      let cancelled = Task { try await guest.callAsync("once", 100) }
      try await Task.sleep(for: .milliseconds(5))
      cancelled.cancel()
      #expect(await failure { try await cancelled.value } is CancellationError)
      await barrier.open()
      #expect(try await group.reduce(0, +) == 2 * (1...20).reduce(0, +))
    }
    #expect(seen.values.sorted() == Array(1...20))
    #expect(guest.isUsable)
  }

  @Test func manyGuestsWaitWithoutAThreadMore() async throws {
    // So many memories fit where little can be reserved, as under ThreadSanitizer.
    let engine = try testEngine {
      $0.memoryReservation = 0
      $0.memoryReservationForGrowth = 0
      $0.memoryGuardSize = 0
    }
    let barrier = Barrier()
    let guests = try (0..<1_000).map { _ in
      try AsyncGuest(in: engine) { _, value in
        await barrier.pass()
        return value
      }
    }
    try await withThrowingTaskGroup(of: Int32.self) { group in
      let before = try threads()
      for guest in guests { group.addTask { try await guest.callAsync("once", 1) } }
      await barrier.fill(1_000)
      // The tests beside this one have threads of their own.
      #expect(try threads() < before + 100)
      await barrier.open()
      #expect(try await group.reduce(0, +) == 2_000)
    }
  }

  /// How many threads this process has; 0 where the system does not say so.
  private func threads() throws -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
  }

  @Test func closuresAreLetGo() async throws {
    weak var seen: Seen?
    weak var kept: Store?
    do {
      let mine = Seen()
      let guest = try AsyncGuest { _, value in
        mine.add(value)
        return value
      }
      (seen, kept) = (mine, guest.store)
      #expect(try await guest.callAsync("once", 1) == 2)
    }
    #expect(seen == nil && kept == nil)
  }
}
