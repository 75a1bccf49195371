// Calls of functions whose types are known: what writes and reads their values is compiled into the caller.

internal import CTrimaran
import Trimaran

extension Wit {
  /// A function of an instance, whose type has been checked.
  public struct Function: Sendable {
    let store: Store
    let function: Func

    /// Looks a function up in an interface, and checks its type.
    ///
    /// - Parameters:
    ///   - store: The instance's store.
    ///   - instance: The instance.
    ///   - interface: The name of the interface.
    ///   - name: Its name.
    ///   - params: Its parameters.
    ///   - result: What it gives.
    /// - Throws: `link` where there is none, or its type is another one.
    public init(
      _ store: Store,
      _ instance: Instance,
      _ interface: String,
      _ name: String,
      _ params: KeyValuePairs<String, Shape>,
      result: Shape?
    ) throws(WasmtimeError) {
      let words = "`\(name)` of `\(interface)`"
      let function = try found { () throws(WasmtimeError) in try instance.function(store, interface, name) }
      try self.init(store, function, words, Signature(params, result))
    }

    /// Looks up a function that lies in no interface, and checks its type.
    ///
    /// - Parameters:
    ///   - store: The instance's store.
    ///   - instance: The instance.
    ///   - name: Its name.
    ///   - params: Its parameters.
    ///   - result: What it gives.
    /// - Throws: `link` where there is none, or its type is another one.
    public init(
      _ store: Store,
      _ instance: Instance,
      _ name: String,
      _ params: KeyValuePairs<String, Shape>,
      result: Shape?
    ) throws(WasmtimeError) {
      let function = try found { () throws(WasmtimeError) in try instance.function(store, name) }
      try self.init(store, function, "`\(name)`", Signature(params, result))
    }

    private init(
      _ store: Store,
      _ function: Func,
      _ name: String,
      _ signature: Signature
    ) throws(WasmtimeError) {
      try signature.check(function.type, name)
      (self.store, self.function) = (store, function)
    }

    /// Calls the function.
    ///
    /// - Parameters:
    ///   - context: What objects of generated classes are made with.
    ///   - write: Writes the arguments.
    ///   - read: Reads the result.
    /// - Returns: The result.
    /// - Throws: As `Func.call` does.
    @inlinable
    public func call<Value>(
      for context: AnyObject? = nil,
      _ write: (inout Writer) -> Void,
      reading read: (inout Reader) throws(WasmtimeError) -> Value
    ) throws(WasmtimeError) -> Value {
      let done = withUnsafeTemporaryAllocation(byteCount: Self.room, alignment: 8) { room in
        Result { () throws(WasmtimeError) in
          var writer = Writer(Self.forWriting(room))
          write(&writer)
          try enter(writer, room)
          defer { leave(room) }
          var reader = reader(room, context)
          return try read(&reader)
        }
      }
      return try done.get()
    }

    /// Calls a function that gives nothing.
    ///
    /// - Parameter write: Writes the arguments.
    /// - Throws: As `Func.call` does.
    @inlinable
    public func call(_ write: (inout Writer) -> Void) throws(WasmtimeError) {
      try call(for: nil, write, reading: { _ in })
    }

    /// Calls the function in the present task, which goes on with other work while the component waits for an async function of the host.
    ///
    /// - Parameters:
    ///   - context: What objects of generated classes are made with.
    ///   - isolation: The caller's actor. Leave it out.
    ///   - write: Writes the arguments.
    ///   - read: Reads the result.
    /// - Returns: The result.
    /// - Throws: As `Func.callAsync` does.
    public func callAsync<Value: Sendable>(
      for context: (any AnyObject & Sendable)? = nil,
      isolation: isolated (any Actor)? = #isolation,
      _ write: (inout Writer) -> Void,
      reading read: @escaping @Sendable (inout Reader) throws(WasmtimeError) -> Value
    ) async throws -> Value {
      let run = try function.start(store, write) { (taken, store) throws(WasmtimeError) in
        var reader = Reader(taken, store, context)
        return try read(&reader)
      }
      return try await run.finish(isolation: isolation)
    }

    /// Calls a function that gives nothing, in the same way.
    ///
    /// - Parameters:
    ///   - isolation: The caller's actor. Leave it out.
    ///   - write: Writes the arguments.
    /// - Throws: As `Func.callAsync` does.
    public func callAsync(
      isolation: isolated (any Actor)? = #isolation,
      _ write: (inout Writer) -> Void
    ) async throws {
      try await callAsync(for: nil, isolation: isolation, write, reading: { _ in })
    }

    /// How many bytes a call has: for what comes out, and behind it for what is written without asking for memory.
    @usableFromInline static var room: Int { taken + 512 }

    /// For a `trimaran_taken`.
    @usableFromInline static var taken: Int { 128 }

    @usableFromInline
    static func forWriting(_ room: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
      UnsafeMutableRawBufferPointer(rebasing: room[taken...])
    }

    /// Runs the function, which leaves what it gives at the beginning of the room.
    @usableFromInline
    func enter(_ writer: consuming Writer, _ room: UnsafeMutableRawBufferPointer) throws(WasmtimeError) {
      guard let base = room.baseAddress, MemoryLayout<trimaran_taken>.size <= Self.taken else {
        preconditionFailure("no room for what comes out")
      }
      let taken = base.initializeMemory(as: trimaran_taken.self, repeating: trimaran_taken(), count: 1)
      try writer.lend { (given) throws(WasmtimeError) in
        var error = trimaran_bytes()
        // What runs may call host functions, which look for their store.
        let status = withExtendedLifetime(self) {
          trimaran_component_func_call(function.core.pointer, store.core.pointer, given, taken, &error)
        }
        if status != 0 { throw WasmtimeError.left(error) }
      }
    }

    @usableFromInline
    func reader(_ room: UnsafeMutableRawBufferPointer, _ context: AnyObject?) -> Reader {
      guard let base = room.baseAddress else { preconditionFailure("no room for what comes out") }
      return Reader(base.assumingMemoryBound(to: trimaran_taken.self), store, context)
    }

    /// Frees what came out.
    @usableFromInline
    func leave(_ room: UnsafeMutableRawBufferPointer) {
      guard let base = room.baseAddress else { return }
      let taken = base.assumingMemoryBound(to: trimaran_taken.self)
      if taken.pointee.owner != nil { trimaran_component_values_free(taken.pointee.owner) }
    }
  }
}

/// What is found in an instance. Fails with `link` where it is not there, or is something else.
private func found<Value>(_ look: () throws(WasmtimeError) -> Value) throws(WasmtimeError) -> Value {
  do throws(WasmtimeError) {
    return try look()
  } catch {
    switch error {
    case .notFound, .type:
      let reason = "the bindings were made for another component: \(error.description): make the bindings again"
      throw .link(reason: reason, module: "", name: "")
    default:
      throw error
    }
  }
}
