// Functions of the host: closures that components call.

internal import CTrimaran
import Trimaran

extension LinkerInstance {
  /// Defines a function of the host, over values. Its type is the one by which a component imports it.
  ///
  /// ```swift
  /// try linker.root.defineFunc("greet") { caller, arguments in
  ///   guard case .string(let name) = arguments[0] else { return nil }
  ///   return .string("Hello, \(name)!")
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - name: Its name; a method of a resource is `[method]file.read`.
  ///   - body: Gets as many arguments as the function has parameters, and gives its result, or `nil` where it has none. A value that does
  ///     not fit fails the outermost call with `type` or `range`. What it throws comes out of that call as the very same. It may run
  ///     in several stores, and on several threads. Resources that are lent to it are gone when it has returned.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  public func defineFunc(
    _ name: String,
    _ body: @escaping @Sendable (_ caller: borrowing ComponentCaller, _ arguments: [ComponentValue]) throws ->
      ComponentValue?
  ) throws(WasmtimeError) {
    try define(name, HostFunction(body))
  }

  /// Defines a function of the host over types of Swift.
  ///
  /// ```swift
  /// try linker.root.defineFunc("add") { (a: UInt32, b: UInt32) -> UInt32 in a &+ b }
  /// ```
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - body: A closure over ``ComponentConvertible`` types, as many as the function has parameters. A component that imports the
  ///     function by other types cannot be linked: that fails with `link`. A number that its type does not hold fails the call
  ///     with `range`.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  @inlinable
  @_disfavoredOverload
  public func defineFunc<each Parameter: ComponentConvertible, Result: ComponentConvertible>(
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> Result
  ) throws(WasmtimeError) {
    var types: [any ComponentConvertible.Type] = []
    for type in repeat (each Parameter).self { types.append(type) }
    try define(
      name,
      HostFunction(
        plain: { arguments in try body(repeat arguments.next(as: (each Parameter).self)).componentValue },
        HostTypes(types, Result.self)
      )
    )
  }

  /// Defines a function of the host over types of Swift, without a result.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - body: A closure over ``ComponentConvertible`` types, as many as the function has parameters. A component that imports the
  ///     function by other types cannot be linked: that fails with `link`. A number that its type does not hold fails the call
  ///     with `range`.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  @inlinable
  @_disfavoredOverload
  public func defineFunc<each Parameter: ComponentConvertible>(
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) throws -> Void
  ) throws(WasmtimeError) {
    var types: [any ComponentConvertible.Type] = []
    for type in repeat (each Parameter).self { types.append(type) }
    try define(
      name,
      HostFunction(
        plain: { arguments in
          try body(repeat arguments.next(as: (each Parameter).self))
          return nil
        },
        HostTypes(types, nil)
      )
    )
  }

  /// Defines a function of the host; see the one for any number of parameters. Those of one need no list.
  @inlinable
  public func defineFunc<Parameter: ComponentConvertible, Result: ComponentConvertible>(
    _ name: String,
    _ body: @escaping @Sendable (Parameter) throws -> Result
  ) throws(WasmtimeError) {
    let types = HostTypes([Parameter.self], Result.self)
    try define(name, HostFunction(one: { try body(Arguments.only($0, $1)).componentValue }, types))
  }

  /// Defines a function of the host. The core keeps it.
  @usableFromInline
  func define(_ name: String, _ function: HostFunction) throws(WasmtimeError) {
    var name = try checked(name)
    let path = Core.serialised(path)
    let context = Unmanaged.passRetained(function).toOpaque()
    var error = trimaran_bytes()
    let status = name.withUTF8 { name in
      trimaran_component_linker_define_func(
        linker.core.pointer,
        path,
        path.count,
        name.baseAddress,
        name.count,
        prepareHost,
        callHost,
        function.stream == nil ? callPlainHost : nil,
        releaseObject,
        context,
        function.isChecked,
        function.waiting != nil,
        &error
      )
    }
    withExtendedLifetime(linker) {}
    if status != 0 { throw WasmtimeError.left(error) }
  }
}

