import Foundation
import Trimaran

/// Runs an untrusted WASI program for a second at most, and gives what it printed.
func runUntrusted(_ program: Data) throws -> String {
  let engine = try Engine.shared(for: .untrusted)
  let output = try OutputPipe(capacity: 64 * 1024)
  try engine.withStore { store in
    try store.setLimits(.untrusted)
    try store.setTimeout(.seconds(1))
    try store.setWasi { $0.stdout = .pipe(output) }
    let linker = try Linker(engine)
    try linker.defineWasi()
    do throws(WasmtimeError) {
      try linker.instantiate(store, Module(engine, program)).function(store, "_start").call(store, [])
    } catch {
      guard case .exit(status: 0) = error else { throw error }
    }
  }
  return try output.text
}
