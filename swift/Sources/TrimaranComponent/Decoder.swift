// Reads values from a stream: see core/src/component/abi/stream.rs.

internal import CTrimaran
import Trimaran

/// The few bytes that lie in the struct itself.
@inline(__always)
private func small(_ taken: UnsafePointer<trimaran_taken>) -> UnsafeRawPointer {
  UnsafeRawPointer(taken) + (MemoryLayout<trimaran_taken>.offset(of: \.small) ?? 0)
}

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

/// Reads values, one after the other, of what a guest gave. What it reads stays where it is for as long as this lives.
struct Decoder: ~Copyable {
  private let taken: UnsafePointer<trimaran_taken>
  /// The store of the resources, where there may be some.
  private let store: Store?
  private let base: UnsafeRawPointer
  private let end: Int
  private var place = 0

  init(_ taken: UnsafePointer<trimaran_taken>, _ store: Store?) {
    (self.taken, self.store) = (taken, store)
    end = taken.pointee.bytes.length
    base = taken.pointee.bytes.data.map(UnsafeRawPointer.init) ?? small(taken)
  }

  @inline(__always)
  private mutating func bytes(_ count: Int) -> UnsafeRawPointer {
    precondition(end - place >= count, "the values end before their types do")
    defer { place += count }
    return base + place
  }

  @inline(__always)
  private mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
    bytes(MemoryLayout<Number>.size).loadUnaligned(as: Number.self)
  }

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
    case .string: return .string(try text())
    case .list: return try list(codec)
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
    case .own, .borrow: return resource()
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

  // MARK: Strings and lists

  /// How many elements there are, and their bytes.
  private mutating func part(_ size: Int) throws(WasmtimeError) -> (count: Int, bytes: UnsafeRawBufferPointer) {
    let isBeside: UInt32 = 1 << 31
    let number: UInt32 = number()
    let count = Int(number & ~isBeside)
    guard number & isBeside != 0 else {
      let length = count * size
      return (count, UnsafeRawBufferPointer(start: bytes(length), count: length))
    }
    let index = Int(self.number(UInt32.self))
    precondition(index < taken.pointee.beside_count, "there is no such part")
    let part = taken.pointee.beside[index]
    precondition(part.length == count * size, "a part is of another length")
    return (count, UnsafeRawBufferPointer(start: part.data, count: part.length))
  }

  private mutating func text() throws(WasmtimeError) -> String {
    let bytes = try part(1).bytes
    try checkRoom(bytes.count)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Numbers, whose bytes are those of Swift's.
  private mutating func numbers<Number>(_: Number.Type = Number.self) throws(WasmtimeError) -> [Number] {
    let (count, bytes) = try part(MemoryLayout<Number>.size)
    try checkRoom(bytes.count)
    return [Number](unsafeUninitializedCapacity: count) { numbers, made in
      if count > 0 { UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes) }
      made = count
    }
  }

  private mutating func list(_ codec: Codec) throws(WasmtimeError) -> ComponentValue {
    switch codec.element {
    case .u8: return .bytes(try numbers())
    case .s8: return .s8s(try numbers())
    case .s16: return .s16s(try numbers())
    case .u16: return .u16s(try numbers())
    case .s32: return .s32s(try numbers())
    case .u32: return .u32s(try numbers())
    case .s64: return .s64s(try numbers())
    case .u64: return .u64s(try numbers())
    case .f32: return .f32s(try numbers())
    case .f64: return .f64s(try numbers())
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

  // MARK: Resources

  private mutating func resource() -> ComponentValue {
    let index = Int(number(UInt32.self))
    precondition(index < taken.pointee.resource_count, "there is no such resource")
    let found = taken.pointee.resources[index]
    guard let address = found.object else { preconditionFailure("a resource that is nothing") }
    // Both are lent: each gets a hold more.
    guard found.is_host else {
      guard let store else { preconditionFailure("a resource where there are none") }
      let pointer = OpaquePointer(address)
      trimaran_component_resource_keep(pointer)
      return .resource(Resource(Core.ComponentResource(pointer), store))
    }
    // Only what is `Sendable` went in.
    let object = Unmanaged<AnyObject>.fromOpaque(address).takeUnretainedValue()
    return .object(unsafeBitCast(object, to: (any AnyObject & Sendable).self))
  }
}
