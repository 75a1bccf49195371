package dev.trimaran.internal

import com.sun.jna.Native
import com.sun.jna.internal.Cleaner
import dev.trimaran.internal.ffi.UniffiLib
import java.security.AccessController
import java.security.PrivilegedAction
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** Ends what would keep the class loader of this package: its threads, what JNA knows of it, and the thread of JNA. */
internal object Shutdown {
    /** How long the collector has, in milliseconds. */
    private const val LONGEST_WAIT = 5_000L

    /** What JNA has to do as long as this class is there: so its thread never begins again. */
    private val anchor = Any()

    @Synchronized
    fun run() {
        if (!NativeImage.isLoaded) return
        Living.collectAll()
        Garbage.end()
        NativeImage.refuse("the package was shut down by Trimaran.shutdown(): it can be used no more")
        Native.unregister(UniffiLib::class.java)
        // Where JNA stays, so does its thread.
        if (Cleaner::class.java.classLoader === Shutdown::class.java.classLoader) endJna()
    }

    /** Has JNA begin its thread now, which would keep the classes of the program that happens to need it first. */
    @Suppress("DEPRECATION")
    fun beginJna() {
        AccessController.doPrivileged(PrivilegedAction { Cleaner.getCleaner().register(anchor) {} })
    }

    /**
     * It waits until all that it has to do is done, which never is, since it keeps a little memory for each class of
     * structures. It ends when it is interrupted, and does that itself: no other thread knows which one it is.
     */
    private fun endJna() {
        val ended = CountDownLatch(1)
        register(ended)
        val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT)
        do System.gc() while (!ended.await(20, TimeUnit.MILLISECONDS) && System.nanoTime() < end)
    }

    /** Has JNA do something about an object that is garbage. */
    private fun register(ended: CountDownLatch) {
        Cleaner.getCleaner().register(Any()) {
            Thread.currentThread().interrupt()
            ended.countDown()
        }
    }
}
