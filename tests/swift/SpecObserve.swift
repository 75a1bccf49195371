import Foundation
import Trimaran
import TrimaranFoundation

/// Looks at what a generated module does: its results, its traps, its memories and its fuel, in one line, which has
/// to be the same in every language.
struct Observer {
  private static let fuel: UInt64 = 5_000
  private let store: Store

  /// What is seen of a module.
  static func observe(_ engine: Engine, _ module: Module) throws -> String {
    try engine.withStore { store in
      try store.setLimits(memorySize: 16 << 20)
      try store.setFuel(fuel)
      let linker = try Linker(engine)
      do throws(WasmtimeError) {
        try linker.defineUnknownImportsAsDefaultValues(store, module)
        let instance = try linker.instantiate(store, module)
        return try Observer(store: store).seen(of: module, instance).joined(separator: ";")
      } catch {
        return word(error)
      }
    }
  }

  private func seen(of module: Module, _ instance: Instance) throws(WasmtimeError) -> [String] {
    var seen = ["\(try store.fuel)"]
    let exports = try module.exports
    for export in exports {
      guard case .function = export.type else { continue }
      let function = try instance.function(store, export.name)
      try store.setFuel(Self.fuel)
      let done = try call(function)
      seen.append("\(done)~\(try store.fuel)")
    }
    for export in exports {
      switch try instance.export(store, export.name) {
      case .memory(let memory): seen.append("memory \(try memory.size(store)) \(try checksum(memory))")
      case .global(let global): seen.append(try show(global.get(store)))
      case .table(let table): seen.append("table \(try table.size(store))")
      default: break
      }
    }
    return seen
  }

  private func call(_ function: Func) throws(WasmtimeError) -> String {
    let params = try function.type(store).params
    let arguments = params.compactMap(argument)
    guard arguments.count == params.count else { return "-" }
    let results: [Val]
    do throws(WasmtimeError) {
      results = try function.call(store, arguments)
    } catch {
      return Self.word(error)
    }
    var shown: [String] = []
    for result in results { shown.append(try show(result)) }
    return shown.joined(separator: ",")
  }

  /// A value for each type; none for a reference that may not be null.
  private func argument(_ type: ValType) -> Val? {
    switch type {
    case .i32: .i32(7)
    case .i64: .i64(-9)
    case .f32: .f32(1.5)
    case .f64: .f64(-2.5)
    case .v128: .v128(low: 3, high: 1 << 63)
    case .ref(let type): type.nullable ? .null : nil
    }
  }

  private static func word(_ error: WasmtimeError) -> String {
    let fields = fields(of: error)
    return "!\(fields["code"]?.string ?? fields["variant"]?.string ?? "?")"
  }

  private func show(_ value: Val) throws(WasmtimeError) -> String {
    switch value {
    case .i32(let value): return "i32 \(UInt32(bitPattern: value))"
    case .i64(let value): return "i64 \(UInt64(bitPattern: value))"
    case .f32(let value): return "f32 \(value.bitPattern)"
    case .f64(let value): return "f64 \(value.bitPattern)"
    case .v128(let low, let high): return "v128 \(UInt128(high) << 64 | UInt128(low))"
    case .funcRef(let function?): return "\(try function.type(store))"
    case .externRef(_?): return "extern"
    case .exnRef(_?): return "exn"
    case .anyRef(let value?):
      if let number = try value.i31(store) { return "i31 \(number)" }
      let isStruct = try value.matches(store, RefType(.struct, nullable: false))
      let isArray = try value.matches(store, RefType(.array, nullable: false))
      guard isStruct || isArray else { return "any" }
      return "\(try value.type(store)) of \(try value.fields(store).count)"
    default: return "null"
    }
  }

  private func checksum(_ memory: Memory) throws(WasmtimeError) -> UInt32 {
    let bytes = try memory.read(store, at: 0, count: memory.dataLen(store))
    return bytes.withUnsafeBytes(crc32)
  }
}

/// The checksum of zip files.
private func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var crc = UInt32.max
  for start in stride(from: 0, to: bytes.count, by: zeros.count) {
    let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + zeros.count, bytes.count)])
    // Memories are large and empty: a part without anything in it moves each bit of the sum by itself.
    if part.count == zeros.count, zeros.withUnsafeBytes({ isSame($0, part) }) {
      crc = moved.enumerated().reduce(0) { crc >> $1.offset & 1 == 1 ? $0 ^ $1.element : $0 }
    } else {
      crc = part.reduce(crc, adding)
    }
  }
  return ~crc
}

private func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
  guard let first = one.baseAddress, let second = other.baseAddress else { return one.count == other.count }
  return one.count == other.count && memcmp(first, second, one.count) == 0
}

private let zeros = [UInt8](repeating: 0, count: 4_096)

/// What each bit of a sum becomes by that many zeros.
private let moved = (0..<32).map { bit in zeros.reduce(UInt32(1) << bit, adding) }

private let table = (0..<256 as Range<UInt32>).map { byte in
  (0..<8).reduce(byte) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
}

private func adding(_ sum: UInt32, _ byte: UInt8) -> UInt32 {
  table[Int((sum ^ UInt32(byte)) & 0xff)] ^ sum >> 8
}
