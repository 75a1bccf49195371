import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Views")
struct ViewTests {
  /// A guest whose memory may move, or not.
  private func guest(mayMove: Bool) throws -> Guest {
    try Guest(
      """
      (module
        (memory (export "memory") 1 8)
        (data (i32.const 16) "hello")
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
      """
    ) {
      if mayMove {
        $0.memoryReservation = 0
        $0.memoryReservationForGrowth = 0
      }
    }
  }

  @Test func readAndWriteInPlace() throws {
    let guest = try guest(mayMove: false)
    let (store, memory) = (guest.store, try guest.exports.memory("memory"))
    let text = try memory.withUnsafeBytes(store, at: 16, count: 5) { String(decoding: $0, as: UTF8.self) }
    #expect(text == "hello")
    try memory.withUnsafeMutableBytes(store, at: 16, count: 5) { bytes in
      bytes[0] = 72
      #expect(try guest.function("load")(store, 16) == [.i32(72)])
      try memory.write(store, "J", at: 16)
      #expect(bytes[0] == 74)
    }
    #expect(try memory.readString(store, at: 16, count: 5) == "Jello")
    #expect(try memory.withUnsafeBytes(store) { $0.count } == 65_536)
    #expect(try memory.withUnsafeBytes(store, at: 65_530) { $0.count } == 6)
    #expect(try memory.withUnsafeBytes(store, at: 65_536) { $0.count } == 0)
    #expect(try memory.withUnsafeBytes(store, at: 8, count: 0) { $0.isEmpty })
  }

