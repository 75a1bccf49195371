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
import dev.trimaran.Tag
import dev.trimaran.TagType
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference

private val EXTERN = ValType.Ref(RefType(HeapType.Extern))
private val FUNC = ValType.Ref(RefType(HeapType.Func))
private val ANY = ValType.Ref(RefType(HeapType.Any))

/** Host objects in guests: the very same object comes back. */
class ReferenceTest {
    private val guest =
        Guest(
            """(module
              (type ${'$'}box (struct (field i32)))
              (global ${'$'}kept (export "kept") (mut externref) (ref.null extern))
              (func (export "echo") (param externref) (result externref) (local.get 0))
              (func (export "keep") (param externref) (global.set ${'$'}kept (local.get 0)))
              (func (export "get") (result externref) (global.get ${'$'}kept))
              (func (export "isNull") (param externref) (result i32) (ref.is_null (local.get 0)))
              (func (export "mixed") (param externref i32) (result i32 externref) (local.get 1) (local.get 0))
              (func (export "number") (param i32) (result i32) (local.get 0))
              (func (export "make") (param i32) (result anyref) (struct.new ${'$'}box (local.get 0)))
              (func (export "open") (param (ref null ${'$'}box)) (result i32) (struct.get ${'$'}box 0 (local.get 0)))
              (func (export "any") (param anyref) (result anyref) (local.get 0))
              (func (export "inside") (param externref) (result anyref) (any.convert_extern (local.get 0)))
              (func (export "wrap") (param anyref) (result externref) (extern.convert_any (local.get 0)))
              (func (export "func") (param funcref) (result funcref) (local.get 0)))""",
        ) { wasmGc = true }
    private val store = guest.store

    private fun call(name: String, vararg arguments: Any?) = guest.call(name, *arguments)

    private val objects =
        listOf(Any(), "text", "", 0, 1000, 0L, 0.0, false, listOf<Any>(), ByteArray(3), 'c', { }, BooleanArray::class)

    @Test
    fun `any object goes in and comes out as itself`() {
        for (one in objects) {
            assertSame(one, call("echo", one))
            assertSame(one, guest.exports.func("echo").call(store, Val.ExternRef(one)).single().unwrap())
            val (number, same) = call("mixed", one, 7) as List<*>
            assertEquals(7, number)
            assertSame(one, same)
            // By the core's values, without the fast path.
            assertSame(one, (call("mixed", one, 7L) as List<*>)[1])
            call("keep", one)
            store.gc()
            assertSame(one, call("get"))
            assertEquals(0, call("isNull", one))
        }
        assertNull(call("echo", null))
        assertNull(call("echo", Val.ExternRef(null)))
        assertEquals(1, call("isNull", null))
        assertEquals(1, call("isNull", Val.Null))
    }

    @Test
    fun `functions and references may be such objects`() {
        val func = guest.exports.func("echo")
        assertSame(func, call("echo", Val.ExternRef(func)))
        assertSame(Val.I32(1).let { call("echo", Val.ExternRef(it)) }!!::class, Val.I32::class)
        fails<WasmtimeException.Type>("argument 1 is a funcref: expected externref") { call("echo", func) }
        fails<WasmtimeException.Type>("argument 1 is an i32: expected externref") { call("echo", Val.I32(1)) }
    }

    @Test
    fun `only where an externref is asked for`() {
        fails<WasmtimeException.Type>("argument 1 is a java.lang.String: expected a number, a reference or a Val") {
            call("number", "text")
        }
        fails<WasmtimeException.Type>("argument 1 is an externref: expected i32") { call("number", Val.ExternRef("1")) }
        fails<WasmtimeException.Type> { call("any", "text") }
        fails<WasmtimeException.Type> { call("func", "text") }
        fails<WasmtimeException.Type> { call("echo", "text", "text") }
    }

    @Test
    fun `globals and tables hold them`() {
        for (one in objects) {
            val global = Global(store, GlobalType(EXTERN, true), Val.ExternRef(one))
            assertSame(one, global.get(store).unwrap())
            global.set(store, Val.Null)
            assertNull(global.get(store).unwrap())
            global.set(store, Val.ExternRef(one))
            assertSame(one, global.get(store).unwrap())
            val table = Table(store, TableType(EXTERN.type, Limits(2)), Val.ExternRef(one))
            assertSame(one, table.get(store, 1).unwrap())
            table.set(store, 0, Val.Null)
            assertNull(table.get(store, 0).unwrap())
            table.set(store, 0, Val.ExternRef(one))
            assertSame(one, table.get(store, 0).unwrap())
            table.grow(store, 1, Val.ExternRef(one))
            assertSame(one, table.get(store, 2).unwrap())
            table.fill(store, 0, Val.ExternRef("all"), 3)
            assertSame("all", table.get(store, 2).unwrap())
        }
        val kept = guest.exports.global("kept")
        kept.set(store, Val.ExternRef("from outside"))
        assertEquals("from outside", call("get"))
    }

