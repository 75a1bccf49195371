/// Why a guest trapped. The names and their order are wasmtime's (`wasmtime::Trap`).
public enum TrapCode: Sendable, Hashable, CaseIterable {
  /// The call stack is exhausted.
  case stackOverflow
  /// An access outside a linear memory.
  case memoryOutOfBounds
  /// An atomic access whose address is not a multiple of its width.
  case heapMisaligned
  /// An access outside a table.
  case tableOutOfBounds
  /// An indirect call to a null table element.
  case indirectCallToNull
  /// An indirect call to a function of another type.
  case badSignature
  /// An integer operation overflowed.
  case integerOverflow
  /// An integer was divided by zero.
  case integerDivisionByZero
  /// A float that no integer can hold was converted to one.
  case badConversionToInteger
  /// An `unreachable` instruction was executed.
  case unreachableCodeReached
  /// The guest was interrupted: by a time limit, a handle, or an epoch deadline. ``Interruption`` says which.
  case interrupt
  /// All fuel is used up.
  case outOfFuel
  /// An atomic wait on a memory that is not shared.
  case atomicWaitNonSharedMemory
  /// A null reference was used.
  case nullReference
  /// An access outside an array.
  case arrayOutOfBounds
  /// An allocation that can never succeed.
  case allocationTooLarge
  /// A reference was cast to a type that it does not have.
  case castFailure
  /// A component was entered against the rules of reentrance.
  case cannotEnterComponent
  /// An async-lifted export ended without a result.
  case noAsyncResult
  /// A suspension met no handler for its tag.
  case unhandledTag
  /// A continuation was resumed twice.
  case continuationAlreadyConsumed
  /// The Pulley interpreter met an opcode that was disabled at compile time.
  case disabledOpcode
  /// The event loop can make no progress.
  case asyncDeadlock
  /// A component called out when it may not.
  case cannotLeaveComponent
  /// A synchronous task would have blocked before it returned.
  case cannotBlockSyncTask
  /// A bit pattern that is no `char`.
  case invalidChar
  /// Wasmtime's own check: string encoding is not finished.
  case debugAssertStringEncodingFinished
  /// Wasmtime's own check: code units differ.
  case debugAssertEqualCodeUnits
  /// Wasmtime's own check: a pointer is not aligned.
  case debugAssertPointerAligned
  /// Wasmtime's own check: upper bits are set.
  case debugAssertUpperBitsUnset
  /// A string reaches past the end of its memory.
  case stringOutOfBounds
  /// A list reaches past the end of its memory.
  case listOutOfBounds
  /// A variant has an invalid discriminant.
  case invalidDiscriminant
  /// A pointer is not aligned.
  case unalignedPointer
  /// `task.cancel` by a task that was not cancelled.
  case taskCancelNotCancelled
  /// `task.cancel` or `task.return` more than once.
  case taskCancelOrReturnTwice
  /// `subtask.cancel` after the subtask ended.
  case subtaskCancelAfterTerminal
  /// `task.return` with another type.
  case taskReturnInvalid
  /// `waitable-set.drop` while something waits.
  case waitableSetDropHasWaiters
  /// `subtask.drop` before the subtask ended.
  case subtaskDropNotResolved
  /// `thread.new-indirect` with a function of another type.
  case threadNewIndirectInvalidType
  /// `thread.new-indirect` with an uninitialised function.
  case threadNewIndirectUninitialized
  /// A backpressure counter overflowed.
  case backpressureOverflow
  /// A callback returned an unknown code.
  case unsupportedCallbackCode
  /// A thread was resumed that is not suspended.
  case cannotResumeThread
  /// A future or stream is in use already.
  case concurrentFutureStreamOp
  /// A reference count overflowed.
  case referenceCountOverflow
  /// A stream was read or written with too large a count.
  case streamOpTooBig
  /// A waitable was used synchronously and asynchronously.
  case waitableSyncAndAsync
  /// An exception was thrown and nobody caught it.
  case uncaughtException
}

/// What interrupted a guest, where its trap has the code ``TrapCode/interrupt``.
///
/// The cancellation of a task is none of them: it comes out as ``WasmtimeError/thrown(_:)`` with a `CancellationError`.
public enum Interruption: Sendable, Hashable, CaseIterable {
  /// The time of ``Store/setTimeout(_:)`` or ``Store/withDeadline(_:_:)-35sb4`` is over.
  case timeLimit
  /// An ``InterruptHandle`` was used.
  case handle
  /// The engine's epoch has passed the deadline of ``Store/setEpochDeadline(_:)``.
  case epoch
}

/// A function of a guest's source that was running, and where in its file.
public struct FrameSymbol: Sendable, Hashable {
  /// The function's name in the source, as ``Frame/funcName`` shows names; `nil` where the module does not say it.
  public var name: String?
  /// The path of the file, as the compiler knew it: up to 2,048 bytes of UTF-8; `…` stands for the rest.
  public var file: String?
  /// The line, counted from 1.
  public var line: Int?
  /// The column, counted from 1, in bytes.
  public var column: Int?

  /// A function of that name, at that place.
  public init(name: String? = nil, file: String? = nil, line: Int? = nil, column: Int? = nil) {
    self.name = name
    self.file = file
    self.line = line
    self.column = column
  }
}

/// One call of a guest's call stack.
public struct Frame: Sendable {
  /// The function's index in its module.
  public var funcIndex: Int
  /// The function's name, from the module's name section, or else one that it is exported by: demangled, where it is a
  /// mangled one of ordinary size, and otherwise as it is, up to 2,048 bytes of UTF-8; `…` stands for the rest.
  public var funcName: String?
  /// The module's name, from its name section, up to 2,048 bytes in the same way.
  public var moduleName: String?
  /// Where it stopped, in bytes from the start of the function's body.
  public var funcOffset: UInt64?
  /// Where it stopped, in bytes from the start of the module.
  public var moduleOffset: UInt64?
  /// Where in the source that is. Functions that the compiler has inlined into each other stand one behind the other,
  /// the innermost first. Empty where the module does not say it.
  public var symbols: [FrameSymbol] {
    get {
      guard known.isEmpty, let debugInfo, let moduleOffset else { return known }
      return debugInfo.symbols(moduleOffset: moduleOffset)
    }
    set { (known, debugInfo) = (newValue, nil) }
  }
  /// The symbols that are known without a look at the module.
  var known: [FrameSymbol]
  /// What reads the symbols of the module: most traps are caught without a look at them.
  var debugInfo: DebugInfo?
  /// What can write a core dump of the store.
  var coreDump: CoreDump?

  /// A call of the function with this index.
  public init(
    funcIndex: Int,
    funcName: String? = nil,
    moduleName: String? = nil,
    funcOffset: UInt64? = nil,
    moduleOffset: UInt64? = nil,
    symbols: [FrameSymbol] = []
  ) {
    self.funcIndex = funcIndex
    self.funcName = funcName
    self.moduleName = moduleName
    self.funcOffset = funcOffset
    self.moduleOffset = moduleOffset
    self.known = symbols
  }
}

extension Frame: Hashable {
  /// Whether two frames stand in the same place.
  public static func == (left: Frame, right: Frame) -> Bool { left.key == right.key }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private var key: [UInt8] { Writer.bytes { unread.write(to: &$0) } }

  /// The same without what reads the symbols.
  var unread: Frame {
    var frame = self
    (frame.debugInfo, frame.coreDump) = (nil, nil)
    return frame
  }
}
