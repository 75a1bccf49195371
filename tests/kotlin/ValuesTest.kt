package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.Reference
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.math.BigInteger

class ValuesTest {
    private val guest =
        Guest(
            """(module
              (type ${'$'}box (struct (field i32)))
              (func (export "nothing"))
              (func (export "i32") (param i32) (result i32) (local.get 0))
              (func (export "i64") (param i64) (result i64) (local.get 0))
              (func (export "f32") (param f32) (result f32) (local.get 0))
              (func (export "f64") (param f64) (result f64) (local.get 0))
              (func (export "v128") (param v128) (result v128) (local.get 0))
              (func (export "externref") (param externref) (result externref) (local.get 0))
              (func (export "two") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
              (func ${'$'}seven (export "seven") (result i32) (i32.const 7))
              (func (export "func") (result funcref) (ref.func ${'$'}seven))
              (func (export "isNull") (param funcref) (result i32) (ref.is_null (local.get 0)))
              (func (export "make") (param i32) (result anyref) (struct.new ${'$'}box (local.get 0)))
              (func (export "open") (param anyref) (result i32)
                (struct.get ${'$'}box 0 (ref.cast (ref ${'$'}box) (local.get 0))))
              (func (export "wrap") (param anyref) (result externref) (extern.convert_any (local.get 0))))""",
        ) { wasmGc = true }

    private fun call(name: String, vararg arguments: Any?) = guest.call(name, *arguments)

    @Test
    fun `plain numbers go in and come out`() {
        assertNull(call("nothing"))
        assertEquals(-1, call("i32", -1))
        assertEquals(-1L, call("i64", -1L))
        assertEquals(0.5f, call("f32", 0.5f))
        assertEquals(0.1, call("f64", 0.1))
        assertEquals(listOf(2.5, 3), call("two", 3, 2.5))
        assertEquals(3, call("i32", 3.toByte()))
        assertEquals(3, call("i32", 3.toShort()))
        assertEquals(-1, call("i32", UInt.MAX_VALUE))
        assertEquals(4_294_967_295L, call("i64", UInt.MAX_VALUE))
        assertEquals(255, call("i32", UByte.MAX_VALUE))
        assertEquals(65_535, call("i32", UShort.MAX_VALUE))
        assertEquals(5L, call("i64", 5UL))
        assertEquals(5L, call("i64", BigInteger.valueOf(5)))
        assertEquals(-1L, call("i64", ULong.MAX_VALUE))
        assertEquals(-1L, call("i64", BigInteger(ULong.MAX_VALUE.toString())))
        assertEquals(3.0, call("f64", 3))
        assertEquals(0.1f, call("f32", 0.1))
        assertEquals(7, call("i32", Val.I64(7)))
        assertEquals(Val.V128(1, -2), call("v128", Val.V128(1, -2)))
    }

    @Test
    fun `numbers that do not fit`() {
        fails<WasmtimeException.Range>("argument 1 is 4294967296: expected an i32, from -2147483648 to 4294967295") {
            call("i32", 4_294_967_296)
        }
        val sentence = "argument 1 is 18446744073709551616: expected -9223372036854775808 to 9223372036854775807"
        fails<WasmtimeException.Range>(sentence) { call("i64", BigInteger.TWO.pow(64)) }
        fails<WasmtimeException.Range> { call("i64", BigInteger.TWO.pow(63).negate() - BigInteger.ONE) }
        fails<WasmtimeException.Range> { call("i32", ULong.MAX_VALUE) }
        fails<WasmtimeException.Range> { Val.of(ULong.MAX_VALUE) }
        fails<WasmtimeException.Range> { Val.of(BigInteger.TWO.pow(63)) }
        fails<WasmtimeException.Range> { Val.of(BigInteger.TWO.pow(63).negate() - BigInteger.ONE) }
        assertEquals(Val.I64(Long.MIN_VALUE), Val.of(BigInteger.TWO.pow(63).negate()))
        fails<WasmtimeException.Range> { call("f32", 16_777_217) }
    }

