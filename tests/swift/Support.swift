import Foundation
import Testing
import Trimaran

/// A folder of `tests`, such as `cases`.
func folder(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(name)
}

/// The engine under test: `TRIMARAN_TEST_TARGET` says for which target, otherwise it is this machine.
func testEngine(_ configure: (inout Config) -> Void = { _ in }) throws -> Engine {
  try Engine { config in
    config.target = ProcessInfo.processInfo.environment["TRIMARAN_TEST_TARGET"]
    configure(&config)
  }
}

/// What `body` fails with. A test that expects an error says which, in full.
func failure(_ body: () throws -> Void) -> WasmtimeError? {
  do {
    try body()
    Issue.record("it did not fail")
    return nil
  } catch let error as WasmtimeError {
    return error
  } catch {
    Issue.record("it failed with an error of another type: \(error)")
    return nil
  }
}

/// A store with one instance of a module in the text format.
struct Guest {
  let engine: Engine
  let store: Store
  let module: Module
  let instance: Instance
  let exports: Exports

  init(_ text: String, configure: (inout Config) -> Void = { _ in }) throws {
    engine = try testEngine(configure)
    store = try Store(engine)
    module = try Module(engine, text)
    instance = try Instance(store, module)
    exports = try instance.exports(store)
  }

  func function(_ name: String) throws -> Func { try exports.function(name) }
}
