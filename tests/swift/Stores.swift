import Foundation
import Trimaran
import TrimaranFoundation

// What the steps on stores do.
extension World {
  func performOnStore(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "store": return .kept(.store(try Store(engine(step))))
    case "set_limits":
      func limit(_ name: String) throws -> UInt64? { step.optional(name) == nil ? nil : try step.number(name) }
      let limits = StoreLimits(
        memorySize: try limit("memory_size"),
        tableElements: try limit("table_elements"),
        instances: try limit("instances"),
        tables: try limit("tables"),
        memories: try limit("memories"),
        fileDescriptors: try limit("file_descriptors"),
        trapOnGrowFailure: step.optional("trap_on_grow_failure")?.bool ?? false
      )
      try store(step).setLimits(limits)
    case "set_fuel": try store(step).setFuel(decimal(step.text("fuel")))
    case "get_fuel": return .plain(.string("\(try store(step).fuel)"))
    case "set_host_call_fuel": try store(step).setHostCallFuel(decimal(step.text("fuel")))
    case "set_epoch_deadline": try store(step).setEpochDeadline(step.int("ticks"))
    case "set_timeout":
      let timeout = try step.value("milliseconds") == .null ? nil : Duration.milliseconds(step.int("milliseconds"))
      try store(step).setTimeout(timeout)
    case "gc": try store(step).gc()
    default: try close(step.text("object"))
    }
    return .nothing
  }

  // MARK: WASI

  func performOnWasi(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "set_wasi":
      let config = try Step(step.value("config"))
      try store(step).setWasi(wasi(config))
    case "output": return .plain(.string(try output(step)))
    case "directory": return .kept(.directory(try TemporaryDirectory()))
    case "put_file": try Data(step.text("text").utf8).write(to: file(step))
    default: return .plain(.string(try String(contentsOf: file(step), encoding: .utf8)))
    }
    return .nothing
  }

  func performOnFolder(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "folder":
      let files = MemoryDirectory.Files(
        try step.list("files").map { file in
          guard let pair = file.array, pair.count == 2 else { throw Problem("\(file) is no file") }
          return (name: try text(pair[0]), bytes: Array(try text(pair[1]).utf8))
        }
      )
      let limit = { (name: String) in
        try step.optional(name) == nil ? nil : decimal(step.text(name), as: UInt64.self)
      }
      return .kept(.folder(try MemoryDirectory(files, maxBytes: limit("max_bytes"), maxFiles: limit("max_files"))))
    case "folder_files":
      let pairs = try folder(step).files.map { [$0.name, String(decoding: $0.bytes, as: UTF8.self)].map(JSON.string) }
      return .plain(.array(pairs.map(JSON.array)))
    case "folder_names": return .plain(.array(try folder(step).names.map { .string($0) }))
    case "folder_read":
      let bytes = try folder(step).read(step.text("name"))
      return .plain(.string(String(decoding: bytes, as: UTF8.self)))
    case "folder_write": try folder(step).write(step.text("name"), Array(step.text("text").utf8))
    default: try folder(step).remove(step.text("name"))
    }
    return .nothing
  }

  private func folder(_ step: Step) throws -> MemoryDirectory {
    try find(step, "folder") { if case .folder(let it) = $0 { it } else { nil } }
  }

  private func answers(_ parts: [JSON]) throws -> WasiHttp {
    let kind = parts.first?.string
    let texts = parts.map(\.string)
    return .callback { [unowned self] request in
      switch kind {
      case "describe":
        let body = String(decoding: try request.read(), as: UTF8.self)
        return HttpResponse(200, [], .text("\(request.method) \(request.url) \(body)"))
      case "give":
        let headers = try (parts[2].array ?? []).map { pair in
          guard let pair = pair.array else { throw Problem("\(pair) is no header") }
          return try HttpHeader(text(pair[0]), text(pair[1]))
        }
        return HttpResponse(parts[1].int ?? 0, headers, .text(texts[3] ?? ""))
      case "fail": throw HttpError(texts[1] ?? "", texts[2])
      default:
        let mistake = Mistake()
        mistakes[texts[1] ?? ""] = mistake
        throw mistake
      }
    }
  }

  private func wasi(_ fields: Step) throws -> WasiConfig {
    var config = WasiConfig()
    if fields.optional("argv") != nil { config.argv = try fields.list("argv").map(text) }
    if fields.optional("env") != nil {
      config.env = WasiConfig.Environment(
        try fields.list("env").map { variable in
          guard let parts = variable.array, parts.count == 2 else { throw Problem("\(variable) is no variable") }
          return (name: try text(parts[0]), value: try text(parts[1]))
        }
      )
    }
    if fields.optional("stdin") != nil { config.stdin = .text(try fields.text("stdin")) }
    if fields.optional("stdin_file") != nil { config.stdin = .file(path: try fields.text("stdin_file")) }
    if fields.optional("stdout") != nil { config.stdout = try pipe(fields.text("stdout")) }
    if fields.optional("stderr") != nil { config.stderr = try pipe(fields.text("stderr")) }
    if fields.optional("stdout_limited") != nil {
      let limited = try fields.list("stdout_limited")
      guard limited.count == 2, let capacity = limited[1].int else {
        throw Problem("`stdout_limited` has to be [name, size]")
      }
      config.stdout = try pipe(text(limited[0]), capacity: UInt64(capacity))
    }
    if fields.optional("stdout_sink") != nil {
      let sink = Sink()
      objects[try fields.text("stdout_sink")] = .sink(sink)
      config.stdout = .callback { sink.add($0) }
    }
    if fields.optional("stdout_throws") != nil {
      let name = try fields.text("stdout_throws")
      config.stdout = .callback { [unowned self] _ in
        let mistake = Mistake()
        mistakes[name] = mistake
        throw mistake
      }
    }
    if fields.optional("preopens") != nil { config.preopens = try fields.list("preopens").map(preopen) }
    if fields.optional("memory_preopens") != nil {
      config.memoryPreopens = try fields.list("memory_preopens").map { json in
        guard let parts = json.array, parts.count == 3, let readOnly = parts[2].bool else {
          throw Problem("\(json) is no directory for a guest")
        }
        let name = try text(parts[0])
        guard case .folder(let folder) = objects[name] else { throw Problem("`\(name)` is no folder") }
        return MemoryPreopen(folder, as: try text(parts[1]), readOnly: readOnly)
      }
    }
    if fields.optional("max_transfer") != nil { config.maxTransfer = try decimal(fields.text("max_transfer")) }
    if fields.optional("http") != nil { config.http = try answers(fields.list("http")) }
    if fields.optional("max_http_body") != nil { config.maxHttpBody = try decimal(fields.text("max_http_body")) }
    if fields.optional("clock") != nil {
      let times = try fields.list("clock").map { try decimal(text($0), as: UInt64.self) }
      guard times.count == 2 else { throw Problem("`clock` has to be [start, step]") }
      config.clock = FixedClock(start: times[0], step: times[1])
    }
    if fields.optional("random_seed") != nil { config.randomSeed = try decimal(fields.text("random_seed")) }
    try fields.checkAllUsed()
    return config
  }

  private func pipe(_ name: String, capacity: UInt64? = nil) throws -> WasiOutput {
    let pipe = try OutputPipe(capacity: capacity)
    objects[name] = .pipe(pipe)
    return .pipe(pipe)
  }

  private func preopen(_ json: JSON) throws -> Preopen {
    guard let parts = json.array, (3...5).contains(parts.count), let readOnly = parts[2].bool else {
      throw Problem("\(json) is no directory for a guest")
    }
    let quota = try parts[3...].map { try decimal(text($0), as: UInt64.self) }
    let name = try text(parts[0])
    guard case .directory(let directory) = objects[name] else { throw Problem("`\(name)` is no directory") }
    return Preopen(
      directory.url.path,
      as: try text(parts[1]),
      readOnly: readOnly,
      maxBytes: quota.first,
      maxFiles: quota.dropFirst().first
    )
  }

  private func output(_ step: Step) throws -> String {
    let bytes = try find(step, "pipe") { (object) throws -> Data? in
      switch object {
      case .pipe(let pipe): Data(try pipe.contents)
      case .sink(let sink): sink.bytes
      default: nil
      }
    }
    guard let text = String(data: bytes, encoding: .utf8) else { throw Problem("\(hex(bytes)) is no text") }
    return text
  }

  private func file(_ step: Step) throws -> URL {
    let directory = try find(step, "directory") { if case .directory(let it) = $0 { it } else { nil } }
    return directory.url.appendingPathComponent(try step.text("name"))
  }
}

private func text(_ json: JSON) throws -> String {
  guard let text = json.string else { throw Problem("\(json) is no text") }
  return text
}

/// Collects what a guest writes.
final class Sink: @unchecked Sendable {
  // The lock guards them.
  private let lock = NSLock()
  private var collected = Data()

  func add(_ bytes: Data) { lock.withLock { collected.append(bytes) } }

  var bytes: Data { lock.withLock { collected } }
}

/// A directory that goes with this object.
final class TemporaryDirectory: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
