package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Profiler
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.io.path.readText
import kotlin.time.Duration.Companion.ZERO
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

/** Profilers: where guests spend their time. */
class ProfilerTest {
    @TempDir
    private lateinit var folder: Path

    private val text =
        """(module
          (import "host" "sleep" (func ${'$'}sleep))
          (func ${'$'}work (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func ${'$'}outer (export "outer") (param i32) (call ${'$'}work (local.get 0)))
          (func ${'$'}slow (export "slow") (call ${'$'}sleep))
          (func ${'$'}spin (export "spin") (loop (br 0))))"""

    /** Some 20 ms or more. */
    private val work = 50_000_000

    private inner class Guest {
        private val engine = engine { epochInterruption = true }
        val store = Store(engine)
        private val sleep =
            Func(store, FuncType(emptyList(), emptyList())) {
                Thread.sleep(30)
                emptyList()
            }
        private val instance = Instance(store, Module(engine, text), listOf(sleep))

        fun call(name: String, vararg given: Any) = instance.func(store, name)(store, *given)
    }

    private fun thread(profile: String): JsonObject =
        Json.parseToJsonElement(profile).jsonObject.getValue("threads").jsonArray.single().jsonObject

    private fun JsonObject.column(table: String, name: String) = getValue(table).jsonObject.getValue(name).jsonArray

    private fun functions(profile: String): Set<String> {
        val thread = thread(profile)
        val texts = thread.getValue("stringArray").jsonArray
        return thread.column("funcTable", "name").map { texts[it.jsonPrimitive.int].jsonPrimitive.content }.toSet()
    }

    @Test
    fun `a profile`() {
        val (guest, file) = Guest() to folder.resolve("profile.json")
        val profiler = Profiler(guest.store)
        profiler.use {
            guest.call("outer", work)
            // While it goes on as well.
            it.save(file)
            assertEquals(setOf("outer", "work"), functions(file.readText()))
        }
        val samples = profiler.samples
        assertEquals(samples, thread(profiler.json()).column("samples", "stack").size.toLong())
        assertTrue(samples > 0)
        assertEquals("Profiler, $samples samples", profiler.toString())
        // It has ended.
        guest.call("outer", work)
        profiler.stop()
        assertEquals(samples to 0L, profiler.samples to profiler.lostSamples)
        profiler.save(file)
        assertEquals(profiler.json(), file.readText())
        assertThrows<WasmtimeException.Io> { profiler.save(folder) }
    }

    @Test
    fun `host functions and limits of time`() {
        val guest = Guest()
        guest.store.setTimeout(100.milliseconds)
        Profiler(guest.store, interval = 2.milliseconds).use { profiler ->
            guest.call("slow")
            val weights = thread(profiler.json()).column("samples", "weight").sumOf { it.jsonPrimitive.int }
            assertTrue(weights >= 13, "$weights")
            assertThrows<WasmtimeException.TimeLimit> { guest.call("spin") }
            assertEquals(setOf("slow", "spin"), functions(profiler.json()))
        }
    }

    @Test
    fun `a bound`() {
        val guest = Guest()
        guest.store.setTimeout(200.milliseconds)
        Profiler(guest.store, JavaDuration.ofMillis(1), 2).use { profiler ->
            assertThrows<WasmtimeException.TimeLimit> { guest.call("spin") }
            assertEquals(2, profiler.samples)
            assertTrue(profiler.lostSamples > 0)
        }
    }

    @Test
    fun `what cannot be profiled`() {
        assertThrows<WasmtimeException.Config> { Profiler(store()) }
        val store = store { epochInterruption = true }
        Profiler(store).use { assertThrows<WasmtimeException.Busy> { Profiler(store) } }
        for (interval in listOf(ZERO, (-1).milliseconds, 61.seconds)) {
            assertThrows<WasmtimeException.Range> { Profiler(store, interval) }
        }
        for (samples in listOf(-1L, 0L, 1_000_001L)) {
            assertThrows<WasmtimeException.Range> { Profiler(store, maxSamples = samples) }
        }
        val kept = Profiler(store)
        store.close()
        assertEquals(emptySet<String>(), functions(kept.json()))
        kept.close()
        assertThrows<WasmtimeException.Closed> { Profiler(store) }
    }

    @Test
    fun `another thread looks at a guest that runs`() {
        val guest = Guest()
        val handle = guest.store.interruptHandle()
        val running = thread { assertThrows<WasmtimeException.Trap> { guest.call("spin") } }
        val profiler = Profiler(guest.store)
        while (profiler.samples < 3) Thread.sleep(1)
        profiler.stop()
        while (!handle.interrupt()) Thread.sleep(1)
        running.join()
        assertEquals(setOf("spin"), functions(profiler.json()))
    }
}
