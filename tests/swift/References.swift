import Foundation
import Trimaran
import TrimaranFoundation

// What the steps on globals, tables, tags, references and views do.
extension World {
  func performOnGlobal(_ step: Step) throws -> Outcome {
    let store = try store(step)
    switch try step.text("op") {
    case "global":
      let type = GlobalType(try valType(step.value("type")), mutable: step.optional("mutable")?.bool ?? false)
      return .kept(.extern(.global(try Global(store, type, value(step.value("value"))))))
    case "global_get": return .value(try global(step).get(store), store)
    default:
      try global(step).set(store, value(step.value("value")))
      return .nothing
    }
  }

  func performOnTable(_ step: Step) throws -> Outcome {
    let store = try store(step)
    switch try step.text("op") {
    case "table":
      guard case .ref(let element) = try valType(step.value("type")) else { throw Problem("`type` is no reference") }
      let type = TableType(element, try limits(step))
      return .kept(.extern(.table(try Table(store, type, value(step.value("init"))))))
    case "table_get": return .value(try table(step).get(store, at: step.int("index")), store)
    case "table_set": try table(step).set(store, value(step.value("value")), at: step.int("index"))
    case "table_size": return .plain(.int(try table(step).size(store)))
    case "table_grow":
      return .plain(.int(try table(step).grow(store, by: step.int("delta"), value(step.value("init")))))
    case "table_fill":
      let (index, length) = (try step.int("index"), try step.int("length"))
      try table(step).fill(store, value(step.value("value")), at: index, count: length)
    default:
      let (index, place, length) = (try step.int("index"), try step.int("source_index"), try step.int("length"))
      try table(step).copy(store, from: table(step, "source"), at: place, to: index, count: length)
    }
    return .nothing
  }

  func performOnTag(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "tag":
      let type = TagType(FuncType(try step.list("params").map(valType), []))
      return .kept(.extern(.tag(try Tag(store(step), type))))
    default:
      let tag = try find(step, "tag") { if case .extern(let it) = $0 { it.tag } else { nil } }
      return .plain(.string("\(try tag.type(store(step)))"))
    }
  }

  func performOnReference(_ step: Step) throws -> Outcome {
    let store = try store(step)
    switch try step.text("op") {
    case "i31": return .kept(.reference(try Reference(store, i31: step.number("value"))))
    case "ref_i31": return .plain(try reference(step).i31(store).map { .int(Int($0)) } ?? .null)
    case "ref_type": return .plain(.string("\(try reference(step).type(store))"))
    case "ref_matches":
      let type = RefType(try heapType(step.text("type")))
      return .plain(.bool(try reference(step).matches(store, type)))
    case "ref_fields":
      guard let length = step.optional("length")?.int else { return .values(try reference(step).fields(store), store) }
      let start = try step.int("start")
      return .values(try reference(step).fields(store, start..<start + length), store)
    case "ref_field_count": return .plain(.int(try reference(step).fieldCount(store)))
    case "ref_same": return .plain(.bool(try reference(step).same(store, reference(step, "other"))))
    default: return .plain(try reference(step).tag(store).map { .string("\(try $0.type(store))") } ?? .null)
    }
  }

  func performOnView(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "view":
      let (start, length) = (try step.int("start"), try step.int("length"))
      return .kept(.view(try HeldView(memory(step), store(step), at: start, count: length)))
    case "view_read": return .plain(.string(hex(Data(try view(step).bytes))))
    case "view_write":
      let (bytes, offset) = (try step.bytes("hex"), try step.int("offset"))
      let view = try view(step).bytes
      guard offset >= 0, offset + bytes.count <= view.count else { throw Problem("it is outside of the view") }
      UnsafeMutableRawBufferPointer(rebasing: view[offset...]).copyBytes(from: bytes)
    default:
      try view(step).drop()
      objects[try step.text("view")] = nil
    }
    return .nothing
  }

  // MARK: Values

  /// A value of a case.
  func value(_ json: JSON) throws -> Val {
    guard let parts = json.array, parts.count == 2, let kind = parts[0].string else { return try Val(case: json) }
    switch (kind, parts[1]) {
    case ("func", .null): return .funcRef(nil)
    case ("func", .string(let name)):
      guard case .extern(.function(let function)) = objects[name] else { throw Problem("`\(name)` is no function") }
      return .funcRef(function)
    case ("ref", .null): return .null
    case ("ref", .string(let name)):
      guard case .reference(let reference) = objects[name] else { throw Problem("`\(name)` is no reference") }
      return try reference.val
    case ("host", .string(let text)):
      let object = hostObjects[text] ?? HostObject()
      hostObjects[text] = object
      return .externRef(object)
    default: return try Val(case: json)
    }
  }

  /// Whether a value is the one that a case expects.
  func agrees(_ found: Val, _ expected: JSON, _ store: Store) throws -> Bool {
    if case .funcRef(nil) = found, expected.array?.first == .string("ref") { return false }
    if found.isNull { return try value(expected).isNull }
    guard expected.array?.count == 2 else { return found.asCase == expected }
    switch (found, try value(expected)) {
    case (.funcRef(let found?), .funcRef(let function?)): return try found.same(store, function)
    case (.anyRef(let found?), .anyRef(let reference?)), (.exnRef(let found?), .exnRef(let reference?)),
      (.externRef(let found as Reference), .externRef(let reference as Reference)):
      return try found.same(store, reference)
    case (.externRef(let found?), .externRef(let object?)): return found === object
    default: return found.asCase == expected
    }
  }
}

/// What a reference refers to, by its word.
private func heapType(_ word: String) throws -> HeapType {
  let types: [HeapType] = [
    .extern, .noExtern, .func, .noFunc, .any, .eq, .i31, .struct, .array, .none, .exn, .noExn, .cont, .noCont,
  ]
  guard let type = types.first(where: { "\($0)" == word }) else { throw Problem("`\(word)` is no heap type") }
  return type
}

/// A view that is out until it is dropped: a thread stays inside the closure that it was lent to.
final class HeldView {
  let bytes: UnsafeMutableRawBufferPointer
  private let gone = Flag()
  private let worker: Worker<Void>

  init(_ memory: Memory, _ store: Store, at start: Int, count: Int) throws {
    let (lent, there, gone) = (Lent(), Flag(), gone)
    worker = Worker {
      // After a failure as well.
      defer { there.raise() }
      try memory.withUnsafeMutableBytes(store, at: start, count: count) { bytes in
        lent.bytes = bytes
        there.raise()
        gone.wait()
      }
    }
    there.wait()
    guard let bytes = lent.bytes else {
      try worker.join()
      throw Problem("it lent nothing")
    }
    self.bytes = bytes
  }

  /// Returns when the view is gone.
  func drop() throws {
    gone.raise()
    try worker.join()
  }

  deinit { gone.raise() }

  private final class Lent: @unchecked Sendable {
    // Set before it is said to be there.
    var bytes: UnsafeMutableRawBufferPointer?
  }
}

/// One thread waits until another sets it.
final class Flag: @unchecked Sendable {
  // The condition guards it.
  private let condition = NSCondition()
  private var isRaised = false

  /// Whether it has been said.
  var isSet: Bool {
    condition.lock()
    defer { condition.unlock() }
    return isRaised
  }

  func raise() {
    condition.lock()
    defer { condition.unlock() }
    isRaised = true
    condition.broadcast()
  }

  func wait() {
    condition.lock()
    defer { condition.unlock() }
    while !isRaised { condition.wait() }
  }
}
