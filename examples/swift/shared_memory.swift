// Lets several threads use one memory, each from a store of its own.

import Trimaran

let engine = try Engine { $0.wasmThreads = true }

// Everybody who uses a shared memory has to know how far it can grow, so it needs a maximum.
let sharedMemory = try SharedMemory(engine, MemoryType(Limits(1, 5)))

/// What each task does, on whatever thread it runs. Returns the offset that it wrote to.
@Sendable func work(_ id: Int) throws -> Int {
  let store = try Store(engine)
  let memory = try sharedMemory.asMemory(store)
  let offset = id * 32
  try memory.write(store, "Thread \(id) was here!", at: offset)
  return offset
}

let tasks = (0..<3).map { id in Task.detached { try work(id) } }
for (id, task) in tasks.enumerated() {
  print("Thread \(id) wrote to offset \(try await task.value)")
}

let store = try Store(engine)
let memory = try sharedMemory.asMemory(store)

print("Reading results from shared memory:")
for id in 0..<3 {
  print("Thread \(id) data: \(try memory.readTerminated(store, at: id * 32))")
}
