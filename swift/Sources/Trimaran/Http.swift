internal import CTrimaran

/// Who answers the HTTP requests of components: ``WasiConfig/http``.
public enum WasiHttp: Sendable {
  /// A closure, which is given each request, and gives a response. The guest waits meanwhile, and its store is in use: to use it throws
  /// `busy`. An ``HttpError`` gives the guest an error code. What else the closure throws comes out of the outermost call, as what a host
  /// function throws. The store keeps it, until the store goes or is closed.
  case callback(@Sendable (HttpRequest) throws -> HttpResponse)
}

/// A header of HTTP. The value is bytes, since those of servers need not be text.
public struct HttpHeader: Sendable, Hashable {
  /// Its name. Those of requests are in lower case.
  public var name: String
  /// Its value.
  public var value: [UInt8]

  /// A header with bytes.
  public init(_ name: String, _ value: [UInt8]) {
    self.name = name
    self.value = value
  }

  /// A header with text in ISO 8859-1, of which ASCII is a part. Fails with `encoding` for text with any other character.
  public init(_ name: String, _ text: String) throws(WasmtimeError) {
    self.init(name, try Core.httpHeaderValue(name: name, value: text))
  }

  /// The value as text, in ISO 8859-1.
  public var text: String { String(String.UnicodeScalarView(value.map { Unicode.Scalar($0) })) }
}

/// What a component asks for by HTTP: a ``WasiHttp/callback(_:)`` is given one for each request.
///
/// The guest has finished the body when the closure is called: it is all here, and ``read(_:)`` gives it in pieces.
public final class HttpRequest: Sendable {
  let core: Core.HttpRequest
  /// The method, such as `GET`.
  public let method: String
  /// The scheme: `http`, or `https`, which it is where the guest says none.
  public let scheme: String
  /// The host, in lower case and without the brackets of an IPv6 address.
  public let host: String
  /// The port; that of the scheme where the guest says none.
  public let port: Int
  /// The host and the port as the guest said them. There is no user's name in it: such a request fails in the guest.
  public let authority: String
  /// The path, which begins with a slash, and the query.
  public let pathWithQuery: String
  /// The headers, in their order. Those that belong to the connection are not among them: `Host`, `Connection`, `Transfer-Encoding` and
  /// the like, which a guest cannot set.
  public let headers: [HttpHeader]
  /// How many bytes the body has.
  public let bodySize: UInt64
  /// How long the guest waits for the connection; `nil` is as long as it takes.
  public let connectTimeout: Duration?
  /// How long it waits for the first byte of the response.
  public let firstByteTimeout: Duration?
  /// How long it waits between two pieces of the response's body.
  public let betweenBytesTimeout: Duration?

  init(_ core: consuming Core.HttpRequest) throws(WasmtimeError) {
    let head = try core.head()
    self.core = core
    method = head.method
    scheme = head.scheme
    host = head.host
    port = Int(head.port)
    authority = head.authority
    pathWithQuery = head.pathWithQuery
    headers = head.headers.map { HttpHeader($0.name, $0.value) }
    bodySize = head.bodySize
    connectTimeout = head.connectTimeout.map(duration)
    firstByteTimeout = head.firstByteTimeout.map(duration)
    betweenBytesTimeout = head.betweenBytesTimeout.map(duration)
  }

  /// All of that: `https://example.com/path?query`.
  public var url: String { "\(scheme)://\(authority)\(pathWithQuery)" }

  /// The next bytes of the body, `most` of them at most, or none at its end. Fails with `limit` where the process has no room for them.
  public func read(_ most: UInt64 = .max) throws(WasmtimeError) -> [UInt8] { try core.read(most: most) }

  /// The addresses to connect to, where the command line runs the guest: they were checked.
  package func addresses() throws(WasmtimeError) -> [String] { try core.addresses() }

  /// Fails with `trap`, the one that the guest is to end with, if its time is over or somebody has interrupted it. Nothing else
  /// interrupts a closure that waits: one that takes long calls this now and then.
  public func check() throws(WasmtimeError) { try core.check() }
}

/// A time of the core's.
private func duration(_ nanoseconds: UInt64) -> Duration {
  .seconds(Int64(nanoseconds / 1_000_000_000)) + .nanoseconds(Int64(nanoseconds % 1_000_000_000))
}

/// What answers a request.
///
/// ```swift
/// HttpResponse(200, [try HttpHeader("content-type", "text/plain")], .text("hello"))
/// ```
public struct HttpResponse: Sendable {
  /// The body of a response.
  public enum Body: Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// A closure, which is asked for up to so many bytes when the guest reads, and gives none at the end. When the guest wants no more it
    /// is asked for 0 bytes, once. What it throws comes out of the guest's call, but for an ``HttpError``, which ends the body for the
    /// guest.
    case callback(@Sendable (_ count: Int) throws -> [UInt8])

