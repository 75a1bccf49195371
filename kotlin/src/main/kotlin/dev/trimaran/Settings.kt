@file:JvmSynthetic

package dev.trimaran

import java.io.Serializable
import dev.trimaran.internal.ffi.Cache as RawCache
import dev.trimaran.internal.ffi.CraneliftFlag as RawCraneliftFlag

// Settings that are more than a number or a word, and their way to the core and back. All others are generated.

/** Where compiled modules are kept between runs. */
public sealed class Cache : Serializable {
    /** In the place and with the limits that wasmtime chooses for this user. */
    public data object Standard : Cache()

    /**
     * As a TOML file says.
     *
     * @property path The path of that file.
     */
    public data class File(public val path: String) : Cache()
}

/**
 * A target-specific flag of Cranelift.
 *
 * @property name The flag's name.
 * @property value Its value; null enables a flag that is on or off.
 */
public data class CraneliftFlag @JvmOverloads constructor(public val name: String, public val value: String? = null) :
    Serializable {
    private companion object {
        private const val serialVersionUID = 1L
    }
}

/** A size that is not below 0, or `Range`. */
internal fun size(number: Long?, setting: String): ULong? = number?.let { natural(it, setting) }

/** A count that is not below 0, or `Range`. */
internal fun count(number: Int?, setting: String): UInt? = number?.let { natural(it.toLong(), setting).toUInt() }

internal fun CraneliftFlag.toRaw(): RawCraneliftFlag = RawCraneliftFlag(name, value)

internal fun RawCraneliftFlag.toPublic(): CraneliftFlag = CraneliftFlag(name, value)

internal fun Cache.toRaw(): RawCache =
    when (this) {
        Cache.Standard -> RawCache.Standard
        is Cache.File -> RawCache.File(path)
    }

internal fun RawCache.toPublic(): Cache =
    when (this) {
        RawCache.Standard -> Cache.Standard
        is RawCache.File -> Cache.File(path)
    }
