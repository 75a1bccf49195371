// Reads values from a stream: see core/src/component/abi/stream.rs.

internal import CTrimaran
import Trimaran

/// The few bytes that lie in the struct itself.
@inline(__always)
func small(_ taken: UnsafePointer<trimaran_taken>) -> UnsafeRawPointer {
  UnsafeRawPointer(taken) + (MemoryLayout<trimaran_taken>.offset(of: \.small) ?? 0)
}

extension Wit {
  /// Reads values, one after the other, of what a guest gave. What it reads stays where it is for as long as this lives.
  public struct Reader: ~Copyable {
    /// A `trimaran_taken`.
    private let taken: UnsafeRawPointer
    /// The store of the resources, where there may be some.
    private let store: Store?
    /// What objects of generated classes are made with.
    private let context: AnyObject?
    @usableFromInline let end: UnsafeRawPointer
    @usableFromInline var place: UnsafeRawPointer

    init(_ taken: UnsafePointer<trimaran_taken>, _ store: Store?, _ context: AnyObject? = nil) {
      (self.taken, self.store, self.context) = (UnsafeRawPointer(taken), store, context)
      place = taken.pointee.bytes.data.map(UnsafeRawPointer.init) ?? small(taken)
      end = place + taken.pointee.bytes.length
    }

    private var values: UnsafePointer<trimaran_taken> { taken.assumingMemoryBound(to: trimaran_taken.self) }

    @inlinable
    @inline(__always)
    mutating func bytes(_ count: Int) -> UnsafeRawPointer {
      precondition(end - place >= count, "the values end before their types do")
      defer { place += count }
      return place
    }

    @inlinable
    @inline(__always)
    mutating func number<Number: BitwiseCopyable>(_: Number.Type = Number.self) -> Number {
      bytes(MemoryLayout<Number>.size).loadUnaligned(as: Number.self)
    }

    /// How many elements of that size there are, and their bytes.
    private mutating func part(_ size: Int) -> (count: Int, bytes: UnsafeRawBufferPointer) {
      let isBeside: UInt32 = 1 << 31
      let number: UInt32 = number()
      let count = Int(number & ~isBeside)
      guard number & isBeside != 0 else {
        let length = count * size
        return (count, UnsafeRawBufferPointer(start: bytes(length), count: length))
      }
      let index = Int(self.number(UInt32.self))
      precondition(index < values.pointee.beside_count, "there is no such part")
      let part = values.pointee.beside[index]
      precondition(part.length == count * size, "a part is of another length")
      return (count, UnsafeRawBufferPointer(start: part.data, count: part.length))
    }

    /// Reads a string.
    public mutating func string() throws(WasmtimeError) -> String {
      let bytes = part(1).bytes
      try checkRoom(bytes.count)
      return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads a list of numbers, whose bytes are those of Swift's.
    public mutating func numbers<Number: BitwiseCopyable>(of: Number.Type) throws(WasmtimeError) -> [Number] {
      let (count, bytes) = part(MemoryLayout<Number>.size)
      try checkRoom(bytes.count)
      return [Number](unsafeUninitializedCapacity: count) { numbers, made in
        if count > 0 { UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes) }
        made = count
      }
    }

    /// Reads a resource: one of a guest's, or an object of the host.
    mutating func handle() throws(WasmtimeError) -> ComponentValue {
      let index = Int(number(UInt32.self))
      precondition(index < values.pointee.resource_count, "there is no such resource")
      let found = values.pointee.resources[index]
      guard let address = found.object else { preconditionFailure("a resource that is nothing") }
      // Both are lent: each gets a hold more.
      guard found.kind == Handle.host else {
        precondition(found.kind == Handle.guest, "a stream that is no resource")
        guard let store else { throw .closed(what: "store") }
        let pointer = OpaquePointer(address)
        trimaran_component_resource_keep(pointer)
        return .resource(Resource(Core.ComponentResource(pointer), store))
      }
      // Only what is `Sendable` went in.
      let object = Unmanaged<AnyObject>.fromOpaque(address).takeUnretainedValue()
      return .object(unsafeBitCast(object, to: (any AnyObject & Sendable).self))
    }

