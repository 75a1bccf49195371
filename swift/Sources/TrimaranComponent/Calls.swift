// What crosses: values that are lent to the core for a call, and those that it gives.

internal import CTrimaran
import Trimaran

/// How many bytes of values are written without asking for memory.
private let room = 512

/// Writes values, and lends them to `body`.
@inline(__always)
func lending(
  _ write: (inout Wit.Writer) throws(WasmtimeError) -> Void,
  _ body: (UnsafePointer<trimaran_given>) throws(WasmtimeError) -> Void
) throws(WasmtimeError) {
  let done = withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { room in
    Result { () throws(WasmtimeError) in
      var writer = Wit.Writer(room)
      try write(&writer)
      try writer.lend(body)
    }
  }
  try done.get()
}

extension Wit.Writer {
  /// Lends what was written.
  @inline(__always)
  consuming func lend(_ body: (UnsafePointer<trimaran_given>) throws(WasmtimeError) -> Void) throws(WasmtimeError) {
    if let mistake { throw mistake.error }
    var given = trimaran_given()
    given.bytes = trimaran_part(data: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length: bytes.count)
    given.release = releaseObject
    if !beside.isEmpty || !resources.isEmpty {
      var parts: [trimaran_part] = []
      try lendAll(beside[...], &parts, &given, (resource.map { [$0] } ?? []) + resources, body)
    } else if let resource {
      try lendOne(lent(resource.value, resource.isOwn), &given, body)
    } else {
      try body(&given)
    }
    // What was written lives up to here.
    keepAlive(self)
  }
}

private func keepAlive(_ writer: borrowing Wit.Writer) {}

/// Lends the values that stand beside the stream, and then the resources.
private func lendAll(
  _ values: ArraySlice<ComponentValue>,
  _ parts: inout [trimaran_part],
  _ given: inout trimaran_given,
  _ resources: [(value: ComponentValue, isOwn: Bool)],
  _ body: (UnsafePointer<trimaran_given>) throws(WasmtimeError) -> Void
) throws(WasmtimeError) {
  guard let first = values.first else { return try lendResources(parts, &given, resources, body) }
  let done = first.withBytes { bytes in
    Result { () throws(WasmtimeError) in
      parts.append(trimaran_part(data: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length: bytes.count))
      try lendAll(values.dropFirst(), &parts, &given, resources, body)
    }
  }
  try done.get()
}

/// What has a handle, for the core, which takes over a hold on an object of the host's, and a source.
private func lent(_ value: ComponentValue, _ isOwn: Bool) -> trimaran_resource {
  switch value {
  case .resource(let resource):
    trimaran_resource(object: UnsafeMutableRawPointer(resource.core.pointer), kind: Handle.guest, is_own: isOwn)
  case .object(let object):
    trimaran_resource(object: Unmanaged<AnyObject>.passRetained(object).toOpaque(), kind: Handle.host, is_own: isOwn)
  case .stream(let stream):
    trimaran_resource(object: UnsafeMutableRawPointer(stream.end.core.pointer), kind: Handle.stream, is_own: true)
  case .future(let future):
    trimaran_resource(object: UnsafeMutableRawPointer(future.end.core.pointer), kind: Handle.stream, is_own: true)
  case .source(let source): trimaran_resource(object: source.lent(), kind: Handle.source, is_own: true)
  default: preconditionFailure("a resource that is none")
  }
}

/// What a handle is of: see the header.
enum Handle {
  static let guest: UInt8 = 0
  static let host: UInt8 = 1
  static let stream: UInt8 = 2
  static let source: UInt8 = 3
}

/// Lends the only resource. Whoever calls this keeps it.
@inline(__always)
private func lendOne(
  _ resource: trimaran_resource,
  _ given: inout trimaran_given,
  _ body: (UnsafePointer<trimaran_given>) throws(WasmtimeError) -> Void
) throws(WasmtimeError) {
  let done = withUnsafePointer(to: resource) { resource in
    Result { () throws(WasmtimeError) in
      (given.resources, given.resource_count) = (resource, 1)
      try body(&given)
    }
  }
  try done.get()
}

