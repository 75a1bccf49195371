package dev.trimaran.tests

import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.CodePoint
import dev.trimaran.component.Component
import dev.trimaran.component.EnumCase
import dev.trimaran.component.Err
import dev.trimaran.component.FuncType
import dev.trimaran.component.Linker
import dev.trimaran.component.Maybe
import dev.trimaran.component.Ok
import dev.trimaran.component.Outcome
import dev.trimaran.component.PrimitiveType
import dev.trimaran.component.Record
import dev.trimaran.component.RecordType
import dev.trimaran.component.ResultException
import dev.trimaran.component.Some
import dev.trimaran.component.Variant
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.math.BigInteger
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.DoubleBuffer
import java.nio.FloatBuffer
import java.nio.LongBuffer
import java.nio.file.Path
import kotlin.io.path.writeBytes
import kotlin.io.path.writeText

/** Components, and their values in the forms of Kotlin. */
class ComponentTest {
    /** What comes back, in a list, of an element that is given in this form. */
    private fun there(type: String, given: Any?): Any? =
        (ComponentGuest(echo("(list $type)")).call("run", listOf(given)) as List<*>).single()

    @Test
    fun `integers of any type are taken where they fit`() {
        val guest = ComponentGuest(echo("(list u64)"))
        val given =
            listOf(
                1.toByte(), 2.toShort(), 3, 4L, 5.toUByte(), 6.toUShort(), 7u, ULong.MAX_VALUE,
                BigInteger.valueOf(
                    9,
                ),
            )
        assertArrayEquals(longArrayOf(1, 2, 3, 4, 5, 6, 7, -1, 9), guest.call("run", given) as LongArray)
        val text = "argument 1: element 0: -1 does not fit a u64: expected 0 to 18446744073709551615"
        fails<WasmtimeException.Range>(text) { guest.call("run", listOf(-1)) }
        fails<WasmtimeException.Range> { guest.call("run", listOf(BigInteger.ONE.shiftLeft(64))) }
        fails<WasmtimeException.Type>("argument 1: element 1: expected a u64, found a Character") {
            guest.call("run", listOf(1, 'x'))
        }
    }

    @Test
    @OptIn(ExperimentalUnsignedTypes::class)
    fun `lists of numbers are arrays`() {
        val bytes = ComponentGuest(echo("(list u8)"))
        val expected = byteArrayOf(1, -1)
        val buffer = ByteBuffer.wrap(byteArrayOf(0, 1, -1)).position(1)
        for (given in listOf(
            expected,
            ubyteArrayOf(1u, 255u),
            buffer,
            listOf(1, 255),
            arrayOf<Any>(1, 255u),
            intArrayOf(1, 255),
        )) {
            assertArrayEquals(expected, bytes.call("run", given) as ByteArray)
        }
        assertEquals(2, buffer.remaining())

        @Suppress("UNCHECKED_CAST")
        fun <T> both(type: String, given: T): T = ComponentGuest(echo("(list $type)")).call("run", given) as T
        assertArrayEquals(shortArrayOf(1, -2), both("s16", shortArrayOf(1, -2)))
        assertArrayEquals(
            shortArrayOf(1, -1),
            ComponentGuest(echo("(list u16)")).call("run", ushortArrayOf(1u, 65535u)) as ShortArray,
        )
        assertArrayEquals(intArrayOf(1, -2), both("s32", intArrayOf(1, -2)))
        assertArrayEquals(
            intArrayOf(1, -1),
            ComponentGuest(echo("(list u32)")).call("run", uintArrayOf(1u, UInt.MAX_VALUE)) as IntArray,
        )
        assertArrayEquals(longArrayOf(1, Long.MIN_VALUE), both("s64", longArrayOf(1, Long.MIN_VALUE)))
        assertArrayEquals(floatArrayOf(1.5f, -0f), both("f32", floatArrayOf(1.5f, -0f)))
        assertArrayEquals(doubleArrayOf(1.5, Double.MAX_VALUE), both("f64", doubleArrayOf(1.5, Double.MAX_VALUE)))
        assertArrayEquals(
            doubleArrayOf(1.0, 2.5),
            ComponentGuest(echo("(list f64)")).call("run", listOf(1, 2.5f)) as DoubleArray,
        )
        fails<WasmtimeException.Type> { bytes.call("run", setOf(1)) }
    }

