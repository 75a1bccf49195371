// The rows about components.

package benches

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Func
import dev.trimaran.component.Linker
import dev.trimaran.component.Record

private const val TEXT = 1 shl 16

/** Runs the rows with the functions of one instance. */
private class ComponentGuest(
    val who: String,
) {
    val engine = Engine()
    val component = Component(engine, bench("component.wat"))
    val pre =
        Linker(engine).let { linker ->
            linker.root().func("double") { (number) -> (number as UInt) * 2U }
            linker.instantiatePre(component)
        }
    val store = Store(engine)
    val instance = pre.instantiate(store)

    fun func(name: String): Func = instance.func(store, name)

    /** A function that gives its argument back: [count] says how much of it there is. */
    inline fun <reified T> echo(
        row: String,
        name: String,
        value: T,
        expected: Int,
        crossinline count: (T) -> Int,
    ) {
        val func = func(name)
        measure("component $row", who) { check(count(func(store, value) as T) == expected) }
    }
}

private fun record() =
    Record("a" to 1U, "b" to -2L, "c" to 3.5F, "d" to 4.5, "e" to true, "f" to 6.toUShort(), "name" to "seven")

/** Prints the rows of this package. */
fun components(who: String) {
    val guest = ComponentGuest(who)
    val store = guest.store
    val add = guest.func("add")
    measure("component (u32, u32) -> u32", who) { check(add(store, 40U, 2U) == 42U) }
    val host = guest.func("host")
    measure("component host call", who, CALLS) { check(host(store, CALLS.toUInt()) == 0U) }
    val get = guest.func("[method]counter.get")
    val counter = guest.func("[constructor]counter")(store, 7U)
    measure("component resource method", who) { check(get(store, counter) == 7U) }
    guest.echo("string 16 B", "string", "x".repeat(16), 16) { it.length }
    guest.echo("string 64 KiB", "string", "x".repeat(TEXT), TEXT) { it.length }
    guest.echo("list<u8> 64 KiB", "bytes", ByteArray(TEXT) { 7 }, TEXT) { it.size }
    guest.echo("list<f64> 64 Ki", "floats", DoubleArray(TEXT) { 7.0 }, TEXT) { it.size }
    guest.echo("record", "record", record(), 1) { (it["a"] as UInt).toInt() }
    guest.echo("1000 records", "records", List(1000) { record() }, 1000) { it.size }
    measure("component new store and instance", who) { Store(guest.engine).use { guest.pre.instantiate(it) } }
}
