@file:JvmName("Main")

package dev.trimaran

import dev.trimaran.internal.ffi.commandLine
import kotlin.system.exitProcess

/** The command line, `java -jar trimaran.jar`: the library has all of it. */
internal fun main(arguments: Array<String>) {
    exitProcess(core { commandLine("java -jar trimaran.jar", arguments.asList()) })
}
