package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import dev.trimaran.toPublic
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import java.math.BigInteger
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicBoolean

/** A call on the fast path and a call with values give the same results and errors. */
class FastPathTest {
    private val guest =
        Guest(
            """(module
              (memory (export "memory") 2)
              (func (export "nop"))
              (func (export "i32") (param i32) (result i32) (local.get 0))
              (func (export "i64") (param i64) (result i64) (local.get 0))
              (func (export "f32") (param f32) (result f32) (local.get 0))
              (func (export "f64") (param f64) (result f64) (local.get 0))
              (func (export "v128") (param v128) (result v128) (local.get 0))
              (func (export "externref") (param externref) (result externref) (local.get 0))
              (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
              (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
              (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
                (local.get 3) (local.get 2) (local.get 1) (local.get 0))
              (func (export "third") (param i32 i64 f32) (result f32) (local.get 2))
              (func (export "fourth") (param i32 i64 f32 f64) (result f64) (local.get 3))
              (func (export "fifth") (param i32 i64 f32 f64 i64) (result i64) (local.get 4))
              (func (export "sixth") (param i32 i64 f32 f64 i64 i32) (result i32) (local.get 5)))""",
        )
    private val store = guest.store
    private val memory = guest.exports.memory("memory")

    private fun func(name: String): Func = guest.exports.func(name)

    /** The same call, past the fast path. */
    private fun byValues(func: Func, arguments: List<Val>): List<Val> =
        func.raw.call(store.raw, arguments.map { it.toRaw(store) }).map { it.toPublic(store) }

    @Test
    fun `both ways carry every bit of every number`() {
        val ints = listOf(0, 1, -1, Int.MIN_VALUE, Int.MAX_VALUE).map { Val.I32(it) }
        val longs = listOf(0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L shl 32).map { Val.I64(it) }
        val floats =
            listOf(0, 1, 0x3f800000, -0x80000000, 0x7f800000, 0x7fc00000, 0x7fa00001, -1, 0x7f7fffff)
                .map { Val.F32.fromBits(it) }
        val doubles =
            listOf(0, 1, 0x3ff shl 52, Long.MIN_VALUE, 0x7ff shl 52, 0x7ff4000000000001, -1)
                .map { Val.F64.fromBits(it) }
        val vectors = listOf(Val.V128(0, 0), Val.V128(-1, 1), Val.V128(Long.MIN_VALUE, Long.MAX_VALUE))
        val all = listOf(ints, longs, floats, doubles, vectors)
        for ((name, values) in listOf("i32", "i64", "f32", "f64", "v128").zip(all)) {
            for (value in values) {
                assertEquals(listOf(value), byValues(func(name), listOf(value)))
                assertEquals(listOf(value), func(name).call(store, value))
                assertEquals(value, Val.of(func(name)(store, value)))
                assertEquals(value, Val.of(func(name)(store, value.unwrap())))
            }
        }
        for ((one, two) in ints.zip(longs)) {
            val arguments = listOf(one, two, floats[6], doubles[5])
            assertEquals(arguments.reversed(), func("swap").call(store, arguments))
            assertEquals(arguments.reversed(), byValues(func("swap"), arguments))
        }
    }

    @Test
    fun `what is converted, and what is not, is the same`() {
        assertEquals(-1L, func("i64")(store, -1))
        assertEquals(-1, func("i32")(store, 4_294_967_295))
        assertEquals(0.5f, func("f32")(store, 0.5))
        assertEquals(2.0, func("f64")(store, 2))
        assertNull(func("externref")(store, null))
        assertNull(func("nop")(store))
        fails<WasmtimeException.Range>("argument 1 is 4294967296: expected an i32, from -2147483648 to 4294967295") {
            func("i32")(store, 4_294_967_296)
        }
        fails<WasmtimeException.Type>("argument 1 is an f64: expected i32") { func("i32")(store, 1.0) }
        fails<WasmtimeException.Type> { func("i32")(store, "1") }
        fails<WasmtimeException.Type> { func("i32")(store) }
        fails<WasmtimeException.Type> { func("i32")(store, 1, 2) }
    }

    @Test
    fun `errors are the same`() {
        val divide = func("divide")
        val typed = divide.typed<(Int, Int) -> Int>(store)
        val ways =
            listOf<(Store, Int) -> Unit>(
                { store, divisor -> divide(store, 1, divisor) },
                { store, divisor -> typed(store, 1, divisor) },
                { store, divisor -> divide.map(store, intArrayOf(1), intArrayOf(divisor)) },
                // An argument that the fast path does not take.
                { store, divisor -> divide(store, 1L, divisor) },
            )
        val traps = ways.map { way -> fails<WasmtimeException.Trap> { way(store, 0) } }
        for (trap in traps) {
            assertEquals(TrapCode.INTEGER_DIVISION_BY_ZERO, trap.code)
            assertEquals(traps[0].message, trap.message)
            assertEquals(traps[0].frames, trap.frames)
        }
        for (way in ways) fails<WasmtimeException.WrongStore> { way(store(), 1) }
        store.close()
        for (way in ways) fails<WasmtimeException.Closed> { way(store, 1) }
        fails<WasmtimeException.Closed> { func("nop")(store) }
        fails<WasmtimeException.Closed> { memory.size(store) }
        fails<WasmtimeException.Closed> { memory.loadI8(store, 0) }
        fails<WasmtimeException.WrongStore> { memory.write(store(), byteArrayOf(1)) }
    }

