// Instances that are awaited: their start functions may wait for async host functions.

extension Instance {
  /// Links a module with `imports`, and runs its start function in the present task, as ``Func``'s `callAsync` runs a call.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - module: The module, of the store's engine.
  ///   - imports: The imports, in the order of ``Module/imports``.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Throws: As ``init(_:_:_:)``, and `CancellationError` where the task was cancelled. What a host function threw comes out as
  ///   the very same error.
  public static func makeAsync(
    _ store: Store,
    _ module: Module,
    _ imports: [any Importable] = [],
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await start(store, module, checked(imports).map(\.asExtern)).instance(isolation: isolation)
  }
}

extension Linker {
  /// Links a module with the linker's definitions, and runs its start function in the present task, as ``Func``'s `callAsync` runs a
  /// call.
  ///
  /// ```swift
  /// let instance = try await linker.instantiateAsync(store, module)
  /// ```
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - module: The module.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Throws: As ``instantiate(_:_:)``, and `CancellationError` where the task was cancelled. What a host function threw comes out
  ///   as the very same error.
  public func instantiateAsync(
    _ store: Store,
    _ module: Module,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await start(store, module).instance(isolation: isolation)
  }
}

extension InstancePre {
  /// Makes an instance, and runs its start function in the present task, as ``Func``'s `callAsync` runs a call.
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
    try await start(store).instance(isolation: isolation)
  }
}