/// A closure that guests call. The core holds it for the linker.
@usableFromInline
final class HostFunction: Sendable {
  @usableFromInline
  typealias Values = @Sendable (borrowing ComponentCaller, [ComponentValue]) throws -> ComponentValue?
  @usableFromInline
  typealias Plain = @Sendable (inout Arguments) throws -> ComponentValue?
  @usableFromInline
  typealias One = @Sendable (_ argument: ComponentValue, _ name: String) throws -> ComponentValue?

  typealias Stream = @Sendable (inout Wit.Reader, inout Wit.Writer) throws -> Void

  /// What the async function does for a guest that waits, with arguments that it has read: it gives what writes its result.
  typealias Work = @Sendable () async throws -> @Sendable (inout Wit.Writer) throws(WasmtimeError) -> Void
  typealias Waiting = @Sendable (HostType, UnsafePointer<trimaran_taken>, Store) throws(WasmtimeError) -> Work

  private enum Body: Sendable {
    case values(Values)
    /// An async one, which the task runs that steps its guest. Generated bindings say which type it is for.
    case waiting(Wit.Signature?, Waiting)
    /// Without its caller.
    case plain(Plain)
    /// Of one argument, without its caller.
    case one(One)
    /// Of generated bindings, which read and write the stream themselves.
    case stream(Wit.Signature, Stream)
  }

  private let body: Body
  /// The types of a closure over such of Swift.
  private let types: HostTypes?

  @usableFromInline
  init(_ body: @escaping Values) { (self.body, types) = (.values(body), nil) }

  @usableFromInline
  init(plain body: @escaping Plain, _ types: HostTypes?) { (self.body, self.types) = (.plain(body), types) }

  @usableFromInline
  init(one body: @escaping One, _ types: HostTypes) { (self.body, self.types) = (.one(body), types) }

  init(_ signature: Wit.Signature, _ body: @escaping Stream) { (self.body, types) = (.stream(signature, body), nil) }

  init(_ signature: Wit.Signature? = nil, waiting body: @escaping Waiting, _ types: HostTypes? = nil) {
    (self.body, self.types) = (.waiting(signature, body), types)
  }

  /// What an async one does.
  var waiting: Waiting? { if case .waiting(_, let body) = body { body } else { nil } }

  /// What it reads and writes itself.
  fileprivate var stream: Stream? { if case .stream(_, let body) = body { body } else { nil } }

  /// The type that it is for, if generated bindings know it.
  private var signature: Wit.Signature? {
    switch body {
    case .stream(let signature, _): signature
    case .waiting(let signature, _): signature
    default: nil
    }
  }

  /// Whether its type is checked when a component is linked that imports it.
  fileprivate var isChecked: Bool { signature != nil || types != nil }

  /// Fails with `link` for a type that it is not for.
  fileprivate func check(_ type: ComponentType, _ name: String) throws(WasmtimeError) {
    try signature?.check(type, name)
    try types?.check(type, name)
  }

  /// Runs it with its arguments.
  fileprivate func call(
    _ arguments: UnsafePointer<trimaran_taken>,
    _ type: HostType,
    _ home: WeakStore
  ) throws -> ComponentValue? {
    let codec = type.codec
    if case .one(let body) = body, codec.kinds.count == 1, let number = onlyNumber(arguments, codec.kinds[0]) {
      return try body(number, type.name)
    }
    let store = try store(home, codec)
    return try call(codec.arguments(arguments, store), store, type.name)
  }

  /// Runs it with the slots of its arguments: its type is plain.
  fileprivate func callPlain(
    _ slots: UnsafeBufferPointer<UInt64>,
    _ type: HostType,
    _ home: WeakStore
  ) throws -> ComponentValue? {
    let codec = type.codec
    if case .one(let body) = body, slots.count == 1, codec.kinds.count == 1 {
      return try body(value(slots[0], codec.kinds[0]), type.name)
    }
    return try call(zip(slots, codec.kinds).map { value($0, $1) }, try store(home, codec), type.name)
  }