    /// Reads the end of a stream or of a future.
    mutating func readableEnd() throws(WasmtimeError) -> End {
      let index = Int(number(UInt32.self))
      precondition(index < values.pointee.resource_count, "there is no such stream")
      let found = values.pointee.resources[index]
      guard found.kind == Handle.stream, let address = found.object else {
        preconditionFailure("a stream that is none")
      }
      guard let store else { throw .closed(what: "store") }
      // It is lent, and gets a hold more.
      let pointer = OpaquePointer(address)
      trimaran_component_stream_keep(pointer)
      return End(Core.ComponentStream(pointer), store)
    }

    /// Reads a resource of a guest's.
    public mutating func resource() throws(WasmtimeError) -> Resource {
      guard case .resource(let resource) = try handle() else { throw .unexpected(reason: "an object of the host") }
      return resource
    }

    /// Reads an object of the host.
    public mutating func object<Object>(as type: Object.Type) throws(WasmtimeError) -> Object {
      guard case .object(let found) = try handle() else { throw .unexpected(reason: "a resource of a guest") }
      guard let object = found as? Object else {
        throw .type(reason: "the object is a \(Swift.type(of: found)): expected \(type)")
      }
      return object
    }

    /// What objects of generated classes are made with.
    public func context<Context: AnyObject>(as: Context.Type) -> Context {
      guard let context = context as? Context else { preconditionFailure("a resource without its functions") }
      return context
    }

    @usableFromInline
    func check(_ bytes: Int) throws(WasmtimeError) { try checkRoom(bytes) }
  }
}

extension Wit.Reader {
  /// Reads a bool.
  @inlinable
  public mutating func bool() -> Bool { number(UInt8.self) != 0 }

  /// Reads a number.
  @inlinable
  public mutating func s8() -> Int8 { number() }

  /// Reads a number.
  @inlinable
  public mutating func u8() -> UInt8 { number() }

  /// Reads a number.
  @inlinable
  public mutating func s16() -> Int16 { number() }

  /// Reads a number.
  @inlinable
  public mutating func u16() -> UInt16 { number() }

  /// Reads a number.
  @inlinable
  public mutating func s32() -> Int32 { number() }

  /// Reads a number.
  @inlinable
  public mutating func u32() -> UInt32 { number() }

  /// Reads a number.
  @inlinable
  public mutating func s64() -> Int64 { number() }

  /// Reads a number.
  @inlinable
  public mutating func u64() -> UInt64 { number() }

  /// Reads a number.
  @inlinable
  public mutating func f32() -> Float { Float(bitPattern: number()) }

  /// Reads a number.
  @inlinable
  public mutating func f64() -> Double { Double(bitPattern: number()) }

  /// Reads a char.
  @inlinable
  public mutating func char() -> Unicode.Scalar { Unicode.Scalar(number(UInt32.self)) ?? "\u{FFFD}" }

  /// Reads the number of a case.
  @inlinable
  public mutating func index() -> UInt32 { number() }

  /// Reads flags.
  @inlinable
  public mutating func flags() -> UInt32 { number() }

  /// Reads the elements of a list.
  @inlinable
  public mutating func list<Element>(
    _ read: (inout Wit.Reader) throws(WasmtimeError) -> Element
  ) throws(WasmtimeError) -> [Element] {
    let count = Int(number(UInt32.self))
    try check(count * MemoryLayout<Element>.stride)
    var values: [Element] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try read(&self)) }
    return values
  }

  /// Reads the value of an option, if there is one.
  @inlinable
  public mutating func option<Value>(
    _ read: (inout Wit.Reader) throws(WasmtimeError) -> Value
  ) throws(WasmtimeError) -> Value? {
    // Without its type, `nil` would be a value where that is an option as well.
    if index() == 0 { return Value?.none }
    return .some(try read(&self))
  }

  /// Reads what a result carries.
  @inlinable
  public mutating func result<Ok, Failure: Error>(
    ok: (inout Wit.Reader) throws(WasmtimeError) -> Ok,
    error: (inout Wit.Reader) throws(WasmtimeError) -> Failure
  ) throws(WasmtimeError) -> Result<Ok, Failure> {
    if index() == 0 { return .success(try ok(&self)) }
    return .failure(try error(&self))
  }
}
