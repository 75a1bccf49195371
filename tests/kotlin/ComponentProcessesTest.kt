package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Linker
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.nio.file.Path
import kotlin.io.path.inputStream
import kotlin.io.path.outputStream
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes

/** Components that go to other processes. */
class ComponentProcessesTest {
    private fun write(file: Path) =
        Component(engine(), echo("string")).use { component ->
            ObjectOutputStream(file.outputStream()).use { it.writeObject(component) }
        }

    private fun child(file: Path) = Child(
        emptyList(),
        "ComponentProcessesTestKt",
        file.toString(),
    ).output().lines().last()

    @Test
    fun `another process reads a component and calls it`(@TempDir folder: Path) {
        val file = folder.resolve("component").also(::write)
        assertEquals("hello from another process", child(file))
    }

    @Test
    fun `another process refuses one that is damaged`(@TempDir folder: Path) {
        val file = folder.resolve("component").also(::write)
        val bytes = file.readBytes()
        bytes[bytes.size - 100] = (bytes[bytes.size - 100] + 1).toByte()
        file.writeBytes(bytes)
        assertEquals("Artifact", child(file))
    }
}

/** Reads the component of a file, and calls it. */
fun main(arguments: Array<String>) {
    val component =
        try {
            ObjectInputStream(Path.of(arguments[0]).inputStream()).use { it.readObject() } as Component
        } catch (_: WasmtimeException.Artifact) {
            return println("Artifact")
        }
    val store = Store(component.engine)
    println(
        Linker(component.engine).instantiate(store, component).func(store, "run")(store, "hello from another process"),
    )
}
