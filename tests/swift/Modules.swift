import Foundation
import Trimaran
import TrimaranFoundation

// What the steps on engines, modules and artifacts do.
extension World {
  func performOnEngine(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "increment_epoch": try engine(step).incrementEpoch()
    case "same_compatibility":
      let (one, other) = (try engine(step), try engine(step, "other"))
      return .plain(.bool(try one.compatibilityHash == other.compatibilityHash))
    default:
      let config = try config(step.optional("config")?.object ?? [:])
      return .kept(.engine(try testEngine { $0 = config($0) }))
    }
    return .nothing
  }

  func performOnModule(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
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
    case "custom_sections":
      let found = try Module.customSections(source(step), named: step.text("name"))
      return .plain(.array(found.map { .string(hex(Data($0))) }))
    case "contents": return .plain(.array(try contents(source(step), step.text("part")).map { .string($0) }))
    case "imports":
      return .plain(.array(try module(step).imports.map { .string("\($0.module) \($0.name) \($0.type)") }))
    case "exports":
      return .plain(.array(try module(step).exports.map { .string("\($0.name) \($0.type)") }))
    case "engine_of": return .kept(.engine(try module(step).engine))
    case "instance":
      let imports = try (step.optional("imports")?.array ?? []).map { try importable($0) }
      return .kept(.instance(try Instance(store(step), module(step), imports)))
    default:
      return .kept(.extern(try instance(step).export(store(step), step.text("name"))))
    }
  }

  func performOnArtifact(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "module_for_snapshots": .kept(.module(try Module(engine(step), forSnapshots: source(step))))
    case "module_of_snapshot": .kept(.module(try Module(engine(step), artifact(step))))
    case "snapshot": .kept(.artifact(Data(try instance(step).snapshot(store(step), removing: removed(step)))))
    case "serialize": .kept(.artifact(try module(step).serialize()))
    case "deserialize": .kept(.module(try Module(engine(step), deserialize: flipped(step))))
    case "precompile": .kept(.artifact(try engine(step).precompile(source(step))))
    case "accepts": .plain(.bool(try engine(step).accepts(flipped(step))))
    case "pack": .kept(.artifact(try module(step).pack()))
    default: .kept(.module(try Module(unpack: flipped(step))))
    }
  }

  private func removed(_ step: Step) -> [String] {
    (step.optional("remove")?.array ?? []).compactMap(\.string)
  }

  /// An artifact, in which a bit is flipped where the step says so.
  func flipped(_ step: Step) throws -> Data {
    var artifact = try artifact(step)
    if let flip = step.optional("flip")?.int {
      artifact[flip < 0 ? artifact.endIndex + flip : artifact.startIndex + flip] ^= 1
    }
    return artifact
  }
}

