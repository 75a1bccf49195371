// Writes values of any type: what each is written as is looked up in the codec of its type.

import Trimaran

extension Wit.Writer {
  /// Writes a number that is of that very type. Says whether it was one.
  @inline(__always)
  mutating func putNumber(_ value: ComponentValue, _ kind: Core.ComponentTypeKind) -> Bool {
    switch (kind, value) {
    case (.u32, .u32(let number)): put(number)
    case (.s32, .s32(let number)): put(number)
    case (.u64, .u64(let number)): put(number)
    case (.s64, .s64(let number)): put(number)
    case (.f32, .f32(let number)): put(number)
    case (.f64, .f64(let number)): put(number)
    default: return false
    }
    return true
  }

  /// Writes a value. What is simply right comes first.
  mutating func write(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    switch codec.kind {
    case .bool:
      guard case .bool(let bool) = value else { throw .kind(.bool, value) }
      put(bool ? UInt8(1) : 0)
    case .s8: put(try integer(value, codec, as: Int8.self))
    case .u8: put(try integer(value, codec, as: UInt8.self))
    case .s16: put(try integer(value, codec, as: Int16.self))
    case .u16: put(try integer(value, codec, as: UInt16.self))
    case .s32: if case .s32(let number) = value { put(number) } else { put(try integer(value, codec, as: Int32.self)) }
    case .u32: if case .u32(let number) = value { put(number) } else { put(try integer(value, codec, as: UInt32.self)) }
    case .s64: if case .s64(let number) = value { put(number) } else { put(try integer(value, codec, as: Int64.self)) }
    case .u64: if case .u64(let number) = value { put(number) } else { put(try integer(value, codec, as: UInt64.self)) }
    case .f32: if case .f32(let number) = value { put(number) } else { put(try float(value, codec) as Float) }
    case .f64: if case .f64(let number) = value { put(number) } else { put(try float(value, codec) as Double) }
    case .char: if case .char(let scalar) = value { put(scalar.value) } else { try writeChar(value) }
    case .string:
      guard case .string(let text) = value else { throw .kind(.string, value) }
      try write(text, as: value)
    case .list: try writeList(value, codec)
    case .fixedLengthList:
      if let count = value.count, count != codec.length {
        throw Mistake(.count(what: "elements", expected: UInt64(codec.length), found: UInt64(count)))
      }
      try writeList(value, codec)
    case .map: try writeMap(value, codec)
    case .record:
      guard case .record(let record) = value else { throw .kind(.record, value) }
      try write(record, codec)
    case .tuple: try writeTuple(value, codec)
    case .own: try writeResource(value, codec, isOwn: true)
    case .borrow: try writeResource(value, codec, isOwn: false)
    case .option: try writeOption(value, codec)
    case .stream, .future: try writeEnd(value, codec)
    case .unsupported, .func, .instance, .component, .module, .resource:
      throw Mistake(.unsupported(name: codec.names.first ?? "unsupported"))
    case .variant, .enum, .result, .flags: try writeNamed(value, codec)
    }
  }

  /// Writes what has the name of a case, or names of flags.
  private mutating func writeNamed(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    switch (codec.kind, value) {
    case (.variant, .variant(let name, let payload)): try writeCase(name, payload, codec)
    case (.variant, .string(let name)), (.variant, .enum(let name)): try writeCase(name, nil, codec)
    case (.enum, .enum(let name)), (.enum, .string(let name)), (.enum, .variant(let name, nil)):
      put(UInt32(try place(of: name, codec)))
    case (.result, .ok(let payload)): try writeResult(0, "ok", payload, codec)
    case (.result, .error(let payload)): try writeResult(1, "error", payload, codec)
    case (.flags, .flags(let names)): try writeFlags(names, codec)
    case (.flags, .list(let values)):
      try writeFlags(values.map { (value) throws(Mistake) in try flag(value) }, codec)
    default: throw .kind(codec.kind, value)
    }
  }

  // MARK: Numbers

  private func integer<Number: FixedWidthInteger>(
    _ value: ComponentValue,
    _ codec: Codec,
    as: Number.Type
  ) throws(Mistake) -> Number {
    let number: Number? =
      switch value {
      case .s8(let number): Number(exactly: number)
      case .u8(let number): Number(exactly: number)
      case .s16(let number): Number(exactly: number)
      case .u16(let number): Number(exactly: number)
      case .s32(let number): Number(exactly: number)
      case .u32(let number): Number(exactly: number)
      case .s64(let number): Number(exactly: number)
      case .u64(let number): Number(exactly: number)
      default: throw .kind(codec.kind, value)
      }
    guard let number else { throw .range(codec.kind, value.digits) }
    return number
  }

