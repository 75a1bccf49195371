package dev.trimaran.tests

import dev.trimaran.internal.NativeException
import dev.trimaran.internal.ffi.Memory
import dev.trimaran.internal.ffi.WasmtimeError
import dev.trimaran.translated
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.charset.CharacterCodingException

/**
 * Every operation that the core exports, by the generator's model, with all that may be wrong with its arguments: what
 * comes out is an error that says so, or what was asked for, and the library goes on.
 */
class WalkTest {
    /** What succeeds all the same with an object that is closed, by what the core's documents say. */
    private val fine =
        setOf(
            // What an object knows by itself, without its engine or store.
            "Component.engine",
            "ComponentFunc.types",
            "ComponentResource.is_alive",
            "ComponentResource.is_owned",
            "ComponentResource.resource_type",
            "ComponentResourceType.is_host",
            "ComponentResourceType.same",
            "ComponentStream.is_alive",
            "ComponentStream.is_future",
            "ComponentStream.types",
            "Module.engine",
            "Reference.value",
            "Store.is_released",
            // Closing twice does nothing, and what has an end ends when it is closed.
            "Component.release",
            "ComponentStream.release",
            "ComponentInstancePre.release",
            "ComponentLinker.release",
            "Engine.release",
            "InstancePre.release",
            "Linker.release",
            "Module.release",
            "SharedMemory.release",
            "Store.release",
            "Store.end_deadline",
            // Nothing is left to interrupt.
            "InterruptHandle.interrupt",
            // It belongs to no store.
            "StreamPort.give",
            "StreamPort.take",
            "OutputPipe.contents",
            "OutputPipe.take",
            "ComponentServing.check",
            "ComponentServing.response",
            "ComponentServing.trailers",
            "HttpRequest.head",
            "HttpRequest.read",
            "HttpRequest.check",
            "HttpRequest.addresses",
            "HttpRequest.permits",
            "DebugInfo.symbols",
            // A profile stays when its store is closed.
            "Profiler.json",
            "Profiler.lost_samples",
            "Profiler.samples",
            "Profiler.save",
            "Profiler.stop",
            "MemoryDirectory.files",
            "MemoryDirectory.names",
            "MemoryDirectory.read",
            "MemoryDirectory.remove",
            "MemoryDirectory.write",
        )

    private val problems = mutableListOf<String>()
    private var outcomes = 0

    /** What a program is told: the sentence of a trap is made when somebody looks. */
    private fun told(error: NativeException) = translated(error).message

    /** Does it, and notes what should not have happened. */
    private fun check(operation: Operation, receiver: Any?, arguments: List<Any?>, what: String, mustFail: Boolean) {
        outcomes += 1
        val error = runCatching { operation.call(receiver, arguments) }.exceptionOrNull()
        val isTyped =
            when (error) {
                null -> true
                is NativeException -> !told(error).isNullOrEmpty() && error.read() !is WasmtimeError.Unexpected
                // An object that no constructor made, and null, where Kotlin has none.
                is IllegalStateException, is NullPointerException -> error.message != null
                // Half of a surrogate pair, which the package says in its own words.
                is CharacterCodingException -> true
                else -> false
            }
        if (!isTyped) problems += "$operation with $what: ${(error as? NativeException)?.let(::told) ?: error}"
        if (mustFail && error == null) problems += "$operation takes $what"
    }

    private fun done(atLeast: Int) {
        assertEquals(emptyList<String>(), problems)
        assertTrue(outcomes >= atLeast, "$outcomes outcomes")
        // And it goes on.
        val world = Objects()
        assertEquals(1uL, (world["Memory"] as Memory).size(world.store))
    }

    private fun receiver(operation: Operation, world: Objects): Any? =
        operation.owner?.takeIf { operation.isMethod }?.let(world::get)

    private fun world(operation: Operation) = Objects.toClose(operation.owner.takeIf { operation.closes }.orEmpty())

    @Test
    fun `Kotlin has every operation`() {
        assertEquals(emptyList<Operation>(), Operation.all.filterNot { it.isReached })
        assertTrue(Operation.all.size > 140, "${Operation.all.size}")
    }

    @Test
    fun `wrong arguments`() {
        for (operation in Operation.all) {
            val right = world(operation)
            check(operation, receiver(operation, right), operation.arguments(right), "nothing wrong", false)
            operation.params.forEachIndexed { place, param ->
                for (wrong in bad(param.type)) {
                    val world = world(operation)
                    val arguments = operation.arguments(world).toMutableList()
                    arguments[place] = wrong.make(world)
                    val what = "${wrong.name} as ${param.name}"
                    check(operation, receiver(operation, world), arguments, what, wrong.mustFail)
                }
            }
        }
        done(1_000)
    }

    @Test
    fun `objects that are closed, of others, unmade, or twice there`() {
        for (operation in Operation.all.filter { it.isMethod }) {
            val kind = operation.owner!!
            check(operation, unmade(kind), operation.arguments(Objects()), "an unmade object", true)
            val world = Objects.toClose(kind)
            check(operation, world.closed(kind), operation.arguments(world), "a closed object", "$operation" !in fine)
            if (operation.closes) continue
            for (other in listOf(Objects(), Objects(Objects.other))) {
                check(operation, other[kind], operation.arguments(Objects()), "an object of another store", false)
            }
            val own = Objects()
            val arguments =
                operation.arguments(own).zip(operation.params) { argument, param ->
                    if (param.type.kind == "object" && param.type.name == kind) own[kind] else argument
                }
            check(operation, own[kind], arguments, "itself", false)
        }
        done(400)
    }
}
