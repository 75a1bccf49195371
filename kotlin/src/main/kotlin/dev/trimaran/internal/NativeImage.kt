package dev.trimaran.internal

import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import com.sun.jna.Platform
import dev.trimaran.internal.ffi.BUILD
import java.io.File
import java.io.IOException

/**
 * The native library of this jar, and no other one of its name: it is loaded by its path, and asked for its build.
 *
 * JNA unpacks it into its folder for temporary files, under a name that is used once, so that processes and users do not meet
 * there; the file is deleted when the library is loaded. A process loads it once, however many class loaders have this class,
 * and never unloads it: its threads may run, and it handles signals.
 */
internal object NativeImage {
    /** The property that names the library itself. */
    private const val PLACE = "trimaran.library"

    /** The property that names the folder. */
    private const val FOLDER = "jna.tmpdir"

    /** Where this process has loaded it from, for the next class loader. */
    private const val LOADED = "dev.trimaran.internal.library.$BUILD"

    @Volatile
    private var loaded: NativeLibrary? = null

    /** Why it cannot be loaded: the JVM says it once, and forgets it. */
    @Volatile
    private var problem: String? = null

    /** The library. Fails with [UnsatisfiedLinkError], which says what to do. */
    @JvmStatic
    val library: NativeLibrary
        get() = loaded ?: load()

    val isLoaded: Boolean
        get() = loaded != null

    /** Says from now on why it is not there. */
    fun refuse(problem: String) {
        this.problem = problem
    }

    /** What to throw in place of an error about classes that could not be made ready, or null. */
    fun failure(): Error? = problem?.let(::UnsatisfiedLinkError)

    @Synchronized
    private fun load(): NativeLibrary {
        problem?.let { throw UnsatisfiedLinkError(it) }
        loaded?.let { return it }
        // Before JNA itself needs its thread.
        Shutdown.beginJna()
        return open().also { loaded = it }
    }

    private fun open(): NativeLibrary {
        System.getProperty(PLACE)?.let { return named(File(it).absolutePath) }
        System.getProperty(LOADED)?.let { path -> reopened(path)?.let { return it } }
        val file = orFail({ folderProblem(it) }, ::unpack)
        try {
            val library = orFail({ folderProblem(it) }) { open(file.path) }
            check(library, file.path, "another jar in front of it has a library of that name: leave that one out")
            System.setProperty(LOADED, file.path)
            return library
        } finally {
            // Not what lies in a folder of classes, as when this project is built. Windows does it when the process ends.
            if (file.name.startsWith("jna")) file.delete()
        }
    }

    private fun named(path: String): NativeLibrary {
        val library = orFail({ "the library $path, which the property $PLACE names, cannot be loaded: $it" }) { open(path) }
        check(library, path, "the property $PLACE names it: leave that out, and the one in the jar is used")
        return library
    }

    /** The one that another class loader has loaded, though its file is gone. */
    private fun reopened(path: String): NativeLibrary? =
        try {
            open(path).takeIf { build(it) == BUILD }
        } catch (_: UnsatisfiedLinkError) {
            null
        }

    private fun unpack(): File {
        val name = "${Platform.RESOURCE_PREFIX}/${System.mapLibraryName("trimaran_ffi")}"
        val loader = NativeImage::class.java.classLoader
        loader.getResource(name) ?: fail("the jar has no native library for this platform: $name is missing")
        return Native.extractFromResourcePath("/$name", loader)
    }

    private fun open(path: String): NativeLibrary {
        // With all its symbols, which no other library sees, and for good.
        val keep = if (Platform.isMac()) 0x80 else 0x1000
        val local = if (Platform.isMac()) 0x4 else 0
        val flags = if (Platform.isWindows()) emptyMap() else mapOf(Library.OPTION_OPEN_FLAGS to (2 or local or keep))
        return NativeLibrary.getInstance(path, flags)
    }

    private fun build(library: NativeLibrary): String? =
        try {
            "%016x".format(library.getFunction("trimaran_build").invokeLong(arrayOf()))
        } catch (_: UnsatisfiedLinkError) {
            null
        }

    private fun check(library: NativeLibrary, path: String, advice: String) {
        val found = build(library)
        if (found == BUILD) return
        val what = if (found == null) "is none of Trimaran" else "is of the build $found of Trimaran"
        fail("the native library $path $what: this jar needs its own, of the build $BUILD; $advice")
    }

    private fun folderProblem(reason: String) =
        "the native library cannot be loaded: $reason. It is unpacked into a folder for temporary files, which has to be " +
            "writable, and must not be mounted as `noexec`: name another folder by the system property $FOLDER, as in " +
            "-D$FOLDER=/path/to/folder"

    private inline fun <R> orFail(problem: (String) -> String, work: () -> R): R =
        try {
            work()
        } catch (error: IOException) {
            fail(problem(error.message ?: "$error"), error)
        } catch (error: LinkageError) {
            // Of JNA as well, which unpacks a library of its own. It is said once.
            if (this.problem != null) throw error
            fail(problem(error.message?.lines()?.first() ?: "$error"), error)
        }

    private fun fail(text: String, cause: Throwable? = null): Nothing {
        problem = text
        throw UnsatisfiedLinkError(text).apply { cause?.let(::initCause) }
    }
}
