package dev.trimaran.internal

import dev.trimaran.WasmtimeException
import java.nio.file.FileSystems
import java.nio.file.InvalidPathException
import java.nio.file.Path

/**
 * The path of a file of this machine as text. Fails with `Type` for a path of another file system, such as a zip file, where the
 * machine's own file of that name would be taken; and with `Io` for one whose bytes the JVM cannot write as text, where it would be
 * that of another file.
 */
internal fun Path.ofThisMachine(): String {
    if (fileSystem != FileSystems.getDefault()) {
        throw WasmtimeException.Type(
            "the path $this is of the file system $fileSystem: expected one of this machine's own files",
        )
    }
    val text = toString()
    val comesBack =
        try {
            FileSystems.getDefault().getPath(text) == this
        } catch (_: InvalidPathException) {
            false
        }
    if (comesBack) return text
    val reason =
        "the JVM cannot write this path as text: expected one in UTF-8, and a JVM whose `sun.jnu.encoding` is UTF-8"
    throw WasmtimeException.Io("$text: $reason", text, reason, null)
}
