package dev.trimaran

import dev.trimaran.internal.ResponseBody
import dev.trimaran.internal.ffi.httpHeaderValue
import java.io.ByteArrayInputStream
import java.io.InputStream
import java.net.InetAddress
import java.time.Duration
import dev.trimaran.internal.ffi.HttpBody as RawHttpBody
import dev.trimaran.internal.ffi.HttpHeader as RawHttpHeader
import dev.trimaran.internal.ffi.HttpRequest as RawHttpRequest
import dev.trimaran.internal.ffi.HttpRequestHead as RawHttpRequestHead
import dev.trimaran.internal.ffi.HttpResponse as RawHttpResponse

/** Answers the HTTP requests of components: a lambda of Kotlin or Java, for [WasiConfig.http]. */
public fun interface HttpHandler {
    /**
     * Answers a [request]. The guest waits meanwhile, and its store is in use: to use it fails with `Busy`. Throw an
     * [HttpException] to give the guest an error code. Whatever else this throws comes out of the call that ran the guest,
     * as the very same object.
     */
    @Throws(Exception::class)
    public fun handle(request: HttpRequest): HttpResponse
}

/** A header of HTTP. The value is bytes, since those of servers need not be text. */
public class HttpHeader(
    /** Its name. Those of requests are in lower case. */
    public val name: String,
    /** Its value. */
    public val value: ByteArray,
) {
    /**
     * A header with text in ISO 8859-1, of which ASCII is a part. Fails with `Encoding` for text with any other
     * character.
     */
    public constructor(name: String, text: String) : this(name, core { httpHeaderValue(name, text) })

    /** The value as text, in ISO 8859-1. */
    public val text: String get() = value.toString(Charsets.ISO_8859_1)

    /** Whether the [other] has the same name and the same value. */
    override fun equals(other: Any?): Boolean =
        other is HttpHeader && name == other.name && value.contentEquals(other.value)

    /** Of the name and the value. */
    override fun hashCode(): Int = 31 * name.hashCode() + value.contentHashCode()

    /** The name and the value, as text. */
    override fun toString(): String = "$name: $text"
}

/**
 * What a component asks for by HTTP. The guest has finished the body when the handler is called: it is all here, and [read]
 * gives it in pieces. Any thread may use it.
 */
public class HttpRequest private constructor(raw: RawHttpRequest) {
    @get:JvmSynthetic
    internal val raw: RawHttpRequest = raw
        get() = made(field)

    private val head: RawHttpRequestHead = core(raw) { raw.head() }
        get() = made(field)

    /** The method, such as `GET`. */
    public val method: String get() = head.method

    /** The scheme: `http`, or `https`, which it is where the guest says none. */
    public val scheme: String get() = head.scheme

    /** The host, in lower case and without the brackets of an IPv6 address. */
    public val host: String get() = head.host

    /** The port; that of the scheme where the guest says none. */
    public val port: Int get() = head.port.toInt()

    /** The host and the port as the guest said them. There is no user's name in it: such a request fails in the guest. */
    public val authority: String get() = head.authority

    /** The path, which begins with a slash, and the query. */
    public val pathWithQuery: String get() = head.pathWithQuery

    /** All of that: `https://example.com/path?query`. */
    public val url: String get() = "$scheme://$authority$pathWithQuery"

    /**
     * The headers, in their order. Those that belong to the connection are not among them: `Host`, `Connection`,
     * `Transfer-Encoding` and the like, which a guest cannot set.
     */
    public val headers: List<HttpHeader> get() = head.headers.map { HttpHeader(it.name, it.value) }

    /** How many bytes the body has. */
    public val bodySize: Long get() = head.bodySize.toLong()

    /** How long the guest waits for the connection; null is as long as it takes. */
    public val connectTimeout: Duration? get() = head.connectTimeout?.let(::duration)

    /** How long the guest waits for the first byte of the response. */
    public val firstByteTimeout: Duration? get() = head.firstByteTimeout?.let(::duration)

    /** How long the guest waits between two pieces of the response's body. */
    public val betweenBytesTimeout: Duration? get() = head.betweenBytesTimeout?.let(::duration)

    /**
     * The next bytes of the body, [most] of them at most, or none at its end. Fails with `Limit` where the process has no room
     * for them, and with `Range` for a number below 0.
     */
    public fun read(most: Int): ByteArray = core(raw) { raw.read(natural(most.toLong(), "most")) }

    /** All of the body that was not read yet. Fails with `Limit` where the process has no room for it. */
    public fun readAll(): ByteArray = core(raw) { raw.read(head.bodySize) }

    /** The body that was not read yet, as a stream. */
    public fun stream(): InputStream = ByteArrayInputStream(readAll())

    /**
     * Fails with `Trap`, the one that the guest is to end with, if its time is over or somebody has interrupted it. Nothing
     * else interrupts a handler that waits: one that takes long calls this now and then.
     */
    public fun check(): Unit = core(raw) { raw.check() }

