package dev.trimaran.tests

import dev.trimaran.component.Func
import dev.trimaran.component.Future
import dev.trimaran.component.FutureType
import dev.trimaran.component.Stream
import dev.trimaran.component.StreamType
import dev.trimaran.component.ValueType
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.yield
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive

/** A stream or a future that a guest gave, and its type. */
private class End(val of: AutoCloseable, val type: ValueType?)

/** Steps about streams and futures of components, and the values that are such. */
class ComponentStreamSteps(private val world: World, private val tasks: Tasks, private val values: ComponentValues) {
    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "component_read" to { step ->
                val (end, most) = end(step) to most(step)
                shown(end, read(end, most))
            },
            "component_read_async" to { step ->
                val (end, most) = end(step) to most(step)
                shown(end, tasks.done { readSuspend(end, most) })
            },
            "component_stream_is_alive" to { step ->
                when (val end = end(step).of) {
                    is Stream -> end.isAlive
                    else -> (end as Future).isAlive
                }
            },
            "component_close" to { step -> end(step).of.close() },
        )

    private fun end(step: Step): End = world.get(step.text("stream")) as End

    private fun most(step: Step): Int? = step.optional("most")?.jsonPrimitive?.int

    private fun read(end: End, most: Int?): Any? =
        when (end.of) {
            is Stream -> if (most == null) end.of.read() else end.of.read(most)
            else -> (end.of as Future).read()
        }

    private suspend fun readSuspend(end: End, most: Int?): Any? =
        when (end.of) {
            is Stream -> if (most == null) end.of.readSuspend() else end.of.readSuspend(most)
            else -> (end.of as Future).readSuspend()
        }

    /** What was read, as the cases write it. */
    private fun shown(end: End, value: Any?): JsonElement =
        when (val type = end.type) {
            is FutureType -> values.shown(value, type.payload)
            is StreamType -> values.list(checkNotNull(value), checkNotNull(type.payload))
            else -> throw Problem("a stream of the type $type")
        }

    /** What a call of [func] gave, to be kept; null where that is no stream. */
    fun kept(func: Func, value: Any?): Kept? =
        if (value is Stream || value is Future) Kept(End(value, func.type.result)) else null

    /** What a user writes for a stream or a future; null for what is none. */
    fun value(kind: String, parts: JsonArray): Any? =
        when (kind) {
            "stream" -> (world.get(parts[1].jsonPrimitive.content) as End).of
            "parts" -> late(parts[1].jsonArray, null)
            "parts_now" -> now(parts[1].jsonArray, null)
            "failing" -> late(parts[1].jsonArray, parts[2].jsonPrimitive.content)
            "failing_now" -> now(parts[1].jsonArray, parts[2].jsonPrimitive.content)
            "later" -> later(parts[1])
            else -> null
        }

    private fun now(given: JsonArray, failing: String?): Sequence<Any?> =
        sequence {
            given.forEach { yield(values.value(it)) }
            if (failing != null) throw world.thrown(failing)
        }

    private fun late(given: JsonArray, failing: String?): Flow<Any?> =
        flow {
            for (part in given) {
                yield()
                emit(values.value(part))
            }
            if (failing != null) throw world.thrown(failing)
        }

    /** It belongs to no task of the case, and begins when a guest reads it. */
    @OptIn(DelicateCoroutinesApi::class)
    private fun later(given: JsonElement) =
        GlobalScope.async(Dispatchers.Unconfined, CoroutineStart.LAZY) { values.value(given) }

    /** The body of a host function that reads the stream that it is given so often, and closes it. */
    fun reads(body: Step): suspend (List<Any?>) -> Any? {
        val times = body.value("times").jsonPrimitive.int
        val most = body.optional("most")?.takeIf { it !is JsonNull }?.jsonPrimitive?.int
        val value = body.value("value")
        return { arguments ->
            val stream = arguments.first() as Stream
            repeat(times) { if (most == null) stream.readSuspend() else stream.readSuspend(most) }
            stream.close()
            values.value(value)
        }
    }
}
