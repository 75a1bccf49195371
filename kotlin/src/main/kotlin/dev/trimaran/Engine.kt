package dev.trimaran

import dev.trimaran.internal.Listening
import dev.trimaran.internal.ffi.EventListening
import dev.trimaran.internal.shown
import java.io.InvalidObjectException
import java.io.ObjectInputStream
import java.io.Serializable
import java.util.function.Consumer
import dev.trimaran.internal.ffi.Engine as Raw

/**
 * Compiles modules. Stores, modules and their objects belong to one engine.
 *
 * Any thread may use an engine. Objects of different engines do not fit together.
 *
 * It is serializable: Java writes its configuration, and reads it as the engine that [shared] gives for that.
 */
public class Engine private constructor(raw: Raw) :
    AutoCloseable,
    Serializable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /**
     * Makes an engine. Fails with `Config` if settings exclude each other or the machine lacks something, and with
     * `Range` for a size below 0.
     */
    @JvmOverloads
    public constructor(config: Config = Config()) : this(core { Raw(config.toRaw()) })

    /** Whether its guests can be interrupted. */
    @get:JvmSynthetic
    internal val isInterruptible: Boolean by lazy { core { raw.config() }.epochInterruption == true }

    /** Whether its guests can wait for each other, in shared memories. */
    @get:JvmSynthetic
    internal val hasWaits: Boolean by lazy { core { raw.config() }.run { sharedMemory == true || wasmThreads == true } }

    /** A copy of its configuration. A change of that copy changes no engine. */
    public val config: Config
        get() = core { raw.config() }.toPublic()

    /**
     * A number that is equal for engines whose compiled modules fit each other: those of the same version, target and
     * configuration. Its bits are those of an unsigned number, as [ULong.toLong] gives them.
     */
    public val compatibilityHash: Long
        get() = core { raw.compatibilityHash() }.toLong()

    /** Whether guests run on the portable interpreter. */
    public val isPulley: Boolean
        get() = core { raw.isPulley() }

    /**
     * Advances the epoch by one. If [Config.epochInterruption] is set, this interrupts guests whose deadline it passes.
     * Any thread may call it.
     */
    public fun incrementEpoch(): Unit = core { raw.incrementEpoch() }

    /**
     * Compiles a module, in the binary or the text format, to what [Module.serialize] gives, and makes no module. Fails
     * as [Module] does.
     */
    public fun precompile(bytes: ByteArray): ByteArray = core { raw.precompile(bytes) }

    /** Compiles a module in the text format to what [Module.serialize] gives. Fails as [Module] does. */
    public fun precompile(text: String): ByteArray = precompile(text.utf8())

    /** Whether [Module.deserialize] would accept this artifact: whole, and of this version and configuration. */
    public fun accepts(artifact: ByteArray): Boolean = core { raw.accepts(artifact) }

    /**
     * Tells [listener] from now on what is compiled and instantiated, and which guests trap, on the thread of that. With [calls] it
     * is told of each call of a guest by the host as well, of stores that are made while it is set.
     *
     * An engine has one listener: the last one that is set. It may do what a host function may. What it does itself is not told, and
     * what it throws goes to the thread's handler of uncaught exceptions. Without a listener nothing is slower. Fails with `Closed`
     * where the engine is closed.
     */
    @JvmOverloads
    public fun setListener(calls: Boolean = false, listener: EventListener): Unit =
        core { raw.setListener(EventListening(Listening(listener), calls)) }

    /** Tells nobody any more. Fails with `Closed` where the engine is closed. */
    public fun removeListener(): Unit = core { raw.setListener(null) }

    /**
     * Closes the engine. Its modules and stores go on working. A later use of the engine fails with `Closed`; a second
     * `close` does nothing.
     */
    override fun close(): Unit = core { raw.release() }

    /** Whether both are the same engine: [shared] and [Module.engine] may give another object for it each time. */
    override fun equals(other: Any?): Boolean = other is Engine && raw.handle == other.raw.handle

    /** Agrees with [equals]. */
    override fun hashCode(): Int = raw.handle.hashCode()

    /** Whether it interprets guests, or is closed. */
    override fun toString(): String =
        shown("Engine") { if (isPulley) ", interpreting" else "" }

    private fun writeReplace(): Any {
        // Nothing can be made with a closed one, here or elsewhere.
        isPulley
        return Configured(config)
    }

    private fun readObject(@Suppress("UNUSED_PARAMETER") input: ObjectInputStream): Unit =
        throw InvalidObjectException("an engine is written as its configuration")

    /** What is written for an engine. */
    private class Configured(private val config: Config) : Serializable {
        private fun readResolve(): Any = shared(config)

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    /** The other ways to an engine. */
    public companion object {
        private const val serialVersionUID = 1L

        /** Makes an engine with the settings that [configure] sets, as in `Engine { wasmThreads = true }`. */
        @JvmSynthetic
        public operator fun invoke(configure: Config.() -> Unit): Engine = Engine(Config().apply(configure))

        /** The same, from Java: `Engine.of(config -> config.setWasmThreads(true))`. */
        @JvmStatic
        public fun of(configure: Consumer<Config>): Engine = Engine(Config().also(configure::accept))

        /**
         * The one engine of this process for that configuration. All callers get the same one, for as long as anything
         * uses it: [close] does nothing to it. Fails as [Engine] does.
         */
        @JvmStatic
        @JvmOverloads
        public fun shared(config: Config = Config()): Engine = Engine(core { Raw.shared(config.toRaw()) })

        @JvmSynthetic
        internal fun of(raw: Raw): Engine = Engine(raw)
    }
}
