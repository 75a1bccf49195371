package dev.trimaran

import java.io.Serializable
import java.util.Collections
import java.util.OptionalLong
import dev.trimaran.internal.ffi.Frame as RawFrame
import dev.trimaran.internal.ffi.FrameSymbol as RawSymbol
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
 * A function of a guest's source that was running, and where in its file.
 *
 * @property name The function's name in the source, as [Frame.funcName] shows names; null where the module does not say
 *   it.
 * @property file The path of the file, as the compiler knew it: up to 2,048 bytes of UTF-8; `…` stands for the rest.
 * @property line The line, counted from 1.
 * @property column The column, counted from 1, in bytes.
 */
public data class FrameSymbol(
    public val name: String?,
    public val file: String?,
    public val line: Int?,
    public val column: Int?,
) : Serializable {
    /** The function and where in its file, without the control characters that a name may hold. */
    override fun toString(): String = raw(this).toString()

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * One call of a guest's call stack.
 *
 * @property funcIndex The function's index in its module.
 * @property funcName The function's name, from the module's name section, or else one that it is exported by:
 *   demangled, where it is a mangled one of ordinary size, and otherwise as it is, up to 2,048 bytes of UTF-8; `…`
 *   stands for the rest.
 * @property moduleName The module's name, from its name section, up to 2,048 bytes in the same way.
 * @property funcOffset Where it stopped, in bytes from the start of the function's body.
 * @property moduleOffset Where it stopped, in bytes from the start of the module.
 * @property symbols Where in the source that is. Functions that the compiler has inlined into each other stand one
 *   behind the other, the innermost first. Empty where the module does not say it.
 */
public data class Frame @JvmOverloads constructor(
    public val funcIndex: Int,
    public val funcName: String?,
    public val moduleName: String?,
    @get:JvmSynthetic public val funcOffset: Long?,
    @get:JvmSynthetic public val moduleOffset: Long?,
    public val symbols: List<FrameSymbol> = emptyList(),
) : Serializable {
    /** [funcOffset], from Java: `frame.getFuncOffset()`, which is empty where it is not known. */
    @JvmName("getFuncOffset")
    public fun funcOffsetOrEmpty(): OptionalLong = optional(funcOffset)

    /** [moduleOffset], from Java: `frame.getModuleOffset()`, which is empty where it is not known. */
    @JvmName("getModuleOffset")
    public fun moduleOffsetOrEmpty(): OptionalLong = optional(moduleOffset)

    /**
     * The function, where it stopped and where in the source that is, without the control characters that a name may
     * hold.
     */
    override fun toString(): String =
        RawFrame(
            funcIndex.toUInt(),
            funcName,
            moduleName,
            funcOffset?.toULong(),
            moduleOffset?.toULong(),
            symbols.map(::raw),
            null,
            null,
        ).toString()

    private companion object {
        private const val serialVersionUID = 1L
    }
}

@JvmSynthetic
internal fun trapCode(raw: RawTrapCode): TrapCode = TrapCode.valueOf(raw.name)

@JvmSynthetic
internal fun interruption(raw: RawInterruption): Interruption = Interruption.valueOf(raw.name)

@JvmSynthetic
internal fun frame(raw: RawFrame): Frame {
    val known = raw.moduleOffset?.let { raw.debugInfo?.symbols(it) } ?: raw.symbols
    val (inFunc, inModule) = raw.funcOffset?.toSize() to raw.moduleOffset?.toSize()
    return Frame(raw.funcIndex.toInt(), raw.funcName, raw.moduleName, inFunc, inModule, known.map(::symbol))
}

@JvmSynthetic
internal fun symbol(raw: RawSymbol): FrameSymbol =
    FrameSymbol(raw.name, raw.file, raw.line?.toInt(), raw.column?.toInt())

private fun raw(symbol: FrameSymbol): RawSymbol =
    RawSymbol(symbol.name, symbol.file, symbol.line?.toUInt(), symbol.column?.toUInt())

/** A guest's calls as the JVM shows those of a program, innermost first. */
@JvmSynthetic
internal fun guestCalls(frames: List<Frame>): List<StackTraceElement> =
    frames.flatMap { frame ->
        val module = plain(frame.moduleName ?: "wasm")
        val own = frame.funcName ?: "function ${frame.funcIndex}"
        frame.symbols.ifEmpty { listOf(FrameSymbol(null, null, null, null)) }.map {
            StackTraceElement(module, plain(it.name ?: own), it.file?.let(::plain), it.line ?: -1)
        }
    }

/** A text of a guest's, without control characters and of ordinary length. */
private fun plain(text: String): String = text.take(LONGEST).replace(UNSEEN, "?")

private const val LONGEST = 512

private val UNSEEN = Regex("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]")

/**
 * Puts the calls of the guest that [error] has left where they belong in its stack trace: in front of those that called
 * the guest.
 */
@JvmSynthetic
internal fun crossed(error: Throwable, frames: List<RawFrame>) {
    if (frames.isEmpty()) return
    val (guest, own) = guestCalls(frames.map(::frame)) to error.stackTrace.toList()
    // An error that was made elsewhere, or takes no stack trace, has none of ours; one may be thrown again and again.
    if (own.isEmpty() || Collections.indexOfSubList(own, guest) >= 0) return
    val place = own.indexOfFirst { it.isNativeMethod && it.className.startsWith("dev.trimaran.internal") }
    if (place < 0) return
    error.stackTrace = (own.subList(0, place) + guest + own.subList(place, own.size)).toTypedArray()
}