    @Test
    fun `what remains in a buffer of numbers is a list of them`() {
        fun run(type: String, given: Buffer): Any? = ComponentGuest(echo("(list $type)")).call("run", given)
        val bytes = ByteBuffer.wrap(byteArrayOf(0, 0, 0, 1, -1, -1, -1, -2)).order(ByteOrder.BIG_ENDIAN)
        val shorts = bytes.asShortBuffer().apply { position(1) }
        assertArrayEquals(shortArrayOf(1, -1, -2), run("u16", shorts) as ShortArray)
        assertEquals(1, shorts.position())
        assertArrayEquals(intArrayOf(1, -2), run("s32", bytes.asIntBuffer()) as IntArray)
        assertArrayEquals(longArrayOf(7), run("s64", LongBuffer.wrap(longArrayOf(5, 6, 7), 2, 1)) as LongArray)
        assertArrayEquals(floatArrayOf(0.5f), run("f32", FloatBuffer.wrap(floatArrayOf(0.5f))) as FloatArray)
        val doubles = DoubleArray(5000) { it / 2.0 }
        assertArrayEquals(doubles, run("f64", DoubleBuffer.wrap(doubles)) as DoubleArray)
        fails<WasmtimeException.Type> { run("u16", bytes) }
        fails<WasmtimeException.Type> { run("s32", LongBuffer.allocate(1)) }
    }

    @Test
    fun `any collection but a set is a list`() {
        val guest = ComponentGuest(echo("(list u8)"))
        val map = linkedMapOf("a" to 1, "b" to 2)
        for (given in listOf(ArrayDeque(listOf(1, 2)), java.util.ArrayDeque(listOf(1, 2)), map.values)) {
            assertArrayEquals(byteArrayOf(1, 2), guest.call("run", given) as ByteArray)
        }
        for (given in listOf(linkedSetOf(1, 2), sortedSetOf(1, 2), 1..2)) {
            fails<WasmtimeException.Type> { guest.call("run", given) }
        }
    }

    @Test
    fun `flags are a collection or an array of their names`() {
        val component = Component(engine(), forwarding())
        val guest =
            ComponentGuest(forwarding(), component.engine) {
                root().func("take-access") { (flags) -> flags }
                defineUnknownImportsAsTraps(component)
            }
        for (given in listOf(arrayOf("exec", "read"), listOf("read", "exec", "read"), linkedSetOf("exec", "read"))) {
            assertEquals(setOf("read", "exec"), guest.call("give-access", given))
        }
        fails<WasmtimeException.Type>("argument 1: element 1: expected a string, found null") {
            guest.call("give-access", listOf("read", null))
        }
        fails<WasmtimeException.Type>("argument 1: element 0: expected a string, found an Integer") {
            guest.call("give-access", setOf(1))
        }
        fails<WasmtimeException.Type>("argument 1: expected flags, found a String") {
            guest.call("give-access", "read")
        }
    }

    @Test
    fun `a class with the name of another one is told with its package`() {
        fun refused(given: Any?): String {
            val error = fails<WasmtimeException.Type> { there("(result u8 (error string))", given) }
            return error.message.substringAfter("found ")
        }
        assertEquals("a dev.trimaran.component.Outcome.Ok", refused(Outcome.Ok(1)))
        assertEquals("a dev.trimaran.component.Outcome.Err", refused(Outcome.Err("no")))
        assertEquals("a kotlin.Result", refused(Result.success(1)))
        assertEquals("a Some", refused(Some(1)))
        assertEquals("an Integer", refused(1))
    }

    @Test
    fun `types are equal where they are made of the same`() {
        fun types(text: String) = Component(engine(), text).type

        fun exported(type: String) = types(echo(type)).exports.getValue("t")
        val kinds =
            listOf(
                "(list u8)", "(list s8)", "(list (tuple u8 u8))", "(list (tuple u8 s8))", "(list (tuple u8))",
                "(list (option u8))", "(list (result u8))", "(list (result (error u8)))", "(list (result))", "string",
            )
        for ((index, one) in kinds.withIndex()) {
            for ((other, two) in kinds.withIndex()) {
                assertEquals(index == other, exported(one) == exported(two), "$one $two")
            }
            assertEquals(exported(one).hashCode(), exported(one).hashCode())
        }
        val (first, second) = List(2) { types(CALLS_HOST) }
        assertEquals(first, second)
        assertEquals(first.hashCode(), second.hashCode())
        assertEquals(1, setOf(first.imports["f"], second.imports["f"]).size)
        assertNotEquals(first.imports["f"], first.imports["g"])
        assertNotEquals(types(CALLS_HOST.replace("\"n\"", "\"m\"")), first)
        assertEquals(types(forwarding()), types(forwarding()))
        assertNotEquals(types(forwarding().replace("\"write\"", "\"wipe\"")), types(forwarding()))
        assertEquals(types(KEEPS_HOSTS), types(KEEPS_HOSTS))
        assertNotEquals(types(KEEPS_HOSTS.replace("\"thing\"", "\"other\"")), types(KEEPS_HOSTS))
    }

