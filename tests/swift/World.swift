import Foundation
import Trimaran

/// Something that a step kept under a name.
enum Object {
  case engine(Engine)
  case store(Store)
  case module(Module)
  case artifact(Data)
  case instance(Instance)
  case extern(Extern)
  case view(HeldView)
}

/// What a step gave: a value to compare, or something to keep.
enum Outcome {
  case plain(JSON)
  case value(Val, Store)
  case values([Val], Store)
  case kept(Object)

  static var nothing: Outcome { .plain(.null) }
}

/// What the steps of one case made, and what each step does. One thread runs the steps, and the host functions that they
/// call.
final class World: @unchecked Sendable {
  var objects: [String: Object] = [:]
  /// What host functions threw, by the name that a case gives it.
  var mistakes: [String: Mistake] = [:]
  /// The callers that host functions kept, by the name of the function.
  var callers: [String: Caller] = [:]
  /// One object for each text.
  var hostObjects: [String: HostObject] = [:]

  /// Runs one step and compares how it ended.
  func run(_ step: Step) throws {
    let (expected, error, name) = (step.optional("result"), step.optional("error"), step.optional("as"))
    let outcome: Outcome
    do {
      outcome = try perform(step)
    } catch let found as WasmtimeError {
      try step.checkAllUsed()
      guard let error else { throw Problem("it failed: \(found)") }
      return try check(found, error, mistakes)
    }
    try step.checkAllUsed()
    if error != nil { throw Problem("it did not fail") }
    switch outcome {
    case .kept(let object):
      guard let name = name?.string else { throw Problem("what it made needs a name (`as`)") }
      if expected != nil { throw Problem("what it made cannot be compared") }
      objects[name] = object
    case .plain(let found):
      if name != nil { throw Problem("it made nothing to keep") }
      if let expected, expected != found { throw Problem("it gave \(found)") }
      if expected == nil, found != .null { throw Problem("its result is not compared: \(found)") }
    case .value(let found, let store):
      guard let expected else { throw Problem("its result is not compared: \(found)") }
      guard try agrees(found, expected, store) else { throw Problem("it gave \(found)") }
    case .values(let found, let store):
      guard let expected = expected?.array else { throw Problem("its results are not compared: \(found)") }
      guard found.count == expected.count, try zip(found, expected).allSatisfy({ try agrees($0, $1, store) }) else {
        throw Problem("it gave \(found)")
      }
    }
  }

