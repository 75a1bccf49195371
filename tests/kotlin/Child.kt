package dev.trimaran.tests

import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** A JVM of its own, which runs the function `main` of one of these files. */
class Child(options: List<String>, program: String, vararg arguments: String, path: String = classPath) {
    private val process =
        ProcessBuilder(
            listOf(Path.of(System.getProperty("java.home"), "bin", "java").toString()) +
                listOf("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED") +
                listOf("trimaran.root", "trimaran.version").map { "-D$it=${System.getProperty(it)}" } +
                options + listOf("-cp", path, "dev.trimaran.tests.$program") + arguments,
        ).redirectErrorStream(true).start()

    /** What it said, if it ended well and in time, as no test that works takes so long. */
    fun output(): String {
        val ended = process.waitFor(2, TimeUnit.MINUTES)
        if (!ended) process.destroyForcibly()
        val output = process.inputStream.bufferedReader().readText().trim()
        check(ended) { "it did not end; it said: $output" }
        check(process.exitValue() == 0) { "it ended with ${process.exitValue()}; it said: $output" }
        return output
    }

    companion object {
        val classPath: String = System.getProperty("java.class.path")
    }
}

/** The number of the Java that runs this. */
val javaVersion: Int = Runtime.version().feature()
