package benches

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.invoke
import java.nio.file.Path
import kotlin.io.path.readText

/** A file of `benches`, whose place the scripts give. */
fun bench(name: String): String = Path.of(System.getProperty("trimaran.benches"), name).readText()

/** How often a run calls the host. */
const val CALLS = 1000

/** What guest and host do for each other, for the table and for JMH. */
class Guest {
    private val engine = Engine()
    private val store = Store(engine)
    private val exports = Instance(store, Module(engine, bench("workload.wat"))).exports(store)
    private val add = exports.func("add").typed<(Int, Int) -> Int>(store)
    private val memory = exports.memory("memory").also { it.storeI32(store, 8, -7) }
    private val view = memory.view(store)
    private val counter = exports.global("counter").also { it.set(store, Val.I32(7)) }
    private val table = exports.table("table")
    private val typed = run(Func.wrap(store) { value: Int -> value + 1 })
    private val checked =
        FuncType(listOf(ValType.I32), listOf(ValType.I32)).let { type ->
            run(Func(store, type) { (value) -> listOf(Val.I32(value.asInt() + 1)) })
        }

    private fun run(inc: Func) =
        Instance(store, Module(engine, bench("host.wat")), listOf(inc)).func(store, "run").typed<(Int) -> Int>(store)

    fun add(
        a: Int,
        b: Int,
    ): Int = add(store, a, b)

    fun callTyped(times: Int): Int = typed(store, times)

    fun callChecked(times: Int): Int = checked(store, times)

    fun global(): Int = counter.get(store).asInt()

    fun setGlobal(value: Int) = counter.set(store, Val.I32(value))

    fun element(index: Long): Any? = table.get(store, index).unwrap()

    fun tableSize(): Long = table.size(store)

    fun view(): Int = view.getInt(8)
}
