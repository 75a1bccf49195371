// Keeps a guest within limits: how much memory it may have, and how much it may do.

import Trimaran

let greedy = """
  (module
    (memory 1)
    (func (export "grow") (param i32) (result i32)
      (memory.grow (local.get 0)))
    (func (export "spin")
      (loop (br 0))))
  """

let engine = try Engine { $0.consumeFuel = true }
let store = try Store(engine)
try store.setLimits(memorySize: 131_072)
try store.setFuel(10_000)
let guest = try Instance(store, Module(engine, greedy))

// The first page more is within the limit, the second one is not: the guest is told, and goes on.
for _ in 1...2 {
  let before: Int = try guest.function(store, "grow")(store, 1)
  print("grow: \(before)")
}

do {
  try guest.function(store, "spin")(store)
} catch {
  guard case .trap(.outOfFuel, _, _, _) = error else { throw error }
  print("trap: out of fuel")
}
