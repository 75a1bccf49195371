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
import java.nio.ByteBuffer
import java.nio.ByteOrder.LITTLE_ENDIAN
import java.nio.channels.FileChannel
import java.nio.channels.FileChannel.MapMode.READ_ONLY
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption

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

    /** What a child says that finds [change] of a library in front of its own. */
    private fun before(library: Path, platform: String = "linux-x86-64", change: (ByteArray) -> Unit): String {
        assumeTrue(System.getProperty("os.name") == "Linux" && System.getProperty("os.arch") == "amd64")
        val front = folder.resolve("front")
        val bytes = Files.readAllBytes(library).also(change)
        Files.write(front.resolve(platform).createDirectory().resolve(System.mapLibraryName("trimaran_ffi")), bytes)
        val output = Child(emptyList(), "NativeImageTestKt", path = "$front${File.pathSeparator}$jar").output()
        assertTrue("NoClassDefFoundError" !in output) { output }
        assertEquals(3, Regex("UnsatisfiedLinkError: the native library").findAll(output).count()) { output }
        return output
    }

    /** Puts other bytes in place of some, wherever they are. */
    private fun ByteArray.replace(old: ByteArray, new: ByteArray) {
        val found = indices.filter { at -> old.indices.all { at + it < size && this[at + it] == old[it] } }
        assertTrue(found.isNotEmpty()) { "the library does not have what is to be replaced" }
        found.forEach { new.copyInto(this, it) }
    }

    /** A number as this processor's code has it. */
    private fun inCode(number: Long) = ByteBuffer.allocate(8).order(LITTLE_ENDIAN).putLong(number).array()

    private val small = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jimage"))

    @Test
    fun `a library for another processor is named`() {
        // What names its processor in an ELF file: one of 1983.
        val output = before(small) { byteArrayOf(2, 0).copyInto(it, 18) }
        assertTrue("It is for linux-x86-64; on Linux it needs glibc 2.17 or newer" in output) { output }
    }

    @Test
    fun `a library for a newer glibc is named`() {
        val output = before(small) { it.replace("GLIBC_2.".encodeToByteArray(), "GLIBC_9.".encodeToByteArray()) }
        assertTrue("`GLIBC_9." in output && "it needs glibc 2.17 or newer" in output) { output }
    }

    @Test
    fun `a library for another C library is named`() {
        val output = before(small) { it.replace("libc.so.6".encodeToByteArray(), "libc.musl".encodeToByteArray()) }
        assertTrue("libc.musl: cannot open" in output && "musl 1.2 or newer for linux-musl" in output) { output }
    }

    @Test
    fun `a library of another version on the same path is named`() {
        val own = Files.createTempFile(folder, "own", ".so")
        val place = "linux-x86-64/${System.mapLibraryName("trimaran_ffi")}"
        val found = javaClass.classLoader.getResourceAsStream(place)
        assumeTrue(found != null, "this is another platform")
        found!!.use { Files.copy(it, own, StandardCopyOption.REPLACE_EXISTING) }
        val build = Class.forName("dev.trimaran.internal.ffi.BuildKt").getField("BUILD").get(null) as String
        val output = before(own) { it.replace(inCode(java.lang.Long.parseUnsignedLong(build, 16)), inCode(1)) }
        assertTrue("is of the build 0000000000000001 of Trimaran: this jar needs its own" in output) { output }
        assertTrue("another jar in front of it has a library of that name: leave that one out" in output) { output }
    }

    @Test
    fun `musl is told from glibc`() {
        // A process that has musl's loader among what is mapped.
        val loader = Files.write(folder.resolve("ld-musl-x86_64.so.1"), ByteArray(1))
        val output = child("-Dtest.mapped=$loader").output()
        assumeTrue(System.getProperty("os.name") == "Linux")
        assertTrue("no native library for this platform, linux-musl-" in output) { output }
    }

    @Test
    fun `a platform without a library is named`() {
        val output = child("-Dos.arch=riscv64").output()
        assertTrue("no native library for this platform, linux-riscv64 (" in output) { output }
        assertTrue("there are those of linux-x86-64" in output || System.getProperty("os.arch") != "amd64") { output }
        assertTrue("Add the artifact dev.trimaran:trimaran-native-linux-riscv64" in output) { output }
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
    val mapped = System.getProperty("test.mapped")?.let { FileChannel.open(Path.of(it)).map(READ_ONLY, 0, 1) }
    val works = listOf({ Trimaran.version }, { "${Engine()}" }, { "${wat2wasm("(module)").size}" })
    for (work in works) {
        try {
            return println(work())
        } catch (error: Throwable) {
            println(error)
        }
    }
    check(mapped == null || mapped.capacity() == 1)
}
