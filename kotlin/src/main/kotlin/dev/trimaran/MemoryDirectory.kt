package dev.trimaran

import dev.trimaran.internal.shown
import dev.trimaran.internal.ffi.MemoryDirectory as RawMemoryDirectory
import dev.trimaran.internal.ffi.MemoryFile as RawMemoryFile

/**
 * A directory in memory: [WasiConfig.preopen] grants it, in any number of stores, whose guests then see each other's
 * files. The host reads and writes them at any time.
 *
 * ```kotlin
 * val files = MemoryDirectory(mapOf("input/a.txt" to "hello".toByteArray(), "output/" to ByteArray(0)))
 * store.setWasi { preopen(files, "/data") }
 * ```
 *
 * What guests make it hold is bounded: by the bytes of all files, by the number of files and folders, by 255 bytes for
 * a name, and by 1024 bytes for a path. A guest that would go past a limit gets the error number 19 (`dquot`), or 37
 * (`nametoolong`). A file takes the room of its size, whatever of it was written. There are no links.
 */
public class MemoryDirectory private constructor(raw: RawMemoryDirectory) {
    @get:JvmSynthetic
    internal val raw: RawMemoryDirectory = raw
        get() = made(field)

    /**
     * Makes one with these [files], by their paths. A name that ends in a slash is an empty folder.
     *
     * All files together may have [maxBytes] bytes: if nothing is said 67108864, which is 64 MiB, or what it begins
     * with if that is more. There may be [maxFiles] files and folders: if nothing is said 10000, or what it begins
     * with. Fails with `Limit` where it begins with more, with `Io` for a name that cannot be: an empty one, one that
     * begins with a slash or leads upwards, or one below a file; and with `Range` for a limit below 0.
     */
    @JvmOverloads
    public constructor(
        files: Map<String, ByteArray> = emptyMap(),
        maxBytes: Long? = null,
        maxFiles: Long? = null,
    ) : this(
        core {
            RawMemoryDirectory(
                files.whole("file").map { (name, bytes) -> RawMemoryFile(name, bytes) },
                maxBytes?.let { natural(it, "maxBytes") },
                maxFiles?.let { natural(it, "maxFiles") },
            )
        },
    )

    /** The names of its files. */
    override fun toString(): String = shown("MemoryDirectory") { " of files ${names()}" }

    /** The names of the files, in their order. */
    public fun names(): List<String> = core { raw.names() }

    /** All files, in the order of their names. Fails with `Limit` if the process has no room for a copy. */
    public fun files(): Map<String, ByteArray> = core { raw.files() }.associate { it.name to it.bytes }

    /** What a file holds. Fails with `Io` where there is none, with `Limit` if the process has no room for a copy. */
    public fun read(name: String): ByteArray = core { raw.read(name) }

    /**
     * Writes a file, and makes it and its folders where there are none. A name that ends in a slash is a folder, and
     * has no bytes. Fails with `Limit` past the directory's limits, and with `Io` for a name that cannot be.
     */
    public fun write(name: String, bytes: ByteArray): Unit = core { raw.write(name, bytes) }

    /** Removes a file, or an empty folder. Fails with `Io` where there is none, or the folder is not empty. */
    public fun remove(name: String): Unit = core { raw.remove(name) }
}
