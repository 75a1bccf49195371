package dev.trimaran.internal.component

import dev.trimaran.component.ResourceDrop

/**
 * What is done with objects that guests have dropped, as the library calls it: by these names and types. The library
 * keeps this for as long as a type, a linker or a store has it.
 */
internal class Dropped(private val drop: ResourceDrop) {
    /** A guest drops [resource], in a call. The library keeps what this throws, and it comes out of the outer call. */
    fun dropped(resource: Any) {
        drop.drop(resource)
    }

    /** No guest can drop [resource] any more. Nobody has called this: what it throws is nobody's. */
    fun left(resource: Any) {
        try {
            drop.drop(resource)
        } catch (error: Throwable) {
            val thread = Thread.currentThread()
            runCatching { thread.uncaughtExceptionHandler.uncaughtException(thread, error) }
        }
    }
}
