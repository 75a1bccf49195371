package dev.trimaran

import dev.trimaran.internal.ffi.InnerName
import dev.trimaran.internal.ffi.ItemName
import dev.trimaran.internal.ffi.DataSegment as RawSegment
import dev.trimaran.internal.ffi.ModuleNames as RawNames

/** The names of a module's name section, by their indexes, those that it imports counted first. */
public data class ModuleNames(
    /** The module's own name. */
    public val module: String? = null,
    /** Of functions. */
    public val functions: Map<Int, String> = emptyMap(),
    /** Of the locals of functions, by the function and the local: parameters are the first locals. */
    public val locals: Map<Int, Map<Int, String>> = emptyMap(),
    /** Of the labels of functions, by the function and the label. */
    public val labels: Map<Int, Map<Int, String>> = emptyMap(),
    /** Of types. */
    public val types: Map<Int, String> = emptyMap(),
    /** Of the fields of types, by the type and the field. */
    public val fields: Map<Int, Map<Int, String>> = emptyMap(),
    /** Of tables. */
    public val tables: Map<Int, String> = emptyMap(),
    /** Of memories. */
    public val memories: Map<Int, String> = emptyMap(),
    /** Of globals. */
    public val globals: Map<Int, String> = emptyMap(),
    /** Of tags. */
    public val tags: Map<Int, String> = emptyMap(),
    /** Of element segments. */
    public val elements: Map<Int, String> = emptyMap(),
    /** Of data segments. */
    public val data: Map<Int, String> = emptyMap(),
)

/** A tool that took part in making a module, or the language that it was written in. */
public data class Producer(
    /** What it is: `language`, `processed-by` or `sdk`, by the tool conventions. */
    public val field: String,
    /** Its name, such as `clang` or `Rust`. */
    public val name: String,
    /** Its version; it may be empty. */
    public val version: String = "",
)

/** Bytes that a module has for a memory. */
public class DataSegment internal constructor(
    /**
     * The index of the memory that it is written to when an instance is made; null where it is passive, so that the
     * guest itself writes it.
     */
    public val memory: Int?,
    /** Where in that memory, in bytes; null where it is passive, or a global says it. */
    public val offset: Long?,
    /** What is written. */
    public val bytes: ByteArray,
) {
    /** Whether the guest itself writes it, when it wants to. */
    public val isPassive: Boolean
        get() = memory == null

    /** Where it goes, and how long it is. */
    override fun toString(): String = "DataSegment(memory=$memory, offset=$offset, ${bytes.size} bytes)"
}

@JvmSynthetic
internal fun RawSegment.toPublic(): DataSegment = DataSegment(memory?.toInt(), offset?.toLong(), bytes)

@JvmSynthetic
internal fun RawNames.toPublic(): ModuleNames =
    ModuleNames(
        module,
        functions.byIndex(),
        locals.within(),
        labels.within(),
        types.byIndex(),
        fields.within(),
        tables.byIndex(),
        memories.byIndex(),
        globals.byIndex(),
        tags.byIndex(),
        elements.byIndex(),
        data.byIndex(),
    )

private fun List<ItemName>.byIndex(): Map<Int, String> = associate { it.index.toInt() to it.name }

private fun List<InnerName>.within(): Map<Int, Map<Int, String>> {
    val found = LinkedHashMap<Int, MutableMap<Int, String>>()
    for (name in this) found.getOrPut(name.outer.toInt()) { LinkedHashMap() }[name.index.toInt()] = name.name
    return found
}
