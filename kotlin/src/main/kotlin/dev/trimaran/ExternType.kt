package dev.trimaran

import dev.trimaran.internal.ffi.ExportType as RawExportType
import dev.trimaran.internal.ffi.ExternType as RawExternType
import dev.trimaran.internal.ffi.ImportType as RawImportType

/** The type of something that can be imported or exported. */
public sealed class ExternType {
    /**
     * A function.
     *
     * @property type Its type.
     */
    public data class Func(public val type: FuncType) : ExternType()

    /**
     * A global.
     *
     * @property type Its type.
     */
    public data class Global(public val type: GlobalType) : ExternType()

    /**
     * A table.
     *
     * @property type Its type.
     */
    public data class Table(public val type: TableType) : ExternType()

    /**
     * A memory, shared or not.
     *
     * @property type Its type.
     */
    public data class Memory(public val type: MemoryType) : ExternType()

    /**
     * A tag.
     *
     * @property type Its type.
     */
    public data class Tag(public val type: TagType) : ExternType()

    /** The type, as in the text format. */
    final override fun toString(): String =
        when (this) {
            is Func -> type
            is Global -> type
            is Table -> type
            is Memory -> type
            is Tag -> type
        }.toString()

    @JvmSynthetic
    internal fun toRaw(): RawExternType =
        when (this) {
            is Func -> RawExternType.OfFunc(type.toRaw())
            is Global -> RawExternType.OfGlobal(type.toRaw())
            is Table -> RawExternType.OfTable(type.toRaw())
            is Memory -> RawExternType.OfMemory(type.toRaw())
            is Tag -> RawExternType.OfTag(type.toRaw())
        }
}

/**
 * Something that a module wants.
 *
 * @property module The first part of its name.
 * @property name The second part of its name.
 * @property type What it has to be.
 */
public data class ImportType(public val module: String, public val name: String, public val type: ExternType) {
    /** The import, as in the text format. */
    override fun toString(): String = RawImportType(module, name, type.toRaw()).toString()
}

/**
 * Something that a module offers.
 *
 * @property name Its name.
 * @property type What it is.
 */
public data class ExportType(public val name: String, public val type: ExternType) {
    /** The export, as in the text format. */
    override fun toString(): String = RawExportType(name, type.toRaw()).toString()
}

@JvmSynthetic
internal fun RawExternType.toPublic(): ExternType =
    when (this) {
        is RawExternType.OfFunc -> ExternType.Func(ty.toPublic())
        is RawExternType.OfGlobal -> ExternType.Global(ty.toPublic())
        is RawExternType.OfTable -> ExternType.Table(ty.toPublic())
        is RawExternType.OfMemory -> ExternType.Memory(ty.toPublic())
        is RawExternType.OfTag -> ExternType.Tag(ty.toPublic())
    }

@JvmSynthetic
internal fun RawImportType.toPublic(): ImportType = ImportType(module, name, ty.toPublic())

@JvmSynthetic
internal fun RawExportType.toPublic(): ExportType = ExportType(name, ty.toPublic())
