package dev.trimaran.tests

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.HeapType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import java.io.ByteArrayOutputStream
import kotlin.random.Random

private val EXTERNREF = ValType.Ref(RefType(HeapType.Extern))

/** From one depth to the next, in calls. */
private const val STEP = 10

/** Host code uses up its thread's stack, and the stack ends somewhere inside the package. */
class StackTest {
    private val engine = engine()
    private val store = Store(engine)
    private val wasm =
        wat2wasm(
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (import "host" "g" (func ${'$'}g (param externref) (result externref)))
              (memory (export "memory") 1) (global (export "global") (mut i64) (i64.const 7))
              (table (export "table") 4 externref)
              (func (export "run") (param i32) (result i32) (call ${'$'}f (local.get 0)))
              (func (export "turn") (param externref) (result externref) (call ${'$'}g (local.get 0)))
              (func (export "fail") (unreachable)))""",
        )
    private val module = Module(engine, wasm)
    private val extern = FuncType(listOf(EXTERNREF), listOf(EXTERNREF))
    private val linker =
        Linker(engine).apply {
            wrap("host", "f") { a: Int -> a + 1 }
            func("host", "g", extern) { it }
        }
    private val instance = linker.instantiate(store, module)
    private val run = instance.func(store, "run")
    private val typed = run.typed<(Int) -> Int>(store)
    private val turn = instance.func(store, "turn")
    private val fail = instance.func(store, "fail")
    private val memory = instance.memory(store, "memory")
    private val global = instance.global(store, "global")
    private val table = instance.table(store, "table")
    private val given = Any()

    /** Prints `text` into [printed]. */
    private val print: Func
    private val printed = ByteArrayOutputStream()

    init {
        val text =
            """(module (import "wasi_snapshot_preview1" "fd_write" (func ${'$'}write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\04\00\00\00") (data (i32.const 16) "text")
              (func (export "print") (result i32)
                (call ${'$'}write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"""
        store.setWasi { stdout { printed.write(it) } }
        val instance = Linker(engine).apply { defineWasi() }.instantiate(store, Module(engine, text))
        print = instance.func(store, "print")
    }

    /** What is done at the end of a stack, by the way that it takes. */
    private val works: Map<String, () -> Any?> =
        mapOf(
            "a call on the fast path" to { run(store, 1) },
            "a typed call" to { typed(store, 1) },
            "a call by the core's values" to { run(store, 1L) },
            "a call with references" to { turn(store, given) },
            "a trap" to { trapping { fail(store) } },
            "a type" to { run.type(store) },
            "exports" to { instance.exports(store) },
            "imports" to { module.imports },
            "memory" to { memory.read(store, 0, 16) },
            "memory out of bounds" to { failing<WasmtimeException.Bounds> { memory.read(store, 0, 100_000) } },
            "a global" to { global.set(store, global.get(store)) },
            "a table" to { table[store, 1] = Val.ExternRef(given) },
            "a host function" to { Func(store, extern) { it } },
            "a store" to { Store(engine).close() },
            "an engine" to { Engine(config()).close() },
            "a wrong configuration" to {
                failing<WasmtimeException.Config> { Engine(Config().apply { target = "no" }) }
            },
            "a module" to { Module(engine, wasm).close() },
            "a wrong module" to { failing<WasmtimeException.Compile> { Module(engine, byteArrayOf(1, 2, 3)) } },
            "a sink" to {
                printed.reset()
                // What is not printed has to be an error.
                failing<WasmtimeException.Limit> { if (print(store) == 0) assertEquals("text", printed.toString()) }
            },
            "linking" to { linker.instantiate(store, module) },
            "a linker in a new store" to { Store(engine).use { linker.instantiate(it, module) } },
            "an instance without its imports" to {
                failing<WasmtimeException.Link> { Instance(store, module, listOf()) }
            },
        )

    private fun trapping(work: () -> Unit) = failing<WasmtimeException.Trap>(work)

    private inline fun <reified T : WasmtimeException> failing(work: () -> Unit) {
        try {
            work()
        } catch (error: WasmtimeException) {
            if (error !is T) throw error
        }
    }

    /** Runs [work] so many calls further down. */
    private fun at(depth: Int, work: () -> Unit) {
        if (depth == 0) work() else at(depth - 1, work)
    }

    /** What [work] ends with where the stack ends inside of it, but for what it should be. */
    private fun ends(work: () -> Any?): Map<String, Throwable> {
        val found = mutableMapOf<String, Throwable>()

        /** Whether [work] was reached at all. */
        fun fits(depth: Int): Boolean {
            var begun = false
            try {
                at(depth) {
                    begun = true
                    work()
                }
            } catch (_: StackOverflowError) {
                // As it should be.
            } catch (error: Throwable) {
                found.putIfAbsent("${error.javaClass.name}: ${error.message}".lines().first(), error)
            }
            return begun
        }
        var last = 64
        while (fits(last)) last += 64
        // It ends a few hundred frames before the stack does.
        for (depth in maxOf(0, last - 1000 - Random.nextInt(STEP))..last step STEP) fits(depth)
        return found
    }

    @Test
    fun `it is a StackOverflowError, wherever it ends`() {
        val found =
            works.flatMap { (name, work) ->
                work()
                task(400L shl 10) { ends(work) }.get().map { (end, error) ->
                    error.printStackTrace()
                    "$name: $end"
                }
            }
        assertEquals("", found.joinToString("\n"))
        for ((_, work) in works) work()
    }

    /**
     * Only where it is asked for: once in some hundred runs its thread does not end. A probe of the JVM's interpreter then meets
     * a protected page just above those that the JVM has for overflows, most likely the one that it reserves for critical
     * sections (`StackReservedPages`), and its handler has the probe repeated for ever. Why is not known yet.
     */
    @Test
    @EnabledIfSystemProperty(named = "trimaran.hunt", matches = ".*")
    fun `guest and host use it up together`() {
        val deeper = ArrayDeque<Func>()
        val hosts =
            listOf(
                Func.wrap(store) { a: Int -> deeper.last()(store, a + 1) as Int },
                // By the core's values, without the fast path.
                Func(store, FuncType(listOf(ValType.I32), listOf(ValType.I32))) { (a) ->
                    check(run.type(store).params.size == 1)
                    deeper.last().call(store, Val.I64(a.asLong() + 1))
                },
            )
        val echo = Func(store, extern) { it }
        for (host in hosts) {
            deeper += Instance(store, module, listOf(host, echo)).func(store, "run")
            for (size in 160L..1024L step 48) {
                val end = task(size shl 10) { runCatching { deeper.last()(store, 0) }.exceptionOrNull() }.get()
                val isTrap = end is WasmtimeException.Trap && end.code == TrapCode.STACK_OVERFLOW
                assertTrue(isTrap || end is StackOverflowError || end is WasmtimeException.Limit) { "$size KiB: $end" }
            }
        }
        assertEquals(2, run(store, 1))
    }
}
