// A service that runs a guest for each request, with limits and a deadline: service [MILLISECONDS].
// Where the client hangs up, or the deadline is over, the guest ends.

// Its sources may be used on any thread, and do not say so on every system.
@preconcurrency import Dispatch
import Trimaran

#if canImport(Darwin)
  import Darwin
  let (stream, closeSocket, sendBytes) = (SOCK_STREAM, Darwin.close, Darwin.send)
#else
  import Glibc
  let (stream, closeSocket, sendBytes) = (Int32(SOCK_STREAM.rawValue), Glibc.close, Glibc.send)
#endif

let text = """
  (module
    (import "env" "price" (func $price (param i32) (result i32)))
    (memory 1)
    ;; What the articles from 1 to count cost. The guest waits for each price.
    (func (export "total") (param $count i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $price (local.get $count))))
        (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
      (local.get $sum))
    (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
    ;; Takes all the memory that it gets, and says how many pages it has.
    (func (export "fill") (param i32) (result i32)
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (memory.size))
    ;; Computes for ever.
    (func (export "spin") (param i32) (result i32) (loop $again (br $again)) (unreachable)))
  """

let guestsAtOnce = 256
let connectionsAtOnce = 512
let longestHead = 8192

/// What has happened.
actor Counts {
  private var numbers: [String: Int] = [:]

  func add(_ name: String, _ number: Int = 1) { numbers[name, default: 0] += number }

  /// Whether one guest more may run.
  func begin() -> Bool {
    guard numbers["running", default: 0] < guestsAtOnce else { return false }
    add("running")
    return true
  }

  var line: String {
    let names = ["running", "answered", "late", "hung up", "prices"]
    return names.map { "\($0): \(numbers[$0, default: 0])" }.joined(separator: ", ")
  }
}

struct Answer {
  let line: String
  var status = 200
}

/// Why a guest ended before it had a result.
enum End: Error { case late, hungUp }

struct Service: Sendable {
  let deadline: Duration
  let counts: Counts
  let engine: Engine
  let guest: InstancePre
  let functions: Set<String>

  init(deadline: Duration) throws {
    let counts = Counts()
    (self.deadline, self.counts) = (deadline, counts)
    // Its guests can be stopped while they compute.
    engine = try Engine.shared(for: .untrusted)
    let linker = try Linker(engine)
    try linker.define("env", "price") { (article: Int32) async throws -> Int32 in
      // Stands for a database: the guest waits, and others go on.
      await counts.add("prices")
      try await Task.sleep(for: .milliseconds(10))
      return article % 100
    }
    // Compiled and linked once, for all requests.
    let module = try Module(engine, text)
    guest = try linker.instantiatePre(module)
    functions = Set(try module.exports.map(\.name))
  }

  /// Runs the guest in a store of its own.
  func run(_ function: String, _ number: Int32) async throws -> Int32 {
    let store = try Store(engine)
    try store.setLimits(.untrusted)
    let instance = try await guest.instantiateAsync(store)
    return try await instance.function(store, function).callAsync(store, number)
  }

  /// The result, unless the time is over first, or the client is gone.
  func inTime(_ function: String, _ number: Int32, for client: Client) async throws -> Int32 {
    try await withThrowingTaskGroup(of: Int32.self) { tasks in
      // Whichever is first ends the others.
      defer { tasks.cancelAll() }
      tasks.addTask { try await run(function, number) }
      tasks.addTask {
        try await Task.sleep(for: deadline)
        throw End.late
      }
      tasks.addTask {
        await client.hangUp()
        throw End.hungUp
      }
      guard let result = try await tasks.next() else { throw End.late }
      return result
    }
  }

