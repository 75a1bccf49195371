//! Why a guest trapped.

macro_rules! trap_codes {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Why a guest trapped. The names and their order are wasmtime's (`wasmtime::Trap`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
        pub enum TrapCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl TrapCode {
            pub(crate) fn from_wasmtime(trap: wasmtime::Trap) -> Option<Self> {
                match trap {
                    $(wasmtime::Trap::$name => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

trap_codes! {
    /// The call stack is exhausted.
    StackOverflow,
    /// An access outside a linear memory.
    MemoryOutOfBounds,
    /// An atomic access whose address is not a multiple of its width.
    HeapMisaligned,
    /// An access outside a table.
    TableOutOfBounds,
    /// An indirect call to a null table element.
    IndirectCallToNull,
    /// An indirect call to a function of another type.
    BadSignature,
    /// An integer operation overflowed.
    IntegerOverflow,
    /// An integer was divided by zero.
    IntegerDivisionByZero,
    /// A float that no integer can hold was converted to one.
    BadConversionToInteger,
    /// An `unreachable` instruction was executed.
    UnreachableCodeReached,
    /// The guest was interrupted: by a time limit, by a handle, or by an epoch deadline.
    Interrupt,
    /// All fuel is used up.
    OutOfFuel,
    /// An atomic wait on a memory that is not shared.
    AtomicWaitNonSharedMemory,
    /// A null reference was used.
    NullReference,
    /// An access outside an array.
    ArrayOutOfBounds,
    /// An allocation that can never succeed.
    AllocationTooLarge,
    /// A reference was cast to a type that it does not have.
    CastFailure,
    /// A component was entered against the rules of reentrance.
    CannotEnterComponent,
    /// An async-lifted export ended without a result.
    NoAsyncResult,
    /// A suspension met no handler for its tag.
    UnhandledTag,
    /// A continuation was resumed twice.
    ContinuationAlreadyConsumed,
    /// The Pulley interpreter met an opcode that was disabled at compile time.
    DisabledOpcode,
    /// The event loop can make no progress.
    AsyncDeadlock,
    /// A component called out when it may not.
    CannotLeaveComponent,
    /// A synchronous task would have blocked before it returned.
    CannotBlockSyncTask,
    /// A bit pattern that is no `char`.
    InvalidChar,
    /// Wasmtime's own check: string encoding is not finished.
    DebugAssertStringEncodingFinished,
    /// Wasmtime's own check: code units differ.
    DebugAssertEqualCodeUnits,
    /// Wasmtime's own check: a pointer is not aligned.
    DebugAssertPointerAligned,
    /// Wasmtime's own check: upper bits are set.
    DebugAssertUpperBitsUnset,
    /// A string reaches past the end of its memory.
    StringOutOfBounds,
    /// A list reaches past the end of its memory.
    ListOutOfBounds,
    /// A variant has an invalid discriminant.
    InvalidDiscriminant,
    /// A pointer is not aligned.
    UnalignedPointer,
    /// `task.cancel` by a task that was not cancelled.
    TaskCancelNotCancelled,
    /// `task.cancel` or `task.return` more than once.
    TaskCancelOrReturnTwice,
    /// `subtask.cancel` after the subtask ended.
    SubtaskCancelAfterTerminal,
    /// `task.return` with another type.
    TaskReturnInvalid,
    /// `waitable-set.drop` while something waits.
    WaitableSetDropHasWaiters,
    /// `subtask.drop` before the subtask ended.
    SubtaskDropNotResolved,
    /// `thread.new-indirect` with a function of another type.
    ThreadNewIndirectInvalidType,
    /// `thread.new-indirect` with an uninitialised function.
    ThreadNewIndirectUninitialized,
    /// A backpressure counter overflowed.
    BackpressureOverflow,
    /// A callback returned an unknown code.
    UnsupportedCallbackCode,
    /// A thread was resumed that is not suspended.
    CannotResumeThread,
    /// A future or stream is in use already.
    ConcurrentFutureStreamOp,
    /// A reference count overflowed.
    ReferenceCountOverflow,
    /// A stream was read or written with too large a count.
    StreamOpTooBig,
    /// A waitable was used synchronously and asynchronously.
    WaitableSyncAndAsync,
    /// An exception was thrown and nobody caught it.
    UncaughtException,
}
