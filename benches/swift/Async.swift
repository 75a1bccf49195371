// Guests that wait: what awaiting one costs, many at once, and their ends.

import Foundation
import Trimaran

/// A store with a guest of `async.wat`.
private struct Waiting {
  let store: Store
  let instance: Instance

  init(_ engine: Engine, _ module: Module, _ wait: @escaping @Sendable (Int32) async throws -> Int32) throws {
    store = try Store(engine)
    instance = try Instance(store, module, [Func(store, wait)])
  }

  func waits(_ count: Int32) async throws -> Int32 {
    let function = try instance.function(store, "waits").typed(store, as: ((Int32) -> Int32).self)
    return try await function.callAsync(store, count)
  }
}

/// As `measure`, of something that is awaited, `times` of them in one.
private func measure(
  _ row: String,
  of who: String = "swift",
  each times: Int,
  _ work: () async throws -> Void
) async rethrows {
  let clock = ContinuousClock()
  var least = Double.infinity
  for _ in 0..<rounds {
    let start = clock.now
    try await work()
    least = min(least, nanoseconds(clock.now - start) / Double(times))
  }
  show(row, of: who, least)
}

private func show(_ row: String, of who: String = "swift", _ number: Double) {
  print("\(row)\t\(who)\t\(String(format: "%.1f", number))")
}

private func nanoseconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
}

/// Holds tasks, and knows how many.
private actor Barrier {
  private(set) var waiting = 0
  private var isOpen = false
  private var tasks: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    waiting += 1
    if !isOpen { await withCheckedContinuation { tasks.append($0) } }
  }

  func open() {
    isOpen = true
    for task in tasks { task.resume() }
    tasks = []
  }
}

// Not isolated: top-level code is on the main actor, where guests are awaited elsewhere.
nonisolated func asyncGuests(all: Bool = false) async throws {
  let engine = try Engine()
  let module = try Module(engine, fromFile: source("async.wat"))
  let yields: @Sendable (Int32) async throws -> Int32 = { value in
    await Task.yield()
    return value
  }

  let (plain, many) = (try Store(engine), 1_000)
  let adder = try Module(
    engine,
    #"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#
  )
  let add = try Instance(plain, adder).function(plain, "add").typed(plain, as: ((Int32, Int32) -> Int32).self)
  let row = "async call, (i32, i32) -> i32"
  await measure(row, of: "synchronous", each: many) {
    for _ in 0..<many { check((try? add(plain, opaque(40), opaque(2))) == 42) }
  }
  let guest = try Waiting(engine, module, yields)
  let (store, instance) = (guest.store, guest.instance)
  let mine = try instance.function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
  try await measure(row, of: "synchronous, beside async functions", each: many) {
    for _ in 0..<many { check(try mine(store, opaque(40), opaque(2)) == 42) }
  }
  try await measure(row, each: many) {
    for _ in 0..<many { check(try await mine.callAsync(store, opaque(40), opaque(2)) == 42) }
  }
  try await measure("async host function", each: many) { check(try await guest.waits(Int32(many)) == many) }
  try await measure("async host function", of: "without a guest", each: many) {
    for _ in 0..<many { check(try await yields(opaque(1)) == 1) }
  }
  guard all else { return }
  try await manyAtOnce(engine, module)
  try await ends()
}

/// 10,000 guests that wait.
private func manyAtOnce(_ engine: Engine, _ module: Module) async throws {
  let (count, barrier, clock) = (10_000, Barrier(), ContinuousClock())
  let guests = try (0..<count).map { _ in
    try Waiting(engine, module) { value in
      await barrier.pass()
      return value
    }
  }
  let (before, threads) = (resident(), threadCount())
  try await withThrowingTaskGroup(of: Int32.self) { group in
    let start = clock.now
    for guest in guests { group.addTask { try await guest.waits(1) } }
    while await barrier.waiting < count { try await Task.sleep(for: .milliseconds(1)) }
    show("10,000 guests wait, bytes each", Double(resident() - before) / Double(count))
    show("10,000 guests wait, threads more", Double(threadCount() - threads))
    await barrier.open()
    check(try await group.reduce(0, +) == Int32(count))
    show("10,000 guests begin, wait and end", nanoseconds(clock.now - start))
  }
}

private func resident() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
}

private func threadCount() -> Int {
  (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
}

/// Cancelled while it waits and while it computes, beside a task of Swift's own; and others beside guests that compute.
private func ends() async throws {
  let engine = try Engine { $0.epochInterruption = true }
  let (module, clock) = (try Module(engine, fromFile: source("async.wat")), ContinuousClock())
  func median(_ row: String, _ rounds: Int, _ begin: () throws -> Task<Void, any Error>) async throws {
    var times: [Double] = []
    for _ in 0..<rounds {
      let task = try begin()
      try await Task.sleep(for: .milliseconds(3))
      let start = clock.now
      task.cancel()
      _ = await task.result
      times.append(nanoseconds(clock.now - start))
    }
    show(row, times.sorted()[rounds / 2])
  }
  let sleeps: @Sendable (Int32) async throws -> Int32 = { value in
    try await Task.sleep(for: .seconds(1_000))
    return value
  }
  try await median("cancel a task that sleeps, median", 100) { Task { _ = try await sleeps(1) } }
  try await median("cancel a guest that waits, median", 100) {
    let guest = try Waiting(engine, module, sleeps)
    return Task { _ = try await guest.waits(1) }
  }
  let spinning = { () throws -> Task<Void, any Error> in
    let guest = try Waiting(engine, module, sleeps)
    let spin = try guest.instance.function(guest.store, "spin")
    return Task { try await spin.callAsync(guest.store) }
  }
  try await median("cancel a guest that computes, median", 40, spinning)

  func heartbeat(_ row: String) async throws {
    var late: [Double] = []
    for _ in 0..<200 {
      let start = clock.now
      try await Task.sleep(for: .milliseconds(10))
      late.append(nanoseconds(clock.now - start))
    }
    show(row, late.sorted()[197])
  }
  try await heartbeat("a heartbeat of 10 ms alone, 99 of 100")
  let tasks = [try spinning(), try spinning()]
  try await heartbeat("a heartbeat beside two guests that compute, 99 of 100")
  for task in tasks { task.cancel() }
}
