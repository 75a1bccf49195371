package dev.trimaran

import dev.trimaran.internal.Shutdown
import dev.trimaran.internal.ffi.version as rawVersion

/** What is true of the library as a whole. */
public object Trimaran {
    /** The version of this library, which is also that of the native one in it: `major.minor.patch`. */
    @JvmStatic
    public val version: String
        get() = core { rawVersion() }

    /**
     * Ends what keeps the class loader of this package from being collected, for a server that unloads a program together with
     * the package: its threads. Close what the program has made, and call this last, when nothing uses the package any more:
     * what is neither closed nor garbage by then is never given back, and every later use fails with [UnsatisfiedLinkError]. It
     * asks the JVM to collect, and may take some seconds.
     *
     * The native library stays in the process, and the next class loader uses the same one. A package that stays, in a class
     * loader that programs share, keeps no classes of programs: then none of this is needed.
     */
    @JvmStatic
    public fun shutdown(): Unit = Shutdown.run()
}
