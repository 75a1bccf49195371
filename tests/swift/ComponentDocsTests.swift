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

  @Test func componentAndFunc() throws {
    let directory = try TemporaryDirectory()
    let file = directory.url.appendingPathComponent("adder.wasm")
    try Data(Self.adder(importing: false).utf8).write(to: file)
    let component = try Component(engine, fromFile: file.path)
    let linker = try Linker(engine)
    let instance = try linker.instantiate(store, component)
    let add = try instance.function(store, "add")
    let sum: UInt32 = try add(store, 1, 2)
    #expect(sum == 3)
    #expect(try add.call(store, [1, 2]) == .u32(3))
  }

  @Test func hostFunctions() throws {
    try linker.root.defineFunc("add") { (a: UInt32, b: UInt32) -> UInt32 in a &+ b }
    let instance = try linker.instantiate(store, Component(engine, Self.adder(importing: true)))
    #expect(try instance.function(store, "add")(store, 1, 2) as UInt32 == 3)
    try linker.instance("example:host/log@1.0.0").defineFunc("write") { (text: String) in print(text) }
    let other = try Linker(engine)
    try other.root.defineFunc("greet") { caller, arguments in
      guard case .string(let name) = arguments[0] else { return nil }
      return .string("Hello, \(name)!")
    }
  }
}
