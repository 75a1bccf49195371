package dev.trimaran

import dev.trimaran.internal.Answering
import dev.trimaran.internal.QueueSink
import dev.trimaran.internal.Served
import dev.trimaran.internal.Sink
import dev.trimaran.internal.Source
import dev.trimaran.internal.Turns
import dev.trimaran.internal.inputPort
import dev.trimaran.internal.ofThisMachine
import dev.trimaran.internal.outputPort
import dev.trimaran.internal.shown
import java.io.InputStream
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.util.concurrent.BlockingQueue
import dev.trimaran.internal.ffi.EnvVar as RawEnvVar
import dev.trimaran.internal.ffi.FixedClock as RawFixedClock
import dev.trimaran.internal.ffi.MemoryPreopen as RawMemoryPreopen
import dev.trimaran.internal.ffi.OutputPipe as RawOutputPipe
import dev.trimaran.internal.ffi.Preopen as RawPreopen
import dev.trimaran.internal.ffi.WasiConfig as Raw
import dev.trimaran.internal.ffi.WasiHttp as RawHttp
import dev.trimaran.internal.ffi.WasiInput as RawInput
import dev.trimaran.internal.ffi.WasiOutput as RawOutput

/**
 * What guests of a store may use through WASI: modules through preview 1 ([Linker.defineWasi]), components through 0.2
 * ([dev.trimaran.component.Linker.defineWasi]). They get nothing that is not set here: at first there are no arguments,
 * variables and directories, the input is empty and the output is discarded.
 *
 * ```kotlin
 * store.setWasi {
 *     argv("program", "--verbose")
 *     env("LANG", "en")
 *     stdin("some input")
 *     stdout { bytes -> print(bytes.decodeToString()) }
 *     preopen("data", "/data", readOnly = true)
 * }
 * ```
 *
 * In Java you chain the methods: `new WasiConfig().argv("program").stdout(pipe)`.
 */
public class WasiConfig {
    private val raw = Raw()

    /** The callbacks of the user, which the library does not keep alive: the store has to. */
    @get:JvmSynthetic
    internal val callbacks = mutableListOf<Any>()

    // What guests wait for, where nothing else was said since.
    private var servedInput: Served<Int>? = null
    private var servedOutput: Served<ByteArray>? = null
    private var servedError: Served<ByteArray>? = null

    /**
     * Makes `random_get` give the bytes of a generator that begins with this number, the same on every machine, and not
     * those of the system. They are no secret.
     */
    @set:JvmSynthetic
    public var randomSeed: Long?
        get() = raw.randomSeed?.toLong()
        set(value) {
            raw.randomSeed = value?.toULong()
        }

    /**
     * How many bytes a guest may read or write by one call, in bytes: 134217728, which is 128 MiB, if nothing is said.
     * A call that asks for more does nothing, and the guest gets the error number 48 (`nomem`). [Store.setWasi] fails
     * with `Range` for less than 4096.
     */
    @set:JvmSynthetic
    public var maxTransfer: Long?
        get() = raw.maxTransfer?.toLong()
        set(value) {
            raw.maxTransfer = value?.let { natural(it, "maxTransfer") }
        }

    /**
     * How many bytes the bodies of requests may have that a guest has written and that were not sent yet, all together, in
     * bytes: 16777216, which is 16 MiB, if nothing is said. Past it the guest gets the error code `HTTP-request-body-size`.
     * A response that is given as bytes, and has more, is `HTTP-response-body-size` for the guest.
     */
    @set:JvmSynthetic
    public var maxHttpBody: Long?
        get() = raw.maxHttpBody?.toLong()
        set(value) {
            raw.maxHttpBody = value?.let { natural(it, "maxHttpBody") }
        }

    /**
     * Has [handler] answer the HTTP requests of components (`wasi:http`). With none each fails in the guest with
     * `HTTP-request-denied`. Modules of preview 1 have no HTTP: for them this does nothing.
     */
    public fun http(handler: HttpHandler): WasiConfig =
        apply {
            callbacks += handler
            raw.http = RawHttp.Handler(Answering(handler))
        }

