import Foundation
import Trimaran
import TrimaranFoundation

/// Where the real programs are.
let programs = URL(
  fileURLWithPath: ProcessInfo.processInfo.environment["TRIMARAN_PROGRAMS"] ?? folder("../target/programs").path
)

/// Where a program lies once it is compiled.
func compiledProgram(_ file: String) -> URL {
  programs.appendingPathComponent("\(file).\(testTarget ?? "native").cwasm")
}

/// Runs a real program as `tests/programs/programs.json` says. Its README has the vocabulary. It is in a store of its own,
/// and keeps what its case does: variables, and the lines of the log. One thread runs it, and the host functions
/// that it calls.
final class Program: @unchecked Sendable {
  private(set) var log: [String] = []
  let stdout: OutputPipe
  let stderr: OutputPipe
  /// The directory in memory that the program was granted.
  private(set) var inMemory: MemoryDirectory?
  private let texts: [String: JSON]
  private var variables: [String: JSON] = [:]
  private let callbacks: [String: JSON]
  private let engine: Engine
  private let store: Store
  private let linker: Linker
  private var instance: Instance?
  private var memory: Memory?
  private var table: Table?

  /// Instantiates the program `told` for a case, whose files are in `directory`.
  init(_ told: Step, _ wasi: JSON?, _ texts: [String: JSON], in directory: URL) throws {
    self.texts = (told.optional("texts")?.object ?? [:]).merging(texts) { $1 }
    callbacks = told.optional("callbacks")?.object ?? [:]
    engine = try testEngine()
    (store, linker) = (try Store(engine), try Linker(engine))
    (stdout, stderr) = (try OutputPipe(), try OutputPipe())
    for (name, text) in self.texts { variables["\(name).length"] = .int(text.string?.utf8.count ?? 0) }
    if let wasi {
      try linker.defineWasi()
      try store.setWasi(config(Step(wasi), in: directory))
    }
    for item in told.optional("imports")?.array ?? [] { try define(Step(item)) }
    let file = try told.text("file")
    let module =
      told.optional("snapshots")?.bool ?? false
      ? try Module(engine, forSnapshots: Data(contentsOf: programs.appendingPathComponent(file)))
      : try Self.module(engine, file)
    switch told.optional("unknown_imports") {
    case nil: break
    case .string("traps"): try linker.defineUnknownImportsAsTraps(module)
    case let other?: throw Problem("unknown imports as \(other)")
    }
    let instance = try linker.instantiate(store, module)
    self.instance = instance
    memory = try memory ?? instance.memory(store, "memory")
    table = try table ?? instance.exports(store)["__indirect_function_table"]?.table
    let start = told.optional("start")?.array ?? []
    try told.checkAllUsed()
    try run(start)
  }

  /// A program, compiled. What comes out is kept beside it, for every language and the next run.
  private static func module(_ engine: Engine, _ file: String) throws -> Module {
    let compiled = compiledProgram(file)
    if let artifact = try? Data(contentsOf: compiled), try engine.accepts(artifact) {
      return try Module(engine, deserialize: artifact)
    }
    let module = try Module(engine, fromFile: programs.appendingPathComponent(file).path)
    try module.serialize().write(to: compiled, options: .atomic)
    return module
  }

  private func config(_ told: Step, in folder: URL) throws -> WasiConfig {
    var wasi = WasiConfig()
    (wasi.stdout, wasi.stderr) = (.pipe(stdout), .pipe(stderr))
    wasi.argv = (told.optional("argv")?.array ?? []).compactMap(\.string)
    wasi.env = WasiConfig.Environment(
      (told.optional("env")?.array ?? []).compactMap { variable in
        let parts = (variable.array ?? []).compactMap(\.string)
        return parts.count == 2 ? (name: parts[0], value: parts[1]) : nil
      }
    )
    wasi.stdin = .text(told.optional("stdin")?.string ?? "")
    if let times = told.optional("clock")?.array?.compactMap(\.string) {
      guard times.count == 2 else { throw Problem("`clock` has to be [start, step]") }
      wasi.clock = FixedClock(start: try decimal(times[0]), step: try decimal(times[1]))
    }
    wasi.randomSeed = try told.optional("random_seed")?.string.map { try decimal($0) }
    if let directory = try told.optional("directory").map(Step.init) {
      let files = (try directory.value("files").object ?? [:]).mapValues { Array(($0.string ?? "").utf8) }
      let readOnly = directory.optional("read_only")?.bool ?? false
      let path = try directory.text("path")
      if directory.optional("in_memory")?.bool ?? false {
        let granted = try MemoryDirectory(files)
        inMemory = granted
        wasi.memoryPreopens = [MemoryPreopen(granted, as: path, readOnly: readOnly)]
      } else {
        for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
        wasi.preopens = [Preopen(folder.path, as: path, readOnly: readOnly)]
      }
      try directory.checkAllUsed()
    }
    try told.checkAllUsed()
    return wasi
  }

