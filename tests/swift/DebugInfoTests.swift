import Foundation
import Testing
import Trimaran

/// Traps have the lines of the guest's source.
struct DebugInfoTests {
  private static let file = "/guest/divide.c"

  private func module(_ engine: Engine) throws -> Module {
    try Module(engine, fromFile: folder("modules").appendingPathComponent("divide.wasm").path)
  }

  private func trap(_ engine: Engine) throws -> WasmtimeError? {
    let store = try Store(engine)
    let ask = try Func(store) { (question: Int32) -> Int32 in question }
    let instance = try Instance(store, module(engine), [ask])
    return failure { try instance.function(store, "mean_of_first")(store, Int32(0)) as Int32 }
  }

  @Test func aTrapHasFilesLinesAndColumns() throws {
    let trap = try trap(testEngine())
    let frames = try #require(trap?.frames)
    #expect(
      frames.first?.symbols == [
        FrameSymbol(name: "divide", file: Self.file, line: 7, column: 17),
        FrameSymbol(name: "mean", file: Self.file, line: 15, column: 10),
      ]
    )
    #expect(frames.last?.symbols.map(\.line) == [20])
    #expect(trap?.description.contains(" - divide\n                    at \(Self.file):7:17\n") == true)
    #expect(frames.first?.description.hasSuffix("of the module (\(Self.file):7:17)") == true)
    #expect(frames.first?.symbols.first?.description == "divide at \(Self.file):7:17")
  }

  @Test func trapsAreComparedWithoutALookAtTheirLines() throws {
    let engine = try testEngine()
    let (one, other) = (try trap(engine), try trap(engine))
    #expect(one == other && one?.hashValue == other?.hashValue)
    var frame = try #require(one?.frames.first)
    #expect(frame == other?.frames.first)
    frame.symbols = []
    #expect(frame.symbols.isEmpty)
  }

  @Test func anEngineMayKeepNoLines() throws {
    let plain = try testEngine { $0.wasmBacktraceDetails = false }
    #expect(try trap(plain)?.frames.map(\.symbols) == [[], []])
    #expect(try module(plain).debugInfo == nil)
  }

  @Test func whatAModuleSaysOfAnOffset() throws {
    let module = try module(testEngine())
    let info = try #require(try module.debugInfo)
    module.close()
    #expect(Set((0..<2000).flatMap { info.symbols(moduleOffset: $0) }.map(\.file)) == [Self.file, nil])
  }

  @Test func aTrapWritesItsStore() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-\(UUID()).core").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let text = #"(module (memory 1) (data (i32.const 7) "in the memory") (func (export "run") unreachable))"#
    let guest = try Guest(text) { $0.coredumpOnTrap = true }
    let trap = try #require(failure { try guest.function("run")(guest.store) })
    try trap.coredump(toFile: file)
    let bytes = try #require(FileManager.default.contents(atPath: file))
    #expect(try Module.customSections(bytes, named: "corestack").count == 1)
    #expect(bytes.range(of: Data("in the memory".utf8)) != nil)
    guest.store.close()
    #expect(failure { try trap.coredump(toFile: file) } == .closed(what: "store"))
    let plain = try Guest(text)
    let other = try #require(failure { try plain.function("run")(plain.store) })
    guard case .config? = failure({ try other.coredump(toFile: file) }) else {
      Issue.record("it wrote one")
      return
    }
  }
}
