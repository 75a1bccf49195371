// Has a component answer HTTP requests, each in a store of its own: component_serve COMPONENT.
// JdkHttpHandler has it answer those of the JDK's server.

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.HttpHeader
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.IncomingHandler
import dev.trimaran.component.IncomingRequest
import dev.trimaran.component.Linker
import dev.trimaran.component.ResponseHead
import java.io.OutputStream
import java.nio.file.Path
import kotlin.time.Duration.Companion.milliseconds

/** Takes each piece of a body, while the guest writes on. */
private object Body : OutputStream() {
    override fun write(byte: Int) = write(byteArrayOf(byte.toByte()))

    override fun write(bytes: ByteArray, offset: Int, count: Int) =
        println("  ${bytes.decodeToString(offset, offset + count)}")
}

private fun respond(head: ResponseHead): OutputStream {
    println("  ${head.status} (${head.headers.joinToString()})")
    return Body
}

fun main(arguments: Array<String>) {
    val engine = Engine(Config.untrusted())
    val linker = Linker(engine).apply { defineWasi() }
    val pre = linker.instantiatePre(Component.fromFile(engine, Path.of(arguments[0])))

    val handler =
        IncomingHandler(pre, timeout = 200.milliseconds) {
            Store(engine).apply { setLimits(StoreLimits.untrusted()) }
        }
    for ((method, path) in listOf("POST" to "/echo", "GET" to "/authority", "GET" to "/trap", "GET" to "/spin")) {
        println("$method $path")
        val headers = listOf(HttpHeader("x-echo", "1"))
        val request = IncomingRequest(method, path, headers, "hello".byteInputStream(), authority = "example.com")
        try {
            handler.handle(request, ::respond).forEach { println("  $it") }
        } catch (_: WasmtimeException.TimeLimit) {
            println("  the guest took too long")
        } catch (trap: WasmtimeException.Trap) {
            println("  ${trap.reason}")
        }
    }
}