  // MARK: What the host defines

  private func define(_ item: Step) throws {
    let names = try item.list("name").compactMap(\.string)
    guard names.count == 2 else { throw Problem("`name` has to be [module, name]") }
    let (module, name) = (names[0], names[1])
    switch try item.text("kind") {
    case "memory":
      let made = try Memory(store, MemoryType(limits(item)))
      memory = made
      try linker.define(store, module, name, made)
    case "table":
      guard case .ref(let element) = try valType(item.value("type")) else { throw Problem("`type` is no reference") }
      let made = try Table(store, TableType(element, limits(item)), Val.null)
      table = made
      try linker.define(store, module, name, made)
    case "global":
      let global = try Global(store, GlobalType(valType(item.value("type"))), item.int("value"))
      try linker.define(store, module, name, global)
    case "func":
      let (type, body) = try host(item)
      try linker.define(module, name, type, body)
    case let other: throw Problem("unknown kind `\(other)`")
    }
    try item.checkAllUsed()
  }

  /// A host function: its type, and what it does, which keeps the program no longer than its case lasts.
  private func host(_ told: Step) throws -> (FuncType, @Sendable (borrowing Caller, [Val]) throws -> [Val]) {
    let type = FuncType(try told.list("params").map(valType), try told.list("results").map(valType))
    let steps = try told.list("body")
    return (
      type,
      { [unowned self] _, arguments in
        let given = try run(steps, arguments.map { try Int($0) })
        guard let result = type.results.first else { return [] }
        guard let given else { throw Problem("the body gave nothing") }
        return [result == .f64 ? .f64(Double(given)) : .i64(Int64(given))]
      }
    )
  }

  // MARK: Steps

  /// Does what the steps say. A step `give` ends them, with what it gives.
  @discardableResult
  func run(_ steps: [JSON], _ arguments: [Int] = []) throws -> Int? {
    for fields in steps {
      let step = try Step(fields)
      let given = try perform(step, arguments)
      try step.checkAllUsed()
      if let given { return given }
    }
    return nil
  }

  private func perform(_ step: Step, _ arguments: [Int]) throws -> Int? {
    func number(_ field: String) throws -> Int { try self.number(step.value(field), arguments) }
    if step.optional("give") != nil { return try number("give") }
    if step.optional("while") != nil {
      let steps = try step.list("steps")
      while try number("while") != 0 {
        if let given = try run(steps, arguments) { return given }
      }
    } else if step.optional("if") != nil {
      let (then, otherwise) = (try step.list("then"), step.optional("else")?.array ?? [])
      return try run(number("if") != 0 ? then : otherwise, arguments)
    } else if step.optional("let") != nil {
      variables[try step.text("let")] = .int(try number("be"))
    } else if step.optional("text") != nil {
      variables[try step.text("as")] = .string(try filled(step.text("text")))
    } else if step.optional("log") != nil {
      log.append(try filled(step.text("log")))
    } else if step.optional("call") != nil {
      try call(step, the(instance, "instance").function(store, step.text("call")), arguments)
    } else if step.optional("call_table") != nil {
      let found = try the(table, "table").get(store, at: number("call_table"))
      try call(step, Func(found), arguments)
    } else if let names = step.optional("restart")?.array {
      let snapshot = try the(instance, "instance").snapshot(store, removing: names.compactMap(\.string))
      let restarted = try linker.instantiate(store, Module(engine, snapshot))
      (instance, memory) = (restarted, try restarted.memory(store, "memory"))
    } else if step.optional("callback") != nil {
      let name = try step.text("callback")
      let (type, body) = try host(Step(callbacks[name] ?? .null))
      let place = try the(table, "table").grow(store, by: 1, Func(store, type, body))
      variables[try step.text("as")] = .int(place)
    } else {
      try performOnMemory(step, number)
    }
    return nil
  }

