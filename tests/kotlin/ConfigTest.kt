package dev.trimaran.tests

import dev.trimaran.Allocation
import dev.trimaran.Cache
import dev.trimaran.Collector
import dev.trimaran.Config
import dev.trimaran.CraneliftFlag
import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.ModuleLimits
import dev.trimaran.OptLevel
import dev.trimaran.PoolingConfig
import dev.trimaran.ProfilingStrategy
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.Strategy
import dev.trimaran.TrapCode
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.reflect.Method
import java.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

class ConfigTest {
    @Test
    fun `a configuration is a value`() {
        val (config, same) =
            List(2) {
                Config().apply {
                    wasmThreads = true
                    maxWasmStack = 4096
                }
            }
        assertEquals(config, same)
        assertEquals(config.hashCode(), same.hashCode())
        assertNotEquals(config, Config())
        assertEquals("Config(wasmThreads=true, maxWasmStack=4096)", config.toString())
        assertEquals("Config()", Config().toString())
    }

    /** Java has a second one of some, for a plain number. */
    private fun isSetter(method: Method): Boolean =
        method.name.startsWith("set") && !method.parameterTypes.single().isPrimitive

    @Test
    fun `every setting reaches the engine`() {
        val settings = Config::class.java.methods.filter(::isSetter)
        val size = 1L shl 20
        for (setter in settings) {
            val values =
                when (val type = setter.parameterTypes.single()) {
                    Boolean::class.javaObjectType -> listOf(true, false)
                    Long::class.javaObjectType -> listOf(size)
                    String::class.java -> listOf("pulley64")
                    Cache::class.java -> listOf(Cache.File("/nowhere/at/all.toml"))
                    Allocation::class.java -> listOf(Allocation.OnDemand, Allocation.Pooling(PoolingConfig(1)))
                    ModuleLimits::class.java -> listOf(ModuleLimits(functions = 1))
                    List::class.java -> listOf(listOf(CraneliftFlag("no_such_flag", "1")))
                    else -> type.enumConstants.toList()
                }
            for (value in values) {
                val config = Config().also { setter.invoke(it, value) }
                assertNotEquals(Config(), config)
                assertTrue(config.toString().contains(value.toString()))
                try {
                    // And it comes back as it was.
                    Engine(config).use { assertEquals(config, it.config) }
                } catch (_: WasmtimeException.Config) {
                    // Not every setting makes sense alone, on every machine: what counts is that core was asked.
                }
            }
        }
        val core = Class.forName("dev.trimaran.internal.ffi.Config").methods.count { it.name.startsWith("set") }
        assertEquals(core, settings.size)
    }

    @Test
    fun `settings that cannot be`() {
        fails<WasmtimeException.Range>("max_wasm_stack is -1: expected 0 or more") { Engine { maxWasmStack = -1 } }
        fails<WasmtimeException.Config> { Engine { maxWasmStack = 0 } }
        fails<WasmtimeException.Config> { Engine { target = "abacus" } }
        fails<WasmtimeException.Config> { Engine { cache = Cache.File("/nowhere/at/all.toml") } }
        assertTrue(Engine { target = "pulley64" }.use { it.isPulley })
    }

    @Test
    fun `a pool has room for so many`() {
        val engine =
            engine {
                pooling {
                    totalMemories = 1
                    totalCoreInstances = 4
                    maxMemorySize = 1 shl 20
                }
            }
        val pooling = PoolingConfig(totalMemories = 1, totalCoreInstances = 4, maxMemorySize = 1 shl 20)
        assertEquals(Allocation.Pooling(pooling), engine.config.allocation)
        val (one, two) = List(2) { Store(engine) }
        val module = Module(engine, "(module (memory 1))")
        Instance(one, module)
        fails<WasmtimeException.Limit> { Instance(two, module) }
        one.close()
        Instance(two, module)
        fails<WasmtimeException.Range>("total_memories is -1: expected 0 or more") {
            Engine { pooling { totalMemories = -1 } }
        }
    }

    @Test
    fun `every setting of a pool reaches the engine`() {
        val settings = PoolingConfig::class.java.methods.filter(::isSetter)
        for (setter in settings) {
            val pooling = PoolingConfig()
            // Uses a small number, because address space is scarce.
            val number: Any = if (setter.parameterTypes.single() == Int::class.javaObjectType) 1 else 1L shl 20
            setter.invoke(pooling, number)
            assertNotEquals(PoolingConfig(), pooling)
            val config = config().apply { allocation = Allocation.Pooling(pooling) }
            assertEquals(config, Engine(config).use { it.config })
        }
        val core = Class.forName("dev.trimaran.internal.ffi.PoolingConfig").methods.count { it.name.startsWith("set") }
        assertEquals(core, settings.size)
    }

