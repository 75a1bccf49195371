package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.CodePoint
import dev.trimaran.component.Component
import dev.trimaran.component.Err
import dev.trimaran.component.Maybe
import dev.trimaran.component.Outcome
import dev.trimaran.component.ResultException
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.isSame
import dev.trimaran.component.bindings.textOf
import dev.trimaran.tests.asking.Asking
import dev.trimaran.tests.asking.AskingImports
import dev.trimaran.tests.asking.imports.host.Host
import dev.trimaran.tests.asking.imports.host.Sink
import dev.trimaran.tests.command.Command
import dev.trimaran.tests.counting.Counting
import dev.trimaran.tests.counting.exports.counters.Counter
import dev.trimaran.tests.counting.exports.counters.Error
import dev.trimaran.tests.counting.exports.counters.ErrorException
import dev.trimaran.tests.values.Access
import dev.trimaran.tests.values.Bag
import dev.trimaran.tests.values.Color
import dev.trimaran.tests.values.ColorException
import dev.trimaran.tests.values.Person
import dev.trimaran.tests.values.Shape
import dev.trimaran.tests.values.Tuple1
import dev.trimaran.tests.values.Tuple4
import dev.trimaran.tests.values.Values
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Generated bindings: values of every kind both ways, resources, hosts, and what does not belong together. */
class BindingsTest {
    private val engine = engine()

    private fun <R> values(host: ValuesHost = ValuesHost(), use: (Values) -> R): R =
        Store(engine).use { store -> use(Values.instantiate(store, Component(engine, forwarding()), host)) }

    /** What goes in, the host gets; what the host gives, comes out. */
    @OptIn(GeneratedBindings::class)
    private fun <T> ValuesHost.goesBothWays(value: T, give: (T) -> T) {
        seen.clear()
        val given = give(value)
        assertTrue(isSame(value, seen.single()), "$value, and the host got $seen")
        assertTrue(isSame(value, given), "$value, and $given came out")
    }

    @Test
    fun `numbers, characters and texts go both ways`() {
        val host = ValuesHost()
        values(host) { world ->
            host.goesBothWays(true, world::giveBool)
            host.goesBothWays((-128).toByte(), world::giveS8)
            host.goesBothWays(UByte.MAX_VALUE, world::giveU8)
            host.goesBothWays(Short.MIN_VALUE, world::giveS16)
            host.goesBothWays(UShort.MAX_VALUE, world::giveU16)
            host.goesBothWays(Int.MIN_VALUE, world::giveS32)
            host.goesBothWays(UInt.MAX_VALUE, world::giveU32)
            host.goesBothWays(Long.MIN_VALUE, world::giveS64)
            host.goesBothWays(ULong.MAX_VALUE, world::giveU64)
            host.goesBothWays(0.5f, world::giveF32)
            host.goesBothWays(0.1, world::giveF64)
            host.goesBothWays(CodePoint(0x1F600), world::giveChar)
            for (text in listOf("", "a wörld", "x".repeat(5000))) host.goesBothWays(text, world::giveString)
        }
    }

    @Test
    fun `lists and tuples go both ways`() {
        val host = ValuesHost()
        values(host) { world ->
            host.goesBothWays(byteArrayOf(0, -1), world::giveBytes)
            host.goesBothWays(shortArrayOf(1, Short.MIN_VALUE), world::giveShorts)
            host.goesBothWays(intArrayOf(1, -1), world::giveInts)
            host.goesBothWays(LongArray(5000) { it.toLong() }, world::giveLongs)
            host.goesBothWays(floatArrayOf(0.5f), world::giveFloats)
            host.goesBothWays(doubleArrayOf(0.1, -0.0), world::giveDoubles)
            host.goesBothWays(listOf(true, false), world::giveBools)
            host.goesBothWays(listOf("", "x".repeat(5000)), world::giveStrings)
            host.goesBothWays(Tuple1(7.toUByte()), world::giveOne)
            host.goesBothWays(1.toUByte() to "one", world::givePair)
            host.goesBothWays(Tuple4(1.toUByte(), -2L, 0.5f, byteArrayOf(3)), world::giveFour)
        }
    }

    @Test
    fun `records, variants, enumerations and flags go both ways`() {
        val host = ValuesHost()
        values(host) { world ->
            val ada = Person(x = -1, firstName = "Ada")
            host.goesBothWays(ada, world::givePerson)
            host.goesBothWays(listOf(ada, Person(2, "")), world::givePeople)
            host.goesBothWays(listOf(ada), world::giveAlias)
            for (who in listOf(ada, null)) {
                val bag = Bag(1u, "it", byteArrayOf(1), listOf(byteArrayOf(), byteArrayOf(2)), who)
                host.goesBothWays(bag, world::giveBag)
            }
            val shapes =
                listOf(
                    Shape.Circle(0.25),
                    Shape.ShapeCase(3u),
                    Shape.None,
                    Shape.Person(ada),
                    Shape.String("é"),
                    Shape.List(doubleArrayOf(1.0)),
                )
            for (shape in shapes) host.goesBothWays(shape, world::giveShape)
            host.goesBothWays(shapes, world::giveShapes)
            host.goesBothWays(Color.LIGHT_GREEN, world::giveColor)
            host.goesBothWays(listOf(Color.LIGHT_GREEN, Color.RED), world::giveColors)
            host.goesBothWays(Access.READ + Access.EXEC, world::giveAccess)
            host.goesBothWays(Access.NONE to Access.WRITE, world::giveBoth)
        }
    }

