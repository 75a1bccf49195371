package dev.trimaran

import dev.trimaran.internal.shown
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import dev.trimaran.internal.ffi.Profiler as Raw
import java.time.Duration as JavaDuration

/** How many samples there are if nothing is said. */
private const val SAMPLES = 100_000L

private fun begun(store: Store, interval: Long, maxSamples: Long): Raw =
    core(store) { Raw(store.raw, time(interval, "the interval"), natural(maxSamples, "the number of samples")) }

/**
 * Shows where the guests of a store spend their time: it notes every now and then which functions they are in.
 *
 * ```kotlin
 * Profiler(store).use { profiler ->
 *     run(store)
 *     profiler.save(Path.of("profile.json"))
 * }
 * ```
 *
 * The file is for the Firefox Profiler (https://profiler.firefox.com), with the names of functions and, where the module
 * has DWARF, files and lines.
 *
 * A guest is seen in its loops and calls, and when a host function returns: the time of that counts for the function
 * that has called it. What the host functions do is not seen, and neither is time in which no guest runs, or one waits
 * for a suspending host function. A stack has 256 calls at most: the innermost. A profile keeps up to 1,000,000
 * different calls.
 */
public class Profiler private constructor(raw: Raw) : AutoCloseable {
    private val raw: Raw = raw
        get() = made(field)

    /**
     * Begins to note where the guests of [store] are, each time they have run for [interval], in milliseconds, 1 to
     * 60,000. It keeps up to [maxSamples] samples, 1 to 1,000,000: 100,000 are 100 seconds of a guest. Those that come
     * later are lost.
     *
     * Fails with `Config` unless [Config.epochInterruption] is set, with `Busy` where the store has a profiler that is
     * not stopped, with `Range` for other numbers, and with `Closed` where the store is closed.
     */
    public constructor(
        store: Store,
        interval: Duration = 1.milliseconds,
        maxSamples: Long = SAMPLES,
    ) : this(begun(store, interval.milliseconds() ?: Long.MAX_VALUE, maxSamples))

    /** The same, with a duration of Java. */
    public constructor(
        store: Store,
        interval: JavaDuration,
        maxSamples: Long,
    ) : this(begun(store, interval.milliseconds(), maxSamples))

    /** The same, with a sample each millisecond, and 100,000 of them at most. */
    public constructor(store: Store) : this(begun(store, 1, SAMPLES))

    /** How many samples it has. */
    public val samples: Long
        get() = core { raw.samples() }.toLong()

    /** How many samples it had no room for. */
    public val lostSamples: Long
        get() = core { raw.lostSamples() }.toLong()

    /** Ends it. What it has noted stays. Stopping twice does nothing. */
    public fun stop(): Unit = core { raw.stop() }

    /** Stops it, as [stop] does. */
    override fun close(): Unit = stop()

    /**
     * What it has noted until now, as JSON in the processed format of the Firefox Profiler. It looks up lines for 2
     * seconds at most: of places with the most samples first. The profiler may go on, and its store may be closed.
     */
    public fun json(): String = core { raw.json() }

    /** Writes what [json] gives to a file. Fails with `Io`. */
    public fun save(path: Path): Unit = core { raw.save(path.toString()) }

    /** What it is, and how many samples it has. */
    override fun toString(): String = shown("Profiler") { ", $samples samples" }
}