    @Test
    fun `values are serializable, and so is an exception that has them`() {
        fun <T> again(value: T): T {
            val bytes = ByteArrayOutputStream()
            ObjectOutputStream(bytes).use { it.writeObject(value) }
            @Suppress("UNCHECKED_CAST")
            return ObjectInputStream(bytes.toByteArray().inputStream()).use { it.readObject() } as T
        }
        val record = Record("x" to 1, "y" to listOf(Ok(null), Err("no")))
        val values =
            listOf(
                record, Variant("v", record), EnumCase("e"), CodePoint(0x1F600), Some(null), Ok(Some(1)), Err(record),
                Maybe(null), Outcome.Ok(listOf("a")), Outcome.Err(record), null,
            )
        for (value in values) {
            assertEquals(value, again(value))
            val exception = ResultException(value)
            val read = again(exception)
            assertEquals(value, read.value)
            assertEquals(exception.message, read.message)
        }
        assertEquals(listOf("x", "y"), again(record).names)
    }

    @Test
    fun `what is closed says so`() {
        val engine = engine()
        val component = Component(engine, "(component)")
        val linker = Linker(engine)
        val module = Module(engine, "(module)")
        val modules = dev.trimaran.Linker(engine)
        val all: List<AutoCloseable> =
            listOf(
                component,
                linker,
                linker.instantiatePre(component),
                module,
                modules,
                modules.instantiatePre(module),
                Store(engine),
                engine,
            )
        for (each in all) {
            val open = each.toString()
            assertTrue("closed" !in open, open)
            repeat(2) { each.close() }
            assertTrue(each.toString().endsWith(", closed"), each.toString())
        }
    }

    @Test
    fun `large values cross whole`() {
        val bytes = ComponentGuest(echo("(list u8)"))
        val text = ComponentGuest(echo("string"))
        for (size in listOf(255, 256, 1023, 1024, 70_000, 3_000_000, 5)) {
            val given = ByteArray(size) { (it * 7).toByte() }
            assertArrayEquals(given, bytes.call("run", given) as ByteArray)
            val words = "hé😀 ".repeat(size / 5)
            assertEquals(words, text.call("run", words))
        }
        for (half in listOf("\ud800", "x".repeat(100) + "\udc00?")) {
            val found = "argument 1: expected a string, found a String with half of a surrogate pair"
            fails<WasmtimeException.Type>(found) { text.call("run", half) }
        }
        assertEquals("??", text.call("run", "??"))
    }

    @Test
    fun `characters, enums and flags are not texts`() {
        val scalars = listOf<Any>(CodePoint(0x1F600), 'x', "\u00e9").map { there("char", it) }
        assertEquals(listOf(CodePoint(0x1F600), CodePoint('x'.code), CodePoint(0xE9)), scalars)
        for (wrong in listOf(CodePoint(0xD800), CodePoint(-1), '\ud800', "", "xy")) {
            fails<WasmtimeException.Range> { there("char", wrong) }
        }
        assertEquals("\uD83D\uDE00", CodePoint(0x1F600).toString())
        val guest = ComponentGuest(echo("(list u8)"))
        fails<WasmtimeException.Type>("argument 1: expected a list, found a String") { guest.call("run", "x") }
    }

    @Test
    fun `a record is a map in the order of its type`() {
        val record = Record("x" to 1u, "y" to null)
        assertEquals(listOf("x", "y"), record.names)
        assertEquals(mapOf("x" to 1u, "y" to null), record)
        assertEquals(record, Record(mapOf("y" to null, "x" to 1u)))
        assertEquals(record.hashCode(), mapOf("x" to 1u, "y" to null).hashCode())
        assertEquals("{x=1, y=null}", record.toString())
        assertEquals(1u, record["x"])
        assertNull(record["z"])
        val missing = fails<WasmtimeException.NotFound> { record.getValue("z") }
        assertEquals("there is no field `z`: the fields are `x`, `y`", missing.message)
        fails<WasmtimeException.Type> { Record("x" to 1, "x" to 2) }
    }

