import TrimaranComponent

// What the steps on streams and futures of components do.

/// Parts of a case, one at a time, and perhaps a failure behind them.
private struct CaseAsyncParts: AsyncSequence, AsyncIteratorProtocol, Sendable {
  var left: ArraySlice<ComponentValue>
  /// What is thrown behind them.
  let failure: (any Error)?

  func makeAsyncIterator() -> CaseAsyncParts { self }

  mutating func next() async throws -> ComponentValue? {
    await Task.yield()
    if let part = left.popFirst() { return part }
    if let failure { throw failure }
    return nil
  }
}

extension World {
  /// A value that is read part by part; `nil` for another one.
  func streamValue(_ value: JSON) throws -> ComponentValue? {
    guard let parts = value.array, let kind = parts.first?.string, parts.count > 1 else { return nil }
    func given() throws -> ArraySlice<ComponentValue> { try (parts[1].array ?? []).map { try componentValue($0) }[...] }
    switch kind {
    case "stream": return try end(parts[1].string ?? "")
    case "parts": return .source(.parts(CaseAsyncParts(left: try given(), failure: nil)))
    case "parts_now": return .source(.parts(Array(try given())))
    case "failing":
      let failure = mistake(parts.count > 2 ? parts[2].string ?? "" : "")
      return .source(.parts(CaseAsyncParts(left: try given(), failure: failure)))
    case "failing_now":
      let (left, failure) = (Kept<ArraySlice<ComponentValue>>(), mistake(parts.count > 2 ? parts[2].string ?? "" : ""))
      left.value = try given()
      return .source(
        .parts(next: {
          guard let part = left.value?.popFirst() else { throw failure }
          return part
        })
      )
    case "later":
      let value = try payload(parts[1])
      return .source(
        .later {
          await Task.yield()
          return value
        }
      )
    default: return nil
    }
  }

  private func payload(_ value: JSON) throws -> ComponentValue? {
    if value == .null { return nil }
    return try componentValue(value)
  }

  private func end(_ name: String) throws -> ComponentValue {
    guard case .component(.end(let end)) = objects[name] else { throw Problem("`\(name)` is no stream") }
    return end
  }

  private func end(_ step: Step) throws -> ComponentValue { try end(step.text("stream")) }

  /// How many elements a step reads at most.
  private func most(_ step: Step) throws -> Int? { try step.optional("most").map { _ in try step.int("most") } }

  /// Keeps what a call gave, where that is a stream or a future.
  func keptEnd(_ value: ComponentValue?) -> Outcome? {
    switch value {
    case .stream, .future: value.map { kept(.end($0)) }
    default: nil
    }
  }

  /// What such a step gives; `nil` for another one.
  func performOnStream(_ step: Step) throws -> Outcome? {
    switch try step.text("op") {
    case "component_read":
      let (end, most) = (try end(step), try most(step))
      switch end {
      case .stream(let stream):
        return .component(asCase(try most.map { (it) in try stream.read(most: it) } ?? stream.read()))
      case .future(let future): return .component(try future.read().map { asCase($0) } ?? .null)
      default: throw Problem("it is no stream")
      }
    case "component_stream_is_alive":
      switch try end(step) {
      case .stream(let stream): return .plain(.bool(stream.isAlive))
      case .future(let future): return .plain(.bool(future.isAlive))
      default: throw Problem("it is no stream")
      }
    case "component_close":
      switch try end(step) {
      case .stream(let stream): stream.close()
      case .future(let future): future.close()
      default: throw Problem("it is no stream")
      }
      return .nothing
    default: return nil
    }
  }

  /// The same of those that are awaited.
  @Cases func performAwaitingOnStream(_ step: Step) async throws -> Outcome? {
    switch try step.text("op") {
    case "component_keep_async":
      let (store, function) = (try store(step), try componentFunc(step))
      let result = try await function.callAsync(store, values: step.list("args").map { try componentValue($0) })
      guard let outcome = keptEnd(result) else { throw Problem("it gave \(result as Any), which is no stream") }
      return outcome
    case "component_read_async":
      let (end, most) = (try end(step), try most(step))
      switch end {
      case .stream(let stream):
        if let most { return .component(asCase(try await stream.readAsync(most: most))) }
        return .component(asCase(try await stream.readAsync()))
      case .future(let future): return .component(try await future.readAsync().map { asCase($0) } ?? .null)
      default: throw Problem("it is no stream")
      }
    default: return nil
    }
  }

  /// An async function of the host that reads its first argument.
  func reading(
    _ fields: Step
  ) throws -> @Cases @Sendable (AsyncComponentCaller, [ComponentValue]) async throws -> ComponentValue? {
    let (times, most, value) = (try fields.int("times"), try most(fields), try fields.value("value"))
    return { [unowned self] _, arguments in
      guard case .stream(let stream) = arguments[0] else { throw Problem("its argument is no stream") }
      for _ in 0..<times {
        if let most { _ = try await stream.readAsync(most: most) } else { _ = try await stream.readAsync() }
      }
      stream.close()
      return try payload(value)
    }
  }
}
