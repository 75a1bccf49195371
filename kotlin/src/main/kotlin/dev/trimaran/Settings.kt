@file:JvmSynthetic

package dev.trimaran

import dev.trimaran.internal.ffi.Cache as RawCache
import dev.trimaran.internal.ffi.CraneliftFlag as RawCraneliftFlag

// Settings that are more than a number or a word, on their way to the core and back. All others are generated.

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