  /// A float may be rounded. An integer has to be one of those up to which the type holds all.
  private func float<Number: BinaryFloatingPoint>(_ value: ComponentValue, _ codec: Codec) throws(Mistake) -> Number {
    switch value {
    case .f32(let number): return Number(number)
    case .f64(let number): return Number(number)
    default:
      let last = UInt64(1) << (Number.significandBitCount + 1)
      if case .u64(let number) = value {
        guard number <= last else { throw .range(codec.kind, value.digits) }
        return Number(number)
      }
      let number = try integer(value, codec, as: Int64.self)
      guard number.magnitude <= last else { throw .range(codec.kind, value.digits) }
      return Number(number)
    }
  }

  private mutating func writeChar(_ value: ComponentValue) throws(Mistake) {
    guard case .string(let text) = value else { throw .kind(.char, value) }
    var scalars = text.unicodeScalars.makeIterator()
    guard let scalar = scalars.next(), scalars.next() == nil else { throw .range(.char, text) }
    put(scalar.value)
  }

  // MARK: Strings and lists

  /// Fails for more elements than a list can have.
  private func check(_ count: Int) throws(Mistake) {
    guard count <= Int32.max else { throw Mistake(.length(found: UInt64(count))) }
  }

  private mutating func write(_ text: String, as value: ComponentValue) throws(Mistake) {
    try check(text.utf8.count)
    put(text, as: value)
  }

  private mutating func write<Number>(_ numbers: [Number], as value: ComponentValue) throws(Mistake) {
    try check(numbers.count)
    put(numbers, as: value)
  }

  private mutating func writeList(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    switch (codec.element, value) {
    case (.u8, .bytes(let numbers)): try write(numbers, as: value)
    case (.s8, .s8s(let numbers)): try write(numbers, as: value)
    case (.s16, .s16s(let numbers)): try write(numbers, as: value)
    case (.u16, .u16s(let numbers)): try write(numbers, as: value)
    case (.s32, .s32s(let numbers)): try write(numbers, as: value)
    case (.u32, .u32s(let numbers)): try write(numbers, as: value)
    case (.s64, .s64s(let numbers)): try write(numbers, as: value)
    case (.u64, .u64s(let numbers)): try write(numbers, as: value)
    case (.f32, .f32s(let numbers)): try write(numbers, as: value)
    case (.f64, .f64s(let numbers)): try write(numbers, as: value)
    case (_, .tuple): throw .kind(codec.kind, value)
    default:
      guard let values = value.elements else { throw .kind(codec.kind, value) }
      try check(values.count)
      putCount(values.count)
      let part = codec.part
      for index in values.indices {
        do throws(Mistake) {
          try write(values[index], part)
        } catch {
          throw error.inside("element \(index)")
        }
      }
    }
  }

  private mutating func writeMap(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    guard case .map(let entries) = value else { throw .kind(.map, value) }
    try check(entries.count)
    putCount(entries.count)
    for (index, entry) in entries.enumerated() {
      for (word, part, codec) in [("key", entry.key, codec.parts[0]), ("value", entry.value, codec.parts[1])] {
        guard let codec else { continue }
        do throws(Mistake) {
          try write(part, codec)
        } catch {
          throw error.inside("\(word) \(index)")
        }
      }
    }
  }

  // MARK: Records, variants and flags

  private mutating func write(_ record: Record, _ codec: Codec) throws(Mistake) {
    for index in codec.names.indices {
      let name = codec.names[index]
      let isInOrder = index < record.names.count && record.names[index] == name
      guard let place = isInOrder ? index : record.names.firstIndex(of: name) else {
        throw unknownField(record, codec) ?? Mistake(.missingField(name: name))
      }
      guard let part = codec.parts[index] else { continue }
      do throws(Mistake) {
        try write(record.values[place], part)
      } catch {
        throw error.inside("field \"\(name)\"")
      }
    }
    if record.names.count != codec.names.count, let mistake = unknownField(record, codec) { throw mistake }
  }

  /// A field that the type does not have, or one that is there twice.
  private func unknownField(_ record: Record, _ codec: Codec) -> Mistake? {
    for (index, name) in record.names.enumerated() {
      if codec.place(name) == nil { return Mistake(.unknownField(name: name, known: codec.names)) }
      if record.names[..<index].contains(name) { return Mistake(.repeatedField(name: name)) }
    }
    return nil
  }

