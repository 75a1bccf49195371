/// How large a module may be, and how long it may take to compile. One that is larger fails with `limit`, before anything of
/// it is compiled. What is `nil` has no limit.
public struct ModuleLimits: Sendable, Hashable, Codable {
  /// The size of the module in the binary format, in bytes.
  public var size: UInt64?
  /// How many types it defines; a group of recursive ones counts as one.
  public var types: UInt64?
  /// How many functions it defines.
  public var functions: UInt64?
  /// How many items it imports.
  public var imports: UInt64?
  /// How many items it exports.
  public var exports: UInt64?
  /// How many globals it defines.
  public var globals: UInt64?
  /// How many locals a function declares.
  public var locals: UInt64?
  /// The size of a function's body, in bytes.
  public var functionSize: UInt64?
  /// How deep blocks lie in blocks in a function.
  public var nesting: UInt64?
  /// How long compiling may take, to the millisecond, 0 or more; past it compiling fails with `limit`. Wasmtime cannot end
  /// it: it goes on in the background, where its result is thrown away.
  public var compileTime: Duration?

  /// Limits; without any there is none.
  public init(
    size: UInt64? = nil,
    types: UInt64? = nil,
    functions: UInt64? = nil,
    imports: UInt64? = nil,
    exports: UInt64? = nil,
    globals: UInt64? = nil,
    locals: UInt64? = nil,
    functionSize: UInt64? = nil,
    nesting: UInt64? = nil,
    compileTime: Duration? = nil
  ) {
    self.size = size
    self.types = types
    self.functions = functions
    self.imports = imports
    self.exports = exports
    self.globals = globals
    self.locals = locals
    self.functionSize = functionSize
    self.nesting = nesting
    self.compileTime = compileTime
  }

  /// The limits of ``Config/untrusted``.
  public static var untrusted: ModuleLimits { Core.untrustedConfig().moduleLimits ?? ModuleLimits() }

  /// ``untrusted``, except for what `change` sets.
  public static func untrusted(_ change: (inout ModuleLimits) -> Void) -> ModuleLimits { changed(untrusted, change) }

  /// Fails with `range` for a time below 0.
  func check() throws(WasmtimeError) {
    guard let compileTime, compileTime < .zero else { return }
    throw .range(reason: "compile_time is \(compileTime): expected 0 or more")
  }
}

// The core counts the time in milliseconds.
extension ModuleLimits {
  init(reading reader: inout Reader) {
    let core = Core.ModuleLimits(reading: &reader)
    self.init(
      size: core.size,
      types: core.types,
      functions: core.functions,
      imports: core.imports,
      exports: core.exports,
      globals: core.globals,
      locals: core.locals,
      functionSize: core.functionSize,
      nesting: core.nesting,
      compileTime: core.compileTime.map { .milliseconds($0) }
    )
  }

  func write(to writer: inout Writer) {
    Core.ModuleLimits(
      size: size,
      types: types,
      functions: functions,
      imports: imports,
      exports: exports,
      globals: globals,
      locals: locals,
      functionSize: functionSize,
      nesting: nesting,
      compileTime: compileTime.map(milliseconds)
    )
    .write(to: &writer)
  }
}
