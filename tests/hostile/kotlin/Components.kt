import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.WasiConfig
import dev.trimaran.component.Component
import dev.trimaran.component.HostFunction
import dev.trimaran.component.Instance
import dev.trimaran.component.Linker
import dev.trimaran.component.Resource
import java.io.File

/** Does a step on components, where it is one. */
fun onComponents(step: Step): Any? =
    when (step[0]) {
        "component" -> things[step[1]] = Component(thing<Engine>(step[2]), File(step[3]).readBytes())
        "wit" -> wit(thing(step[1]))
        "composed" -> composed(step)
        "invoke" -> invoke(step)
        else -> thing<Resource>(step[1]).drop(thing<Store>(step[2]))
    }

val componentOps = setOf("component", "wit", "composed", "invoke", "free")

/** Whether the types of a component, written out, stay short. */
private fun wit(component: Component): String {
    val texts = (component.imports.entries + component.exports.entries).map { (name, type) -> "$name: $type" }
    return if (texts.sumOf { it.length } <= 1 shl 16) "short" else "!long"
}

/** An instance, with WASI and functions of the host where they are asked for. */
private fun composed(step: Step) {
    val (store, component) = thing<Store>(step[2]) to thing<Component>(step[3])
    val linker = Linker(component.engine)
    for (given in step.words.drop(4)) {
        if (given == "wasi" || given == "granted") {
            linker.defineWasi()
            if (given == "wasi") store.setWasi(WasiConfig())
        } else {
            val (name, body) = given.split('=')
            if (body == "resource") {
                linker.root().defineResource(name)
            } else {
                linker.root().func(name, HostFunction { arguments -> host(this, body.split(':'), arguments) })
            }
        }
    }
    things[step[1]] = Held(store, linker.instantiate(store, component))
}

private fun host(caller: Caller, body: List<String>, given: List<Any?>): Any? =
    when (body[0]) {
        "plain" -> given[0]
        "object" -> Any()
        "throw" -> throw Oops()
        // It gives what that gives.
        "call" ->
            (thing<Held>(body[1]).item as Instance).func(caller.store, body[2])
                .call(caller.store, body.drop(3).map { it.toUInt() })
        "lend" -> 0u.also { things[body[1]] = given[0]!! }
        "drop" -> 0u.also { (given[0] as Resource).drop(caller.store) }
        else -> error("unknown body `${body[0]}`")
    }

/** Calls an exported function, and says what it gave: a number itself, and of anything longer how many there are. */
private fun invoke(step: Step): String {
    val held = thing<Held>(step[1])
    val arguments = step.words.drop(3).map { if (it.startsWith("@")) things[it.drop(1)] else it.toUInt() }
    return when (val found = (held.item as Instance).func(held.store, step[2]).call(held.store, arguments)) {
        null -> "ok"
        is UInt -> "$found"
        is Resource -> "a resource".also { things["${step[1]}.${step[2]}"] = found }
        is ByteArray -> "${found.size} of them"
        is ShortArray -> "${found.size} of them"
        is LongArray -> "${found.size} of them"
        is String -> "${found.length} of them"
        is Collection<*> -> "${found.size} of them"
        else -> "$found"
    }
}