  private func perform(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "engine", "store", "module", "validate", "wat2wasm", "serialize", "deserialize", "imports", "exports",
      "instance", "export", "close":
      try performOnObject(step)
    case "call", "call_int", "func_type": try performCall(step)
    case "host": .kept(.extern(.function(try host(step))))
    case "caller_export": .kept(.extern(try caller(step).export(step.text("name"))))
    case "global", "global_get", "global_set": try performOnGlobal(step)
    case "table", "table_get", "table_set", "table_size", "table_grow", "table_fill", "table_copy":
      try performOnTable(step)
    case "view", "view_read", "view_write", "drop_view": try performOnView(step)
    case "memory", "shared_memory", "as_memory": try makeMemory(step)
    default: try performOnMemory(step)
    }
  }

  private func performOnObject(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "engine":
      let settings = step.optional("config")?.object ?? [:]
      let config = try config(settings)
      return .kept(.engine(try testEngine { $0 = config($0) }))
    case "store": return .kept(.store(try Store(engine(step))))
    case "module":
      let engine = try engine(step)
      if let file = step.optional("file") {
        return .kept(.module(try Module(engine, fromFile: moduleFile(file).path)))
      }
      return .kept(.module(try Module(engine, source(step))))
    case "validate":
      try Module.validate(engine(step), source(step))
      return .nothing
    case "wat2wasm": return .plain(.string(hex(try wat2wasm(source(step)))))
    case "serialize": return .kept(.artifact(try module(step).serialize()))
    case "deserialize":
      let engine = try engine(step)
      var artifact = try artifact(step)
      if let flip = step.optional("flip")?.int {
        artifact[flip < 0 ? artifact.endIndex + flip : artifact.startIndex + flip] ^= 1
      }
      return .kept(.module(try Module(engine, deserialize: artifact)))
    case "imports":
      return .plain(.array(try module(step).imports.map { .string("\($0.module) \($0.name) \($0.type)") }))
    case "exports":
      return .plain(.array(try module(step).exports.map { .string("\($0.name) \($0.type)") }))
    case "instance":
      let imports = try (step.optional("imports")?.array ?? []).map { try importable($0) }
      return .kept(.instance(try Instance(store(step), module(step), imports)))
    case "export":
      return .kept(.extern(try instance(step).export(store(step), step.text("name"))))
    default:
      try close(step.text("object"))
      return .nothing
    }
  }

  private func performCall(_ step: Step) throws -> Outcome {
    let (store, function) = (try store(step), try function(step))
    let results: [Val]
    switch try step.text("op") {
    case "func_type": return .plain(.string("\(try function.type(store))"))
    case "call": results = try function.call(store, step.list("args").map { try value($0) })
    default: results = try function(store, decimal(step.text("int"), as: Int128.self))
    }
    return .values(results, store)
  }

  private func makeMemory(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "memory": .kept(.extern(.memory(try Memory(store(step), memoryType(step)))))
    case "shared_memory": .kept(.extern(.sharedMemory(try SharedMemory(engine(step), memoryType(step)))))
    default: .kept(.extern(.memory(try shared(step).asMemory(store(step)))))
    }
  }

  private func performOnMemory(_ step: Step) throws -> Outcome {
    let op = try step.text("op")
    let (store, memory) = (try store(step), try memory(step))
    switch op {
    case "memory_type": return .plain(.string("\(try memory.type(store))"))
    case "size": return .plain(.int(try memory.size(store)))
    case "data_len": return .plain(.int(try memory.dataLen(store)))
    case "grow": return .plain(.int(try memory.grow(store, by: step.int("delta"))))
    case "read":
      return .plain(.string(hex(try memory.read(store, at: step.int("start"), count: step.int("length")))))
    case "write": try memory.write(store, step.bytes("hex"), at: step.int("start"))
    case "fill":
      try memory.fill(store, step.number("value"), at: step.int("start"), count: step.int("length"))
    case "copy":
      try memory.copyWithin(
        store,
        from: step.int("source"),
        to: step.int("destination"),
        count: step.int("length")
      )
    case "find":
      let length = step.optional("length")?.int
      let place = try memory.find(store, step.bytes("hex"), at: step.int("start"), count: length)
      return .plain(place.map(JSON.int) ?? .null)
    case "read_string":
      return .plain(.string(try memory.readString(store, at: step.int("start"), count: step.int("length"))))
    case "read_terminated":
      let terminator: UInt8 = try step.number("terminator")
      return .plain(.string(try memory.readTerminated(store, at: step.int("start"), by: terminator)))
    case "hexdump":
      let (start, length, width) = (try step.int("start"), try step.int("length"), try step.int("width"))
      return .plain(.string(try memory.hexdump(store, at: start, count: length, width: width)))
    case "load": return .plain(.string(try load(step, memory, store)))
    case "store_number": try storeNumber(step, memory, store)
    default: throw Problem("unknown op `\(op)`")
    }
    return .nothing
  }

  private func load(_ step: Step, _ memory: Memory, _ store: Store) throws -> String {
    let offset = try step.int("offset")
    switch try step.text("type") {
    case "i8": return "\(try memory.loadI8(store, at: offset))"
    case "u8": return "\(try memory.loadU8(store, at: offset))"
    case "i16": return "\(try memory.loadI16(store, at: offset))"
    case "u16": return "\(try memory.loadU16(store, at: offset))"
    case "i32": return "\(try memory.loadI32(store, at: offset))"
    case "u32": return "\(try memory.loadU32(store, at: offset))"
    case "i64": return "\(try memory.loadI64(store, at: offset))"
    case "u64": return "\(try memory.loadU64(store, at: offset))"
    case "f32": return "\(try memory.loadF32(store, at: offset).bitPattern)"
    case "f64": return "\(try memory.loadF64(store, at: offset).bitPattern)"
    case let unknown: throw Problem("unknown type `\(unknown)`")
    }
  }

  private func storeNumber(_ step: Step, _ memory: Memory, _ store: Store) throws {
    let (offset, value) = (try step.int("offset"), try step.text("value"))
    switch try step.text("type") {
    case "i8": try memory.storeI8(store, decimal(value), at: offset)
    case "u8": try memory.storeU8(store, decimal(value), at: offset)
    case "i16": try memory.storeI16(store, decimal(value), at: offset)
    case "u16": try memory.storeU16(store, decimal(value), at: offset)
    case "i32": try memory.storeI32(store, decimal(value), at: offset)
    case "u32": try memory.storeU32(store, decimal(value), at: offset)
    case "i64": try memory.storeI64(store, decimal(value), at: offset)
    case "u64": try memory.storeU64(store, decimal(value), at: offset)
    case "f32": try memory.storeF32(store, Float(bitPattern: decimal(value)), at: offset)
    case "f64": try memory.storeF64(store, Double(bitPattern: decimal(value)), at: offset)
    case let unknown: throw Problem("unknown type `\(unknown)`")
    }
  }

  // MARK: What a step refers to

  private func find<T>(_ step: Step, _ field: String, _ kind: (Object) -> T?) throws -> T {
    let name = try step.text(field)
    guard let object = objects[name], let found = kind(object) else { throw Problem("`\(name)` is no \(field)") }
    return found
  }

  private func engine(_ step: Step) throws -> Engine {
    try find(step, "engine") { if case .engine(let it) = $0 { it } else { nil } }
  }

  func store(_ step: Step) throws -> Store {
    try find(step, "store") { if case .store(let it) = $0 { it } else { nil } }
  }

  private func module(_ step: Step) throws -> Module {
    try find(step, "module") { if case .module(let it) = $0 { it } else { nil } }
  }

  private func artifact(_ step: Step) throws -> Data {
    try find(step, "artifact") { if case .artifact(let it) = $0 { it } else { nil } }
  }

  private func instance(_ step: Step) throws -> Instance {
    try find(step, "instance") { if case .instance(let it) = $0 { it } else { nil } }
  }

  private func function(_ step: Step) throws -> Func {
    try find(step, "func") { if case .extern(let it) = $0 { it.function } else { nil } }
  }

  func memory(_ step: Step) throws -> Memory {
    try find(step, "memory") { if case .extern(let it) = $0 { it.memory } else { nil } }
  }

  func global(_ step: Step) throws -> Global {
    try find(step, "global") { if case .extern(let it) = $0 { it.global } else { nil } }
  }

  func table(_ step: Step, _ field: String = "table") throws -> Table {
    try find(step, field) { if case .extern(let it) = $0 { it.table } else { nil } }
  }

  func view(_ step: Step) throws -> HeldView {
    try find(step, "view") { if case .view(let it) = $0 { it } else { nil } }
  }

  private func caller(_ step: Step) throws -> Caller {
    let name = try step.text("host")
    guard let caller = callers[name] else { throw Problem("`\(name)` has kept no caller") }
    return caller
  }

  private func shared(_ step: Step) throws -> SharedMemory {
    try find(step, "shared") { if case .extern(let it) = $0 { it.sharedMemory } else { nil } }
  }

  private func importable(_ name: JSON) throws -> any Importable {
    guard let name = name.string, case .extern(let item) = objects[name] else {
      throw Problem("\(name) cannot be imported")
    }
    return item
  }

  private func close(_ name: String) throws {
    switch objects[name] {
    case .engine(let engine): engine.close()
    case .store(let store): store.close()
    case .module(let module): module.close()
    case .extern(.sharedMemory(let memory)): memory.close()
    default: throw Problem("`\(name)` cannot be closed")
    }
  }
}