    /** The method and the address. */
    override fun toString(): String = "$method $url"

    /** Whether `--http-allow` of the command line permits that address for this request. */
    @JvmSynthetic
    internal fun permits(address: InetAddress): Boolean = core(raw) { raw.permits(address.hostAddress) }

    @JvmSynthetic
    internal fun fail(failure: HttpException): Unit = core(raw) { raw.fail(failure.code, failure.detail) }

    @JvmSynthetic
    internal fun answer(handler: HttpHandler) {
        val response: HttpResponse? =
            try {
                handler.handle(this)
            } catch (failure: HttpException) {
                return fail(failure)
            }
        // A handler of Java's may give null.
        val given = response ?: throw WasmtimeException.Type("the HTTP handler gave null: expected a response")
        try {
            core(raw) { raw.respond(given.toRaw(this)) }
        } catch (error: Throwable) {
            given.close()
            throw error
        }
    }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: RawHttpRequest): HttpRequest = HttpRequest(raw)
    }
}

private fun duration(nanoseconds: ULong): Duration =
    // A time of more than 292 years is one for ever.
    Duration.ofNanos(if (nanoseconds > Long.MAX_VALUE.toULong()) Long.MAX_VALUE else nanoseconds.toLong())

/**
 * What an [HttpHandler] answers with.
 *
 * ```kotlin
 * HttpResponse(200, listOf(HttpHeader("content-type", "text/plain")), "hello")
 * ```
 */
public class HttpResponse private constructor(
    /** The status, such as 200. */
    public val status: Int,
    /** The headers. A guest does not see those that belong to the connection. */
    public val headers: List<HttpHeader>,
    private val bytes: ByteArray?,
    private val stream: InputStream?,
    /** The trailers, which a guest finds behind the body. */
    public val trailers: List<HttpHeader>,
) {
    /**
     * A response whose body is bytes. Fails with `Range` for a status that is none, and with `Type` for a header that is
     * null.
     */
    @JvmOverloads
    public constructor(
        status: Int,
        headers: List<HttpHeader> = emptyList(),
        body: ByteArray = ByteArray(0),
        trailers: List<HttpHeader> = emptyList(),
    ) : this(checked(status), whole(headers, "header"), body.copyOf(), null, whole(trailers, "trailer"))

    /** A response whose body is text, in UTF-8. Fails as for bytes. */
    @JvmOverloads
    public constructor(
        status: Int,
        headers: List<HttpHeader>,
        body: String,
        trailers: List<HttpHeader> = emptyList(),
    ) : this(checked(status), whole(headers, "header"), body.utf8(), null, whole(trailers, "trailer"))

    /**
     * A response whose body is what a stream has. It is read while the guest reads, and closed at the end. What it throws then
     * comes out of the guest's call, but for an [HttpException], which ends the body for the guest. Fails as for bytes.
     */
    @JvmOverloads
    public constructor(
        status: Int,
        headers: List<HttpHeader>,
        body: InputStream,
        trailers: List<HttpHeader> = emptyList(),
    ) : this(checked(status), whole(headers, "header"), null, body, whole(trailers, "trailer"))

    /** The status and the headers: the body may be a stream, which only the guest reads. */
    override fun toString(): String = "HttpResponse($status, $headers)"

    @JvmSynthetic
    internal fun toRaw(request: HttpRequest): RawHttpResponse {
        val body =
            stream?.let { RawHttpBody.Source(ResponseBody(it, request)) } ?: RawHttpBody.Bytes(bytes ?: ByteArray(0))
        return RawHttpResponse(status.toUShort(), headers.map(::raw), body, trailers.map(::raw))
    }

    @JvmSynthetic
    internal fun close() {
        stream?.close()
    }
}

private fun raw(header: HttpHeader) = RawHttpHeader(header.name, header.value)

/** A copy of a list of headers, in which nothing is null. */
private fun whole(headers: List<HttpHeader>, what: String): List<HttpHeader> = headers.toList().whole(what)

private fun checked(status: Int): Int {
    if (status in 100..999) return status
    throw WasmtimeException.Range("the status of an HTTP response is $status: expected 100 to 999")
}

/**
 * What an [HttpHandler] throws to give the guest an error code of `wasi:http`, by its name in the WIT: `connection-refused`,
 * `HTTP-request-denied`.
 *
 * The [detail] is for codes that have a text: `DNS-error`, `TLS-alert-received`, `HTTP-response-transfer-coding`,
 * `HTTP-response-content-coding` and `internal-error`. A name that is none, and a detail with another code, end the guest with
 * `Config`.
 */
public class HttpException @JvmOverloads constructor(
    /** The code, as the WIT names it. */
    public val code: String,
    /** The text that goes with the code, if there is one. */
    public val detail: String? = null,
    cause: Throwable? = null,
) : Exception(if (detail == null) code else "$code: $detail", cause)
