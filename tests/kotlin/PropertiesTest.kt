package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.HeapType
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Reference
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.TableType
import dev.trimaran.Val
import dev.trimaran.ValType
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.random.Random

/** Values of every type keep all their bits, and references what they are to, in each direction and any company. */
class PropertiesTest {
    /** A run can be repeated by what a failure says. */
    private val seed = System.getProperty("trimaran.seed")?.toInt() ?: Random.nextInt()
    private val random = Random(seed)
    private val engine =
        engine {
            wasmGc = true
            wasmExceptions = true
        }
    private val store = Store(engine)
    private val objects = listOf(Any(), "text", "", 0, false, listOf<Any>())
    private val func = Func.wrap(store) { a: Int -> a }

    private val numbers = listOf(ValType.I32, ValType.I64, ValType.F32, ValType.F64, ValType.V128)
    private val references =
        listOf(HeapType.Func, HeapType.Extern, HeapType.Any, HeapType.Eq, HeapType.I31).map { ValType.Ref(RefType(it)) }

    private val ints = listOf(0, 1, -1, Int.MIN_VALUE, Int.MAX_VALUE, 0x8000, 0xffff)

    /** Zeros, infinities, the smallest and the largest, quiet and signalling NaNs with and without payload and sign. */
    private val floats =
        listOf(0, 0x7f80_0000, 1, 0x007f_ffff, 0x7f7f_ffff, 0x7fc0_0000, 0x7f80_0001, 0x7fa0_0000, 0x7fff_ffff)
    private val doubles =
        listOf(0, 0x7ff0_0000_0000_0000, 1, 0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, Long.MAX_VALUE)

    private fun int() = if (random.nextBoolean()) ints.random(random) else random.nextInt()

    private fun long() = if (random.nextBoolean()) int().toLong() shl random.nextInt(64) else random.nextLong()

    private fun float() =
        if (random.nextBoolean()) floats.random(random) xor (int() and Int.MIN_VALUE) else random.nextInt()

    private fun double() =
        if (random.nextBoolean()) doubles.random(random) xor (long() and Long.MIN_VALUE) else random.nextLong()

    private fun value(type: ValType): Val =
        when (type) {
            ValType.I32 -> Val.I32(int())
            ValType.I64 -> Val.I64(long())
            ValType.F32 -> Val.F32.fromBits(float())
            ValType.F64 -> Val.F64.fromBits(double())
            ValType.V128 -> Val.V128(long(), double())
            is ValType.Ref -> if (random.nextInt(4) == 0) Val.Null else reference(type.type.heap)
        }

    private fun reference(heap: HeapType): Val =
        when (heap) {
            HeapType.Func -> Val.FuncRef(func)
            HeapType.Extern -> Val.ExternRef(objects.random(random))
            else -> Reference.ofI31(store, random.nextInt(-(1 shl 30), 1 shl 30)).value()
        }

    /** Fails unless the value has come out as it went in. */
    private fun same(given: Val, found: Val) {
        when (val inside = given.unwrap()) {
            null -> assertEquals(null, found.unwrap())
            is Func -> assertTrue(inside.same(store, found.unwrap() as Func))
            is Reference -> assertTrue(inside.same(store, found.unwrap() as Reference))
            else -> if (given is Val.ExternRef) assertSame(inside, found.unwrap()) else assertEquals(given, found)
        }
    }

    private fun same(given: List<Val>, found: List<Val>) {
        assertEquals(given.size, found.size)
        given.zip(found).forEach { (one, other) -> same(one, other) }
    }

    private fun check(times: Int, work: () -> Unit) =
        repeat(times) {
            try {
                work()
            } catch (problem: Throwable) {
                throw AssertionError("with -Dtrimaran.seed=$seed: ${problem.message}", problem)
            }
        }

    /** Functions that give what they get the other way round: a guest's, and one through it of the host. */
    private fun turning(types: List<ValType>): List<Func> {
        val type = FuncType(types, types.reversed())
        val host = Func(store, type) { it.reversed() }
        val signature = type.toString().removePrefix("(func").removeSuffix(")")
        val parameters = types.indices.map { "(local.get $it)" }
        val text =
            """(module (import "host" "f" (func ${'$'}f $signature))
              (func (export "guest") $signature ${parameters.reversed().joinToString("")})
              (func (export "host") $signature (call ${'$'}f ${parameters.joinToString("")})))"""
        val instance = Instance(store, Module(engine, text), listOf(host))
        return listOf("guest", "host").map { instance.func(store, it) } + host
    }

    @Test
    fun `arguments and results, of guests and of the host`() =
        check(60) {
            val types = List(random.nextInt(10)) { (numbers + references).random(random) }
            val funcs = turning(types)
            repeat(20) {
                val given = types.map(::value)
                for (func in funcs) {
                    same(given.reversed(), func.call(store, given))
                    val results = func(store, *given.toTypedArray())
                    val plain = if (types.size > 1) results as List<*> else listOf(results).take(types.size)
                    plain.zip(given.reversed()).forEach { (found, value) ->
                        if (value is Val.F32 || value is Val.F64) same(value, Val.of(found))
                    }
                }
            }
        }

    @Test
    fun globals() =
        check(200) {
            val type = (numbers + references).random(random)
            val (first, second) = List(2) { value(type) }
            val global = Global(store, GlobalType(type, mutable = true), first)
            same(first, global.get(store))
            global.set(store, second)
            same(second, global.get(store))
        }

    @Test
    fun tables() =
        check(100) {
            val type = references.random(random)
            val values = List(4) { value(type) }
            val table = Table(store, TableType(type.type, Limits(2)), values[0])
            table[store, 1] = values[1]
            table.grow(store, 2, values[2])
            table.fill(store, 3, values[3], 1)
            values.forEachIndexed { index, value -> same(value, table[store, index.toLong()]) }
        }

    @Test
    fun `columns of numbers`() =
        check(20) {
            val type = numbers.dropLast(1).random(random)
            val text = """(module (func (export "f") (param $type) (result $type) (local.get 0)))"""
            val echo = Instance(store, Module(engine, text)).func(store, "f")
            val values = List(50) { value(type) }
            val column: Any =
                when (type) {
                    ValType.I32 -> IntArray(50) { values[it].asInt() }
                    ValType.I64 -> LongArray(50) { values[it].asLong() }
                    ValType.F32 -> FloatArray(50) { values[it].asFloat() }
                    else -> DoubleArray(50) { values[it].asDouble() }
                }
            val found = echo.map(store, column)!!
            same(values, List(50) { Val.of(java.lang.reflect.Array.get(found, it)) })
        }
}