  private func performOnMemory(_ step: Step, _ number: (String) throws -> Int) throws {
    let memory = try the(memory, "memory")
    if step.optional("load") != nil {
      variables[try step.text("as")] = .int(try load(step.text("load"), memory, number("at")))
    } else if step.optional("store") != nil {
      try store(step.text("store"), memory, number("value"), number("at"))
    } else if step.optional("write") != nil {
      let name = try step.text("write")
      guard let text = texts[name]?.string else { throw Problem("there is no text `\(name)`") }
      try memory.write(store, text, at: number("at"))
    } else if step.optional("read") != nil {
      let text =
        if step.optional("length") != nil {
          try memory.readString(store, at: number("read"), count: number("length"))
        } else {
          try memory.readTerminated(store, at: number("read"))
        }
      variables[try step.text("as")] = .string(text)
    } else if step.optional("grow") != nil {
      try memory.grow(store, by: number("grow"))
    } else {
      throw Problem("unknown step")
    }
  }

  private func load(_ type: String, _ memory: Memory, _ at: Int) throws -> Int {
    switch type {
    case "i8": Int(try memory.loadI8(store, at: at))
    case "u8": Int(try memory.loadU8(store, at: at))
    case "i16": Int(try memory.loadI16(store, at: at))
    case "u16": Int(try memory.loadU16(store, at: at))
    case "i32": Int(try memory.loadI32(store, at: at))
    case "u32": Int(try memory.loadU32(store, at: at))
    case "i64": Int(try memory.loadI64(store, at: at))
    default: throw Problem("unknown type `\(type)`")
    }
  }

  private func store(_ type: String, _ memory: Memory, _ value: Int, _ at: Int) throws {
    switch type {
    case "u8": try memory.storeU8(store, UInt8(truncatingIfNeeded: value), at: at)
    case "u16": try memory.storeU16(store, UInt16(truncatingIfNeeded: value), at: at)
    case "i32": try memory.storeI32(store, Int32(truncatingIfNeeded: value), at: at)
    case "u32": try memory.storeU32(store, UInt32(truncatingIfNeeded: value), at: at)
    case "i64": try memory.storeI64(store, Int64(value), at: at)
    default: throw Problem("unknown type `\(type)`")
    }
  }

  private func call(_ step: Step, _ function: Func, _ arguments: [Int]) throws {
    let params = try function.type(store).params
    let given = try (step.optional("args")?.array ?? []).map { try number($0, arguments) }
    guard given.count == params.count else { throw Problem("it takes \(params.count) arguments") }
    // An address past 2^31 is an i32 too.
    let values = zip(given, params).map { $1 == .i32 ? Val.i32(Int32(truncatingIfNeeded: $0)) : .i64(Int64($0)) }
    let (exit, name) = (step.optional("exit")?.int, step.optional("as")?.string)
    do {
      let results = try function.call(store, values)
      if exit != nil { throw Problem("it did not end its process") }
      if let name, let result = results.first { variables[name] = .int(try Int(result)) }
    } catch let error as WasmtimeError {
      guard case .exit(let status) = error else { throw error }
      guard exit == Int(status) else { throw Problem("it ended with \(status): \(try stderr.text)") }
    }
  }

  // MARK: Expressions

  private func number(_ told: JSON, _ arguments: [Int]) throws -> Int {
    switch told {
    case .int(let number): return number
    case .string(let name):
      guard let number = variables[name]?.int else { throw Problem("`\(name)` is no number") }
      return number
    case .array(let parts) where parts.count == 2 && parts[0] == .string("arg"):
      guard let place = parts[1].int, arguments.indices.contains(place) else { throw Problem("no argument \(told)") }
      return arguments[place]
    case .array(let parts) where parts.count == 3:
      let (left, right) = (try number(parts[1], arguments), try number(parts[2], arguments))
      switch parts[0].string {
      case "+": return left &+ right
      case "-": return left &- right
      case "*": return left &* right
      case "==": return left == right ? 1 : 0
      case "!=": return left != right ? 1 : 0
      case "<": return left < right ? 1 : 0
      default: throw Problem("\(parts[0]) is no operator")
      }
    default: throw Problem("\(told) is no expression")
    }
  }

  private func filled(_ template: String) throws -> String {
    var (text, rest) = ("", Substring(template))
    while let opening = rest.firstIndex(of: "{") {
      guard let closing = rest[opening...].firstIndex(of: "}") else { break }
      let name = String(rest[rest.index(after: opening)..<closing])
      guard let value = variables[name] else { throw Problem("there is no variable `\(name)`") }
      text += rest[..<opening] + (value.string ?? "\(value)")
      rest = rest[rest.index(after: closing)...]
    }
    return text + rest
  }

  private func the<Item>(_ item: Item?, _ what: String) throws -> Item {
    guard let item else { throw Problem("there is no \(what)") }
    return item
  }
}
