// Reads values of any type: what each is read as is looked up in the codec of its type.

internal import CTrimaran
import Trimaran

/// What a guest gave, where that is one number.
@inline(__always)
func onlyNumber(_ taken: UnsafePointer<trimaran_taken>, _ kind: Core.ComponentTypeKind) -> ComponentValue? {
  let (bytes, length) = (small(taken), taken.pointee.bytes.length)
  guard taken.pointee.owner == nil, length == 4 || length == 8 else { return nil }
  switch kind {
  case .u32: return .u32(bytes.loadUnaligned(as: UInt32.self))
  case .s32: return .s32(bytes.loadUnaligned(as: Int32.self))
  case .u64: return .u64(bytes.loadUnaligned(as: UInt64.self))
  case .s64: return .s64(bytes.loadUnaligned(as: Int64.self))
  case .f32: return .f32(Float(bitPattern: bytes.loadUnaligned(as: UInt32.self)))
  case .f64: return .f64(Double(bitPattern: bytes.loadUnaligned(as: UInt64.self)))
  default: return nil
  }
}

extension Wit.Reader {
  /// Reads a value.
  mutating func read(_ codec: Codec) throws(WasmtimeError) -> ComponentValue {
    switch codec.kind {
    case .bool: return .bool(number(UInt8.self) != 0)
    case .s8: return .s8(number())
    case .u8: return .u8(number())
    case .s16: return .s16(number())
    case .u16: return .u16(number())
    case .s32: return .s32(number())
    case .u32: return .u32(number())
    case .s64: return .s64(number())
    case .u64: return .u64(number())
    case .f32: return .f32(Float(bitPattern: number()))
    case .f64: return .f64(Double(bitPattern: number()))
    case .char: return .char(Unicode.Scalar(number(UInt32.self)) ?? "\u{FFFD}")
    case .string: return .string(try string())
    case .list, .fixedLengthList: return try list(codec)
    case .map: return try map(codec)
    case .record: return .record(Record(names: codec.names, values: try fields(codec)))
    case .tuple: return .tuple(try fields(codec))
    case .variant:
      let index = Int(number(UInt32.self))
      return .variant(codec.names[index], try payload(codec.parts[index]))
    case .enum: return .enum(codec.names[Int(number(UInt32.self))])
    case .option:
      // Without a type, `nil` would be a value.
      guard number(UInt32.self) != 0 else { return .option(Optional.none) }
      return .option(try read(codec.part))
    case .result:
      let index = Int(number(UInt32.self))
      let payload = try payload(codec.parts[index])
      return index == 0 ? .ok(payload) : .error(payload)
    case .flags: return .flags(flags(codec))
    case .own, .borrow: return try handle()
    case .stream: return .stream(ComponentStream(try readableEnd()))
    case .future: return .future(ComponentFuture(try readableEnd()))
    case .unsupported, .func, .instance, .component, .module, .resource:
      throw .unexpected(reason: "a value of a type that has none")
    }
  }

  private mutating func payload(_ codec: Codec?) throws(WasmtimeError) -> ComponentValue? {
    guard let codec else { return nil }
    return try read(codec)
  }

  private mutating func fields(_ codec: Codec) throws(WasmtimeError) -> [ComponentValue] {
    var values: [ComponentValue] = []
    values.reserveCapacity(codec.parts.count)
    for case let part? in codec.parts { values.append(try read(part)) }
    return values
  }

  private mutating func flags(_ codec: Codec) -> Set<String> {
    let bits = number(UInt32.self)
    var names: Set<String> = []
    for index in codec.names.indices where bits >> UInt32(index) & 1 == 1 { names.insert(codec.names[index]) }
    return names
  }

  // MARK: Lists

  private mutating func map(_ codec: Codec) throws(WasmtimeError) -> ComponentValue {
    var entries: [ComponentValue: ComponentValue] = [:]
    guard let key = codec.parts[0], let value = codec.parts[1] else { return .map(entries) }
    for _ in 0..<number(UInt32.self) {
      let name = try read(key)
      entries[name] = try read(value)
    }
    return .map(entries)
  }

  private mutating func list(_ codec: Codec) throws(WasmtimeError) -> ComponentValue {
    switch codec.element {
    case .u8: return .bytes(try numbers(of: UInt8.self))
    case .s8: return .s8s(try numbers(of: Int8.self))
    case .s16: return .s16s(try numbers(of: Int16.self))
    case .u16: return .u16s(try numbers(of: UInt16.self))
    case .s32: return .s32s(try numbers(of: Int32.self))
    case .u32: return .u32s(try numbers(of: UInt32.self))
    case .s64: return .s64s(try numbers(of: Int64.self))
    case .u64: return .u64s(try numbers(of: UInt64.self))
    case .f32: return .f32s(try numbers(of: Float.self))
    case .f64: return .f64s(try numbers(of: Double.self))
    default:
      let count = Int(number(UInt32.self))
      let part = codec.part
      try checkRoom(count * MemoryLayout<ComponentValue>.stride)
      var values: [ComponentValue] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try read(part)) }
      return .list(values)
    }
  }
}
