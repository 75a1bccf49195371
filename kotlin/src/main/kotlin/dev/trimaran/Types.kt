package dev.trimaran

import java.util.OptionalLong
import dev.trimaran.internal.ffi.FuncType as RawFuncType
import dev.trimaran.internal.ffi.GlobalType as RawGlobalType
import dev.trimaran.internal.ffi.Limits as RawLimits
import dev.trimaran.internal.ffi.MemoryType as RawMemoryType
import dev.trimaran.internal.ffi.TableType as RawTableType
import dev.trimaran.internal.ffi.TagType as RawTagType

/**
 * How small and how large something may be: a memory in pages, a table in elements.
 *
 * Both numbers are 0 or more; one below fails with `Range`. WebAssembly's own numbers have 64 bits and no sign:
 * one past [Long.MAX_VALUE] reads as that.
 *
 * @property min The size at the beginning, and the smallest that it can have.
 * @property max The greatest size that it can grow to; null leaves that to the store and the machine.
 */
public data class Limits @JvmOverloads constructor(
    public val min: Long,
    @get:JvmSynthetic public val max: Long? = null,
) {
    /** The same, from Java: `new Limits(1, 10)`. */
    public constructor(min: Long, max: Long) : this(min, nullable(max))

    init {
        natural(min, "the minimum")
        max?.let { natural(it, "the maximum") }
    }

    /** [max], from Java: `limits.getMax()`, which is empty where there is none. */
    @JvmName("getMax")
    public fun maxOrEmpty(): OptionalLong = optional(max)

    /** The limits, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawLimits = RawLimits(min.toULong(), max?.toULong())
}

/**
 * The type of a memory.
 *
 * @property limits The size, in pages.
 * @property is64 Whether it has 64-bit addresses.
 * @property shared Whether several threads may use it.
 * @property pageSizeLog2 The size of a page, as a power of two: 16 (65,536 bytes), or 0 (one byte) with custom
 *   page sizes. Another number than a byte holds fails with `Range`.
 */
public data class MemoryType @JvmOverloads constructor(
    public val limits: Limits,
    public val is64: Boolean = false,
    public val shared: Boolean = false,
    public val pageSizeLog2: Int = 16,
) {
    init {
        within(pageSizeLog2.toLong(), 255, "the page size, as a power of two,")
    }

    /** The type, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawMemoryType = RawMemoryType(limits.toRaw(), is64, shared, pageSizeLog2.toUByte())
}

/**
 * The type of a table.
 *
 * @property element What its elements are.
 * @property limits The size, in elements.
 * @property is64 Whether it has 64-bit indices.
 */
public data class TableType @JvmOverloads constructor(
    public val element: RefType,
    public val limits: Limits,
    public val is64: Boolean = false,
) {
    /** The type, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawTableType = RawTableType(element.toRaw(), limits.toRaw(), is64)
}

/**
 * The type of a global.
 *
 * @property content What it holds.
 * @property mutable Whether it can be set.
 */
public data class GlobalType @JvmOverloads constructor(
    public val content: ValType,
    public val mutable: Boolean = false,
) {
    /** The type, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawGlobalType = RawGlobalType(content.toRaw(), mutable)
}

/**
 * The type of a function.
 *
 * @property params What it takes.
 * @property results What it gives.
 */
public data class FuncType @JvmOverloads constructor(
    public val params: List<ValType> = emptyList(),
    public val results: List<ValType> = emptyList(),
) {
    init {
        params.whole("parameter")
        results.whole("result")
    }

    /** The type, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawFuncType = RawFuncType(params.map(ValType::toRaw), results.map(ValType::toRaw))
}

/**
 * The type of a tag: what an exception carries.
 *
 * @property func The values of an exception with this tag, as parameters.
 */
public data class TagType(public val func: FuncType) {
    /** The type, as in the text format. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawTagType = RawTagType(func.toRaw())
}

@JvmSynthetic
internal fun RawLimits.toPublic(): Limits = Limits(min.toSize(), max?.toSize())

@JvmSynthetic
internal fun RawMemoryType.toPublic(): MemoryType = MemoryType(limits.toPublic(), is64, shared, pageSizeLog2.toInt())

@JvmSynthetic
internal fun RawTableType.toPublic(): TableType = TableType(element.toPublic(), limits.toPublic(), is64)

@JvmSynthetic
internal fun RawGlobalType.toPublic(): GlobalType = GlobalType(content.toPublic(), mutable)

@JvmSynthetic
internal fun RawFuncType.toPublic(): FuncType = FuncType(params.map { it.toPublic() }, results.map { it.toPublic() })

@JvmSynthetic
internal fun RawTagType.toPublic(): TagType = TagType(func.toPublic())
