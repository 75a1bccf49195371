import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Memories")
struct MemoryTests {
  let store: Store
  let memory: Memory

  init() throws {
    store = try Store(testEngine())
    memory = try Memory(store, MemoryType(Limits(1, 3)))
  }

  @Test func sizeAndType() throws {
    #expect(try memory.type(store) == MemoryType(Limits(1, 3)))
    #expect("\(try memory.type(store))" == "(memory 1 3)")
    #expect(try memory.size(store) == 1)
    #expect(try memory.dataLen(store) == 65_536)
    #expect(try memory.pageSize(store) == 65_536)
    #expect(try memory.grow(store, by: 0) == 1)
    #expect(try memory.grow(store, by: 2) == 1)
    #expect(try memory.size(store) == 3)
  }

  @Test func aPointerAbove2GiB() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let large = try Memory(store, MemoryType(Limits(49_152)))
    let module = try Module(
      engine,
      """
      (module (import "env" "log" (func (param i32 i32))) (func (export "run") (result i32)
        (call 0 (i32.const 0x90000000) (i32.const 5)) (i32.const 0x90000000)))
      """
    )
    let linker = try Linker(engine)
    try linker.define("env", "log") { (caller: borrowing Caller, pointer: UInt32, count: UInt32) in
      try large.write(caller.store, "Hello", at: Int(pointer))
      try #expect(large.readString(caller.store, at: Int(pointer), count: Int(count)) == "Hello")
    }
    let run = try linker.instantiate(store, module).function(store, "run")
    let pointer: UInt32 = try run(store)
    let signed: Int32 = try run(store)
    #expect(try large.loadU8(store, at: Int(pointer)) == 72 && UInt32(bitPattern: signed) == pointer)
    let error = failure { _ = try large.loadU8(store, at: Int(signed)) }
    #expect(error?.description.hasSuffix("an i32 that is a pointer wants its unsigned reading, 2415919104") == true)
    try #expect(large.load(store, at: Int(pointer), as: UInt16.self) == 0x6548)
  }

  @Test func bytesOfEveryKind() throws {
    let bytes: [UInt8] = [1, 2, 3, 4]
    try memory.write(store, bytes)
    try memory.write(store, bytes[1...2], at: 4)
    try memory.write(store, Data([9, 8]), at: 6)
    try memory.write(store, Data([7, 6, 5])[1...], at: 8)
    try bytes.withUnsafeBytes { try memory.write(store, $0, at: 10) }
    try memory.write(store, "é", at: 14)
    #expect(
      try memory.read(store, 0..<16) == Data([1, 2, 3, 4, 2, 3, 9, 8, 6, 5, 1, 2, 3, 4, 0xc3, 0xa9])
    )
    try memory.write(store, [] as [UInt8], at: 65_536)
    try memory.write(store, "", at: 65_536)
    #expect(try memory.read(store, 65_536..<65_536).isEmpty)
  }

  /// What does not fit is not copied before that is found out: such a copy would end the process.
  @Test func collectionsThatSayTheyAreLong() throws {
    let endless = repeatElement(UInt8(1), count: 1 << 40)
    #expect(
      failure { try memory.write(store, endless, at: 1) } == .bounds(offset: 1, length: 1 << 40, size: 65_536)
    )
    guard case .range? = failure({ try memory.write(store, endless, at: -1) }) else {
      Issue.record("no offset is below 0")
      return
    }
    #expect(try memory.find(store, endless) == nil)
    let past = WasmtimeError.bounds(offset: 65_537, length: 0, size: 65_536)
    #expect(failure { _ = try memory.find(store, endless, at: 65_537) } == past)
    let engine = try testEngine()
    for body in [
      { _ = try Module(engine, endless) },
      { _ = try Module(engine, deserialize: endless) },
      { _ = try Module(unpack: endless) },
      { try Module.validate(engine, endless) },
      { _ = try engine.precompile(endless) },
      { _ = try engine.accepts(endless) },
      { _ = try wat2wasm(endless) as [UInt8] },
    ] as [() throws -> Void] {
      guard case .limit? = failure(body) else {
        Issue.record("there is no such limit")
        continue
      }
    }
    if !isInterpreter {
      let shared = try SharedMemory(testEngine { $0.wasmThreads = true }, MemoryType(Limits(1, 1), shared: true))
      #expect(failure { try shared.write(endless, at: 1) } == .bounds(offset: 1, length: 1 << 40, size: 65_536))
    }
    try memory.write(store, repeatElement(UInt8(7), count: 3), at: 65_533)
    #expect(try memory.find(store, repeatElement(UInt8(7), count: 3)) == 65_533)
    try memory.write(store, Liar(of: 2, says: 4), at: 0)
    #expect(try memory.read(store, 0..<4) == [7, 7, 0, 0])
  }

  @Test func rangesOfEveryKind() throws {
    try memory.write(store, [1, 2, 3, 4] as [UInt8])
    #expect(try memory.read(store, 1...2) == [2, 3] as [UInt8])
    #expect(try memory.read(store, ..<2) == [1, 2] as [UInt8])
    #expect(try memory.read(store, ...2) == [1, 2, 3] as [UInt8])
    #expect(try memory.read(store, 65_534...) == [0, 0] as [UInt8])
    #expect(try memory.read(store, 65_536...) == [] as [UInt8])
    #expect(try memory.read(store, 1...2) == Data([2, 3]))
    #expect(failure { _ = try memory.read(store, 65_537...) } == .bounds(offset: 65_537, length: 0, size: 65_536))
    #expect(failure { _ = try memory.read(store, 0...65_536) } == .bounds(offset: 0, length: 65_537, size: 65_536))
    for body in [
      { _ = try memory.read(store, 0...Int.max) }, { _ = try memory.read(store, ..<(-1)) },
      { _ = try memory.read(store, ...Int.max) }, { _ = try memory.read(store, (-1)...) },
    ] as [() throws -> Void] { #expect(throws: WasmtimeError.self, performing: body) }
  }

  @Test func partsOfATextAndItsBytes() throws {
    let text = "say (module) twice"
    let part = text[text.index(text.startIndex, offsetBy: 4)..<text.index(text.startIndex, offsetBy: 12)]
    try memory.write(store, part)
    try memory.write(store, part.utf8, at: 8)
    #expect(try memory.readString(store, at: 0, count: 16) == "(module)(module)")
    #expect(try memory.find(store, part.dropFirst()) == 1)
    _ = try Module(testEngine(), part)
    #expect(try wat2wasm(part) == wat2wasm("(module)") as [UInt8])
  }

  @Test func aBufferOfTheCallers() throws {
    try memory.write(store, "Hello", at: 65_531)
    var bytes = [UInt8](repeating: 9, count: 5)
    try bytes.withUnsafeMutableBytes { try memory.read(store, at: 65_531, into: $0) }
    #expect(bytes == Array("Hello".utf8))
    let error = failure { try bytes.withUnsafeMutableBytes { try memory.read(store, at: 65_532, into: $0) } }
    #expect(error == .bounds(offset: 65_532, length: 5, size: 65_536))
    #expect(error == failure { _ = try memory.read(store, at: 65_532, count: 5) })
    #expect(bytes == Array("Hello".utf8))
    try memory.read(store, at: 65_536, into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    #expect(throws: WasmtimeError.self) {
      try memory.read(store, at: -1, into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
  }

  @Test func moreThanAPage() throws {
    try memory.grow(store, by: 2)
    let bytes = (0..<196_608).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try memory.write(store, bytes)
    #expect(try memory.read(store, at: 0, count: bytes.count) == Data(bytes))
    #expect(
      failure { _ = try memory.read(store, at: 1, count: bytes.count) }
        == .bounds(offset: 1, length: 196_608, size: 196_608)
    )
    #expect(failure { try memory.write(store, bytes, at: 1) } == .bounds(offset: 1, length: 196_608, size: 196_608))
  }

  @Test func aRangeAndACountAreTheSame() throws {
    try memory.write(store, "Hello", at: 10)
    #expect(try memory.read(store, 10..<15) == memory.read(store, at: 10, count: 5))
    #expect(try memory.read(store, 10..<15) == Data("Hello".utf8))
  }

  @Test(arguments: [
    Int.min..<Int.max, Int.min..<Int.min, Int.max..<Int.max, -1..<0, -1..<1, 0..<Int.max, 65_536..<65_537,
    Int.max - 1..<Int.max,
  ])
  func rangesOutside(_ range: Range<Int>) {
    #expect(throws: WasmtimeError.self) { try memory.read(store, range) }
  }

  @Test(arguments: [(0, -1), (-1, 0), (-1, -1), (.max, 1), (1, .max), (.max, .max), (.min, .min), (0, .max)])
  func numbersOutside(_ start: Int, _ count: Int) {
    #expect(throws: WasmtimeError.self) { try memory.read(store, at: start, count: count) }
    #expect(throws: WasmtimeError.self) { try memory.fill(store, 1, at: start, count: count) }
    #expect(throws: WasmtimeError.self) { try memory.copyWithin(store, from: start, to: 0, count: count) }
    #expect(throws: WasmtimeError.self) { try memory.find(store, "a", at: start, count: count) }
    #expect(throws: WasmtimeError.self) { try memory.readString(store, at: start, count: count) }
    #expect(throws: WasmtimeError.self) { try memory.hexdump(store, at: start, count: count) }
  }

  @Test func nothingIsWrittenOutside() throws {
    let outside = WasmtimeError.bounds(offset: 65_534, length: 4, size: 65_536)
    #expect(throws: outside) { try memory.write(store, "abcd", at: 65_534) }
    #expect(throws: outside) { try memory.storeU32(store, .max, at: 65_534) }
    #expect(throws: outside) { try memory.fill(store, 1, at: 65_534, count: 4) }
    #expect(try memory.read(store, at: 65_534, count: 2) == Data([0, 0]))
    #expect(outside.description == "out of bounds: 4 bytes at offset 65534, in a memory of 65536 bytes")
  }

  @Test func numbersKeepTheirBits() throws {
    let single = Float(bitPattern: 0x7fa0_0001)
    let double = Double(bitPattern: 0xfff4_0000_0000_0001)
    try memory.storeF32(store, single, at: 1)
    try memory.storeF64(store, double, at: 5)
    #expect(try memory.loadF32(store, at: 1).bitPattern == 0x7fa0_0001)
    #expect(try memory.loadF64(store, at: 5).bitPattern == 0xfff4_0000_0000_0001)
    #expect(try memory.loadU32(store, at: 1) == 0x7fa0_0001)
    try memory.storeI8(store, -1, at: 0)
    #expect(try memory.loadU8(store, at: 0) == 255)
    #expect(try memory.loadI8(store, at: 0) == -1)
    try memory.storeI16(store, -2, at: 0)
    #expect(try memory.loadU16(store, at: 0) == 65_534)
    try memory.storeI64(store, .min, at: 0)
    #expect(try memory.loadU64(store, at: 0) == 1 << 63)
  }

  @Test func thePointerReachesTheBytes() throws {
    let bytes = UnsafeMutableRawBufferPointer(
      start: try memory.dataPtr(store),
      count: try memory.dataLen(store)
    )
    bytes.copyBytes(from: "direct".utf8)
    #expect(try memory.readString(store, at: 0, count: 6) == "direct")
    try memory.storeU32(store, 0x1234_5678, at: 100)
    #expect(bytes.loadUnaligned(fromByteOffset: 100, as: UInt32.self) == 0x1234_5678)
  }

  @Test func conveniences() throws {
    try memory.write(store, "one two one\0")
    #expect(try memory.find(store, "one") == 0)
    #expect(try memory.find(store, "one", at: 1) == 8)
    #expect(try memory.find(store, "one", at: 1, count: 9) == nil)
    #expect(try memory.find(store, [] as [UInt8], at: 3) == 3)
    #expect(try memory.readTerminated(store, at: 4) == "two one")
    #expect(try memory.readTerminated(store, at: 4, by: UInt8(ascii: " ")) == "two")
    try memory.copyWithin(store, from: 0, to: 4, count: 7)
    #expect(try memory.readString(store, at: 0, count: 11) == "one one two")
    try memory.fill(store, 0, at: 0, count: 20)
    #expect(try memory.hexdump(store, count: 4, width: 4).contains("0000: 00 00 00 00"))
    #expect(try memory.hexdump(store).split(separator: "\n").count == 17)
  }

  @Test func textThatIsNone() throws {
    try memory.write(store, [0xff, 0xfe] as [UInt8])
    let error = failure { _ = try memory.readString(store, at: 0, count: 2) }
    guard case .encoding(_, let offset) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(offset == 0)
  }
}

/// A collection that has fewer elements than it says.
private struct Liar: Collection {
  let count: Int
  let truth: Int
  var startIndex: Int { 0 }
  var endIndex: Int { truth }

  init(of truth: Int, says count: Int) {
    self.truth = truth
    self.count = count
  }

  func index(after index: Int) -> Int { index + 1 }
  subscript(index: Int) -> UInt8 { 7 }
}

// What an app may write for itself: nothing of the package stands in its way.
extension Memory {
  fileprivate func load<Number: FixedWidthInteger>(_ store: Store, at offset: Int, as: Number.Type) throws -> Number {
    try read(store, at: offset, count: MemoryLayout<Number>.size).reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
