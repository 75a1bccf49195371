package dev.trimaran.internal

import dev.trimaran.internal.ffi.BUILD
import dev.trimaran.internal.ffi.Native
import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.InvalidPathException
import java.nio.file.Path
import java.nio.file.Paths
import java.nio.file.StandardCopyOption
import java.util.Locale

/**
 * The native library of this jar, and no other one of its name: it is loaded by its path, and asked for its build.
 *
 * It is unpacked into a folder for temporary files, under a name that is used once, so that processes and users do not meet
 * there; the file is deleted when the library is loaded. The JVM lets each class loader load a file of its own. The first image
 * stays for good, since its threads may run and it handles signals; that of a later class loader only finds the first one, whose
 * functions the later one's classes get, and goes with its class loader.
 */
internal object NativeImage {
    /** The property that names the library itself. */
    private const val PLACE = "trimaran.library"

    /** The property that names the folder. */
    private const val FOLDER = "trimaran.tmpdir"

    /** Where this process has loaded it from, for the next class loader. */
    private const val LOADED = "dev.trimaran.internal.library.$BUILD"

    @Volatile
    var isLoaded: Boolean = false
        private set

    /** Why it cannot be loaded: the JVM says it once, and forgets it. */
    @Volatile
    private var problem: String? = null

    /** What to throw in place of an error about classes that could not be made ready, or null. */
    fun failure(): Error? = problem?.let(::UnsatisfiedLinkError)

    /** Gives [Native] and [NativeByHand] their functions. Fails with [UnsatisfiedLinkError], which says what to do. */
    @Synchronized
    fun load() {
        problem?.let { throw UnsatisfiedLinkError(it) }
        if (isLoaded) return
        open(System.getProperty(PLACE)?.let(::File)?.absoluteFile, System.getProperty(LOADED))
        isLoaded = true
    }

    /** Takes the functions away, and says from now on why. */
    @Synchronized
    fun refuse(problem: String) {
        this.problem = problem
        unregister(NativeByHand::class.java, Native::class.java)
    }

    private fun open(named: File?, loaded: String?) {
        if (named == null && isAndroid) {
            // The system takes it out of the app.
            orFail({ "the native library cannot be loaded: $it. The app has none for this processor" }) {
                System.loadLibrary(NAME)
            }
            return ready(NAME, null, "another part of the app has a library of that name")
        }
        if (named != null && loaded == null) {
            val what = "the library $named, which the property $PLACE names,"
            orFail({ "$what cannot be loaded: $it" }) { System.load("$named") }
            return ready("$named", null, advice(named))
        }
        // A file that another class loader has loaded is refused to this one: a copy of it is not.
        val file = orFail(::folderProblem) { unpack(named) }
        try {
            orFail({ loadProblem(it, file) }) { System.load("$file") }
            ready("$file", loaded, advice(named))
        } finally {
            // Windows keeps what is in use: the next process deletes it.
            Files.deleteIfExists(file.takeIf { !isWindows } ?: return)
        }
    }

    private fun advice(named: File?) =
        if (named == null) {
            "another jar in front of it has a library of that name: leave that one out"
        } else {
            "the property $PLACE names it: leave that out, and the one in the jar is used"
        }

    /** Checks what is loaded, and gives the classes its functions, or those of the one that was loaded first. */
    private fun ready(path: String, first: String?, advice: String) {
        val found = found()
        if (found != BUILD) {
            val what = if (found == null) "is none of Trimaran" else "is of the build $found of Trimaran"
            fail("the native library $path $what: this jar needs its own, of the build $BUILD; $advice")
        }
        if (register(NativeByHand::class.java, Native::class.java, first?.encodeToByteArray())) {
            System.setProperty(LOADED, path)
        }
    }

    private fun found(): String? =
        try {
            "%016x".format(build())
        } catch (_: UnsatisfiedLinkError) {
            null
        }

    private fun unpack(named: File?): Path {
        val library = System.mapLibraryName(NAME)
        val source = if (named != null) named.inputStream() else resource("$platform/$library")
        source.use {
            val folder = folder(System.getProperty(FOLDER))
            Files.createDirectories(folder)
            if (isWindows) sweep(folder)
            val file = Files.createTempFile(folder, PREFIX, library)
            Files.copy(it, file, StandardCopyOption.REPLACE_EXISTING)
            return file
        }
    }

    /** The JVM loads a library by its whole path. */
    private fun folder(said: String?): Path {
        if (said != null && said.isBlank()) fail("the system property $FOLDER is empty: expected the path of a folder")
        return try {
            Paths.get(said ?: System.getProperty("java.io.tmpdir")).toAbsolutePath()
        } catch (error: InvalidPathException) {
            fail(folderProblem("$error"), error)
        }
    }

