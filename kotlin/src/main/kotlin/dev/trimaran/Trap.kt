package dev.trimaran

import java.io.Serializable
import java.util.OptionalLong
import dev.trimaran.internal.ffi.Frame as RawFrame
import dev.trimaran.internal.ffi.Interruption as RawInterruption
import dev.trimaran.internal.ffi.TrapCode as RawTrapCode

/** Why a guest trapped. The names and their order are wasmtime's. */
public enum class TrapCode {
    /** The call stack is exhausted. */
    STACK_OVERFLOW,

    /** An access outside a linear memory. */
    MEMORY_OUT_OF_BOUNDS,

    /** An atomic access whose address is not a multiple of its width. */
    HEAP_MISALIGNED,

    /** An access outside a table. */
    TABLE_OUT_OF_BOUNDS,

    /** An indirect call to a null table element. */
    INDIRECT_CALL_TO_NULL,

    /** An indirect call to a function of another type. */
    BAD_SIGNATURE,

    /** An integer operation overflowed. */
    INTEGER_OVERFLOW,

    /** An integer was divided by zero. */
    INTEGER_DIVISION_BY_ZERO,

    /** A float that no integer can hold was converted to one. */
    BAD_CONVERSION_TO_INTEGER,

    /** An `unreachable` instruction was executed. */
    UNREACHABLE_CODE_REACHED,

    /** The guest was interrupted; [WasmtimeException.Trap.interruption] says by what. */
    INTERRUPT,

    /** All fuel is used up. */
    OUT_OF_FUEL,

    /** An atomic wait on a memory that is not shared. */
    ATOMIC_WAIT_NON_SHARED_MEMORY,

    /** A null reference was used. */
    NULL_REFERENCE,

    /** An access outside an array. */
    ARRAY_OUT_OF_BOUNDS,

    /** An allocation that can never succeed. */
    ALLOCATION_TOO_LARGE,

    /** A reference was cast to a type that it does not have. */
    CAST_FAILURE,

    /** A component was entered against the rules of reentrance. */
    CANNOT_ENTER_COMPONENT,

    /** An async-lifted export ended without a result. */
    NO_ASYNC_RESULT,

    /** A suspension met no handler for its tag. */
    UNHANDLED_TAG,

    /** A continuation was resumed twice. */
    CONTINUATION_ALREADY_CONSUMED,

    /** The Pulley interpreter met an opcode that was disabled at compile time. */
    DISABLED_OPCODE,

    /** The event loop can make no progress. */
    ASYNC_DEADLOCK,

    /** A component called out when it may not. */
    CANNOT_LEAVE_COMPONENT,

    /** A synchronous task would have blocked before it returned. */
    CANNOT_BLOCK_SYNC_TASK,

    /** A bit pattern that is no `char`. */
    INVALID_CHAR,

    /** Wasmtime's own check: string encoding is not finished. */
    DEBUG_ASSERT_STRING_ENCODING_FINISHED,

    /** Wasmtime's own check: code units differ. */
    DEBUG_ASSERT_EQUAL_CODE_UNITS,

    /** Wasmtime's own check: a pointer is not aligned. */
    DEBUG_ASSERT_POINTER_ALIGNED,

    /** Wasmtime's own check: upper bits are set. */
    DEBUG_ASSERT_UPPER_BITS_UNSET,

    /** A string reaches past the end of its memory. */
    STRING_OUT_OF_BOUNDS,

    /** A list reaches past the end of its memory. */
    LIST_OUT_OF_BOUNDS,

    /** A variant has an invalid discriminant. */
    INVALID_DISCRIMINANT,

    /** A pointer is not aligned. */
    UNALIGNED_POINTER,

    /** `task.cancel` by a task that was not cancelled. */
    TASK_CANCEL_NOT_CANCELLED,

    /** `task.cancel` or `task.return` more than once. */
    TASK_CANCEL_OR_RETURN_TWICE,

    /** `subtask.cancel` after the subtask ended. */
    SUBTASK_CANCEL_AFTER_TERMINAL,

