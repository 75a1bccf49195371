package dev.trimaran.tests

import dev.trimaran.Allocation
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.ModuleLimits
import dev.trimaran.PoolingConfig
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test

/** No setting undoes another one. */
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
}
