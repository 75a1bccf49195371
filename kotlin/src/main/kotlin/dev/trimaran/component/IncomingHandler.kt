package dev.trimaran.component

import dev.trimaran.HttpHeader
import dev.trimaran.OutputSink
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.core
import dev.trimaran.internal.RequestBody
import dev.trimaran.internal.Sink
import dev.trimaran.internal.keepReachable
import dev.trimaran.milliseconds
import dev.trimaran.whole
import java.io.ByteArrayInputStream
import java.io.InputStream
import java.io.OutputStream
import java.util.function.Supplier
import kotlin.time.Duration
import dev.trimaran.internal.ffi.ComponentServing as RawServing
import dev.trimaran.internal.ffi.HttpBody as RawHttpBody
import dev.trimaran.internal.ffi.HttpHeader as RawHttpHeader
import dev.trimaran.internal.ffi.ServedRequest as RawServedRequest
import java.time.Duration as JavaDuration

/**
 * A request that a component is to answer.
 *
 * ```kotlin
 * val request = IncomingRequest("POST", "/orders?new", authority = "example.com", body = "{}".byteInputStream())
 * ```
 */
public class IncomingRequest @JvmOverloads constructor(
    /** The method, such as `GET`. */
    public val method: String,
    /** The path, which begins with a slash, and the query. */
    public val pathWithQuery: String,
    headers: List<HttpHeader> = emptyList(),
    /** The body. It is read while the guest reads, and not closed. What it throws ends the guest, and comes out of [IncomingHandler.handle]. */
    public val body: InputStream = ByteArrayInputStream(ByteArray(0)),
    /** The host, and the port where it is not that of the scheme: what the header `Host` says. */
    public val authority: String = "localhost",
    /** `http` or `https`. */
    public val scheme: String = "http",
) {
    /** The headers. A guest does not see those that belong to the connection. */
    public val headers: List<HttpHeader> = headers.toList().whole("header")

    /** The method and the path. */
    override fun toString(): String = "$method $pathWithQuery"
}

/** The head of a component's response. */
public class ResponseHead internal constructor(
    /** The status, such as 200. */
    public val status: Int,
    /** The headers in their order, their names in lower case. Those that belong to the connection are not among them. */
    public val headers: List<HttpHeader>,
    /** How many bytes the body will have, where the guest has said so: by `content-length`, or as it has no body; null otherwise. */
    public val bodySize: Long?,
) {
    /** The status and the headers. */
    override fun toString(): String = "ResponseHead($status, $headers)"
}

/** Takes the head of a component's response: a lambda of Kotlin or Java, for [IncomingHandler.handle]. */
public fun interface Responder {
    /** Takes the [head], and gives what takes the pieces of the body. Nothing closes that. */
    @Throws(Exception::class)
    public fun respond(head: ResponseHead): OutputStream
}

/**
 * A component that answers HTTP requests: one of the world `wasi:http/proxy`.
 *
 * ```kotlin
 * val handler = IncomingHandler(linker.instantiatePre(component), timeout = 5.seconds) { Store(engine) }
 * handler.handle(IncomingRequest("GET", "/written")) { head ->
 *     println(head.status)
 *     System.out
 * }
 * ```
 *
 * Each request has a store of its own, which is closed behind it, and so an instance of its own. Several threads may use one
 * handler. The engine needs [dev.trimaran.Config.epochInterruption], as `Config.untrusted()` has: a guest ends when its time is over.
 */
public class IncomingHandler private constructor(
    private val pre: InstancePre,
    private val milliseconds: Long?,
    private val store: Supplier<Store>,
) {
    /**
     * Has the component of [pre] answer; [Linker.defineWasi] defines what it imports. [store] makes the store of a request, with its
     * limits and what its guest may use by WASI. [timeout] is how long a request may take with everything: the guest, and the waits
     * for its client. Fails with `NotFound` where the component does not export `wasi:http/incoming-handler` of WASI 0.2.
     */
    public constructor(pre: InstancePre, timeout: Duration = Duration.INFINITE, store: () -> Store) :
        this(pre, timeout.milliseconds(), Supplier(store))

    /** The same, as with a duration of Kotlin; null is no limit. */
    public constructor(pre: InstancePre, timeout: JavaDuration?, store: Supplier<Store>) :
        this(pre, timeout?.milliseconds(), store)

    init {
        pre.checkHandler()
    }

    /**
     * Has the component answer a [request] in this thread. Gives the trailers of the response.
     *
     * [respond] is called as soon as the guest has set the head, and the stream that it gives takes each piece of the body while the
     * guest writes on. The guest waits for both. What they throw ends it, and comes out of here as the very same object: throw there
     * when the client has gone.
     *
     * Fails with `Trap` where the guest traps, and with `TimeLimit` where its time is over; with `Type` where it gives no answer, an
     * error code, or a body that it does not finish; with `Limit` where the headers take too much; with `Config` where the engine has
     * no epoch interruption; and with what the store fails with. If [respond] was not called until then, answer with a status of 500.
     */
    public fun handle(request: IncomingRequest, respond: Responder): List<HttpHeader> {
        val reply = Reply(respond)
        val body = RequestBody(request.body)
        val raw =
            RawServedRequest(
                request.method,
                request.scheme,
                request.authority,
                request.pathWithQuery,
                request.headers.map { RawHttpHeader(it.name, it.value) },
                RawHttpBody.Source(body),
                Sink(reply),
            )
        val serving = core { RawServing(raw) }
        reply.serving = serving
        // A supplier of Java's may give null.
        val made: Store? = store.get()
        val store = made ?: throw WasmtimeException.Type("what makes a store gave null: expected a store")
        try {
            store.use {
                val time = milliseconds?.let(JavaDuration::ofMillis)
                store.withDeadline(time) { pre.serve(serving, store) }
            }
            return core { serving.trailers() }.map { HttpHeader(it.name, it.value) }
        } finally {
            // The library has weak references to it.
            keepReachable(reply)
        }
    }

    /** What it is. */
    override fun toString(): String = "IncomingHandler($pre)"
}

/** What takes a response: the library gives it an empty piece when the head is there, and then those of the body. */
private class Reply(private val respond: Responder) : OutputSink {
    lateinit var serving: RawServing
    private var body: OutputStream? = null

    override fun write(bytes: ByteArray) {
        val to = body
        if (to != null) {
            if (bytes.isNotEmpty()) to.write(bytes)
            return
        }
        val raw = core { serving.response() } ?: return
        val headers = raw.headers.map { HttpHeader(it.name, it.value) }
        // A lambda of Java's may give null.
        val given: OutputStream? = respond.respond(ResponseHead(raw.status.toInt(), headers, raw.bodySize?.toLong()))
        body = given ?: throw WasmtimeException.Type("what takes a response gave null: expected a stream for its body")
    }
}
