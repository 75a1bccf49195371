package dev.trimaran

import dev.trimaran.internal.shown
import dev.trimaran.internal.ffi.DebugInfo as Raw

/**
 * What a module says of its source files, in the custom sections that compilers write with `-g` (DWARF 2 to 5). It is
 * read when somebody asks. [Module.debugInfo] gives it:
 *
 * ```
 * module.debugInfo?.symbols(0x8c)?.forEach(::println)
 * ```
 */
public class DebugInfo private constructor(raw: Raw) {
    private val raw: Raw = raw
        get() = made(field)

    /**
     * Where in the source the instruction at this offset of the module stands, as in [Frame.symbols]: empty where the
     * module does not say it.
     *
     * @param moduleOffset From the start of the module, in bytes.
     */
    public fun symbols(moduleOffset: Long): List<FrameSymbol> =
        if (moduleOffset < 0) emptyList() else core { raw.symbols(moduleOffset.toULong()) }.map(::symbol)

    /** What it is. */
    override fun toString(): String = shown("DebugInfo") { raw.run { "" } }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): DebugInfo = DebugInfo(raw)
    }
}