/// The settings of a step, on top of a configuration.
private func config(_ settings: [String: JSON]) throws -> (Config) -> Config {
  var changes: [(inout Config) -> Void] = []
  for (name, value) in settings {
    func change<T: Sendable>(_ path: WritableKeyPath<Config, T?>, _ value: T?) throws {
      guard let value else { throw Problem("`\(name)` has a value of the wrong type") }
      changes.append { $0[keyPath: path] = value }
    }
    let number = value.int.map(UInt64.init)
    switch name {
    case "target": try change(\.target, value.string)
    case "wasm_threads": try change(\.wasmThreads, value.bool)
    case "shared_memory": try change(\.sharedMemory, value.bool)
    case "wasm_memory64": try change(\.wasmMemory64, value.bool)
    case "wasm_simd": try change(\.wasmSIMD, value.bool)
    case "wasm_relaxed_simd": try change(\.wasmRelaxedSIMD, value.bool)
    case "wasm_gc": try change(\.wasmGC, value.bool)
    case "wasm_function_references": try change(\.wasmFunctionReferences, value.bool)
    case "wasm_exceptions": try change(\.wasmExceptions, value.bool)
    case "wasm_custom_page_sizes": try change(\.wasmCustomPageSizes, value.bool)
    case "consume_fuel": try change(\.consumeFuel, value.bool)
    case "max_wasm_stack": try change(\.maxWasmStack, number)
    case "memory_reservation": try change(\.memoryReservation, number)
    case "memory_guard_size": try change(\.memoryGuardSize, number)
    case "memory_reservation_for_growth": try change(\.memoryReservationForGrowth, number)
    default: throw Problem("unknown setting `\(name)`")
    }
  }
  return { config in
    var config = config
    for change in changes { change(&config) }
    return config
  }
}

