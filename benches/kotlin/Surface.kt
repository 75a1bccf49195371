// The rows of what a host does beside calls: texts, names, types and objects.

package benches

import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke

private const val LENGTH = 16L
private const val MIB = 1L shl 20
private val TEN = (0 until 10).joinToString(" ", "(module ", ")") { "(func (export \"f$it\") (param i32))" }

/** A run of a guest that gives [read] a text so many times. */
private fun textGuest(read: Caller.(start: Int, length: Int) -> Int): (Int) -> Int {
    val type = FuncType(listOf(ValType.I32, ValType.I32), listOf(ValType.I32))
    return runOf { store ->
        Func(store, type) { (start, length) -> listOf(Val.I32(read(start.asInt(), length.asInt()))) }
    }
}

/** The run of that guest, with such a host function. */
private fun runOf(made: (Store) -> Func): (Int) -> Int {
    val engine = Engine()
    val store = Store(engine)
    val host = made(store)
    val run =
        Instance(store, Module(engine, bench("text.wat")), listOf(host)).func(store, "run").typed<
            (
                Int,
            ) -> Int,
        >(store)
    return { times -> run(store, times) }
}

private fun callers(who: String) {
    val reads =
        textGuest {
            start,
            length,
            ->
            memory("memory").readString(store, start.toLong(), length.toLong()).length
        }
    measure("host function reads a text", who, CALLS) { check(reads(CALLS) == CALLS * LENGTH.toInt()) }
    val typed =
        runOf { store ->
            Func.wrap(store) { caller: Caller, start: Int, length: Int ->
                caller.memory("memory").readString(caller.store, start.toLong(), length.toLong()).length
            }
        }
    measure("host function of numbers reads a text", who, CALLS) { check(typed(CALLS) == CALLS * LENGTH.toInt()) }
    val looks = textGuest { _, _ -> repeat(CALLS) { memory("memory") }.let { 1 } }
    measure("caller, memory by name", who, CALLS) { check(looks(1) == 1) }
}

private fun memories(
    who: String,
    store: Store,
    instance: Instance,
) {
    val memory = instance.memory(store, "memory")
    val text = "x".repeat(MIB.toInt())
    memory.write(store, text)
    measure("read_string 16 B", who) { check(memory.readString(store, 0, LENGTH).length == 16) }
    measure("read_string 1 MiB", who) { check(memory.readString(store, 0, MIB).length == text.length) }
    val view = memory.view(store, 0, MIB)
    measure("read_string 1 MiB", "decoding a view") {
        check(
            Charsets.UTF_8.decode(view.duplicate()).length == text.length,
        )
    }
    measure("fill 16 B", who) { memory.fill(store, 7, 0, LENGTH) }
    measure("copy_within 16 B", who) { memory.copyWithin(store, 0, 64, LENGTH) }
    memory.write(store, ByteArray(99) + '!'.code.toByte())
    val needle = "!".toByteArray()
    measure("find in 100 B", who) { check(memory.find(store, needle, 0, 100) == 99L) }
    measure("grow by 0", who) { check(memory.grow(store, 0) == 257L) }
    measure("data_ptr", who) { check(memory.dataPtr(store) != 0L) }
    measure("view of 16 B", who) { check(memory.view(store, 0, LENGTH).capacity() == 16) }
    measure("instance.memory(name)", who) { checkNotNull(instance.memory(store, "memory")) }
    measure("exports of an instance, by name", who) { check(instance.exports(store)["add"] != null) }
    val exports = instance.exports(store)
    measure("export by name", who) { check(exports["add"] != null) }
    measure("memory.type", who) { check(memory.type(store).limits.min == 257L) }
    measure("hexdump of 32 B", who) { check(memory.hexdump(store, 0, 32).isNotEmpty()) }
    val late = ByteArray(8)
    measure("bounds error", who) {
        try {
            memory.write(store, late, 257L shl 16)
            error("it fits")
        } catch (_: WasmtimeException.Bounds) {
        }
    }
}

/** Prints the rows of this package. */
fun surface(who: String) {
    val engine = Engine()
    val store = Store(engine)
    callers(who)
    memories(who, store, Instance(store, Module(engine, bench("workload.wat"))))
    val ten = Module(engine, TEN)
    measure("module.exports, 10 items", who) { check(ten.exports.size == 10) }
    measure("engine", who) { Engine().close() }
    measure("linker with WASI", who) { Linker(engine).use { it.defineWasi() } }
    measure("store", who) { Store(engine).close() }
    val trap = Module(engine, "(module (func (export \"trap\") unreachable))")
    val trapping = Instance(store, trap).func(store, "trap").typed<() -> Unit>(store)
    measure("trap", who) {
        try {
            trapping(store)
            error("it returned")
        } catch (_: WasmtimeException.Trap) {
        }
    }
}
