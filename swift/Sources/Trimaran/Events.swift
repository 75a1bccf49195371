internal import CTrimaran

/// What an event is about.
public enum EventKind: UInt8, Sendable, CaseIterable {
  /// A module or a component was compiled, or was found in the cache.
  case compile
  /// An instance was made, with its start function.
  case instantiate
  /// The host called a function of a guest, and it has returned.
  case call
  /// A guest has trapped.
  case trap
}

/// Something that has happened: see ``Engine/setListener(calls:_:)``. As a text it is a sentence: `compiled qjs, 1044320 bytes, in
/// 812.345 ms`.
public struct Event: Sendable, Hashable, CustomStringConvertible {
  /// What it is about.
  public var kind: EventKind
  /// The name of the module, or the one by which the function is exported; its first 2 KiB. `nil` where there is none, and of a trap.
  public var name: String?
  /// How long it took. Of a trap 0: its call took that long.
  public var duration: Duration
  /// How many bytes the module or the component had that was compiled; `nil` of other events.
  public var size: UInt64?
  /// Why it has failed, in the words of its error; `nil` where it has not.
  public var error: String?
  /// All of that as a sentence.
  public var description: String

  /// An event of that kind.
  public init(
    kind: EventKind,
    name: String? = nil,
    duration: Duration = .zero,
    size: UInt64? = nil,
    error: String? = nil,
    description: String = ""
  ) {
    (self.kind, self.name, self.duration) = (kind, name, duration)
    (self.size, self.error, self.description) = (size, error, description)
  }

  init(_ told: trimaran_event) {
    self.init(
      kind: EventKind(rawValue: told.kind) ?? .trap,
      name: text(told.name),
      duration: .nanoseconds(Int64(clamping: told.nanoseconds)),
      size: told.has_size ? told.size : nil,
      error: text(told.error),
      description: text(told.text) ?? ""
    )
  }
}

private func text(_ lent: trimaran_lent_text) -> String? {
  lent.bytes.map { String(decoding: UnsafeBufferPointer(start: $0, count: lent.length), as: UTF8.self) }
}

extension Core {
  /// A closure that is told of events.
  package struct EventListener: Sendable {
    let body: @Sendable (Trimaran.Event) -> Void

    package init(body: @escaping @Sendable (Trimaran.Event) -> Void) { self.body = body }

    /// The core holds the closure from then on, until another one is set.
    func write(to writer: inout Writer) {
      let context = Unmanaged.passRetained(Listening(body)).toOpaque()
      writer.number(trimaran_event_listener_new(tell, releaseListener, context))
    }
  }
}

private final class Listening: Sendable {
  let body: @Sendable (Event) -> Void

  init(_ body: @escaping @Sendable (Event) -> Void) { self.body = body }
}

/// Tells a closure of an event.
private func tell(_ context: UnsafeMutableRawPointer?, _ event: UnsafePointer<trimaran_event>?) {
  guard let context, let event else { preconditionFailure("an event without a context or contents") }
  Unmanaged<Listening>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.body(Event(event.pointee)) }
}

/// Lets go of a closure.
private func releaseListener(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<Listening>.fromOpaque($0).release() }
}
