// The rows about generated bindings, each beside the same call over values.

package benches

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Linker
import dev.trimaran.component.Record
import dev.trimaran.component.Variant
import typed.Point
import typed.Shape
import typed.Typed

private const val MANY = 1000

/** Prints the rows: `kotlin` calls what was generated, and `dynamic calls in Kotlin` does without. */
fun bindings() {
    val engine = Engine()
    val store = Store(engine)
    val instance = Linker(engine).instantiate(store, Component(engine, bench("typed.wat")))
    val world = Typed(store, instance)

    val add = instance.func(store, "add")
    measure("bindings (u32, u32) -> u32", DYNAMIC) { check(add(store, 40U, 2U) == 42U) }
    measure("bindings (u32, u32) -> u32", OURS) { check(world.add(40U, 2U) == 42U) }
    val string = instance.func(store, "string")
    val text = "sixteen letters."
    measure("bindings string 16 B", DYNAMIC) { check((string(store, text) as String).length == 16) }
    measure("bindings string 16 B", OURS) { check(world.string(text).length == 16) }
    val record = instance.func(store, "record")
    val value =
        Record("a" to 1U, "b" to -2L, "c" to 3.5F, "d" to 4.5, "e" to true, "f" to 6.toUShort(), "name" to "seven")
    val point = Point(1U, -2L, 3.5F, 4.5, true, 6U, "seven")
    measure("bindings record", DYNAMIC) { check((record(store, value) as Record)["a"] == 1U) }
    measure("bindings record", OURS) { check(world.record(point).a == 1U) }
    val records = instance.func(store, "records")
    val (values, points) = List(MANY) { value } to List(MANY) { point }
    measure("bindings 1000 records", DYNAMIC) { check((records(store, values) as List<*>).size == MANY) }
    measure("bindings 1000 records", OURS) { check(world.records(points).size == MANY) }
    val variant = instance.func(store, "variant")
    val (circle, shape) = Variant("circle", 2.5) to Shape.Circle(2.5)
    measure("bindings variant", DYNAMIC) { check(variant(store, circle) == circle) }
    measure("bindings variant", OURS) { check(world.variant(shape) == shape) }
}

private const val OURS = "kotlin"
private const val DYNAMIC = "dynamic calls in Kotlin"
