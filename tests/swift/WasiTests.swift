import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// Pieces of input, one after the other.
private final class Pieces: @unchecked Sendable {
  private let lock = NSLock()
  private var left: [String]

  init(_ pieces: [String]) { left = pieces }

  func next() -> [UInt8] { lock.withLock { Array(left.removeFirst().utf8) } }
}

@Suite("WASI")
struct WasiTests {
  let store: Store
  let instance: Instance

  init() throws {
    let engine = try testEngine()
    store = try Store(engine)
    let linker = try Linker(engine)
    try linker.defineWasi()
    let module = try Module(engine, fromFile: folder("modules").appendingPathComponent("wasi.wat").path)
    instance = try linker.instantiate(store, module)
  }

  private func call(_ name: String, _ arguments: Val...) throws -> [Val] {
    try instance.function(store, name).call(store, arguments)
  }

  @Test func argumentsAndEnvironment() throws {
    let output = try OutputPipe()
    try store.setWasi {
      $0.argv = ["greet", "é"]
      $0.env = ["B": "2", "A": "1"]
      $0.env["C"] = "3"
      $0.stdout = .pipe(output)
    }
    _ = try call("args")
    #expect(try output.text == "greet\né\n")
    #expect(try String(decoding: output.take(), as: UTF8.self) == "greet\né\n")
    #expect(try output.contents.isEmpty)
    _ = try call("env")
    #expect(try output.text == "B=2\nA=1\nC=3\n")
  }

  /// To Swift the two names mean one text; a dictionary would have room for one of them.
  @Test func filesWhoseNamesMeanTheSame() throws {
    let (one, two) = ("\u{e5}", "a\u{30a}")
    #expect(one == two)
    let files = try MemoryDirectory([one: [1], two: [2]])
    let found = try files.files
    #expect(found.map { Array($0.name.utf8) } == [Array(two.utf8), Array(one.utf8)])
    #expect(found[one] == [1] && found[two] == [2] && found["c"] == nil)
    #expect(try files.read(one) == [1] && files.read(two) == [2] && files.names.count == 2)
    let given = ["b": [UInt8(4)], "a": [3]]
    #expect(try MemoryDirectory(given).files.map(\.name) == ["a", "b"])
  }

  @Test func anEnvironmentIsAListByName() {
    var env = WasiConfig.Environment(["B": "2", "A": "1"])
    #expect(env.map(\.name) == ["A", "B"])
    env["A"] = "3"
    env["C"] = "4"
    env["B"] = nil
    #expect(env.map { "\($0.name)=\($0.value)" } == ["A=3", "C=4"])
    #expect(env["B"] == nil && env["A"] == "3")
    let twice = WasiConfig.Environment([(name: "A", value: "1"), (name: "A", value: "2")])
    #expect(twice.count == 2 && twice["A"] == "2")
  }

  @Test func inputFromAClosure() throws {
    let output = try OutputPipe()
    let pieces = Pieces(["ab", "cde", ""])
    try store.setWasi {
      $0.stdin = .callback { _ in pieces.next() }
      $0.stdout = .pipe(output)
    }
    #expect(try call("cat", .i32(1)) == [.i32(5)])
    #expect(try output.text == "abcde")
  }

  @Test func whatAnInputThrows() throws {
    struct Mine: Error, Equatable {}
    try store.setWasi { $0.stdin = .callback { _ in throw Mine() } }
    let cat = try instance.function(store, "cat")
    let error = failure { _ = try cat.call(store, [.i32(1)]) }
    guard case .thrown(let thrown)? = error else {
      Issue.record("the input threw, and the call failed with \(String(describing: error))")
      return
    }
    #expect(thrown as? Mine == Mine())
    try store.setWasi { $0.stdin = .callback { count in Array(repeating: 0, count: count + 1) } }
    let refused = failure { _ = try cat.call(store, [.i32(1)]) }
    #expect(refused?.description == "the standard input gave more bytes than expected: 5 at most")
  }

  @Test func inputsAndFiles() throws {
    let directory = try TemporaryDirectory()
    let (input, output) = (directory.url.appendingPathComponent("in"), directory.url.appendingPathComponent("out"))
    try Data("from a file".utf8).write(to: input)
    try Data("before ".utf8).write(to: output)
    try store.setWasi {
      $0.stdin = .file(path: input.path)
      $0.stdout = .file(path: output.path, append: true)
    }
    _ = try call("cat", .i32(1))
    #expect(try String(contentsOf: output, encoding: .utf8) == "before from a file")
    try store.setWasi {
      $0.stdin = .bytes(Data([104, 105]))
      $0.stdout = .file(path: output.path)
    }
    _ = try call("cat", .i32(1))
    #expect(try String(contentsOf: output, encoding: .utf8) == "hi")
    let missing = failure { try store.setWasi { $0.stdin = .file(path: "/nowhere/at/all") } }
    guard case .io(path: "/nowhere/at/all", _, _) = missing else {
      Issue.record("\(String(describing: missing))")
      return
    }
  }

  @Test func aCallback() throws {
    let sink = Sink()
    try store.setWasi {
      $0.stdin = .text("to a closure")
      $0.stderr = .callback { sink.add($0) }
    }
    _ = try call("cat", .i32(2))
    #expect(String(decoding: sink.bytes, as: UTF8.self) == "to a closure")
  }

  @Test func whatACallbackThrowsIsTheVerySame() throws {
    let mine = Mistake()
    try store.setWasi {
      $0.argv = ["one"]
      $0.stdout = .callback { _ in throw mine }
    }
    for _ in 0..<2 {
      guard case .thrown(let error as Mistake)? = failure({ try call("args") }) else {
        Issue.record("it is another one")
        return
      }
      #expect(error === mine)
    }
    try store.setWasi {
      $0.argv = ["one"]
      $0.stdout = .callback { _ in throw WasmtimeError.exit(status: 7) }
    }
    #expect(throws: WasmtimeError.exit(status: 7)) { try call("args") }
  }

  @Test func aCallbackIsLetGo() throws {
    weak var seen: Sink?
    do {
      let sink = Sink()
      seen = sink
      try store.setWasi { $0.stdout = .callback { sink.add($0) } }
    }
    #expect(seen != nil)
    try store.setWasi { _ in }
    #expect(seen == nil)
    do {
      let sink = Sink()
      seen = sink
      // It even refers to the store.
      try store.setWasi { $0.stdout = .callback { [store] in if !store.isClosed { sink.add($0) } } }
    }
    store.close()
    #expect(seen == nil)
  }
}