    /// Text, in UTF-8.
    public static func text(_ text: String) -> Body { .bytes(Array(text.utf8)) }
  }

  /// The status, such as 200.
  public var status: Int
  /// The headers. A guest does not see those that belong to the connection.
  public var headers: [HttpHeader]
  /// The body.
  public var body: Body
  /// The trailers, which a guest finds behind the body.
  public var trailers: [HttpHeader]

  /// A response with that status.
  public init(_ status: Int, _ headers: [HttpHeader] = [], _ body: Body = .bytes([]), trailers: [HttpHeader] = []) {
    self.status = status
    self.headers = headers
    self.body = body
    self.trailers = trailers
  }

  fileprivate func core(for request: HttpRequest) throws(WasmtimeError) -> Core.HttpResponse {
    guard let status = UInt16(exactly: status) else {
      throw .range(reason: "the status of an HTTP response is \(status): expected 100 to 999")
    }
    return Core.HttpResponse(
      status: status,
      headers: headers.map { Core.HttpHeader(name: $0.name, value: $0.value) },
      body: body.core(for: request),
      trailers: trailers.map { Core.HttpHeader(name: $0.name, value: $0.value) }
    )
  }
}

extension HttpResponse.Body {
  fileprivate func core(for request: HttpRequest) -> Core.HttpBody {
    switch self {
    case .bytes(let bytes): return .bytes(bytes: bytes)
    case .callback(let read):
      return .source(
        source: Core.InputSource { count in
          do {
            return try read(count)
          } catch let failure as HttpError {
            try request.core.fail(code: failure.code, detail: failure.detail)
            return []
          }
        }
      )
    }
  }
}

extension Core.ServedRequest {
  /// A request that a component is to answer, and what takes its response.
  package init(
    method: String,
    scheme: String,
    authority: String,
    pathWithQuery: String,
    headers: [HttpHeader],
    body: HttpResponse.Body,
    sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    let content: Core.HttpBody =
      switch body {
      case .bytes(let bytes): .bytes(bytes: bytes)
      // To be asked for none means that the guest wants no more.
      case .callback(let read): .source(source: Core.InputSource { try $0 == 0 ? [] : read($0) })
      }
    self.init(
      method: method,
      scheme: scheme,
      authority: authority,
      pathWithQuery: pathWithQuery,
      headers: headers.map { Core.HttpHeader(name: $0.name, value: $0.value) },
      body: content,
      sink: Core.OutputSink(body: sink)
    )
  }
}

/// What a ``WasiHttp/callback(_:)`` throws to give the guest an error code of `wasi:http`, by its name in the WIT: `connection-refused`,
/// `HTTP-request-denied`.
///
/// The detail is for codes that have a text: `DNS-error`, `TLS-alert-received`, `HTTP-response-transfer-coding`,
/// `HTTP-response-content-coding` and `internal-error`. A name that is none, and a detail with another code, end the guest with `config`.
public struct HttpError: Error, Sendable, Hashable {
  /// The code, as the WIT names it.
  public var code: String
  /// The text that goes with the code, if there is one.
  public var detail: String?

  /// An error with that code.
  public init(_ code: String, _ detail: String? = nil) {
    self.code = code
    self.detail = detail
  }
}

extension Core {
  /// A closure that answers requests.
  struct HttpHandler: Sendable {
    let body: @Sendable (Trimaran.HttpRequest) throws -> Trimaran.HttpResponse

    init(body: @escaping @Sendable (Trimaran.HttpRequest) throws -> Trimaran.HttpResponse) { self.body = body }

    /// The core holds the closure from then on, for the store.
    func write(to writer: inout Writer) {
      let context = Unmanaged.passRetained(Handling(body)).toOpaque()
      writer.number(trimaran_http_handler_new(handle, releaseHandler, context))
    }
  }
}

private final class Handling: Sendable {
  let body: @Sendable (HttpRequest) throws -> HttpResponse

  init(_ body: @escaping @Sendable (HttpRequest) throws -> HttpResponse) { self.body = body }
}

/// Has a closure answer a request. What it throws is kept while the guests unwind.
private func handle(
  _ context: UnsafeMutableRawPointer?,
  _ request: OpaquePointer?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let thrown else { preconditionFailure("a request without a context or room") }
  do {
    let request = try HttpRequest(Core.HttpRequest(made(request)))
    try Unmanaged<Handling>.fromOpaque(context)._withUnsafeGuaranteedRef { try answer(request, by: $0.body) }
    return 0
  } catch {
    thrown.pointee = Thrown.keep(error)
    return 1
  }
}

private func answer(
  _ request: HttpRequest,
  by body: @Sendable (HttpRequest) throws -> HttpResponse
) throws {
  do {
    let response = try body(request)
    try request.core.respond(response: response.core(for: request))
  } catch let failure as HttpError {
    try request.core.fail(code: failure.code, detail: failure.detail)
  }
}

/// Lets go of a closure.
private func releaseHandler(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<Handling>.fromOpaque($0).release() }
}
