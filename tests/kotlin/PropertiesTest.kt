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

/** Values of every type keep all their bits, and references their objects: into guests, out of guests, and mixed. */
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

    /** Makes what only a guest can make. */
    private val maker =
        Instance(
            store,
            Module(
                engine,
                """(module (type ${'$'}box (struct (field i32))) (type ${'$'}row (array i64)) (tag ${'$'}tag (param i32))
                  (func (export "struct") (param i32) (result structref) (struct.new ${'$'}box (local.get 0)))
                  (func (export "array") (param i32) (result arrayref)
                    (array.new ${'$'}row (i64.extend_i32_s (local.get 0)) (i32.const 3)))
                  (func (export "extern") (param i32) (result externref)
                    (extern.convert_any (struct.new ${'$'}box (local.get 0))))
                  (func (export "exn") (param i32) (result exnref)
                    (block ${'$'}caught (result exnref)
                      (try_table (catch_all_ref ${'$'}caught) (throw ${'$'}tag (local.get 0)))
                      (unreachable)))
                  (func (export "func") (param i32) (result i32) (local.get 0)))""",
            ),
        )

    private val numbers = listOf(ValType.I32, ValType.I64, ValType.F32, ValType.F64, ValType.V128)
    private val references =
        listOf(
            HeapType.Func,
            HeapType.Extern,
            HeapType.Any,
            HeapType.Eq,
            HeapType.I31,
            HeapType.Struct,
            HeapType.Array,
            HeapType.Exn,
        ).map { ValType.Ref(RefType(it)) }

    private val ints = listOf(0, 1, -1, Int.MIN_VALUE, Int.MAX_VALUE, 0x8000, 0xffff)
    private val longs =
        listOf(0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L shl 31, 0xffff_ffff, 1L shl 53, -(1L shl 53) - 1)

    /** Zero, the smallest and the largest, subnormal and normal, and infinity. */
    private val floats = listOf(0, 1, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0x7f80_0000)
    private val doubles =
        listOf(0, 1, 0x000f_ffff_ffff_ffff, 0x0010_0000_0000_0000, 0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000)

    private fun int() = if (random.nextBoolean()) ints.random(random) else random.nextInt()

    private fun long() =
        when (random.nextInt(3)) {
            0 -> longs.random(random)
            1 -> int().toLong() shl random.nextInt(64)
            else -> random.nextLong()
        }

    /** NaNs of every kind: quiet and signalling, with the least, the most and any payload. */
    private fun nan(): Int {
        val payload = listOf(1, 0x003f_ffff, random.nextInt(1, 1 shl 22)).random(random)
        return 0x7f80_0000 or listOf(payload, 0x0040_0000, 0x0040_0000 or payload).random(random)
    }

    private fun longNan(): Long {
        val payload = listOf(1, (1L shl 51) - 1, random.nextLong(1, 1L shl 51)).random(random)
        return 0x7ff0_0000_0000_0000 or listOf(payload, 1L shl 51, (1L shl 51) or payload).random(random)
    }

    /** With either sign. */
    private fun float(): Int =
        (random.nextInt(2) shl 31) xor
            when (random.nextInt(3)) {
                0 -> floats.random(random)
                1 -> nan()
                else -> random.nextInt()
            }

    private fun double(): Long =
        (random.nextLong(2) shl 63) xor
            when (random.nextInt(3)) {
                0 -> doubles.random(random)
                1 -> longNan()
                else -> random.nextLong()
            }

    /** The half of a vector: two lanes of floats, one of a double, or an integer. */
    private fun half(): Long =
        when (random.nextInt(3)) {
            0 -> (float().toLong() shl 32) or (float().toLong() and 0xffff_ffff)
            1 -> double()
            else -> long()
        }

    private fun value(type: ValType): Val =
        when (type) {
            ValType.I32 -> Val.I32(int())
            ValType.I64 -> Val.I64(long())
            ValType.F32 -> Val.F32.fromBits(float())
            ValType.F64 -> Val.F64.fromBits(double())
            ValType.V128 -> Val.V128(half(), half())
            is ValType.Ref -> if (random.nextInt(4) == 0) Val.Null else reference(type.type.heap)
        }

    private fun made(name: String): Val = maker.func(store, name).call(store, Val.I32(int())).single()

    private fun reference(heap: HeapType): Val =
        when (heap) {
            HeapType.Func -> Val.FuncRef(if (random.nextBoolean()) func else maker.func(store, "func"))
            HeapType.Extern -> if (random.nextInt(4) > 0) Val.ExternRef(objects.random(random)) else made("extern")
            HeapType.Exn -> made("exn")
            HeapType.Struct -> made("struct")
            HeapType.Array -> made("array")
            HeapType.I31 -> Reference.ofI31(store, random.nextInt(-(1 shl 30), 1 shl 30)).value()
            else -> reference(listOf(HeapType.I31, HeapType.Struct, HeapType.Array).random(random))
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
    private fun turning(types: List<ValType>, seen: (List<Val>) -> Unit): List<Func> {
        val type = FuncType(types, types.reversed())
        val host = Func(store, type) { arguments -> arguments.also(seen).reversed() }
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
            var seen = listOf<Val>()
            val (guest, through, host) = turning(types) { seen = it }
            repeat(20) {
                val given = types.map(::value)
                for (func in listOf(guest, through, host)) {
                    same(given.reversed(), func.call(store, given))
                    if (func !== guest) same(given, seen)
                    if (random.nextInt(20) == 0) store.gc()
                    val results = func(store, *given.toTypedArray())
                    val plain = if (types.size > 1) results as List<*> else listOf(results).take(types.size)
                    plain.zip(given.reversed()).forEach { (found, value) ->
                        if (value is Val.F32 || value is Val.F64) same(value, Val.of(found))
                    }
                }
            }
        }

    @Test
    fun `every type, as an argument and as a result`() =
        check(10) {
            for (type in numbers + references) {
                var seen = listOf<Val>()
                for (func in turning(listOf(type)) { seen = it }) {
                    for (given in List(5) { value(type) } + if (type is ValType.Ref) listOf(Val.Null) else listOf()) {
                        seen = listOf(given)
                        same(given, func.call(store, given).single())
                        same(given, seen.single())
                    }
                }
            }
        }

    @Test
    fun globals() =
        check(20) {
            for (type in numbers + references) {
                val (first, second, third) = List(3) { value(type) }
                val global = Global(store, GlobalType(type, mutable = true), first)
                same(first, global.get(store))
                global.set(store, second)
                same(second, global.get(store))
                val text =
                    """(module (global ${'$'}g (import "" "") (mut $type))
                      (func (export "get") (result $type) (global.get ${'$'}g))
                      (func (export "set") (param $type) (global.set ${'$'}g (local.get 0))))"""
                val guest = Instance(store, Module(engine, text), listOf(global))
                same(second, guest.func(store, "get").call(store).single())
                guest.func(store, "set").call(store, third)
                same(third, global.get(store))
            }
        }

    @Test
    fun tables() =
        check(20) {
            for (type in references) {
                val values = List(4) { value(type) }
                val table = Table(store, TableType(type.type, Limits(2)), values[0])
                table[store, 1] = values[1]
                table.grow(store, 2, values[2])
                table.fill(store, 3, values[3], 1)
                val text =
                    """(module (table ${'$'}t (import "" "") 0 $type)
                      (func (export "get") (param i32) (result $type) (table.get ${'$'}t (local.get 0)))
                      (func (export "set") (param i32 $type) (table.set ${'$'}t (local.get 0) (local.get 1))))"""
                val guest = Instance(store, Module(engine, text), listOf(table))
                values.forEachIndexed { index, value ->
                    same(value, table[store, index.toLong()])
                    same(value, guest.func(store, "get").call(store, Val.I32(index)).single())
                    val other = value(type)
                    guest.func(store, "set").call(store, Val.I32(index), other)
                    same(other, table[store, index.toLong()])
                }
            }
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