    /** `task.return` with another type. */
    TASK_RETURN_INVALID,

    /** `waitable-set.drop` while something waits. */
    WAITABLE_SET_DROP_HAS_WAITERS,

    /** `subtask.drop` before the subtask ended. */
    SUBTASK_DROP_NOT_RESOLVED,

    /** `thread.new-indirect` with a function of another type. */
    THREAD_NEW_INDIRECT_INVALID_TYPE,

    /** `thread.new-indirect` with an uninitialised function. */
    THREAD_NEW_INDIRECT_UNINITIALIZED,

    /** A backpressure counter overflowed. */
    BACKPRESSURE_OVERFLOW,

    /** A callback returned an unknown code. */
    UNSUPPORTED_CALLBACK_CODE,

    /** A thread was resumed that is not suspended. */
    CANNOT_RESUME_THREAD,

    /** A future or stream is in use already. */
    CONCURRENT_FUTURE_STREAM_OP,

    /** A reference count overflowed. */
    REFERENCE_COUNT_OVERFLOW,

    /** A stream was read or written with too large a count. */
    STREAM_OP_TOO_BIG,

    /** A waitable was used synchronously and asynchronously. */
    WAITABLE_SYNC_AND_ASYNC,

    /** An exception was thrown and nobody caught it. */
    UNCAUGHT_EXCEPTION,
}

/**
 * What interrupted a guest, where its trap has the code [TrapCode.INTERRUPT].
 *
 * An interrupted thread and a cancelled coroutine are none of them: they come out as an [InterruptedException].
 */
public enum class Interruption {
    /** The time of [Store.setTimeout] or [Store.withDeadline] is over: the trap is a [WasmtimeException.TimeLimit]. */
    TIME_LIMIT,

    /** An [InterruptHandle] was used. */
    HANDLE,

    /** The engine's epoch has passed the deadline of [Store.setEpochDeadline]. */
    EPOCH,
}

/**
 * One call of a guest's call stack.
 *
 * @property funcIndex The function's index in its module.
 * @property funcName The function's name, from the module's name section: demangled, where it is a mangled one of ordinary
 *   size, and otherwise as it is, up to 2,048 bytes of UTF-8; `…` stands for the rest.
 * @property moduleName The module's name, from its name section, up to 2,048 bytes in the same way.
 * @property funcOffset Where it stopped, in bytes from the start of the function's body.
 * @property moduleOffset Where it stopped, in bytes from the start of the module.
 */
public data class Frame(
    public val funcIndex: Int,
    public val funcName: String?,
    public val moduleName: String?,
    @get:JvmSynthetic public val funcOffset: Long?,
    @get:JvmSynthetic public val moduleOffset: Long?,
) : Serializable {
    /** [funcOffset], from Java: `frame.getFuncOffset()`, which is empty where it is not known. */
    @JvmName("getFuncOffset")
    public fun funcOffsetOrEmpty(): OptionalLong = optional(funcOffset)

    /** [moduleOffset], from Java: `frame.getModuleOffset()`, which is empty where it is not known. */
    @JvmName("getModuleOffset")
    public fun moduleOffsetOrEmpty(): OptionalLong = optional(moduleOffset)

    /** The function and where it stopped, without the control characters that a name may hold. */
    override fun toString(): String =
        RawFrame(funcIndex.toUInt(), funcName, moduleName, funcOffset?.toULong(), moduleOffset?.toULong()).toString()

    private companion object {
        private const val serialVersionUID = 1L
    }
}

@JvmSynthetic
internal fun trapCode(raw: RawTrapCode): TrapCode = TrapCode.valueOf(raw.name)

@JvmSynthetic
internal fun interruption(raw: RawInterruption): Interruption = Interruption.valueOf(raw.name)

@JvmSynthetic
internal fun frame(raw: RawFrame): Frame =
    Frame(raw.funcIndex.toInt(), raw.funcName, raw.moduleName, raw.funcOffset?.toSize(), raw.moduleOffset?.toSize())