    @Test
    fun `modules are as large as the engine lets them be`() {
        val limits = ModuleLimits::class.java.methods.filter(::isSetter)
        for (setter in limits) {
            val least = if (setter.parameterTypes.single() == Duration::class.java) Duration.ZERO else 0L
            val all = ModuleLimits().also { setter.invoke(it, least) }
            assertNotEquals(ModuleLimits(), all)
            val engine = engine { moduleLimits = all }
            assertEquals(all, engine.config.moduleLimits)
            val text = """(module (import "a" "b" (global i32)) (global i32 (i32.const 1))
                (func (export "f") (local i32) (block)))"""
            fails<WasmtimeException.Limit> { Module(engine, text) }
        }
        val core = Class.forName("dev.trimaran.internal.ffi.ModuleLimits").methods.count { it.name.startsWith("set") }
        assertEquals(core, limits.size)
        val config =
            Config().apply {
                moduleLimits {
                    functions = 1
                    nesting = 2
                }
            }
        assertEquals(ModuleLimits(functions = 1, nesting = 2), config.moduleLimits)
        fails<WasmtimeException.Range>("nesting is -1: expected 0 or more") { Engine { moduleLimits { nesting = -1 } } }
        fails<WasmtimeException.Range>("compile_time is -1: expected 0 or more") {
            Engine { moduleLimits { compileTime = Duration.ofMillis(-1) } }
        }
        fails<WasmtimeException.Range> { Engine { moduleLimits { compileTime = Duration.ofSeconds(Long.MIN_VALUE) } } }
        // That is longer than anybody can say in milliseconds.
        engine { moduleLimits { compileTime = Duration.ofSeconds(Long.MAX_VALUE) } }.use { Module(it, "(module)") }
        fails<WasmtimeException.Range> { Store(engine { epochInterruption = true }).setTimeout(Duration.ofMillis(-1)) }
        for (less in listOf(-kotlin.time.Duration.INFINITE, (-1).nanoseconds)) {
            fails<WasmtimeException.Range> { Store(engine { epochInterruption = true }).setTimeout(less) }
            fails<WasmtimeException.Range> { Store(engine { epochInterruption = true }).withDeadline(less) {} }
        }
        Store(engine { epochInterruption = true }).setTimeout(Duration.ofSeconds(Long.MAX_VALUE))
    }

    @Test
    fun `settings for untrusted modules`() {
        val config = Config.untrusted()
        assertEquals(true, config.epochInterruption)
        assertNotEquals(null, config.moduleLimits)
        assertNotEquals(null, StoreLimits.untrusted().memorySize)
        val engine = Engine(config.apply { target = System.getenv("TRIMARAN_TEST_TARGET") })
        val store = Store(engine).apply { setLimits(StoreLimits.untrusted()) }
        Instance(store, Module(engine, "(module (memory 1))"))
    }

    @Test
    fun `the words of the core are the words here`() {
        val core = "dev.trimaran.internal.ffi"
        val ofConfig = listOf(Strategy::class, OptLevel::class, ProfilingStrategy::class, Collector::class)
        for (type in ofConfig + TrapCode::class) {
            val raw = Class.forName("$core.${type.simpleName}").enumConstants.map { it.toString() }
            assertEquals(raw, type.java.enumConstants.map { it.toString() })
        }
    }

    @Test
    fun fuel() {
        val guest = Guest("""(module (func (export "run") (loop (br 0))))""") { consumeFuel = true }
        assertEquals(0, guest.store.fuel)
        guest.store.fuel = 1000
        assertEquals(1000, guest.store.fuel)
        assertEquals(TrapCode.OUT_OF_FUEL, fails<WasmtimeException.Trap> { guest.call("run") }.code)
        guest.store.fuel = Long.MAX_VALUE
        assertEquals(Long.MAX_VALUE, guest.store.fuel)
        fails<WasmtimeException.Range>("the fuel is -1: expected 0 or more") { guest.store.fuel = -1 }
        fails<WasmtimeException.Config>("fuel needs an engine with consumeFuel") { store().fuel = 1 }
    }

    @Test
    fun epochs() {
        val guest = Guest("""(module (func (export "run") (loop (br 0))))""") { epochInterruption = true }
        guest.store.setEpochDeadline(1)
        val ticker = task { guest.engine.incrementEpoch() }
        assertEquals(TrapCode.INTERRUPT, fails<WasmtimeException.Trap> { guest.call("run") }.code)
        ticker.get()
        fails<WasmtimeException.Range> { guest.store.setEpochDeadline(-1) }
    }

    @Test
    fun `stores close with their block`() {
        val engine = engine()
        val store = Store(engine).use { store ->
            assertFalse(store.isClosed)
            Module(engine, "(module)").use { assertEquals(null, it.name) }
            store
        }
        assertTrue(store.isClosed)
    }
}
