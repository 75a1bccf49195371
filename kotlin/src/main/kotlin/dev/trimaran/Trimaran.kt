package dev.trimaran

import dev.trimaran.internal.ffi.version as rawVersion

/** What is true of the library as a whole. */
public object Trimaran {
    /** The version of this library, which is also that of the native one in it: `major.minor.patch`. */
    @JvmStatic
    public val version: String
        get() = core { rawVersion() }
}