    @Test
    fun `options and results go both ways`() {
        val host = ValuesHost()
        values(host) { world ->
            for (text in listOf("there", null)) host.goesBothWays(text, world::giveMaybe)
            for (value in listOf(null, Maybe(null), Maybe(1.toUByte()))) host.goesBothWays(value, world::giveNested)
            host.goesBothWays(listOf(Outcome.Ok(1.toUByte()), Outcome.Err("no")), world::giveOutcomes)
            for (done in listOf(Outcome.Ok(Unit), Outcome.Err(Unit))) host.goesBothWays(Tuple1(done), world::giveDone)
        }
    }

    @Test
    fun `records with arrays are compared by what is in them`() {
        val bag = { last: Byte -> Bag(1u, "it", byteArrayOf(1), listOf(byteArrayOf(last)), null) }
        assertEquals(bag(2), bag(2))
        assertEquals(bag(2).hashCode(), bag(2).hashCode())
        assertNotEquals(bag(2), bag(3))
        assertEquals(Shape.List(doubleArrayOf(0.5)), Shape.List(doubleArrayOf(0.5)))
        assertEquals(Tuple4(1, 2, 3, byteArrayOf(4)), Tuple4(1, 2, 3, byteArrayOf(4)))
        assertEquals("Tuple4(item1=1, item2=2, item3=3, item4=[4])", Tuple4(1, 2, 3, byteArrayOf(4)).toString())
        assertEquals("List(value=[0.5])", Shape.List(doubleArrayOf(0.5)).toString())
        assertEquals("Bag(a=1, class=it, data=[1], nested=[[2]], who=null)", bag(2).toString())
    }

    @Test
    @OptIn(GeneratedBindings::class)
    fun `a text has what is in arrays`() {
        val pair = byteArrayOf(1, -1) to listOf(doubleArrayOf(0.5), null)
        assertEquals("Bag(a=1, pair=([1, -1], [[0.5], null]))", textOf("Bag", "a" to 1, "pair" to pair))
        val triple = Triple(Outcome.Ok(longArrayOf(1)), Outcome.Err(Maybe(floatArrayOf(2f))), intArrayOf())
        val text = "T(x=(Ok(value=[1]), Err(error=Maybe(value=[2.0])), []), y={read})"
        assertEquals(text, textOf("T", "x" to triple, "y" to Access.READ))
        // As data classes are shown.
        val plain = listOf(Maybe(1), Outcome.Ok("a"), Outcome.Err(Unit), 1 to 2, Triple(1, 2, null))
        assertEquals("T(x=$plain)", textOf("T", "x" to plain))
    }

    @Test
    fun `flags are a set`() {
        val both = Access.READ + Access.WRITE
        assertTrue(Access.READ in both)
        assertFalse(Access.EXEC in both)
        assertEquals(Access.WRITE, both - Access.READ)
        assertEquals("{read, write}", both.toString())
    }

    @Test
    fun `what does not fit is refused with its path`() {
        val half = "\uD800"
        values { world ->
            fun path(call: () -> Unit): String {
                val message = assertThrows<WasmtimeException> { call() }.message.orEmpty()
                return message.substringBeforeLast(": ")
            }
            assertEquals("argument 1", path { world.giveString(half) })
            assertEquals("argument 1: element 1", path { world.giveStrings(listOf("a", half)) })
            val people = listOf(Person(1, "a"), Person(2, half))
            assertEquals("argument 1: element 1: field \"first-name\"", path { world.givePeople(people) })
            val bag = Bag(1u, "c", byteArrayOf(1), listOf(byteArrayOf(2)), Person(1, half))
            assertEquals("argument 1: field \"who\": some: field \"first-name\"", path { world.giveBag(bag) })
            val shapes = listOf(Shape.None, Shape.Circle(1.0), Shape.List(doubleArrayOf()), Shape.String(half))
            assertEquals("argument 1: element 3: case \"string\"", path { world.giveShapes(shapes) })
            val outcomes = listOf(Outcome.Ok(1.toUByte()), Outcome.Err(half))
            assertEquals("argument 1: element 1: error", path { world.giveOutcomes(outcomes) })
            assertEquals("argument 1: item 1", path { world.givePair(1.toUByte() to half) })
            assertThrows<WasmtimeException.Range> { world.giveChar(CodePoint(0xD800)) }
            assertEquals("there", world.giveString("there"))
        }
    }

    @Test
    fun `a result that does not fit is refused with its path`() {
        val host = ValuesHost()
        host.strings = { listOf("a", "\uD800") }
        values(host) { world ->
            val error = assertThrows<WasmtimeException.Type> { world.giveStrings(listOf()) }
            assertTrue("result: element 1: " in error.message.orEmpty(), error.message)
        }
    }

