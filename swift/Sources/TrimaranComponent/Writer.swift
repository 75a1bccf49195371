// Writes values as a stream: see core/src/component/abi/stream.rs.

import Trimaran

extension Wit {
  /// Writes values, one after the other, into room that it was lent, and into more where that is too little.
  ///
  /// A value that the core would refuse is noted, and fails the call when all are written.
  public struct Writer: ~Copyable {
    @usableFromInline var room: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var count = 0
    private var isOwn = false
    /// The values that stand beside the stream.
    private(set) var beside: [ComponentValue] = []
    /// The first resource: most calls have one at most.
    private(set) var resource: (value: ComponentValue, isOwn: Bool)?
    /// The others.
    private(set) var resources: [(value: ComponentValue, isOwn: Bool)] = []
    /// The first value that does not fit its type.
    private(set) var mistake: Mistake?

    /// From how many bytes on a string or a list of numbers stands beside the stream.
    private static let large = 1 << 10
    /// How many stand beside it at most: each is lent by a call of its own.
    private static let most = 16

    @usableFromInline
    init(_ room: UnsafeMutableRawBufferPointer) {
      guard let base = room.baseAddress else { preconditionFailure("no room to write into") }
      (self.room, capacity) = (base, room.count)
    }

    deinit { if isOwn { room.deallocate() } }

    /// Whether all that was written is in the room that it was lent.
    var isPlain: Bool { !isOwn && beside.isEmpty && resource == nil && mistake == nil }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: room, count: count) }

    /// Makes room for so many bytes more, and gives the place of them.
    @inlinable
    @inline(__always)
    mutating func place(_ length: Int) -> UnsafeMutableRawPointer {
      if capacity - count < length { grow(length) }
      defer { count += length }
      return room + count
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ length: Int) {
      let wanted = max(capacity * 2, count + length)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 8)
      larger.copyMemory(from: room, byteCount: count)
      if isOwn { room.deallocate() }
      (room, capacity, isOwn) = (larger, wanted, true)
    }

    @inlinable
    @inline(__always)
    mutating func put<Number: BitwiseCopyable>(_ number: Number) {
      place(MemoryLayout<Number>.size).storeBytes(of: number, as: Number.self)
    }

    /// Writes how many there are, and says whether the value stands beside the stream.
    mutating func setBeside(_ value: @autoclosure () -> ComponentValue, _ count: Int, _ bytes: Int) -> Bool {
      putCount(count)
      guard bytes >= Self.large, beside.count < Self.most else { return false }
      let isBeside: UInt32 = 1 << 31
      (room + self.count - 4).storeBytes(of: UInt32(truncatingIfNeeded: count) | isBeside, as: UInt32.self)
      put(UInt32(beside.count))
      beside.append(value())
      return true
    }

    @usableFromInline
    mutating func putCount(_ count: Int) {
      if count > Int32.max { note(Mistake(.length(found: UInt64(count)))) }
      put(UInt32(truncatingIfNeeded: count))
    }

    /// Writes the bytes of a string.
    mutating func put(_ text: String, as value: @autoclosure () -> ComponentValue) {
      var text = text
      let length = text.utf8.count
      if setBeside(value(), length, length) { return }
      let place = place(length)
      text.withUTF8 { utf8 in
        if let base = utf8.baseAddress { place.copyMemory(from: base, byteCount: length) }
      }
    }

    /// Writes the bytes of numbers.
    mutating func put<Number>(_ numbers: [Number], as value: @autoclosure () -> ComponentValue) {
      let length = numbers.count * MemoryLayout<Number>.size
      if setBeside(value(), numbers.count, length) { return }
      let place = place(length)
      numbers.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: length) }
      }
    }

    mutating func put(_ value: ComponentValue, isOwn: Bool) {
      guard resource != nil else {
        put(UInt32(0))
        return resource = (value, isOwn)
      }
      put(UInt32(resources.count + 1))
      resources.append((value, isOwn))
    }

    /// Notes what does not fit its type.
    mutating func note(_ mistake: Mistake) {
      if self.mistake == nil { self.mistake = mistake }
    }
  }
}

extension Wit.Writer {
  /// Writes a bool.
  @inlinable
  public mutating func bool(_ value: Bool) { put(value ? 1 as UInt8 : 0) }

  /// Writes a number.
  @inlinable
  public mutating func s8(_ value: Int8) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func u8(_ value: UInt8) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func s16(_ value: Int16) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func u16(_ value: UInt16) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func s32(_ value: Int32) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func u32(_ value: UInt32) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func s64(_ value: Int64) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func u64(_ value: UInt64) { put(value) }

  /// Writes a number.
  @inlinable
  public mutating func f32(_ value: Float) { put(value.bitPattern) }

  /// Writes a number.
  @inlinable
  public mutating func f64(_ value: Double) { put(value.bitPattern) }

  /// Writes a char.
  @inlinable
  public mutating func char(_ value: Unicode.Scalar) { put(value.value) }

  /// Writes a string.
  public mutating func string(_ value: String) { put(value, as: .string(value)) }

  /// Writes a list of numbers.
  @inlinable
  public mutating func numbers<Number: ComponentConvertible & BitwiseCopyable>(_ values: [Number]) {
    put(numbers: values) { Number.componentList(values) }
  }

  @usableFromInline
  mutating func put<Number: BitwiseCopyable>(numbers: [Number], _ value: () -> ComponentValue) {
    put(numbers, as: value())
  }

  /// Writes the number of a case.
  @inlinable
  public mutating func index(_ index: UInt32) { put(index) }

  /// Writes flags, of which there are so many.
  @inlinable
  public mutating func flags(_ bits: UInt32, of count: UInt32) {
    if count < 32 && bits >> count != 0 { noteFlags(bits) }
    put(bits)
  }

  @usableFromInline
  mutating func noteFlags(_ bits: UInt32) { note(Mistake(.range(expected: .flags, found: "\(bits)"))) }

  /// Writes the elements of a list.
  @inlinable
  public mutating func list<Element>(_ values: [Element], _ write: (inout Wit.Writer, Element) -> Void) {
    putCount(values.count)
    for value in values { write(&self, value) }
  }

  /// Writes the value of an option, if there is one.
  @inlinable
  public mutating func option<Value>(_ value: Value?, _ write: (inout Wit.Writer, Value) -> Void) {
    guard let value else { return put(0 as UInt32) }
    put(1 as UInt32)
    write(&self, value)
  }

  /// Writes a resource that is given away.
  public mutating func own(_ resource: Resource) { put(.resource(resource), isOwn: true) }

  /// Writes a resource that is lent.
  public mutating func borrow(_ resource: Resource) { put(.resource(resource), isOwn: false) }

  /// Writes an object of the host that is given away.
  public mutating func own(object: any AnyObject & Sendable) { put(.object(object), isOwn: true) }

  /// Writes an object of the host that is lent.
  public mutating func borrow(object: any AnyObject & Sendable) { put(.object(object), isOwn: false) }
}