    /** Adds arguments. By custom the first one is the program's name. */
    public fun argv(vararg arguments: String): WasiConfig = argv(arguments.asList())

    /** Adds arguments. By custom the first one is the program's name. */
    public fun argv(arguments: List<String>): WasiConfig = apply { raw.argv += arguments.whole("argument") }

    /** Puts the arguments of this process before the others, as the system knows them: Java's own are among them. */
    public fun inheritArgv(): WasiConfig = apply { raw.inheritArgv = true }

    /** Adds an environment variable. */
    public fun env(name: String, value: String): WasiConfig = env(mapOf(name to value))

    /** Adds environment variables. */
    public fun env(variables: Map<String, String>): WasiConfig =
        apply { raw.env += variables.whole("variable").map { (name, value) -> RawEnvVar(name.utf8(), value.utf8()) } }

    /** Puts the environment variables of this process before the others. */
    public fun inheritEnv(): WasiConfig = apply { raw.inheritEnv = true }

    /** Makes these bytes the standard input. */
    public fun stdin(bytes: ByteArray): WasiConfig = apply { raw.stdin = RawInput.Bytes(bytes.copyOf()) }

    /** Makes this text, as UTF-8, the standard input. */
    public fun stdin(text: String): WasiConfig = stdin(text.utf8())

    /** Makes a file the standard input. [Store.setWasi] fails with `Io` if it cannot open it. */
    public fun stdinFile(path: String): WasiConfig = apply { raw.stdin = RawInput.File(path) }

    /** Makes a file the standard input. [Store.setWasi] fails with `Io` if it cannot open it. */
    public fun stdinFile(path: Path): WasiConfig = stdinFile(path.ofThisMachine())

    /** Makes [source] the standard input: the guest reads what it returns. */
    public fun stdin(source: InputSource): WasiConfig =
        apply {
            callbacks += source
            raw.stdin = RawInput.Source(Source(source))
        }

    /** Makes a stream the standard input. Nothing closes the stream. */
    public fun stdin(stream: InputStream): WasiConfig = stdin(InputSource { most -> stream.readUpTo(most) })

    /**
     * Makes [source] the standard input of modules, which wait for it as for a suspending host function ([Func.suspending]): it is
     * called in the coroutine that called the guest, and the guest takes no thread meanwhile. It is told for how many bytes the
     * guest has room, and gives a piece of any length, or no bytes at the end. What the guest leaves of it is for its next read.
     * It may use the store, but not have a guest read this input, which fails with `Busy`. Guests of several stores that
     * were granted this configuration read one after the other.
     *
     * A guest that reads in a synchronous call fails with `Suspend`, where nothing is left of a piece, and so does a
     * component. Make the instance after [Store.setWasi]. What [source] throws comes out of the guest's call, as the very same
     * object; if its coroutine is cancelled, so is [source].
     */
    @JvmSynthetic
    public fun stdinSuspending(source: suspend (most: Int) -> ByteArray): WasiConfig {
        val turns = Turns()
        return stdinOf { { most -> turns.take { source(most) } } }
    }

    /** The same, of what is made for each store. */
    @JvmSynthetic
    internal fun stdinOf(served: Served<Int>): WasiConfig =
        apply {
            raw.stdin = null
            servedInput = served
        }

    /** Gives the guest the standard input of this process. */
    public fun inheritStdin(): WasiConfig = apply { raw.stdin = RawInput.Inherit }

    /** Collects the standard output in memory. */
    public fun stdout(pipe: OutputPipe): WasiConfig = apply { raw.stdout = RawOutput.Pipe(pipe.raw) }

    /** Hands the standard output to [sink], piece by piece, as it is written. */
    public fun stdout(sink: OutputSink): WasiConfig = apply { raw.stdout = kept(sink) }