private func memoryType(_ step: Step) throws -> MemoryType {
  MemoryType(try limits(step), shared: step.optional("shared")?.bool ?? false)
}

func limits(_ step: Step) throws -> Limits {
  Limits(try step.number("min"), step.optional("max") == nil ? nil : try step.number("max"))
}

/// The bytes of a module: text, hex, or a file of `tests/modules`.
private func source(_ step: Step) throws -> Data {
  switch (step.optional("wat"), step.optional("hex"), step.optional("file")) {
  case (.some, nil, nil): return Data(try step.text("wat").utf8)
  case (nil, .some, nil): return try step.bytes("hex")
  case (nil, nil, let file?): return try Data(contentsOf: moduleFile(file))
  default: throw Problem("a module needs one of `wat`, `hex` and `file`")
  }
}

private func moduleFile(_ name: JSON) throws -> URL {
  guard let name = name.string else { throw Problem("`file` is no text") }
  return folder("modules").appendingPathComponent(name)
}

/// Compares an error with what a case expects of it.
private func check(_ found: WasmtimeError, _ expected: JSON, _ mistakes: [String: Mistake]) throws {
  guard let expected = expected.object else { throw Problem("`error` is no object") }
  if let name = expected["thrown"]?.string, expected.count == 1 {
    guard case .thrown(let error as Mistake) = found, error === mistakes[name] else {
      throw Problem("its error is \(found): expected what was thrown as `\(name)`")
    }
    return
  }
  if case .thrown(let error) = found { throw Problem("it threw \(error)") }
  if expected["variant"] == nil { throw Problem("`error` has no `variant`") }
  let fields = fields(of: found)
  for (name, value) in expected {
    let agrees: Bool
    if name == "contains" {
      guard let parts = value.array else { throw Problem("`contains` is no list") }
      agrees = parts.allSatisfy { part in part.string.map(found.description.contains) ?? false }
    } else {
      agrees = fields[name] == value
    }
    if !agrees { throw Problem("its error is \(JSON.object(fields)): `\(name)` differs") }
  }
}

/// The variant, the sentence and the fields of an error.
private func fields(of error: WasmtimeError) -> [String: JSON] {
  // A case is called after the variant, but for its first letter.
  let label = error == .escaped ? "escaped" : Mirror(reflecting: error).children.first?.label ?? "?"
  var fields: [String: JSON] = [
    "variant": .string(label.prefix(1).uppercased() + label.dropFirst()), "text": .string(error.description),
  ]
  func capitalized(_ code: TrapCode) -> JSON {
    .string("\(code)".prefix(1).uppercased() + "\(code)".dropFirst())
  }
  switch error {
  case .syntax(_, let line, let column): fields.merge(["line": .int(line), "column": .int(column)]) { $1 }
  case .link(_, let module, let name): fields.merge(["module": .string(module), "name": .string(name)]) { $1 }
  case .trap(let code, _, _): fields["code"] = code.map(capitalized) ?? .null
  case .exit(let status): fields["status"] = .int(Int(status))
  case .bounds(let offset, let length, let size):
    let number = { (it: UInt64) in JSON.int(Int(clamping: it)) }
    fields.merge(["offset": number(offset), "length": number(length), "size": number(size)]) { $1 }
  case .encoding(_, let offset): fields["offset"] = .int(Int(clamping: offset))
  case .notFound(let name, _): fields["name"] = .string(name)
  default: break
  }
  return fields
}
