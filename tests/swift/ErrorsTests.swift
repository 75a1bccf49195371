import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Errors")
struct ErrorsTests {
  static let sentences: [(WasmtimeError, String)] = [
    (.compile(reason: "why"), "why"),
    (.syntax(reason: "why", line: 3, column: 4), "why (line 3, column 4)"),
    (.link(reason: "why", module: "a", name: "b"), "why"),
    (.trap(code: .unreachableCodeReached, reason: "why", frames: []), "why"),
    (.exit(status: 7), "the guest exited with status 7"),
    (.host(reason: "why"), "a host function failed: why"),
    (.thrown(Problem("why not")), "a host function failed: why not"),
    (.type(reason: "why"), "why"),
    (.range(reason: "why"), "why"),
    (.bounds(offset: 1, length: 2, size: 3), "out of bounds: 2 bytes at offset 1, in a memory of 3 bytes"),
    (.encoding(reason: "why", offset: 1), "why"),
    (.limit(reason: "why"), "why"),
    (.notFound(name: "a", reason: "why"), "why"),
    (.closed(what: "store"), "the store is closed"),
    (.wrongStore(what: "memory"), "the memory belongs to another store: use it with the store that made it"),
    (.wrongEngine(what: "module"), "the module belongs to another engine: make both with the same engine"),
    (
      .poisoned,
      "a guest of this store has trapped or was ended, and no component of the store can be entered any more: make a new store"
    ),
    (
      .escaped,
      "a caller is only valid on its own thread, until its host function returns; a call that an async one began ends with it"
    ),
    (.busy(reason: "why"), "why"),
    (.suspend(reason: "why"), "why"),
    (.config(reason: "why"), "why"),
    (.artifact(reason: "why"), "why"),
    (.io(path: "a", reason: "why"), "a: why"),
    (.unsupported(reason: "why"), "why"),
    (.unexpected(reason: "why"), "unexpected failure, please report it: why"),
  ]

  @Test func everyErrorHasItsSentence() {
    for (error, text) in Self.sentences {
      #expect(error.description == text)
      #expect(error.localizedDescription == text)
      #expect("\(error)" == text)
    }
    #expect(Set(Self.sentences.map(\.0)).count == Self.sentences.count)
  }

  @Test func fieldsThatNothingHolds() {
    let frame = Frame(funcIndex: -1)
    #expect(WasmtimeError.trap(code: nil, reason: "why", frames: [frame]).description == "why, in function 0")
    #expect(WasmtimeError.syntax(reason: "why", line: -1, column: .max).description.hasPrefix("why (line 0"))
  }

  @Test func aTrapSaysWhyAndWhere() throws {
    let guest = try Guest(
      """
      (module $calculator
        (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "run") (result i32) (call $divide (i32.const 1) (i32.const 0))))
      """
    )
    let error = failure { try guest.function("run")(guest.store) }
    guard case .trap(let code, let reason, _, let frames) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(code == .integerDivisionByZero)
    #expect(reason.contains("divide by zero"))
    #expect(frames.map(\.funcIndex) == [0, 1])
    #expect(frames.first?.funcName == "divide")
    #expect(frames.first?.moduleName == "calculator")
    #expect(frames.first?.moduleOffset != nil)
    #expect(error?.description.contains("in function `divide` at offset 0x") == true)
    // The store goes on working.
    #expect(!guest.store.isClosed)
  }

  @Test func oneThingOfAnErrorWithoutAPattern() throws {
    let frame = Frame(funcIndex: 3)
    let trap = WasmtimeError.trap(code: .outOfFuel, reason: "why", frames: [frame])
    #expect(trap.trapCode == .outOfFuel && trap.frames == [frame] && trap.exitStatus == nil)
    let exit = WasmtimeError.exit(status: 7)
    #expect(exit.trapCode == nil && exit.frames.isEmpty && exit.exitStatus == 7)
    let thrown = WasmtimeError.thrown(Problem("why not"))
    #expect(thrown.thrown(as: Problem.self)?.description == "why not")
    #expect(thrown.thrown(as: CancellationError.self) == nil && exit.thrown(as: Problem.self) == nil)
    #expect(thrown.original is Problem && exit.original as? WasmtimeError == exit)
    #expect(!thrown.isCancellation)
    #expect(WasmtimeError.thrown(CancellationError()).isCancellation)
    #expect(throws: CancellationError.self) { throw WasmtimeError.thrown(CancellationError()).original }
  }

