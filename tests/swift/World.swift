import Foundation
import Trimaran
import TrimaranFoundation

/// Something that a step kept under a name.
enum Object {
  case engine(Engine)
  case store(Store)
  case module(Module)
  case artifact(Data)
  case instance(Instance)
  case extern(Extern)
  case reference(Reference)
  case view(HeldView)
  case linker(Linker)
  case pre(InstancePre)
  case pipe(OutputPipe)
  case sink(Sink)
  case directory(TemporaryDirectory)
  case folder(MemoryDirectory)
  case component(ComponentObject)
  case task(AsyncTask)
}

/// What a step gave: a value to compare, or something to keep.
enum Outcome {
  case plain(JSON)
  case value(Val, Store)
  case values([Val], Store)
  case kept(Object)
  /// A value of a component, as cases have it.
  case component(JSON)

  static var nothing: Outcome { .plain(.null) }
}

/// What the steps of one case made, and what each step does. One thread runs the steps, and the host functions that they
/// call.
final class World: @unchecked Sendable {
  var objects: [String: Object] = [:]
  /// What host functions threw, by the name that a case gives it.
  var mistakes: [String: Mistake] = [:]
  /// The variants of the errors that steps ended with, in their order.
  private(set) var variants: [String] = []
  /// One object for each text.
  var hostObjects: [String: HostObject] = [:]
  /// The async host functions that wait for a step, by the name of their body.
  var holds: [String: [Hold]] = [:]
  /// The callers that async host functions have kept, by the name of the function.
  var callers: [String: AsyncCaller] = [:]

  /// Runs one step and compares how it ended.
  func run(_ step: Step) throws { try compare(step, Result { try perform(step) }) }

  func compare(_ step: Step, _ ended: Result<Outcome, any Error>) throws {
    let (expected, error, name) = (step.optional("result"), step.optional("error"), step.optional("as"))
    let outcome: Outcome
    do {
      outcome = try ended.get()
    } catch let found as WasmtimeError {
      variants.append(variant(of: found))
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
    case .component(let found):
      // Where nothing is expected, there is no result.
      guard found == (expected ?? .null).withSortedFlags else { throw Problem("it gave \(found)") }
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

  func perform(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "module", "validate", "wat2wasm", "custom_sections", "contents", "imports", "exports", "engine_of", "instance",
      "export":
      try performOnModule(step)
    case "snapshot", "module_of_snapshot", "module_for_snapshots", "serialize", "deserialize", "precompile", "accepts",
      "pack", "unpack":
      try performOnArtifact(step)
    case "engine", "increment_epoch", "same_compatibility": try performOnEngine(step)
    case "store", "set_limits", "set_fuel", "get_fuel", "set_host_call_fuel", "set_epoch_deadline",
      "set_timeout", "gc", "close":
      try performOnStore(step)
    case "call", "call_int", "func_type", "keep": try performCall(step)
    case "host": .kept(.extern(.function(try host(step))))
    case "caller_export": .kept(.extern(try callerExport(step)))
    case "linker", "allow_shadowing", "define", "define_func", "define_instance", "define_module", "define_wasi",
      "unknown_imports_as_traps", "unknown_imports_as_default_values", "linker_get", "get_default":
      try performOnLinker(step)
    case "link", "instantiate_pre", "instantiate": try link(step)
    case "set_wasi", "output", "directory", "put_file", "get_file": try performOnWasi(step)
    case "folder", "folder_files", "folder_names", "folder_read", "folder_write", "folder_remove":
      try performOnFolder(step)
    case "tag", "tag_type": try performOnTag(step)
    case "i31", "ref_i31", "ref_type", "ref_matches", "ref_fields", "ref_field_count", "ref_same",
      "ref_tag_type":
      try performOnReference(step)
    case "global", "global_get", "global_set": try performOnGlobal(step)
    case "table", "table_get", "table_set", "table_size", "table_grow", "table_fill", "table_copy":
      try performOnTable(step)
    case "view", "view_read", "view_write", "drop_view": try performOnView(step)
    case "memory", "shared_memory", "as_memory": try makeMemory(step)
    case let op where op.contains("component"): try performOnComponent(step)
    default: try performOnMemory(step)
    }
  }

  private func performCall(_ step: Step) throws -> Outcome {
    let (store, function) = (try store(step), try function(step))
    let results: [Val]
    switch try step.text("op") {
    case "func_type": return .plain(.string("\(try function.type(store))"))
    case "call_int": results = try function(store, decimal(step.text("int"), as: Int128.self))
    case "keep":
      results = try function.call(store, step.list("args").map { try value($0) })
      if results.count == 1, let function = try? Func(results[0]) { return .kept(.extern(.function(function))) }
      if results.count == 1, let reference = try? Reference(results[0]) { return .kept(.reference(reference)) }
      throw Problem("it gave \(results), which is no reference")
    default: results = try function.call(store, step.list("args").map { try value($0) })
    }
    return .values(results, store)
  }

  // MARK: What a step refers to

  func find<T>(_ step: Step, _ field: String, _ kind: (Object) throws -> T?) throws -> T {
    let name = try step.text(field)
    guard let object = objects[name], let found = try kind(object) else { throw Problem("`\(name)` is no \(field)") }
    return found
  }

  func engine(_ step: Step, _ field: String = "engine") throws -> Engine {
    try find(step, field) { if case .engine(let it) = $0 { it } else { nil } }
  }

  func store(_ step: Step) throws -> Store {
    try find(step, "store") { if case .store(let it) = $0 { it } else { nil } }
  }

  func module(_ step: Step) throws -> Module {
    try find(step, "module") { if case .module(let it) = $0 { it } else { nil } }
  }

  func artifact(_ step: Step) throws -> Data {
    try find(step, "artifact") { if case .artifact(let it) = $0 { it } else { nil } }
  }

  func instance(_ step: Step) throws -> Instance {
    try find(step, "instance") { if case .instance(let it) = $0 { it } else { nil } }
  }

  func function(_ step: Step) throws -> Func {
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

  func linker(_ step: Step) throws -> Linker {
    try find(step, "linker") { if case .linker(let it) = $0 { it } else { nil } }
  }

  func reference(_ step: Step, _ field: String = "reference") throws -> Reference {
    try find(step, field) { if case .reference(let it) = $0 { it } else { nil } }
  }

  func shared(_ step: Step) throws -> SharedMemory {
    try find(step, "shared") { if case .extern(let it) = $0 { it.sharedMemory } else { nil } }
  }

  func importable(_ name: JSON) throws -> any Importable {
    guard let name = name.string, case .extern(let item) = objects[name] else {
      throw Problem("\(name) cannot be imported")
    }
    return item
  }

  func close(_ name: String) throws {
    switch objects[name] {
    case .engine(let engine): engine.close()
    case .store(let store): store.close()
    case .module(let module): module.close()
    case .linker(let linker): linker.close()
    case .pre(let pre): pre.close()
    case .extern(.sharedMemory(let memory)): memory.close()
    case .component(let object) where object.close(): break
    default: throw Problem("`\(name)` cannot be closed")
    }
  }
}
