@file:JvmName("Main")

package dev.trimaran

import dev.trimaran.internal.Answering
import dev.trimaran.internal.Client
import dev.trimaran.internal.ffi.WasiHttp
import dev.trimaran.internal.ffi.commandLine
import dev.trimaran.internal.keepReachable
import kotlin.system.exitProcess

/** The command line, `java -jar trimaran.jar`: the library has all of it. */
internal fun main(arguments: Array<String>) {
    // The client is loaded by the first request: Android has none of Java's.
    val handler = HttpHandler { Client.handle(it) }
    val http = WasiHttp.Handler(Answering(handler))
    val status = core { commandLine("java -jar trimaran.jar", arguments.asList(), http) }
    // Until here the library has the handler.
    keepReachable(handler)
    exitProcess(status)
}
