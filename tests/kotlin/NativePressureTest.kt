package dev.trimaran.tests

import dev.trimaran.Allocation
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.PoolingConfig
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.internal.NativeByHand
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.lang.management.ManagementFactory
import java.util.concurrent.atomic.AtomicInteger

/** Stores that nobody closes. */
class NativePressureTest {
    @Test
    fun `what stores hold is counted, and no longer when they are closed`() {
        val module = Module(engine(), """(module (memory 16) (table 100 funcref))""")
        val before = NativeByHand.heldBytes()
        val stores = List(64) { Store(module.engine).also { store -> Instance(store, module) } }
        val held = NativeByHand.heldBytes() - before
        // Others may be collected meanwhile.
        assertTrue(held > 32L shl 20) { "$held" }
        stores.forEach { it.close() }
        assertTrue(NativeByHand.heldBytes() - before < 1L shl 20)
    }

    @Test
    fun `stores that nobody closes do not fill the memory`() {
        // Each has a memory of 4 MiB that its guest has written: 6 GiB in all, at a heap of 64 MiB.
        val output = Child(listOf("-Xmx64m"), "NativePressureTestKt").output().lines().last()
        assertTrue(output.toLong() < 2048) { "$output MiB were resident" }
    }

    @Test
    fun `garbage is collected before there is no room`() {
        val pooling = PoolingConfig(totalMemories = 20, totalCoreInstances = 20)
        val config = config().apply { allocation = Allocation.Pooling(pooling) }
        val module = Module(Engine(config), """(module (memory 1) (func (export "f")))""")
        repeat(200) {
            val store = Store(module.engine)
            Instance(store, module)
        }
        // And where nothing is garbage, it is said that there is no room.
        val kept = ArrayList<Any>()
        fails<WasmtimeException.Limit> {
            repeat(21) {
                val store = Store(module.engine).also { kept += it }
                kept += Instance(store, module)
            }
        }
        assertEquals(true, kept.size > 20)
    }

    @Test
    fun `what a store may not have is not asked for again`() {
        val engine = engine()
        val module = Module(engine, "(module (memory 2000))")
        // Garbage, of which a collection gives something back.
        repeat(100) { Instance(Store(engine), Module(engine, "(module (memory 1))")) }
        val before = collections()
        repeat(20) {
            val store = Store(engine).apply { setLimits(memorySize = 1L shl 20, memories = 1) }
            val text = "the store's limit for a memory is 1048576 bytes: 2000 pages were asked for"
            repeat(2) { fails<WasmtimeException.Limit>(text) { Instance(store, module) } }
        }
        assertTrue(collections() - before < 10) { "each failure had the JVM collect" }
    }

    /** How often the JVM was asked to collect, or collected all by itself. */
    private fun collections() = ManagementFactory.getGarbageCollectorMXBeans().sumOf { it.collectionCount }

    @Test
    fun `what has run is not run again`() {
        val calls = AtomicInteger()
        val engine = engine()
        val store = Store(engine).apply { setLimits(memorySize = 65_536, trapOnGrowFailure = true) }
        val count = Func.wrap<Int>(store) { calls.incrementAndGet() }
        val text =
            """(module (import "" "f" (func ${'$'}f (result i32))) (memory 1)
              (start ${'$'}s) (func ${'$'}s (drop (call ${'$'}f)) (drop (memory.grow (i32.const 1)))))"""
        val module = Module(engine, text)
        repeat(3) { fails<WasmtimeException.Limit> { Instance(store, module, listOf(count)) } }
        assertEquals(3, calls.get())
    }
}

/** Makes stores and closes none, and prints how much was resident at most, in MiB. */
fun main() {
    val text =
        """(module (memory 64)
          (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 4194304))))"""
    val module = Module(Engine(Config()), text)
    repeat(1500) {
        val store = Store(module.engine)
        Instance(store, module).func(store, "f")(store)
    }
    val peak = File("/proc/self/status").readLines().first { it.startsWith("VmHWM") }
    println(peak.filter(Char::isDigit).toLong() / 1024)
}
