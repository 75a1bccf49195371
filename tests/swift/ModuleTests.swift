import Foundation
import Testing
import Trimaran

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

  @Test func badBytes() throws {
    let engine = try testEngine()
    for bytes in [[], [0], [0, 0x61, 0x73, 0x6d], [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1]] as [[UInt8]] {
      for error in [failure { _ = try Module(engine, bytes) }, failure { try Module.validate(engine, bytes) }] {
        guard case .compile(let reason) = error else {
          Issue.record("\(bytes): \(String(describing: error))")
          continue
        }
        #expect(!reason.isEmpty)
      }
    }
    let invalid = failure { try Module.validate(engine, "(module (func (result i32)))") }
    guard case .compile = invalid else {
      Issue.record("\(String(describing: invalid))")
      return
    }
  }

  @Test func filesAndArtifacts() throws {
    let engine = try testEngine()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (source, compiled) = (folder.appendingPathComponent("é.wat"), folder.appendingPathComponent("f.cwasm"))
    try Data(Self.text.utf8).write(to: source)

    let module = try Module(engine, fromFile: source.path)
    let artifact = try module.serialize()
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
}
