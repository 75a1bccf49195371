internal import CTrimaran
import Trimaran

/// What generated bindings are written with: `trimaran bindgen swift` makes code that uses it, and nobody else needs to.
///
/// A function is looked up and checked once (``Function``), and then reads and writes values with straight code: ``Writer`` and
/// ``Reader``. What a type has to be is a ``Shape``.
public enum Wit {
  /// Reads a string.
  @inlinable
  public static func string(_ reader: inout Reader) throws(WasmtimeError) -> String { try reader.string() }

  /// Reads a resource.
  @inlinable
  public static func resource(_ reader: inout Reader) throws(WasmtimeError) -> Resource { try reader.resource() }

  /// There is no such case: core lets no such number pass.
  public static func noCase() -> Never { preconditionFailure("a case that the type does not have") }

  /// Defines a function of the host. A component that imports it by another type than this one cannot be linked.
  ///
  /// - Parameters:
  ///   - place: Where it is defined.
  ///   - name: Its name.
  ///   - params: Its parameters.
  ///   - result: What it gives.
  ///   - body: Reads the parameters, and writes the result. What it throws comes out of the outermost call as the very same.
  /// - Throws: `link` if the name is defined already.
  public static func define(
    _ place: LinkerInstance,
    _ name: String,
    _ params: KeyValuePairs<String, Shape>,
    result: Shape?,
    _ body: @escaping @Sendable (_ reader: inout Reader, _ writer: inout Writer) throws -> Void
  ) throws(WasmtimeError) {
    try place.define(name, HostFunction(Signature(params, result), body))
  }

  /// Writes the result of an async function of the host.
  public typealias Reply = @Sendable (_ writer: inout Writer) -> Void

  /// What an async function of the host does for a component that waits.
  public typealias Work = @Sendable () async throws -> Reply

  /// Defines an async function of the host, which components wait for.
  ///
  /// - Parameters:
  ///   - place: Where it is defined.
  ///   - name: Its name.
  ///   - params: Its parameters.
  ///   - result: What it gives.
  ///   - body: Reads the parameters, and gives what is run with them. What that throws comes out of the outermost call as the very same.
  /// - Throws: `link` if the name is defined already.
  public static func defineAsync(
    _ place: LinkerInstance,
    _ name: String,
    _ params: KeyValuePairs<String, Shape>,
    result: Shape?,
    _ body: @escaping @Sendable (_ reader: inout Reader) throws(WasmtimeError) -> Work
  ) throws(WasmtimeError) {
    let function = HostFunction(
      Signature(params, result),
      waiting: { (type, arguments, store) throws(WasmtimeError) in
        var reader = Reader(arguments, type.codec.hasResources ? store : nil)
        let work = try body(&reader)
        return { try await work() }
      }
    )
    try place.define(name, function)
  }
}

/// The error of a result that is no `Error` itself: `result<u32, string>` is `Result<UInt32, ResultError<String>>`. A function of a
/// component throws it, and a function of the host may.
public struct ResultError<Value: Sendable>: Error {
  /// The value.
  public let value: Value

  /// Makes the error of a value.
  ///
  /// - Parameter value: The value.
  @inlinable
  public init(_ value: Value) { self.value = value }
}

extension ResultError where Value == Void {
  /// Makes the error of a result that says no more than that it is one.
  @inlinable
  public init() { self.init(()) }
}

extension ResultError: Equatable where Value: Equatable {}
extension ResultError: Hashable where Value: Hashable {}
