// Calls and instances of components that are awaited, and the async functions of the host that they wait for.

import Trimaran

extension Func {
  /// Calls the function in the present task, which goes on with other work while the component waits for an async function of the
  /// host.
  ///
  /// ```swift
  /// let sum = try await add.callAsync(store, values: [1, 2])
  /// ```
  ///
  /// What is said of `callAsync` of a `Func` of a module holds here as well. A component that is cancelled while it waits leaves its store as a trap
  /// does: each later call into a component of the store is `poisoned`.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - values: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The result; `nil` where the function has none.
  /// - Throws: The very error that a host function threw, `CancellationError` where the task was cancelled, and otherwise a
  ///   `WasmtimeError`, as ``call(_:_:)``.
  @discardableResult
  public func callAsync(
    _ store: Store,
    values: [ComponentValue],
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> ComponentValue? {
    try await start(store, values).finish(isolation: isolation)
  }

  /// The same with plain Swift values.
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The result; `nil` where the function has none.
  /// - Throws: As the one with values.
  @discardableResult
  public func callAsync<each Argument: ComponentConvertible>(
    _ store: Store,
    _ arguments: repeat each Argument,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> ComponentValue? {
    var values: [ComponentValue] = []
    repeat values.append((each arguments).componentValue)
    return try await callAsync(store, values: values, isolation: isolation)
  }

  /// The same with plain Swift values. It gives the result as the type that the context asks for.
  ///
  /// ```swift
  /// let sum: UInt32 = try await add.callAsync(store, 1, 2)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The function's store.
  ///   - arguments: As many as the function has parameters.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: The result.
  /// - Throws: As the one with values; `type` if the function has no result or one of another type, `range` if it does not fit.
  public func callAsync<each Argument: ComponentConvertible, Result: ComponentConvertible>(
    _ store: Store,
    _ arguments: repeat each Argument,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Result {
    var values: [ComponentValue] = []
    repeat values.append((each arguments).componentValue)
    let result = try await callAsync(store, values: values, isolation: isolation)
    return try Result(the(result))
  }
}

extension Linker {
  /// Links a component with the linker's definitions, and runs its start functions in the present task, as ``Func``'s `callAsync` runs a
  /// call.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - component: The component.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Throws: As ``instantiate(_:_:)``, and `CancellationError` where the task was cancelled. What a host function threw comes out
  ///   as the very same error.
  public func instantiateAsync(
    _ store: Store,
    _ component: Component,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await start(store, component).finish(isolation: isolation)
  }
}

extension InstancePre {
  /// Makes an instance, and runs its start functions in the present task, as ``Func``'s `callAsync` runs a call.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Throws: As ``instantiate(_:)``, and `CancellationError` where the task was cancelled. What a host function threw comes out as
  ///   the very same error.
  public func instantiateAsync(
    _ store: Store,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await start(store).finish(isolation: isolation)
  }
}

/// The caller of an async function of the host: a component that waits.
public struct AsyncComponentCaller: Sendable {
  /// The store of the call. While the component waits, the function may use it, except for the instance that called it, which is in a
  /// call. What it calls goes on top of the component that waits.
  public let store: Store
}

extension LinkerInstance {
  /// Defines an async function of the host, over values. Its type is the one by which a component imports it.
  ///
  /// ```swift
  /// try linker.root.defineFunc("fetch") { caller, arguments async throws in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return arguments[0]
  /// }
  /// ```
  ///
  /// A component that calls it waits for it, and takes no thread meanwhile. So it has to have been called by
  /// ``Func``'s `callAsync`, and no host function that is not async may lie between: otherwise its call fails with `suspend`. The closure runs in
  /// the task that called the component.
  ///
  /// - Parameters:
  ///   - name: Its name; a method of a resource is `[method]file.read`.
  ///   - body: Gets as many arguments as the function has parameters, and gives its result, or `nil` where it has none. A value that does
  ///     not fit fails the call with `type` or `range`. What it throws comes out of the call as the very same. It may run
  ///     in several stores, and on several threads. Resources that are lent to it are gone when it has returned.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  public func defineFunc(
    _ name: String,
    _ body: @escaping @Sendable (_ caller: AsyncComponentCaller, _ arguments: [ComponentValue]) async throws ->
      ComponentValue?
  ) throws(WasmtimeError) {
    try define(name, HostFunction(values: { caller, arguments, _ in try await body(caller, arguments) }))
  }

  /// Defines an async function of the host over types of Swift.
  ///
  /// ```swift
  /// try linker.root.defineFunc("fetch") { (id: UInt32) async throws -> UInt32 in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return id * id
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - body: A closure over ``ComponentConvertible`` types, as many as the function has parameters. A component that imports the
  ///     function by other types cannot be linked: that fails with `link`. A number that its type does not hold fails the call
  ///     with `range`.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  @_disfavoredOverload
  public func defineFunc<each Parameter: ComponentConvertible, Result: ComponentConvertible>(
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> Result
  ) throws(WasmtimeError) {
    var types: [any ComponentConvertible.Type] = []
    for type in repeat (each Parameter).self { types.append(type) }
    try define(
      name,
      HostFunction(
        values: { _, values, name in
          var arguments = Arguments(values, name)
          return try await body(repeat arguments.next(as: (each Parameter).self)).componentValue
        },
        HostTypes(types, Result.self)
      )
    )
  }

  /// Defines an async function of the host over types of Swift, without a result.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - body: A closure over ``ComponentConvertible`` types, as many as the function has parameters. A component that imports the
  ///     function by other types cannot be linked: that fails with `link`. A number that its type does not hold fails the call
  ///     with `range`.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing.
  @_disfavoredOverload
  public func defineFunc<each Parameter: ComponentConvertible>(
    _ name: String,
    _ body: @escaping @Sendable (repeat each Parameter) async throws -> Void
  ) throws(WasmtimeError) {
    var types: [any ComponentConvertible.Type] = []
    for type in repeat (each Parameter).self { types.append(type) }
    try define(
      name,
      HostFunction(
        values: { _, values, name in
          var arguments = Arguments(values, name)
          try await body(repeat arguments.next(as: (each Parameter).self))
          return nil
        },
        HostTypes(types, nil)
      )
    )
  }
}

extension HostFunction {
  /// An async one over values.
  fileprivate convenience init(
    values body: @escaping @Sendable (AsyncComponentCaller, [ComponentValue], _ name: String) async throws ->
      ComponentValue?,
    _ types: HostTypes? = nil
  ) {
    self.init(
      waiting: { (type, arguments, store) throws(WasmtimeError) in
        let values = try type.codec.arguments(arguments, store)
        return {
          let result = try await body(AsyncComponentCaller(store: store), values, type.name)
          return { (writer) throws(WasmtimeError) in try type.write(result, &writer) }
        }
      },
      types
    )
  }
}
