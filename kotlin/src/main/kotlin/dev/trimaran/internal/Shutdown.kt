package dev.trimaran.internal

/** Ends what would keep the class loader of this package: its threads. */
internal object Shutdown {
    @Synchronized
    fun run() {
        if (!NativeImage.isLoaded) return
        NativePressure.collectAll()
        Garbage.end()
        NativeImage.refuse("the package was shut down by Trimaran.shutdown(): it can be used no more")
    }
}