    private fun resource(name: String) = loader.getResourceAsStream(name) ?: fail(noLibrary(name))

    private val loader = NativeImage::class.java.classLoader

    private fun noLibrary(name: String): String {
        val systems =
            mapOf("linux" to "lib%s.so", "linux-musl" to "lib%s.so", "darwin" to "lib%s.dylib", "win32" to "%s.dll")
        val there =
            systems.flatMap { (system, file) ->
                listOf("x86-64", "aarch64")
                    .map { "$system-$it" }
                    .filter { loader.getResource("$it/${file.format(NAME)}") != null }
            }
        val has = if (there.isEmpty()) "there is none at all" else "there are those of ${there.joinToString()}"
        return "the class path has no native library for this platform, $platform ($name is missing): $has. Add the " +
            "artifact dev.trimaran:trimaran-native-$platform, or name a library by the system property $PLACE"
    }

    /** Deletes what ended processes have left. What is in use stays. */
    private fun sweep(folder: Path): Unit =
        Files.newDirectoryStream(folder, "$PREFIX*.dll").use { all -> all.forEach { it.toFile().delete() } }

    private const val PREFIX = "trimaran-"
    private const val NAME = "trimaran_ffi"

    private val isWindows = System.getProperty("os.name").startsWith("Windows")

    /** Whether this is Android's virtual machine, which calls itself by an older one's name. */
    private val isAndroid = System.getProperty("java.vm.name") == "Dalvik"

    /** Whether this process has musl as its C library, as on Alpine: its loader is among what is mapped. */
    private val isMusl: Boolean
        get() =
            try {
                File("/proc/self/maps").useLines { lines -> lines.any { "/ld-musl-" in it } }
            } catch (_: IOException) {
                false
            }

    /** The folder of the jar that has the library of this platform. */
    private val platform: String
        get() {
            val system = System.getProperty("os.name").lowercase(Locale.ROOT)
            val name =
                when {
                    isWindows -> "win32"
                    system.startsWith("mac") || system.startsWith("darwin") -> "darwin"
                    system == "linux" && isMusl -> "linux-musl"
                    else -> system
                }
            val processor =
                when (val found = System.getProperty("os.arch").lowercase(Locale.ROOT)) {
                    "amd64", "x86_64" -> "x86-64"
                    "arm64" -> "aarch64"
                    else -> found
                }
            return "$name-$processor"
        }

    /** A file that is there and readable may be for another system: the loader's reason says which. */
    private fun loadProblem(reason: String, file: Path): String {
        val said = reason.replace("$file", "")
        if (FOREIGN.none { it in said }) return folderProblem(reason)
        return "the native library cannot be loaded: $reason. It is for $platform; on Linux it needs glibc 2.17 or " +
            "newer, and musl 1.2 or newer for linux-musl: use a newer system, or the artifact " +
            "dev.trimaran:trimaran-native-PLATFORM of this one"
    }

    /** What loaders say of a file for another processor or another C library. */
    private val FOREIGN =
        listOf("GLIBC", "ld-linux", "ld-musl", "libc.", "symbol not found") +
            listOf("ELF", "Possible cause", "architecture", "%1")

    private fun folderProblem(reason: String) =
        "the native library cannot be loaded: $reason. It is unpacked into a folder for temporary files, which has " +
            "to be writable, and must not be mounted as `noexec`: name another folder by the system property " +
            "$FOLDER, as in -D$FOLDER=/path/to/folder"

    private inline fun <R> orFail(problem: (String) -> String, work: () -> R): R =
        try {
            work()
        } catch (error: IOException) {
            fail(problem("$error"), error)
        } catch (error: LinkageError) {
            // It is said once.
            if (this.problem != null) throw error
            fail(problem(error.message?.lines()?.first() ?: "$error"), error)
        }

    private fun fail(text: String, cause: Throwable? = null): Nothing {
        problem = text
        throw UnsatisfiedLinkError(text).apply { cause?.let(::initCause) }
    }

    // By their names: the JVM finds these in the image that this class loader has loaded.

    /** The number of its build. */
    @JvmStatic private external fun build(): Long

    /**
     * Gives the classes their functions: those of the image that was loaded from the path [first], in UTF-8, where there is one
     * of this build, and otherwise its own, which it keeps in the process from then on. Says whether it is its own.
     */
    @JvmStatic private external fun register(byHand: Class<*>, native: Class<*>, first: ByteArray?): Boolean

    /** Takes their functions from the classes. */
    @JvmStatic private external fun unregister(byHand: Class<*>, native: Class<*>)
}
