import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// A folder of `tests`, such as `cases`.
func folder(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(name)
}

/// The target under test; `nil` is this machine.
let testTarget = ProcessInfo.processInfo.environment["TRIMARAN_TEST_TARGET"].flatMap { $0.isEmpty ? nil : $0 }

/// Whether the engines of shared cases have the async part of the component model, where a case does not say so.
let testsAsyncComponents = ProcessInfo.processInfo.environment["TRIMARAN_TEST_ASYNC_COMPONENTS"] != nil

/// Whether the target under test is wasmtime's interpreter, which has no threads.
let isInterpreter = testTarget?.hasPrefix("pulley") ?? false

/// The engine under test: for the target that `TRIMARAN_TEST_TARGET` names.
func testEngine(_ configure: (inout Config) -> Void = { _ in }) throws -> Engine {
  try Engine { config in
    config.target = testTarget
    configure(&config)
  }
}

/// What `body` fails with. A test that expects an error says which, in full.
func failure<R>(_ body: () throws -> R) -> WasmtimeError? {
  do {
    _ = try body()
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

/// Something that runs on a thread of its own.
final class Worker<R: Sendable>: Sendable {
  private let state = State<R>()

  /// Starts it. The stack is a roomy one, unless the system is to choose: guest code may use 512 KiB of it.
  init(stackSize: Int? = 8 << 20, _ body: @escaping @Sendable () throws -> R) {
    let state = state
    let thread = Thread { state.finish(Result(catching: body)) }
    if let stackSize { thread.stackSize = stackSize }
    thread.start()
  }

  /// Whether it has ended.
  var isFinished: Bool { state.isFinished }

  /// Waits for its end, and gives what it gave.
  @discardableResult
  func join() throws -> R { try state.wait().get() }

  private final class State<Value: Sendable>: @unchecked Sendable {
    // The condition guards the result.
    private let condition = NSCondition()
    private var result: Result<Value, any Error>?

    var isFinished: Bool {
      condition.lock()
      defer { condition.unlock() }
      return result != nil
    }

    func finish(_ result: Result<Value, any Error>) {
      condition.lock()
      defer { condition.unlock() }
      self.result = result
      condition.broadcast()
    }

    func wait() -> Result<Value, any Error> {
      condition.lock()
      defer { condition.unlock() }
      while true {
        if let result { return result }
        condition.wait()
      }
    }
  }
}
