package dev.trimaran.tests

import dev.trimaran.ExportType
import dev.trimaran.ExternType
import dev.trimaran.FuncType
import dev.trimaran.GlobalType
import dev.trimaran.HeapType
import dev.trimaran.ImportType
import dev.trimaran.Limits
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.TableType
import dev.trimaran.TagType
import dev.trimaran.ValType
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test

class TypesTest {
    private val sum = FuncType(listOf(ValType.I32, ValType.I64), listOf(ValType.F64))
    private val empty = FuncType(listOf(), listOf())
    private val nullary = HeapType.Concrete("(func)")

    /** A type, another one that equals it, one that does not, and its text. */
    private class Row(val type: Any, val same: Any, val other: Any, val text: String)

    private val types =
        listOf(
            Row(Limits(1), Limits(1, null), Limits(1, 2), "1"),
            Row(Limits(1, 2), Limits(1).copy(max = 2), Limits(0, 2), "1 2"),
            Row(MemoryType(Limits(1, 5)), MemoryType(Limits(1, 5)), MemoryType(Limits(1)), "(memory 1 5)"),
            Row(
                MemoryType(Limits(1, 5), is64 = true, shared = true, pageSizeLog2 = 0),
                MemoryType(Limits(1, 5), true, true, 0),
                MemoryType(Limits(1, 5), true, true),
                "(memory i64 1 5 shared (pagesize 0x1))",
            ),
            Row(ValType.I32, ValType.I32, ValType.I64, "i32"),
            Row(ValType.V128, ValType.V128, ValType.F32, "v128"),
            Row(ValType.Ref(RefType(HeapType.Func)), ValType.funcref(), ValType.externref(), "funcref"),
            Row(RefType.externref(), RefType(HeapType.Extern, true), RefType(HeapType.Any), "externref"),
            Row(RefType(HeapType.Any, false), RefType(HeapType.Any, false), RefType(HeapType.Any), "(ref any)"),
            Row(RefType(nullary), RefType(nullary), RefType(HeapType.Eq), "(ref null (func))"),
            Row(nullary, HeapType.Concrete("(func)"), HeapType.Concrete("(array i8)"), "(func)"),
            Row(sum, sum.copy(), FuncType(sum.params, listOf()), "(func (param i32 i64) (result f64))"),
            Row(FuncType(), empty, FuncType(results = sum.results), "(func)"),
            Row(
                TableType(RefType.funcref(), Limits(0, 4)),
                TableType(RefType(HeapType.Func), Limits(0, 4)),
                TableType(RefType(HeapType.Func), Limits(0, 4), true),
                "(table 0 4 funcref)",
            ),
            Row(
                GlobalType(ValType.I64, true),
                GlobalType(ValType.I64, true),
                GlobalType(ValType.I64),
                "(global (mut i64))",
            ),
            Row(TagType(sum), TagType(sum.copy()), TagType(empty), "(tag (param i32 i64) (result f64))"),
            Row(
                ImportType("a", "b", ExternType.Func(sum)),
                ImportType("a", "b", ExternType.Func(sum.copy())),
                ImportType("a", "c", ExternType.Func(sum)),
                """(import "a" "b" $sum)""",
            ),
            Row(
                ExportType("e", ExternType.Memory(MemoryType(Limits(1)))),
                ExportType("e", ExternType.Memory(MemoryType(Limits(1)))),
                ExportType("e", ExternType.Memory(MemoryType(Limits(2)))),
                """(export "e" (memory 1))""",
            ),
            Row(ExternType.Func(sum), ExternType.Func(sum), ExternType.Tag(TagType(sum)), sum.toString()),
        )

    @Test
    fun `types are compared, hashed and printed`() {
        for (row in types) {
            assertEquals(row.type, row.same)
            assertEquals(row.type.hashCode(), row.same.hashCode())
            assertNotEquals(row.type, row.other)
            assertEquals(row.text, row.type.toString())
        }
    }

    @Test
    fun `every heap type has its word`() {
        val words =
            mapOf(
                HeapType.Extern to "extern",
                HeapType.NoExtern to "noextern",
                HeapType.Func to "func",
                HeapType.NoFunc to "nofunc",
                HeapType.Any to "any",
                HeapType.Eq to "eq",
                HeapType.I31 to "i31",
                HeapType.Struct to "struct",
                HeapType.Array to "array",
                HeapType.None to "none",
                HeapType.Exn to "exn",
                HeapType.NoExn to "noexn",
                HeapType.Cont to "cont",
                HeapType.NoCont to "nocont",
            )
        assertEquals(14, words.size)
        words.forEach { (type, word) -> assertEquals(word, type.toString()) }
    }

    @Test
    fun `a module's types come out as they are written`() {
        val text =
            """(module
              (type ${'$'}box (struct (field (mut i32))))
              (import "a" "f" (func (param i32 (ref null ${'$'}box)) (result externref (ref i31))))
              (import "a" "g" (global (mut v128)))
              (import "b" "m" (memory i64 1 0xffffffffffff))
              (import "b" "t" (table i64 3 0xffffffffffffffff funcref))
              (import "c" "e" (tag (param f32)))
              (export "again" (memory 0)))"""
        val engine =
            engine {
                wasmGc = true
                wasmMemory64 = true
                wasmExceptions = true
            }
        val module = Module(engine, text)
        assertEquals(
            listOf(
                "a f (func (param i32 (ref null (struct (field (mut i32))))) (result externref (ref i31)))",
                "a g (global (mut v128))",
                "b m (memory i64 1 281474976710655)",
                // Past the end of a Long, a number reads as the greatest one.
                "b t (table i64 3 ${Long.MAX_VALUE} funcref)",
                "c e (tag (param f32))",
            ),
            module.imports.map { "${it.module} ${it.name} ${it.type}" },
        )
        assertEquals(module.imports[2].type, module.exports.single().type)
        assertEquals("again", module.exports.single().name)
        assertEquals("""(import "c" "e" (tag (param f32)))""", module.imports.last().toString())
        assertEquals("""(export "again" (memory i64 1 281474976710655))""", module.exports.single().toString())
    }
}