  func call(_ function: String, _ number: Int32, for client: Client) async -> Answer {
    guard await counts.begin() else { return Answer(line: "too many guests run", status: 503) }
    let answer: Answer
    do {
      answer = Answer(line: "\(try await inTime(function, number, for: client))")
      await counts.add("answered")
    } catch let end as End {
      await counts.add(end == .late ? "late" : "hung up")
      answer = Answer(line: "the guest took too long", status: 504)
    } catch {
      if case .trap(_, let reason, _, _)? = error as? WasmtimeError {
        answer = Answer(line: reason, status: 500)
      } else {
        answer = Answer(line: "\(error)", status: 500)
      }
    }
    await counts.add("running", -1)
    return answer
  }

  func answer(_ path: String, for client: Client) async -> Answer {
    if path == "/counts" { return Answer(line: await counts.line) }
    let parts = path.split(separator: "/")
    guard parts.count == 2, functions.contains(String(parts[0])) else {
      return Answer(line: "there is no such function", status: 404)
    }
    guard let number = Int32(parts[1]) else { return Answer(line: "the number is none of 32 bits", status: 400) }
    return await call(String(parts[0]), number, for: client)
  }

  /// Answers one request. A client that sends none in ten seconds gets no answer.
  func serve(_ client: Client) async {
    let late = Task {
      try await Task.sleep(for: .seconds(10))
      client.close()
    }
    let path = await client.path()
    late.cancel()
    if let path { client.send(await answer(path, for: client)) }
    client.close()
  }
}

/// A client. It is read from for as long as it is there, so that the service sees when it hangs up.
final class Client: Sendable {
  private static let queue = DispatchQueue(label: "clients")
  private let socket: Int32
  private let source: any DispatchSourceRead
  private let parts: AsyncStream<[UInt8]>

  init(_ socket: Int32) {
    let source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: Self.queue)
    let (parts, sink) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(8))
    (self.socket, self.source, self.parts) = (socket, source, parts)
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count > 0 { sink.yield(Array(bytes.prefix(count))) } else { source.cancel() }
    }
    source.setCancelHandler {
      sink.finish()
      _ = shutdown(socket, Int32(SHUT_RDWR))
      _ = closeSocket(socket)
    }
    source.resume()
  }

  /// The path of a GET request, once its head is there.
  func path() async -> String? {
    var head: [UInt8] = []
    for await part in parts {
      head += part
      let text = String(decoding: head, as: UTF8.self)
      guard text.contains("\r\n\r\n") else {
        if head.count > longestHead { return nil }
        continue
      }
      let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
      return words.count == 3 && words[0] == "GET" ? String(words[1]) : nil
    }
    return nil
  }

  /// Returns when the client has hung up.
  func hangUp() async { for await _ in parts {} }

  func send(_ answer: Answer) {
    let body = answer.line + "\n"
    let head = "HTTP/1.1 \(answer.status) \r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
    let bytes = Array((head + body).utf8)
    // In the queue, as its end is: the number of a socket that is closed may be another client's.
    Client.queue.async { [self] in
      if !source.isCancelled { _ = sendBytes(socket, bytes, bytes.count, 0) }
    }
  }

  func close() { Client.queue.async { self.source.cancel() } }
}

/// A socket that listens on a port of this machine, and the port.
func listen() -> (socket: Int32, port: UInt16) {
  let listener = socket(AF_INET, stream, 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      precondition(bind(listener, $0, size) == 0 && listen(listener, 512) == 0 && getsockname(listener, $0, &size) == 0)
    }
  }
  return (listener, UInt16(bigEndian: address.sin_port))
}

// To write to a client that is gone is no reason to end.
signal(SIGPIPE, SIG_IGN)
let milliseconds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
let service = try Service(deadline: .milliseconds(milliseconds))
let (listener, port) = listen()
print("http://127.0.0.1:\(port)")
fflush(nil)

let places = DispatchSemaphore(value: connectionsAtOnce)
while true {
  places.wait()
  let socket = accept(listener, nil, nil)
  guard socket >= 0 else {
    places.signal()
    continue
  }
  Task.detached {
    await service.serve(Client(socket))
    places.signal()
  }
}
