package dev.trimaran.tests

import dev.trimaran.HttpException
import dev.trimaran.HttpHandler
import dev.trimaran.HttpHeader
import dev.trimaran.HttpRequest
import dev.trimaran.HttpResponse
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Err
import dev.trimaran.component.Linker
import dev.trimaran.component.Ok
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.ByteArrayInputStream
import java.io.IOException
import java.io.InputStream

/** HTTP requests of components. What all languages share is in `tests/cases/component/http.json`. */
class HttpTest {
    private val engine = engine()
    private val component = Component.fromFile(engine, root.resolve("tests/modules/component_http.wat"))

    private class Stream(bytes: ByteArray) : ByteArrayInputStream(bytes) {
        var isClosed = false

        override fun close() {
            isClosed = true
        }
    }

    private fun <R> guest(handler: HttpHandler, use: (Store, dev.trimaran.component.Instance) -> R): R =
        Store(engine).use { store ->
            store.setWasi { http(handler) }
            use(store, Linker(engine).apply { defineWasi() }.instantiate(store, component))
        }

    /** The body of the response, or the number of the error code. */
    private fun fetch(body: String = "", handler: HttpHandler): Any? =
        guest(handler) { store, guest ->
            val result = guest.func(store, "fetch")(store, "Example.com:81", "/a?b", body.toByteArray(), true)
            when (result) {
                is Ok -> (result.value as ByteArray).drop(2).toByteArray().decodeToString()
                is Err -> (result.error as UByte).toInt()
                else -> error("no result")
            }
        }

    @Test
    fun `a request has everything`() {
        lateinit var seen: HttpRequest
        val text =
            fetch("hello") { request ->
                seen = request
                HttpResponse(200, emptyList(), request.read(3) + request.stream().readBytes())
            }
        assertEquals("hello", text)
        val parts = listOf(seen.method, seen.scheme, seen.host, seen.authority, seen.pathWithQuery)
        assertEquals(listOf("POST", "https", "example.com", "Example.com:81", "/a?b"), parts)
        assertEquals("POST https://Example.com:81/a?b", seen.toString())
        assertEquals(81 to 5L, seen.port to seen.bodySize)
        assertEquals(listOf(HttpHeader("x-guest", "yes")), seen.headers)
        assertEquals(
            listOf(null, null, null),
            listOf(seen.connectTimeout, seen.firstByteTimeout, seen.betweenBytesTimeout),
        )
        assertArrayEquals(ByteArray(0), seen.readAll())
        seen.check()
        assertThrows<WasmtimeException.Range> { seen.read(-1) }
    }

    @Test
    fun `a body may be a stream, which is closed`() {
        val stream = Stream(ByteArray(200_000) { 'x'.code.toByte() })
        assertEquals("x".repeat(200_000), fetch { HttpResponse(200, emptyList(), stream) })
        assertTrue(stream.isClosed)
        val dropped = Stream(ByteArray(1))
        guest({ HttpResponse(200, emptyList(), dropped) }) { store, guest ->
            guest.func(store, "header")(store, "example.com", "x")
        }
        assertTrue(dropped.isClosed)
    }

    @Test
    fun `a body that breaks off is an error code or what was thrown`() {
        val thrown = IOException("half")
        var closed = 0

        fun broken(error: Exception) =
            object : InputStream() {
                override fun read() = throw error

                override fun close() {
                    closed += 1
                }
            }
        assertEquals(6, fetch { HttpResponse(200, emptyList(), broken(HttpException("connection-refused"))) })
        val caught = assertThrows<IOException> { fetch { HttpResponse(200, emptyList(), broken(thrown)) } }
        assertSame(thrown, caught)
        assertEquals(2, closed)
    }

    @Test
    fun `a store is busy while its handler runs`() {
        guest({ throw IllegalStateException() }) { other, _ -> other.gc() }
        lateinit var store: Store
        val handler =
            HttpHandler {
                assertThrows<WasmtimeException.Busy> { store.gc() }
                HttpResponse(200, emptyList(), "Busy")
            }
        val text =
            guest(handler) { made, guest ->
                store = made
                guest.func(store, "fetch")(store, "h", "/", ByteArray(0), false)
            }
        assertEquals("Busy", ((text as Ok).value as ByteArray).drop(2).toByteArray().decodeToString())
    }

    @Test
    fun `a status that is none is refused at once`() {
        assertThrows<WasmtimeException.Range> { HttpResponse(99) }
    }

    @Test
    fun `the text of a header is in Latin-1`() {
        assertEquals("p\u00fcr\u00ff", HttpHeader("a", "p\u00fcr\u00ff").text)
        for ((text, point) in listOf("\u00fc\u2603" to "U+2603", "a\uD83D\uDE00" to "U+1F600", "a\u0100" to "U+0100")) {
            val problem =
                "the text of the header `%a` has the character $point, which ISO 8859-1 does not have: give bytes"
            assertEquals(1, fails<WasmtimeException.Encoding>(problem) { HttpHeader("%a", text) }.offset)
        }
        assertEquals("\u00e2\u0098\u0083", HttpHeader("a", "\u2603".toByteArray()).text)
    }
}
