// Runs guests that wait for an async host function: two at once, and one that is cancelled while it waits.

import Trimaran

let text = """
  (module
    (import "env" "fetch" (func $fetch (param i32) (result i32)))
    (func (export "sum") (param $count i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $fetch (local.get $count))))
        (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
      (local.get $sum))
    (func (export "answer") (result i32) (i32.const 42)))
  """

let engine = try Engine()
let module = try Module(engine, text)
let linker = try Linker(engine)
try linker.define("env", "fetch") { (number: Int32) async throws -> Int32 in
  // The guest waits, and the other one goes on.
  try await Task.sleep(for: .milliseconds(10))
  return number * number
}

/// A guest in a store of its own, in which one call runs at a time.
struct Guest {
  let store: Store
  let instance: Instance

  init() async throws {
    store = try Store(engine)
    instance = try await linker.instantiateAsync(store, module)
  }

  func sum(_ count: Int) async throws -> Int {
    try await instance.function(store, "sum").callAsync(store, count)
  }
}

let (a, b) = (try await Guest(), try await Guest())
async let first = a.sum(3)
async let second = b.sum(3)
print("guest A: \(try await first)")
print("guest B: \(try await second)")

let task = Task { try await a.sum(1_000) }
try await Task.sleep(for: .milliseconds(50))
task.cancel()
do {
  print("sum: \(try await task.value)")
} catch is CancellationError {
  print("cancelled: yes")
}
let answer: Int = try a.instance.function(a.store, "answer")(a.store)
print("store usable: \(answer)")