    @Test
    fun `host functions take and give them`() {
        for (one in objects) {
            val seen = mutableListOf<Any?>()
            val echo =
                Func(store, FuncType(listOf(EXTERN, FUNC, ANY), listOf(ANY, FUNC, EXTERN))) { arguments ->
                    arguments.mapTo(seen) { it.unwrap() }
                    arguments.reversed()
                }
            val (any, func, extern) = echo(store, one, echo, call("make", 5)) as List<*>
            assertSame(one, extern)
            assertSame(one, seen[0])
            assertTrue(echo.same(store, func as Func))
            assertEquals(5, call("open", any))
            assertEquals(listOf(null, null, null), echo(store, null, null, null))
        }
        val wrong = Func(store, FuncType(listOf(), listOf(FUNC, EXTERN))) { listOf(Val.Null, Val.AnyRef(null)) }
        fails<WasmtimeException.Type>("result 2 is an anyref: expected externref") { wrong(store) }
    }

    @Test
    fun `what the guest has made comes out as a reference`() {
        val box = assertInstanceOf(Reference::class.java, call("make", 42))
        val wrapped = assertInstanceOf(Reference::class.java, call("wrap", box))
        assertInstanceOf(Val.ExternRef::class.java, wrapped.value())
        assertInstanceOf(Val.AnyRef::class.java, box.value())
        assertInstanceOf(Reference::class.java, call("echo", wrapped))
        assertEquals(42, call("open", call("inside", wrapped)))
        assertEquals(42, call("open", Val.AnyRef(box)))
        fails<WasmtimeException.Type>("argument 1 is an anyref: expected externref") { call("echo", box) }
        // And the other way round: an object inside the guest's hierarchy is a reference there.
        val inside = assertInstanceOf(Reference::class.java, call("inside", "text"))
        assertEquals("text", call("wrap", inside))
        // It is of the right kind, and yet of another type.
        fails<WasmtimeException.Type> { call("open", inside) }
    }

    @Test
    fun `references say what they are to`() {
        val box = call("make", 42) as Reference
        assertEquals("(ref (struct (field i32)))", box.type(store).toString())
        assertTrue(box.matches(store, RefType(HeapType.Struct)))
        assertFalse(box.matches(store, RefType(HeapType.I31)))
        assertEquals(listOf(Val.I32(42)), box.fields(store))
        assertNull(box.i31(store))
        assertNull(box.tag(store))
        val small = Reference.ofI31(store, -5)
        assertEquals(-5, small.i31(store))
        assertEquals("(ref i31)", small.type(store).toString())
        fails<WasmtimeException.Type> { small.fields(store) }
        fails<WasmtimeException.Range> { Reference.ofI31(store, Int.MIN_VALUE) }
        assertTrue(small.same(store, call("any", small) as Reference))
        val other = store()
        fails<WasmtimeException.WrongStore> { small.i31(other) }
    }

    @Test
    fun `exceptions have a tag and what they carry`() {
        val engine = engine { wasmExceptions = true }
        val store = Store(engine)
        val module =
            Module(
                engine,
                """(module (import "host" "t" (tag ${'$'}t (param i32 f64)))
                  (func (export "make") (param i32) (result i32 f64 exnref)
                    (block ${'$'}h (result i32 f64 exnref)
                      (try_table (catch_ref ${'$'}t ${'$'}h) (throw ${'$'}t (local.get 0) (f64.const 0.5)))
                      (unreachable))))""",
            )
        val type = TagType(FuncType(listOf(ValType.I32, ValType.F64), listOf()))
        val tag = Tag(store, type)
        assertEquals(type, tag.type(store))
        val made = Instance(store, module, listOf(tag)).func(store, "make")(store, 7) as List<*>
        val exception = made.last() as Reference
        assertEquals(listOf(Val.I32(7), Val.F64(0.5)), exception.fields(store))
        assertEquals(type, exception.tag(store)?.type(store))
        assertTrue(exception.matches(store, RefType(HeapType.Exn)))
        assertInstanceOf(Val.ExnRef::class.java, exception.value())
    }

    @Test
    fun `they are let go of when no guest has them`() {
        fun keep(): List<WeakReference<Any>> =
            List(3) { Any() }.let { (one, two, three) ->
                call("keep", one)
                guest.exports.global("kept").set(store, Val.ExternRef(two))
                Table(store, TableType(EXTERN.type, Limits(1)), Val.ExternRef(three)).set(store, 0, Val.Null)
                call("echo", three)
                listOf(one, two, three).map { WeakReference(it) }
            }
        val (one, two, three) = keep()
        eventually("what the guest has not got is kept") {
            store.gc()
            one.get() == null && three.get() == null
        }
        assertNotNull(two.get())
        assertSame(two.get(), call("get"))
        store.close()
        eventually("what a closed store had is kept") { two.get() == null }
    }

    @Test
    fun `an object that has its store is let go of with it`() {
        fun keep(): WeakReference<Any> =
            Guest("""(module (global (export "kept") (mut externref) (ref.null extern)))""").run {
                exports.global("kept").set(store, Val.ExternRef("not this"))
                WeakReference(store)
            }
        val store = keep()
        eventually("the store is not collected") { store.get() == null }
    }

    @Test
    fun `references of another store`() {
        val other = Guest("(module (func (export \"f\") (param anyref externref)))") { wasmGc = true }
        fails<WasmtimeException.WrongStore> { other.call("f", call("make", 1), null) }
        fails<WasmtimeException.WrongStore> { other.call("f", null, call("wrap", call("make", 1))) }
        fails<WasmtimeException.WrongStore> { guest.exports.func("echo")(other.store, "text") }
        other.call("f", null, "text")
    }
}
