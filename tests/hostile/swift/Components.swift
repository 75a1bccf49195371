import Foundation
import Trimaran
import TrimaranComponent
import TrimaranFoundation

/// An instance of a component, with its store.
struct Composed {
  let store: Store
  let instance: TrimaranComponent.Instance
}

/// An object of the host.
private final class Thing: Sendable {}

// Steps on components.
extension Program {
  static let componentOps: Set = ["component", "wit", "composed", "invoke", "free"]

  func perform(onComponents step: Step) throws -> String {
    switch step[0] {
    case "component":
      let bytes = try Data(contentsOf: URL(fileURLWithPath: step[3]))
      self[step[1]] = try Component(thing(step[2], as: Engine.self), bytes)
    case "wit": return try wit(thing(step[1]))
    case "composed": try composed(step)
    case "invoke": return try invoke(step)
    default: try thing(step[1], as: Resource.self).close(thing(step[2], as: Store.self))
    }
    return "ok"
  }

  /// Whether the types of a component, written out, stay short.
  private func wit(_ component: Component) throws -> String {
    let texts = try component.imports.map { "\($0)" } + component.exports.map { "\($0)" }
    return texts.reduce(0) { $0 + $1.count } <= 1 << 16 ? "short" : "!long"
  }

  /// An instance, with WASI and functions of the host where they are asked for.
  private func composed(_ step: Step) throws {
    let (store, component): (Store, Component) = (try thing(step[2]), try thing(step[3]))
    let linker = try TrimaranComponent.Linker(component.engine)
    for given in step.words.dropFirst(4) {
      if given == "wasi" || given == "granted" {
        try linker.defineWasi()
        if given == "wasi" { try store.setWasi(WasiConfig()) }
        continue
      }
      let (name, body) = given.pair
      if body == "resource" {
        try linker.root.defineResource(name, ResourceType())
        continue
      }
      let words = body.split(separator: ":").map(String.init)
      let function: @Sendable (borrowing ComponentCaller, [ComponentValue]) throws -> ComponentValue? = {
        [self] caller, arguments in try host(caller, words, arguments)
      }
      try linker.root.defineFunc(name, function)
    }
    self[step[1]] = Composed(store: store, instance: try linker.instantiate(store, component))
  }

  private func host(
    _ caller: borrowing ComponentCaller, _ body: [String], _ given: [ComponentValue]
  ) throws -> ComponentValue? {
    switch body[0] {
    case "plain": return given[0]
    case "object": return .object(Thing())
    case "throw": throw Oops()
    case "call":
      // It gives what that gives.
      let instance = try thing(body[1], as: Composed.self).instance
      let numbers = body.dropFirst(3).map { ComponentValue.u32(UInt32($0) ?? 0) }
      return try instance.function(caller.store, path: [body[2]]).call(caller.store, numbers)
    case "lend":
      switch given[0] {
      case .resource(let resource): self[body[1]] = resource
      case .object(let object): self[body[1]] = object
      default: throw Mistake(text: "it is no resource")
      }
    case "drop":
      guard case .resource(let resource) = given[0] else { throw Mistake(text: "it is no resource") }
      try resource.close(caller.store)
    default: throw Mistake(text: "unknown body `\(body[0])`")
    }
    return .u32(0)
  }

  /// Calls an exported function, and says what it gave: a number itself, and of anything longer how many there are.
  private func invoke(_ step: Step) throws -> String {
    let of: Composed = try thing(step[1])
    let arguments = try step.words.dropFirst(3).map { word -> ComponentValue in
      guard word.hasPrefix("@") else { return .u32(UInt32(word) ?? 0) }
      return .resource(try thing(String(word.dropFirst())))
    }
    let found = try of.instance.function(of.store, path: [step[2]]).call(of.store, Array(arguments))
    switch found {
    case nil: return "ok"
    case .u32(let number): return "\(number)"
    case .resource(let resource):
      self["\(step[1]).\(step[2])"] = resource
      return "a resource"
    case .bytes(let bytes): return "\(bytes.count) of them"
    case .u16s(let numbers): return "\(numbers.count) of them"
    case .u64s(let numbers): return "\(numbers.count) of them"
    case .string(let text): return "\(text.utf16.count) of them"
    case .list(let items): return "\(items.count) of them"
    case let other?: return "\(other)"
    }
  }
}
