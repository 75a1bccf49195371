package dev.trimaran.component

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpHandler
import dev.trimaran.HttpHeader
import dev.trimaran.internal.IfPresent
import java.io.OutputStream

/**
 * A component as a handler of the JDK's `HttpServer`, in the module `jdk.httpserver`.
 *
 * ```kotlin
 * val server = HttpServer.create(InetSocketAddress(0), 0)
 * server.executor = Executors.newFixedThreadPool(16)
 * server.createContext("/", JdkHttpHandler(handler))
 * server.start()
 * ```
 *
 * The guest runs in the server's thread, and bodies are streamed both ways. This server says that a client has hung up when
 * somebody writes to it: a guest that writes ends then, and the time limit of the [IncomingHandler] ends one that does not.
 * What [IncomingHandler.handle] throws is a status of 500 where the head was not sent, and breaks the response off otherwise;
 * the server gets it as well, and logs it.
 */
@IfPresent
public class JdkHttpHandler(private val handler: IncomingHandler) : HttpHandler {
    /** Has the component answer the request of that [exchange]. */
    override fun handle(exchange: HttpExchange) {
        var hasBegun = false
        try {
            handler.handle(request(exchange)) { head ->
                hasBegun = true
                respond(exchange, head)
            }
            // A response that was not finished must not look like one: it is closed here alone.
            exchange.responseBody.close()
        } catch (error: Throwable) {
            if (!hasBegun) exchange.sendResponseHeaders(FAILED, NO_BODY)
            throw error
        } finally {
            exchange.requestBody.close()
        }
    }

    private fun request(exchange: HttpExchange): IncomingRequest {
        val headers = exchange.requestHeaders.flatMap { (name, values) -> values.map { HttpHeader(name, it) } }
        val address = exchange.localAddress
        val uri = exchange.requestURI
        val query = uri.rawQuery?.let { "?$it" }.orEmpty()
        return IncomingRequest(
            exchange.requestMethod,
            uri.rawPath.ifEmpty { "/" } + query,
            headers,
            exchange.requestBody,
            exchange.requestHeaders.getFirst("Host") ?: "${address.hostString}:${address.port}",
            if (exchange is com.sun.net.httpserver.HttpsExchange) "https" else "http",
        )
    }

    private fun respond(exchange: HttpExchange, head: ResponseHead): OutputStream {
        for (header in head.headers) {
            // The server says this itself.
            if (header.name != "content-length") exchange.responseHeaders.add(header.name, header.text)
        }
        val size = head.bodySize
        val hasBody = exchange.requestMethod != "HEAD" && head.status != NO_CONTENT && head.status != NOT_MODIFIED
        // As the server has it, 0 is a body of any size.
        val length = if (!hasBody || size == 0L) NO_BODY else size ?: 0
        exchange.sendResponseHeaders(head.status, length)
        return if (hasBody) exchange.responseBody else OutputStream.nullOutputStream()
    }

    /** The component that answers. */
    override fun toString(): String = "JdkHttpHandler($handler)"

    private companion object {
        const val FAILED = 500
        const val NO_CONTENT = 204
        const val NOT_MODIFIED = 304
        const val NO_BODY = -1L
    }
}
