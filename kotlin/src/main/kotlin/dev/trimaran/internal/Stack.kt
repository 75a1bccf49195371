package dev.trimaran.internal

/** Room on the stack, of which JNA needs some. */
internal object Stack {
    /**
     * What has to be left of it before a call into JNA, in bytes. The JVM keeps 96 KiB at the end of each stack for itself; with
     * what comes before that, JNA calls back into Java, to read and write its structures. The core leaves 8 KiB more to a
     * callback of JNA's, which has to be able to say what it failed with.
     */
    private const val NEEDED = 104L shl 10

    /**
     * Fails where JNA would be without room. It does not expect what the JVM throws then: it hands on results that were never
     * written, which crash the JVM.
     */
    @JvmStatic
    fun check() {
        if (Lane.stackLeft() < NEEDED) throw StackOverflowError("there is no room left for a call of the library")
    }
}
