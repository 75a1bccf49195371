package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Trimaran
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Files
import java.nio.file.Path

/** Which native library is loaded, from where, and the errors where none can be loaded. */
class NativeImageTest {
    @TempDir
    lateinit var folder: Path

    /** The library out of the jar, which the classes of this build lie beside. */
    private val jar: String by lazy {
        val classes = Child.classPath.split(File.pathSeparator).first { File(it, "dev/trimaran/Store.class").exists() }
        val jar = folder.resolve("trimaran.jar")
        val command = listOf(tool("jar"), "--create", "--no-compress", "--file=$jar", "-C", classes, ".")
        val process = ProcessBuilder(command).start()
        assertEquals(0, process.waitFor())
        Child.classPath.split(File.pathSeparator).joinToString(File.pathSeparator) { if (it == classes) "$jar" else it }
    }

    private fun tool(name: String) = Path.of(System.getProperty("java.home"), "bin", name).toString()

    private fun child(vararg options: String) = Child(options.toList(), "NativeImageTestKt", path = jar)

    /** A library of that name which is another one. */
    private fun foreign(): Path {
        val found = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jimage"))
        val place = folder.resolve("foreign").createDirectory().resolve(System.mapLibraryName("trimaran_ffi"))
        return Files.copy(found, place)
    }

    private fun Path.createDirectory(): Path = Files.createDirectories(this)

    @Test
    fun `no other library of that name is taken`() {
        val foreign = foreign()
        assertEquals(Trimaran.version, child("-Djava.library.path=${foreign.parent}").output())
    }

    @Test
    fun `a library of another build is refused, each time`() {
        val output = child("-Dtrimaran.library=${foreign()}").output()
        assertTrue("is none of Trimaran: this jar needs its own" in output) { output }
        assertEquals(3, Regex("UnsatisfiedLinkError: the native library").findAll(output).count()) { output }
    }

    @Test
    fun `processes unpack it at once, and leave nothing`() {
        val place = folder.resolve("shared").createDirectory()
        List(4) { child("-Dtrimaran.tmpdir=$place") }.forEach { assertEquals(Trimaran.version, it.output()) }
        val left = Files.list(place).use { all -> all.map { "${it.fileName}" }.toList() }
        assertEquals(emptyList<String>(), left)
    }

    @Test
    fun `a folder may be named from where the program runs, but not by nothing`() {
        val inside = Path.of("").toAbsolutePath().relativize(folder.resolve("relative").toAbsolutePath())
        assertEquals(Trimaran.version, child("-Dtrimaran.tmpdir=$inside").output())
        val output = child("-Dtrimaran.tmpdir=").output()
        assertTrue("the system property trimaran.tmpdir is empty: expected the path of a folder" in output) { output }
    }

    @Test
    fun `a folder that is none is named`() {
        val file = Files.writeString(folder.resolve("file"), "no folder")
        val output = child("-Dtrimaran.tmpdir=$file/below").output()
        assertTrue("name another folder by the system property trimaran.tmpdir" in output) { output }
        assertTrue("UnsatisfiedLinkError" in output && "NoClassDefFoundError" !in output) { output }
    }

    @Test
    fun `a folder in which nothing may be run is named`() {
        val mounts = File("/proc/mounts").takeIf { it.exists() }?.readLines().orEmpty().map { it.split(' ') }
        val places = mounts.filter { "noexec" in it[3].split(',') && "rw" in it[3].split(',') }.map { File(it[1]) }
        val place =
            places.firstNotNullOfOrNull { mount ->
                File(mount, "trimaran-test-${ProcessHandle.current().pid()}").takeIf { it.mkdir() }
            }
        assumeTrue(place != null, "nothing is mounted here as noexec that can be written")
        try {
            val output = child("-Dtrimaran.tmpdir=$place").output()
            assertTrue("must not be mounted as `noexec`" in output) { output }
        } finally {
            place!!.deleteRecursively()
        }
    }
}

/** Says which version it is, or three times why it has none. */
fun main() {
    val works = listOf({ Trimaran.version }, { "${Engine()}" }, { "${wat2wasm("(module)").size}" })
    for (work in works) {
        try {
            return println(work())
        } catch (error: Throwable) {
            println(error)
        }
    }
}
