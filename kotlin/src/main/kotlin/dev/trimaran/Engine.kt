package dev.trimaran

import dev.trimaran.internal.ffi.Engine as Raw

/**
 * Compiles modules, and is shared by everything that is made from them.
 *
 * An engine may be used from any thread. Objects of different engines do not fit together.
 */
public class Engine private constructor(@get:JvmSynthetic internal val raw: Raw) : AutoCloseable {
    /**
     * Makes an engine. Fails with `Config` where settings exclude each other or the machine lacks something,
     * and with `Range` for a size below 0.
     */
    @JvmOverloads
    public constructor(config: Config = Config()) : this(core { Raw(config.toRaw()) })

    /** Makes an engine with the settings that [configure] sets, as in `Engine { wasmThreads = true }`. */
    public constructor(configure: Config.() -> Unit) : this(Config().apply(configure))

    /** Whether guests run on the portable interpreter. */
    public val isPulley: Boolean
        get() = core { raw.isPulley() }

    /**
     * Moves the epoch on by one: guests whose deadline it passes are interrupted, if
     * [Config.epochInterruption] is set. May be called from any thread.
     */
    public fun incrementEpoch(): Unit = core { raw.incrementEpoch() }

    /**
     * Closes the engine: it can no longer be used. What was made with it goes on working. Closing twice does
     * nothing.
     */
    override fun close(): Unit = core { raw.release() }
}