    /**
     * Hands the standard output of modules to [sink], piece by piece, and has them wait for it as for a suspending host function
     * ([Func.suspending]): it is called in the coroutine that called the guest, which goes on when [sink] has returned, and takes
     * no thread meanwhile. It may use the store.
     *
     * A guest that writes in a synchronous call fails with `Suspend`, and so does a component. Make the instance after
     * [Store.setWasi]. What [sink] throws comes out of the guest's call, as the very same object; if its coroutine is
     * cancelled, so is [sink].
     */
    @JvmSynthetic
    public fun stdoutSuspending(sink: suspend (ByteArray) -> Unit): WasiConfig =
        apply {
            raw.stdout = null
            servedOutput = { sink }
        }

    /**
     * Puts the standard output into [queue], piece by piece. While it is full, the guest waits, as one that sleeps does: its time limit and
     * its interrupt handles end it. In a call that suspends it takes no thread meanwhile.
     */
    public fun stdout(queue: BlockingQueue<ByteArray>): WasiConfig = stdout(QueueSink(queue))

    /** Writes the standard output to a file. [Store.setWasi] fails with `Io` if it cannot open it. */
    @JvmOverloads
    public fun stdoutFile(path: String, append: Boolean = false): WasiConfig =
        apply { raw.stdout = RawOutput.File(path, append) }

    /** Writes the standard output to a file. [Store.setWasi] fails with `Io` if it cannot open it. */
    @JvmOverloads
    public fun stdoutFile(path: Path, append: Boolean = false): WasiConfig = stdoutFile(path.ofThisMachine(), append)

    /** Writes the standard output to that of this process, beside `System.out`: flush that where the order matters. */
    public fun inheritStdout(): WasiConfig = apply { raw.stdout = RawOutput.Inherit }

    /** Collects the standard error in memory. */
    public fun stderr(pipe: OutputPipe): WasiConfig = apply { raw.stderr = RawOutput.Pipe(pipe.raw) }

    /** Hands the standard error to [sink], piece by piece, as it is written. */
    public fun stderr(sink: OutputSink): WasiConfig = apply { raw.stderr = kept(sink) }

    /** Hands the standard error of modules to [sink], and has them wait for it, as for the standard output. */
    @JvmSynthetic
    public fun stderrSuspending(sink: suspend (ByteArray) -> Unit): WasiConfig =
        apply {
            raw.stderr = null
            servedError = { sink }
        }

    /** Puts the standard error into [queue], as the standard output. */
    public fun stderr(queue: BlockingQueue<ByteArray>): WasiConfig = stderr(QueueSink(queue))

    /** Writes the standard error to a file. [Store.setWasi] fails with `Io` if it cannot open it. */
    @JvmOverloads
    public fun stderrFile(path: String, append: Boolean = false): WasiConfig =
        apply { raw.stderr = RawOutput.File(path, append) }

    /** Writes the standard error to a file. [Store.setWasi] fails with `Io` if it cannot open it. */
    @JvmOverloads
    public fun stderrFile(path: Path, append: Boolean = false): WasiConfig = stderrFile(path.ofThisMachine(), append)

    /** Writes the standard error to that of this process. */
    public fun inheritStderr(): WasiConfig = apply { raw.stderr = RawOutput.Inherit }

    /** Gives the guest the standard input, output and error of this process. */
    public fun inheritStdio(): WasiConfig = inheritStdin().inheritStdout().inheritStderr()

    /**
     * Gives the guest a directory and everything below it, under another name. The guest cannot leave it; with
     * [readOnly], it cannot change anything there. [Store.setWasi] fails with `Io` if it cannot open it.
     */
    @JvmOverloads
    public fun preopen(hostPath: String, guestPath: String, readOnly: Boolean = false): WasiConfig =
        apply { raw.preopens += RawPreopen(hostPath, guestPath, readOnly) }

    /** Gives the guest a directory, as with its name. */
    @JvmOverloads
    public fun preopen(hostPath: Path, guestPath: String, readOnly: Boolean = false): WasiConfig =
        preopen(hostPath.ofThisMachine(), guestPath, readOnly)