    @Test
    fun `values of the wrong type`() {
        fails<WasmtimeException.Type>("argument 2 is a java.lang.String: expected a number, a reference or a Val") {
            call("two", 1, "2")
        }
        fails<WasmtimeException.Type> { call("i32", true) }
        fails<WasmtimeException.Type>("argument 1 is an f64: expected i32") { call("i32", 1.0) }
        fails<WasmtimeException.Type> { call("i32", null) }
        fails<WasmtimeException.Type> { call("i32") }
        fails<WasmtimeException.Type> { call("i32", 1, 2) }
        fails<WasmtimeException.Type>("the value is I64(value=1): expected an i32") { Val.I64(1).asInt() }
        fails<WasmtimeException.Type> { Val.F64(1.0).asLong() }
        fails<WasmtimeException.Type> { Val.Null.asFloat() }
        fails<WasmtimeException.Type> { Val.I32(1).asDouble() }
        assertEquals(1L, Val.I32(1).asLong())
        assertEquals(0.5, Val.F32(0.5f).asDouble())
    }

    @Test
    fun `the payloads of NaNs survive`() {
        for (bits in listOf(0x7fa0_0001, 0x7fc0_0000, 0x7fff_ffff, 0xffa1_2345.toInt())) {
            val value = Val.F32.fromBits(bits)
            assertEquals(listOf(value), guest.exports.func("f32").call(guest.store, value))
            assertEquals(bits, value.bits)
        }
        for (bits in listOf(0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_0000, -0x000f_ffff_ffff_fffeL)) {
            val value = Val.F64.fromBits(bits)
            assertEquals(listOf(value), guest.exports.func("f64").call(guest.store, value))
            assertEquals(bits, value.bits)
        }
    }

    @Test
    fun `values are compared and printed`() {
        assertEquals(Val.I32(1), Val.of(1))
        assertEquals(Val.F32(Float.NaN), Val.F32(Float.NaN))
        assertEquals(Val.F64(0.1).hashCode(), Val.of(0.1).hashCode())
        assertNotEquals(Val.F64(0.0), Val.F64(-0.0))
        assertNotEquals(Val.I32(1), Val.I64(1))
        val values = listOf(1, 0.5f, 0.1, null).map(Val::of)
        assertEquals("[I32(value=1), F32(value=0.5), F64(value=0.1), Null]", values.toString())
    }

    @Test
    fun `functions go out and come back`() {
        val seven = assertInstanceOf(Func::class.java, call("func"))
        assertEquals(7, seven(guest.store))
        assertTrue(seven.same(guest.store, guest.exports.func("seven")))
        assertFalse(seven.same(guest.store, guest.exports.func("func")))
        assertEquals(0, call("isNull", seven))
        assertEquals(1, call("isNull", null))
        assertEquals(1, call("isNull", Val.FuncRef(null)))
        fails<WasmtimeException.WrongStore> { Guest("(module)").let { seven(it.store) } }
    }

    @Test
    fun `references go out and come back`() {
        val box = assertInstanceOf(Reference::class.java, call("make", 42))
        guest.store.gc()
        assertEquals(42, call("open", box))
        assertTrue(box.same(guest.store, box))
        assertFalse(box.same(guest.store, call("make", 42) as Reference))
        assertInstanceOf(Val.AnyRef::class.java, box.value())
        val wrapped = guest.exports.func("wrap").call(guest.store, box.value()).single()
        assertInstanceOf(Val.ExternRef::class.java, wrapped)
        assertInstanceOf(Reference::class.java, call("externref", wrapped))
        assertNull(call("externref", null))
        fails<WasmtimeException.Trap> { call("open", null) }
        fails<WasmtimeException.WrongStore> { box.same(store(), box) }
    }
}
