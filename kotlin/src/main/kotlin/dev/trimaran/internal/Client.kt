package dev.trimaran.internal

import dev.trimaran.HttpException
import dev.trimaran.HttpHandler
import dev.trimaran.HttpHeader
import dev.trimaran.HttpRequest
import dev.trimaran.HttpResponse
import java.io.IOException
import java.io.InputStream
import java.net.ConnectException
import java.net.InetAddress
import java.net.ProtocolException
import java.net.URI
import java.net.UnknownHostException
import java.net.http.HttpClient
import java.net.http.HttpConnectTimeoutException
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpTimeoutException
import java.security.Security
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import javax.net.ssl.SSLException
import javax.net.ssl.SSLHandshakeException
import java.net.http.HttpRequest as JavaRequest
import java.net.http.HttpResponse as JavaResponse

/** The HTTP client of the command line: it sends the requests that `--http-allow` permits. It follows no redirect. */
@IfPresent
internal object Client : HttpHandler {
    /** How often a guest that waits is looked at, whose time may be over, in milliseconds. */
    private const val SLICE = 50L

    init {
        // The client looks names up again. It is given the addresses that were checked: the process keeps them from the first look on.
        Security.setProperty("networkaddress.cache.ttl", "-1")
    }

    override fun handle(request: HttpRequest): HttpResponse {
        val permitted =
            try {
                InetAddress.getAllByName(request.host).all { request.permits(it) }
            } catch (_: UnknownHostException) {
                throw HttpException("DNS-error")
            }
        if (!permitted) throw HttpException("destination-IP-prohibited")
        val response =
            codes { waited(request, client(request).sendAsync(asked(request), BodyHandlers.ofInputStream())) }
        return HttpResponse(response.statusCode(), headers(response), Body(response.body(), request))
    }

    private fun client(request: HttpRequest): HttpClient {
        val builder =
            HttpClient
                .newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                // A proxy would look names up by itself.
                .proxy(HttpClient.Builder.NO_PROXY)
        request.connectTimeout?.let { if (!it.isZero) builder.connectTimeout(it) }
        return builder.build()
    }

    private fun asked(request: HttpRequest): JavaRequest {
        val hasBody = request.bodySize > 0 || request.method !in listOf("GET", "HEAD")
        val body = if (hasBody) BodyPublishers.ofByteArray(request.readAll()) else BodyPublishers.noBody()
        val uri =
            try {
                URI(request.url)
            } catch (error: java.net.URISyntaxException) {
                throw HttpException("HTTP-request-URI-invalid", cause = error)
            }
        val asked = JavaRequest.newBuilder(uri).method(request.method, body)
        // The client counts the body itself.
        for (header in request.headers) {
            if (header.name !in listOf("content-length", "expect")) asked.header(header.name, header.text)
        }
        request.firstByteTimeout?.let { if (!it.isZero) asked.timeout(it) }
        return asked.build()
    }

    private fun headers(response: JavaResponse<*>): List<HttpHeader> =
        response.headers().map().flatMap { (name, values) -> values.map { HttpHeader(name, it) } }

    /** The body of a response, which is read on a thread of its own: a read may wait, and the guest's time may be over. */
    @IfPresent
    private class Body(private val stream: InputStream, private val request: HttpRequest) : InputStream() {
        override fun read(): Int = throw UnsupportedOperationException("the library reads pieces")

        override fun read(to: ByteArray, offset: Int, count: Int): Int =
            codes(otherwise = "HTTP-response-incomplete") {
                waited(request, CompletableFuture.supplyAsync { stream.read(to, offset, count) })
            }

        override fun close() = stream.close()
    }

    /** What the [future] gives, unless the guest has to end before. */
    private fun <T> waited(request: HttpRequest, future: CompletableFuture<T>): T {
        while (true) {
            try {
                return future.get(SLICE, TimeUnit.MILLISECONDS)
            } catch (_: TimeoutException) {
                request.check()
            } catch (error: ExecutionException) {
                throw error.cause ?: error
            }
        }
    }

    /** Turns Java's errors into the codes of `wasi:http`. */
    private inline fun <T> codes(otherwise: String = "connection-terminated", call: () -> T): T =
        try {
            call()
        } catch (error: IllegalArgumentException) {
            throw HttpException("HTTP-request-URI-invalid", cause = error)
        } catch (error: IOException) {
            val code =
                when (error) {
                    is HttpConnectTimeoutException -> "connection-timeout"
                    is HttpTimeoutException -> "connection-read-timeout"
                    is SSLHandshakeException -> "TLS-certificate-error"
                    is SSLException -> "TLS-protocol-error"
                    is ConnectException -> "connection-refused"
                    is ProtocolException -> "HTTP-protocol-error"
                    else -> otherwise
                }
            throw HttpException(code, cause = error)
        }
}
