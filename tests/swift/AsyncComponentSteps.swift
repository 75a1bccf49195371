import TrimaranComponent

/// What a call or a host function gave.
enum Came: Sendable {
  case values([Val])
  case component(ComponentValue?)

  var values: [Val] {
    get throws {
      guard case .values(let values) = self else { throw Problem("it is of a component") }
      return values
    }
  }

  var component: ComponentValue? {
    get throws {
      guard case .component(let value) = self else { throw Problem("it is of a module") }
      return value
    }
  }
}

// What the steps on components do that are awaited.
extension World {
  /// What such a step gives; `nil` for another one.
  @Cases func performAwaitingOnComponent(_ step: Step) async throws -> Outcome? {
    switch try step.text("op") {
    case "component_call_async":
      let (store, function) = (try store(step), try componentFunc(step))
      return shown(try await function.callAsync(store, values: step.list("args").map { try componentValue($0) }))
    case "component_link_async":
      return kept(.instance(try await componentLinker(step).instantiateAsync(store(step), component(step))))
    case "component_instantiate_async":
      return kept(.instance(try await componentPre(step).instantiateAsync(store(step))))
    case "component_start":
      let (store, function) = (try store(step), try componentFunc(step))
      let arguments = try step.list("args").map { try componentValue($0) }
      return .kept(.task(await begun { .component(try await function.callAsync(store, values: arguments)) }))
    case "component_join":
      _ = try store(step)
      return shown(try await task(step).given.component)
    case "component_release":
      let (name, thrown, value) = (try step.text("hold"), step.optional("throw")?.string, step.optional("value"))
      let hold = await held(name)
      if let thrown {
        hold.give(.failure(mistake(thrown)))
      } else {
        hold.give(.success(.component(try value.flatMap { $0 == .null ? nil : try componentValue($0) })))
      }
      return .nothing
    default: return try await performAwaitingOnStream(step)
    }
  }

  private func shown(_ result: ComponentValue?) -> Outcome { .component(result.map { asCase($0) } ?? .null) }

  typealias AsyncComponentBody = @Sendable (AsyncComponentCaller, [ComponentValue]) async throws -> ComponentValue?

  func asyncComponentBody(_ step: Step) throws -> AsyncComponentBody {
    let fields = try Step(step.value("body"))
    let body = try asyncComponentBody(of: fields)
    try fields.checkAllUsed()
    // Every one lets others go on before it does anything.
    return { @Cases caller, arguments in
      await Task.yield()
      return try await body(caller, arguments)
    }
  }

  private func asyncComponentBody(
    of fields: Step
  ) throws -> @Cases @Sendable (AsyncComponentCaller, [ComponentValue]) async throws -> ComponentValue? {
    switch try fields.text("op") {
    case "echo": return { _, arguments in arguments[0] }
    case "give":
      let value = try fields.value("value")
      return { [unowned self] _, _ in value == .null ? nil : try componentValue(value) }
    case "throw":
      let name = try fields.text("as")
      return { [unowned self] _, _ in throw mistake(name) }
    case "call":
      let (name, arguments) = (try fields.text("func"), try fields.list("args"))
      return { [unowned self] caller, _ in
        try await componentFunction(name).callAsync(caller.store, values: arguments.map { try componentValue($0) })
      }
    case "call_now":
      let (name, arguments) = (try fields.text("func"), try fields.list("args"))
      return { [unowned self] caller, _ in
        try componentFunction(name).call(caller.store, arguments.map { try componentValue($0) })
      }
    case "reads": return try reading(fields)
    case "hold":
      let name = try fields.text("as")
      return { [unowned self] _, _ in
        let hold = Hold()
        holds[name, default: []].append(hold)
        return try await hold.given().component
      }
    case let unknown: throw Problem("unknown body `\(unknown)`")
    }
  }

  private func componentFunction(_ name: String) throws -> Func {
    guard case .component(.function(let function)) = objects[name] else { throw Problem("`\(name)` is no function") }
    return function
  }
}
