package dev.trimaran

import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.ffi.moduleData
import dev.trimaran.internal.ffi.moduleNames
import dev.trimaran.internal.ffi.moduleProducers
import dev.trimaran.internal.ofThisMachine
import dev.trimaran.internal.shown
import java.io.InvalidObjectException
import java.io.ObjectInputStream
import java.io.Serializable
import java.nio.file.Path
import java.util.Collections
import dev.trimaran.internal.ffi.Module as Raw
import dev.trimaran.internal.ffi.customSections as rawCustomSections
import dev.trimaran.internal.ffi.validate as rawValidate

/**
 * A compiled module. You may instantiate it any number of times, in any store of its engine, on any thread.
 *
 * It is serializable: Java writes the bytes of [pack], and reads them by [unpack].
 */
public class Module private constructor(raw: Raw) :
    AutoCloseable,
    Serializable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /**
     * Compiles a module from the binary or the text format.
     *
     * Fails with `Compile` if the bytes are no module, are truncated or do not validate, with `Syntax` if the text has
     * a mistake, and with `Type` for the path of a file, which [fromFile] reads.
     */
    public constructor(engine: Engine, bytes: ByteArray) : this(core(engine) { Raw(engine.raw, bytes) })

    /** Compiles a module from the text format. Fails as for bytes. */
    public constructor(engine: Engine, text: String) : this(engine, text.utf8())

    @Transient
    private val pressure = NativePressure.made(this)

    @Transient
    private val listed = Listed()

    /** The module's name, from its name section; a name of more than 100,000 bytes is none. */
    public val name: String?
        get() = core { raw.name() }

    /** The engine that it belongs to. */
    public val engine: Engine
        get() = Engine.of(core { raw.engine() })

    /**
     * The imports, in the module's order. Fails with `Limit` if the types of its functions have far more values than
     * there are imports.
     */
    public val imports: List<ImportType>
        get() = made(listed).imports ?: found { raw.imports().map { it.toPublic() } }.also { listed.keep(imports = it) }

    /** The exports, in the module's order. Fails with `Limit` as [imports] does. */
    public val exports: List<ExportType>
        get() = made(listed).exports ?: found { raw.exports().map { it.toPublic() } }.also { listed.keep(exports = it) }

    /**
     * The compiled module as bytes, which [deserialize] loads without the compiler. Fails with `Limit` if there is no
     * room for them, and with `Unsupported` for a module that [forSnapshots] made.
     */
    public fun serialize(): ByteArray = core { raw.serialize() }

    /**
     * The compiled module and its engine's configuration as bytes, for [unpack] in any process of this version on such
     * a machine. Fails with `Limit` if there is no room for them, and with `Unsupported` for a module that
     * [forSnapshots] made.
     */
    public fun pack(): ByteArray = core { raw.pack() }

    /**
     * What the module says of its source files; null where it says nothing, or [Config.wasmBacktraceDetails] of its
     * engine is off.
     */
    public val debugInfo: DebugInfo?
        get() = core { raw.debugInfo() }?.let(DebugInfo::of)

    /** Closes the module. Its instances go on working. A second `close` does nothing. */
    override fun close() {
        core { raw.release() }
        listed.close()
        NativePressure.closed(pressure)
    }

    /** Its name, where it has one, and whether it is closed. */
    override fun toString(): String = shown("Module") { name?.let { " $it" }.orEmpty() }

    /** What was asked for before. It never changes while the module is open. */
    private class Listed {
        private var isClosed = false

        @Volatile
        var imports: List<ImportType>? = null
            private set

        @Volatile
        var exports: List<ExportType>? = null
            private set

        @Synchronized
        fun keep(imports: List<ImportType>? = this.imports, exports: List<ExportType>? = this.exports) {
            if (isClosed) return
            this.imports = imports
            this.exports = exports
        }

        @Synchronized
        fun close() {
            isClosed = true
            imports = null
            exports = null
        }
    }

    /** A list that Java cannot change either. */
    private inline fun <T> found(crossinline list: () -> List<T>): List<T> =
        Collections.unmodifiableList(core { list() })

    private fun writeReplace(): Any = Packed(pack())

    private fun readObject(@Suppress("UNUSED_PARAMETER") input: ObjectInputStream): Unit =
        throw InvalidObjectException("a module is read as its packed bytes")

    /** What is written for a module. */
    private class Packed(private val bytes: ByteArray) : Serializable {
        private fun readResolve(): Any = unpack(bytes)

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    /** The other ways to a module. */
    public companion object {
        private const val serialVersionUID = 1L

        /**
         * Compiles a module from a file in the binary or the text format. Fails with `Io` as well, and with `Limit` for
         * a file that is larger than the engine's limit for modules, or than 1 GiB: the package reads no more of it.
         */
        @JvmStatic
        public fun fromFile(engine: Engine, path: String): Module =
            Module(core(engine) { Raw.fromFile(engine.raw, path) })

        /**
         * Compiles a module as [Module] does, so that [Instance.snapshot] can read its instances. It behaves like any
         * other module, except that you cannot serialize or pack it: do that with the module of a snapshot.
         *
         * Fails as [Module] does, and with `Unsupported` for a module whose instances keep some of their state
         * elsewhere: it imports a memory, a table or a mutable global, has one that is shared, or drops passive
         * segments. The message says which.
         */
        @JvmStatic
        public fun forSnapshots(engine: Engine, bytes: ByteArray): Module =
            Module(core(engine) { Raw.forSnapshots(engine.raw, bytes) })

        /** Compiles a module in the text format for snapshots. Fails as for bytes. */
        @JvmStatic
        public fun forSnapshots(engine: Engine, text: String): Module = forSnapshots(engine, text.utf8())

        /** Compiles a module from a file, as with a path as text. */
        @JvmStatic
        public fun fromFile(engine: Engine, path: Path): Module = fromFile(engine, path.ofThisMachine())

        /**
         * Checks a module in the binary or the text format without compiling it. Fails as [Module] does, also with
         * `Limit` if it passes the engine's limits for modules, or takes longer than the limit for compiling.
         */
        @JvmStatic
        public fun validate(engine: Engine, bytes: ByteArray): Unit =
            core(engine) { rawValidate(engine.raw, bytes) }

        /** Checks a module in the text format without compiling it. Fails as for bytes. */
        @JvmStatic
        public fun validate(engine: Engine, text: String): Unit = validate(engine, text.utf8())

        /**
         * The contents of each custom section of that name, in the order of the module, which may be in the binary or
         * the text format. It is neither validated nor compiled. Fails with `Compile` where it is no module or is
         * truncated, and with `Syntax` where text has a mistake.
         */
        @JvmStatic
        public fun customSections(bytes: ByteArray, name: String): List<ByteArray> =
            core { rawCustomSections(bytes, name) }

        /** The contents of each custom section of that name, of a module in the text format. */
        @JvmStatic
        public fun customSections(text: String, name: String): List<ByteArray> = customSections(text.utf8(), name)

        /**
         * The names of a module's name section, of a module in the binary or the text format. It is neither validated
         * nor compiled. What cannot be read in a name section is left out, as engines do. Fails with `Compile` where it
         * is no module or is truncated, with `Syntax` where text has a mistake, and with `Limit` where there are more
         * than 1,000,000 names.
         */
        @JvmStatic
        public fun names(bytes: ByteArray): ModuleNames = core { moduleNames(bytes) }.toPublic()

        /** The names of a module's name section, of a module in the text format. */
        @JvmStatic
        public fun names(text: String): ModuleNames = names(text.utf8())

        /**
         * The tools that made a module, by its producers section (WebAssembly tool conventions), of a module in the
         * binary or the text format. It is neither validated nor compiled. What cannot be read in the section is left
         * out. Fails with `Compile` where it is no module or is truncated, with `Syntax` where text has a mistake, and
         * with `Limit` where there are more than 1,000,000.
         */
        @JvmStatic
        public fun producers(bytes: ByteArray): List<Producer> =
            core { moduleProducers(bytes) }.map { Producer(it.field, it.name, it.version) }

        /** The tools that made a module, of a module in the text format. */
        @JvmStatic
        public fun producers(text: String): List<Producer> = producers(text.utf8())

        /**
         * The data segments of a module in the binary or the text format, which is neither validated nor compiled.
         * Fails with `Compile` where it is no module, is truncated, or a segment cannot be read, with `Syntax` where
         * text has a mistake, and with `Limit` where there are more than 1,000,000, or there is no room for a copy.
         */
        @JvmStatic
        public fun dataSegments(bytes: ByteArray): List<DataSegment> = core { moduleData(bytes) }.map { it.toPublic() }

        /** The data segments of a module in the text format. */
        @JvmStatic
        public fun dataSegments(text: String): List<DataSegment> = dataSegments(text.utf8())

        /**
         * Makes a module from the bytes of [serialize]. Fails with `Artifact` if a single bit differs, or if another
         * version or configuration made the artifact.
         *
         * An artifact is machine code: load it only from where you would load a program. The check finds damage, not
         * malice.
         */
        @JvmStatic
        public fun deserialize(engine: Engine, artifact: ByteArray): Module =
            Module(core(engine) { Raw.deserialize(engine.raw, artifact) })

        /** Makes a module from a file with the bytes of [serialize]. Fails with `Io` as well. */
        @JvmStatic
        public fun deserializeFile(engine: Engine, path: String): Module =
            Module(core(engine) { Raw.deserializeFile(engine.raw, path) })

        /** Makes a module from a file with the bytes of [serialize]. Fails with `Io` as well. */
        @JvmStatic
        public fun deserializeFile(engine: Engine, path: Path): Module = deserializeFile(engine, path.ofThisMachine())

        /**
         * Makes a module from the bytes of [pack]. It belongs to [Engine.shared] of the configuration in them. Fails
         * with `Artifact` if a single bit differs, or if another version made the bytes.
         *
         * They are machine code, as an artifact is: load them only from where you would load a program.
         */
        @JvmStatic
        public fun unpack(bytes: ByteArray): Module = Module(core { Raw.unpack(bytes) })

        @JvmSynthetic
        internal fun of(raw: Raw): Module = Module(raw)
    }
}