  @Test func outside() throws {
    let guest = try guest(mayMove: false)
    let (store, memory) = (guest.store, try guest.exports.memory("memory"))
    #expect(throws: WasmtimeError.bounds(offset: 65_533, length: 4, size: 65_536)) {
      try memory.withUnsafeBytes(store, at: 65_533, count: 4) { _ in }
    }
    for (start, count) in [(-1, 1), (0, -1), (0, -2), (.min, 1), (0, .min)] as [(Int, Int)] {
      guard case .range = failure({ try memory.withUnsafeBytes(store, at: start, count: count) { _ in } }) else {
        Issue.record("\(start), \(count)")
        return
      }
    }
    for (start, count) in [(0, .max), (.max, 1), (.max, .max)] as [(Int, Int)] {
      guard case .bounds = failure({ try memory.withUnsafeMutableBytes(store, at: start, count: count) { _ in } })
      else {
        Issue.record("\(start), \(count)")
        return
      }
    }
    guard case .bounds = failure({ try memory.withUnsafeBytes(store, at: 65_537) { _ in } }) else {
      Issue.record("past the end")
      return
    }
  }

  @Test func theErrorOfTheClosure() throws {
    let guest = try guest(mayMove: true)
    let memory = try guest.exports.memory("memory")
    let mine = Mistake()
    do {
      try memory.withUnsafeBytes(guest.store) { _ in throw mine }
      Issue.record("it did not fail")
    } catch let error as Mistake {
      #expect(error === mine)
    }
    // It is no longer out.
    #expect(try memory.grow(guest.store, by: 1) == 1)
  }

  @Test func aMemoryThatMayMoveDoesNotGrow() throws {
    let guest = try guest(mayMove: true)
    let (store, memory) = (guest.store, try guest.exports.memory("memory"))
    let grow = try guest.function("grow")
    try memory.withUnsafeMutableBytes(store, at: 16, count: 5) { bytes throws in
      guard case .limit = failure({ try memory.grow(store, by: 1) }) else {
        Issue.record("it grew")
        return
      }
      #expect(try grow(store, 1) == [.i32(-1)])
      #expect(try memory.withUnsafeBytes(store) { _ in try grow(store, 1) } == [.i32(-1)])
      #expect(try grow(store, 1) == [.i32(-1)])
      #expect(bytes.elementsEqual("hello".utf8))
    }
    #expect(try memory.grow(store, by: 1) == 1)
    #expect(try grow(store, 1) == [.i32(2)])
    #expect(try memory.withUnsafeBytes(store) { $0.count } == 3 * 65_536)
  }

  @Test func aMemoryThatStaysGrows() throws {
    let guest = try guest(mayMove: false)
    let (store, memory) = (guest.store, try guest.exports.memory("memory"))
    try memory.withUnsafeMutableBytes(store) { bytes in
      #expect(try memory.grow(store, by: 1) == 1)
      #expect(try guest.function("grow")(store, 1) == [.i32(2)])
      #expect(bytes.count == 65_536)
      bytes[65_535] = 9
      try memory.withUnsafeBytes(store) { #expect($0.count == 3 * 65_536 && $0[65_535] == 9) }
    }
  }

  @Test func theStoreIsClosedMeanwhile() throws {
    let guest = try guest(mayMove: false)
    let (store, memory) = (guest.store, try guest.exports.memory("memory"))
    try memory.withUnsafeMutableBytes(store) { bytes in
      store.close()
      #expect(store.isClosed)
      #expect(throws: WasmtimeError.closed(what: "store")) { try memory.size(store) }
      bytes[16] = 72
      #expect(bytes[16..<21].elementsEqual("Hello".utf8))
    }
    #expect(throws: WasmtimeError.closed(what: "store")) { try memory.withUnsafeBytes(store) { _ in } }
  }

  @Test func nothingElseRefersToTheStore() throws {
    let engine = try testEngine()
    func view(_ body: (UnsafeMutableRawBufferPointer) -> Void) throws {
      let store = try Store(engine)
      try Memory(store, MemoryType(Limits(1))).withUnsafeMutableBytes(store, body)
    }
    try view { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 7)
      #expect(bytes.allSatisfy { $0 == 7 })
    }
  }

  @Test func inAHostFunction() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let sum = try Func(store) { (caller: borrowing Caller, start: Int32, count: Int32) -> Int32 in
      try caller.memory("memory").withUnsafeBytes(caller.store, at: Int(start), count: Int(count)) { bytes in
        bytes.reduce(0) { $0 + Int32($1) }
      }
    }
    let module = try Module(
      engine,
      """
      (module
        (import "host" "sum" (func $sum (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 4) "\\01\\02\\03")
        (func (export "run") (result i32) (call $sum (i32.const 0) (i32.const 64))))
      """
    )
    #expect(try Instance(store, module, [sum]).function(store, "run")(store) == [.i32(6)])
  }

  @Test func sharedMemory() throws {
    let engine = try testEngine { $0.sharedMemory = true }
    let memory = try SharedMemory(engine, MemoryType(Limits(1, 2)))
    try memory.write([1, 2, 3] as [UInt8], at: 4)
    #expect(try memory.withUnsafeBytes(at: 4, count: 3) { Array($0) } == [1, 2, 3])
    try memory.withUnsafeMutableBytes { bytes throws in
      #expect(bytes.count == 65_536)
      #expect(try memory.grow(by: 1) == 1)
      #expect(bytes.count == 65_536)
      bytes[5] = 7
      memory.close()
      #expect(bytes[5] == 7)
    }
    #expect(throws: WasmtimeError.closed(what: "shared memory")) { try memory.withUnsafeBytes { _ in } }
    let other = try SharedMemory(engine, MemoryType(Limits(1, 2)))
    #expect(throws: WasmtimeError.bounds(offset: 65_536, length: 1, size: 65_536)) {
      try other.withUnsafeBytes(at: 65_536, count: 1) { _ in }
    }
    guard case .range = failure({ try other.withUnsafeBytes(at: 0, count: -1) { _ in } }) else {
      Issue.record("a negative count")
      return
    }
  }

  #if compiler(>=6.2)
    @Test func spans() throws {
      let guest = try guest(mayMove: false)
      let memory = try guest.exports.memory("memory")
      let first = try memory.withBytes(guest.store, at: 16, count: 5) { bytes in
        #expect(bytes.byteCount == 5)
        return bytes.unsafeLoad(as: UInt8.self)
      }
      #expect(first == 104)
    }
  #endif
}
