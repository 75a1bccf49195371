// Gives a guest host functions: closures, which read its memory, and may stop it.
//
// usage: host_functions PLUGIN

import Foundation
import Trimaran

guard CommandLine.arguments.count == 2 else {
  print("usage: host_functions PLUGIN")
  exit(2)
}
let engine = try Engine()
let store = try Store(engine)
let module = try Module(engine, fromFile: CommandLine.arguments[1])

// The caller is the instance that calls. Its exports are at hand.
let word = try Func(store) { (caller: borrowing Caller, start: UInt32, length: UInt32) in
  let text = try caller.memory("memory").readString(caller.store, at: Int(start), count: Int(length))
  print("the guest says: \(text)")
}

/// What the plugin exports, where `limit` says how many words it may count.
func plugin(limit: @escaping @Sendable (Int32) throws -> Int32) throws -> Exports {
  try Instance(store, module, [word, Func(store, limit)]).exports(store)
}

/// Has a plugin count the words of a text.
func count(_ text: String, _ plugin: Exports) throws(WasmtimeError) -> Int {
  try plugin.memory("memory").write(store, text)
  return try plugin.function("words")(store, 0, text.utf8.count)
}

let patient = try plugin { _ in 1000 }
print("\(try count("a language is a world", patient)) words")

// The bytes themselves, without a copy, for as long as the closure runs.
try patient.memory("memory").withUnsafeBytes(store, at: 0, count: 2) { bytes in
  let digits = bytes.map { String(format: "%02x", $0) }
  print("first \(bytes.count) bytes by a view: \(digits.joined(separator: " "))")
}

/// What this program stops a guest with.
final class Enough: Error {
  let text = "no more of this"
}

let enough = Enough()
let stopped = try plugin { count in
  if count == 2 { throw enough }
  return 1000
}
do throws(WasmtimeError) {
  _ = try count("stop here now", stopped)
} catch {
  guard let thrown = error.thrown(as: Enough.self), thrown === enough else { throw error }
  print("stopped by the host: \(thrown.text)")
}
let counted = try stopped.global("count").get(store, as: Int.self)
print("the count that the guest had come to: \(counted)")