    @Test
    fun `typed functions take every number in every place`() {
        assertEquals(Unit, func("nop").typed<() -> Unit>(store)(store))
        assertEquals(Int.MIN_VALUE, func("i32").typed<(Int) -> Int>(store)(store, Int.MIN_VALUE))
        assertEquals(Long.MIN_VALUE, func("i64").typed<(Long) -> Long>(store)(store, Long.MIN_VALUE))
        val nan = Float.fromBits(0x7fa00001)
        assertEquals(nan.toRawBits(), func("f32").typed<(Float) -> Float>(store)(store, nan).toRawBits())
        val wide = Double.fromBits(0x7ff4000000000001)
        assertEquals(wide.toRawBits(), func("f64").typed<(Double) -> Double>(store)(store, wide).toRawBits())
        assertEquals(42, func("add").typed<(Int, Int) -> Int>(store)(store, 40, 2))
        assertEquals(3f, func("third").typed<(Int, Long, Float) -> Float>(store)(store, 1, 2, 3f))
        assertEquals(4.0, func("fourth").typed<(Int, Long, Float, Double) -> Double>(store)(store, 1, 2, 3f, 4.0))
        assertEquals(
            5L,
            func("fifth").typed<(Int, Long, Float, Double, Long) -> Long>(store)(store, 1, 2, 3f, 4.0, 5),
        )
        assertEquals(
            6,
            func("sixth").typed<(Int, Long, Float, Double, Long, Int) -> Int>(store)(store, 1, 2, 3f, 4.0, 5, 6),
        )
    }

    @Test
    fun `the type is checked when a typed function is made`() {
        fails<WasmtimeException.Type>(
            "the function is (func (param i32 i32) (result i32)): expected (func (param i32 i64) (result i32))",
        ) { func("add").typed<(Int, Long) -> Int>(store) }
        fails<WasmtimeException.Type> { func("add").typed<(Int, Int) -> Unit>(store) }
        fails<WasmtimeException.Type> { func("add").typed<(Int) -> Int>(store) }
        val other =
            fails<WasmtimeException.Type> { func("add").typed<(String, Int) -> Int>(store) }
        val types = "a function type of up to 6 parameters, over Int, UInt, Long, ULong, Float and Double"
        assertEquals("the type is (String, Int) -> Int: expected $types", other.reason)
        fails<WasmtimeException.Type> { func("nop").typed<Function<Unit>>(store) }
        fails<WasmtimeException.WrongStore> { func("nop").typed<() -> Unit>(store()) }
    }

    @Test
    fun `columns are called row by row`() {
        val rows = 1000
        val sums = func("add").map(store, IntArray(rows) { it }, IntArray(rows) { 2 * it }) as IntArray
        assertArrayEquals(IntArray(rows) { 3 * it }, sums)
        val columns =
            func("swap").map(store, intArrayOf(1, 2), longArrayOf(3, 4), floatArrayOf(5f, 6f), doubleArrayOf(7.0, 8.0))
        columns as List<*>
        assertArrayEquals(doubleArrayOf(7.0, 8.0), columns[0] as DoubleArray)
        assertArrayEquals(floatArrayOf(5f, 6f), columns[1] as FloatArray)
        assertArrayEquals(longArrayOf(3, 4), columns[2] as LongArray)
        assertArrayEquals(intArrayOf(1, 2), columns[3] as IntArray)
        assertEquals(0, (func("i64").map(store, LongArray(0)) as LongArray).size)
    }

    @Test
    fun `the first row that fails is named`() {
        val divide = func("divide")
        val error =
            fails<WasmtimeException.Trap> { divide.map(store, IntArray(5) { 8 }, intArrayOf(1, 2, 4, 0, 0)) }
        assertEquals(3, error.row)
        assertNull(fails<WasmtimeException.Trap> { divide(store, 1, 0) }.row)
    }

    @Test
    fun `a row whose host function gives what does not fit is named`() {
        val type = FuncType(listOf(ValType.I32), listOf(ValType.I32))
        val half = Func(store, type) { (number) -> if (number.asInt() < 2) listOf(number) else listOf(Val.F64(0.5)) }
        val error = fails<WasmtimeException.Type> { half.map(store, intArrayOf(0, 1, 2)) }
        assertEquals("result 1 is an f64: expected i32", error.message)
        assertEquals(2, error.row)
    }