    private val records =
        """(list (tuple (option u32) (result u8 (error string)) (result) bool (option (option u8))))"""

    @Test
    fun `tuples, options and results`() {
        val guest = ComponentGuest(echo(records))
        val given =
            listOf(
                listOf(5u, Ok(7.toUByte()), Ok(), true, null),
                listOf(null, Err("no"), Err(), false, Some(null)),
                arrayOf(1, Ok(1), Ok(Unit), true, Some(Some(2))),
                listOf(Some(1), Ok(1), Ok(), true, 3),
            )
        val back = guest.call("run", given) as List<*>
        assertEquals(given[0], back[0])
        assertEquals(given[1], back[1])
        assertEquals(listOf(1u, Ok(1.toUByte()), Ok(), true, Some(2.toUByte())), back[2])
        assertEquals(Some(3.toUByte()), (back[3] as List<*>).last())
        val pair = ComponentGuest(echo("(list (tuple u8 u8))")).call("run", listOf(1 to 2)) as List<*>
        assertEquals(listOf(listOf(1.toUByte(), 2.toUByte())), pair)
        assertEquals(
            "ok(1) err err(x) some(null) v(1) w e",
            listOf(Ok(1), Err(), Err("x"), Some(null), Variant("v", 1), Variant("w"), EnumCase("e")).joinToString(" "),
        )
    }

    @Test
    fun `types are told`() {
        val component = Component(engine(), CALLS_HOST)
        assertEquals(listOf("f", "g"), component.imports.keys.toList())
        assertEquals("func(x: string) -> u32", component.imports.getValue("f").toString())
        val func = component.exports.getValue("number") as FuncType
        assertEquals(mapOf("n" to PrimitiveType.U32), func.params)
        assertEquals(PrimitiveType.U32, func.result)
        val guest =
            ComponentGuest(
                """(component
                  (type ${'$'}r' (record (field "a" u8) (field "b" (list string))))
                  (export ${'$'}r "r" (type ${'$'}r')))""",
            )
        val record = guest.component.exports.getValue("r") as RecordType
        assertEquals("record { a: u8, b: list<string> }", record.toString())
        assertEquals("list<string>", record.fields.getValue("b").toString())
    }

    @Test
    fun `components are serializable`(@TempDir folder: Path) {
        val engine = engine()
        val component = Component(engine, echo("string"))
        val bytes = ByteArrayOutputStream()
        ObjectOutputStream(bytes).use { it.writeObject(component) }
        val read = ObjectInputStream(bytes.toByteArray().inputStream()).use { it.readObject() } as Component
        assertEquals(component.exports.keys, read.exports.keys)
        val file = folder.resolve("c.bin").also { it.writeBytes(component.serialize()) }
        assertEquals(component.exports.keys, Component.deserializeFile(engine, file).exports.keys)
        val text = folder.resolve("c.wat").also { it.writeText(echo("string")) }
        assertEquals(component.exports.keys, Component.fromFile(engine, text).exports.keys)
        Component.validate(engine, echo("string"))
        fails<WasmtimeException.Compile> { Component.validate(engine, "(module)") }
    }

    @Test
    fun `a value that another thread changes makes an error or an older value`() {
        val guest = ComponentGuest(echo("(list string)"))
        val list = ArrayList<String>(List(100) { "x" })
        var isDone = false
        val changer = task {
            while (!isDone) {
                list.add("y")
                list.removeAt(list.size - 1)
            }
        }
        repeat(2_000) {
            val size =
                try {
                    (guest.call("run", list) as List<*>).size
                } catch (_: WasmtimeException.Type) {
                    // A place that is not filled yet.
                    100
                } catch (_: RuntimeException) {
                    100
                }
            assertTrue(size in 99..101)
        }
        isDone = true
        changer.get()
    }

    @Test
    fun `a call of another store is refused`() {
        val guest = ComponentGuest(echo("string"))
        val func = guest.func("run")
        fails<WasmtimeException.WrongStore> { func(Store(guest.engine), "x") }
        guest.store.close()
        fails<WasmtimeException.Closed> { func(guest.store, "x") }
        fails<WasmtimeException.Closed> { guest.func("run") }
    }
}
