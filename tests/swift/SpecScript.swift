import Foundation
import Trimaran
import TrimaranFoundation

/// One command of a file of the official suite.
struct SpecCommand: Decodable, Sendable {
  let op: String
  let line: Int
  let assert: Bool?
  let file: String?
  let name: String?
  let of: String?
  let `as`: String?
  let module: String?
  let field: String?
  let args: [Pattern]?
  let expected: [Pattern]?
  let error: [String]?
  let code: String?
  let steps: [JSON]?
}

/// How a command ended.
struct SpecLine: Sendable {
  enum Outcome: String { case pass, fail, skip }

  let id: String
  let outcome: Outcome
  /// The variant of the error that it ended with.
  var variant = "-"
  var problem = ""

  var row: String { "\(id)\t\(outcome)\t\(variant)\n" }
}

/// One file of the official suite: its commands, run through the public API.
final class SpecScript {
  private let folder: URL
  private let engine: Engine
  private let metered: Engine
  private let store: Store
  private let linker: Linker
  private var hosts: [String: HostObject] = [:]
  private var current: Instance?
  private var instances: [String: Instance] = [:]
  private var definitions: [String: Module] = [:]
  private var lastDefinition: Module?
  /// What the last command has seen of a module.
  private var seen: String?
  /// What the steps about components made.
  private let world = World()

  /// A script on an engine; `metered` counts the fuel of generated modules.
  init(_ folder: URL, _ engine: Engine, metered: Engine) throws {
    self.folder = folder
    self.engine = engine
    self.metered = metered
    (store, linker) = (try Store(engine), try Linker(engine))
    try linker.allowShadowing()
    try spectest("spectest.wasm")
    if try engine.config.wasmThreads == true { try spectest("spectest-threads.wasm") }
  }

  /// What the official suite imports; a suite of other modules has no such file.
  private func spectest(_ file: String) throws {
    guard FileManager.default.fileExists(atPath: folder.appendingPathComponent(file).path) else { return }
    try linker.defineModule(store, "spectest", compile(file))
  }

  deinit { store.close() }

  /// Runs all commands of the file `id`. A line comes out for each assertion, and for whatever else fails.
  func run(_ id: String, skipping isSkipped: (Int) -> Bool) throws -> [SpecLine] {
    struct Content: Decodable { let commands: [SpecCommand] }
    let content = try Data(contentsOf: folder.appendingPathComponent("\(id).json"))
    let commands = try JSONDecoder().decode(Content.self, from: content).commands
    return commands.enumerated().compactMap { index, command in
      let id = "\(id):\(command.line)#\(index)"
      let isAssertion = command.assert ?? false
      if isSkipped(command.line) { return isAssertion ? SpecLine(id: id, outcome: .skip) : nil }
      let (variant, problem) = end(of: command)
      if let problem { return SpecLine(id: id, outcome: .fail, variant: variant, problem: problem) }
      return isAssertion ? SpecLine(id: id, outcome: .pass, variant: variant) : nil
    }
  }

  /// The variant of the error that a command ends with, and what is wrong with that.
  private func end(of command: SpecCommand) -> (String, String?) {
    seen = nil
    do {
      try perform(command)
      return (seen ?? "-", command.error.map { "it did not fail with \($0)" })
    } catch let error as WasmtimeError {
      let fields = fields(of: error)
      let variant = fields["variant"]?.string ?? "?"
      guard command.error?.contains(variant) == true else { return (variant, "\(variant): \(error)") }
      let code = fields["code"]?.string
      if let wanted = command.code, wanted != code { return (variant, "expected \(wanted): \(error)") }
      return (variant, nil)
    } catch {
      return ("-", "\(error)")
    }
  }

  private func perform(_ command: SpecCommand) throws {
    switch command.op {
    case "compile": _ = try compile(the(command.file, "file"))
    case "module": try instantiate(compile(the(command.file, "file")), command.name)
    case "definition":
      let module = try compile(the(command.file, "file"))
      if let name = command.name { definitions[name] = module }
      lastDefinition = module
    case "instance":
      let module = if let name = command.of { definitions[name] } else { lastDefinition }
      try instantiate(the(module, "such definition"), command.name)
    case "register": try linker.defineInstance(store, the(command.as, "as"), instance(command.name))
    case "invoke":
      guard let function = try export(command).function else { throw Problem("no function") }
      let arguments = try the(command.args, "args").map { try $0.value(&hosts) }
      try compare(function.call(store, arguments), command)
    case "get":
      guard let global = try export(command).global else { throw Problem("no global") }
      try compare([global.get(store)], command)
    case "steps":
      let first = world.variants.count
      for step in try the(command.steps, "steps") { try world.run(Step(step)) }
      if world.variants.count > first { seen = world.variants[first...].joined(separator: ",") }
    case "observe": seen = try Observer.observe(metered, compile(the(command.file, "file"), metered))
    case let other: throw Problem("unknown op `\(other)`")
    }
  }

  private func compile(_ file: String, _ engine: Engine? = nil) throws -> Module {
    try Module(engine ?? self.engine, Data(contentsOf: folder.appendingPathComponent(file)))
  }

  private func instantiate(_ module: Module, _ name: String?) throws {
    let instance = try linker.instantiate(store, module)
    if let name { instances[name] = instance }
    current = instance
  }

  private func instance(_ name: String?) throws -> Instance {
    let found = if let name { instances[name] } else { current }
    return try the(found, "such instance")
  }

  private func export(_ command: SpecCommand) throws -> Extern {
    try instance(command.module).export(store, the(command.field, "field"))
  }

  private func compare(_ found: [Val], _ command: SpecCommand) throws {
    guard let expected = command.expected else { return }
    let agree =
      try expected.count == found.count
      && zip(expected, found).allSatisfy { try $0.matches($1, store, hosts) }
    if !agree { throw Problem("expected \(expected), found \(found)") }
  }

  private func the<Item>(_ item: Item?, _ what: String) throws -> Item {
    guard let item else { throw Problem("no \(what)") }
    return item
  }
}
