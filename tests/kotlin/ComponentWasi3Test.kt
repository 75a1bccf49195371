package dev.trimaran.tests

import dev.trimaran.Interruption
import dev.trimaran.OutputPipe
import dev.trimaran.OutputSink
import dev.trimaran.Store
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Func
import dev.trimaran.component.Linker
import dev.trimaran.component.Ok
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import kotlin.time.Duration.Companion.milliseconds

private const val HOUR = 3_600_000_000_000uL

/** Components of WASI 0.3: they give the thread back while they wait, and keep what `WasiConfig` promises. */
@Timeout(60)
class ComponentWasi3Test {
    private class Program(mayEnd: Boolean = false, wasi: WasiConfig.() -> Unit = {}) {
        private val engine =
            engine {
                wasmComponentModelAsync = true
                epochInterruption = mayEnd
            }
        val store = Store(engine).apply { setWasi(wasi) }
        private val component = Component.fromFile(engine, root.resolve("tests/modules/component_wasi3.wat"))
        private val instance = Linker(engine).apply { defineWasi() }.instantiate(store, component)

        fun func(vararg path: String): Func = instance.func(store, *path)

        suspend fun sleep(nanoseconds: ULong) = func("sleep").callSuspend(store, nanoseconds)

        fun sleepHere(nanoseconds: ULong) = func("sleep")(store, nanoseconds)
    }

    @Test
    fun `a command is called and suspends`() =
        runBlocking {
            for (suspends in listOf(false, true)) {
                val output = OutputPipe()
                val program =
                    Program {
                        stdin("world")
                        stdout(output)
                    }
                val run = program.func("wasi:cli/run@0.3.0", "run")
                val done = if (suspends) run.callSuspend(program.store) else run(program.store)
                assertEquals(Ok(), done)
                assertEquals("hello\nworld", output.text())
            }
        }

    @Test
    fun `others go on while a guest sleeps`() =
        runBlocking {
            val program = Program()
            val task = async { program.sleep(50_000_000u) }
            var turns = 0
            while (!task.isCompleted) {
                delay(1)
                turns++
            }
            task.await()
            assertTrue(turns > 1)
            // A call that does not suspend sleeps on its thread.
            program.sleepHere(1_000_000u)
        }

    @Test
    fun `fifty guests sleep at once on one thread`() =
        runBlocking {
            val programs = List(50) { Program() }
            programs.map { async { it.func("naps").callSuspend(it.store, 20u, 20_000_000uL) } }.awaitAll()
            Unit
        }

    @Test
    fun `a guest that sleeps is cancelled`() =
        runBlocking {
            val program = Program()
            assertNull(withTimeoutOrNull(20) { program.sleep(HOUR) })
            val error = runCatching { program.sleep(1u) }.exceptionOrNull()
            assertTrue(error is WasmtimeException.Poisoned)
        }

    @Test
    fun `a time limit ends a sleep`() =
        runBlocking {
            for (suspends in listOf(false, true)) {
                val program = Program(mayEnd = true)
                program.store.setTimeout(30.milliseconds)
                val error =
                    runCatching { if (suspends) program.sleep(HOUR) else program.sleepHere(HOUR) }.exceptionOrNull()
                assertEquals(Interruption.TIME_LIMIT, (error as WasmtimeException.Trap).interruption)
            }
        }

    @Test
    fun `a store is closed while its guest sleeps`() =
        runBlocking {
            // A guest that nothing can interrupt sleeps its time at once.
            val program = Program(mayEnd = true)
            val task = async { runCatching { program.sleep(HOUR) }.exceptionOrNull() }
            delay(10)
            program.store.close()
            assertTrue(task.await() is WasmtimeException.Closed)
        }

    @Test
    fun `what a callback throws is thrown`() {
        val thrown = IllegalStateException("no")
        val program = Program { stdout(OutputSink { throw thrown }) }
        assertSame(thrown, fails<IllegalStateException> { program.func("print")(program.store, "hello") })
    }
}
