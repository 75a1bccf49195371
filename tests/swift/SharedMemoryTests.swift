import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Shared memories", .enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
struct SharedMemoryTests {
  let engine: Engine
  let memory: SharedMemory

  init() throws {
    engine = try testEngine { $0.wasmThreads = true }
    memory = try SharedMemory(engine, MemoryType(Limits(1, 5)))
  }

  @Test func sizeAndType() throws {
    #expect(try memory.type == MemoryType(Limits(1, 5), shared: true))
    #expect(try memory.size == 1)
    #expect(try memory.dataLen == 65_536)
    #expect(try memory.grow(by: 2) == 1)
    #expect(try memory.size == 3)
    #expect(try memory.dataLen == 3 * 65_536)
    #expect(throws: WasmtimeError.range(reason: "the number of pages to grow by is -1: expected 0 or more")) {
      try memory.grow(by: -1)
    }
    #expect(throws: WasmtimeError.self) { try memory.grow(by: 3) }
    #expect(try memory.size == 3)
  }

  @Test func bytesOfEveryKind() throws {
    try memory.write([1, 2, 3] as [UInt8], at: 0)
    try memory.write(Data([4, 5]), at: 3)
    #expect(try memory.read(0..<5) == Data([1, 2, 3, 4, 5]))
    #expect(try memory.read(at: 1, count: 2) == Data([2, 3]))
    #expect(try memory.read(at: 65_536, count: 0).isEmpty)
    #expect(throws: WasmtimeError.bounds(offset: 65_535, length: 2, size: 65_536)) {
      try memory.write([6, 7] as [UInt8], at: 65_535)
    }
    #expect(try memory.read(65_535..<65_536) == Data([0]))
  }

  @Test func thePointerIsThatOfEveryView() throws {
    let store = try Store(engine)
    let view = try memory.asMemory(store)
    #expect(try view.dataPtr(store) == memory.dataPtr)
    try memory.dataPtr.storeBytes(of: 0xff, toByteOffset: 9, as: UInt8.self)
    #expect(try view.loadU8(store, at: 9) == 255)
  }

  @Test func waitingEnds() throws {
    #expect(try memory.wait32(at: 0, expected: 1) == .mismatch)
    #expect(try memory.wait32(at: 0, expected: 0, timeout: .milliseconds(1)) == .timedOut)
    #expect(try memory.wait32(at: 0, expected: 0, timeout: .nanoseconds(1)) == .timedOut)
    #expect(try memory.wait64(at: 8, expected: 0, timeout: .milliseconds(1)) == .timedOut)
    #expect(try memory.wait64(at: 8, expected: -1) == .mismatch)
    #expect(try memory.notify(at: 0) == 0)
    for address in [2, -4, 65_536] {
      #expect(throws: WasmtimeError.self) { try memory.notify(at: address) }
      #expect(throws: WasmtimeError.self) { try memory.wait32(at: address, expected: 0) }
    }
  }

  @Test func aNotificationWakesTheHost() throws {
    let memory = memory
    let waiter = Worker { try memory.wait32(at: 0, expected: 0, timeout: .seconds(Int64.max)) }
    while try memory.notify(at: 0, count: 1) == 0 { sched_yield() }
    #expect(try waiter.join() == .ok)
  }

  @Test func afterClose() throws {
    let store = try Store(engine)
    let view = try memory.asMemory(store)
    memory.close()
    memory.close()
    let closed = WasmtimeError.closed(what: "shared memory")
    #expect(throws: closed) { try memory.type }
    #expect(throws: closed) { try memory.size }
    #expect(throws: closed) { try memory.dataLen }
    #expect(throws: closed) { try memory.dataPtr }
    #expect(throws: closed) { try memory.grow(by: 1) }
    #expect(throws: closed) { try memory.read(0..<1) }
    #expect(throws: closed) { try memory.write([0] as [UInt8], at: 0) }
    #expect(throws: closed) { try memory.asMemory(store) }
    #expect(throws: closed) { try memory.notify(at: 0) }
    #expect(throws: closed) { try memory.wait32(at: 0, expected: 0) }
    #expect(throws: closed) { try memory.wait64(at: 0, expected: 0) }
    // A view goes on: its store keeps the bytes.
    #expect(try view.read(store, 0..<1) == Data([0]))
  }
}
