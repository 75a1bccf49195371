package dev.trimaran.component

import dev.trimaran.Engine
import dev.trimaran.core
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.component.TypeTable
import dev.trimaran.internal.ofThisMachine
import dev.trimaran.internal.shown
import dev.trimaran.made
import dev.trimaran.utf8
import java.io.InvalidObjectException
import java.io.ObjectInputStream
import java.io.Serializable
import java.nio.file.Path
import dev.trimaran.internal.ffi.Component as Raw
import dev.trimaran.internal.ffi.precompileComponent as rawPrecompile
import dev.trimaran.internal.ffi.validateComponent as rawValidate

/**
 * A compiled component. You may instantiate it any number of times, in any store of its engine, on any thread.
 *
 * It is serializable: Java writes the bytes of [pack], and reads them by [unpack].
 */
public class Component private constructor(raw: Raw) :
    AutoCloseable,
    Serializable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /**
     * Compiles a component from the binary or the text format.
     *
     * Fails with `Compile` if the bytes are no component, are truncated or do not validate, with `Syntax` if the text
     * has a mistake, with `Type` for the path of a file, which `fromFile` reads, and with `Limit` if it, or a module
     * in it, passes the engine's limits for modules.
     */
    public constructor(engine: Engine, bytes: ByteArray) : this(core(engine) { Raw(engine.raw, bytes) })

    /** Compiles a component from the text format. Fails as for bytes. */
    public constructor(engine: Engine, text: String) : this(engine, text.utf8())

    @Transient
    private val pressure = NativePressure.made(this)

    @Volatile
    @Transient
    private var isClosed = false

    /** The engine that it belongs to. */
    public val engine: Engine
        get() = Engine.of(core { raw.engine() })

    /**
     * Its type: what it imports, and what it exports. Fails with `Limit` if the types, written out, are far larger than
     * the component.
     */
    public val type: ComponentType
        get() = TypeTable(core { raw.types() }).root as ComponentType

    /** What it imports, by name, in the component's order. Fails as [type] does. */
    public val imports: Map<String, ItemType>
        get() = type.imports

    /** What it exports, by name, in the component's order. Fails as [type] does. */
    public val exports: Map<String, ItemType>
        get() = type.exports

    /**
     * The compiled component as bytes, which [deserialize] loads without the compiler. Fails with `Limit` if there is
     * no room for them.
     */
    public fun serialize(): ByteArray = core { raw.serialize() }

    /**
     * The compiled component and its engine's configuration as bytes, for [unpack] in any process of this version on
     * such a machine. Fails with `Limit` if there is no room for them.
     */
    public fun pack(): ByteArray = core { raw.pack() }

    /** Closes the component. Its instances go on working. A second `close` does nothing. */
    override fun close() {
        core { raw.release() }
        isClosed = true
        NativePressure.closed(pressure)
    }

    /** What it is, and whether it is closed. */
    override fun toString(): String = shown("Component") { raw.run { if (isClosed) ", closed" else "" } }

    private fun writeReplace(): Any = Packed(pack())

    private fun readObject(@Suppress("UNUSED_PARAMETER") input: ObjectInputStream): Unit =
        throw InvalidObjectException("a component is read as its packed bytes")

    /** What is written for a component. */
    private class Packed(private val bytes: ByteArray) : Serializable {
        private fun readResolve(): Any = unpack(bytes)

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    /** The other ways to a component. */
    public companion object {
        private const val serialVersionUID = 1L

        /**
         * Compiles a component from a file in the binary or the text format. Fails with `Io` as well, and with `Limit`
         * for a file that is larger than the engine's limit for modules, or than 1 GiB: the package reads no more of
         * it.
         */
        @JvmStatic
        public fun fromFile(engine: Engine, path: String): Component =
            Component(core(engine) { Raw.fromFile(engine.raw, path) })

        /** Compiles a component from a file, as with a path as text. */
        @JvmStatic
        public fun fromFile(engine: Engine, path: Path): Component = fromFile(engine, path.ofThisMachine())

        /**
         * Compiles a component from the binary or the text format to what [serialize] gives, without making one: for a
         * machine of another kind as well, by `Config.target`. Fails as [Component] does.
         */
        @JvmStatic
        public fun precompile(engine: Engine, bytes: ByteArray): ByteArray =
            core(engine) { rawPrecompile(engine.raw, bytes) }

        /** Compiles a component from the text format. Fails as for bytes. */
        @JvmStatic
        public fun precompile(engine: Engine, text: String): ByteArray = precompile(engine, text.utf8())

        /**
         * Checks a component in the binary or the text format, and keeps nothing of it. Fails as [Component] does. It
         * takes as long: to check a component is to compile it.
         */
        @JvmStatic
        public fun validate(engine: Engine, bytes: ByteArray): Unit = core(engine) { rawValidate(engine.raw, bytes) }

        /** Checks a component in the text format. Fails as for bytes. */
        @JvmStatic
        public fun validate(engine: Engine, text: String): Unit = validate(engine, text.utf8())

        /**
         * Makes a component from the bytes of [serialize]. Fails with `Artifact` if a single bit differs, or if another
         * version or configuration made the artifact.
         *
         * An artifact is machine code: load it only from where you would load a program. The check finds damage, not
         * malice.
         */
        @JvmStatic
        public fun deserialize(engine: Engine, artifact: ByteArray): Component =
            Component(core(engine) { Raw.deserialize(engine.raw, artifact) })

        /** Makes a component from a file with the bytes of [serialize]. Fails with `Io` as well. */
        @JvmStatic
        public fun deserializeFile(engine: Engine, path: String): Component =
            Component(core(engine) { Raw.deserializeFile(engine.raw, path) })

        /** Makes a component from a file with the bytes of [serialize]. Fails with `Io` as well. */
        @JvmStatic
        public fun deserializeFile(
            engine: Engine,
            path: Path,
        ): Component = deserializeFile(engine, path.ofThisMachine())

        /**
         * Makes a component from the bytes of [pack]. It belongs to [Engine.shared] of the configuration in them. Fails
         * with
         * `Artifact` if a single bit differs, or if another version made the bytes.
         *
         * They are machine code, as an artifact is: load them only from where you would load a program.
         */
        @JvmStatic
        public fun unpack(bytes: ByteArray): Component = Component(core { Raw.unpack(bytes) })
    }
}
