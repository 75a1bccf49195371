// Runs a guest that uses WASI, with nothing of this machine but what it is given.
//
// usage: wasi MODULE

import Foundation
import Trimaran

guard CommandLine.arguments.count == 2 else {
  print("usage: wasi MODULE")
  exit(2)
}
let engine = try Engine()
let linker = try Linker(engine)
try linker.defineWasi()

let store = try Store(engine)
let output = try OutputPipe()
try store.setWasi {
  $0.argv = ["greet", "world"]
  $0.stdin = .text("hello")
  $0.stdout = .pipe(output)
  // A clock that stands still, so that every run prints the same.
  $0.clock = FixedClock(start: 1_000_000_000)
}

let guest = try linker.instantiate(store, Module(engine, fromFile: CommandLine.arguments[1]))
try guest.function(store, "args")(store)
try guest.function(store, "cat")(store, 1)
for line in try output.text.split(separator: "\n") { print("guest: \(line)") }
let clock: Int = try guest.function(store, "clock")(store, 0)
print("clock: \(clock)")

do {
  try guest.function(store, "exit")(store, 3)
} catch {
  guard case .exit(let status) = error else { throw error }
  print("exit: \(status)")
}