    @Test
    fun `results of functions are values or exceptions`() {
        values { world ->
            assertEquals("even", world.giveNamed(2u))
            assertEquals(Color.LIGHT_GREEN, assertThrows<ColorException> { world.giveNamed(1u) }.value)
            assertEquals(2.toUByte(), world.giveTexts(2u))
            assertEquals(listOf("odd", "1"), assertThrows<ResultException> { world.giveTexts(1u) }.value)
            world.givePlain(2u)
            assertNull(assertThrows<ResultException> { world.givePlain(1u) }.value)
        }
    }

    @Test
    fun `the error of an exception counts, and not its class`() {
        val host = ValuesHost()
        host.failure = ResultException(Color.RED)
        values(host) { world ->
            assertEquals(Color.RED, assertThrows<ColorException> { world.giveNamed(1u) }.value)
        }
        for (failure in listOf(ResultException(), ResultException("red"), ResultException(Err(Color.RED)))) {
            host.failure = failure
            values(host) { world -> assertSame(failure, assertThrows<ResultException> { world.giveNamed(1u) }) }
        }
    }

    @Test
    fun `a resource is a class`() {
        Store(engine).use { store ->
            val counters = Counting.instantiate(store, Component(engine, moduleText("component_counters"))).counters
            val counter = Counter(counters, 40u)
            assertEquals(listOf(41u, 42u), List(2) { counter.next() })
            Counter(counters, start = 8u).use { other ->
                Counter.merge(counters, counter, other).use { merged ->
                    assertEquals(51u, merged.next())
                    assertFalse(counter.isAlive)
                    assertThrows<WasmtimeException.Closed> { counter.next() }
                    assertTrue(merged.toString().startsWith("Counter("), merged.toString())
                }
            }
            assertEquals(2u, counters.dropped())
            assertEquals(4u, counters.even(4u))
            val error = assertThrows<ErrorException> { counters.even(number = 3u) }
            assertEquals(Error.ODD, error.value)
        }
    }

    @Test
    fun `a host is an object of a class`() {
        Store(engine).use { store ->
            assertEquals(107u, Asking.instantiate(store, Component(engine, ASKS), Asked()).run(5u))
        }
    }

    @Test
    fun `what is declared becomes the error, and all else comes out`() {
        val host = Asked()
        Store(engine).use { store ->
            val world = Asking.instantiate(store, Component(engine, ASKS), host)
            assertEquals(listOf(1000u, 200u), listOf(world.checked(1u), world.checked(200u)))
        }
        val undeclared = listOf(ResultException("text"), ResultException(300), ResultException())
        for (error in undeclared + IllegalStateException() + OutOfMemoryError("x")) {
            host.throws = error
            Store(engine).use { store ->
                val world = Asking.instantiate(store, Component(engine, ASKS), host)
                assertSame(error, assertThrows<Throwable> { world.checked(1u) })
            }
        }
    }

    @Test
    fun `bindings of another component are refused where their types differ`() {
        fun refused(from: String, to: String): String {
            assertTrue(from in ASKS)
            val component = Component(engine, ASKS.replace(from, to))
            return Store(engine).use { store ->
                assertThrows<WasmtimeException.Link> { Asking.instantiate(store, component, Asked()) }.message.orEmpty()
            }
        }
        assertEquals(
            "the function `test:app/host@1.0.0` `check`: result: error: the bindings were made for u8, and the " +
                "component has s8: make the bindings again",
            refused("(error u8)", "(error s8)"),
        )
        assertEquals(
            "the function `checked`: parameter \"number\": the bindings were made for u32, and the component has " +
                "s32: make the bindings again",
            refused(CHECKED, CHECKED.replace("u32", "s32")),
        )
        val other = Component(engine, moduleText("component_counters"))
        Store(engine).use { store ->
            assertThrows<WasmtimeException.Link> { Asking.instantiate(store, other, Asked()) }
        }
    }

    @Test
    fun `a world that imports WASI has it`() {
        val component = Component(engine, moduleText("component_wasi"))
        Store(engine).use { store ->
            store.setWasi { argv("program", "-v").env("A", "1") }
            val command = Command.instantiate(store, component)
            assertEquals(listOf("A" to "1"), command.environment())
            assertEquals(listOf("program", "-v"), command.arguments())
        }
        // What the store does not grant is not there.
        Store(engine).use { store -> assertEquals(listOf<Any>(), Command.instantiate(store, component).environment()) }
    }

    private companion object {
        val ASKS = moduleText("component_asks")
        const val CHECKED = "(func (export \"checked\") (param \"number\" u32)"
    }

    private class Total(private var total: UInt) : Sink {
        override fun put(number: UInt): UInt {
            total += number
            return total
        }
    }

    private class Asked :
        AskingImports,
        Host {
        var throws: Throwable? = null

        override val host: Host
            get() = this

        override fun newSink(start: UInt): Sink = Total(start)

        override fun sinkLimit(): UInt = 100u

        override fun check(number: UInt) {
            throws?.let { throw it }
            if (number > 9u) throw ResultException(number.toUByte())
        }
    }
}
