package dev.trimaran.tests

import dev.trimaran.Allocation
import dev.trimaran.Cache
import dev.trimaran.Config
import dev.trimaran.CraneliftFlag
import dev.trimaran.Engine
import dev.trimaran.ModuleLimits
import dev.trimaran.PoolingConfig
import dev.trimaran.StoreLimits
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Duration
import kotlin.reflect.KMutableProperty1
import kotlin.reflect.full.memberProperties

/** Setting one option keeps every other option: every pair, in both orders. */
class SettingsTest {
    @Test
    fun `a block for limits changes what it names`() {
        val all = Config.untrusted()
        val made = Config.untrusted().apply { moduleLimits { functions = 10 } }
        assertEquals(all.moduleLimits!!.copy(functions = 10), made.moduleLimits)
        made.moduleLimits { types = 3 }
        made.moduleLimits { nesting = null }
        assertEquals(all.moduleLimits!!.copy(functions = 10, types = 3, nesting = null), made.moduleLimits)
        made.moduleLimits = all.moduleLimits
        assertEquals(all, made)
        // The engine has them all.
        val engine = Engine(Config.untrusted().apply { moduleLimits { functions = 10 } })
        assertEquals(all.moduleLimits!!.copy(functions = 10), engine.config.moduleLimits)
        assertEquals(ModuleLimits(functions = 1), Config().apply { moduleLimits { functions = 1 } }.moduleLimits)
        assertEquals(all.moduleLimits, ModuleLimits.untrusted())
    }

    @Test
    fun `a block for a pool changes what it names`() {
        val made =
            Config().apply {
                pooling { totalMemories = 10 }
                pooling { totalTables = 5 }
            }
        assertEquals(Allocation.Pooling(PoolingConfig(totalMemories = 10, totalTables = 5)), made.allocation)
        made.allocation = Allocation.OnDemand
        made.pooling { totalTables = 6 }
        assertEquals(Allocation.Pooling(PoolingConfig(totalTables = 6)), made.allocation)
    }

    @Test
    fun `a block leaves alone what another configuration has as well`() {
        val (limits, pool) = ModuleLimits(functions = 5) to PoolingConfig(totalTables = 5)
        val (one, other) =
            List(2) {
                Config().apply {
                    moduleLimits = limits
                    allocation = Allocation.Pooling(pool)
                }
            }
        one.moduleLimits { functions = 10 }
        one.pooling { totalTables = 10 }
        assertEquals(ModuleLimits(functions = 5), limits)
        assertEquals(PoolingConfig(totalTables = 5), pool)
        assertNotEquals(one, other)
        assertEquals(ModuleLimits(functions = 5), other.moduleLimits)
    }

    /** A value that is no default. */
    private fun sample(type: Class<*>): Any =
        when (type) {
            Boolean::class.javaObjectType, Boolean::class.java -> true
            Int::class.javaObjectType -> 3
            Long::class.javaObjectType -> 1L shl 20
            String::class.java -> "pulley64"
            Duration::class.java -> Duration.ofSeconds(3)
            Cache::class.java -> Cache.Standard
            Allocation::class.java -> Allocation.Pooling(PoolingConfig(totalTables = 5))
            ModuleLimits::class.java -> ModuleLimits(functions = 7)
            List::class.java -> listOf(CraneliftFlag("opt_level", "speed"))
            else -> type.enumConstants.last()
        }

    @Suppress("UNCHECKED_CAST")
    private inline fun <reified T : Any> settings(): List<KMutableProperty1<T, Any?>> =
        T::class.memberProperties.filterIsInstance<KMutableProperty1<T, Any?>>()

    private inline fun <reified T : Any> values(thing: T): Map<String, Any?> =
        settings<T>().associate { it.name to it.get(thing) }

    private fun type(setting: KMutableProperty1<*, *>): Class<*> =
        (setting.returnType.classifier as kotlin.reflect.KClass<*>).javaObjectType

    /** Sets each pair in both orders, on what [make] gives. */
    private inline fun <reified T : Any> everyPair(make: () -> T, least: Int) {
        val all = settings<T>()
        assertTrue(all.size >= least, "$all")
        for (first in all) {
            for (second in all - first) {
                val thing = make()
                val before = values(thing)
                first.set(thing, sample(type(first)))
                second.set(thing, sample(type(second)))
                val changes = listOf(first, second).associate { it.name to sample(type(it)) }
                assertEquals(before + changes, values(thing))
            }
        }
    }

    @Test
    fun `every pair of settings is kept`() {
        everyPair({ Config() }, 40)
        everyPair({ Config.untrusted() }, 40)
        everyPair({ ModuleLimits.untrusted() }, 10)
        everyPair({ PoolingConfig(totalMemories = 1) }, 12)
    }

    @Test
    fun `every pair of limits is changed in a copy`() {
        val copies: Map<String, (StoreLimits) -> StoreLimits> =
            mapOf(
                "memorySize" to { it.copy(memorySize = 1) },
                "tableElements" to { it.copy(tableElements = 2) },
                "instances" to { it.copy(instances = 3) },
                "tables" to { it.copy(tables = 1) },
                "memories" to { it.copy(memories = 2) },
                "fileDescriptors" to { it.copy(fileDescriptors = 4) },
                "trapOnGrowFailure" to { it.copy(trapOnGrowFailure = true) },
            )
        assertEquals(StoreLimits::class.memberProperties.map { it.name }.toSet(), copies.keys)
        for ((first, one) in copies) {
            for ((second, other) in copies - first) {
                val made = other(one(StoreLimits.untrusted()))
                assertEquals(one(other(StoreLimits.untrusted())), made)
                val kept = StoreLimits::class.memberProperties.filter { it.name != first && it.name != second }
                for (field in kept) assertEquals(field.get(StoreLimits.untrusted()), field.get(made))
            }
        }
    }
}