  /// `localizedDescription` knows what Foundation does.
  @Test func anErrorThatHasASentenceOfItsOwn() {
    struct Full: LocalizedError { let errorDescription: String? = "the disk is full" }
    #expect(WasmtimeError.thrown(Full()).localizedDescription == "a host function failed: the disk is full")
  }

  @Test func theErrorOfARow() {
    let error = RowError(row: 3, error: .type(reason: "a text is no number"))
    #expect(error.localizedDescription == "row 3: a text is no number")
    #expect("\(error)" == "row 3: a text is no number")
  }

  @Test func aCancelledTaskSaysSo() {
    #expect("\(WasmtimeError.thrown(CancellationError()))" == "the task was cancelled")
    #expect(WasmtimeError.thrown(CancellationError()).localizedDescription == "the task was cancelled")
  }

  /// They need no `any Error` around them.
  @Test func closuresThatThrowErrorsOfThePackage() throws {
    func sum(_ engine: Engine) throws(WasmtimeError) -> Int {
      try engine.withStore { store throws(WasmtimeError) in
        let memory = try Memory(store, MemoryType(Limits(1)))
        try memory.withUnsafeMutableBytes(store) { $0[1] = 4 }
        return try memory.withUnsafeBytes(store, count: 2) { bytes throws(WasmtimeError) in
          guard bytes[0] == 0 else { throw .escaped }
          return Int(bytes[1])
        }
      }
    }
    #expect(try sum(testEngine()) == 4)
    let problem = Problem("why not")
    #expect(throws: Problem.self) { try testEngine().withStore { _ in throw problem } }
  }

  @Test func theCatchIsTyped() {
    do {
      _ = try Engine { $0.maxWasmStack = 0 }
      Issue.record("it did not fail")
    } catch .config(let reason) {
      #expect(!reason.isEmpty)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func filesThatAreNotThere() throws {
    let engine = try testEngine()
    for error in [
      failure { _ = try Module(engine, fromFile: "/nowhere/a.wasm") },
      failure { _ = try Module(engine, deserializeFile: "/nowhere/a.wasm") },
      failure { _ = try Module(engine, fromFile: URL(fileURLWithPath: "/nowhere/a.wasm")) },
      failure { _ = try Module(engine, deserializeFile: URL(fileURLWithPath: "/nowhere/a.wasm")) },
    ] {
      guard case .io(let path, let reason, let code) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(path == "/nowhere/a.wasm")
      #expect(!reason.isEmpty)
      #expect(code == ENOENT && error?.systemCode == ENOENT)
    }
  }

  @Test func aURLOfNoFile() throws {
    let url = try #require(URL(string: "https://example.org/a.wasm"))
    let expected = WasmtimeError.io(path: "https://example.org/a.wasm", reason: "expected the URL of a file")
    #expect(failure { _ = try Module(testEngine(), fromFile: url) } == expected)
    #expect(Preopen(URL(fileURLWithPath: "/a b"), as: "/c") == Preopen("/a b", as: "/c"))
    // A URL of no file is no directory of this machine.
    let elsewhere = try #require(URL(string: "https://example.com/etc"))
    #expect(Preopen(elsewhere, as: "/c") == Preopen("https://example.com/etc", as: "/c"))
  }

  @Test func whereTextIsWrong() {
    let error = failure { _ = try wat2wasm("(module\n  (func (oops)))") }
    guard case .syntax(_, let line, let column, let excerpt) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(line == 2 && column == 10)
    #expect(excerpt == " 2 |   (func (oops)))\n   |          ^")
  }

  @Test func errorsNameTheFile() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).wat")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("(module\n  (fonc))".utf8).write(to: file)
    let text = failure { _ = try Module(testEngine(), fromFile: file) }?.description ?? ""
    #expect(text.hasPrefix("\(file.path): "), "\(text)")
    #expect(text.hasSuffix(" (line 2, column 4)\n 2 |   (fonc))\n   |    ^"), "\(text)")
  }
}