private func lendResources(
  _ parts: [trimaran_part],
  _ given: inout trimaran_given,
  _ resources: [(value: ComponentValue, isOwn: Bool)],
  _ body: (UnsafePointer<trimaran_given>) throws(WasmtimeError) -> Void
) throws(WasmtimeError) {
  let lent = resources.map(lent)
  let done = parts.withUnsafeBufferPointer { parts in
    lent.withUnsafeBufferPointer { lent in
      Result { () throws(WasmtimeError) in
        (given.beside, given.beside_count) = (parts.baseAddress, parts.count)
        (given.resources, given.resource_count) = (lent.baseAddress, lent.count)
        try withExtendedLifetime(resources) { () throws(WasmtimeError) in try body(&given) }
      }
    }
  }
  try done.get()
}

extension ComponentValue {
  /// Lends the bytes of a string, or of a list of numbers.
  fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .string(var text): text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    case .bytes(let numbers): numbers.withUnsafeBytes(body)
    case .s8s(let numbers): numbers.withUnsafeBytes(body)
    case .s16s(let numbers): numbers.withUnsafeBytes(body)
    case .u16s(let numbers): numbers.withUnsafeBytes(body)
    case .s32s(let numbers): numbers.withUnsafeBytes(body)
    case .u32s(let numbers): numbers.withUnsafeBytes(body)
    case .s64s(let numbers): numbers.withUnsafeBytes(body)
    case .u64s(let numbers): numbers.withUnsafeBytes(body)
    case .f32s(let numbers): numbers.withUnsafeBytes(body)
    case .f64s(let numbers): numbers.withUnsafeBytes(body)
    default: preconditionFailure("a value without bytes")
    }
  }
}

/// Lets go of an object of Swift's.
func releaseObject(_ object: UnsafeMutableRawPointer?) {
  object.map { Unmanaged<AnyObject>.fromOpaque($0).release() }
}

extension Func {
  /// Calls the function with what `write` writes.
  @inline(__always)
  func enter(
    _ store: Store,
    _ write: (inout Wit.Writer) throws(WasmtimeError) -> Void
  ) throws(WasmtimeError) -> ComponentValue? {
    var taken = trimaran_taken()
    try lending(write) { (given) throws(WasmtimeError) in
      var error = trimaran_bytes()
      // What runs may call host functions, which look for their store.
      let status = withExtendedLifetime(self) {
        withExtendedLifetime(store) {
          trimaran_component_func_call(core.pointer, store.core.pointer, given, &taken, &error)
        }
      }
      if status != 0 { throw WasmtimeError.left(error) }
    }
    defer { if taken.owner != nil { trimaran_component_values_free(taken.owner) } }
    return try codec.result(&taken, store)
  }
}

extension FuncCodec {
  /// The result of a call, if the function has one.
  @inline(__always)
  func result(_ taken: UnsafePointer<trimaran_taken>, _ store: Store) throws(WasmtimeError) -> ComponentValue? {
    guard let kind = resultKind else { return nil }
    if let number = onlyNumber(taken, kind) { return number }
    guard let result else { return nil }
    return try decoded(taken, result, store)
  }

  /// The arguments of a host function.
  func arguments(_ taken: UnsafePointer<trimaran_taken>, _ store: Store?) throws(WasmtimeError) -> [ComponentValue] {
    var reader = Wit.Reader(taken, store)
    var values: [ComponentValue] = []
    values.reserveCapacity(params.count)
    for param in params { values.append(try reader.read(param)) }
    return values
  }
}

private func decoded(
  _ taken: UnsafePointer<trimaran_taken>,
  _ codec: Codec,
  _ store: Store
) throws(WasmtimeError) -> ComponentValue {
  var reader = Wit.Reader(taken, store)
  return try reader.read(codec)
}
