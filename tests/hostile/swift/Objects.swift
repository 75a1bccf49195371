import Foundation
import Trimaran
import TrimaranFoundation

/// Something of an instance, with its store.
struct Held {
  let store: Store
  let item: Any

  var instance: Instance {
    get throws {
      guard let instance = item as? Instance else { throw Mistake(text: "it is no instance") }
      return instance
    }
  }
}

// Steps on the objects of the package.
extension Program {
  func perform(onObjects step: Step) throws -> String {
    switch step[0] {
    case "engine": self[step[1]] = try engine(step.words.dropFirst(2))
    case "store": self[step[1]] = try Store(thing(step[2], as: Engine.self))
    case "limits": try thing(step[1], as: Store.self).setLimits(limits(step.words.dropFirst(2)))
    case "timeout":
      let timeout = Int(step[2]).map { Duration.milliseconds($0) }
      try thing(step[1], as: Store.self).setTimeout(timeout)
    case "interrupt":
      let handle = try thing(step[1], as: Store.self).interruptHandle()
      _ = onThread {
        usleep(UInt32(step.int(2) * 1000))
        handle.interrupt()
      }
    case "fuel": try thing(step[1], as: Store.self).setFuel(UInt64(step.int(2)))
    case "module": self[step[1]] = try Module(thing(step[2]), bytes(step[3]))
    case "instance":
      let store: Store = try thing(step[2])
      let imports = try step.words.dropFirst(4).map { try thing($0, as: Func.self) }
      self[step[1]] = Held(store: store, item: try Instance(store, thing(step[3]), imports))
    case "wasi":
      try thing(step[1], as: Store.self).setWasi(wasi(step.words.dropFirst(2)))
    case "pipe":
      let pipe: OutputPipe = try thing(step[1])
      let bytes: [UInt8] = step[2] == "take" ? try pipe.take() : try pipe.contents
      return "\(bytes.count)"
    case "linked":
      let (store, module): (Store, Module) = (try thing(step[2]), try thing(step[3]))
      let linker = try Linker(module.engine)
      try linker.defineWasi()
      self[step[1]] = Held(store: store, item: try linker.instantiate(store, module))
    case "close": try close(step[1])
    case "host": self[step[1]] = try host(thing(step[2]), step.words.dropFirst(3).map { $0 })
    case "mix": self[step[1]] = Held(store: try thing(step[2]), item: try thing(step[3], as: Held.self).item)
    case "hold":
      let held: Held = try thing(step[2])
      self[step[1]] = Held(store: held.store, item: try item(held.instance.export(held.store, step[3])))
    case "artifact":
      let module: Module = try thing(step[2])
      let artifact: Data = step[3] == "pack" ? try module.pack() : try module.serialize()
      self[step[1]] = artifact
    case "i31":
      let store: Store = try thing(step[2])
      self[step[1]] = Held(store: store, item: try Reference(store, i31: Int32(step.int(3))))
    case "load": self[step[1]] = try Module(thing(step[2]), deserialize: thing(step[3], as: Data.self))
    case "untrusted": return String(try runUntrusted(bytes(step[1])).prefix { $0 != "\n" })
    case "damage": return try damage(step)
    case let op where Program.componentOps.contains(op): return try perform(onComponents: step)
    default: return try use(step, thing(step[1]))
    }
    return "ok"
  }

  private func engine(_ words: ArraySlice<String>) throws -> Engine {
    var config = words.first == "untrusted" ? Config.untrusted : Config()
    for (name, value) in words.filter({ $0 != "untrusted" }).map(\.pair) {
      switch name {
      case "max_wasm_stack": config.maxWasmStack = value.size
      case "consume_fuel": config.consumeFuel = value == "true"
      case "epoch_interruption": config.epochInterruption = value == "true"
      case "wasm_threads": config.wasmThreads = value == "true"
      case "wasm_memory64": config.wasmMemory64 = value == "true"
      case "wasm_gc": config.wasmGC = value == "true"
      case "wasm_function_references": config.wasmFunctionReferences = value == "true"
      case "parallel_compilation": config.parallelCompilation = value == "true"
      case "memory_reservation": config.memoryReservation = value.size
      case "memory_guard_size": config.memoryGuardSize = value.size
      case "memory_reservation_for_growth": config.memoryReservationForGrowth = value.size
      default: throw Mistake(text: "unknown setting `\(name)`")
      }
    }
    return try Engine(config)
  }

