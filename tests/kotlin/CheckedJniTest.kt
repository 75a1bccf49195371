package dev.trimaran.tests

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.opentest4j.TestAbortedException
import java.lang.reflect.InvocationTargetException
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** Runs the other tests in a JVM with `-Xcheck:jni`. */
class CheckedJniTest {
    @Test
    fun `native code keeps the JVM's rules`() {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val options = listOf("-Xcheck:jni", "--enable-native-access=ALL-UNNAMED")
        val properties = listOf("trimaran.root", "trimaran.version").map { "-D$it=${System.getProperty(it)}" }
        val classes = listOf("-cp", System.getProperty("java.class.path"), "dev.trimaran.tests.CheckedJniTestKt")
        val process = ProcessBuilder(listOf(java) + options + properties + classes).redirectErrorStream(true).start()
        val output = process.inputStream.bufferedReader().readLines()
        process.waitFor(1, TimeUnit.MINUTES)
        assertEquals(0, process.exitValue()) { output.takeLast(50).joinToString("\n") }
        val warnings = output.indices.filter { output[it].startsWith("WARNING") }
        val ours = warnings.filter { output.getOrNull(it + 1).orEmpty().trim().startsWith("at dev.trimaran.") }
        assertEquals(emptyList<String>(), ours.flatMap { output.subList(it, minOf(it + 10, output.size)) })
    }
}

/** What needs long and much garbage, for the sake of compiled code. */
private val slow =
    setOf(
        "nothing that a call needs is collected before it is over",
        "objects that are dropped during a call live until it is over",
    )

/** Runs the tests of the classes that have to do with native code. */
fun main() {
    val classes =
        listOf(
            AsyncTest::class,
            ComponentStreamsTest::class,
            CasesTest::class,
            GlobalTest::class,
            HostTest::class,
            InterruptTest::class,
            FastPathTest::class,
            LinkerTest::class,
            MemoryTest::class,
            ReferenceTest::class,
            SharedMemoryTest::class,
            TableTest::class,
            ThrownTest::class,
            ViewTest::class,
            WasiTest::class,
        )
    for (type in classes.map { it.java }) {
        for (method in type.declaredMethods.sortedBy { it.name }) {
            if (method.name in slow || method.parameterCount > 0) continue
            val test = type.getDeclaredConstructor().newInstance()
            val before = type.declaredMethods.filter { it.isAnnotationPresent(BeforeEach::class.java) }
            val isFactory = method.isAnnotationPresent(TestFactory::class.java)
            if (!isFactory && !method.isAnnotationPresent(Test::class.java)) continue
            attempt {
                before.forEach { it.invoke(test) }
                method.invoke(test)
            }
            if (isFactory) CasesTest().cases().forEach { case -> attempt { case.executable.execute() } }
        }
    }
    println("done")
}

/** Runs a test, unless it does not want to be run here. */
private fun attempt(test: () -> Unit) {
    try {
        test()
    } catch (problem: Throwable) {
        val cause = if (problem is InvocationTargetException) problem.targetException else problem
        if (cause !is TestAbortedException) throw cause
    }
}
