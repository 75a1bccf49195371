import Foundation
import Testing

@testable import Trimaran
@testable import TrimaranComponent

/// What all languages share is in `tests/cases/component/http.json`.
@Suite("HTTP requests of components")
struct HttpTests {
  /// What a guest got: a status and a body, or the number of an error code.
  private enum Outcome: Equatable {
    case response(Int, String)
    case code(UInt8)
  }

  private func guest<R>(
    _ handler: @escaping @Sendable (HttpRequest) throws -> HttpResponse,
    _ work: (Store, TrimaranComponent.Instance) throws -> R
  ) throws -> R {
    var config = Config()
    config.target = testTarget
    let engine = try Engine(config)
    let store = try Store(engine)
    try store.setWasi { $0.http = .callback(handler) }
    let linker = try TrimaranComponent.Linker(engine)
    try linker.defineWasi()
    let file = folder("modules").appendingPathComponent("component_http.wat").path
    return try work(store, linker.instantiate(store, Component(engine, fromFile: file)))
  }

  private func fetch(
    _ body: String = "",
    _ handler: @escaping @Sendable (HttpRequest) throws -> HttpResponse
  ) throws -> Outcome {
    try guest(handler) { store, instance in
      let given: [ComponentValue] = ["Example.com:81", "/a?b", .bytes(Array(body.utf8)), true]
      switch try instance.function(store, "fetch").call(store, given) {
      case .ok(.bytes(let bytes)):
        return .response(Int(bytes[0]) + 256 * Int(bytes[1]), String(decoding: bytes.dropFirst(2), as: UTF8.self))
      case .error(.u8(let code)): return .code(code)
      case let other: throw Problem("unexpected: \(String(describing: other))")
      }
    }
  }

  @Test func aRequestHasEverything() throws {
    let kept = Kept<HttpRequest>()
    let outcome = try fetch("hello") { request in
      kept.value = request
      return HttpResponse(201, [], .bytes(try request.read(3) + request.read()))
    }
    #expect(outcome == .response(201, "hello"))
    let request = try #require(kept.value)
    #expect([request.method, request.scheme, request.host] == ["POST", "https", "example.com"])
    #expect(request.url == "https://Example.com:81/a?b")
    #expect(request.port == 81 && request.bodySize == 5)
    #expect(try request.headers == [HttpHeader("x-guest", "yes")])
    #expect(request.connectTimeout == nil && request.firstByteTimeout == nil && request.betweenBytesTimeout == nil)
    #expect(try request.read().isEmpty)
    try request.check()
  }

  @Test func aBodyComesInPieces() throws {
    let asked = Kept<[Int]>()
    asked.value = []
    let pieces = HttpResponse.Body.callback { count in
      asked.value?.append(count)
      return (asked.value?.count ?? 0) <= 2 ? Array("piece ".utf8) : []
    }
    #expect(try fetch { _ in HttpResponse(200, [], pieces) } == .response(200, "piece piece "))
    // A guest that drops the response tells so.
    asked.value = []
    try guest({ _ in HttpResponse(200, [], pieces) }) { store, instance in
      _ = try instance.function(store, "header").call(store, ["example.com", "x"])
    }
    #expect(asked.value == [0])
  }

  @Test func aBodyThatBreaksOffIsACodeOrWhatWasThrown() throws {
    #expect(
      try fetch { _ in HttpResponse(200, [], .callback { _ in throw HttpError("connection-refused") }) } == .code(6)
    )
    struct Half: Error {}
    #expect(throws: WasmtimeError.self) {
      try fetch { _ in HttpResponse(200, [], .callback { _ in throw Half() }) }
    }
  }

  @Test func theTextOfAHeaderIsLatin1() throws {
    #expect(try HttpHeader("a", "pür\u{ff}").value == [0x70, 0xfc, 0x72, 0xff])
    #expect(HttpHeader("a", [0x70, 0xfc, 0x72, 0xff]).text == "pür\u{ff}")
    let reason = "the text of the header `%a` has the character U+2603, which ISO 8859-1 does not have: give bytes"
    #expect(throws: WasmtimeError.encoding(reason: reason, offset: 1)) { try HttpHeader("%a", "ü\u{2603}") }
  }

  @Test func aStatusThatIsNoneIsRefused() throws {
    #expect(throws: WasmtimeError.self) { try fetch { _ in HttpResponse(-1) } }
    #expect(throws: WasmtimeError.self) { try fetch { _ in HttpResponse(99) } }
  }
}
