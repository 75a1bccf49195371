import java.io.File

// What says that memory does not grow.

/** Objects that are gone are let go of in the background, and what they kept goes in the next collection. */
fun collect(times: Int) =
    repeat(times) {
        System.gc()
        Thread.sleep(20)
    }

private fun resident(): Long {
    collect(5)
    return File("/proc/self/statm").readText().split(' ')[1].toLong() * 4096 shr 20
}

/** Repeats; the second half must not take more memory than the first one left. */
fun flat(step: Step): String {
    val half = step.number(1).toInt() / 2
    repeat(half) { run(step.inside) }
    val before = resident()
    repeat(half) { run(step.inside) }
    val grown = resident() - before
    return if (grown <= step.number(2)) "flat" else "!grew by $grown MiB"
}
