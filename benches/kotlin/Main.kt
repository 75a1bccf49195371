// Prints a line a row: `row<TAB>who<TAB>nanoseconds`, as benches/rust/main.rs does.

import com.dylibso.chicory.compiler.MachineFactoryCompiler
import com.dylibso.chicory.wasm.Parser
import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.invoke
import dev.trimaran.wat2wasm
import java.nio.file.Path
import kotlin.io.path.readText
import com.dylibso.chicory.runtime.Instance as ChicoryInstance

private const val ROUNDS = 9

private val SIZES = mapOf("16 B" to 16, "64 KiB" to (1 shl 16), "16 MiB" to (1 shl 24))

/** One benchmark: a class of its own, so that its loop is compiled for itself. */
abstract class Loop {
    abstract fun run(count: Int)

    private fun time(count: Int): Long {
        val start = System.nanoTime()
        run(count)
        return System.nanoTime() - start
    }

    /** The median time of one call, of several rounds that take about 20 ms each. */
    fun measure(row: String, who: String) {
        val warm = System.nanoTime() + 500_000_000
        while (System.nanoTime() < warm) run(10)
        var count = 1
        // A loop that the compiler has taken apart never gets there.
        while (count < 1 shl 27 && time(count) < 10_000_000) count *= 2
        val rounds = List(ROUNDS) { time(2 * count).toDouble() / (2 * count) }.sorted()
        println("%s\t%s\t%.1f".format(row, who, rounds[ROUNDS / 2]))
    }
}

inline fun measure(row: String, who: String, crossinline call: () -> Unit) {
    val loop = object : Loop() {
        override fun run(count: Int) = repeat(count) { call() }
    }
    loop.measure(row, who)
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
}

fun main(arguments: Array<String>) {
    val workload = Path.of(arguments.single()).readText()
    trimaran(workload)
    chicory(wat2wasm(workload))
}