  private func limits(_ words: ArraySlice<String>) -> StoreLimits {
    if words.first == "untrusted" { return .untrusted }
    let given = Dictionary(uniqueKeysWithValues: words.map(\.pair))
    return StoreLimits(
      memorySize: given["memory_size"]?.size,
      tableElements: given["table_elements"]?.size,
      instances: given["instances"]?.size,
      tables: given["tables"]?.size,
      memories: given["memories"]?.size,
      fileDescriptors: given["file_descriptors"]?.size,
      trapOnGrowFailure: given["trap_on_grow_failure"] == "true"
    )
  }

  private func wasi(_ grants: ArraySlice<String>) throws -> WasiConfig {
    var config = WasiConfig()
    for grant in grants {
      let parts = grant.split(separator: ":").map(String.init)
      switch parts[0] {
      case "stdin": config.stdin = .inherit
      case "stdout":
        let pipe = try OutputPipe()
        config.stdout = .pipe(pipe)
        if let name = parts.dropFirst().first { self[name] = pipe }
      case "memory":
        let folder = try MemoryDirectory(maxBytes: UInt64(parts[2]), maxFiles: UInt64(parts[3]))
        config.memoryPreopens.append(MemoryPreopen(folder, as: parts[1]))
      default:
        var granted = Preopen(parts[0], as: parts[1], readOnly: parts[2] == "ro")
        if parts[2] == "quota" { (granted.maxBytes, granted.maxFiles) = (UInt64(parts[3]), UInt64(parts[4])) }
        config.preopens.append(granted)
      }
    }
    return config
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  private func item(_ extern: Extern) throws -> Any {
    switch extern {
    case .function(let it): it
    case .memory(let it): it
    case .table(let it): it
    case .global(let it): it
    default: throw Mistake(text: "nothing is done with that")
    }
  }

  private func close(_ name: String) throws {
    switch self[name] {
    case let it as Store: it.close()
    case let it as Module: it.close()
    case let it as Engine: it.close()
    default: throw Mistake(text: "`\(name)` cannot be closed")
    }
  }

  /// A host function from i32 to i32.
  private func host(_ store: Store, _ body: [String]) throws -> Func {
    // A closure that captured its store would keep it, as the package says.
    try Func(store, FuncType([.i32], [.i32])) { [self, weak store] caller, arguments in
      _ = store
      let number = Int(arguments[0].i32 ?? 0)
      switch body[0] {
      case "plain": return [arguments[0]]
      case "throw": throw Oops()
      case "sleep": usleep(UInt32(number * 1000))
      case "close": try close(body[1])
      case "call":
        if number == 0 { break }
        let instance = try thing(body[1], as: Held.self).instance
        return try instance.function(caller.store, body[2]).call(caller.store, [.i32(Int32(number - 1))])
      case "wait": return [.i32(wait(body[1], body[2], number) ? 0 : 1)]
      default: throw Mistake(text: "unknown body `\(body[0])`")
      }
      return [.i32(0)]
    }
  }

  /// Waits for another thread that calls into the same store.
  private func wait(_ of: String, _ name: String, _ number: Int) -> Bool {
    let ended = Ended()
    usleep(50_000)
    onThread { [self] in
      ended.outcome = outcome {
        let held: Held = try thing(of)
        return shown(try held.instance.function(held.store, name)(held.store, number))
      }
    }
    .wait()
    return !ended.outcome.hasPrefix("!")
  }

  private final class Ended: @unchecked Sendable {
    // Read when the thread has ended.
    var outcome = ""
  }

  private func use(_ step: Step, _ held: Held) throws -> String {
    let store = held.store
    func numbers(from place: Int) -> [Val] {
      step.words.dropFirst(place).map { word in Int32(word).map { .i32($0) } ?? .i64(Int64(word) ?? 0) }
    }
    switch step[0] {
    case "call": return shown(try held.instance.function(store, step[2]).call(store, numbers(from: 3)))
    case "held":
      guard let function = held.item as? Func else { throw Mistake(text: "it is no function") }
      return shown(try function.call(store, numbers(from: 2)))
    case "memory": return try memory(step, store, held.item as? Memory ?? held.instance.memory(store, "memory"))
    case "table":
      let table = try held.item as? Table ?? held.instance.table(store, "table")
      if step[2] == "size" { return "\(try table.size(store))" }
      return "\(try table.grow(store, by: step.int(3), Val.null))"
    case "global":
      guard let global = held.item as? Global else { throw Mistake(text: "it is no global") }
      return shown([try global.get(store)])
    case "path": return try path(step, store, held.instance)
    default: throw Mistake(text: "unknown step `\(step[0])`")
    }
  }

  private func shown(_ results: [Val]) -> String {
    if results.isEmpty { return "ok" }
    return results.map { value in value.i32.map { "\($0)" } ?? value.i64.map { "\($0)" } ?? "\(value)" }
      .joined(separator: " ")
  }

  /// An operation on the memory that an instance exports as `memory`, or on one that was held.
  private func memory(_ step: Step, _ store: Store, _ memory: Memory) throws -> String {
    switch step[2] {
    case "size": return "\(try memory.size(store))"
    case "grow": return "\(try memory.grow(store, by: step.int(3)))"
    case "read":
      let bytes = try memory.read(store, at: step.int(3), count: step.int(4))
      return bytes.count < 64 ? bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() : "many"
    case "fill":
      try memory.fill(store, UInt8(step.int(3)), at: step.int(4), count: step.int(5))
      return "ok"
    default: throw Mistake(text: "unknown operation `\(step[2])`")
    }
  }

  /// Calls a guest's function with paths, which it finds at 1024 and 8192.
  private func path(_ step: Step, _ store: Store, _ instance: Instance) throws -> String {
    let lengths = try zip(step.words.dropFirst(3), [1024, 8192]).map { (text, place) -> Val in
      let long = text.hasPrefix("long:") ? String(repeating: "x", count: Int(text.dropFirst(5)) ?? 0) : nil
      let bytes = Data((long ?? text.removingPercentEncoding ?? text).utf8)
      try instance.memory(store, "memory").write(store, bytes, at: place)
      return .i32(Int32(bytes.count))
    }
    return shown(try instance.function(store, step[2]).call(store, lengths))
  }

  /// Uses bytes that were damaged, many times over.
  private func damage(_ step: Step) throws -> String {
    let engine: Engine = try thing(step[2])
    let bytes = try self[step[3]] as? Data ?? bytes(step[3])
    var randoms = Randoms(state: UInt64(step.int(6)))
    var (accepted, refused) = (0, 0)
    for _ in 0..<step.int(5) {
      let bit = Int(randoms.next() % UInt64(bytes.count * 8))
      var bad = bytes
      if step[4] == "cut" { bad = bad.prefix(bit >> 3) } else { bad[bit >> 3] ^= 1 << UInt8(bit & 7) }
      do {
        switch step[1] {
        case "validate": try Module.validate(engine, bad)
        case "load": _ = try Module(engine, deserialize: bad)
        case "unpack": _ = try Module(unpack: bad)
        default: try runDamaged(engine, bad)
        }
        accepted += 1
      } catch let error as WasmtimeError {
        if case .unexpected = error { throw error }
        refused += 1
      }
    }
    return "\(accepted) accepted, \(refused) refused"
  }

  private func runDamaged(_ engine: Engine, _ bytes: Data) throws {
    let module = try Module(engine, bytes)
    let store = try Store(engine)
    defer { store.close() }
    try store.setFuel(100_000)
    try store.setLimits(StoreLimits(memorySize: 1 << 20, tableElements: 10_000))
    let exports = try Instance(store, module).exports(store)
    for function in exports.compactMap({ $0.item.function }) {
      if try !function.type(store).params.isEmpty { continue }
      // What a damaged guest does is its own affair.
      _ = try? function.call(store, [])
    }
  }
}