  private mutating func writeTuple(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    let values: [ComponentValue]
    switch value {
    case .tuple(let items), .list(let items): values = items
    default: throw .kind(.tuple, value)
    }
    guard values.count == codec.parts.count else {
      throw Mistake(.count(what: "items", expected: UInt64(codec.parts.count), found: UInt64(values.count)))
    }
    for index in values.indices {
      guard let part = codec.parts[index] else { continue }
      do throws(Mistake) {
        try write(values[index], part)
      } catch {
        throw error.inside("item \(index)")
      }
    }
  }

  private func place(of name: String, _ codec: Codec) throws(Mistake) -> Int {
    guard let place = codec.place(name) else { throw Mistake(.unknownCase(name: name, known: codec.names)) }
    return place
  }

  private mutating func writeCase(_ name: String, _ payload: ComponentValue?, _ codec: Codec) throws(Mistake) {
    let place = try place(of: name, codec)
    put(UInt32(place))
    try writePayload(name, payload, codec.parts[place], "case \"\(name)\"")
  }

  private mutating func writeResult(
    _ place: Int,
    _ name: String,
    _ payload: ComponentValue?,
    _ codec: Codec
  ) throws(Mistake) {
    put(UInt32(place))
    try writePayload(name, payload, codec.parts[place], name)
  }

  private mutating func writePayload(
    _ name: String,
    _ payload: ComponentValue?,
    _ codec: Codec?,
    _ path: @autoclosure () -> String
  ) throws(Mistake) {
    switch (codec, payload) {
    case (nil, nil): return
    case (let codec?, let payload?):
      do throws(Mistake) {
        try write(payload, codec)
      } catch {
        throw error.inside(path())
      }
    case (let codec, _): throw Mistake(.payload(name: name, isExpected: codec != nil))
    }
  }

  private mutating func writeOption(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    let part = codec.part
    var payload = value
    switch value {
    case .option(nil): return put(UInt32(0))
    // To Swift, the `nil` of `isThere ? 1 : nil` is a value itself: what it means is clear unless options lie in each other.
    case .option(.option(nil)?) where part.kind != .option: return put(UInt32(0))
    case .option(let inner?): payload = inner
    default: guard part.kind != .option else { throw .kind(.option, value) }
    }
    put(UInt32(1))
    do throws(Mistake) {
      try write(payload, part)
    } catch {
      throw error.inside("some")
    }
  }

  private func flag(_ value: ComponentValue) throws(Mistake) -> String {
    switch value {
    case .string(let name), .enum(let name): return name
    default: throw .kind(.flags, value)
    }
  }

  private mutating func writeFlags(_ names: some Sequence<String>, _ codec: Codec) throws(Mistake) {
    var bits: UInt32 = 0
    for name in names { bits |= 1 << UInt32(try place(of: name, codec)) }
    put(bits)
  }

  private mutating func writeResource(_ value: ComponentValue, _ codec: Codec, isOwn: Bool) throws(Mistake) {
    switch value {
    case .resource, .object: break
    default: throw .kind(codec.kind, value)
    }
    put(value, isOwn: isOwn)
  }

  /// Writes what a guest reads. Whether a guest's own is of the right type, the core says.
  private mutating func writeEnd(_ value: ComponentValue, _ codec: Codec) throws(Mistake) {
    switch value {
    case .stream, .future: put(value, isOwn: true)
    case .source(let source) where source.isFuture == (codec.kind == .future): put(value, isOwn: true)
    case .tuple, .source: throw .kind(codec.kind, value)
    default:
      // What a list takes is all of a stream.
      guard codec.kind == .stream, value.count != nil else { throw .kind(codec.kind, value) }
      put(.source(.parts(CollectionOfOne(value))), isOwn: true)
    }
  }
}

extension ComponentValue {
  /// How many elements a list has; `nil` for everything else.
  var count: Int? {
    switch self {
    case .bytes(let values): values.count
    case .s8s(let values): values.count
    case .s16s(let values): values.count
    case .u16s(let values): values.count
    case .s32s(let values): values.count
    case .u32s(let values): values.count
    case .s64s(let values): values.count
    case .u64s(let values): values.count
    case .f32s(let values): values.count
    case .f64s(let values): values.count
    case .list(let values): values.count
    default: nil
    }
  }

  /// An integer in decimal digits.
  var digits: String {
    switch self {
    case .s8(let number): "\(number)"
    case .u8(let number): "\(number)"
    case .s16(let number): "\(number)"
    case .u16(let number): "\(number)"
    case .s32(let number): "\(number)"
    case .u32(let number): "\(number)"
    case .s64(let number): "\(number)"
    case .u64(let number): "\(number)"
    default: "\(self)"
    }
  }
}