    /**
     * Gives the guest a directory that it may change, with a quota: the guests of a store may add [maxBytes] bytes to
     * its files, and [maxFiles] files and folders; none is any number. Past either a guest gets the error number 19
     * (`dquot`). What they remove or shorten they may add again, and a file's size counts, whatever of it was written.
     * Each store counts for itself, from [Store.setWasi] on. Files move between directories with quotas only within
     * one. Fails with `Range` for a number below 0.
     */
    @JvmSynthetic
    public fun preopenWithQuota(
        hostPath: String,
        guestPath: String,
        maxBytes: Long?,
        maxFiles: Long? = null,
    ): WasiConfig =
        apply {
            val bytes = maxBytes?.let { natural(it, "maxBytes") }
            raw.preopens += RawPreopen(hostPath, guestPath, false, bytes, maxFiles?.let { natural(it, "maxFiles") })
        }

    /** Gives the guest a directory with a quota, as with its name. */
    @JvmSynthetic
    public fun preopenWithQuota(
        hostPath: Path,
        guestPath: String,
        maxBytes: Long?,
        maxFiles: Long? = null,
    ): WasiConfig = preopenWithQuota(hostPath.ofThisMachine(), guestPath, maxBytes, maxFiles)

    /** Gives the guest a directory with a quota of bytes alone. */
    public fun preopenWithQuota(hostPath: Path, guestPath: String, maxBytes: Long): WasiConfig =
        preopenWithQuota(hostPath.ofThisMachine(), guestPath, maxBytes as Long?)

    /** Gives the guest a directory with a quota of bytes and of files. */
    public fun preopenWithQuota(hostPath: Path, guestPath: String, maxBytes: Long, maxFiles: Long): WasiConfig =
        preopenWithQuota(hostPath.ofThisMachine(), guestPath, maxBytes as Long?, maxFiles as Long?)

    /** Gives the guest a directory in memory. With [readOnly], it cannot change anything there. */
    @JvmOverloads
    public fun preopen(directory: MemoryDirectory, guestPath: String, readOnly: Boolean = false): WasiConfig =
        apply { raw.memoryPreopens += RawMemoryPreopen(directory.raw, guestPath, readOnly) }

    /**
     * Gives the guest a clock of its own, so that every run is the same: it begins at [start], in nanoseconds since
     * the Unix epoch, and each time that it is read it moves on by [step] nanoseconds. Both are 0 or more; a number
     * below fails with `Range`.
     */
    @JvmOverloads
    public fun clock(start: Long, step: Long = 0): WasiConfig =
        apply { raw.clock = RawFixedClock(natural(start, "the clock's start"), natural(step, "the clock's step")) }

    /**
     * Gives the guest a clock of its own, as with numbers. The start is from `1970-01-01T00:00:00Z` to
     * `2262-04-11T23:47:16Z`: a Long holds no more nanoseconds. Fails with `Range` for another instant, and for a step
     * of more nanoseconds than a Long holds.
     */
    @JvmOverloads
    public fun clock(start: Instant, step: Duration = Duration.ZERO): WasiConfig =
        clock(
            nanoseconds("start", start, "a time from 1970 to 2262") { Duration.between(Instant.EPOCH, start) },
            nanoseconds("step", step, "up to 292 years") { step },
        )

    private inline fun nanoseconds(which: String, given: Any, expected: String, duration: () -> Duration): Long =
        try {
            duration().toNanos()
        } catch (_: ArithmeticException) {
            throw WasmtimeException.Range("the clock's $which is $given: expected $expected")
        }

    /** Sets [randomSeed], from Java: `new WasiConfig().randomSeed(7)`. */
    public fun randomSeed(seed: Long): WasiConfig = apply { randomSeed = seed }

    /** Sets [maxTransfer], from Java: `new WasiConfig().maxTransfer(1 << 30)`. */
    public fun maxTransfer(bytes: Long): WasiConfig = apply { maxTransfer = bytes }

    /** Sets [maxHttpBody], from Java: `new WasiConfig().maxHttpBody(1 << 20)`. */
    public fun maxHttpBody(bytes: Long): WasiConfig = apply { maxHttpBody = bytes }

