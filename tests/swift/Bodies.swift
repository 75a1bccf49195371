import Trimaran

/// What a body throws. It is no error of the package, and a class, so that it is known again.
final class Mistake: Error {}

/// An object that goes into a guest and comes out again.
final class HostObject: Sendable {}

extension World {
  /// The host function of a step. It keeps its world no longer than a case lasts.
  func host(_ step: Step) throws -> Func {
    if isAsync(step) {
      let (type, body) = try asyncHostFunction(step)
      return try Func(store(step), type, body)
    }
    let (type, body) = try hostFunction(step)
    return try Func(store(step), type, body)
  }

  /// The type of a step's host function, and what it does.
  func hostFunction(_ step: Step) throws -> (FuncType, Body) {
    let type = try hostType(step)
    let fields = try Step(step.value("body"))
    let body = try body(fields)
    try fields.checkAllUsed()
    return (type, body)
  }

  func hostType(_ step: Step) throws -> FuncType {
    let type = try Step(step.value("type"))
    let (params, results) = (try type.list("params").map(valType), try type.list("results").map(valType))
    try type.checkAllUsed()
    return FuncType(params, results)
  }

  typealias Body = @Sendable (borrowing Caller, [Val]) throws -> [Val]
  /// What a body does that needs no caller: async ones do it as well.
  typealias Deed = @Sendable (Store, [Val]) throws -> [Val]

  private func body(_ fields: Step) throws -> Body {
    if try fields.text("op") == "read" {
      let (export, start, count) = try read(fields)
      return { caller, _ in try first(of: caller.memory(export).read(caller.store, at: start, count: count)) }
    }
    let deed = try deed(fields)
    return { caller, arguments in try deed(caller.store, arguments) }
  }

  func deed(_ fields: Step) throws -> Deed {
    switch try fields.text("op") {
    case "add": { _, numbers in [.i32(numbers.compactMap(\.i32).reduce(0, &+))] }
    case "echo": { _, arguments in arguments }
    case "give": try give(fields)
    case "throw": try raise(fields)
    case "call", "call_now": try call(fields)
    case "close": try close(fields)
    case "grow": try grow(fields)
    case let unknown: throw Problem("unknown body `\(unknown)`")
    }
  }

  /// What a body reads: which memory, and what of it.
  func read(_ fields: Step) throws -> (export: String, start: Int, count: Int) {
    (try fields.text("export"), try fields.int("start"), try fields.int("length"))
  }

  private func give(_ fields: Step) throws -> Deed {
    let values = try fields.list("values")
    return { [unowned self] _, _ in try values.map { try value($0) } }
  }

  private func raise(_ fields: Step) throws -> Deed {
    let name = try fields.text("as")
    return { [unowned self] _, _ in throw mistake(name) }
  }

  /// Something to throw, which is known by a name.
  func mistake(_ name: String) -> Mistake {
    let mistake = Mistake()
    mistakes[name] = mistake
    return mistake
  }

  private func call(_ fields: Step) throws -> Deed {
    let (name, arguments) = (try fields.text("func"), try fields.list("args"))
    return { [unowned self] store, _ in
      try function(named: name).call(store, arguments.map { try value($0) })
    }
  }

  func function(named name: String) throws -> Func {
    guard case .extern(.function(let function)) = objects[name] else { throw Problem("`\(name)` is no function") }
    return function
  }

  private func close(_ fields: Step) throws -> Deed {
    let name = try fields.text("store")
    return { [unowned self] _, _ in
      guard case .store(let store) = objects[name] else { throw Problem("`\(name)` is no store") }
      store.close()
      return []
    }
  }

  private func grow(_ fields: Step) throws -> Deed {
    let (name, delta) = (try fields.text("memory"), try fields.int("delta"))
    return { [unowned self] store, _ in
      guard case .extern(.memory(let memory)) = objects[name] else { throw Problem("`\(name)` is no memory") }
      try memory.grow(store, by: delta)
      return []
    }
  }
}

/// What the body `read` gives.
func first(of bytes: [UInt8]) -> [Val] { bytes.prefix(1).map { .i32(Int32($0)) } }

/// The type of a value, by its word.
func valType(_ word: JSON) throws -> ValType {
  switch word.string {
  case "i32": .i32
  case "i64": .i64
  case "f32": .f32
  case "f64": .f64
  case "v128": .v128
  case "funcref": .funcref
  case "externref": .externref
  case "anyref": .ref(RefType(.any))
  case "eqref": .ref(RefType(.eq))
  case "i31ref": .ref(RefType(.i31))
  case "structref": .ref(RefType(.struct))
  case "arrayref": .ref(RefType(.array))
  case "exnref": .ref(RefType(.exn))
  default: throw Problem("\(word) is no type")
  }
}
