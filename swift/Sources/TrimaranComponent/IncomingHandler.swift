public import Trimaran

/// A request that a component is to answer.
///
/// ```swift
/// let request = IncomingRequest("POST", "/orders?new", authority: "example.com", body: .text("{}"))
/// ```
public struct IncomingRequest: Sendable {
  /// The method, such as `GET`.
  public var method: String
  /// The path, which begins with a slash, and the query.
  public var pathWithQuery: String
  /// `http` or `https`.
  public var scheme: String
  /// The host, and the port where it is not that of the scheme: what the header `Host` says.
  public var authority: String
  /// The headers. A guest does not see those that belong to the connection.
  public var headers: [HttpHeader]
  /// The body: bytes, or a closure that is asked for pieces while the guest reads. What that throws ends the guest, and comes out of
  /// ``IncomingHandler/handle(_:respond:)``, as `thrown`.
  public var body: HttpResponse.Body

  /// A request of that method, for that path.
  public init(
    _ method: String = "GET",
    _ pathWithQuery: String = "/",
    scheme: String = "http",
    authority: String = "localhost",
    headers: [HttpHeader] = [],
    body: HttpResponse.Body = .bytes([])
  ) {
    self.method = method
    self.pathWithQuery = pathWithQuery
    self.scheme = scheme
    self.authority = authority
    self.headers = headers
    self.body = body
  }

  fileprivate func core(_ sink: @escaping @Sendable ([UInt8]) throws -> Void) -> Core.ServedRequest {
    Core.ServedRequest(
      method: method,
      scheme: scheme,
      authority: authority,
      pathWithQuery: pathWithQuery,
      headers: headers,
      body: body,
      sink: sink
    )
  }
}

/// The head of a component's response.
public struct ResponseHead: Sendable, Hashable {
  /// The status, such as 200.
  public var status: Int
  /// The headers in their order, their names in lower case. Those that belong to the connection are not among them.
  public var headers: [HttpHeader]
  /// How many bytes the body will have, where the guest has said so: by `content-length`, or as it has no body.
  public var bodySize: UInt64?
}

/// A component that answers HTTP requests: one of the world `wasi:http/proxy`.
///
/// ```swift
/// let handler = try IncomingHandler(linker.instantiatePre(component), timeout: .seconds(5)) { try Store(engine) }
/// try handler.handle(IncomingRequest("GET", "/written")) { head in
///   print(head.status)
///   return { piece in print(piece.count) }
/// }
/// ```
///
/// Each request has a store of its own, which is closed behind it, and so an instance of its own. Several threads may use one handler. The
/// engine needs ``Trimaran/Config/epochInterruption``, as `Config.untrusted()` has: a guest ends when its time is over.
public final class IncomingHandler: Sendable {
  /// Takes a piece of a response's body.
  public typealias Write = @Sendable ([UInt8]) throws -> Void

  private let pre: InstancePre
  private let timeout: Duration?
  private let store: @Sendable () throws -> Store

  /// Has a component answer.
  ///
  /// - Parameters:
  ///   - pre: The component, with its imports: ``Linker/defineWasi()`` defines those of the world.
  ///   - timeout: How long a request may take with everything: the guest, and the waits for its client; `nil` is no limit.
  ///   - store: Makes the store of a request, with its limits and what its guest may use by WASI.
  /// - Throws: `notFound` where the component does not export `wasi:http/incoming-handler` of WASI 0.2.
  public init(
    _ pre: InstancePre,
    timeout: Duration? = nil,
    store: @escaping @Sendable () throws -> Store
  ) throws(WasmtimeError) {
    try pre.core.checkHandler()
    self.pre = pre
    self.timeout = timeout
    self.store = store
  }

  /// Has the component answer a request in this thread.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - respond: Is called as soon as the guest has set the head. What it gives takes each piece of the body while the guest writes on. The
  ///     guest waits for both. What they throw ends it, and comes out of here, as `thrown`: throw there when the client has gone.
  /// - Returns: The trailers of the response.
  /// - Throws: `trap` where the guest traps, or its time is over; `type` where it gives no answer, an error code, or a body that it does
  ///   not finish; `limit` where the headers take too much; `config` where the engine has no epoch interruption; and what `store` throws. If
  ///   `respond` was not called until then, answer with a status of 500.
  @discardableResult
  public func handle(
    _ request: IncomingRequest,
    respond: @escaping @Sendable (ResponseHead) throws -> Write
  ) throws -> [HttpHeader] {
    let reply = Reply(respond)
    let serving = Serving(try Core.ComponentServing(request: request.core { try reply.take($0) }))
    reply.serving.withLock { $0 = serving }
    // What is thrown refers to nothing of this, and both refer to each other.
    defer { reply.serving.withLock { $0 = nil } }
    let store = try store()
    defer { store.close() }
    return try store.withDeadline(timeout) { () throws -> [HttpHeader] in
      try withExtendedLifetime(store) { try serving.core.run(pre: pre.core, store: store.core) }
      return try serving.core.trailers().map { HttpHeader($0.name, $0.value) }
    }
  }
}

private final class Serving: Sendable {
  let core: Core.ComponentServing

  init(_ core: consuming Core.ComponentServing) { self.core = core }
}

/// What takes a response: the core gives it an empty piece when the head is there, and then those of the body.
private final class Reply: Sendable {
  let serving = Locked<Serving?>(nil)
  private let respond: @Sendable (ResponseHead) throws -> IncomingHandler.Write
  private let write = Locked<IncomingHandler.Write?>(nil)

  init(_ respond: @escaping @Sendable (ResponseHead) throws -> IncomingHandler.Write) { self.respond = respond }

  func take(_ piece: [UInt8]) throws {
    if let write = write.withLock({ $0 }) {
      if !piece.isEmpty { try write(piece) }
      return
    }
    guard let head = try serving.withLock({ $0 })?.core.response() else { return }
    let made = try respond(
      ResponseHead(
        status: Int(head.status),
        headers: head.headers.map { HttpHeader($0.name, $0.value) },
        bodySize: head.bodySize
      )
    )
    write.withLock { $0 = made }
  }
}
