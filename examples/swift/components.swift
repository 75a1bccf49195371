// Runs a component: a record, a result, a resource and a function of the host: components COMPONENT.

import TrimaranComponent

let engine = try Engine()
let component = try Component(engine, fromFile: CommandLine.arguments[1])
let linker = try Linker(engine)
// A compatible version serves: the component asks for 1.0.0.
let log = try linker.instance("example:host/log@1.2.0")
try log.defineFunc("write") { (text: String) in print("the component says: \(text)") }

let store = try Store(engine)
let instance = try linker.instantiate(store, component)

if case .record(let stats) = try instance.function(store, "stats").call(store, ["a language is a world"]),
  case .u32(let words) = stats["words"], case .u32(let bytes) = stats["byte-count"]
{
  print("\(words) words in \(bytes) bytes")
}

let half = try instance.function(store, "half")
for number in [10, 7] {
  switch try half.call(store, [.u32(UInt32(number))]) {
  case .ok(.u32(let value)): print("half of \(number) is \(value)")
  case .error(.string(let reason)): print("half of \(number): \(reason)")
  case let other: print("unexpected: \(String(describing: other))")
  }
}

let following = try instance.function(store, "[method]counter.next")
let counter: Resource = try instance.function(store, "[constructor]counter")(store, 40)
print("the counter gives \(try following(store, counter) as UInt32), then \(try following(store, counter) as UInt32)")
try counter.close()

do {
  _ = try half.call(store, [-1])
} catch {
  print(error)
}
