// Prints a line a row: `row<TAB>who<TAB>nanoseconds`, as benches/rust/main.rs does.

package benches

import com.dylibso.chicory.compiler.MachineFactoryCompiler
import com.dylibso.chicory.runtime.HostFunction
import com.dylibso.chicory.runtime.ImportValues
import com.dylibso.chicory.wasm.Parser
import com.dylibso.chicory.wasm.types.FunctionType
import com.dylibso.chicory.wasm.types.ValType
import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.invoke
import dev.trimaran.wat2wasm
import com.dylibso.chicory.runtime.Instance as ChicoryInstance

private const val ROUNDS = 90

private val SIZES = mapOf("16 B" to 16, "64 KiB" to (1 shl 16), "16 MiB" to (1 shl 24))

/** One benchmark: a class of its own, so that its loop is compiled for itself. */
abstract class Loop {
    abstract fun run(count: Int)

    private fun time(count: Int): Long {
        val start = System.nanoTime()
        run(count)
        return System.nanoTime() - start
    }

    /** The least time of one call, which does something [times] times, of many rounds of about 2 ms each. */
    fun measure(
        row: String,
        who: String,
        times: Int,
    ) {
        val warm = System.nanoTime() + 500_000_000
        while (System.nanoTime() < warm) run(10)
        var count = 1
        // A loop that the compiler has taken apart never gets there.
        while (count < 1 shl 27 && time(count) < 1_000_000) count *= 2
        val rounds = List(ROUNDS) { time(2 * count).toDouble() / (2 * count) }
        println("%s\t%s\t%.1f".format(row, who, rounds.min() / times))
    }
}

inline fun measure(
    row: String,
    who: String,
    times: Int = 1,
    crossinline call: () -> Unit,
) {
    val loop =
        object : Loop() {
            override fun run(count: Int) = repeat(count) { call() }
        }
    loop.measure(row, who, times)
}

private fun trimaran(workload: String) {
    val who = "kotlin"
    val engine = Engine()
    val module = Module(engine, workload)
    val store = Store(engine)
    val exports = Instance(store, module).exports(store)
    val nop = exports.func("nop").typed<() -> Unit>(store)
    val add = exports.func("add").typed<(Int, Int) -> Int>(store)
    val sum = exports.func("sum").typed<(Double, Double, Double, Double) -> Double>(store)
    val memory = exports.memory("memory")
    measure("() -> ()", who) { nop(store) }
    measure("(i32, i32) -> i32", who) { check(add(store, 40, 2) == 42) }
    store.inTurn { measure("(i32, i32) -> i32, in a turn", who) { check(add(store, 40, 2) == 42) } }
    measure("(f64 x 4) -> f64", who) { check(sum(store, 1.0, 2.0, 3.0, 4.0) == 10.0) }
    val untyped = exports.func("add")
    measure("(i32, i32) -> i32, untyped", who) { check(untyped(store, 40, 2) == 42) }
    val rows = IntArray(1000) { it }
    val ones = IntArray(1000) { 1 }
    measure("batch of 1000", who) { check((untyped.map(store, rows, ones) as IntArray)[999] == 1000) }
    for ((name, size) in SIZES) {
        val data = ByteArray(size) { 7 }
        measure("write $name", who) { memory.write(store, data) }
        val stop = size.toLong()
        measure("read $name", who) { check(memory.read(store, 0, stop)[size - 1] == 7.toByte()) }
    }
    measure("size", who) { check(memory.size(store) == 257L) }
    measure("load i32", who) { check(memory.loadI32(store, 0) == 0x07070707) }
    measure("instantiate", who) { Store(engine).use { Instance(it, module) } }
    host(who)
}

/** What a guest has of the host, and the host of a guest. */
private fun host(who: String) {
    val guest = Guest()
    measure("host callback (i32)", who, CALLS) { check(guest.callTyped(CALLS) == CALLS) }
    measure("host callback (i32), untyped", who, CALLS) { check(guest.callChecked(CALLS) == CALLS) }
    measure("view load i32", who) { check(guest.view() == -7) }
    measure("global get", who) { check(guest.global() == 7) }
    measure("global set", who) { guest.setGlobal(7) }
    measure("table get", who) { checkNotNull(guest.element(0)) }
    measure("table size", who) { check(guest.tableSize() == 4L) }
}

private fun chicory(wasm: ByteArray) {
    val who = "chicory"
    val module = Parser.parse(wasm)
    val machine = MachineFactoryCompiler.compile(module)
    val instance = ChicoryInstance.builder(module).withMachineFactory(machine).build()
    val nop = instance.export("nop")
    val add = instance.export("add")
    val sum = instance.export("sum")
    val memory = instance.memory()
    val (one, two, three, four) = listOf(1.0, 2.0, 3.0, 4.0).map { it.toRawBits() }
    measure("() -> ()", who) { nop.apply() }
    measure("(i32, i32) -> i32", who) { check(add.apply(40, 2)[0].toInt() == 42) }
    measure("(f64 x 4) -> f64", who) { check(Double.fromBits(sum.apply(one, two, three, four)[0]) == 10.0) }
    for ((name, size) in SIZES) {
        val data = ByteArray(size) { 7 }
        measure("write $name", who) { memory.write(0, data) }
        measure("read $name", who) { check(memory.readBytes(0, size)[size - 1] == 7.toByte()) }
    }
    measure("size", who) { check(memory.pages() == 257) }
    measure("load i32", who) { check(memory.readInt(0) == 0x07070707) }
    measure("instantiate", who) { ChicoryInstance.builder(module).withMachineFactory(machine).build() }
    val counter = instance.exports().global("counter")
    val table = instance.exports().table("table")
    counter.value = 7
    measure("global get", who) { check(counter.value == 7L) }
    measure("global set", who) { counter.value = 7 }
    val add0 = table.ref(0)
    measure("table get", who) { check(table.ref(0) == add0) }
    measure("table size", who) { check(table.size() == 4) }
    chicoryHost(who)
}

private fun chicoryHost(who: String) {
    val module = Parser.parse(wat2wasm(bench("host.wat")))
    val types = listOf(ValType.I32)
    val inc =
        HostFunction("host", "inc", FunctionType.of(types, types)) { _, arguments -> longArrayOf(arguments[0] + 1) }
    val imports = ImportValues.builder().addFunction(inc).build()
    val machine = MachineFactoryCompiler.compile(module)
    val instance =
        ChicoryInstance
            .builder(module)
            .withImportValues(imports)
            .withMachineFactory(machine)
            .build()
    val run = instance.export("run")
    measure("host callback (i32)", who, CALLS) { check(run.apply(CALLS.toLong())[0].toInt() == CALLS) }
}

fun main(arguments: Array<String>) {
    if ("component" in arguments) return components("kotlin")
    if ("bindings" in arguments) return bindings()
    if ("async" in arguments) return async("kotlin").also { asyncBars() }
    val workload = bench("workload.wat")
    trimaran(workload)
    surface("kotlin")
    components("kotlin")
    bindings()
    async("kotlin")
    chicory(wat2wasm(workload))
}
