package dev.trimaran.internal.component

import dev.trimaran.internal.ffi.ComponentTypeKind

/**
 * A function whose values each have a slot: see `core/src/component/abi/plain.rs`. The first parameter may be a
 * handle, the [resource], whose slot is 0.
 */
internal class PlainFunc
private constructor(
    private val params: Array<PlainCodec?>,
    private val resource: ComponentTypeKind?,
    private val result: PlainCodec?,
) {
    /** How many parameters it has. */
    val count: Int = params.size

    /** Whether the first parameter is a handle. */
    val takesResource: Boolean = resource != null

    /** Whether the guest keeps the resource. */
    val isOwn: Boolean = resource == ComponentTypeKind.OWN

    /** The slot of the argument in that place; 0 where there is none, and for a handle. */
    fun slot(index: Int, arguments: Array<out Any?>): Long {
        val codec = if (index < params.size) params[index] else null
        return if (codec == null) 0 else within({ "argument ${index + 1}" }) { codec.slot(arguments[index]) }
    }

    /** The result; null where there is none. */
    fun result(slot: Long): Any? = result?.value(slot)

    companion object {
        /** How many slots cross. */
        private const val MOST = 4

        /** That of a function with those parameters, which the core has as a plain one. Null where it has too many. */
        fun of(params: Array<Codec>, result: Codec?): PlainFunc? {
            val slots = Array(params.size) { params[it] as? PlainCodec }
            val resource = (params.firstOrNull() as? ResourceCodec)?.kind
            val handles = if (resource == null) 0 else 1
            if (params.size > MOST || slots.count { it == null } != handles) return null
            return PlainFunc(slots, resource, result as PlainCodec?)
        }
    }
}
