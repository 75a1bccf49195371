import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Modules")
struct ModuleTests {
  static let text = "(module (func (export \"f\") (result i32) (i32.const 7)))"

  private func call(_ module: Module, _ engine: Engine) throws -> Int {
    let store = try Store(engine)
    return try Instance(store, module).function(store, "f")(store)
  }

  @Test func bytesOfEveryKind() throws {
    let engine = try testEngine()
    let binary = try wat2wasm(Self.text)
    #expect(try wat2wasm(Array(Self.text.utf8)) == binary)
    #expect(try wat2wasm(binary) == binary)
    #expect(try call(Module(engine, Self.text), engine) == 7)
    #expect(try call(Module(engine, binary), engine) == 7)
    #expect(try call(Module(engine, Array(binary)), engine) == 7)
    #expect(try call(Module(engine, Data(Self.text.utf8)), engine) == 7)
    try Module.validate(engine, binary)
    try Module.validate(engine, Self.text)
  }

  @Test func filesAndArtifacts() throws {
    let engine = try testEngine()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (source, compiled) = (folder.appendingPathComponent("é.wat"), folder.appendingPathComponent("f.cwasm"))
    try Data(Self.text.utf8).write(to: source)

    let module = try Module(engine, fromFile: source.path)
    let artifact: Data = try module.serialize()
    try artifact.write(to: compiled)
    #expect(try call(Module(engine, deserialize: artifact), engine) == 7)
    #expect(try call(Module(engine, deserializeFile: compiled.path), engine) == 7)

    var flipped = artifact
    flipped[flipped.startIndex + flipped.count / 2] ^= 1
    for error in [
      failure { _ = try Module(engine, deserialize: flipped) }, failure { _ = try Module(engine, deserialize: Data()) },
    ] {
      guard case .artifact(let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func afterClose() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let module = try Module(engine, Self.text)
    let instance = try Instance(store, module)
    module.close()
    module.close()
    let closed = WasmtimeError.closed(what: "module")
    #expect(throws: closed) { try module.name }
    #expect(throws: closed) { try module.imports }
    #expect(throws: closed) { try module.exports }
    #expect(throws: closed) { try module.serialize() }
    #expect(throws: closed) { try Instance(store, module) }
    #expect(try instance.function(store, "f")(store) == [.i32(7)])
  }

  @Test func artifacts() throws {
    let engine = try testEngine()
    let artifact = try engine.precompile(Self.text)
    #expect(try engine.precompile(wat2wasm(Self.text)).count == artifact.count)
    #expect(try engine.accepts(artifact))
    #expect(try call(Module(engine, deserialize: artifact), engine) == 7)
    var flipped = artifact
    flipped[flipped.startIndex + 40] ^= 1
    #expect(try engine.accepts(flipped) == false)
    let other = try testEngine { $0.consumeFuel = true }
    #expect(try other.accepts(artifact) == false)
    #expect(try engine.compatibilityHash == testEngine().compatibilityHash)
    #expect(try engine.compatibilityHash != other.compatibilityHash)
  }

  @Test func aModuleIsCodable() throws {
    struct Plugin: Codable {
      var name: String
      var module: Module
    }
    let engine = try testEngine { $0.consumeFuel = false }
    let data = try JSONEncoder().encode(Plugin(name: "seven", module: Module(engine, Self.text)))
    let plugin = try JSONDecoder().decode(Plugin.self, from: data)
    let found = try plugin.module.engine
    #expect(try call(plugin.module, found) == 7)
    #expect(try found.config == engine.config)
    // Two of them share an engine.
    let again = try JSONDecoder().decode(Plugin.self, from: data).module
    #expect(try call(again, found) == 7)
    let list = PropertyListEncoder()
    list.outputFormat = .binary
    let listed = try PropertyListDecoder().decode([Module].self, from: list.encode([again]))
    #expect(try call(listed[0], listed[0].engine) == 7)
  }

  @Test func whatIsDecodedIsChecked() throws {
    let packed: Data = try Module(testEngine(), Self.text).pack()
    #expect(throws: Never.self) { try Module(unpack: packed) }
    for place in stride(from: 0, to: packed.count, by: 997) {
      var flipped = packed
      flipped[flipped.startIndex + place] ^= 1
      let data = try JSONEncoder().encode(flipped)
      guard case .artifact? = failure({ try JSONDecoder().decode(Module.self, from: data) }) else {
        Issue.record("a flipped bit at \(place) was taken")
        return
      }
    }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Module.self, from: Data("7".utf8)) }
  }

  /// On a thread with little of a stack, and where recursion through the host has left little of it.
  @Test func compilingOnLittleStack() throws {
    let engine = try testEngine { $0.parallelCompilation = false }
    let text = #"(module (func (export "f") (result i32) (i32.const 7)))"#
    let onASmallThread = Worker(stackSize: 128 << 10) { try Module(engine, text).exports.count }
    #expect(try onASmallThread.join() == 1)

    let store = try Store(engine)
    let module = try Module(
      engine,
      """
      (module
        (import "host" "again" (func $again (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $again (i32.add (local.get 0) (i32.const 1)))))
      """
    )
    let again = try Func(store) { (caller: borrowing Caller, depth: Int32) -> Int32 in
      _ = try Module(engine, text)
      return try caller.function("run").typed(caller.store, as: ((Int32) -> Int32).self)(caller.store, depth)
    }
    let run = try Instance(store, module, [again]).function(store, "run")
    let error = try Worker(stackSize: 256 << 10) { failure { try run(store, 0) } }.join()
    switch error {
    case .limit, .trap(.stackOverflow, _, _, _): break
    default: Issue.record("\(String(describing: error))")
    }
  }
}