    @Test
    fun `an integer of 64 bits without a sign goes in as it comes out`() {
        val id = func("i64")
        assertEquals(-1L, id(store, ULong.MAX_VALUE))
        assertEquals(Long.MIN_VALUE, id(store, BigInteger.ONE.shiftLeft(63)))
        assertEquals(7L, id(store, 7uL))
        fails<WasmtimeException.Range> { id(store, BigInteger.ONE.shiftLeft(64)) }
        fails<WasmtimeException.Range> { func("add")(store, ULong.MAX_VALUE, 1) }
    }

    @Test
    fun `columns that do not fit are typed errors`() {
        val add = func("add")
        val one = intArrayOf(1)
        fails<WasmtimeException.Type>("too few columns: the function takes 2, 1 given") { add.map(store, one) }
        fails<WasmtimeException.Type>("too many columns: the function takes 2, 3 given") {
            add.map(store, one, one, one)
        }
        fails<WasmtimeException.Type>("column 2 has 2 items: column 1 has 1") { add.map(store, one, intArrayOf(1, 2)) }
        fails<WasmtimeException.Type>("column 2 is a long[]: expected int[]") { add.map(store, one, longArrayOf(1)) }
        fails<WasmtimeException.Type>("column 1 is a java.lang.String: expected int[]") { add.map(store, "1", one) }
        fails<WasmtimeException.Type> { func("v128").map(store, longArrayOf(1)) }
        fails<WasmtimeException.Type>("the function has no parameters, and so no columns: call it") {
            func("nop").map(store)
        }
    }

    @Test
    fun `both ways see the same memory`() {
        val bytes = ByteArray(70_000) { (it * 7).toByte() }
        memory.write(store, bytes, 3)
        assertArrayEquals(bytes, ByteArray(bytes.size).also { memory.view(store, 3).get(it) })
        assertArrayEquals(bytes, memory.read(store, 3, 3L + bytes.size))
        memory.raw.storeF32(store.raw, 5, -0.5f)
        assertEquals(-0.5f, memory.loadF32(store, 5))
        memory.storeF64(store, 5, -0.1)
        assertEquals(-0.1, memory.raw.loadF64(store.raw, 5))
        assertEquals(memory.raw.size(store.raw).toLong(), memory.size(store))
        assertEquals(memory.raw.dataLen(store.raw).toLong(), memory.dataLen(store))
        val buffer = ByteBuffer.allocateDirect(10).put("0123456789".encodeToByteArray()).position(2).limit(6).slice()
        memory.write(store, buffer.position(1), 0)
        assertEquals("345", memory.readString(store, 0, 3))
        val error = fails<WasmtimeException.Bounds> { memory.loadI64(store, 131_065) }
        assertEquals(listOf(131_065L, 8L, 131_072L), listOf(error.offset, error.length, error.size))
        fails<WasmtimeException.Range>(
            "the offset is -1: expected 0 or more; an i32 that is a pointer wants its unsigned reading, 4294967295",
        ) { memory.storeI32(store, -1, 0) }
    }

    @Test
    fun `numbers allocate nothing`() {
        val add = func("add").typed<(Int, Int) -> Int>(store)
        val fourth = func("fourth").typed<(Int, Long, Float, Double) -> Double>(store)
        val buffer = ByteBuffer.allocateDirect(16)
        val rounds = 500_000
        allocatesNothing("calls", rounds) { add(store, it, 1_000_000) }
        allocatesNothing("calls of four", rounds) { fourth(store, it, 1L shl 40, 2f, it.toDouble()).toInt() }
        allocatesNothing("loads", rounds) { memory.loadI32(store, it.toLong() and 255) }
        allocatesNothing("stores", rounds) { it.also { memory.storeF64(store, it.toLong() and 255, 0.1) } }
        allocatesNothing("sizes", rounds) { memory.size(store).toInt() + it }
        allocatesNothing("direct writes", rounds) { it.also { memory.write(store, buffer, it.toLong() and 255) } }
    }

    @Test
    fun `objects that are dropped during a call live until it is over`() {
        val module =
            Module(
                guest.engine,
                """(module (memory 1)
                  (func (export "spin") (param i32) (result i32)
                    (loop ${'$'}again
                      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                      (br_if ${'$'}again (i32.gt_s (local.get 0) (i32.const 0))))
                    (i32.load (i32.const 0))))""",
            )
        val stop = AtomicBoolean()
        val collector = task { while (!stop.get()) System.gc() }
        val workers =
            List(3) {
                task {
                    // Compiled code forgets an object at its last use, which here is when the call begins.
                    repeat(400) { spin(module, 1) }
                    repeat(20) { spin(module, 3_000_000) }
                }
            }
        workers.forEach { it.get() }
        stop.set(true)
        collector.get()
    }

    private fun spin(module: Module, rounds: Int) {
        val store = Store(guest.engine)
        assertEquals(0, Instance(store, module).func(store, "spin").typed<(Int) -> Int>(store)(store, rounds))
    }
}