/// The settings of a step, on top of a configuration.
private func config(_ settings: [String: JSON]) throws -> (Config) -> Config {
  var changes: [(inout Config) -> Void] = []
  if testsAsyncComponents { changes.append { $0.wasmComponentModelAsync = true } }
  for (name, value) in settings {
    func change<T: Sendable>(_ path: WritableKeyPath<Config, T?>, _ value: T?) throws {
      guard let value else { throw Problem("`\(name)` has a value of the wrong type") }
      changes.append { $0[keyPath: path] = value }
    }
    let number = value.int.map(UInt64.init)
    switch name {
    case "target": try change(\.target, value.string)
    case "wasm_backtrace_details": try change(\.wasmBacktraceDetails, value.bool)
    case "wasm_threads": try change(\.wasmThreads, value.bool)
    case "shared_memory": try change(\.sharedMemory, value.bool)
    case "wasm_memory64": try change(\.wasmMemory64, value.bool)
    case "wasm_component_model_async": try change(\.wasmComponentModelAsync, value.bool)
    case "wasm_component_model_more_async_builtins": try change(\.wasmComponentModelMoreAsyncBuiltins, value.bool)
    case "wasm_component_model_async_stackful": try change(\.wasmComponentModelAsyncStackful, value.bool)
    case "wasm_component_model_threading": try change(\.wasmComponentModelThreading, value.bool)
    case "wasm_component_model_map": try change(\.wasmComponentModelMap, value.bool)
    case "wasm_component_model_fixed_length_lists": try change(\.wasmComponentModelFixedLengthLists, value.bool)
    case "wasm_simd": try change(\.wasmSIMD, value.bool)
    case "wasm_relaxed_simd": try change(\.wasmRelaxedSIMD, value.bool)
    case "wasm_gc": try change(\.wasmGC, value.bool)
    case "wasm_function_references": try change(\.wasmFunctionReferences, value.bool)
    case "wasm_exceptions": try change(\.wasmExceptions, value.bool)
    case "wasm_custom_page_sizes": try change(\.wasmCustomPageSizes, value.bool)
    case "wasm_multi_memory": try change(\.wasmMultiMemory, value.bool)
    case "wasm_tail_call": try change(\.wasmTailCall, value.bool)
    case "epoch_interruption": try change(\.epochInterruption, value.bool)
    case "allocation": try change(\.allocation, .pooling(pooling(Step(value))))
    case "module_limits": try change(\.moduleLimits, moduleLimits(Step(value)))
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

/// The limits of a step.
private func moduleLimits(_ settings: Step) throws -> ModuleLimits {
  func limit(_ name: String) throws -> UInt64? { settings.optional(name) == nil ? nil : try settings.number(name) }
  let limits = ModuleLimits(
    size: try limit("size"),
    types: try limit("types"),
    functions: try limit("functions"),
    imports: try limit("imports"),
    exports: try limit("exports"),
    globals: try limit("globals"),
    locals: try limit("locals"),
    functionSize: try limit("function_size"),
    nesting: try limit("nesting"),
    compileTime: try limit("compile_time").map { .milliseconds($0) }
  )
  try settings.checkAllUsed()
  return limits
}

/// The pool of a step.
private func pooling(_ settings: Step) throws -> PoolingConfig {
  let sizes = try Step(settings.value("pooling"))
  func size<N: FixedWidthInteger>(_ name: String) throws -> N? {
    sizes.optional(name) == nil ? nil : try sizes.number(name)
  }
  var pool = PoolingConfig()
  pool.totalCoreInstances = try size("total_core_instances")
  pool.totalMemories = try size("total_memories")
  pool.totalTables = try size("total_tables")
  pool.totalGCHeaps = try size("total_gc_heaps")
  pool.maxCoreInstanceSize = try size("max_core_instance_size")
  pool.maxMemoriesPerModule = try size("max_memories_per_module")
  pool.maxTablesPerModule = try size("max_tables_per_module")
  pool.maxMemorySize = try size("max_memory_size")
  pool.tableElements = try size("table_elements")
  pool.maxUnusedWarmSlots = try size("max_unused_warm_slots")
  pool.linearMemoryKeepResident = try size("linear_memory_keep_resident")
  pool.tableKeepResident = try size("table_keep_resident")
  try sizes.checkAllUsed()
  try settings.checkAllUsed()
  return pool
}

/// The bytes of a module: text, hex, or a file of `tests/modules`.
func source(_ step: Step) throws -> Data {
  switch (step.optional("wat"), step.optional("hex"), step.optional("file")) {
  case (.some, nil, nil): return Data(try step.text("wat").utf8)
  case (nil, .some, nil): return try step.bytes("hex")
  case (nil, nil, let file?): return try Data(contentsOf: moduleFile(file))
  default: throw Problem("a module needs one of `wat`, `hex` and `file`")
  }
}

func moduleFile(_ name: JSON) throws -> URL {
  guard let name = name.string else { throw Problem("`file` is no text") }
  return folder("modules").appendingPathComponent(name)
}

/// A part of what a module says of itself, in lines.
private func contents(_ module: Data, _ part: String) throws -> [String] {
  switch part {
  case "producers": return try Module.producers(module).map { "\($0.field) \($0.name) \($0.version)" }
  case "data":
    return try Module.dataSegments(module).map {
      "\($0.memory.map(String.init) ?? "-") \($0.offset.map(String.init) ?? "-") \(hex(Data($0.bytes)))"
    }
  default:
    let names = try Module.names(module)
    let items: [(String, [UInt32: String])] = [
      ("function", names.functions), ("type", names.types), ("table", names.tables), ("memory", names.memories),
      ("global", names.globals), ("tag", names.tags), ("element", names.elements), ("data", names.data),
    ]
    let inner = [("local", names.locals), ("label", names.labels), ("field", names.fields)]
    var lines = names.module.map { ["module \($0)"] } ?? []
    for (kind, found) in items {
      lines += found.sorted { $0.key < $1.key }.map { "\(kind) \($0.key) \($0.value)" }
    }
    for (kind, found) in inner {
      for (outer, within) in found.sorted(by: { $0.key < $1.key }) {
        lines += within.sorted { $0.key < $1.key }.map { "\(kind) \(outer) \($0.key) \($0.value)" }
      }
    }
    return lines
  }
}
