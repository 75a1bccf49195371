package dev.trimaran

import dev.trimaran.internal.ffi.noCoreDump
import java.io.PrintStream
import java.io.PrintWriter
import java.nio.file.Path
import java.util.function.Consumer
import dev.trimaran.internal.ffi.WasmtimeError as Raw

/**
 * Everything that can go wrong, by what went wrong.
 *
 * Each subclass carries what a program needs to react; [message] is the sentence for a person, and is the same
 * in every language. The hierarchy is closed, so that a `when` over it is exhaustive. It is unchecked.
 *
 * @property message What was wrong, what was expected, what to do.
 */
public sealed class WasmtimeException(override val message: String) : RuntimeException(message) {
    /** The row that failed, counted from 0, where [Func.map] failed with it; null elsewhere. */
    public var row: Int? = null
        private set

    @JvmSynthetic
    internal fun atRow(row: Int): WasmtimeException = apply { this.row = row }

    /**
     * Bytes are not a WebAssembly module, are truncated, or do not validate.
     *
     * @property reason The file, if the module came from one, and what is wrong with the module, and where.
     */
    public class Compile internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * Text is not the WebAssembly text format.
     *
     * @property reason The file, if the text came from one, and what the parser expected.
     * @property line The line of the mistake, counted from 1.
     * @property column The column of the mistake, counted from 1, in bytes.
     * @property excerpt The line of the mistake, and a caret below the place. Of a long line it is the part around
     *   that.
     */
    public class Syntax internal constructor(
        message: String,
        public val reason: String,
        public val line: Int,
        public val column: Int,
        public val excerpt: String,
    ) : WasmtimeException(message)

    /**
     * An import is missing, superfluous, or of another type than the module declares.
     *
     * @property reason What the module wants and what it was given.
     * @property module The module part of the import's name; empty where no single import is at fault.
     * @property name The field part of the import's name; empty where no single import is at fault.
     */
    public class Link internal constructor(
        public val reason: String,
        public val module: String,
        public val name: String,
    ) : WasmtimeException(reason)

    /**
     * The guest trapped (WebAssembly core specification, section 4.1). The message has every call of the guest's call
     * stack, and so has the stack trace, with the file and the line where the module says them.
     *
     * @property code Why; null for a trap that has no code.
     * @property reason The trap's own words.
     * @property interruption What interrupted the guest, where the code is [TrapCode.INTERRUPT]; null for every other
     *   trap.
     * @property frames The guest's call stack, innermost first.
     */
    public open class Trap internal constructor(
        private val told: Lazy<String>,
        public val code: TrapCode?,
        public val reason: String,
        public val interruption: Interruption?,
        calls: Lazy<List<Frame>>,
        @Transient private val dump: Consumer<String>?,
    ) : WasmtimeException("") {
        // Most traps are caught without a look at them, and these have the lines of the guest's source.
        override val message: String
            get() = told.value

        public val frames: List<Frame> by calls

        private var isPlaced = false

        /**
         * Writes the store as it is now to a file, as a core dump (WebAssembly tool conventions, `Coredump.md`): the
         * guest's calls, and the memories and globals of all instances. Memories that are shared are left out, and
         * references are null. Call it before the store is closed, and before another guest runs in it.
         *
         * Fails with `Config` unless [dev.trimaran.Config.coredumpOnTrap] was set, with `Closed` if the store is
         * closed, with `Io` if the file cannot be written, with `Limit` if more than 390 MiB of the memories are not
         * zero, and with `Unsupported` for memories of other pages than 64 KiB and for globals that hold exceptions or
         * continuations.
         */
        public fun coredump(path: Path): Unit = core { dump?.accept(path.toString()) ?: noCoreDump() }

        /** Where it was thrown: the guest's calls, and then those of this language. */
        override fun getStackTrace(): Array<StackTraceElement> {
            place()
            return super.getStackTrace()
        }

        override fun printStackTrace(stream: PrintStream) {
            place()
            super.printStackTrace(stream)
        }

        override fun printStackTrace(writer: PrintWriter) {
            place()
            super.printStackTrace(writer)
        }

        /** Puts the guest's calls in front of those of this language. */
        @Synchronized
        private fun place() {
            if (isPlaced) return
            isPlaced = true
            stackTrace = guestCalls(frames).toTypedArray() + super.getStackTrace()
        }
    }

    /** A guest was stopped since its time is over: that of [Store.setTimeout], or of a [Store.withDeadline]. */
    public class TimeLimit internal constructor(
        told: Lazy<String>,
        code: TrapCode?,
        reason: String,
        calls: Lazy<List<Frame>>,
        dump: Consumer<String>?,
    ) : Trap(told, code, reason, Interruption.TIME_LIMIT, calls, dump)

    /**
     * The guest ended itself with an exit status.
     *
     * @property status The status; zero is success.
     */
    public class Exit internal constructor(message: String, public val status: Int) : WasmtimeException(message)

    /**
     * A host function failed that is not of this language. What one of Kotlin or Java throws comes out as it is.
     *
     * @property reason What the host function said.
     * @property frames The call stack of the guest that called the host function, innermost first.
     */
    public class Host internal constructor(
        message: String,
        public val reason: String,
        public val frames: List<Frame>,
    ) : WasmtimeException(message)

    /**
     * A value has the wrong type, or there are too many or too few.
     *
     * @property reason What was given and what was expected.
     */
    public class Type internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A number is outside what its type or its place allows.
     *
     * @property reason The number, and what was expected.
     */
    public class Range internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A range of bytes or elements is not inside the memory or table. Nothing was read or written.
     *
     * @property offset Where the range begins, in bytes.
     * @property length How long it is, in bytes.
     * @property size How much there is, in bytes.
     */
    public class Bounds internal constructor(
        message: String,
        public val offset: Long,
        public val length: Long,
        public val size: Long,
    ) : WasmtimeException(message)

