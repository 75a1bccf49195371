// What the host has that guests read: the parts of a stream, or the value of a future.

internal import CTrimaran
import Trimaran

/// What a guest reads that the host has: the parts of a stream, one after the other, or the value of a future.
///
/// ```swift
/// let pieces = AsyncStream<[UInt8]> { pieces in
///   pieces.yield([1, 2])
///   pieces.yield([3])
///   pieces.finish()
/// }
/// let sum: UInt32 = try await add.callAsync(store, ComponentSource.parts(pieces), 3 as UInt32)
/// ```
///
/// Nobody reads ahead: it is asked for a part when a guest reads and has none. What a part has more of than the guest has room for waits for its
/// next read. What it throws comes out of the call in which the guest reads: the very same error. A source is read once, by one guest.
///
/// The store keeps it until the guest has closed its end. One that has the store in a closure keeps the store as well: capture it `weak`, or close
/// it.
public final class ComponentSource: Sendable {
  let isFuture: Bool
  private let function: HostFunction

  private init(_ isFuture: Bool, _ function: HostFunction) { (self.isFuture, self.function) = (isFuture, function) }

  /// A stream of what an async sequence gives, part by part. Its guest waits for it, and takes no thread meanwhile: the call has to be
  /// one that is awaited.
  ///
  /// - Parameter parts: The parts, each as a list of the type. One without elements is passed over.
  public static func parts<Parts: AsyncSequence & Sendable>(_ parts: Parts) -> ComponentSource
  where Parts.Element: ComponentConvertible {
    let (parts, reader) = (AsyncIteration(parts), OneReader())
    let next: @Sendable () async throws -> ComponentValue? = {
      guard reader.begins() else { throw OneReader.busy }
      defer { reader.end() }
      while let part = try await parts.next() {
        let part = part.componentValue
        if part.count != 0 { return part }
      }
      return noElements
    }
    return ComponentSource(false, HostFunction(source: next))
  }

  /// A stream of what a sequence gives, part by part, which waits for nothing.
  ///
  /// - Parameter parts: The parts, each as a list of the type. One without elements is passed over.
  public static func parts<Parts: Sequence & Sendable>(_ parts: Parts) -> ComponentSource
  where Parts.Element: ComponentConvertible {
    let parts = Iteration(parts)
    return self.parts(next: { parts.next()?.componentValue })
  }

  /// A stream of what a closure gives, part by part, which waits for nothing.
  ///
  /// - Parameter next: Gives the next part, as a list of the type, and `nil` at the end. What it throws comes out of the call.
  public static func parts(next: @escaping @Sendable () throws -> ComponentValue?) -> ComponentSource {
    let parts = PlainParts(next)
    return ComponentSource(false, HostFunction(plainSource: { try parts.next() }))
  }

  /// A future whose value a closure gives, when a guest reads it.
  ///
  /// - Parameter value: Gives the value, or `nil` where the type has none. It is called once.
  public static func later(_ value: @escaping @Sendable () async throws -> ComponentValue?) -> ComponentSource {
    ComponentSource(true, HostFunction(source: value))
  }

  /// The same of a type of Swift.
  ///
  /// - Parameter value: Gives the value. It is called once.
  @_disfavoredOverload
  public static func later<Value: ComponentConvertible>(
    _ value: @escaping @Sendable () async throws -> Value
  ) -> ComponentSource {
    later { () async throws -> ComponentValue? in try await value().componentValue }
  }

  /// What the core takes over.
  func lent() -> UnsafeMutableRawPointer {
    let context = Unmanaged.passRetained(function).toOpaque()
    let waits = function.waiting != nil
    guard let made = trimaran_component_source_new(prepareHost, callHost, releaseObject, context, waits) else {
      preconditionFailure("the core made no source")
    }
    return UnsafeMutableRawPointer(made)
  }
}

extension ComponentSource: ComponentConvertible {
  /// The source as a value.
  public var componentValue: ComponentValue { .source(self) }

  /// The source that a value is: one for a guest. What guests give are streams and futures. Fails with `type` for anything else.
  public convenience init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .source(let source) = value else { throw value.isNot("a source") }
    self.init(source.isFuture, source.function)
  }
}

extension HostFunction {
  /// One that a guest waits for which reads.
  fileprivate convenience init(source next: @escaping @Sendable () async throws -> ComponentValue?) {
    self.init(waiting: { (type, _, _) throws(WasmtimeError) in
      {
        let value = try await next()
        return { (writer) throws(WasmtimeError) in try type.write(value, &writer) }
      }
    })
  }

  /// One that is called at once.
  fileprivate convenience init(plainSource next: @escaping @Sendable () throws -> ComponentValue) {
    self.init(plain: { _ in try next() }, nil)
  }
}

/// The list that ends a stream.
private let noElements = ComponentValue.list([])

/// Lets one guest read at a time.
private final class OneReader: Sendable {
  private let isBusy = Locked(false)

  static let busy = WasmtimeError.busy(reason: "the source is being read already: give each guest one of its own")

  /// Says no where somebody reads.
  func begins() -> Bool {
    isBusy.withLock { isBusy in
      defer { isBusy = true }
      return !isBusy
    }
  }

  func end() { isBusy.withLock { $0 = false } }
}

/// Goes through an async sequence, for one reader at a time.
private final class AsyncIteration<Parts: AsyncSequence & Sendable>: @unchecked Sendable {
  // The reader has one task after the other come here.
  private var iterator: Parts.AsyncIterator

  init(_ parts: Parts) { iterator = parts.makeAsyncIterator() }

  func next() async throws -> Parts.Element? {
    var iterator = iterator
    defer { self.iterator = iterator }
    return try await iterator.next()
  }
}

private final class PlainParts: Sendable {
  private let reader = OneReader()
  private let given: @Sendable () throws -> ComponentValue?

  init(_ given: @escaping @Sendable () throws -> ComponentValue?) { self.given = given }

  func next() throws -> ComponentValue {
    guard reader.begins() else { throw OneReader.busy }
    defer { reader.end() }
    while let part = try given() { if part.count != 0 { return part } }
    return noElements
  }
}

/// Goes through a sequence.
private final class Iteration<Parts: Sequence & Sendable>: @unchecked Sendable {
  // `PlainParts` has one thread after the other come here.
  private var iterator: Parts.Iterator

  init(_ parts: Parts) { iterator = parts.makeIterator() }

  func next() -> Parts.Element? { iterator.next() }
}
