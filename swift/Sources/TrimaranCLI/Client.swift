import Foundation
import Trimaran

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The HTTP client of the command line: it sends the requests that `--http-allow` permits. It follows no redirect.
enum Client {
  /// Sends a request, and gives the response, whose body is read while the guest reads.
  @Sendable
  static func send(_ request: HttpRequest) throws -> HttpResponse {
    let body = request.bodySize > 0 ? Data(try request.read()) : nil
    // Where nobody proves to be the host by a certificate, the session is given an address that was checked.
    guard request.scheme == "http" else { return try send(request, to: request.authority, body) }
    // Foundation on Linux takes no address of IPv6.
    let next = ["connection-refused", "HTTP-request-URI-invalid"]
    var refused = HttpError("destination-unavailable")
    for address in try request.addresses() {
      do {
        return try send(request, to: "\(address.contains(":") ? "[\(address)]" : address):\(request.port)", body)
      } catch let error as HttpError where next.contains(error.code) {
        refused = error
      }
    }
    throw refused
  }

  private static func send(_ request: HttpRequest, to authority: String, _ body: Data?) throws -> HttpResponse {
    let exchange = Exchange(request)
    let session = URLSession(configuration: configuration(request), delegate: exchange, delegateQueue: nil)
    let task = session.dataTask(with: try asked(request, authority, body))
    exchange.begin(task)
    session.finishTasksAndInvalidate()
    do {
      let response = try exchange.response()
      return HttpResponse(response.statusCode, headers(response), .callback { try exchange.read($0) })
    } catch {
      task.cancel()
      throw error
    }
  }

  private static func configuration(_ request: HttpRequest) -> URLSessionConfiguration {
    // A proxy would look names up by itself.
    setenv("no_proxy", "*", 1)
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.connectionProxyDictionary = [:]
    let limits = [request.connectTimeout, request.firstByteTimeout, request.betweenBytesTimeout].compactMap { $0 }
    // The session has one limit, between any two pieces: the largest that the guest asks for, where it asks for all.
    configuration.timeoutIntervalForRequest = limits.count == 3 ? limits.map(seconds).max() ?? forever : forever
    configuration.timeoutIntervalForResource = forever
    return configuration
  }

  /// A year, in seconds.
  private static let forever: TimeInterval = 31_536_000

  private static func seconds(_ duration: Duration) -> TimeInterval {
    TimeInterval(duration.components.seconds) + TimeInterval(duration.components.attoseconds) / 1e18
  }

  private static func asked(_ request: HttpRequest, _ authority: String, _ body: Data?) throws -> URLRequest {
    guard let url = URL(string: "\(request.scheme)://\(authority)\(request.pathWithQuery)") else {
      throw HttpError("HTTP-request-URI-invalid")
    }
    var asked = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalAndRemoteCacheData)
    asked.httpMethod = request.method
    // The session counts the body itself.
    for header in request.headers where header.name != "content-length" {
      asked.addValue(header.text, forHTTPHeaderField: header.name)
    }
    if request.scheme == "http" { asked.setValue(request.authority, forHTTPHeaderField: "Host") }
    asked.httpBody = body
    return asked
  }

  private static func headers(_ response: HTTPURLResponse) -> [HttpHeader] {
    let headers = response.allHeaderFields.compactMap { name, value in
      (name as? String).map { HttpHeader($0, Array("\(value)".utf8)) }
    }
    // The session has decoded such a body.
    guard headers.contains(where: { $0.name.lowercased() == "content-encoding" }) else { return headers }
    return headers.filter { !["content-encoding", "content-length"].contains($0.name.lowercased()) }
  }
}

/// A request on its way, and what came of it.
private final class Exchange: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// How many bytes wait for the guest at most: past that the body ends with an error code.
  private static let most = 64 << 20

  private let request: HttpRequest
  /// Guards what follows.
  private let lock = NSCondition()
  private var task: URLSessionTask?
  private var head: HTTPURLResponse?
  private var waiting = Data()
  private var failure: HttpError?
  private var isOver = false

  init(_ request: HttpRequest) { self.request = request }

  func begin(_ task: URLSessionTask) {
    lock.withLock { self.task = task }
    task.resume()
  }

  /// The response without its body.
  func response() throws -> HTTPURLResponse {
    try until { head != nil }
    return try lock.withLock {
      guard let head else { throw failure ?? HttpError("HTTP-protocol-error") }
      return head
    }
  }

  /// The next bytes of the body. To be asked for none means that the guest wants no more.
  func read(_ count: Int) throws -> [UInt8] {
    if count == 0 {
      lock.withLock { task }?.cancel()
      return []
    }
    try until { !waiting.isEmpty }
    return try lock.withLock {
      if waiting.isEmpty, let failure { throw failure }
      let piece = Array(waiting.prefix(count))
      waiting.removeFirst(piece.count)
      return piece
    }
  }

  /// Waits until something is there, or nothing more comes. Throws where the guest has to end before.
  private func until(_ isThere: () -> Bool) throws {
    while true {
      let isDone = lock.withLock {
        if isThere() || isOver { return true }
        _ = lock.wait(until: Date(timeIntervalSinceNow: 0.05))
        return isThere() || isOver
      }
      if isDone { return }
      try request.check()
    }
  }

  /// Changes the state, and wakes the guest.
  private func change(_ body: () -> Void) {
    lock.withLock {
      body()
      lock.broadcast()
    }
  }

  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest,
    completionHandler: @escaping (URLRequest?) -> Void
  ) { completionHandler(nil) }

  func urlSession(
    _ session: URLSession,
    dataTask: URLSessionDataTask,
    didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    change { head = response as? HTTPURLResponse }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    change {
      waiting.append(data)
      guard waiting.count > Self.most else { return }
      failure = HttpError("HTTP-response-body-size")
      waiting = Data()
      isOver = true
      dataTask.cancel()
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    change {
      if let error { failure = failure ?? HttpError(code(error, request.scheme, hasHead: head != nil)) }
      isOver = true
    }
  }
}

/// Whether the session is that of Linux, on libcurl.
#if canImport(FoundationNetworking)
  private let isOfCurl = true
#else
  private let isOfCurl = false
#endif

/// The code of `wasi:http` for an error of the session.
private func code(_ error: any Error, _ scheme: String, hasHead: Bool) -> String {
  switch (error as? URLError)?.code {
  case .timedOut?: return "connection-read-timeout"
  case .cannotFindHost?, .dnsLookupFailed?: return "DNS-error"
  // On Linux it says this of certificates as well.
  case .cannotConnectToHost?: return isOfCurl && scheme == "https" ? "destination-unavailable" : "connection-refused"
  case .secureConnectionFailed?: return "TLS-protocol-error"
  case .serverCertificateUntrusted?, .serverCertificateHasBadDate?, .serverCertificateHasUnknownRoot?,
    .serverCertificateNotYetValid?:
    return "TLS-certificate-error"
  // On Linux it says this where there was no answer.
  case .badServerResponse?: return isOfCurl ? "connection-terminated" : "HTTP-protocol-error"
  case .cannotParseResponse?: return "HTTP-protocol-error"
  // Of an answer that is no HTTP it says this.
  case .unsupportedURL?: return "HTTP-protocol-error"
  case .badURL?: return "HTTP-request-URI-invalid"
  default: return hasHead ? "HTTP-response-incomplete" : "connection-terminated"
  }
}
