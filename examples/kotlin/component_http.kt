// Answers the HTTP requests of a component, without a network: component_http COMPONENT.

import dev.trimaran.Engine
import dev.trimaran.HttpException
import dev.trimaran.HttpHeader
import dev.trimaran.HttpRequest
import dev.trimaran.HttpResponse
import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Err
import dev.trimaran.component.Linker
import dev.trimaran.component.Ok
import java.nio.file.Path

fun answer(request: HttpRequest): HttpResponse {
    println("${request.method} ${request.url}")
    // What a guest may reach is up to this function, and so is the client that it uses.
    if (request.host != "api.example") throw HttpException("HTTP-request-denied")
    val text = request.readAll().decodeToString()
    return HttpResponse(200, listOf(HttpHeader("content-type", "text/plain")), "${text.length} letters")
}

fun main(arguments: Array<String>) {
    val engine = Engine()
    val linker = Linker(engine).apply { defineWasi() }

    Store(engine).use { store ->
        store.setWasi { http(::answer) }
        val component = Component.fromFile(engine, Path.of(arguments.single()))
        val fetch = linker.instantiate(store, component).func(store, "fetch")
        for (host in listOf("api.example", "other.example")) {
            when (val result = fetch(store, host, "/count?what=letters", "hello".encodeToByteArray(), false)) {
                is Ok -> {
                    val response = result.value as ByteArray
                    val status = response[0].toUByte().toInt() + 256 * response[1]
                    println("the guest got $status: ${response.drop(2).toByteArray().decodeToString()}")
                }
                is Err -> println("the guest got the error code ${result.error}")
            }
        }
    }
}
