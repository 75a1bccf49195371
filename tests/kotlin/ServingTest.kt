package dev.trimaran.tests

import com.sun.net.httpserver.HttpServer
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.HttpHeader
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.IncomingHandler
import dev.trimaran.component.IncomingRequest
import dev.trimaran.component.JdkHttpHandler
import dev.trimaran.component.Linker
import dev.trimaran.component.Responder
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors
import java.util.function.Supplier
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.net.http.HttpRequest as JavaRequest
import java.time.Duration as JavaDuration

/** Components that answer HTTP requests. What all languages share is in `tests/cases/component/serving.json`. */
class ServingTest {
    private val engine =
        Engine(
            Config().apply {
                target = System.getenv("TRIMARAN_TEST_TARGET")
                epochInterruption = true
            },
        )
    private val pre =
        Linker(engine)
            .apply { defineWasi() }
            .instantiatePre(Component.fromFile(engine, root.resolve("tests/modules/component_serve.wat")))
    private val stores = CopyOnWriteArrayList<Store>()

    private fun handler(timeout: Duration) = IncomingHandler(pre, timeout) { Store(engine).also(stores::add) }

    private fun <R> serving(timeout: Duration = 30.seconds, use: (Int) -> R): R {
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        val threads = Executors.newCachedThreadPool()
        server.executor = threads
        server.createContext("/", JdkHttpHandler(handler(timeout)))
        server.start()
        try {
            return use(server.address.port)
        } finally {
            server.stop(0)
            threads.shutdownNow()
        }
    }

    private fun ask(port: Int, path: String, body: ByteArray = ByteArray(0), method: String = "POST") =
        HttpClient.newHttpClient().send(
            JavaRequest
                .newBuilder(URI("http://127.0.0.1:$port$path"))
                .header("x-echo", "here")
                .timeout(JavaDuration.ofSeconds(60))
                .method(method, JavaRequest.BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofByteArray(),
        )

    /** Reads while it sends: the guest would wait for its client otherwise, and the client for the guest. */
    private fun echoed(port: Int, body: ByteArray): ByteArray =
        Socket(InetAddress.getLoopbackAddress(), port).use { client ->
            val head = "POST /echo HTTP/1.0\r\nHost: a\r\nContent-Length: ${body.size}\r\n\r\n".toByteArray()
            val sending = Thread { client.getOutputStream().write(head + body) }.apply { start() }
            val all = client.getInputStream().readAllBytes()
            sending.join()
            // Latin 1 has a character for each byte.
            val start = all.toString(Charsets.ISO_8859_1).indexOf("\r\n\r\n") + 4
            all.copyOfRange(start, all.size)
        }

    private fun soon(holds: () -> Boolean) {
        val end = System.nanoTime() + 10_000_000_000
        while (!holds()) {
            assertTrue(System.nanoTime() < end, "it does not come to hold")
            Thread.sleep(10)
        }
    }

    @Test
    fun `a request goes to the guest and its response to the client`() {
        serving { port ->
            val response = ask(port, "/echo?a=b", "hello".toByteArray())
            assertEquals(200, response.statusCode())
            assertEquals("hello", response.body().decodeToString())
            assertEquals(
                listOf("yes", "here"),
                listOf("x-guest", "x-echo").map {
                    response.headers().firstValue(it).get()
                },
            )
            assertEquals("127.0.0.1:$port", ask(port, "/authority").body().decodeToString())
            assertEquals("text", ask(port, "/written", method = "GET").body().decodeToString())
            assertEquals(204, ask(port, "/bare", method = "DELETE").statusCode())
            assertEquals(0, ask(port, "/written", method = "HEAD").body().size)
            val large = ByteArray(10 shl 20) { it.toByte() }
            assertArrayEquals(large, echoed(port, large))
        }
        assertEquals(6, stores.size)
        assertTrue(stores.all { it.isClosed })
    }

    @Test
    fun `what is no answer is a status of 500, and what was begun breaks off`() {
        serving(1.seconds) { port ->
            for (path in listOf(
                "/never",
                "/code",
                "/trap",
                "/spin",
            )) {
                assertEquals(500, ask(port, path).statusCode(), path)
            }
            for (path in listOf("/unfinished", "/kept", "/late")) assertThrows<IOException>(path) { ask(port, path) }
            assertEquals("text", ask(port, "/written").body().decodeToString())
        }
        assertTrue(stores.all { it.isClosed })
    }

    @Test
    fun `a client that hangs up stops a guest that writes`() {
        serving(60.seconds) { port ->
            Socket(InetAddress.getLoopbackAddress(), port).use { client ->
                client.getOutputStream().write("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n".toByteArray())
                assertTrue(client.getInputStream().read() > 0)
                assertEquals(false, stores.single().isClosed)
            }
            soon { stores.single().isClosed }
        }
    }

    @Test
    fun `the very exception comes out`() {
        val gone = IOException("gone")
        val throws = Responder { throw gone }
        val broken =
            object : OutputStream() {
                override fun write(byte: Int) = throw gone
            }
        val begun =
            object : InputStream() {
                override fun read(): Int = throw gone
            }
        val handler = handler(Duration.INFINITE)
        val asked =
            listOf(
                IncomingRequest("GET", "/bare") to throws,
                IncomingRequest("GET", "/flood") to Responder { broken },
                IncomingRequest("POST", "/echo", body = begun) to Responder { OutputStream.nullOutputStream() },
            )
        for ((request, respond) in asked) {
            assertSame(gone, assertThrows<IOException> { handler.handle(request, respond) })
        }
        assertTrue(stores.all { it.isClosed })
    }

    @Test
    fun `a virtual thread and Java's durations`() {
        val supplier = Supplier { Store(engine).also(stores::add) }
        val handler = IncomingHandler(pre, JavaDuration.ofMillis(200), supplier)
        val nobody = Responder { OutputStream.nullOutputStream() }
        assertThrows<WasmtimeException.TimeLimit> { handler.handle(IncomingRequest("GET", "/spin"), nobody) }
        assertEquals(listOf(HttpHeader("x-end", "yes")), handler.handle(IncomingRequest("POST", "/echo"), nobody))
        assertTrue("$handler".startsWith("IncomingHandler(InstancePre"))
        assertEquals("GET /a", "${IncomingRequest("GET", "/a")}")
    }

    @Test
    fun `what Java gives as null is a mistake`() {
        val none = IncomingHandler(pre, null as JavaDuration?, java<Store>())
        val request = IncomingRequest("GET", "/bare")
        val nobody = Responder { OutputStream.nullOutputStream() }
        assertTrue("gave null" in assertThrows<WasmtimeException.Type> { none.handle(request, nobody) }.message)
        val spin = handler(100.milliseconds)
        assertThrows<WasmtimeException.Trap> { spin.handle(IncomingRequest("GET", "/spin"), nobody) }
    }

    @Suppress("UNCHECKED_CAST")
    private fun <T> java(): Supplier<T> = Supplier<Any?> { null } as Supplier<T>
}
