import Trimaran

/// Where the steps of async cases run, with the guests that they await and their host functions: one at a time.
@globalActor actor Cases {
  static let shared = Cases()
}

/// A call in a task of its own, of a module or of a component.
@Cases final class AsyncTask {
  private(set) var task: Task<Came, any Error>?
  private(set) var (hasBegun, isOver) = (false, false)

  nonisolated init() {}

  func begin(_ call: @escaping @Cases () async throws -> Came) {
    task = Task { @Cases in
      hasBegun = true
      defer { isOver = true }
      return try await call()
    }
  }

  var given: Came {
    get async throws {
      guard let task else { throw Problem("it has not begun") }
      return try await task.value
    }
  }
}

/// An async host function that waits for a step.
@Cases final class Hold {
  private var answer: CheckedContinuation<Came, any Error>?
  private(set) var isCancelled = false

  func given() async throws -> Came {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { answer = $0 }
    } onCancel: {
      Task { @Cases in
        isCancelled = true
        give(.failure(CancellationError()))
      }
    }
  }

  func give(_ given: Result<Came, any Error>) {
    answer?.resume(with: given)
    answer = nil
  }
}

extension World {
  /// As `run`, of a case with steps that are awaited.
  @Cases func runAwaiting(_ fields: JSON) async throws {
    let step = try Step(fields)
    var ended: Result<Outcome, any Error>
    do {
      ended = .success(try await performAwaiting(step) ?? perform(step))
    } catch let error as Mistake {
      ended = .failure(WasmtimeError.thrown(error))
    } catch {
      ended = .failure(error)
    }
    try compare(step, ended)
  }

  /// Ends what a case has left: its closures do not hold their world.
  @Cases func end() async {
    let tasks = objects.values.compactMap { if case .task(let it) = $0 { it } else { nil } }
    for task in tasks { task.task?.cancel() }
    for hold in holds.values.joined() { hold.give(.failure(CancellationError())) }
    for task in tasks { _ = await task.task?.result }
  }

  /// What an awaited step gives; `nil` for another one.
  @Cases private func performAwaiting(_ step: Step) async throws -> Outcome? {
    switch try step.text("op") {
    case "call_async":
      let (store, function) = (try store(step), try function(step))
      return .values(try await function.callAsync(store, step.list("args").map { try value($0) }), store)
    case "instance_async":
      let imports = try step.optional("imports")?.array?.map { try importable($0) } ?? []
      return .kept(.instance(try await Instance.makeAsync(store(step), module(step), imports)))
    case "link_async":
      return .kept(.instance(try await linker(step).instantiateAsync(store(step), module(step))))
    case "instantiate_async": return .kept(.instance(try await pre(step).instantiateAsync(store(step))))
    case "start":
      let (store, function) = (try store(step), try function(step))
      let arguments = try step.list("args").map { try value($0) }
      return .kept(.task(await begun { .values(try await function.callAsync(store, arguments)) }))
    case "join":
      let store = try store(step)
      return .values(try await task(step).given.values, store)
    case "release":
      let (name, thrown, given) = (
        try step.text("hold"), step.optional("throw")?.string, step.optional("values")?.array
      )
      let hold = await held(name)
      hold.give(try thrown.map { .failure(mistake($0)) } ?? .success(.values((given ?? []).map { try value($0) })))
      return .nothing
    case "cancel":
      let task = try task(step)
      task.task?.cancel()
      do {
        throw Problem("it gave \(try await task.given)")
      } catch is CancellationError {
        return .nothing
      }
    default: return try await performAwaitingOnComponent(step)
    }
  }

  @Cases func task(_ step: Step) throws -> AsyncTask {
    try find(step, "task") { if case .task(let it) = $0 { it } else { nil } }
  }

  /// A task with that call, which is over, or waits.
  @Cases func begun(_ call: @escaping @Cases () async throws -> Came) async -> AsyncTask {
    let (task, before) = (AsyncTask(), holds.values.map(\.count).reduce(0, +))
    task.begin(call)
    // Whether it waits in line cannot be seen: a few turns after its first step it does.
    var turns = 0
    while !task.isOver, holds.values.map(\.count).reduce(0, +) == before, turns < 200 {
      await Task.yield()
      if task.hasBegun { turns += 1 }
    }
    return task
  }

  /// The eldest host function that waits under that name, once there is one.
  @Cases func held(_ name: String) async -> Hold {
    while true {
      holds[name]?.removeAll(where: \.isCancelled)
      if let hold = holds[name]?.first {
        holds[name]?.removeFirst()
        return hold
      }
      await Task.yield()
    }
  }

  /// Whether a host function that a step makes is an async one.
  func isAsync(_ step: Step) -> Bool { step.optional("async") == .bool(true) }

  func callerExport(_ step: Step) throws -> Extern {
    guard let caller = callers[try step.text("host")] else { throw Problem("it has kept no caller") }
    return try caller.export(step.text("name"))
  }

  typealias AsyncBody = @Sendable (AsyncCaller, [Val]) async throws -> [Val]

  func asyncHostFunction(_ step: Step) throws -> (FuncType, AsyncBody) {
    let (type, fields) = (try hostType(step), try Step(step.value("body")))
    let body = try asyncBody(fields, step.optional("as")?.string ?? "")
    try fields.checkAllUsed()
    // Every one lets others go on before it does anything.
    return (
      type,
      { @Cases caller, arguments in
        await Task.yield()
        return try await body(caller, arguments)
      }
    )
  }

  private func asyncBody(_ fields: Step, _ host: String) throws -> @Cases @Sendable (AsyncCaller, [Val]) async throws ->
    [Val]
  {
    switch try fields.text("op") {
    case "read":
      let (export, start, count) = try read(fields)
      return { caller, _ in try first(of: caller.memory(export).read(caller.store, at: start, count: count)) }
    case "escape":
      return { [unowned self] caller, _ in
        callers[host] = caller
        return []
      }
    case "call":
      let (name, arguments) = (try fields.text("func"), try fields.list("args"))
      return { [unowned self] caller, _ in
        try await function(named: name).callAsync(caller.store, arguments.map { try value($0) })
      }
    case "gather":
      let (name, lists) = (try fields.text("func"), try fields.list("args"))
      return { [unowned self] caller, _ in
        let function = try function(named: name)
        let calls = try lists.map { list in
          let arguments = try (list.array ?? []).map { try value($0) }
          return Task { @Cases in try await function.callAsync(caller.store, arguments) }
        }
        var all: [Val] = []
        for call in calls { all += try await call.value }
        return all
      }
    case "leave":
      let (name, arguments) = (try fields.text("func"), try fields.list("args"))
      let (kept, values) = (try fields.text("as"), try fields.list("values"))
      return { [unowned self] caller, _ in
        let (function, arguments) = (try function(named: name), try arguments.map { try value($0) })
        objects[kept] = .task(await begun { .values(try await function.callAsync(caller.store, arguments)) })
        return try values.map { try value($0) }
      }
    case "hold":
      let name = try fields.text("as")
      return { [unowned self] _, _ in
        let hold = Hold()
        holds[name, default: []].append(hold)
        return try await hold.given().values
      }
    default:
      let deed = try deed(fields)
      return { caller, arguments in try deed(caller.store, arguments) }
    }
  }
}
