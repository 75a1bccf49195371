import Foundation
import Testing

@testable import Trimaran
@testable import TrimaranComponent

#if canImport(Darwin)
  import Darwin
  private let stream = SOCK_STREAM
#else
  import Glibc
  private let stream = Int32(SOCK_STREAM.rawValue)
#endif

/// What all languages share is in `tests/cases/component/serving.json`.
@Suite("components that answer HTTP requests")
struct ServingTests {
  private struct Gone: Error {}

  /// Whether it throws what a closure of a handler threw.
  private func isGone(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return false
    } catch WasmtimeError.thrown(let error) {
      return error is Gone
    } catch {
      return false
    }
  }

  private func handler(_ timeout: Duration? = nil, _ stores: Kept<Store> = Kept()) throws -> IncomingHandler {
    var config = Config()
    config.target = testTarget
    config.epochInterruption = true
    let engine = try Engine(config)
    let linker = try TrimaranComponent.Linker(engine)
    try linker.defineWasi()
    let file = folder("modules").appendingPathComponent("component_serve.wat").path
    let pre = try linker.instantiatePre(Component(engine, fromFile: file))
    return try IncomingHandler(pre, timeout: timeout) {
      let store = try Store(engine)
      stores.value = store
      return store
    }
  }

  @Test func aLargeBodyGoesThroughPieceByPiece() throws {
    let size = 10 << 20
    let (sent, got) = (Seen(), Sink())
    let left = Kept<Int>()
    left.value = size
    let body = HttpResponse.Body.callback { most in
      let count = min(most, left.value ?? 0)
      left.value = (left.value ?? 0) - count
      sent.add(Int32(count))
      return Array(repeating: 7, count: count)
    }
    let trailers = try handler().handle(IncomingRequest("POST", "/echo", body: body)) { head in
      #expect(head.status == 200)
      return { got.add(Data($0)) }
    }
    #expect(got.bytes.count == size)
    #expect(sent.values.count > 100)
    let expected = try HttpHeader("x-end", "yes")
    #expect(trailers == [expected])
  }

  @Test func whatIsThrownEndsTheGuest() throws {
    let (stores, nobody) = (Kept<Store>(), { @Sendable (_: [UInt8]) in })
    let handler = try handler(nil, stores)
    #expect(isGone { _ = try handler.handle(IncomingRequest("GET", "/bare")) { _ in throw Gone() } })
    #expect(isGone { _ = try handler.handle(IncomingRequest("GET", "/flood")) { _ in { _ in throw Gone() } } })
    let body = HttpResponse.Body.callback { _ in throw Gone() }
    #expect(isGone { _ = try handler.handle(IncomingRequest("POST", "/echo", body: body)) { _ in nobody } })
    #expect(throws: WasmtimeError.self) { try stores.value?.gc() }
  }

  @Test func aClientThatHangsUpStopsItsGuest() throws {
    signal(SIGPIPE, SIG_IGN)
    let stores = Kept<Store>()
    let handler = try handler(.seconds(60), stores)
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, stream, 0, &ends) == 0)
    let (client, server) = (ends[0], ends[1])
    // Not in the pool, whose threads other tests need: the guest waits for its client, and the client for it.
    let guest = Worker {
      defer { close(server) }
      _ = try handler.handle(IncomingRequest("GET", "/flood")) { _ in
        { piece in
          guard send(server, piece, piece.count, 0) == piece.count else { throw Gone() }
        }
      }
    }
    var bytes = [UInt8](repeating: 0, count: 3)
    #expect(recv(client, &bytes, 3, 0) == 3)
    close(client)
    #expect(isGone { _ = try guest.join() })
    #expect(throws: WasmtimeError.self) { try stores.value?.gc() }
  }

  @Test func aGuestEndsWhenItsTimeIsOver() throws {
    let handler = try handler(.milliseconds(100))
    #expect(throws: WasmtimeError.self) { try handler.handle(IncomingRequest("GET", "/spin")) { _ in { _ in } } }
    let trailers = try handler.handle(IncomingRequest("GET", "/written")) { _ in { _ in } }
    #expect(trailers.isEmpty)
  }
}