    /** The environment variables of this process that no other one replaces. */
    private fun inherited(): List<RawEnvVar> {
        if (!raw.inheritEnv) return emptyList()
        val own = raw.env.mapTo(HashSet()) { it.name.decodeToString() }
        return System
            .getenv()
            .filterKeys { it.isNotEmpty() && '=' !in it && it !in own }
            .map { RawEnvVar(it.key.utf8(), it.value.utf8()) }
    }

    private fun kept(sink: OutputSink): RawOutput {
        callbacks += sink
        return RawOutput.Sink(Sink(sink))
    }

    /** What guests get: the arguments, the names of variables, and the directories as guests know them. */
    override fun toString(): String {
        val directories = raw.preopens.map { it.guestPath } + raw.memoryPreopens.map { it.guestPath }
        return "WasiConfig(argv=${raw.argv}, env=${raw.env.map { it.name.decodeToString() }}, preopens=$directories)"
    }

    @JvmSynthetic
    internal fun toRaw(store: Store): Raw =
        raw.copy(
            // Those of this process are in it: Java has a copy of them, which nothing changes.
            env = inherited() + raw.env,
            inheritEnv = false,
            stdin = raw.stdin ?: servedInput?.let { RawInput.Async(inputPort(store, it)) },
            stdout = raw.stdout ?: servedOutput?.let { RawOutput.Async(outputPort(store, it)) },
            stderr = raw.stderr ?: servedError?.let { RawOutput.Async(outputPort(store, it)) },
        )
}

/** What there is to read: at least a byte, unless the stream has ended. */
private fun InputStream.readUpTo(most: Int): ByteArray {
    val bytes = ByteArray(most)
    val count = read(bytes)
    return if (count <= 0) ByteArray(0) else bytes.copyOf(count)
}

/** Gives guests their standard input: a lambda of Kotlin or Java. */
public fun interface InputSource {
    /**
     * Gives the next bytes, [most] of them at most, or none at the end. The guest waits meanwhile, and its store is in
     * use: to use it fails with `Busy`. With more bytes than [most] the guest's call fails with `Range`. Whatever this
     * throws comes out of the call that ran the guest, as the very same object.
     */
    @Throws(Exception::class)
    public fun read(most: Int): ByteArray
}

/** Gets what guests write to their standard output or error: a lambda of Kotlin or Java. */
public fun interface OutputSink {
    /**
     * Gets the next bytes, which are its own from then on. The guest's store is in use meanwhile: to use it fails with
     * `Busy`. Whatever this throws comes out of the call that ran the guest, as the very same object.
     */
    @Throws(Exception::class)
    public fun write(bytes: ByteArray)
}

/** Collects in memory what guests write to their standard output or error. Several stores may share one. */
public class OutputPipe private constructor(raw: RawOutputPipe) {
    @get:JvmSynthetic
    internal val raw: RawOutputPipe = raw
        get() = made(field)

    /**
     * Makes a pipe that has nothing yet. With a [capacity], in bytes, 0 or more, a guest that would write past it fails
     * to; without one, there is no bound. Fails with `Range` for a number below 0.
     */
    @JvmOverloads
    public constructor(capacity: Long? = null) :
        this(core { RawOutputPipe(capacity?.let { natural(it, "the capacity") }) })

    /** The same, from Java: `new OutputPipe(1024)`. */
    public constructor(capacity: Long) : this(nullable(capacity))

    /** What was written. It stays there. Fails with `Limit` if the process has no room for a copy. */
    public fun contents(): ByteArray = core { raw.contents() }

    /** What was written, which is no longer there then. */
    public fun take(): ByteArray = core { raw.take() }

    /** What was written, as UTF-8: where it is none, with replacement characters. It stays there. */
    public fun text(): String = contents().decodeToString()

    /** How many bytes it has. */
    override fun toString(): String = shown("OutputPipe") { ", ${contents().size} bytes" }
}