  private func call(_ values: [ComponentValue], _ store: Store?, _ name: String) throws -> ComponentValue? {
    var arguments = Arguments(values, name)
    switch body {
    case .values(let body):
      guard let store else { preconditionFailure("a caller without its store") }
      return try body(ComponentCaller(store), values)
    case .plain(let body): return try body(&arguments)
    case .one(let body): return try body(arguments.next(), name)
    case .stream: throw WasmtimeError.unexpected(reason: "a function of generated bindings, over values")
    case .waiting: throw WasmtimeError.unexpected(reason: "an async host function was called as another one")
    }
  }

  /// The store of the call, where something needs it.
  private func store(_ home: WeakStore, _ codec: FuncCodec) throws(WasmtimeError) -> Store? {
    if case .values = body {} else if !codec.hasResources { return nil }
    guard let store = home.store else { throw .closed(what: "store") }
    return store
  }
}

/// What is made of the type that a host function is imported by, once.
final class HostType: Sendable {
  let name: String
  let codec: FuncCodec

  init(_ name: String, _ codec: FuncCodec) { (self.name, self.codec) = (name, codec) }
}

func prepareHost(
  _ context: UnsafeMutableRawPointer?,
  _ name: UnsafePointer<UInt8>?,
  _ nameLength: Int,
  _ types: UnsafePointer<UInt8>?,
  _ typesLength: Int,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> UnsafeMutableRawPointer? {
  do throws(WasmtimeError) {
    let name = String(decoding: UnsafeBufferPointer(start: name, count: nameLength), as: UTF8.self)
    let types = try Core.ComponentTypes.read(UnsafeBufferPointer(start: types, count: typesLength))
    let type = ComponentType(types)
    guard let context else { preconditionFailure("a function without a context") }
    // The core holds it until this has returned.
    let function = Unmanaged<HostFunction>.fromOpaque(context).takeUnretainedValue()
    try function.check(type, name)
    return Unmanaged.passRetained(HostType(name, type.function())).toOpaque()
  } catch {
    thrown?.pointee = WasmtimeError.keep(error)
    return nil
  }
}

/// Runs a host function. What it throws is kept while the guests unwind.
func callHost(
  _ context: UnsafeMutableRawPointer?,
  _ prepared: UnsafeMutableRawPointer?,
  _ store: UnsafeMutableRawPointer?,
  _ arguments: UnsafePointer<trimaran_taken>?,
  _ small: UnsafeMutablePointer<trimaran_small>?,
  _ reply: OpaquePointer?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let prepared, let store, let arguments, let small, let thrown else {
    preconditionFailure("a call without a context or room")
  }
  do {
    // The core holds all of them until the call has returned.
    try Unmanaged<HostType>.fromOpaque(prepared)._withUnsafeGuaranteedRef { type in
      try Unmanaged<HostFunction>.fromOpaque(context)._withUnsafeGuaranteedRef { function in
        try Unmanaged<WeakStore>.fromOpaque(store)._withUnsafeGuaranteedRef { home in
          if let stream = function.stream { return try type.serve(stream, arguments, small, reply, home) }
          try type.give(function.call(arguments, type, home), small, reply)
        }
      }
    }
    return 0
  } catch {
    thrown.pointee = WasmtimeError.keep(error)
    return 1
  }
}

/// The same of a plain function.
private func callPlainHost(
  _ context: UnsafeMutableRawPointer?,
  _ prepared: UnsafeMutableRawPointer?,
  _ store: UnsafeMutableRawPointer?,
  _ arguments: UnsafePointer<UInt64>?,
  _ count: Int,
  _ result: UnsafeMutablePointer<UInt64>?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let prepared, let store, let result, let thrown else {
    preconditionFailure("a call without a context or room")
  }
  do {
    // The core holds all of them until the call has returned.
    try Unmanaged<HostType>.fromOpaque(prepared)._withUnsafeGuaranteedRef { type in
      let slots = UnsafeBufferPointer(start: arguments, count: count)
      let given = try Unmanaged<HostFunction>.fromOpaque(context)._withUnsafeGuaranteedRef { function in
        try Unmanaged<WeakStore>.fromOpaque(store)._withUnsafeGuaranteedRef { home in
          try function.callPlain(slots, type, home)
        }
      }
      result.pointee = try type.slotOf(given)
    }
    return 0
  } catch {
    thrown.pointee = WasmtimeError.keep(error)
    return 1
  }
}

extension HostType {
  /// The slot of a result, if the type has one.
  @inline(__always)
  func slotOf(_ result: ComponentValue?) throws(WasmtimeError) -> UInt64 {
    if let kind = codec.resultKind, let result, let slot = slot(result, kind) { return slot }
    guard let result = try checked(result) else { return 0 }
    // Its bytes in a stream are those of the slot.
    var slot: UInt64 = 0
    let done = withUnsafeMutableBytes(of: &slot) { room in
      Result { () throws(WasmtimeError) in
        var writer = Wit.Writer(room)
        try write(result, &writer)
      }
    }
    try done.get()
    return slot
  }

  /// The result. Fails where it is missing, or one too many.
  private func checked(_ result: ComponentValue?) throws(WasmtimeError) -> ComponentValue? {
    if (codec.result == nil) == (result == nil) { return result }
    let (expected, found): (UInt64, UInt64) = (codec.result == nil ? 0 : 1, result == nil ? 0 : 1)
    throw Mistake(.count(what: "results", expected: expected, found: found)).inside(name).error
  }

  /// Runs what reads its arguments, and writes its result, itself.
  func serve(
    _ body: HostFunction.Stream,
    _ arguments: UnsafePointer<trimaran_taken>,
    _ small: UnsafeMutablePointer<trimaran_small>,
    _ reply: OpaquePointer?,
    _ home: WeakStore
  ) throws {
    var reader = Wit.Reader(arguments, codec.hasResources ? home.store : nil)
    var writer = Wit.Writer(room(small))
    try body(&reader, &writer)
    try leave(writer, small, reply)
  }

  /// The room for a small result.
  private func room(_ small: UnsafeMutablePointer<trimaran_small>) -> UnsafeMutableRawBufferPointer {
    let place = MemoryLayout<trimaran_small>.offset(of: \.bytes) ?? 0
    let count = MemoryLayout<trimaran_small>.size - place
    return UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(small) + place, count: count)
  }

  /// Gives the core what was written.
  private func leave(
    _ writer: consuming Wit.Writer,
    _ small: UnsafeMutablePointer<trimaran_small>,
    _ reply: OpaquePointer?
  ) throws(WasmtimeError) {
    if writer.isPlain { return small.pointee.length = writer.count }
    try writer.lend { (given) throws(WasmtimeError) in
      var error = trimaran_bytes()
      if trimaran_component_reply_give(reply, given, &error) != 0 { throw WasmtimeError.left(error) }
    }
  }

  /// Gives the core a result: in the room for a small one, if it fits.
  func give(
    _ result: ComponentValue?,
    _ small: UnsafeMutablePointer<trimaran_small>,
    _ reply: OpaquePointer?
  ) throws(WasmtimeError) {
    guard let result = try checked(result), let kind = codec.resultKind else { return }
    var writer = Wit.Writer(room(small))
    if !writer.putNumber(result, kind) { try write(result, &writer) }
    try leave(writer, small, reply)
  }

  /// Writes the result of an async function.
  func write(_ result: ComponentValue?, _ writer: inout Wit.Writer) throws(WasmtimeError) {
    if let result = try checked(result) { try write(result, &writer) }
  }

  private func write(_ result: ComponentValue, _ writer: inout Wit.Writer) throws(WasmtimeError) {
    guard let codec = codec.result else { return }
    do throws(Mistake) {
      try writer.write(result, codec)
    } catch {
      throw error.inside("result").inside(name).error
    }
  }
}