    /**
     * Bytes are not text in UTF-8, or have no terminator.
     *
     * @property reason What is wrong.
     * @property offset Where in memory, in bytes.
     */
    public class Encoding internal constructor(public val reason: String, public val offset: Long) :
        WasmtimeException(reason)

    /**
     * A limit was reached: the maximum of a memory or table, the store's limits, the address space.
     *
     * @property reason The limit, the number that was asked for, and the number that is permitted.
     */
    public class Limit internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * There is no export of that name.
     *
     * @property name The name that was asked for.
     * @property reason The name, and the names that exist.
     */
    public class NotFound internal constructor(public val name: String, public val reason: String) :
        WasmtimeException(reason)

    /**
     * An object was used after it was closed.
     *
     * @property what What kind of object.
     */
    public class Closed internal constructor(message: String, public val what: String) : WasmtimeException(message)

    /**
     * An object was used with another store than the one that it belongs to.
     *
     * @property what What kind of object.
     */
    public class WrongStore internal constructor(message: String, public val what: String) : WasmtimeException(message)

    /**
     * An object was used with another engine than the one that it belongs to.
     *
     * @property what What kind of object.
     */
    public class WrongEngine internal constructor(message: String, public val what: String) : WasmtimeException(message)

    /** A caller was kept past the host call that it was given to, or used on another thread. */
    public class Escaped internal constructor(message: String) : WasmtimeException(message)

    /** A guest of the store has trapped, or was ended otherwise: no component of that store can be entered any more. */
    public class Poisoned internal constructor(message: String) : WasmtimeException(message)

    /**
     * The store is in use further up this thread's stack.
     *
     * @property reason Who uses it.
     */
    public class Busy internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A guest called an async host function where it cannot wait: in a synchronous call, or below a host function that
     * is not async.
     *
     * @property reason Which function, if a linker defines it, and what to do instead.
     */
    public class Suspend internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * An engine cannot be made from this configuration.
     *
     * @property reason Which setting, and why not.
     */
    public class Config internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A compiled artifact is damaged, or was made by another version or for another configuration.
     *
     * @property reason What does not fit.
     */
    public class Artifact internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A file could not be read or written.
     *
     * @property path The file.
     * @property reason What the system said.
     * @property code The system's number for it, such as `ENOENT`, which is 2; null where the failure is not the
     *   system's.
     */
    public class Io internal constructor(
        message: String,
        public val path: String,
        public val reason: String,
        public val code: Int?,
    ) : WasmtimeException(message)

    /**
     * It is specified, but not available in this build or on this machine.
     *
     * @property reason What, and what to use instead.
     */
    public class Unsupported internal constructor(public val reason: String) : WasmtimeException(reason)

    /**
     * A mistake of this library: please report it.
     *
     * @property reason What is known about it.
     */
    public class Unexpected internal constructor(message: String, public val reason: String) :
        WasmtimeException(message)
}

private fun trap(raw: Raw.Trap): WasmtimeException.Trap {
    val (text, calls) = lazy { raw.text() } to lazy { raw.frames.map(::frame) }
    val (code, cause) = raw.code?.let(::trapCode) to raw.interruption?.let(::interruption)
    val dump = raw.frames.firstOrNull()?.coreDump?.let { Consumer(it::write) }
    return if (cause == Interruption.TIME_LIMIT) {
        WasmtimeException.TimeLimit(text, code, raw.reason, calls, dump)
    } else {
        WasmtimeException.Trap(text, code, raw.reason, cause, calls, dump)
    }
}

@JvmSynthetic
internal fun Raw.toPublic(text: String): WasmtimeException =
    when (this) {
        is Raw.Compile -> WasmtimeException.Compile(text)
        is Raw.Syntax -> WasmtimeException.Syntax(text, reason, line.toInt(), column.toInt(), excerpt)
        is Raw.Link -> WasmtimeException.Link(text, module, name)
        is Raw.Trap -> trap(this)
        is Raw.Exit -> WasmtimeException.Exit(text, status)
        is Raw.Host -> WasmtimeException.Host(text, reason, frames.map(::frame))
        is Raw.Type -> WasmtimeException.Type(text)
        is Raw.Range -> WasmtimeException.Range(text)
        is Raw.Bounds -> WasmtimeException.Bounds(text, offset.toSize(), length.toSize(), size.toSize())
        is Raw.Encoding -> WasmtimeException.Encoding(text, offset.toSize())
        is Raw.Limit -> WasmtimeException.Limit(text)
        is Raw.NotFound -> WasmtimeException.NotFound(name, text)
        is Raw.Closed -> WasmtimeException.Closed(text, what)
        is Raw.WrongStore -> WasmtimeException.WrongStore(text, what)
        is Raw.WrongEngine -> WasmtimeException.WrongEngine(text, what)
        is Raw.Escaped -> WasmtimeException.Escaped(text)
        is Raw.Poisoned -> WasmtimeException.Poisoned(text)
        is Raw.Busy -> WasmtimeException.Busy(text)
        is Raw.Suspend -> WasmtimeException.Suspend(text)
        is Raw.Config -> WasmtimeException.Config(text)
        is Raw.Artifact -> WasmtimeException.Artifact(text)
        is Raw.Io -> WasmtimeException.Io(text, path, reason, code)
        is Raw.Unsupported -> WasmtimeException.Unsupported(text)
        is Raw.Unexpected -> WasmtimeException.Unexpected(text, reason)
    }
