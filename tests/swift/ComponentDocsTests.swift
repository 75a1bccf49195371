import Foundation
import Testing
import TrimaranComponent

/// The examples in the comments of the sources about components, word for word: what they show runs.
@Suite("The examples of the documentation of components")
struct ComponentDocsTests {
  private let engine: Engine
  private let store: Store
  private let linker: Linker

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
    linker = try Linker(engine)
  }

  @Test func handlers() throws {
    let request = IncomingRequest("POST", "/orders?new", authority: "example.com", body: .text("{}"))
    #expect(request.method == "POST")
    var config = Config()
    config.target = testTarget
    config.epochInterruption = true
    let engine = try Engine(config)
    let linker = try Linker(engine)
    try linker.defineWasi()
    let file = folder("modules").appendingPathComponent("component_serve.wat").path
    let component = try Component(engine, fromFile: file)
    let handler = try IncomingHandler(linker.instantiatePre(component), timeout: .seconds(5)) { try Store(engine) }
    try handler.handle(IncomingRequest("GET", "/written")) { head in
      print(head.status)
      return { piece in print(piece.count) }
    }
  }

  /// A component that adds by a function of its own, and by the host's `add`, where it imports that.
  static func adder(importing: Bool) -> String {
    let own = "(func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"
    let host = """
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
      """
    let imports = """
      (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
      (core func $add (canon lower (func $add)))
      """
    return """
      (component
        \(importing ? imports : "")
        (core module $m \(importing ? host : own))
        (core instance $m (instantiate $m
          \(importing ? "(with \"\" (instance (export \"add\" (func $add))))" : "")))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "add"))))
      """
  }

  /// It paints, lists a folder, and is a command.
  private static let program = """
    (component
      (core module $m
        (memory (export "memory") 1)
        (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00")
        (data (i32.const 16) "\\20\\00\\00\\00\\01\\00\\00\\00\\21\\00\\00\\00\\01\\00\\00\\00ab")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "paint") (param i32 i32 i32 i32 i32))
        (func (export "list") (param i32 i32) (result i32) (i32.const 0))
        (func (export "run") (result i32) (i32.const 0)))
      (core instance $m (instantiate $m))
      (alias core export $m "memory" (core memory $memory))
      (alias core export $m "realloc" (core func $realloc))
      (type $color' (enum "red" "green"))
      (export $color "color" (type $color'))
      (type $point' (record (field "x" u32) (field "y" u32)))
      (export $point "point" (type $point'))
      (func (export "paint") (param "color" $color) (param "at" $point) (param "size" (option u32))
        (canon lift (core func $m "paint")))
      (func (export "list") (param "path" string) (result (list string))
        (canon lift (core func $m "list") (memory $memory) (realloc $realloc)))
      (func $run (result (result)) (canon lift (core func $m "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $command)))
    """

  /// It divides, or says why it cannot.
  private static let divider = """
    (component
      (core module $m
        (memory (export "memory") 1)
        (func (export "divide") (param i32 i32) (result i32)
          (if (i32.eqz (local.get 1))
            (then (i32.store8 (i32.const 0) (i32.const 1)) (i32.store8 (i32.const 4) (i32.const 0)))
            (else
              (i32.store8 (i32.const 0) (i32.const 0))
              (i32.store (i32.const 4) (i32.div_u (local.get 0) (local.get 1)))))
          (i32.const 0)))
      (core instance $m (instantiate $m))
      (alias core export $m "memory" (core memory $memory))
      (type $reason' (enum "by-zero"))
      (export $reason "reason" (type $reason'))
      (func (export "divide") (param "a" u32) (param "b" u32) (result (result u32 (error $reason)))
        (canon lift (core func $m "divide") (memory $memory))))
    """

  /// It opens the host's file `/m`, and gives what is in it.
  private static let reader = """
    (component
      (import "file" (type $file (sub resource)))
      (import "open" (func $open (param "path" string) (result (own $file))))
      (import "[method]file.read" (func $read (param "self" (borrow $file)) (result (list u8))))
      (core module $libc
        (memory (export "memory") 1)
        (data (i32.const 0) "/m")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
      (core instance $libc (instantiate $libc))
      (alias core export $libc "memory" (core memory $memory))
      (alias core export $libc "realloc" (core func $realloc))
      (core func $open (canon lower (func $open) (memory $memory)))
      (core func $read (canon lower (func $read) (memory $memory) (realloc $realloc)))
      (core module $m
        (import "" "open" (func $open (param i32 i32) (result i32)))
        (import "" "read" (func $read (param i32 i32)))
        (func (export "run") (result i32)
          (call $read (call $open (i32.const 0) (i32.const 2)) (i32.const 16))
          (i32.const 16)))
      (core instance $m (instantiate $m (with "" (instance
        (export "open" (func $open)) (export "read" (func $read))))))
      (func (export "run") (result (list u8)) (canon lift (core func $m "run") (memory $memory))))
    """

  /// A file of the host's, in which its path is.
  private final class File: Sendable {
    private let path: ComponentValue

    init(_ path: ComponentValue) { self.path = path }

    func read() throws -> [UInt8] { try Array(String(path).utf8) }
    func close() {}
  }

  @Test func componentAndFunc() throws {
    _ = try DocsTests.files.get()
    try Data(Self.adder(importing: false).utf8).write(to: URL(fileURLWithPath: "adder.wasm"))
    let component = try Component(engine, fromFile: "adder.wasm")
    let linker = try Linker(engine)
    let instance = try linker.instantiate(store, component)
    let sum: UInt32 = try instance.function(store, "add")(store, 1, 2)
    #expect(sum == 3)
    do {
      let add = try instance.function(store, "add")
      let sum: UInt32 = try add(store, 1, 2)
      #expect(sum == 3)
      #expect(try add.call(store, [1, 2]) == .u32(3))
    }
  }

  @Test func calls() throws {
    let instance = try linker.instantiate(store, Component(engine, Self.program))
    let paint = try instance.function(store, "paint")
    try paint.call(store, [.enum("red"), ["x": 1, "y": 2], nil])
    let list = try instance.function(store, "list")
    let names: [String] = try list(store, "/")
    #expect(names == ["a", "b"])
    let run = try instance.function(store, "wasi:cli/run@0.2.0", "run")
    #expect(try run.call(store, []) == .ok(nil))
  }

  @Test func linkers() throws {
    let component = try Component(engine, Self.adder(importing: false))
    let linker = try Linker(engine)
    try linker.instance("example:host/log@1.0.0").defineFunc("write") { (text: String) in print(text) }
    let instance = try linker.instantiate(store, component)
    #expect(try instance.function(store, "add").call(store, [1, 2]) == .u32(3))
  }

  @Test func hostFunctions() throws {
    try linker.root.defineFunc("add") { (a: UInt32, b: UInt32) -> UInt32 in a &+ b }
    let instance = try linker.instantiate(store, Component(engine, Self.adder(importing: true)))
    #expect(try instance.function(store, "add")(store, 1, 2) as UInt32 == 3)
    do {
      let linker = try Linker(engine)
      try linker.root.defineFunc("greet") { caller, arguments in
        guard case .string(let name) = arguments[0] else { return nil }
        return .string("Hello, \(name)!")
      }
    }
  }

  @Test func results() throws {
    let divide = try linker.instantiate(store, Component(engine, Self.divider)).function(store, "divide")
    switch try divide.call(store, [7, 0]) {
    case .ok(.u32(let quotient)): print(quotient)
    case .error(.enum(let reason)): print(reason)
    default: break
    }
    #expect(try divide.call(store, [7, 2]) == .ok(.u32(3)))
    #expect(try divide.call(store, [7, 0]) == .error(.enum("by-zero")))
  }

  @Test func resourcesOfTheHost() throws {
    let host = linker.root
    try host.defineResource("file", ResourceType())
    try host.defineFunc("open") { _, arguments in .object(File(arguments[0])) }
    try host.defineFunc("[method]file.read") { _, arguments in
      guard case .object(let file as File) = arguments[0] else { return nil }
      return .bytes(try file.read())
    }
    let instance = try linker.instantiate(store, Component(engine, Self.reader))
    #expect(try instance.function(store, "run").call(store, []) == .bytes(Array("/m".utf8)))
  }

  @Test func dropsOfResourcesOfTheHost() throws {
    let files = try ResourceType { file in (file as? File)?.close() }
    try linker.root.defineResource("file", files)
  }

  /// Every example is one of those above, or of those with `await`.
  @Test func everyExampleIsHere() throws {
    let (count, missing) = try Examples.of("TrimaranComponent", in: #filePath, AsyncComponentTests.file)
    #expect(missing == [])
    #expect(count > 7)
  }
}
