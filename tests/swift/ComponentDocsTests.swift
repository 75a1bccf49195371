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

  /// A component that adds by a function of its own, and by the host's `add`, where it imports that.
  private static func adder(importing: Bool) -> String {
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

  /// Every example is one of those above.
  @Test func everyExampleIsHere() throws {
    let (count, missing) = try Examples.of("TrimaranComponent", in: #filePath)
    #expect(missing == [])
    #expect(count > 7)
  }
}
